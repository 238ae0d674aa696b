//! The challenge that a device signs: `base64url(time ‖ truncated HMAC over ["device", created, time])`.
//!
//! It needs no store: the time shows how old it is, and the HMAC with the session's own secrets shows that this server
//! made it for this session. No signed cookie text begins with `["device"`, so that a challenge and a cookie cannot be
//! confused.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::format::signature::Signer;
use crate::format::timestamp::Timestamp;

/// How many bytes of the HMAC a challenge contains. A guess is right with a probability of 2^-128.
const TAG_LEN: usize = 16;

const TIME_LEN: usize = 8;

/// The length of a challenge: 24 bytes in base64.
const TEXT_LEN: usize = 32;

/// How far in the future the time of a challenge may be, because the clocks of servers differ.
const MAX_CLOCK_SKEW: Duration = Duration::from_secs(5 * 60);

/// The time of a challenge that this server accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Issued(Timestamp);

/// Returns a challenge for the session that was created at `created`. It always differs from `last`, because a browser
/// treats a repeated challenge as a failure.
pub(crate) fn issue(signer: &Signer, created: Timestamp, now: Timestamp, last: Option<Issued>) -> String {
    let now = now.whole_micros();
    let time = match last {
        Some(Issued(last)) if last >= now => last.next_micro(),
        _ => now,
    };
    let mut challenge = [0; TIME_LEN + TAG_LEN];
    challenge[..TIME_LEN].copy_from_slice(&time.micros().to_be_bytes());
    signer.sign_truncated(text(created, time).as_bytes(), &mut challenge[TIME_LEN..]);
    URL_SAFE_NO_PAD.encode(challenge)
}

/// Checks that a text is our challenge for that session and not older than `good_for`. Any of the secrets may have
/// signed it, so that a rotation ends no session.
pub(crate) fn check(
    signer: &Signer,
    challenge: &str,
    created: Timestamp,
    now: Timestamp,
    good_for: Duration,
) -> Option<Issued> {
    let mut bytes = [0; TIME_LEN + TAG_LEN];
    if challenge.len() != TEXT_LEN || URL_SAFE_NO_PAD.decode_slice(challenge, &mut bytes) != Ok(bytes.len()) {
        return None;
    }
    let (time, tag) = bytes.split_at(TIME_LEN);
    let time = Timestamp::from_micros(i64::from_be_bytes(time.try_into().expect("it is eight bytes")))?;
    if now.since(time) > good_for || time.since(now) > MAX_CLOCK_SKEW {
        return None;
    }
    signer.verify_truncated(text(created, time).as_bytes(), tag).then_some(Issued(time))
}

fn text(created: Timestamp, time: Timestamp) -> String {
    format!("[\"device\", {created}, {time}]")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::signature::HashAlgorithm;
    use crate::secret::{Secret, Secrets};

    const GOOD_FOR: Duration = Duration::from_secs(660);

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn secret(letter: char) -> Secret {
        Secret::new(format!("a secret for the tests of challenges: {letter}")).unwrap()
    }

    fn signer(secrets: impl Into<Secrets>) -> Signer {
        Signer::new(HashAlgorithm::Sha512, b"salt", &secrets.into())
    }

    #[test]
    fn a_challenge_is_valid_for_its_session_until_it_is_too_old() {
        let signer = signer(secret('a'));
        let (created, now) = (at("1790000000.25"), at("1790000100.000001"));
        let challenge = issue(&signer, created, now, None);
        assert_eq!(challenge.len(), TEXT_LEN);
        let check = |created, now| check(&signer, &challenge, created, now, GOOD_FOR).is_some();
        assert!(check(created, now) && check(created, at("1790000760.000001")));
        assert!(!check(created, at("1790000760.000002")));
        assert!(!check(at("1790000000.250001"), now), "another session's");
        // Another server's clock is a little behind.
        assert!(check(created, at("1789999900.0")));
        assert!(check(created, at("1789999800.000001")));
        assert!(!check(created, at("1789999800.0")));
    }

    #[test]
    fn every_challenge_differs_from_the_last_one() {
        let signer = signer(secret('a'));
        let (created, now) = (at("1790000000.25"), at("1790000100.5"));
        let mut challenge = issue(&signer, created, now, None);
        for now in [now, now, at("1790000099.0"), at("1790000100.500001")] {
            let last = check(&signer, &challenge, created, now, GOOD_FOR);
            let next = issue(&signer, created, now, last);
            assert!(last.is_some() && next != challenge);
            challenge = next;
        }
    }

    #[test]
    fn a_challenge_is_valid_after_a_rotation_but_not_under_another_secret() {
        let (created, now) = (at("1790000000.25"), at("1790000100.5"));
        let challenge = issue(&signer(secret('a')), created, now, None);
        let rotated = signer(Secrets::new(secret('b')).verify_only(secret('a')));
        assert!(check(&rotated, &challenge, created, now, GOOD_FOR).is_some());
        assert!(check(&signer(secret('b')), &challenge, created, now, GOOD_FOR).is_none());
        assert!(check(&rotated, &issue(&rotated, created, now, None), created, now, GOOD_FOR).is_some());
    }

    #[test]
    fn a_challenge_that_is_not_complete_is_refused() {
        let signer = signer(secret('a'));
        let (created, now) = (at("1790000000.25"), at("1790000100.5"));
        let challenge = issue(&signer, created, now, None);
        let check = |challenge: &str| check(&signer, challenge, created, now, GOOD_FOR).is_some();
        assert!(check(&challenge));
        for len in 0..challenge.len() {
            assert!(!check(&challenge[..len]), "{len}");
        }
        assert!(!check(&format!("{challenge}A")) && !check(&format!("{challenge}=")));
        for at in 0..challenge.len() {
            let mut other = challenge.clone().into_bytes();
            other[at] = if other[at] == b'A' { b'B' } else { b'A' };
            assert!(!check(std::str::from_utf8(&other).unwrap()), "{at}");
        }
        // The smallest and the largest time that eight bytes can hold.
        for time in [i64::MIN, -1, i64::MAX] {
            let mut bytes = [7; TIME_LEN + TAG_LEN];
            bytes[..TIME_LEN].copy_from_slice(&time.to_be_bytes());
            assert!(!check(&URL_SAFE_NO_PAD.encode(bytes)), "{time}");
        }
    }
}
