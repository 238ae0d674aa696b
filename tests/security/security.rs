//! The claims of SECURITY.md that no other test checks: what an attacker can do and what stops them. Also checks that
//! every test that the page names exists.

use std::path::{Path, PathBuf};

use crate::common::*;
use http::header::{CACHE_CONTROL, COOKIE, SET_COOKIE, VARY};
use http::{HeaderMap, HeaderValue};
use signed_cookie_session::{Builder, Outcome, Secrets, Session, SignedCookieFactory};

fn user(session: &Session) -> Option<String> {
    session.get("user").unwrap()
}

/// Returns a cookie value of `name` that is written and created now.
fn cookie_of(name: &str, moment: i64) -> String {
    sign(format!("[{moment}, {moment}, {{\"user\": \"{name}\"}}]"))
}

fn at_time(builder: Builder, now: i64) -> SignedCookieFactory {
    builder.clock(move || at(now)).build().unwrap()
}

// What the signature guarantees, and what it does not.

#[test]
fn anybody_who_has_the_cookie_can_read_it() {
    let sessions = sessions();
    let session = new_session(&sessions);
    session.insert("user", "ada").unwrap();
    // Reading it needs no secret, only base64.
    assert_eq!(dict(&written(&sessions, &session)), r#"{"user": "ada"}"#);
}

#[test]
fn a_cookie_without_its_signature_is_not_a_session() {
    use base64::Engine;
    let value = cookie_of("ada", NOW);
    let bare = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(payload(&value));
    assert!(!load(&sessions(), bare).outcome().is_valid());
    // So a session must not hold data that the visitor wants to undo, such as a count of failed logins.
    let session = new_session(&sessions());
    assert!(session.is_new() && session.is_empty());
}

#[test]
fn a_copy_of_a_cookie_outlives_the_logout_until_it_times_out() {
    let value = cookie_of("ada", NOW);
    let session = load(&sessions(), &value);
    session.invalidate();
    assert!(set_cookies(&saved(&sessions(), &session))[0].contains("Max-Age=0"));
    assert_eq!(user(&load(&sessions(), &value)).as_deref(), Some("ada"));
    assert_eq!(load(&at_time(builder(), NOW + 1201), &value).outcome(), Outcome::Expired);
}

#[test]
fn an_old_copy_of_a_cookie_brings_back_old_data() {
    let sessions = sessions();
    let voucher = sign_dict(r#"{"voucher": 10}"#);
    let session = load(&sessions, &voucher);
    assert_eq!(session.take::<u64>("voucher").unwrap(), Some(10));
    assert_eq!(load(&sessions, written(&sessions, &session)).get::<u64>("voucher").unwrap(), None);
    assert_eq!(load(&sessions, &voucher).get::<u64>("voucher").unwrap(), Some(10));
}

#[test]
fn a_stolen_cookie_is_renewed_until_the_absolute_timeout() {
    let day = 24 * 60 * 60;
    let keep_alive = |builder: fn() -> Builder| {
        let mut value = cookie_of("ada", NOW);
        for minutes in (10..2 * 24 * 60).step_by(10) {
            let sessions = at_time(builder(), NOW + minutes * 60);
            let session = load(&sessions, &value);
            if user(&session).is_none() {
                return minutes * 60;
            }
            value = written(&sessions, &session);
        }
        i64::MAX
    };
    assert_eq!(keep_alive(builder), i64::MAX);
    assert_eq!(keep_alive(|| builder().absolute_timeout(seconds(24 * 60 * 60))), day + 600);
}

#[test]
fn a_page_loading_at_the_logout_cannot_restore_the_session() {
    // A longer reissue time does not prevent this: once a cookie is due, every page that reads writes it.
    let sessions = at_time(builder(), NOW + 121);
    let headers = carrying([cookie_of("ada", NOW)]);
    let (slow, logout) = (sessions.load(&headers), sessions.load(&headers));
    assert!(user(&slow).is_some());
    logout.invalidate();
    let goodbye = set_cookies(&saved(&sessions, &logout));
    assert!(goodbye[0].contains("Max-Age=0"));
    let late = set_cookies(&saved(&sessions, &slow)).remove(0);
    assert_eq!(user(&load(&sessions, value_of(&late))).as_deref(), Some("ada"), "it is a valid session");

    let mut headers = carrying([value_of(&late)]);
    headers.append(COOKIE, goodbye[1].split(';').next().unwrap().parse().unwrap());
    let session = sessions.load(&headers);
    assert_eq!(session.outcome(), Outcome::Ended);
    assert_eq!(user(&session), None);
    assert!(set_cookies(&saved(&sessions, &session))[0].contains("Max-Age=0"), "its cookie is removed again");
}

// Cookies that are used under another name or in another app.

#[test]
fn a_value_verifies_under_another_name_unless_salts_differ() {
    let login = written(&sessions(), &{
        let session = new_session(&sessions());
        session.insert("user", "ada").unwrap();
        session
    });
    let under = |builder: Builder| {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, format!("prefs={login}").parse().unwrap());
        builder.cookie_name("prefs").build().unwrap().load(&headers)
    };
    // Pyramid's signature does not cover the name.
    assert_eq!(user(&under(builder())).as_deref(), Some("ada"));
    assert_eq!(under(builder().salt("prefs.")).outcome(), Outcome::BadSignature);
}

#[test]
fn two_apps_with_one_secret_share_sessions_unless_salts_differ() {
    let other_app = |salt: &str| {
        let sessions = builder().salt(salt).build().unwrap();
        let session = new_session(&sessions);
        session.insert("user", "admin").unwrap();
        written(&sessions, &session)
    };
    assert_eq!(user(&load(&sessions(), other_app(SALT))).as_deref(), Some("admin"));
    assert_eq!(load(&sessions(), other_app("blog.")).outcome(), Outcome::BadSignature);
}

// Cookies that a sibling subdomain sets.

#[test]
fn a_tossed_cookie_is_used_if_it_is_newer_or_alone() {
    let (own, older, younger) = (cookie_of("ada", NOW - 10), cookie_of("mallory", NOW - 20), cookie_of("mallory", NOW));
    let taken = |values: &[&str]| user(&quiet().load(&carrying(values)));
    for (tossed, user) in [(&older, "ada"), (&younger, "mallory")] {
        // This does not depend on which cookie the browser sends first.
        assert_eq!(taken(&[tossed, &own]).as_deref(), Some(user));
        assert_eq!(taken(&[&own, tossed]).as_deref(), Some(user));
    }
    // Logout removes our cookie, and not theirs.
    let session = quiet().load(&carrying([&own, &older]));
    session.invalidate();
    assert!(set_cookies(&saved(&quiet(), &session))[0].starts_with("session=; "));
    assert_eq!(taken(&[&older]).as_deref(), Some("mallory"));
}

#[test]
fn eight_tossed_cookies_hide_the_visitors_own_session() {
    let own = cookie_of("ada", NOW);
    let session = quiet().load(&carrying([vec!["junk"; 8], vec![&own]].concat()));
    assert!(session.is_new() && session.is_empty());
}

#[test]
fn a_host_prefix_is_set_with_its_conditions_and_read_exactly() {
    let sessions = builder().cookie_name("__Host-session").build().unwrap();
    let session = new_session(&sessions);
    session.insert("user", "ada").unwrap();
    let line = set_cookies(&saved(&sessions, &session)).pop().unwrap();
    assert!(line.starts_with("__Host-session="));
    assert!(line.ends_with("; HttpOnly; SameSite=Lax; Secure; Path=/"), "{line}");
    // The cookies that a sibling domain may set.
    for name in
        ["session", "__host-session", "__HOST-SESSION", "__Secure-session", "x__Host-session", "=__Host-session"]
    {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, format!("{name}={}", value_of(&line)).parse().unwrap());
        assert_eq!(sessions.load(&headers).outcome(), Outcome::Absent, "{name}");
    }
}

// Session fixation.

#[test]
fn a_planted_session_is_not_logged_in_by_a_login() {
    let planted = sign_dict(r#"{"_csrft_": "known to the attacker"}"#);
    let sessions = sessions();
    let login = load(&sessions, &planted);
    login.regenerate();
    login.insert("user", "ada").unwrap();
    let after = load(&sessions, written(&sessions, &login));
    assert_eq!(user(&after).as_deref(), Some("ada"));
    assert!(!after.verify_csrf_token("known to the attacker"));
    // The attacker's copy is unchanged.
    assert_eq!(user(&load(&sessions, &planted)), None);
}

#[test]
fn a_login_without_regenerate_keeps_a_planted_csrf_token() {
    let sessions = sessions();
    let login = load(&sessions, sign_dict(r#"{"_csrft_": "known to the attacker"}"#));
    login.insert("user", "ada").unwrap();
    let after = load(&sessions, written(&sessions, &login));
    assert!(after.verify_csrf_token("known to the attacker"));
}

// Header injection.

#[test]
fn any_content_sets_one_line_of_base64url_and_our_attributes() {
    let sessions = sessions();
    for hostile in ["a\r\nSet-Cookie: user=admin", "\n\n<html>", "a; Domain=evil.example", "\0", "a,b", "é\u{2028}"] {
        let session = new_session(&sessions);
        session.insert(hostile, hostile).unwrap();
        session.flash_queue(hostile).push(hostile).unwrap();
        let response = saved(&sessions, &session);
        assert_eq!(response.headers().len(), 3);
        let [line] = &set_cookies(&response)[..] else { panic!("one cookie is set") };
        let (value, attributes) = line.strip_prefix("session=").unwrap().split_once(';').unwrap();
        assert!(value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')), "{value}");
        assert_eq!(attributes, " HttpOnly; SameSite=Lax; Secure; Path=/");
        assert_eq!(load(&sessions, value).get::<String>(hostile).unwrap().as_deref(), Some(hostile));
    }
}

// Shared caches.

#[test]
fn a_page_that_only_reads_is_separated_by_vary_only() {
    let session = load(&quiet(), cookie_of("ada", NOW));
    assert!(user(&session).is_some());
    let mut headers = HeaderMap::new();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=60"));
    quiet().save_headers(&session, &mut headers).unwrap();
    // If a cache ignores `Vary`, the app must set `Cache-Control`.
    assert_eq!(lines(&headers, VARY), ["Cookie"]);
    assert_eq!(lines(&headers, CACHE_CONTROL), ["public, max-age=60"]);
    assert!(!headers.contains_key(SET_COOKIE));
}

// Clocks, stolen cookies and stolen secrets.

#[test]
fn a_clock_ahead_extends_a_session_by_five_minutes_at_most() {
    let sessions = |now| at_time(builder().absolute_timeout(seconds(3600)), now);
    let ahead = cookie_of("ada", NOW + 300);
    assert_eq!(load(&sessions(NOW), &ahead).outcome(), Outcome::Valid);
    assert_eq!(load(&sessions(NOW + 1500), &ahead).outcome(), Outcome::Valid);
    assert_eq!(load(&sessions(NOW + 1501), &ahead).outcome(), Outcome::Expired);
    let further = cookie_of("ada", NOW + 301);
    assert_eq!(load(&sessions(NOW), &further).outcome(), Outcome::Future);
    assert_eq!(load(&sessions(NOW + 1), &further).outcome(), Outcome::Valid, "once it is near enough");
}

#[test]
fn a_retired_secret_cannot_write_a_session_that_never_ends() {
    let year_9999 = 253_402_300_799_i64;
    for (renewed, created) in [(year_9999, year_9999), (year_9999, NOW), (NOW, year_9999), (NOW + 301, NOW)] {
        let forged = sign_with(OLD_SECRET, SALT, format!("[{renewed}, {created}, {{\"user\": \"admin\"}}]"));
        let secrets = Secrets::new(secret()).verify_only(old_secret());
        let sessions = SignedCookieFactory::builder(secrets).clock(|| at(NOW)).build().unwrap();
        let session = load(&sessions, &forged);
        assert_eq!(session.outcome(), Outcome::Future);
        assert_eq!(user(&session), None);
        assert!(writes_nothing(&sessions, &session), "it is not signed with the new secret");
    }
}

#[test]
fn valid_since_ends_a_stolen_cookie_and_its_reissues() {
    let stolen = cookie_of("ada", NOW - 500);
    let reissued = {
        let session = load(&sessions(), &stolen);
        assert!(user(&session).is_some());
        written(&sessions(), &session)
    };
    let that_day = builder().valid_since(at(NOW)).build().unwrap();
    for value in [stolen, reissued] {
        assert_eq!(load(&that_day, value).outcome(), Outcome::Revoked);
    }
    assert!(load(&that_day, cookie_of("ada", NOW)).outcome().is_valid());
}

#[test]
fn valid_since_does_not_help_against_a_stolen_secret() {
    // The thief can choose the times too.
    let forged = sign_with(OLD_SECRET, SALT, format!("[{0}, {0}, {{\"user\": \"admin\"}}]", NOW + 1));
    let of = |secrets: Secrets| SignedCookieFactory::builder(secrets).valid_since(at(NOW)).clock(|| at(NOW));
    let rotated = of(Secrets::new(secret()).verify_only(old_secret())).build().unwrap();
    assert_eq!(user(&load(&rotated, &forged)).as_deref(), Some("admin"));
    let gone = of(secret().into()).build().unwrap();
    assert_eq!(load(&gone, &forged).outcome(), Outcome::BadSignature);
}

// The page SECURITY.md itself.

/// Returns the words in backquotes.
fn quoted(page: &str) -> impl Iterator<Item = &str> {
    page.split('`').skip(1).step_by(2)
}

/// Returns the test files of a name: `tests/security/hostile.rs` of `hostile`, `tests/device/main.rs` of `device`.
fn test_files(root: &Path, name: &str) -> Vec<PathBuf> {
    let programs = ["tests", "demo/tests"].map(|tests| root.join(tests));
    let folders = programs.iter().flat_map(|tests| std::fs::read_dir(tests).unwrap());
    let folders = folders.map(|entry| entry.unwrap().path()).chain([root.join("checks")]);
    let modules = folders.map(|folder| folder.join(name).with_extension("rs"));
    modules.chain(programs.iter().map(|tests| tests.join(name).join("main.rs"))).filter(|file| file.exists()).collect()
}

#[test]
fn every_file_and_test_that_a_page_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read =
        |path: PathBuf| std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    for page in ["SECURITY.md", "docs/ASSURANCE.md"] {
        let text = read(root.join(page));
        let (mut files, mut tests) = (0, 0);
        for word in quoted(&text) {
            let plain = word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-./:".contains(&byte));
            if ["src/", "tests/", "demo/", "fuzz/", "docs/", ".ci/"].iter().any(|folder| word.starts_with(folder))
                && plain
            {
                assert!(root.join(word).exists(), "{page} names {word}");
                files += 1;
            }
            // `hostile::deep_nesting_does_no_harm` is a test in tests/security/hostile.rs; a type's path begins in
            // upper case.
            if let Some((file, test)) =
                word.split_once("::").filter(|_| plain && word.starts_with(|c: char| c.is_lowercase()))
            {
                let is_in = |file: PathBuf| read(file).contains(&format!("fn {test}("));
                assert!(test_files(root, file).into_iter().any(is_in), "{page} names {word}");
                tests += 1;
            }
        }
        assert!(files > 5 && tests > 3, "{page} names {files} files and {tests} tests");
    }
}
