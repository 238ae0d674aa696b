//! Timeout, reissue, absolute timeout, `valid_since`, and invalid times.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::common::*;
use signed_cookie_session::{Builder, Outcome, SignedCookieFactory};

/// Builds a factory with these settings, whose clock shows [`NOW`] plus `micros`.
fn later(builder: Builder, micros: i64) -> SignedCookieFactory {
    builder.clock(move || at_micros(NOW * 1_000_000 + micros)).build().unwrap()
}

fn outcome(sessions: &SignedCookieFactory, payload: impl AsRef<[u8]>) -> Outcome {
    let session = load(sessions, sign(payload));
    let outcome = session.outcome();
    assert_eq!(session.is_new(), !outcome.is_valid());
    outcome
}

#[test]
fn a_session_times_out_after_twenty_minutes_and_not_before() {
    let payload = format!("[{NOW}, {NOW}.25, {{\"a\": 1}}]");
    assert_eq!(outcome(&later(builder(), 1_200_000_000), &payload), Outcome::Valid);
    assert_eq!(outcome(&later(builder(), 1_200_000_001), &payload), Outcome::Expired);
}

#[test]
fn an_expired_session_is_a_new_one_without_old_data() {
    let sessions = later(builder(), 5_000_000_000);
    let session = load(&sessions, sign_dict(r#"{"a": 1, "_f_": ["x"], "_csrft_": "t"}"#));
    assert!(session.is_new());
    assert!(session.is_empty());
    assert_eq!(session.created(), at(NOW + 5000));
    assert_eq!(session.renewed(), at(NOW + 5000));
    assert!(writes_nothing(&sessions, &session), "new and empty");
    session.insert("b", 2).unwrap();
    assert_eq!(payload(&written(&sessions, &session)), format!(r#"[{0}, {0}.0, {{"b": 2}}]"#, NOW + 5000));
}

#[test]
fn without_a_timeout_a_session_never_expires() {
    let sessions = builder().timeout(None).build().unwrap();
    assert_eq!(outcome(&sessions, "[0, 0.0, {}]"), Outcome::Valid);
    assert_eq!(outcome(&sessions, "[-62135596800, -62135596800, {}]"), Outcome::Valid);
}

#[test]
fn a_timeout_of_a_fraction_counts_as_it_is() {
    let timeout = || builder().timeout(Duration::from_millis(1500));
    assert_eq!(outcome(&later(timeout(), 1_500_000), format!("[{NOW}, 0, {{}}]")), Outcome::Valid);
    assert_eq!(outcome(&later(timeout(), 1_500_001), format!("[{NOW}, 0, {{}}]")), Outcome::Expired);
    assert_eq!(outcome(&builder().timeout(Duration::MAX).build().unwrap(), "[0, 0, {}]"), Outcome::Valid);
}

#[test]
fn the_absolute_timeout_counts_from_created_despite_renewals() {
    let limited = || builder().absolute_timeout(seconds(100));
    assert_eq!(outcome(&later(limited(), 100_000_000), format!("[{}, {NOW}, {{}}]", NOW + 99)), Outcome::Valid);
    assert_eq!(outcome(&later(limited(), 100_000_001), format!("[{}, {NOW}, {{}}]", NOW + 99)), Outcome::Expired);

    let clock = Clock::at(NOW);
    let sessions = limited().reissue_time(seconds(0)).clock(clock.read()).build().unwrap();
    let session = new_session(&sessions);
    session.insert("a", 1).unwrap();
    let mut value = written(&sessions, &session);
    for _ in 0..10 {
        clock.forward(seconds(10));
        let session = load(&sessions, &value);
        assert_eq!(session.get("a").unwrap(), Some(1));
        value = written(&sessions, &session);
    }
    clock.forward(seconds(1));
    let session = load(&sessions, &value);
    assert_eq!(session.outcome(), Outcome::Expired);
    assert_eq!(session.created(), at(NOW + 101), "a new session, or the timeout would never end");
}

#[test]
fn valid_since_ends_only_sessions_created_before_it() {
    let sessions = builder().valid_since(at_micros(NOW * 1_000_000 + 250_000)).build().unwrap();
    assert_eq!(outcome(&sessions, format!("[{NOW}, {NOW}.249999, {{}}]")), Outcome::Revoked);
    assert_eq!(outcome(&sessions, format!("[{NOW}, {NOW}.25, {{}}]")), Outcome::Valid);
    assert_eq!(outcome(&sessions, format!("[{NOW}, {NOW}.3, {{}}]")), Outcome::Valid);
    assert_eq!(outcome(&sessions, "[0, 0, {}]"), Outcome::Revoked, "this is checked before the timeout");

    let session = load(&sessions, sign(format!("[{NOW}, {NOW}.1, {{\"a\": 1}}]")));
    assert!(session.is_new());
    assert!(session.is_empty());
}

#[test]
fn reading_reissues_after_reissue_time_in_whole_seconds() {
    let value = sign_dict(r#"{"a": 1}"#);
    let reissued = |builder: Builder, micros| {
        let sessions = later(builder, micros);
        let session = load(&sessions, &value);
        assert!(session.contains_key("a"));
        !writes_nothing(&sessions, &session)
    };
    let every = |time: u64| builder().reissue_time(seconds(time));
    assert!(!reissued(every(0), 0));
    assert!(!reissued(every(0), 999_999), "within the second it was written in");
    assert!(reissued(every(0), 1_000_000));
    assert!(!reissued(builder(), 120_999_999), "a tenth of the timeout");
    assert!(reissued(builder(), 121_000_000));
    assert!(!reissued(builder().timeout(seconds(600)), 60_999_999));
    assert!(reissued(builder().timeout(seconds(600)), 61_000_000));
    assert!(!reissued(builder().timeout(None), 100_000_000_000), "without a timeout there is nothing to renew");
    assert!(reissued(builder().timeout(None).max_age(seconds(600)), 61_000_000), "max_age also needs a renewal");
    assert!(!reissued(every(60), 60_999_999));
    assert!(reissued(every(60), 61_000_000));
    assert!(!reissued(builder().reissue_time(None), 1_199_000_000));
}

#[test]
fn a_reissue_keeps_created_and_every_value_and_renews() {
    let sessions = later(builder().reissue_time(seconds(0)), 7_900_000);
    let session = load(&sessions, sign(format!("[{NOW}, 1.79e9, {{\"a\" : 1.50,  \"b\":[ ]}}]")));
    assert!(!session.is_new());
    let text = payload(&written(&sessions, &session));
    assert!(text.starts_with(&format!("[{}, 1.79e9, {{\"a\" : 1.50,", NOW + 7)), "{text}");
    assert!(text.ends_with("\"b\":[ ]}]"), "{text}");
}

#[test]
fn a_time_up_to_five_minutes_ahead_counts_as_now() {
    let session = load(&sessions(), sign(format!("[{}, {NOW}, {{\"a\": 1}}]", NOW + 300)));
    assert_eq!(session.outcome(), Outcome::Valid);
    assert_eq!(session.get("a").unwrap(), Some(1));
    assert!(writes_nothing(&sessions(), &session));
    let strict = builder().timeout(seconds(1)).reissue_time(None).absolute_timeout(seconds(1)).build().unwrap();
    assert_eq!(outcome(&strict, format!("[{0}, {0}, {{}}]", NOW + 300)), Outcome::Valid);
    for (renewed, created) in [(NOW + 301, NOW), (NOW, NOW + 301), (NOW + 400_000_000, NOW)] {
        assert_eq!(outcome(&strict, format!("[{renewed}, {created}, {{}}]")), Outcome::Future);
    }
    assert_eq!(outcome(&strict, format!("[{NOW}, {NOW}.000001, {{}}]")), Outcome::Valid);
    assert_eq!(outcome(&strict, format!("[{}.000001, {NOW}, {{}}]", NOW + 300)), Outcome::Future);
}

#[test]
fn a_value_that_is_not_a_time_is_malformed() {
    let odd = [
        "NaN",
        "Infinity",
        "-Infinity",
        "true",
        "false",
        "null",
        "\"1790000000\"",
        "[1790000000]",
        "{}",
        "",
        "-",
        "+1",
        "01",
        "-01",
        "00",
        "1.",
        ".5",
        "1.e3",
        "1e",
        "1e+",
        "0x10",
        "1_000",
        "1790000000L",
        "1e400",
        "-1e400",
        "1e309",
        "1e12",
        "253402300800",
        "253402300800.0",
        "2.534023008e11",
        "-62135596801",
        "99999999999999999999999999999999",
        "1000000000000",
        "-1000000000000",
        "١",
        "1 2",
    ];
    let sessions = builder().timeout(None).build().unwrap();
    for time in odd {
        assert_eq!(outcome(&sessions, format!("[{time}, {NOW}, {{}}]")), Outcome::Malformed, "renewed {time}");
        assert_eq!(outcome(&sessions, format!("[{NOW}, {time}, {{}}]")), Outcome::Malformed, "created {time}");
    }
}

#[test]
fn every_number_within_the_calendar_is_a_time() {
    let good: [(&str, i64); 17] = [
        ("0", 0),
        ("-0", 0),
        ("0.0", 0),
        ("-1", -1_000_000),
        ("-0.5", -500_000),
        ("1790000000", NOW * 1_000_000),
        ("1790000000.123456", NOW * 1_000_000 + 123_456),
        ("1790000000.1234567", NOW * 1_000_000 + 123_456),
        ("1.79e9", NOW * 1_000_000),
        ("1.79E+9", NOW * 1_000_000),
        ("17900000000e-1", NOW * 1_000_000),
        ("1e-400", 0),
        ("1e0", 1_000_000),
        ("253402300799", 253_402_300_799_000_000),
        ("253402300799.999999", 253_402_300_799_999_999),
        ("-62135596800", -62_135_596_800_000_000),
        ("253402300799.99999999999999999999999999999999999999999", 253_402_300_799_999_999),
    ];
    let micros = |time: SystemTime| match time.duration_since(UNIX_EPOCH) {
        Ok(after) => after.as_micros() as i64,
        Err(before) => -(before.duration().as_micros() as i64),
    };
    for (text, expected) in good {
        // The same times on the clock.
        let sessions = builder().timeout(None).clock(move || at_micros(expected)).build().unwrap();
        let session = load(&sessions, sign(format!("[{text}, {text}, {{}}]")));
        assert_eq!(session.outcome(), Outcome::Valid, "{text}");
        assert_eq!(micros(session.created()), expected, "{text}");
        assert_eq!(micros(session.renewed()), expected, "{text}");
    }
}

#[test]
fn created_keeps_its_text() {
    for created in
        ["1790000000", "1790000000.10", "1.79e9", "-0", "1790000000.123456789123456789", "0.30000000000000004"]
    {
        let session = load(&quiet(), sign(format!("[{NOW}, {created}, {{}}]")));
        session.insert("a", 1).unwrap();
        assert_eq!(payload(&written(&quiet(), &session)), format!(r#"[{NOW}, {created}, {{"a": 1}}]"#));
    }
}

#[test]
fn a_clock_that_runs_backwards_ends_no_session() {
    let clock = Clock::at(NOW);
    let sessions = builder().clock(clock.read()).build().unwrap();
    let session = new_session(&sessions);
    session.insert("a", 1).unwrap();
    clock.back(seconds(1000));
    let value = written(&sessions, &session);
    assert_eq!(payload(&value), format!(r#"[{}, {NOW}.0, {{"a": 1}}]"#, NOW - 1000));
    clock.back(seconds(1_000_000));
    assert_eq!(load(&sessions, &value).outcome(), Outcome::Future, "further ahead than clocks may differ");
    clock.forward(seconds(1_000_701));
    let session = load(&sessions, value);
    assert_eq!(session.get("a").unwrap(), Some(1));
    session.changed();
    clock.back(seconds(200));
    session.regenerate();
    assert_eq!(load(&sessions, written(&sessions, &session)).get("a").unwrap(), Some(1));
}

#[test]
fn sessions_of_a_clock_before_1970_or_in_9999_can_be_read() {
    let year = 31_556_952_i64;
    for seconds in [-1, -year * 1500, 0, 253_402_300_799, -62_135_596_800] {
        for micros in [0, 1, 500_000, 999_999] {
            let sessions = builder().clock(move || at_micros(seconds * 1_000_000 + micros)).build().unwrap();
            let session = new_session(&sessions);
            session.insert("a", 1).unwrap();
            let value = written(&sessions, &session);
            let read = load(&sessions, &value);
            assert_eq!(read.outcome(), Outcome::Valid, "{}", payload(&value));
            assert_eq!(read.created(), at_micros(seconds * 1_000_000 + micros));
            assert_eq!(read.renewed(), at(seconds), "{}", payload(&value));
        }
    }
}

#[test]
fn a_clock_beyond_the_calendar_stands_at_its_end() {
    let far = Duration::from_secs(400_000_000_000);
    for clock in [UNIX_EPOCH + far, UNIX_EPOCH - far] {
        let sessions = builder().clock(move || clock).build().unwrap();
        let session = new_session(&sessions);
        session.insert("a", 1).unwrap();
        assert_eq!(load(&sessions, written(&sessions, &session)).get("a").unwrap(), Some(1));
    }
}

#[test]
fn valid_since_beyond_the_calendar_does_not_panic() {
    let far = Duration::from_secs(400_000_000_000);
    let none = builder().valid_since(UNIX_EPOCH + far).build().unwrap();
    assert_eq!(outcome(&none, format!("[{NOW}, {NOW}, {{}}]")), Outcome::Revoked);
    let all = builder().valid_since(UNIX_EPOCH - far).build().unwrap();
    assert_eq!(outcome(&all, format!("[{NOW}, {NOW}, {{}}]")), Outcome::Valid);
}
