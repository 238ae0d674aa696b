//! Which of the cookies in a request is the session.

use crate::common::*;
use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use signed_cookie_session::{Format, Former, Outcome, Session};

fn of(renewed: i64, created: i64, name: &str) -> String {
    sign(format!("[{renewed}, {created}, {{\"name\": \"{name}\"}}]"))
}

fn name(session: &Session) -> Option<String> {
    session.get("name").unwrap()
}

fn of_headers<H: AsRef<[u8]>>(headers: impl IntoIterator<Item = H>) -> Session {
    let mut map = HeaderMap::new();
    for header in headers {
        map.append(COOKIE, HeaderValue::from_bytes(header.as_ref()).unwrap());
    }
    quiet().load(&map)
}

#[test]
fn the_newest_of_several_cookies_is_used() {
    let (old, young) = (of(NOW - 10, NOW - 10, "old"), of(NOW - 5, NOW - 100, "young"));
    assert_eq!(name(&quiet().load(&carrying([&old, &young]))).as_deref(), Some("young"));
    assert_eq!(name(&quiet().load(&carrying([&young, &old]))).as_deref(), Some("young"));
}

#[test]
fn of_two_renewed_at_once_the_later_created_is_used() {
    let (early, late) = (of(NOW, NOW - 20, "early"), of(NOW, NOW - 10, "late"));
    assert_eq!(name(&quiet().load(&carrying([&early, &late]))).as_deref(), Some("late"));
    assert_eq!(name(&quiet().load(&carrying([&late, &early]))).as_deref(), Some("late"));
    let tie = sign(format!("[{NOW}.0, {}e0, {{\"name\": \"tie\"}}]", NOW - 10));
    assert_eq!(name(&quiet().load(&carrying([&late, &tie]))).as_deref(), Some("late"));
    assert_eq!(name(&quiet().load(&carrying([&tie, &late]))).as_deref(), Some("tie"));
}

#[test]
fn invalid_cookies_do_not_hide_a_valid_one() {
    let good = of(NOW - 1000, NOW - 1000, "good");
    let expired = of(NOW - 2000, NOW, "expired");
    let forged = sign_with("forged", SALT, format!("[{NOW}, {NOW}, {{}}]"));
    let long = "x".repeat(5000);
    for place in 0..4 {
        let mut values = vec![&*expired, &forged, &long, ""];
        values.insert(place, &good);
        let session = quiet().load(&carrying(values));
        assert_eq!(session.outcome(), Outcome::Valid);
        assert_eq!(name(&session).as_deref(), Some("good"));
    }
}

#[test]
fn cookies_may_be_in_several_headers() {
    let (old, young) = (of(NOW - 10, NOW, "old"), of(NOW, NOW, "young"));
    let session = of_headers([&format!("a=b; session={old}; c=d"), "", "e=f", &format!("g=h; session={young}")]);
    assert_eq!(name(&session).as_deref(), Some("young"));
}

#[test]
fn only_the_first_eight_cookies_are_tried() {
    let good = of(NOW, NOW, "good");
    let junk = |count: usize| vec!["junk"; count];
    assert_eq!(name(&quiet().load(&carrying([junk(7), vec![&good]].concat()))).as_deref(), Some("good"));
    let ninth = quiet().load(&carrying([junk(8), vec![&good]].concat()));
    assert!(ninth.is_new());
    assert_eq!(ninth.outcome(), Outcome::Malformed);

    // The limit holds over several headers, and cookies with other names do not count.
    let others = "other=x; ".repeat(100);
    let seven = of_headers([&format!("{others}{}", "session=; ".repeat(7)), &format!("{others}session={good}")]);
    assert_eq!(name(&seven).as_deref(), Some("good"));
    let eight = of_headers([&format!("{others}{}", "session=; ".repeat(8)), &format!("session={good}")]);
    assert!(eight.is_new());
}

#[test]
fn eight_values_of_any_length_are_read_completely() {
    for len in [0, 1, 30, 31, 32, 95, 96, 255, 256, 257, 511, 512, 575, 576, 577, 4095, 4096, 4097] {
        let good = of(NOW, NOW, "good");
        let filler = "A".repeat(len);
        let values = [vec![&*filler; 7], vec![&good]].concat();
        let session = quiet().load(&carrying(values));
        assert_eq!(name(&session).as_deref(), Some("good"), "{len}");
    }
}

#[test]
fn the_outcome_is_the_greatest_refusal_of_several_cookies() {
    let sessions = builder().valid_since(at(NOW - 5000)).build().unwrap();
    let revoked = of(NOW, NOW - 6000, "revoked");
    let expired = of(NOW - 1300, NOW - 1300, "expired");
    let forged = sign_with("forged", SALT, format!("[{NOW}, {NOW}, {{}}]"));
    let all = [
        (revoked, Outcome::Revoked),
        (expired, Outcome::Expired),
        (forged, Outcome::BadSignature),
        ("malformed".into(), Outcome::Malformed),
    ];
    for first in 0..4 {
        let outcome = |order: Vec<&(String, Outcome)>| {
            sessions.load(&carrying(order.into_iter().map(|(value, _)| value))).outcome()
        };
        assert_eq!(outcome(all[first..].iter().collect()), all[first].1);
        assert_eq!(outcome(all[first..].iter().rev().collect()), all[first].1);
    }
}

#[test]
fn white_space_around_name_and_value_is_removed() {
    let good = of(NOW, NOW, "good");
    for header in [
        format!("session={good}"),
        format!("  session={good}  "),
        format!("\tsession={good}\t"),
        format!("session = {good}"),
        format!("a=b;session={good};c=d"),
        format!("a=b ;  session= {good} ; c=d"),
        format!(";;; session={good};;;"),
        format!("=; ==; a; session={good}"),
        format!("a=\"; session={good}; \""),
    ] {
        assert_eq!(name(&of_headers([&header])).as_deref(), Some("good"), "{header}");
    }
}

#[test]
fn a_cookie_name_must_match_completely_and_in_case() {
    let good = of(NOW, NOW, "good");
    for header in [
        format!("Session={good}"),
        format!("SESSION={good}"),
        format!("xsession={good}"),
        format!("sessionx={good}"),
        format!("session.x={good}"),
        format!("ses sion={good}"),
        format!("session;={good}"),
        format!("a=session={good}"),
        format!("\"session\"={good}"),
        format!("%73ession={good}"),
        "session".into(),
        "session; session".into(),
        good.clone(),
        format!("={good}"),
        String::new(),
    ] {
        assert_eq!(of_headers([&header]).outcome(), Outcome::Absent, "{header}");
    }
}

#[test]
fn only_spaces_and_tabs_are_trimmed_from_cookie_names() {
    let sessions = builder().cookie_name("__Host-session").build().unwrap();
    let good = of(NOW, NOW, "good");
    let outcome = |before: &str| sessions.load_cookies([format!("{before}__Host-session={good}")]).outcome();
    assert_eq!(outcome(" \t "), Outcome::Valid);
    for odd in ["\x0c", "\x0b", "\n", "\r", "\0", "\x1f", "\x7f", "\u{85}", "\u{a0}", "\u{2000}", "\u{feff}"] {
        assert_eq!(outcome(odd), Outcome::Absent, "{odd:?}");
        assert_eq!(outcome(&format!(" {odd} ")), Outcome::Absent, "{odd:?}");
    }
    // All bytes that are white space in latin-1.
    for odd in [b'\x85', b'\xa0'] {
        let header = [&[odd][..], b"__Host-session=", good.as_bytes()].concat();
        assert_eq!(sessions.load_cookies([header]).outcome(), Outcome::Absent, "{odd}");
    }
    let behind = |odd| sessions.load_cookies([format!("__Host-session{odd}={good}")]).outcome();
    assert_eq!(behind("\t"), Outcome::Valid);
    assert_eq!(behind("\x0c"), Outcome::Absent);
}

#[test]
fn a_value_is_taken_as_it_stands_or_not_at_all() {
    let good = of(NOW, NOW, "good");
    for header in [
        format!("session=\"{good}"),
        format!("session={good}\""),
        format!("session=\"\"{good}\"\""),
        "session=\"".to_owned(),
        "session=\"\"".to_owned(),
        format!("session={good}="),
        format!("session={good}=="),
        format!("session=={good}"),
        format!("session={good},"),
        format!("session={good} x"),
        format!("session={good}, session={good}"),
        format!("session={}", good.replace('A', "%41")),
    ] {
        assert_eq!(of_headers([&header]).outcome(), Outcome::Malformed, "{header}");
    }
}

#[test]
fn quotes_around_a_value_are_removed() {
    let good = of(NOW, NOW, "good");
    for header in [format!("session=\"{good}\""), format!("a=b; session = \"{good}\" ; c=\"d\"")] {
        assert_eq!(of_headers([&header]).outcome(), Outcome::Valid, "{header}");
    }
}

#[test]
fn bytes_that_are_not_text_do_no_harm() {
    let good = of(NOW, NOW, "good");
    let header = [b"\xff\xfe=\x80; a=\xc3\x28; session=\xff\xff; session=".as_slice(), good.as_bytes()].concat();
    assert_eq!(name(&of_headers([&header])).as_deref(), Some("good"));
    for byte in (0..=255).filter(|byte| *byte != b'\n') {
        // The crate `http` does not allow every byte in a header, but a server with another library may.
        let header = [b"session=".as_slice(), &[byte; 100]].concat();
        let session = quiet().load_cookies([&header]);
        assert!(session.is_new(), "{byte}");
        let between = [b"a=".as_slice(), &[byte; 3], b"; session=", good.as_bytes(), b"; ", &[byte; 3]].concat();
        assert_eq!(name(&quiet().load_cookies([between])).as_deref(), Some("good"), "{byte}");
    }
}

#[test]
fn a_value_over_4096_bytes_is_refused() {
    for len in [4097, 5000, 100_000] {
        let session = of_headers([format!("session={}", "A".repeat(len))]);
        assert_eq!(session.outcome(), Outcome::Malformed, "{len}");
        assert_eq!(quiet().decode(&"A".repeat(len)).unwrap_err().outcome(), Outcome::Malformed, "{len}");
    }
    let longest = sign(format!("[{NOW}, {NOW}, {{\"name\": \"{}\"}}]", "x".repeat(3072 - 64 - 38)));
    assert_eq!(longest.len(), 4096);
    assert_eq!(load(&quiet(), &longest).outcome(), Outcome::Valid);
    assert_eq!(quiet().decode(&longest).unwrap().outcome(), Outcome::Valid);
    let longer = sign(format!("[{NOW}, {NOW}, {{\"name\": \"{}\"}}]", "x".repeat(3072 - 64 - 37)));
    assert_eq!(load(&quiet(), &longer).outcome(), Outcome::Malformed);
}

#[test]
fn load_cookies_accepts_the_same_cookies_as_load() {
    let (old, young) = (of(NOW - 10, NOW, "old"), of(NOW, NOW, "young"));
    let headers = [format!("session={old}"), format!("a=b; session={young}")];
    assert_eq!(name(&quiet().load_cookies(&headers)).as_deref(), Some("young"));
    assert_eq!(quiet().load_cookies([] as [&str; 0]).outcome(), Outcome::Absent);
    assert_eq!(quiet().load_cookies(["a=b"]).outcome(), Outcome::Absent);
}

#[test]
fn the_youngest_of_several_former_cookies_wins_and_the_first_on_a_tie() {
    let former = Former::new(Format::Signed, secret()).cookie_name("sid");
    let sessions = builder().former(former).build().unwrap();
    let (old, young) = (of(NOW - 10, NOW - 10, "old"), of(NOW - 5, NOW - 100, "young"));
    let tie = of(NOW - 5, NOW - 100, "tie");
    for (cookies, wins) in [
        ([&old, &young, &old], "young"),
        ([&young, &old, &old], "young"),
        ([&young, &old, &tie], "young"),
        ([&old, &tie, &young], "tie"),
    ] {
        let cookies = cookies.map(|value| format!("sid={value}")).join("; ");
        let session = sessions.load_cookies([&cookies]);
        assert_eq!((session.outcome(), name(&session).as_deref()), (Outcome::ValidFormer, Some(wins)));
    }
}

#[test]
fn the_names_of_outcomes_do_not_change_between_releases() {
    let names = [
        (Outcome::Absent, "absent"),
        (Outcome::Valid, "valid"),
        (Outcome::ValidUnderOldSecret, "valid_under_old_secret"),
        (Outcome::ValidFormer, "valid_former"),
        (Outcome::Unproven, "unproven"),
        (Outcome::Expired, "expired"),
        (Outcome::Revoked, "revoked"),
        (Outcome::Ended, "ended"),
        (Outcome::Future, "future"),
        (Outcome::BadSignature, "bad_signature"),
        (Outcome::Malformed, "malformed"),
    ];
    for (outcome, name) in names {
        assert_eq!(outcome.as_str(), name);
    }
}
