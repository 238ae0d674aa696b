//! A session that grows: its text and its flash queues have limits, and the cost of each call is at most linear.

use signed_cookie_session::{BoxError, Serializer, Session};

use crate::common::*;

/// The maximum length of a session's JSON text.
const MAX_TEXT_LEN: usize = 64 * 1024;

fn is_too_long(error: &signed_cookie_session::ValueError) -> bool {
    error.to_string().contains("JSON text would exceed 65536 bytes")
}

#[test]
fn every_method_refuses_a_text_over_64_kib_and_names_the_key() {
    let big = "x".repeat(MAX_TEXT_LEN - 100);
    type Grow = fn(&Session, &str) -> signed_cookie_session::ValueError;
    let methods: [(&str, Grow); 8] = [
        ("insert", |session, big| session.insert("k", big).unwrap_err()),
        ("get_or_insert", |session, big| session.get_or_insert("k", big.to_owned()).unwrap_err()),
        ("update", |session, big| session.update("k", |_: Option<String>| big.to_owned()).unwrap_err()),
        ("extend", |session, big| session.extend([("a", "b"), ("k", big)]).unwrap_err()),
        ("replace", |session, big| session.replace(&serde_json::json!({ "a": 1, "k": [big, big] })).unwrap_err()),
        ("push", |session, big| session.flash_queue("k").push(big).unwrap_err()),
        ("push_unique", |session, big| session.flash_queue("k").push_unique(big).unwrap_err()),
        ("a single value", |session, big| session.insert("k", big.repeat(3)).unwrap_err()),
    ];
    for (name, grow) in methods {
        let session = load_dict(
            r#"{"old": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}"#,
        );
        let error = grow(&session, &big);
        assert!(is_too_long(&error), "{name}: {error}");
        assert!(matches!(error.key(), Some("k" | "_f_k")), "{name}: {:?}", error.key());
        assert_eq!(session.keys(), ["old"], "{name}: the session stays as it is");
        assert!(writes_nothing(&quiet(), &session), "{name}");
        session.insert("k", "small").unwrap();
    }
}

#[test]
fn space_that_becomes_free_can_be_used_again() {
    let session = new_session(&quiet());
    let half = "x".repeat(MAX_TEXT_LEN / 2);
    for round in 0..20 {
        session.insert(format!("k{round}"), &half).unwrap();
        assert!(session.insert("more", &half).is_err());
        assert!(session.remove(format!("k{round}")));
    }
    session.insert("k", &half).unwrap();
    for _ in 0..20 {
        session.insert("k", "x".repeat(MAX_TEXT_LEN - 100)).unwrap();
    }
    session.clear();
    session.extend([("a", &half)]).unwrap();
    session.replace(&serde_json::json!({ "b": half })).unwrap();
    assert_eq!(session.keys(), ["b"]);
}

#[test]
fn extend_accepts_a_key_many_times() {
    let session = new_session(&quiet());
    session.extend((0..200_000).map(|n| (format!("k{}", n % 7), n))).unwrap();
    assert_eq!(session.len(), 7);
    assert_eq!(session.get("k0").unwrap(), Some(199_997));
    assert_eq!(session.keys()[..2], ["k0", "k1"]);
}

#[test]
fn extend_and_replace_keep_order_and_duplicates_as_insert_does() {
    let session = load_dict(r#"{"a": 1, "b": 2, "a": 3, "c": 4}"#);
    let one_by_one = load_dict(r#"{"a": 1, "b": 2, "a": 3, "c": 4}"#);
    let entries = [("d", 5), ("b", 6), ("d", 7)];
    session.extend(entries).unwrap();
    entries.into_iter().for_each(|(key, value)| one_by_one.insert(key, value).unwrap());
    assert_eq!(session.to_map().unwrap(), one_by_one.to_map().unwrap());
    assert_eq!(session.keys(), one_by_one.keys());
    assert_eq!(session.get("a").unwrap(), Some(3));
}

#[test]
fn too_many_keys_are_refused_before_they_are_stored() {
    let session = new_session(&quiet());
    let error = session.extend((0..u64::MAX).map(|n| (n.to_string(), n))).unwrap_err();
    assert!(is_too_long(&error), "an endless iterator ends: {error}");
    assert!(session.is_empty());
}

#[test]
fn a_serializer_may_be_given_a_text_of_one_mebibyte() {
    struct Halves;
    impl Serializer for Halves {
        fn dumps(&self, json: &str) -> Result<Vec<u8>, BoxError> {
            Ok(json.bytes().take(10).collect())
        }
        fn loads(&self, _: &[u8]) -> Result<String, BoxError> {
            Err("not read".into())
        }
    }
    let sessions = builder().serializer(Halves).build().unwrap();
    let session = new_session(&sessions);
    session.insert("k", "x".repeat(1_000_000)).unwrap();
    assert!(session.insert("more", "x".repeat(100_000)).is_err());
    assert!(sessions.size(&session).unwrap() < 200);
}

#[test]
fn a_flash_queue_holds_32_messages_and_drops_the_oldest() {
    let session = new_session(&quiet());
    for n in 0..40 {
        session.flash().push(n).unwrap();
        session.flash_queue("other").push_unique(n).unwrap();
    }
    assert_eq!(session.flash().peek::<i32>().unwrap(), (8..40).collect::<Vec<_>>());
    assert_eq!(session.flash_queue("other").pop::<i32>().unwrap(), (8..40).collect::<Vec<_>>());

    for (limit, kept) in [(Some(1), 1), (Some(3), 3), (None, 100)] {
        let session = new_session(&builder().flash_limit(limit).build().unwrap());
        (0..100).for_each(|n| session.flash().push(n).unwrap());
        assert_eq!(session.flash().pop::<i32>().unwrap(), (100 - kept..100).collect::<Vec<_>>());
    }
}

#[test]
fn a_page_that_never_shows_its_messages_keeps_working() {
    let sessions = quiet();
    let mut value = sign_dict("{}");
    for round in 0..100 {
        let session = load(&sessions, &value);
        session.flash().push(format!("Your item number {round} was added to the cart.")).unwrap();
        value = written(&sessions, &session);
    }
}

#[test]
fn different_messages_are_kept_and_equal_ones_are_not() {
    for (one, other, same) in [
        ("1180591620717411303424", "1180591620717411303425", false),
        ("0.30000000000000004", "0.3", false),
        ("1", "1.0", false),
        ("1", "true", false),
        ("\"\\u00e9\"", "\"é\"", true),
        ("[1, {\"a\": \"\\u0041\"}]", "[1,{\"a\":\"A\"}]", true),
        ("{\"a\": 1, \"b\": 2}", "{\"b\": 2, \"a\": 1}", true),
        ("{\"a\": 1}", "{\"a\": 2}", false),
        ("[1]", "[1, 1]", false),
        ("null", "null", true),
    ] {
        let session = load_dict(&format!("{{\"_f_\": [{one}]}}"));
        let message: Box<serde_json::value::RawValue> = serde_json::from_str(other).unwrap();
        session.flash().push_unique(message).unwrap();
        let waiting = session.flash().peek::<serde::de::IgnoredAny>().unwrap().len();
        assert_eq!(waiting == 1, same, "{one} and {other}");
    }
}

#[test]
fn a_reading_page_does_not_fail_after_the_limit_was_lowered() {
    let value = sign(format!("[{}, {NOW}, {{\"essay\": \"{}\"}}]", NOW - 600, "x".repeat(2000)));
    let sessions = builder().max_cookie_size(1000).build().unwrap();
    let session = load(&sessions, &value);
    assert!(session.contains_key("essay"));
    let response = saved(&sessions, &session);
    assert!(set_cookies(&response).is_empty());
    assert_eq!(response.headers()["vary"], "Cookie");
    assert_eq!(sessions.max_size(), 1000);
    assert!(sessions.size(&session).unwrap() > 2000);
    session.insert("more", 1).unwrap();
    assert!(sessions.save(&session, &mut http::Response::new(())).is_err());
    session.remove("essay");
    assert!(sessions.save(&session, &mut http::Response::new(())).is_ok());
}

#[test]
fn a_value_of_an_older_release_is_removed_by_get_or_remove() {
    let session = load_dict(r#"{"cart": {"old": true}, "odd": NaN, "none": null, "visits": 7}"#);
    assert_eq!(session.get_or_remove::<Option<u8>>("none"), Some(None));
    assert_eq!(session.get_or_remove::<Vec<u8>>("missing"), None);
    assert_eq!(session.get_or_remove::<u64>("visits"), Some(7));
    assert!(writes_nothing(&quiet(), &session));
    assert_eq!(session.get_or_remove::<Vec<u8>>("cart"), None);
    assert_eq!(session.get_or_remove::<f64>("odd"), None);
    assert_eq!(session.get_or_remove::<String>("none"), None, "null is not a text");
    assert_eq!(dict(&written(&quiet(), &session)), r#"{"visits": 7}"#);
}

#[test]
fn update_loses_no_change_between_threads() {
    let session = new_session(&quiet());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..250 {
                    session.update("n", |n: Option<u32>| n.unwrap_or(0) + 1).unwrap();
                }
            });
        }
    });
    assert_eq!(session.get("n").unwrap(), Some(1000));
}

#[test]
fn update_may_use_the_session_and_an_error_changes_nothing() {
    let session = load_dict(r#"{"a": "text"}"#);
    assert!(session.update("a", |_: Option<u8>| 1).is_err());
    assert!(writes_nothing(&quiet(), &session));
    let value = session.update("b", |before: Option<usize>| before.unwrap_or_else(|| session.len())).unwrap();
    assert_eq!((value, session.get("b").unwrap()), (1, Some(1)));
}

#[test]
fn a_value_is_refused_before_all_of_it_is_written() {
    /// A list of numbers which counts how many are asked for.
    struct Endless<'c>(&'c std::cell::Cell<usize>);
    impl serde::Serialize for Endless<'_> {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_seq((0..1_000_000).inspect(|_| self.0.set(self.0.get() + 1)))
        }
    }
    let asked = std::cell::Cell::new(0);
    let session = new_session(&quiet());
    assert!(is_too_long(&session.insert("k", Endless(&asked)).unwrap_err()));
    assert!(asked.get() <= MAX_TEXT_LEN / 2, "{}", asked.get());
}

#[test]
fn every_method_draws_the_line_at_the_same_length() {
    type Put = fn(&Session, &str) -> bool;
    let methods: [Put; 4] = [
        |session, text| session.insert("k", text).is_ok(),
        |session, text| session.extend([("k", text)]).is_ok(),
        |session, text| session.get_or_insert("k", text.to_owned()).is_ok(),
        |session, text| session.replace(&serde_json::json!({ "k": text })).is_ok(),
    ];
    let fits = |put: Put, len: usize| put(&new_session(&quiet()), &"x".repeat(len));
    let mut longest = 0;
    for len in MAX_TEXT_LEN - 20..MAX_TEXT_LEN {
        let each = methods.map(|put| fits(put, len));
        assert!(each == [true; 4] || each == [false; 4], "{len}: {each:?}");
        longest = if each[0] { len } else { longest };
    }
    let text = format!(r#"{{"k": "{}"}}"#, "x".repeat(longest));
    assert!((MAX_TEXT_LEN - 2..=MAX_TEXT_LEN).contains(&text.len()), "{}", text.len());
}

#[test]
fn extend_takes_the_last_value_of_a_key_that_fills_the_session_exactly() {
    for len in MAX_TEXT_LEN - 20..MAX_TEXT_LEN {
        let session = new_session(&quiet());
        let big = "x".repeat(len);
        if session.insert("k", &big).is_ok() {
            session.extend([("k", &*big), ("k", &big), ("k", &big), ("k", "small")]).unwrap();
            assert_eq!(session.get::<String>("k").unwrap().as_deref(), Some("small"), "{len}");
        }
    }
}

#[test]
fn extend_counts_what_stands_beside_a_replaced_key() {
    let session = new_session(&quiet());
    session.extend([("a", "x".repeat(40_000)), ("k", "old".into())]).unwrap();
    assert!(is_too_long(&session.extend([("k", "new".into()), ("b", "x".repeat(40_000))]).unwrap_err()));
    assert_eq!((session.get::<String>("k").unwrap().as_deref(), session.len()), (Some("old"), 2));
}
