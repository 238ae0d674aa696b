//! "Remember me": a session with its own lifetime.

use std::time::Duration;

use signed_cookie_session::Outcome;

use crate::common::*;

const DAY: u64 = 24 * 60 * 60;

#[test]
fn a_lifetime_replaces_the_timeout_and_becomes_the_max_age() {
    let clock = Clock::at(NOW);
    let sessions = builder().clock(clock.read()).build().unwrap();
    let session = new_session(&sessions);
    session.insert("user", "ada").unwrap();
    session.set_lifetime(seconds(30 * DAY));
    let line = set_cookies(&saved(&sessions, &session)).remove(0);
    assert!(line.ends_with("; Path=/; Max-Age=2592000"), "{line}");
    assert_eq!(dict(value_of(&line)), r#"{"user": "ada", "_lifetime_": 2592000}"#);

    clock.forward(seconds(30 * DAY));
    let session = load(&sessions, value_of(&line));
    assert_eq!(session.outcome(), Outcome::Valid);
    assert_eq!(session.lifetime(), Some(seconds(30 * DAY)));
    clock.forward(seconds(1));
    let session = load(&sessions, value_of(&line));
    assert_eq!(session.outcome(), Outcome::Expired);
    assert_eq!(session.lifetime(), None, "the next session has none");
}

#[test]
fn none_removes_the_lifetime_and_the_settings_apply_again() {
    for (max_age, attribute) in [(None, "; Path=/"), (Some(seconds(60)), "; Path=/; Max-Age=60")] {
        let sessions = builder().max_age(max_age).reissue_time(None).build().unwrap();
        let session = load(&sessions, sign_dict(r#"{"_lifetime_": 86400, "user": "ada"}"#));
        assert!(writes_nothing(&sessions, &session));
        session.set_lifetime(None);
        let line = set_cookies(&saved(&sessions, &session)).remove(0);
        assert!(line.ends_with(attribute), "{line}");
        assert_eq!(dict(value_of(&line)), r#"{"user": "ada"}"#);
    }
}

#[test]
fn the_methods_of_the_dict_hide_the_lifetime() {
    let session = load_dict(r#"{"_lifetime_": 86400, "user": "ada"}"#);
    assert_eq!(session.keys(), ["user"]);
    assert_eq!((session.len(), session.is_empty()), (1, false));
    assert!(!session.contains_key("_lifetime_"));
    assert_eq!(session.get::<u64>("_lifetime_").unwrap(), None);
    assert_eq!(session.take::<u64>("_lifetime_").unwrap(), None);
    assert_eq!(session.get_or_remove::<String>("_lifetime_"), None);
    assert!(!session.remove("_lifetime_"));
    assert_eq!(session.to_map().unwrap().len(), 1);
    assert_eq!(session.read::<serde_json::Value>().unwrap(), serde_json::json!({ "user": "ada" }));
    assert!(writes_nothing(&quiet(), &session));

    assert!(session.insert("_lifetime_", 1).is_err());
    assert!(session.get_or_insert("_lifetime_", 1).is_err());
    assert!(session.update("_lifetime_", |_: Option<u8>| 1).is_err());
    assert!(session.extend([("_lifetime_", 1)]).is_err());
    assert!(session.replace(&serde_json::json!({ "_lifetime_": 1 })).is_err());
    assert_eq!(session.lifetime(), Some(seconds(86400)));

    session.replace(&serde_json::json!({ "name": "grace" })).unwrap();
    session.remove("name");
    assert!(session.is_empty());
    session.clear();
    assert_eq!(session.lifetime(), Some(seconds(86400)), "it belongs to the session and not to the dict");
    assert_eq!(dict(&written(&quiet(), &session)), r#"{"_lifetime_": 86400}"#);
}

#[test]
fn a_new_session_with_nothing_but_a_lifetime_sets_no_cookie() {
    let session = new_session(&sessions());
    session.set_lifetime(seconds(DAY));
    assert!(writes_nothing(&sessions(), &session));
}

#[test]
fn a_lifetime_is_one_second_to_400_days_in_whole_seconds() {
    for (given, kept) in [
        (Duration::ZERO, 1),
        (Duration::from_millis(1999), 1),
        (seconds(2), 2),
        (seconds(400 * DAY), 400 * DAY),
        (Duration::MAX, 400 * DAY),
    ] {
        let session = new_session(&sessions());
        session.set_lifetime(given);
        assert_eq!(session.lifetime(), Some(seconds(kept)), "{given:?}");
    }
}

#[test]
fn the_absolute_timeout_still_holds() {
    let sessions = builder().absolute_timeout(seconds(100)).build().unwrap();
    let old = sign(format!("[{NOW}, {}, {{\"_lifetime_\": 86400}}]", NOW - 101));
    assert_eq!(load(&sessions, old).outcome(), Outcome::Expired);
}

#[test]
fn an_invalid_lifetime_leaves_the_factorys_timeout() {
    for odd in ["0", "-1", "1.5", "\"86400\"", "true", "null", "1e9", "99999999999999999999999"] {
        let at_age = |age: i64| load(&sessions(), sign(format!("[{}, 1, {{\"_lifetime_\": {odd}}}]", NOW - age)));
        assert_eq!(at_age(1200).lifetime(), None, "{odd}");
        assert_eq!(at_age(1200).outcome(), Outcome::Valid, "{odd}");
        assert_eq!(at_age(1201).outcome(), Outcome::Expired, "{odd}");
    }
}

#[test]
fn a_session_with_a_short_lifetime_is_renewed_before_it_ends() {
    let age = |age: i64| {
        let session = load(&builder().build().unwrap(), sign(format!("[{}, 1, {{\"_lifetime_\": 60}}]", NOW - age)));
        session.len();
        !writes_nothing(&builder().build().unwrap(), &session)
    };
    assert!(!age(6));
    assert!(age(7), "a tenth of its own lifetime");
}

#[test]
fn regenerate_keeps_the_lifetime_and_invalidate_drops_it() {
    let session = load_dict(r#"{"_lifetime_": 86400}"#);
    session.regenerate();
    assert_eq!(session.lifetime(), Some(seconds(86400)));
    session.invalidate();
    assert_eq!(session.lifetime(), None);
}
