//! Any bytes as a cookie value of any format, and any JSON object as a session in it. Nothing may panic, a value that
//! no secret signed is not a session, and written values must be read again. The first byte chooses the format.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};
use signed_cookie_session::{Format, Secret, Session, SignedCookieFactory};
use signed_cookie_session_fuzz::{members, now, read_all};

const FORMATS: [Format; 9] = [
    Format::Signed,
    Format::Encrypted,
    Format::Flask,
    Format::Django,
    Format::Starlette,
    Format::Express,
    Format::ReactRouter,
    Format::Rails,
    Format::RailsSha1,
];

static SITES: LazyLock<[SignedCookieFactory; 9]> = LazyLock::new(|| {
    FORMATS.map(|format| {
        let secret = Secret::new("a secret of the fuzz target, for every format").unwrap();
        let builder = SignedCookieFactory::builder(secret).format(format).clock(now);
        builder.random(|bytes| bytes.fill(0xc5)).timeout(None).flash_limit(None).build().unwrap()
    })
});

fuzz_target!(|data: &[u8]| {
    let Some((format, data)) = data.split_first() else { return };
    let sessions = &SITES[usize::from(*format) % SITES.len()];
    let name = sessions.cookie_name();
    let (value, signature) = match data.iter().rposition(|byte| *byte == b'.') {
        Some(dot) => (&data[..dot], &data[dot + 1..]),
        None => (data, &[][..]),
    };
    let pair = |suffix: &str, value: &[u8]| [name.as_bytes(), suffix.as_bytes(), b"=", value].concat();
    read_all(&sessions.load_cookies([pair("", data), pair(".ended", data)]));
    read_all(&sessions.load_cookies([pair("", value), pair(".sig", signature)]));
    if let Some(session) = std::str::from_utf8(data).ok().and_then(|value| sessions.decode(value).ok()) {
        read_all(&session);
        again(sessions, &session);
    }
    if let Ok(object) = serde_json::from_slice::<Map<String, Value>>(data) {
        let session = sessions.load_cookies([""; 0]);
        for (key, value) in &object {
            // `insert` refuses a key that the format itself uses, and this error does not matter here.
            let _ = session.insert(key, value);
        }
        again(sessions, &session);
    }
});

/// Checks that a written session is read again, with the same text of each value.
fn again(sessions: &SignedCookieFactory, session: &Session) {
    let Ok(value) = sessions.encode(session) else { return };
    let read = sessions.decode(&value).expect("what we write we read");
    assert_eq!(read.created(), session.created());
    assert_eq!(read.to_map().ok(), session.to_map().ok());
    assert_eq!(members(&read).len(), members(session).len());
    let value = sessions.encode(&read).expect("it fitted before");
    let once_more = sessions.decode(&value).expect("what we write we read");
    assert_eq!(members(&once_more), members(&read));
}
