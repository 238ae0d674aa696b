//! Any bytes as a cookie value, and any bytes as a payload with a valid signature. Nothing may panic, and values that
//! are read must be written back unchanged.

#![no_main]

use libfuzzer_sys::fuzz_target;
use signed_cookie_session_fuzz::{SITE, members, read_all, signed};

fuzz_target!(|data: &[u8]| {
    let forged = SITE.load_cookies([[b"session=".as_slice(), data].concat()]);
    read_all(&forged);
    if let Ok(value) = std::str::from_utf8(data) {
        check(value);
    }
    if let Some(value) = signed(data) {
        check(&value);
    }
});

fn check(value: &str) {
    let Ok(session) = SITE.decode(value) else { return };
    read_all(&session);
    let before = (members(&session), session.created());
    match SITE.encode(&session) {
        Ok(again) => {
            assert_eq!(again.trim_ascii(), again);
            let session = SITE.decode(&again).expect("what we write we read");
            assert_eq!((members(&session), session.created()), before);
        }
        // A browser may have a longer cookie than we write.
        Err(error) => assert!(error.too_large().is_some_and(|size| size > 4064 && size < 4200), "{error}"),
    }
}
