//! The module `testing`.
use std::panic::catch_unwind;
use std::time::Duration;

use http::{HeaderMap, Response};
use signed_cookie_session::testing::{Forge, Jar, Saved, TestClock, assert_flash, assert_flash_queue};
use signed_cookie_session::{Outcome, Secret, SignedCookieFactory};

const MINUTE: Duration = Duration::from_secs(60);

fn sessions(clock: &TestClock) -> SignedCookieFactory {
    SignedCookieFactory::builder(Secret::new("an obvious secret of the tests, 32 bytes or more").unwrap())
        .clock(clock.as_fn())
        .absolute_timeout(60 * MINUTE)
        .build()
        .unwrap()
}

/// Returns the panic message of `run`.
fn panic_of(run: impl FnOnce() + std::panic::UnwindSafe) -> String {
    let panic = catch_unwind(run).unwrap_err();
    panic.downcast_ref::<String>().cloned().unwrap_or_else(|| (*panic.downcast_ref::<&str>().unwrap()).into())
}

#[test]
fn the_factory_accepts_a_forged_session() {
    let clock = TestClock::new();
    let sessions = sessions(&clock);
    let session = sessions.load(&Forge::new(&sessions).with("user", "ada").with_flash("Hi.").request_headers());
    assert_eq!(session.outcome(), Outcome::Valid);
    assert_eq!(session.keys(), ["user", "_f_"]);
    assert_eq!(session.created(), clock.now());
    assert_eq!(session.renewed(), clock.now());
}

#[test]
fn an_aged_session_was_written_and_created_then() {
    let clock = TestClock::new();
    let sessions = sessions(&clock);
    let session = sessions.load(&Forge::new(&sessions).aged(5 * MINUTE).request_headers());
    assert_eq!(session.renewed(), clock.now() - 5 * MINUTE);
    assert_eq!(session.created(), clock.now() - 5 * MINUTE);
}

#[test]
fn a_session_may_be_older_than_its_cookie() {
    let clock = TestClock::new();
    let sessions = sessions(&clock);
    let load = |forge: Forge<'_>| sessions.load(&forge.request_headers());
    let session = load(Forge::new(&sessions).aged(MINUTE).created_ago(60 * MINUTE));
    assert_eq!((session.renewed(), session.created()), (clock.now() - MINUTE, clock.now() - 60 * MINUTE));
    let session = load(Forge::new(&sessions).aged(MINUTE).created_ago(61 * MINUTE));
    assert_eq!(session.outcome(), Outcome::Expired);
}

#[test]
fn the_clock_moves_only_if_the_test_moves_it() {
    let clock = TestClock::new();
    let reader = clock.as_fn();
    let start = clock.now();
    clock.clone().advance(MINUTE);
    assert_eq!(reader(), start + MINUTE);
    clock.set(start);
    assert_eq!(reader(), start);
}

#[test]
fn a_written_session_comes_back_with_the_next_request() {
    let clock = TestClock::new();
    let sessions = sessions(&clock);
    let session = sessions.load(&HeaderMap::new());
    session.insert("user", "ada").unwrap();
    let mut response = Response::new(());
    response.headers_mut().append("set-cookie", "theme=dark".parse().unwrap());
    sessions.save(&session, &mut response).unwrap();
    let saved = Saved::by(&sessions, response.headers());
    assert!(!saved.is_removed() && !saved.is_nothing());
    assert_eq!(saved.clone().session().get::<String>("user").unwrap().as_deref(), Some("ada"));
    assert!(sessions.load_cookies([saved.cookie()]).contains_key("user"));
}

#[test]
fn a_removal_is_neither_a_session_nor_nothing() {
    let clock = TestClock::new();
    let sessions = sessions(&clock);
    let session = sessions.load(&Forge::new(&sessions).with("user", "ada").request_headers());
    session.invalidate();
    let mut response = Response::new(());
    sessions.save(&session, &mut response).unwrap();
    let saved = Saved::by(&sessions, response.headers());
    assert!(saved.is_removed() && !saved.is_nothing());
}

#[test]
fn the_last_cookie_of_the_name_counts() {
    let clock = TestClock::new();
    let sessions = sessions(&clock);
    let mut headers = HeaderMap::new();
    headers.append("set-cookie", format!("{}; Path=/", Forge::new(&sessions).cookie()).parse().unwrap());
    headers.append("set-cookie", "session=gone; max-age = -1".parse().unwrap());
    headers.append("set-cookie", "sessions=other".parse().unwrap());
    assert!(Saved::by(&sessions, &headers).is_removed());
}

#[test]
fn asking_for_a_missing_session_says_what_happened() {
    let clock = TestClock::new();
    let sessions = sessions(&clock);
    let of = |line: &'static str| {
        let headers = HeaderMap::from_iter([(http::header::SET_COOKIE, line.parse().unwrap())]);
        let saved = Saved::by(&sessions, &headers);
        panic_of(std::panic::AssertUnwindSafe(|| drop(saved.session())))
    };
    assert_eq!(of("theme=dark"), "the response set no session cookie: was the session changed and saved?");
    assert_eq!(of("session="), "the response removed the session cookie instead of writing a session");
    assert_eq!(
        of("session=forged"),
        "the response set a session cookie that this factory cannot use: the cookie does not hold a session"
    );
}

#[test]
fn flash_messages_are_compared_all_in_order_and_stay() {
    let clock = TestClock::new();
    let sessions = sessions(&clock);
    let session = sessions.load(&HeaderMap::new());
    assert_flash(&session, [""; 0]);
    session.flash().push("one").unwrap();
    session.flash().push("two").unwrap();
    session.flash_queue("error").push(7).unwrap();
    assert_flash(&session, ["one", "two"]);
    assert_flash_queue(&session, "error", [7]);
    for wrong in [vec!["two", "one"], vec!["one"], vec![], vec!["one", "two", "three"]] {
        let message = panic_of(std::panic::AssertUnwindSafe(|| assert_flash(&session, wrong)));
        assert!(message.ends_with("waiting: [\"one\",\"two\"]"), "{message}");
    }
}

#[test]
fn a_session_that_cannot_be_forged_says_why() {
    let clock = TestClock::new();
    let sessions = sessions(&clock);
    let message = panic_of(std::panic::AssertUnwindSafe(|| {
        Forge::new(&sessions).with("essay", "x".repeat(5000)).value();
    }));
    assert!(message.starts_with("cannot forge that session: the session needs a 68"), "{message}");
}

#[test]
fn a_saved_session_can_be_read_twice() {
    let clock = TestClock::new();
    let sessions = sessions(&clock);
    let session = sessions.load_cookies([""]);
    session.insert("user", "ada").unwrap();
    let mut response = http::Response::new(());
    sessions.save(&session, &mut response).unwrap();
    let saved = Saved::by(&sessions, response.headers());
    for _ in 0..2 {
        assert_eq!(saved.session().get("user"), Ok(Some("ada".to_owned())));
        assert!(sessions.load_cookies([saved.cookie()]).contains_key("user"));
    }
}

#[test]
fn a_forged_session_has_the_csrf_token_that_its_forms_send() {
    let clock = TestClock::new();
    let sessions = sessions(&clock);
    let ada = Forge::new(&sessions).with("user", "ada");
    let token = ada.csrf_token();
    assert_eq!(ada.csrf_token(), token);
    assert!(sessions.load(&ada.request_headers()).verify_csrf_token(&token));
}

#[test]
fn a_jar_keeps_what_a_browser_keeps() {
    let mut jar = Jar::new();
    for line in ["session=a; Path=/", "theme=dark; Max-Age=60", "lang = eo", "no cookie"] {
        jar.store(line);
    }
    assert_eq!(jar.header(), "lang=eo; session=a; theme=dark");
    jar.store("session=b");
    jar.store("theme=; max-age=0");
    jar.store("lang=; Expires=Thu, 01 Jan 1970 00:00:00 GMT");
    assert_eq!((jar.header().as_str(), jar.get("session")), ("session=b", Some("b")));
    jar.add("x=1; y=2");
    assert_eq!(jar.header(), "session=b; x=1; y=2");
    jar.clear();
    assert_eq!(jar.header(), "");
}
