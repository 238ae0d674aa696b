//! End marks of any bytes, with and without a valid signature, together with a session. Only the mark of this session
//! may end it, and a mark must not be read as a session.

#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use signed_cookie_session::Outcome;
use signed_cookie_session_fuzz::{NOW, SITE, signed};

#[derive(Arbitrary, Debug)]
struct Case<'a> {
    /// When the session was created, in microseconds after [`NOW`].
    created: u16,
    mark: Mark<'a>,
}

#[derive(Arbitrary, Debug)]
enum Mark<'a> {
    Raw(&'a [u8]),
    Signed(&'a [u8]),
    /// An end mark of a session with this `created`.
    Of(u16),
    /// Any text inside the frame of an end mark.
    Around(&'a str),
}

fuzz_target!(|case: Case<'_>| {
    let time = |micros: u16| format!("{NOW}.{micros:06}");
    let session = signed(format!("[{NOW}, {}, {{}}]", time(case.created)).as_bytes()).unwrap();
    let value = match case.mark {
        Mark::Raw(bytes) => Some(bytes.to_vec()),
        Mark::Signed(bytes) => signed(bytes).map(String::into_bytes),
        Mark::Of(created) => signed(format!("[\"ended\", {}]", time(created)).as_bytes()).map(String::into_bytes),
        Mark::Around(text) => signed(format!("[\"ended\", {text}]").as_bytes()).map(String::into_bytes),
    };
    let Some(value) = value else { return };
    let header = [b"session=".as_slice(), session.as_bytes(), b"; session.ended=", &value].concat();
    let outcome = SITE.load_cookies([&header]).outcome();
    let ends = match case.mark {
        Mark::Of(created) => Some(created == case.created),
        // Bytes with a semicolon may contain another cookie.
        Mark::Raw(bytes) if bytes.contains(&b';') => None,
        Mark::Raw(_) => Some(false),
        // Another spelling of the same time ends the session too.
        Mark::Signed(_) | Mark::Around(_) => None,
    };
    match ends {
        Some(true) => assert_eq!(outcome, Outcome::Ended),
        Some(false) => assert_eq!(outcome, Outcome::Valid),
        None => {}
    }
    if let Mark::Of(_) = case.mark {
        let as_session = [b"session=".as_slice(), &value].concat();
        assert_eq!(SITE.load_cookies([as_session]).outcome(), Outcome::Malformed);
    }
});
