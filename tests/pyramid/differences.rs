//! The differences from Pyramid. Each line of the table in `MIGRATING.md` names a test here or elsewhere.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use sha2::Sha512;
use signed_cookie_session::{Builder, CsrfOrigin, Outcome, Secret, Session, Settings, SignedCookieFactory};

const SECRET: &str = "an obvious secret for tests, of more than 32 bytes";
const NOW: u64 = 1_790_000_000;

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn builder() -> Builder {
    SignedCookieFactory::builder(Secret::new(SECRET).unwrap()).clock(|| at(NOW))
}

/// Returns a factory with Pyramid's own settings, so that a difference does not come from the settings.
fn pyramids() -> SignedCookieFactory {
    builder().settings(Settings::pyramid()).build().unwrap()
}

fn sign(payload: &str) -> String {
    let mut mac = Hmac::<Sha512>::new_from_slice(format!("pyramid.session.{SECRET}").as_bytes()).unwrap();
    mac.update(payload.as_bytes());
    let mut sealed = mac.finalize().into_bytes().to_vec();
    sealed.extend_from_slice(payload.as_bytes());
    URL_SAFE_NO_PAD.encode(sealed)
}

fn load(payload: &str) -> Session {
    pyramids().load_cookies([format!("session={}", sign(payload))])
}

fn fresh(dict: &str) -> Session {
    load(&format!("[{NOW}, {NOW}, {dict}]"))
}

fn sets_a_cookie(session: &Session, status: StatusCode) -> bool {
    let mut response = Response::new(());
    *response.status_mut() = status;
    pyramids().save(session, &mut response).unwrap();
    response.headers().contains_key("set-cookie")
}

#[test]
fn a_call_that_changes_nothing_sets_no_cookie() {
    let calls: [fn(&Session); 4] = [
        |session| session.extend::<&str, u8>([]).unwrap(),
        |session| assert!(!session.remove("missing")),
        |session| assert!(session.flash().pop::<String>().unwrap().is_empty()),
        |session| assert_eq!(session.take::<u8>("missing").unwrap(), None),
    ];
    for call in calls {
        let session = fresh(r#"{"a": 1}"#);
        call(&session);
        assert!(!sets_a_cookie(&session, StatusCode::OK));
    }
}

#[test]
fn set_on_exception_goes_by_the_status_alone() {
    let sessions = builder().settings(Settings::pyramid()).set_on_exception(false).build().unwrap();
    for (status, writes) in [(200, true), (302, true), (404, true), (500, false), (503, false)] {
        let session = fresh("{}");
        session.insert("a", 1).unwrap();
        assert_eq!(sessions.response_headers(&session, status).unwrap().set_cookies().count(), usize::from(writes));
    }
}

#[test]
fn is_new_and_created_count_as_reading() {
    let calls: [fn(&Session); 2] = [|session| _ = session.is_new(), |session| _ = session.created()];
    for call in calls {
        let session = load(&format!("[{}, {NOW}, {{}}]", NOW - 2));
        call(&session);
        assert!(sets_a_cookie(&session, StatusCode::OK));
    }
}

#[test]
fn changed_alone_renews() {
    let session = fresh(r#"{"a": 1}"#);
    session.changed();
    assert!(sets_a_cookie(&session, StatusCode::OK));
}

#[test]
fn renewed_is_when_the_session_was_saved() {
    let sessions = builder().settings(Settings::pyramid()).build().unwrap();
    let session = sessions.load_cookies([format!("session={}", sign(&format!("[{}, 5, {{\"a\": 1}}]", NOW - 100)))]);
    assert_eq!(session.get("a").unwrap(), Some(1));
    assert_eq!(session.renewed(), at(NOW - 100), "reading does not move it");
    let saved = sessions.decode(&sessions.encode(&session).unwrap()).unwrap();
    assert_eq!(saved.renewed(), at(NOW));
}

#[test]
fn of_several_cookies_the_newest_that_verifies_is_used() {
    let of =
        |renewed: u64, name: &str| format!("session={}", sign(&format!("[{renewed}, 5, {{\"name\": \"{name}\"}}]")));
    let cookies = [of(NOW - 1, "newer"), of(NOW - 9, "older"), "session=forged".into()].join("; ");
    let session = pyramids().load_cookies([cookies]);
    assert_eq!(session.get::<String>("name").unwrap().as_deref(), Some("newer"));
}

#[test]
fn a_weak_hash_and_an_impossible_max_age_are_refused() {
    for file in [r#"{"hashalg": "sha1"}"#, r#"{"hashalg": "md5"}"#, r#"{"max_age": -1}"#] {
        assert!(serde_json::from_str::<Settings>(file).is_err(), "{file}");
    }
    let days = |days: u64| Duration::from_secs(days * 24 * 60 * 60);
    assert!(builder().max_age(Duration::ZERO).build().is_err());
    assert!(builder().max_age(days(401)).build().is_err());
    assert!(builder().max_age(days(400)).build().is_ok());
}

#[test]
fn a_list_of_pairs_or_times_in_text_are_malformed() {
    for payload in [
        format!(r#"[{NOW}, {NOW}, [["a", 1]]]"#),
        format!(r#"["{NOW}", {NOW}, {{}}]"#),
        format!(r#"[{NOW}, "{NOW}", {{}}]"#),
        format!("[true, {NOW}, {{}}]"),
        format!("[NaN, {NOW}, {{}}]"),
    ] {
        assert_eq!(load(&payload).outcome(), Outcome::Malformed, "{payload}");
    }
}

#[test]
fn nan_and_infinity_are_an_error_for_their_key_only() {
    let session = fresh(r#"{"a": NaN, "b": -Infinity, "c": 1}"#);
    assert!(session.get::<f64>("a").unwrap_err().to_string().contains("\"a\""));
    assert!(session.get::<f64>("b").is_err());
    assert_eq!(session.get("c").unwrap(), Some(1));
}

#[cfg(feature = "getrandom")]
#[test]
fn a_csrf_token_that_is_not_a_string_is_replaced() {
    for odd in ["1", "null", "[]", "\"\""] {
        let session = fresh(&format!("{{\"_csrft_\": {odd}}}"));
        assert!(!session.verify_csrf_token(odd) && !session.verify_csrf_token(""));
        assert_eq!(session.csrf_token().len(), 40);
    }
}

#[test]
fn the_origin_is_checked_on_plain_http_and_null_fails() {
    let origin = CsrfOrigin::new(["https://example.com", "http://localhost:8080"]).unwrap();
    let check = |headers: &[(&'static str, &'static str)]| {
        let mut request = Request::new(());
        for (name, value) in headers {
            request.headers_mut().append(*name, HeaderValue::from_static(value));
        }
        origin.check(request.headers()).is_ok()
    };
    assert!(check(&[("origin", "http://localhost:8080")]));
    assert!(!check(&[("origin", "http://evil.example")]));
    assert!(!check(&[("origin", "null")]));
    assert!(CsrfOrigin::new(["null"]).is_err());
    assert!(!check(&[("origin", "https://example.com https://example.com")]));
    assert!(!check(&[("origin", "https://example.com"), ("origin", "https://example.com")]));
    assert!(!check(&[("origin", "https://example.com/")]), "an origin has no trailing slash");
}

#[test]
fn one_and_one_point_zero_and_true_are_three_messages() {
    let session = pyramids().load(&HeaderMap::new());
    session.flash().push_unique(1).unwrap();
    session.flash().push_unique(1.0).unwrap();
    session.flash().push_unique(true).unwrap();
    session.flash().push_unique(1).unwrap();
    assert_eq!(session.flash().pop::<serde_json::Value>().unwrap().len(), 3);
}

#[test]
fn a_session_ends_with_its_cookie_and_a_timed_out_one_is_new() {
    let session = fresh(r#"{"a": 1}"#);
    session.invalidate();
    let lines = pyramids().set_cookies(&session).unwrap();
    assert_eq!(lines.len(), 1, "Pyramid's settings leave no end mark");
    assert!(lines[0].contains("Max-Age=0"));
    let expired = load(&format!("[{}, 5, {{}}]", NOW - 1201));
    assert!(expired.is_new());
    assert_eq!(expired.created(), at(NOW));
}

#[test]
fn a_time_more_than_five_minutes_ahead_is_refused() {
    assert_eq!(load(&format!("[{}, {NOW}, {{}}]", NOW + 300)).outcome(), Outcome::Valid);
    assert_eq!(load(&format!("[{}, {NOW}, {{}}]", NOW + 301)).outcome(), Outcome::Future);
}

#[test]
fn a_reading_page_writes_no_cookie_until_a_tenth_of_the_timeout() {
    let sessions = builder().build().unwrap();
    for (age, writes) in [(0, false), (120, false), (121, true)] {
        let session = sessions.load_cookies([format!("session={}", sign(&format!("[{}, 5, {{}}]", NOW - age)))]);
        assert!(session.is_empty());
        assert_eq!(!sessions.set_cookies(&session).unwrap().is_empty(), writes, "{age}");
    }
}

#[test]
fn every_line_of_the_table_names_a_test_that_exists() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("MIGRATING.md")).unwrap();
    let (_, table) = page.split_once("## Every difference from Pyramid").unwrap();
    let rows: Vec<_> = table.lines().filter(|line| line.starts_with("| ") && line.contains("::")).collect();
    assert!(rows.len() >= 20, "{}", rows.len());
    for row in rows {
        let test = row.split('`').rev().nth(1).unwrap();
        let (file, test) = test.split_once("::").unwrap();
        let folders = ["pyramid", "session", "security"];
        let source = folders
            .iter()
            .find_map(|folder| std::fs::read_to_string(root.join(format!("tests/{folder}/{file}.rs"))).ok());
        assert!(source.is_some_and(|source| source.contains(&format!("fn {test}("))), "{row}");
    }
}
