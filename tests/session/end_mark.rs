//! The end mark: a logout and a login hold even if a page was still loading.

use std::collections::BTreeMap;

use signed_cookie_session::{Outcome, Session, SignedCookieFactory};

use crate::common::*;

/// The cookies of one browser, each with the time when it expires, if any.
#[derive(Clone, Default)]
struct Jar(BTreeMap<String, (String, Option<i64>)>);

impl Jar {
    fn with(cookie: &str) -> Self {
        Self(BTreeMap::from([("session".to_owned(), (cookie.to_owned(), None))]))
    }

    fn header(&self, now: i64) -> String {
        let is_there = |gone: &Option<i64>| gone.is_none_or(|gone| now < gone);
        let pairs =
            self.0.iter().filter(|(_, (_, gone))| is_there(gone)).map(|(name, (value, _))| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("; ")
    }

    fn store(&mut self, line: &str, now: i64) {
        let (pair, attributes) = line.split_once(';').unwrap();
        let (name, value) = pair.split_once('=').unwrap();
        let max_age = attributes.split("; ").find_map(|attribute| attribute.strip_prefix("Max-Age="));
        let gone = max_age.map(|seconds| now + seconds.parse::<i64>().unwrap());
        self.0.insert(name.to_owned(), (value.to_owned(), gone));
    }
}

/// An action of one request on the session.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Page {
    AsksForTheOutcome,
    Reads,
    Writes,
    Flashes,
    Logout,
    LogoutThenWrites,
    Login,
}

impl Page {
    fn run(self, session: &Session) {
        match self {
            Self::AsksForTheOutcome => _ = session.outcome(),
            Self::Reads => _ = session.get::<String>("user"),
            Self::Writes => session.insert("page", 1).unwrap(),
            Self::Flashes => session.flash().push("Hello.").unwrap(),
            Self::Logout => session.invalidate(),
            Self::LogoutThenWrites => {
                session.invalidate();
                session.insert("page", 1).unwrap();
            }
            Self::Login => {
                session.regenerate();
                session.insert("user", "new").unwrap();
            }
        }
    }
}

/// The orders in which two requests can be sent and answered. A small letter sends a request, and a capital letter
/// answers it.
const ORDERS: [&str; 6] = ["aAbB", "abAB", "abBA", "baAB", "baBA", "bBaA"];

/// Runs two requests of one browser, a second between each of the four steps, and returns the jar and the time.
fn run(
    sessions: &SignedCookieFactory,
    clock: &Clock,
    order: &str,
    pages: [Page; 2],
    mut jar: Jar,
    mut now: i64,
) -> (Jar, i64) {
    let mut under_way: [Option<Session>; 2] = [None, None];
    for step in order.bytes() {
        now += 1;
        clock.set_micros(now * 1_000_000);
        let at = usize::from(step.to_ascii_lowercase() - b'a');
        if step.is_ascii_lowercase() {
            let session = sessions.load_cookies([jar.header(now)]);
            pages[at].run(&session);
            under_way[at] = Some(session);
        } else {
            let session = under_way[at].take().unwrap();
            for line in sessions.set_cookies(&session).unwrap() {
                jar.store(&line, now);
            }
        }
    }
    (jar, now)
}

#[test]
fn logout_and_login_hold_in_every_order_and_at_every_age() {
    let mut came_back = 0;
    let mut cases = 0;
    for reissue_time in [None, Some(0), Some(60), Some(120), Some(1199)] {
        for age in [0, 1, 59, 61, 121, 600, 1190] {
            for order in ORDERS {
                for page in
                    [Page::AsksForTheOutcome, Page::Reads, Page::Writes, Page::Flashes, Page::Logout, Page::Login]
                {
                    for end in [Page::Logout, Page::LogoutThenWrites, Page::Login] {
                        let clock = Clock::at(NOW + age);
                        let settings = builder().clock(clock.read()).reissue_time(reissue_time.map(seconds));
                        let jar = Jar::with(&sign(format!(r#"[{NOW}, {}.5, {{"user": "ada"}}]"#, NOW - 5)));
                        let sessions = settings.build().unwrap();
                        let (jar, now) = run(&sessions, &clock, order, [page, end], jar, NOW + age);

                        let case = format!("{page:?} and {end:?} as {order}, reissue {reissue_time:?}, age {age}");
                        let session = sessions.load_cookies([jar.header(now)]);
                        let user: Option<String> = session.get("user").unwrap();
                        let logs_in = [page, end].contains(&Page::Login);
                        assert!(user.is_none() || (logs_in && user.as_deref() == Some("new")), "{case}: {user:?}");
                        cases += 1;
                        if session.outcome() == Outcome::Ended {
                            came_back += 1;
                            let lines = sessions.set_cookies(&session).unwrap();
                            assert_eq!(lines.len(), 1, "{case}");
                            assert!(lines[0].contains("Max-Age=0"), "{case}: its cookie is removed again");
                        }
                    }
                }
            }
        }
    }
    assert_eq!(cases, 3780);
    assert!(came_back > 100, "the test must reach what it is about: {came_back}");
}

#[test]
fn without_the_mark_a_slow_page_brings_the_session_back() {
    let clock = Clock::at(NOW + 121);
    let sessions = builder().clock(clock.read()).end_mark(false).build().unwrap();
    let jar = Jar::with(&sign_dict(r#"{"user": "ada"}"#));
    let (jar, now) = run(&sessions, &clock, "abBA", [Page::Reads, Page::Logout], jar, NOW + 121);
    assert_eq!(sessions.load_cookies([jar.header(now)]).get("user").unwrap(), Some("ada".to_owned()));
}

#[test]
fn the_mark_is_kept_as_long_as_the_session_could_be_valid() {
    let life = |builder: signed_cookie_session::Builder, dict: &str| {
        let sessions = builder.build().unwrap();
        let session = load(&sessions, sign_dict(dict));
        session.invalidate();
        let line = sessions.set_cookies(&session).unwrap().remove(1);
        line.split("; Max-Age=").nth(1).unwrap().parse::<u64>().unwrap()
    };
    assert_eq!(life(builder(), "{}"), 1200);
    assert_eq!(life(builder().timeout(seconds(60)), "{}"), 60);
    assert_eq!(life(builder().timeout(None).absolute_timeout(seconds(3600)), "{}"), 3600);
    assert_eq!(life(builder().timeout(None), "{}"), 400 * 24 * 60 * 60);
    assert_eq!(life(builder(), r#"{"_lifetime_": 86400}"#), 86400);
}

#[test]
fn a_mark_ends_its_own_session_and_no_other() {
    let sessions = quiet();
    let one = sign(format!(r#"[{NOW}, {NOW}.25, {{"user": "ada"}}]"#));
    let other = sign(format!(r#"[{NOW}, {NOW}.250001, {{"user": "eve"}}]"#));
    let mark = sign(format!(r#"["ended", {NOW}.25]"#));
    let load = |cookies: &str| sessions.load_cookies([cookies]);
    assert_eq!(load(&format!("session={one}; session.ended={mark}")).outcome(), Outcome::Ended);
    assert_eq!(load(&format!("session.ended={mark}; session={other}")).outcome(), Outcome::Valid);
    // Of two cookies, the one that has not ended is used.
    let session = load(&format!("session={one}; session={other}; session.ended={mark}"));
    assert_eq!(session.get::<String>("user").unwrap().as_deref(), Some("eve"));
    // One of several marks is for this session.
    let strangers = sign(format!(r#"["ended", {NOW}.75]"#));
    assert_eq!(
        load(&format!("session.ended={strangers}; session={one}; session.ended={mark}")).outcome(),
        Outcome::Ended
    );
}

#[test]
fn a_mark_and_a_session_cannot_be_confused() {
    let sessions = quiet();
    let mark = sign(format!(r#"["ended", {NOW}.25]"#));
    assert_eq!(sessions.load_cookies([format!("session={mark}")]).outcome(), Outcome::Malformed);
    let session = sign_dict(r#"{"user": "ada"}"#);
    assert_eq!(
        sessions.load_cookies([format!("session={session}; session.ended={session}")]).outcome(),
        Outcome::Valid
    );
}

#[test]
fn only_a_signed_and_complete_mark_ends_a_session() {
    let sessions = quiet();
    let session = sign_dict(r#"{"user": "ada"}"#);
    let text = format!(r#"["ended", {NOW}.25]"#);
    for mark in [
        sign_with("another secret", SALT, &text),
        sign_with(SECRET, "another salt", &text),
        sign(format!(r#"["ended",{NOW}.25]"#)),
        sign(format!(r#"["ended", {NOW}.25"#)),
        sign(format!(r#"["ended", "{NOW}.25"]"#)),
        sign(format!(r#"["ended", {NOW}.25, {{}}]"#)),
        sign(format!(r#"["ended", {NOW}.25]{}"#, " ".repeat(500))),
        sign(r#"["ended", true]"#),
        sign(""),
        String::new(),
        "forged".into(),
        "x".repeat(4097),
    ] {
        let outcome = sessions.load_cookies([format!("session={session}; session.ended={mark}")]).outcome();
        assert_eq!(outcome, Outcome::Valid, "{mark}");
    }
    let good = sign(&text);
    assert_eq!(sessions.load_cookies([format!("session={session}; session.ended={good}")]).outcome(), Outcome::Ended);
}

#[test]
fn a_mark_under_an_old_secret_still_holds() {
    use signed_cookie_session::Secrets;
    let rotated = SignedCookieFactory::builder(Secrets::new(secret()).verify_only(old_secret())).clock(|| at(NOW));
    let rotated = rotated.build().unwrap();
    let session = sign_dict(r#"{"user": "ada"}"#);
    let mark = sign_with(OLD_SECRET, SALT, format!(r#"["ended", {NOW}.25]"#));
    assert_eq!(rotated.load_cookies([format!("session={session}; session.ended={mark}")]).outcome(), Outcome::Ended);
}

#[test]
fn a_session_that_was_never_sent_leaves_no_mark() {
    let sessions = quiet();
    for cookies in ["", "session=forged", &format!("session={}", sign("[1, 1, {}]"))] {
        let session = sessions.load_cookies([cookies]);
        session.insert("a", 1).unwrap();
        session.regenerate();
        session.invalidate();
        session.insert("b", 1).unwrap();
        assert_eq!(sessions.set_cookies(&session).unwrap().len(), 1, "{cookies}");
    }
}

#[test]
fn a_logout_after_a_login_in_one_request_ends_the_old_session() {
    let session = load_dict(r#"{"user": "ada"}"#);
    session.regenerate();
    session.invalidate();
    let lines = set_cookies(&saved(&quiet(), &session));
    assert_eq!(payload(value_of(&lines[1])), format!(r#"["ended", {NOW}.25]"#));
}

#[test]
fn a_stopped_clock_does_not_end_a_new_session() {
    let sessions = builder().build().unwrap();
    let mut jar = Jar::default();
    for round in 0..5 {
        let session = sessions.load_cookies([jar.header(NOW)]);
        assert!(session.is_new(), "round {round}");
        session.insert("user", "ada").unwrap();
        sessions.set_cookies(&session).unwrap().iter().for_each(|line| jar.store(line, NOW));
        for _ in 0..3 {
            let session = sessions.load_cookies([jar.header(NOW)]);
            assert_eq!(session.outcome(), Outcome::Valid, "round {round}");
            session.regenerate();
            sessions.set_cookies(&session).unwrap().iter().for_each(|line| jar.store(line, NOW));
        }
        let session = sessions.load_cookies([jar.header(NOW)]);
        assert_eq!(session.get::<String>("user").unwrap().as_deref(), Some("ada"));
        session.invalidate();
        sessions.set_cookies(&session).unwrap().iter().for_each(|line| jar.store(line, NOW));
    }
}

#[test]
fn the_mark_has_the_attributes_of_the_session() {
    let sessions = builder().cookie_name("__Host-id").max_age(seconds(60)).partitioned(true).build().unwrap();
    let session = sessions.decode(&sign_dict("{}")).unwrap();
    session.invalidate();
    let lines = sessions.set_cookies(&session).unwrap();
    let attributes = |line: &str| line.split_once("; ").unwrap().1.split("; Max-Age").next().unwrap().to_owned();
    assert!(lines[1].starts_with("__Host-id.ended="));
    assert_eq!(attributes(&lines[0]), attributes(&lines[1]));
    assert!(lines[1].ends_with("; Max-Age=1200"), "{}", lines[1]);
}

#[test]
fn regenerate_sets_a_later_time_that_no_mark_names() {
    let clock = Clock::at(NOW);
    let sessions = builder().clock(clock.read()).build().unwrap();
    let mark = sign(format!(r#"["ended", {NOW}.0]"#));
    let session = sessions.load_cookies([format!("session.ended={mark}")]);
    let micros = |micros: i64| at_micros(NOW * 1_000_000 + micros);
    assert_eq!(session.created(), micros(1), "the mark names the microsecond before");
    session.regenerate();
    assert_eq!(session.created(), micros(2));
    clock.forward(seconds(10));
    session.regenerate();
    assert_eq!(session.created(), at(NOW + 10));

    let session = new_session(&sessions);
    session.regenerate();
    assert_eq!(session.created(), micros(10_000_001), "later than before on a clock that stands still");
}

#[test]
fn the_mark_outlives_the_cookie_whatever_the_lifetime_becomes() {
    let sessions = quiet();
    let max_age = |end: fn(&Session)| {
        let session = load(&sessions, sign_dict(r#"{"user": "ada", "_lifetime_": 2592000}"#));
        end(&session);
        let lines = sessions.set_cookies(&session).unwrap();
        let mark = lines.iter().find(|line| line.starts_with("session.ended=")).unwrap();
        mark.split("; Max-Age=").nth(1).unwrap().to_owned()
    };
    let shortened: fn(&Session) = |session| {
        session.set_lifetime(seconds(60));
        session.regenerate();
    };
    let without: fn(&Session) = |session| {
        session.set_lifetime(None);
        session.invalidate();
    };
    assert_eq!([max_age(shortened), max_age(without)], ["2592000", "2592000"]);
}

#[test]
fn a_mark_of_less_than_a_second_is_rounded_up() {
    let sessions = builder().timeout(std::time::Duration::from_millis(900)).build().unwrap();
    let session = load(&sessions, sign_dict("{}"));
    session.invalidate();
    assert!(sessions.set_cookies(&session).unwrap()[1].ends_with("; Max-Age=1"));
}

#[test]
fn a_page_under_way_over_two_ends_brings_nothing_back() {
    let ends: [fn(&Session); 3] = [Session::invalidate, Session::regenerate, |session| {
        session.invalidate();
        session.insert("user", "bob").unwrap();
    }];
    for first in ends {
        for second in ends {
            let clock = Clock::at(NOW + 10);
            let sessions = builder().clock(clock.read()).build().unwrap();
            let mut jar = Jar::with(&sign_dict(r#"{"user": "ada"}"#));
            let request = |jar: &mut Jar, page: &dyn Fn(&Session)| {
                clock.forward(seconds(1));
                let session = sessions.load_cookies([jar.header(NOW)]);
                page(&session);
                sessions.set_cookies(&session).unwrap().iter().for_each(|line| jar.store(line, NOW));
            };
            let slow = sessions.load_cookies([jar.header(NOW)]);
            slow.insert("page", 1).unwrap();
            request(&mut jar, &first);
            request(&mut jar, &|session| session.insert("theme", "dark").unwrap());
            request(&mut jar, &second);
            sessions.set_cookies(&slow).unwrap().iter().for_each(|line| jar.store(line, NOW));
            let session = sessions.load_cookies([jar.header(NOW)]);
            assert_eq!((session.outcome(), session.get::<String>("user").unwrap()), (Outcome::Ended, None));
        }
    }
}

#[test]
fn a_mark_names_the_last_four_sessions_and_no_longer_text_is_one() {
    let sessions = quiet();
    let mark = |times: &[i64]| {
        let times: Vec<String> = times.iter().map(|time| format!("{time}.0")).collect();
        sign(format!(r#"["ended", {}]"#, times.join(", ")))
    };
    let value = sign(format!("[{NOW}, {NOW}.25, {{}}]"));
    let session = sessions.load_cookies([format!("session={value}; session.ended={}", mark(&[5, 9, 7, 8]))]);
    session.invalidate();
    let line = sessions.set_cookies(&session).unwrap().remove(1);
    assert_eq!(payload(value_of(&line)), format!(r#"["ended", {NOW}.25, 9.0, 8.0, 7.0]"#));
    for (times, outcome) in [(&[1, 2, 3, NOW][..], Outcome::Ended), (&[1, 2, 3, 4, NOW], Outcome::Valid)] {
        let value = sign(format!("[{NOW}, {NOW}.0, {{}}]"));
        let session = sessions.load_cookies([format!("session={value}; session.ended={}", mark(times))]);
        assert_eq!(session.outcome(), outcome, "{times:?}");
    }
    // A mark that nobody signed is not taken over.
    let forged = sign_with("a guess of somebody's", SALT, r#"["ended", 9.0]"#);
    let session = sessions.load_cookies([format!("session={value}; session.ended={forged}")]);
    session.invalidate();
    assert_eq!(payload(value_of(&sessions.set_cookies(&session).unwrap()[1])), format!(r#"["ended", {NOW}.25]"#));
}
