//! A session's life: touched or not, new, cleared, invalidated, regenerated, shared by threads.

use crate::common::*;
use http::StatusCode;
use http::header::{CACHE_CONTROL, VARY};
use signed_cookie_session::{Outcome, Session};

#[test]
fn a_session_that_nobody_touched_leaves_no_trace() {
    let sessions = sessions();
    for value in [sign_dict(r#"{"a": 1}"#), "forged".into(), String::new()] {
        let session = load(&sessions, value);
        assert!(saved(&sessions, &session).headers().is_empty());
        session.outcome();
        let response = saved(&sessions, &session);
        assert_eq!(response.headers().len(), 1, "asking for the outcome reads nothing");
        assert_eq!(response.headers()[VARY], "Cookie");
    }
    assert!(saved(&sessions, &new_session(&sessions)).headers().is_empty());
}

#[test]
fn every_method_except_outcome_counts_as_reading() {
    type Method = fn(&Session);
    let methods: &[(&str, Method)] = &[
        ("get", |session| _ = session.get::<u8>("a")),
        ("remove", |session| _ = session.remove("missing")),
        ("take", |session| _ = session.take::<u8>("missing")),
        ("get_or_insert", |session| _ = session.get_or_insert("a", 1)),
        ("contains_key", |session| _ = session.contains_key("a")),
        ("keys", |session| _ = session.keys()),
        ("len", |session| _ = session.len()),
        ("is_empty", |session| _ = session.is_empty()),
        ("to_map", |session| _ = session.to_map()),
        ("read", |session| _ = session.read::<serde_json::Value>()),
        ("is_new", |session| _ = session.is_new()),
        ("created", |session| _ = session.created()),
        ("renewed", |session| _ = session.renewed()),
        ("get_or_remove", |session| _ = session.get_or_remove::<u8>("missing")),
        ("update", |session| _ = session.update("a", |_: Option<String>| unreachable!())),
        ("lifetime", |session| _ = session.lifetime()),
        ("set_lifetime", |session| session.set_lifetime(None)),
        ("a refused insert", |session| _ = session.insert("a", Unserializable).unwrap_err()),
        ("an insert of a hidden key", |session| _ = session.insert("_lifetime_", 1).unwrap_err()),
        ("extend of nothing", |session| session.extend::<&str, u8>([]).unwrap()),
        ("a refused extend", |session| _ = session.extend([("a", Unserializable)]).unwrap_err()),
        ("a refused replace", |session| _ = session.replace(&1).unwrap_err()),
        ("a refused push", |session| _ = session.flash().push(Unserializable).unwrap_err()),
        ("a push that is there", |session| session.flash_queue("q").push_unique("x").unwrap()),
        ("pop", |session| _ = session.flash().pop::<String>()),
        ("peek", |session| _ = session.flash().peek::<String>()),
        ("verify_csrf_token", |session| _ = session.verify_csrf_token("")),
        #[cfg(feature = "getrandom")]
        ("csrf_token", |session| _ = session.csrf_token()),
    ];
    for (name, method) in methods {
        let session = load_dict(r#"{"a": 1, "_csrft_": "t", "_f_q": ["x"]}"#);
        method(&session);
        let response = saved(&quiet(), &session);
        assert_eq!(response.headers().len(), 1, "{name}");
        assert_eq!(response.headers()[VARY], "Cookie", "{name}");

        // The method also causes a reissue that is due.
        let due =
            load(&sessions(), sign(format!(r#"[{}, {NOW}.5, {{"a": 1, "_csrft_": "t", "_f_q": ["x"]}}]"#, NOW - 1)));
        method(&due);
        assert_eq!(set_cookies(&saved(&sessions(), &due)).len(), 1, "{name}");
    }
}

/// A value that cannot be written as JSON.
struct Unserializable;
impl serde::Serialize for Unserializable {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("on purpose"))
    }
}

#[test]
fn a_session_that_is_new_and_empty_at_save_sets_no_cookie() {
    let doings: [fn(&Session); 6] = [
        |session| assert!(session.is_new()),
        Session::changed,
        Session::clear,
        Session::invalidate,
        Session::regenerate,
        |session| {
            session.insert("a", 1).unwrap();
            session.remove("a");
        },
    ];
    for doing in doings {
        let session = new_session(&sessions());
        doing(&session);
        let response = saved(&sessions(), &session);
        assert_eq!(response.headers().len(), 1);
        assert_eq!(response.headers()[VARY], "Cookie");
    }
}

#[test]
fn a_change_to_an_equal_value_writes_the_session() {
    let session = load_dict(r#"{"a": 1}"#);
    session.changed();
    assert_eq!(dict(&written(&quiet(), &session)), r#"{"a": 1}"#);
}

#[test]
fn every_write_keeps_created_and_sets_renewed() {
    let clock = Clock::at(NOW);
    clock.set_micros(NOW * 1_000_000 + 250_001);
    let sessions = builder().clock(clock.read()).build().unwrap();
    let session = new_session(&sessions);
    session.insert("a", 1).unwrap();
    assert_eq!(session.created(), session.renewed());
    assert_eq!(session.created(), at_micros(NOW * 1_000_000 + 250_001));

    let mut value = written(&sessions, &session);
    assert_eq!(payload(&value), format!(r#"[{NOW}, {NOW}.250001, {{"a": 1}}]"#));
    for step in 1..4 {
        clock.forward(seconds(60));
        let session = load(&sessions, &value);
        session.insert("a", step).unwrap();
        value = written(&sessions, &session);
        assert_eq!(payload(&value), format!(r#"[{}, {NOW}.250001, {{"a": {step}}}]"#, NOW + 60 * step));
    }
}

#[test]
fn a_created_of_a_whole_second_is_written_as_a_float() {
    let session = new_session(&sessions());
    session.insert("a", 1).unwrap();
    assert_eq!(payload(&written(&sessions(), &session)), format!(r#"[{NOW}, {NOW}.0, {{"a": 1}}]"#));
}

#[test]
fn clear_writes_an_empty_session_with_the_same_created() {
    let session = load_dict(r#"{"a": 1, "_f_": ["x"], "_csrft_": "t"}"#);
    session.clear();
    assert!(!session.is_new());
    assert!(session.is_empty());
    assert_eq!(payload(&written(&quiet(), &session)), format!("[{NOW}, {NOW}.25, {{}}]"));
}

#[test]
fn invalidate_removes_the_cookie_that_the_request_carried() {
    let session = load_dict(r#"{"a": 1}"#);
    session.invalidate();
    assert!(session.is_new());
    assert!(session.is_empty());
    assert_eq!(session.get::<u8>("a").unwrap(), None);
    let response = saved(&quiet(), &session);
    let mark = sign(format!(r#"["ended", {NOW}.25]"#));
    assert_eq!(
        set_cookies(&response),
        [
            "session=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
            &format!("session.ended={mark}; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=1200")
        ]
    );
    assert_eq!(response.headers()[CACHE_CONTROL], "private");
    assert_eq!(response.headers()[VARY], "Cookie");
}

#[test]
fn invalidate_also_removes_an_invalid_cookie() {
    for value in ["", "forged", &sign_with("another", SALT, "[1, 1, {}]"), &sign("[1, 1, {}]"), &"x".repeat(5000)] {
        let session = load(&sessions(), value);
        session.invalidate();
        let lines = set_cookies(&saved(&sessions(), &session));
        assert_eq!(lines.len(), 1, "{value}");
        assert!(lines[0].starts_with("session=; "), "{value}");
    }
}

#[test]
fn invalidate_without_a_cookie_sets_none() {
    let mut headers = http::HeaderMap::new();
    headers.insert("cookie", "theme=dark; other-session=x; session".parse().unwrap());
    let session = sessions().load(&headers);
    session.insert("a", 1).unwrap();
    session.invalidate();
    assert!(writes_nothing(&sessions(), &session));
}

#[test]
fn values_inserted_after_invalidate_begin_a_new_session() {
    let clock = Clock::at(NOW);
    let sessions = builder().clock(clock.read()).build().unwrap();
    let session = load(&sessions, sign_dict(r#"{"a": 1, "_f_": ["x"], "_csrft_": "t"}"#));
    assert!(session.contains_key("a"));
    clock.forward(seconds(100));
    session.invalidate();
    session.insert("b", 2).unwrap();
    assert!(session.is_new());
    assert_eq!(session.created(), at(NOW + 100));
    let value = written(&sessions, &session);
    assert_eq!(payload(&value), format!(r#"[{0}, {0}.0, {{"b": 2}}]"#, NOW + 100));
    session.remove("b");
    assert!(set_cookies(&saved(&sessions, &session))[0].starts_with("session=;"), "emptied again, it is removed");
}

#[test]
fn invalidate_overrides_earlier_changes() {
    let session = load_dict(r#"{"a": 1}"#);
    session.insert("b", 2).unwrap();
    session.regenerate();
    session.clear();
    session.flash().push("x").unwrap();
    session.invalidate();
    session.invalidate();
    assert!(!session.remove("b"));
    assert!(set_cookies(&saved(&quiet(), &session))[0].contains("Max-Age=0"));
}

#[test]
fn the_first_touch_may_be_invalidate() {
    let session = load(&sessions(), sign_dict(r#"{"a": 1}"#));
    session.invalidate();
    assert!(set_cookies(&saved(&sessions(), &session))[0].contains("Max-Age=0"));
    assert_eq!(session.outcome(), Outcome::Valid, "the outcome of the cookie does not change");
}

#[test]
fn a_removal_has_the_attributes_of_the_cookie() {
    for (secure, partitioned) in [(true, true), (true, false), (false, false)] {
        let sessions = builder()
            .cookie_name("sid")
            .path("/shop")
            .domain("Example.com")
            .secure(secure)
            .partitioned(partitioned)
            .max_age(seconds(3600))
            .build()
            .unwrap();
        let session = sessions.decode(&sign_dict("{}")).unwrap();
        session.insert("a", 1).unwrap();
        let attributes = |line: &str| -> Vec<String> {
            let kept = |attribute: &&str| !attribute.starts_with("Max-Age") && !attribute.starts_with("Expires");
            line.split("; ").skip(1).filter(kept).map(str::to_owned).collect()
        };
        let cookie = set_cookies(&saved(&sessions, &session)).remove(0);
        session.invalidate();
        let removal = set_cookies(&saved(&sessions, &session)).remove(0);
        assert!(removal.starts_with("sid=; "));
        assert!(removal.contains("; Max-Age=0"));
        assert!(removal.contains("; Expires=Thu, 01 Jan 1970"));
        assert_eq!(attributes(&removal), attributes(&cookie));
        assert_eq!(removal.contains("Secure"), secure);
        assert_eq!(removal.contains("Partitioned"), partitioned);
    }
}

#[test]
fn regenerate_keeps_the_data_and_sets_created() {
    let clock = Clock::at(NOW + 50);
    let sessions = builder().clock(clock.read()).build().unwrap();
    let session = load(&sessions, sign_dict(r#"{"a": 1.50, "_csrft_": "old", "_f_": ["x"]}"#));
    session.regenerate();
    assert_eq!(session.created(), at(NOW + 50));
    assert!(!session.verify_csrf_token("old"));
    // Without random bytes there is no new token, but the old one is removed.
    let token = session.get::<String>("_csrft_").unwrap();
    assert_eq!(token.is_some(), cfg!(feature = "getrandom"));
    let token = token.map(|token| format!(r#" "_csrft_": "{token}","#)).unwrap_or_default();
    assert_eq!(
        payload(&written(&sessions, &session)),
        format!(r#"[{0}, {0}.0, {{"a": 1.50,{token} "_f_": ["x"]}}]"#, NOW + 50)
    );
}

#[test]
fn regenerate_makes_no_csrf_token_if_there_was_none() {
    let session = load_dict(r#"{"a": 1}"#);
    session.regenerate();
    assert_eq!(session.keys(), ["a"]);
}

#[test]
fn regenerate_begins_the_absolute_timeout_again() {
    let clock = Clock::at(NOW + 90);
    let sessions = builder().clock(clock.read()).absolute_timeout(seconds(100)).build().unwrap();
    let session = load(&sessions, sign_dict(r#"{"a": 1}"#));
    session.regenerate();
    let value = written(&sessions, &session);
    clock.forward(seconds(90));
    assert_eq!(load(&sessions, value).get("a").unwrap(), Some(1));
}

#[test]
fn set_on_exception_off_writes_nothing_on_a_5xx() {
    let sessions = builder().set_on_exception(false).build().unwrap();
    let value = sign_dict(r#"{"_f_": ["x"]}"#);
    for status in [500, 503, 599] {
        let session = load(&sessions, &value);
        assert_eq!(session.flash().pop::<String>().unwrap(), ["x"]);
        let mut response = http::Response::new(());
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        sessions.save(&session, &mut response).unwrap();
        assert!(set_cookies(&response).is_empty(), "{status}");
        assert!(!response.headers().contains_key(CACHE_CONTROL), "{status}");
        assert_eq!(load(&sessions, &value).flash().peek::<String>().unwrap(), ["x"]);
    }
    for status in [200, 303, 404, 499, 600] {
        let session = load(&sessions, &value);
        session.flash().pop::<String>().unwrap();
        let mut response = http::Response::new(());
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        sessions.save(&session, &mut response).unwrap();
        assert_eq!(set_cookies(&response).len(), 1, "{status}");
    }
}

#[test]
fn set_on_exception_is_on_as_in_pyramid() {
    let session = load_dict(r#"{"a": 1}"#);
    session.changed();
    let mut response = http::Response::new(());
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    sessions().save(&session, &mut response).unwrap();
    assert_eq!(set_cookies(&response).len(), 1);
}

#[test]
fn a_5xx_is_not_reissued_but_a_logout_is_sent() {
    for set_on_exception in [true, false] {
        let sessions = builder().reissue_time(seconds(0)).set_on_exception(set_on_exception).build().unwrap();
        let session = load(&sessions, sign(format!("[{}, {NOW}, {{}}]", NOW - 5)));
        assert!(session.is_empty());
        assert!(sessions.response_headers(&session, 200).unwrap().set_cookies().next().is_some());
        assert!(sessions.response_headers(&session, 500).unwrap().set_cookies().next().is_none());
        session.invalidate();
        // If a 5xx keeps the cookie, data that was inserted after the logout is lost, but the logout is not.
        for _ in 0..2 {
            for status in [200, 500] {
                let headers = sessions.response_headers(&session, status).unwrap();
                let lines: Vec<_> = headers.set_cookies().collect();
                assert_eq!(lines.len(), 2);
                let is_removal = lines[0].contains("Max-Age=0");
                assert_eq!(is_removal, session.is_empty() || (status == 500 && !set_on_exception));
                assert!(lines[1].starts_with("session.ended="));
            }
            session.insert("a", 1).unwrap();
        }
    }
}

#[test]
fn a_session_ended_during_its_save_is_written_whole_or_removed() {
    let sessions = quiet();
    let value = sign_dict(r#"{"user": "ada"}"#);
    for _ in 0..3000 {
        let session = load(&sessions, &value);
        session.changed();
        let start = std::sync::Barrier::new(2);
        let line = std::thread::scope(|scope| {
            scope.spawn(|| {
                start.wait();
                session.invalidate();
            });
            start.wait();
            sessions.set_cookies(&session).unwrap().into_iter().next().expect("it was changed or must be removed")
        });
        let removed = line.contains("Max-Age=0");
        assert!(
            removed || dict(value_of(&line)) == r#"{"user": "ada"}"#,
            "an ended session is not written as an empty one"
        );
    }
}

#[test]
fn no_update_is_lost_between_threads() {
    let session = new_session(&builder().flash_limit(None).build().unwrap());
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let session = session.clone();
            scope.spawn(move || {
                for step in 0..50 {
                    session.insert(format!("{thread}-{step}"), step).unwrap();
                    session.flash().push(thread * 50 + step).unwrap();
                    session.flash_queue("unique").push_unique(step).unwrap();
                }
            });
        }
    });
    assert_eq!(session.len(), 202);
    let mut messages: Vec<usize> = session.flash().pop().unwrap();
    messages.sort_unstable();
    assert_eq!(messages, (0..200).collect::<Vec<_>>());
    assert_eq!(session.flash_queue("unique").pop::<usize>().unwrap().len(), 50);
}

#[test]
fn only_one_of_many_threads_takes_or_pops_a_value() {
    for _ in 0..50 {
        let session = load_dict(r#"{"a": 1, "_f_": ["x"]}"#);
        let (taken, popped) = std::thread::scope(|scope| {
            let taking: Vec<_> = (0..4).map(|_| scope.spawn(|| session.take::<u8>("a").unwrap())).collect();
            let popping: Vec<_> = (0..4).map(|_| scope.spawn(|| session.flash().pop::<String>().unwrap())).collect();
            (
                taking.into_iter().filter_map(|thread| thread.join().unwrap()).count(),
                popping.into_iter().map(|thread| thread.join().unwrap().len()).sum::<usize>(),
            )
        });
        assert_eq!((taken, popped), (1, 1));
    }
}

#[test]
fn get_or_insert_returns_one_value_to_all_threads() {
    let session = new_session(&sessions());
    let seen: Vec<usize> = std::thread::scope(|scope| {
        let asking: Vec<_> = (0..8)
            .map(|n| {
                scope.spawn({
                    let session = &session;
                    move || session.get_or_insert("a", n).unwrap()
                })
            })
            .collect();
        asking.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let stored: usize = session.get("a").unwrap().unwrap();
    assert!(seen.iter().all(|value| *value == stored), "{seen:?}");
}

/// A value whose `Serialize` and `Deserialize` use the session in which it is stored.
struct Reentrant;
thread_local! {
    static OWN: std::cell::RefCell<Option<Session>> = const { std::cell::RefCell::new(None) };
}
impl serde::Serialize for Reentrant {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        OWN.with_borrow(|own| own.as_ref().unwrap().insert("inner", 1).unwrap());
        serializer.serialize_u8(1)
    }
}
impl<'de> serde::Deserialize<'de> for Reentrant {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        OWN.with_borrow(|own| own.as_ref().unwrap().insert("inner", 2).unwrap());
        serde::de::IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

#[test]
fn user_code_runs_outside_the_lock() {
    let session = new_session(&sessions());
    OWN.set(Some(session.clone()));
    session.insert("outer", Reentrant).unwrap();
    session.extend([("more", Reentrant)]).unwrap();
    session.flash().push(Reentrant).unwrap();
    session.flash().push_unique(Reentrant).unwrap();
    session.get_or_insert("new", Reentrant).unwrap();
    session.get_or_insert("new", Reentrant).unwrap();
    assert!(session.get::<Reentrant>("outer").unwrap().is_some());
    assert!(session.take::<Reentrant>("outer").unwrap().is_some());
    assert_eq!(session.flash().peek::<Reentrant>().unwrap().len(), 1);
    assert_eq!(session.flash().pop::<Reentrant>().unwrap().len(), 1);
    session.read::<Reentrant>().unwrap();
    assert_eq!(session.get("inner").unwrap(), Some(2));
    session.replace(&std::collections::BTreeMap::from([("whole", Reentrant)])).unwrap();
    assert_eq!(session.keys(), ["whole"]);
}

#[test]
fn a_panic_in_user_code_does_not_change_the_session() {
    struct Panics;
    impl serde::Serialize for Panics {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            panic!("on purpose")
        }
    }
    let session = load_dict(r#"{"a": 1}"#);
    let other = session.clone();
    assert!(std::thread::spawn(move || other.insert("a", Panics)).join().is_err());
    assert_eq!(session.get("a").unwrap(), Some(1));
    assert!(writes_nothing(&quiet(), &session));
}

#[test]
fn a_panic_of_the_clock_does_not_end_the_session() {
    let broken = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    let clock = {
        let broken = broken.clone();
        move || {
            assert!(!broken.load(std::sync::atomic::Ordering::SeqCst), "on purpose");
            at(NOW + 10)
        }
    };
    let sessions = builder().clock(clock).reissue_time(seconds(0)).build().unwrap();
    let session = load(&sessions, sign_dict(r#"{"a": 1}"#));
    let other = session.clone();
    assert!(std::thread::spawn(move || other.len()).join().is_err());
    broken.store(false, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(session.get("a").unwrap(), Some(1));
    assert_eq!(set_cookies(&saved(&sessions, &session)).len(), 1);
}
