//! End marks of any bytes, with and without a signature that holds, beside a session: only the mark of that very
//! session ends it, and nothing is taken for a session that is a mark.

#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use signed_cookie_session::Outcome;
use signed_cookie_session_fuzz::{NOW, SITE, signed};

#[derive(Arbitrary, Debug)]
struct Case<'a> {
    /// Microseconds after [`NOW`], which the session was created at.
    created: u16,
    mark: Mark<'a>,
}

#[derive(Arbitrary, Debug)]
enum Mark<'a> {
    Raw(&'a [u8]),
    Signed(&'a [u8]),
    /// An end mark of a session that was created then.
    Of(u16),
    /// The frame of an end mark around any text.
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
        // Bytes that are no value of a cookie may hold another one behind a semicolon.
        Mark::Raw(bytes) if bytes.contains(&b';') => None,
        Mark::Raw(_) => Some(false),
        // Another spelling of the very time ends it too.
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
