//! Any `Cookie` headers that may contain valid cookies. The session must be the one that a simple reading of the
//! headers, cookie by cookie, would choose.

#![no_main]

use std::sync::LazyLock;

use arbitrary::Arbitrary;
use http::{HeaderMap, HeaderValue, header::COOKIE};
use libfuzzer_sys::fuzz_target;
use signed_cookie_session::{Outcome, Session};
use signed_cookie_session_fuzz::{SITE, members, read_all, signed};

#[derive(Arbitrary, Debug)]
enum Piece<'b> {
    Bytes(&'b [u8]),
    Name,
    Semicolon,
    /// One of `VALUES`, by number.
    Usable(u8),
}

/// Cookie values of sessions of several ages, and one that is not valid.
static VALUES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let ages = ["1789999000, 1", "1789999000, 2", "1789999500.5, 1", "1789999500, 9", "0, 0", "\"x\", 0"];
    let json = ages.iter().enumerate().map(|(number, ages)| format!("[{ages}, {{\"number\": {number}}}]"));
    json.map(|json| signed(json.as_bytes()).unwrap()).collect()
});

fuzz_target!(|headers: Vec<Vec<Piece<'_>>>| {
    let headers: Vec<Vec<u8>> = headers.iter().map(|pieces| pieces.iter().flat_map(bytes).collect()).collect();
    let session = SITE.load_cookies(&headers);
    let (outcome, expected) = plainly(&headers);
    assert_eq!(session.outcome(), outcome);
    assert_eq!(members(&session), expected.as_ref().map(members).unwrap_or_default());
    read_all(&session);

    let mut map = HeaderMap::new();
    for header in &headers {
        let Ok(value) = HeaderValue::from_bytes(header) else { return };
        map.append(COOKIE, value);
    }
    assert_eq!(members(&SITE.load(&map)), members(&session));
});

fn bytes(piece: &Piece<'_>) -> Vec<u8> {
    match piece {
        Piece::Bytes(bytes) => bytes.to_vec(),
        Piece::Name => b"session=".to_vec(),
        Piece::Semicolon => b"; ".to_vec(),
        Piece::Usable(number) => VALUES[usize::from(*number) % VALUES.len()].clone().into_bytes(),
    }
}

/// Reads cookie by cookie. Returns the newest valid one of the first eight, and the first one if two are equal.
fn plainly(headers: &[Vec<u8>]) -> (Outcome, Option<Session>) {
    let pairs = headers.iter().flat_map(|header| header.split(|byte| *byte == b';'));
    let values = pairs.filter_map(|pair| {
        let at = pair.iter().position(|byte| *byte == b'=')?;
        (trimmed(&pair[..at]) == b"session").then(|| trimmed(&pair[at + 1..]))
    });
    let mut best: Option<Session> = None;
    let mut refusals = Vec::new();
    for value in values.take(8) {
        // No text beyond ASCII is base64.
        match std::str::from_utf8(value)
            .map_or(Err(Outcome::Malformed), |value| SITE.decode(value).map_err(|error| error.outcome()))
        {
            Ok(session) => {
                let age = |session: &Session| (session.renewed(), session.created());
                if best.as_ref().is_none_or(|best| age(best) < age(&session)) {
                    best = Some(session);
                }
            }
            Err(refusal) => refusals.push(refusal),
        }
    }
    let gravest = [Outcome::Revoked, Outcome::Expired, Outcome::BadSignature, Outcome::Malformed]
        .into_iter()
        .find(|outcome| refusals.contains(outcome));
    (best.as_ref().map(Session::outcome).or(gravest).unwrap_or(Outcome::Absent), best)
}

/// Removes spaces and tabs. No other white space around a cookie's name or value is removed.
fn trimmed(text: &[u8]) -> &[u8] {
    let is_part = |byte: &u8| !matches!(byte, b' ' | b'\t');
    let start = text.iter().position(is_part).unwrap_or(text.len());
    let end = text.iter().rposition(is_part).map_or(start, |last| last + 1);
    &text[start..end]
}
