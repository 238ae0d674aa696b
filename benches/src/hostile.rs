//! Compares cookies that are refused with one that is valid.

use signed_cookie_session::{Outcome, Session};

use crate::contestant::Contestant;
use crate::sample::{Sample, VISITS, VISITS_BEFORE};
use crate::{floor, header, ours};

pub const VALID: &str = "valid cookie";
pub const FORGED: &str = "forged cookie";
pub const OVER_LONG: &str = "over-long cookie";
pub const WRONG_ALPHABET: &str = "cookie of a wrong alphabet";

/// Decodes each cookie value, and reads one key.
pub fn decoding(sample: &Sample) -> Vec<Contestant> {
    cookies(sample).map(decode).into()
}

/// Finds each cookie in a header with four others first.
pub fn requesting(sample: &Sample) -> Vec<Contestant> {
    cookies(sample).map(request).into()
}

/// Returns the same cookie with another first character, which belongs to the signature.
pub fn forge(cookie: &str) -> String {
    let other = if cookie.starts_with('A') { "B" } else { "A" };
    format!("{other}{}", &cookie[1..])
}

/// A cookie value, and the expected outcome.
struct Cookie {
    name: &'static str,
    value: String,
    outcome: Outcome,
}

fn cookies(sample: &Sample) -> [Cookie; 4] {
    let valid = floor::cookie(sample);
    // One byte more than any browser stores.
    let over_long = valid.repeat(4097)[..4097].to_owned();
    // A character that is not base64url, at the end, so that a reader finds it last.
    let wrong_alphabet = format!("{}!", &valid[..valid.len() - 1]);
    [
        Cookie { name: FORGED, value: forge(&valid), outcome: Outcome::BadSignature },
        Cookie { name: VALID, value: valid, outcome: Outcome::Valid },
        Cookie { name: OVER_LONG, value: over_long, outcome: Outcome::Malformed },
        Cookie { name: WRONG_ALPHABET, value: wrong_alphabet, outcome: Outcome::Malformed },
    ]
}

fn decode(cookie: Cookie) -> Contestant {
    let sessions = ours::factory(ours::secret());
    let Cookie { name, value, outcome } = cookie;
    let became = sessions.decode(&value).map_or_else(|error| error.outcome(), |session| session.outcome());
    assert_eq!(became, outcome, "{name}");
    Contestant::new(name, move || {
        let session = sessions.decode(&value).ok()?;
        let visits = visits(&session);
        Some((session, visits))
    })
}

fn request(cookie: Cookie) -> Contestant {
    let sessions = ours::factory(ours::secret());
    let Cookie { name, value, outcome } = cookie;
    let request = header::request(&format!("{}={value}", header::SESSION));
    let session = sessions.load(&request);
    assert_eq!(session.outcome(), outcome, "{name}");
    assert_eq!(visits(&session), (outcome == Outcome::Valid).then_some(VISITS_BEFORE), "{name}");
    Contestant::new(name, move || {
        let session = sessions.load(&request);
        let visits = visits(&session);
        (session, visits)
    })
}

fn visits(session: &Session) -> Option<u64> {
    session.get(VISITS).expect("a whole number")
}
