//! Tests whether the time of a refusal reveals which character of a forgery is wrong. This is a statistical test with
//! the method of dudect (Reparaz, Balasch, Verbauwhede, "Dude, is my code constant time?", 2016). Run it by hand on a
//! quiet machine:
//!
//! ```text
//! cargo test --release --test security -- --ignored --nocapture --test-threads=1 timing::
//! ```
//!
//! Two kinds of input, wrong in their first and in their last character, are measured in random order, and Welch's t is
//! computed from the measurements. If |t| is above 4.5, the two kinds take different times. Each test also measures a
//! comparison that leaks, to show that the test would find a leak.

use std::hint::black_box;
use std::time::Instant;

use http::HeaderMap;
use signed_cookie_session::{HashAlgorithm, Secret, SignedCookieFactory};

const MEASUREMENTS: usize = 200_000;
const CALLS: u32 = 8;
const LEAKS: f64 = 4.5;

/// Welch's t of the two kinds of input, over all but the slowest tenth of the measurements, which the
/// operating system interrupted.
fn t(kinds: [&str; 2], mut measured: impl FnMut(&str)) -> f64 {
    let mut times = [Vec::new(), Vec::new()];
    let mut input = String::with_capacity(kinds[0].len());
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..MEASUREMENTS {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let kind = (random >> 40) as usize & 1;
        // Both kinds are copied into the same memory, so that neither has an advantage.
        input.clear();
        input.push_str(black_box(kinds)[kind]);
        let start = Instant::now();
        for _ in 0..CALLS {
            measured(black_box(&input));
        }
        times[kind].push(start.elapsed().as_nanos() as f64);
    }
    let mut all = times.concat();
    all.sort_by(f64::total_cmp);
    let slowest = all[all.len() * 9 / 10];
    let [one, other] = times.map(|mut times| {
        times.retain(|time| *time <= slowest);
        let count = times.len() as f64;
        let mean = times.iter().sum::<f64>() / count;
        let variance = times.iter().map(|time| (time - mean).powi(2)).sum::<f64>() / (count - 1.0);
        (mean, variance / count)
    });
    println!("    {:8.1} ns and {:8.1} ns a call", one.0 / f64::from(CALLS), other.0 / f64::from(CALLS));
    (one.0 - other.0) / (one.1 + other.1).sqrt()
}

/// Compares like careless code, which stops at the first difference.
fn leaky(one: &str, other: &str) -> bool {
    one.len() == other.len() && one.bytes().zip(other.bytes()).all(|(one, other)| black_box(one) == black_box(other))
}

/// Returns the text with the character at `at` replaced by another one of the alphabet.
fn wrong_at(text: &str, at: usize) -> String {
    let other = if text.as_bytes()[at] == b'a' { "b" } else { "a" };
    [&text[..at], other, &text[at + 1..]].concat()
}

fn judge(what: &str, right: &str, wrong: [usize; 2], verifies: impl Fn(&str) -> bool) {
    let kinds = wrong.map(|at| wrong_at(right, at));
    let kinds = [&kinds[0][..], &kinds[1][..]];
    assert!(verifies(right) && kinds.iter().all(|kind| !verifies(kind)));
    println!("{what}, wrong at {} and at {}:", wrong[0], wrong[1]);
    let ours = t(kinds, |input| {
        black_box(verifies(input));
    });
    let control = t(kinds, |input| {
        black_box(verifies(input) || leaky(input, right));
    });
    println!("    t = {ours:.2}; of a leaky comparison {control:.2}");
    assert!(control.abs() > LEAKS, "the measurement is too coarse to find a leak");
    assert!(ours.abs() < LEAKS, "the time depends on where the two differ");
}

#[test]
#[ignore = "a measurement, for a quiet machine and a release build"]
fn the_time_does_not_reveal_the_wrong_place_in_a_signature() {
    for (algorithm, last) in [(HashAlgorithm::Sha256, 41), (HashAlgorithm::Sha512, 84)] {
        let sessions =
            SignedCookieFactory::builder(Secret::generate()).hash_algorithm(algorithm).timeout(None).build().unwrap();
        let session = sessions.load(&HeaderMap::new());
        session.insert("user", "ada").unwrap();
        let right = sessions.encode(&session).unwrap();
        judge(&format!("the signature, {algorithm:?}"), &right, [0, last], |value| sessions.decode(value).is_ok());
    }
}

#[test]
#[ignore = "a measurement, for a quiet machine and a release build"]
fn the_time_does_not_reveal_the_wrong_place_in_a_token() {
    let session = SignedCookieFactory::new(Secret::generate()).load(&HeaderMap::new());
    judge("the CSRF token", &session.csrf_token(), [0, 39], |token| session.verify_csrf_token(token));
    let masked = session.masked_csrf_token();
    judge("the masked CSRF token", &masked, [54, 104], |token| session.verify_csrf_token(token));
}
