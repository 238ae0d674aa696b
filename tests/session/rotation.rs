//! Secrets: one signs, any number verify.

use crate::common::*;
use signed_cookie_session::{Outcome, Secret, Secrets, SignedCookieFactory};

fn rotated() -> Secrets {
    Secrets::new(secret()).verify_only(old_secret())
}

fn quiet_rotated() -> SignedCookieFactory {
    SignedCookieFactory::builder(rotated()).clock(|| at(NOW)).reissue_time(None).build().unwrap()
}

fn sign_old(payload: impl AsRef<[u8]>) -> String {
    sign_with(OLD_SECRET, SALT, payload)
}

#[test]
fn reading_signs_again_under_the_new_secret_without_reissue() {
    let sessions = quiet_rotated();
    let text = format!("[{}, 1.79e9, {{\"a\" : 1}}]", NOW - 600);
    let session = load(&sessions, sign_old(&text));
    assert_eq!(session.outcome(), Outcome::ValidUnderOldSecret);
    assert!(writes_nothing(&sessions, &session), "not touched yet");
    assert_eq!(session.get("a").unwrap(), Some(1));
    let value = written(&sessions, &session);
    assert_eq!(payload(&value), text, "its renewed stays, so that its life is not extended");
    assert_eq!(load(&quiet(), value).outcome(), Outcome::Valid);
}

#[test]
fn signing_again_does_not_extend_the_session() {
    let clock = Clock::at(NOW);
    let sessions = SignedCookieFactory::builder(rotated()).clock(clock.read()).reissue_time(None).build().unwrap();
    let session = load(&sessions, sign_old(format!("[{}, {NOW}, {{}}]", NOW - 1000)));
    assert!(!session.is_new());
    let value = written(&sessions, &session);
    clock.forward(seconds(200));
    assert_eq!(load(&sessions, &value).outcome(), Outcome::Valid);
    clock.forward(seconds(1));
    assert_eq!(load(&sessions, &value).outcome(), Outcome::Expired);
}

#[test]
fn a_change_or_a_reissue_renews_a_cookie_of_an_old_secret() {
    let session = load(&quiet_rotated(), sign_old(format!("[{}, {NOW}, {{}}]", NOW - 600)));
    session.insert("a", 1).unwrap();
    assert_eq!(payload(&written(&quiet_rotated(), &session)), format!(r#"[{NOW}, {NOW}, {{"a": 1}}]"#));

    let sessions = SignedCookieFactory::builder(rotated()).clock(|| at(NOW)).build().unwrap();
    let session = load(&sessions, sign_old(format!("[{}, {NOW}, {{}}]", NOW - 600)));
    assert!(session.is_empty());
    assert_eq!(payload(&written(&sessions, &session)), format!("[{NOW}, {NOW}, {{}}]"));
}

#[test]
fn a_cookie_under_an_old_secret_that_has_timed_out_is_expired() {
    let session = load(&quiet_rotated(), sign_old(format!("[{}, {NOW}, {{\"a\": 1}}]", NOW - 1201)));
    assert_eq!(session.outcome(), Outcome::Expired);
    assert!(session.is_empty());
}

#[test]
fn invalidating_a_session_of_an_old_secret_removes_its_cookie() {
    let session = load(&quiet_rotated(), sign_old(format!("[{NOW}, {NOW}, {{\"a\": 1}}]")));
    session.invalidate();
    assert!(set_cookies(&saved(&quiet_rotated(), &session))[0].contains("Max-Age=0"));
}

#[test]
fn an_old_secret_verifies_and_never_signs() {
    let sessions = quiet_rotated();
    let session = new_session(&sessions);
    session.insert("a", 1).unwrap();
    let value = written(&sessions, &session);
    let old_alone = SignedCookieFactory::builder(old_secret()).clock(|| at(NOW)).build().unwrap();
    assert_eq!(load(&old_alone, &value).outcome(), Outcome::BadSignature);
    assert_eq!(load(&quiet(), &value).outcome(), Outcome::Valid);
}

#[test]
fn any_number_of_secrets_verify_but_no_other() {
    let secrets =
        (0..20).fold(rotated(), |secrets, year| secrets.verify_only(Secret::legacy(format!("of {year}")).unwrap()));
    let sessions = SignedCookieFactory::builder(secrets).clock(|| at(NOW)).build().unwrap();
    let text = format!("[{NOW}, {NOW}, {{}}]");
    for year in 0..20 {
        let value = sign_with(&format!("of {year}"), SALT, &text);
        assert_eq!(load(&sessions, value).outcome(), Outcome::ValidUnderOldSecret, "{year}");
    }
    assert_eq!(load(&sessions, sign_with("of 20", SALT, &text)).outcome(), Outcome::BadSignature);
    assert_eq!(load(&sessions, sign_with(SECRET, "another salt", &text)).outcome(), Outcome::BadSignature);
}

#[test]
fn the_signing_secret_given_twice_is_the_signing_one() {
    let secrets = Secrets::new(secret()).verify_only(secret());
    let sessions = SignedCookieFactory::builder(secrets).clock(|| at(NOW)).build().unwrap();
    assert_eq!(load(&sessions, sign_dict("{}")).outcome(), Outcome::Valid);
}

#[test]
fn a_weak_secret_is_refused_and_legacy_takes_it() {
    for weak in [&b"seekrit"[..], &[b'x'; 31], &[0; 32], &[255; 64]] {
        assert!(Secret::new(weak).is_err(), "{weak:?}");
        assert!(Secret::from_vec(weak.into()).is_err(), "{weak:?}");
        assert!(Secret::legacy(weak).is_ok(), "{weak:?}");
    }
}

#[test]
fn an_empty_secret_is_refused_by_every_constructor() {
    for error in [Secret::new(""), Secret::legacy(""), Secret::from_vec(vec![])].map(Result::unwrap_err) {
        assert!(error.is_empty() && error.is_too_short(), "{error}");
        assert!(!error.to_string().contains("legacy"), "{error}");
    }
}

#[test]
fn a_secret_of_fewer_than_eight_different_bytes_is_refused() {
    for weak in ["ab".repeat(16), "changeme".repeat(4), "1234567".repeat(10), "0".repeat(1000)] {
        let error = Secret::new(&weak).unwrap_err();
        assert!(error.is_repetitive() && !error.is_too_short(), "{weak}");
    }
    assert!(Secret::new("12345678".repeat(4)).is_ok());
}

#[test]
fn a_variable_that_was_not_expanded_is_refused() {
    for weak in [
        "${SESSION_SECRET_OF_THE_PRODUCTION_SITE}",
        "${SESSION_SECRET:-a default of more than 32 bytes}",
        "${SESSION_SECRET:?set it to a long random text, please}",
        "${{ secrets.SESSION_SECRET_OF_PRODUCTION }}",
        "${{secrets.SESSION_SECRET_OF_PRODUCTION}}",
        "session-${ENVIRONMENT}-0123456789abcdef",
        "${session.secret} and thirty-two bytes more",
        "${a}0123456789abcdef0123456789abcdef",
    ] {
        assert!(Secret::new(weak).unwrap_err().is_unexpanded(), "{weak}");
        assert!(Secret::legacy(weak).is_ok(), "{weak}");
    }
    // Passwords of a generator, which contain special characters.
    for good in [
        "0123456789abcdef${0123456789abcdef",
        "0123456789abcdef${a!b}0123456789abcdef",
        "0123456789abcdef${}0123456789abcdef",
        "0123456789abcdef${7f}0123456789abcdef",
        "0123456789abcdef0123456789abcdef${a",
        "0123456789abcdef{abc}$0123456789abcdef",
        "0123456789abcdef0123456789abcdef${",
        "0123456789abcdef${{name}0123456789abcdef",
    ] {
        assert!(Secret::new(good).is_ok(), "{good}");
    }
}

#[test]
fn a_weak_secret_is_weak_for_one_reason() {
    for (weak, reason) in [
        ("", "empty, too short"),
        ("seekrit", "too short"),
        ("abababababababababababababababab", "repetitive"),
        ("${SESSION_SECRET_OF_THE_PRODUCTION_SITE}", "unexpanded"),
        ("correct horse battery staple, and more of it", "published"),
    ] {
        let error = Secret::new(weak).unwrap_err();
        let reasons = [
            ("empty", error.is_empty()),
            ("too short", error.is_too_short()),
            ("repetitive", error.is_repetitive()),
            ("unexpanded", error.is_unexpanded()),
            ("published", error.is_published()),
        ];
        let said: Vec<_> = reasons.into_iter().filter(|(_, is)| *is).map(|(name, _)| name).collect();
        assert_eq!(said.join(", "), reason, "{weak:?}");
    }
}

#[test]
fn a_secret_copied_from_the_documentation_is_refused() {
    for weak in ["correct horse battery staple, thirty-two bytes and more", "xx correct horse battery staple"] {
        let error = Secret::new(weak);
        assert!(error.unwrap_err().is_published() || weak.len() < 32, "{weak}");
        assert!(Secret::legacy(weak).is_ok());
    }
}

#[test]
fn a_secret_of_any_length_signs_as_pyramid_does() {
    for len in [1, 7, 47, 48, 49, 111, 112, 113, 128, 1000] {
        let text = "s".repeat(len);
        let sessions = SignedCookieFactory::builder(Secret::legacy(&text).unwrap()).clock(|| at(NOW)).build().unwrap();
        let value = sign_with(&text, SALT, format!("[{NOW}, {NOW}, {{}}]"));
        assert_eq!(load(&sessions, value).outcome(), Outcome::Valid, "{len}");
    }
}

/// Returns an error and its reasons, as `anyhow` prints them with `{:#}`. No reason may occur twice.
fn whole(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(reason) = source {
        assert!(!text.contains(&reason.to_string()), "{text}: {reason}");
        text = format!("{text}: {reason}");
        source = reason.source();
    }
    text
}

#[test]
fn a_secret_from_environment_or_file_fails_with_the_reason() {
    for name in ["SIGNED_COOKIE_SESSION_NO_SUCH_VARIABLE", "", "A=B", "A\0B"] {
        let error = Secret::from_env(name).unwrap_err();
        assert!(error.is_not_set() && error.to_string().contains("not set"), "{error}");
    }
    let weak = whole(&Secret::from_env("CARGO_PKG_VERSION").unwrap_err());
    assert!(weak.contains("CARGO_PKG_VERSION") && weak.contains("32"), "{weak}");
    assert!(Secret::legacy_from_env("CARGO_PKG_VERSION").is_ok());
    assert!(!weak.contains(env!("CARGO_PKG_VERSION")), "{weak}");

    let folder = std::env::temp_dir().join(format!("signed-cookie-session-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("secret");
    let text = format!("[{NOW}, {NOW}, {{}}]");
    let reads_as = |content: &[u8], secret: &str| {
        std::fs::write(&file, content).unwrap();
        let sessions =
            SignedCookieFactory::builder(Secret::from_file(&file).unwrap()).clock(|| at(NOW)).build().unwrap();
        load(&sessions, sign_with(secret, SALT, &text)).outcome() == Outcome::Valid
    };
    assert!(reads_as(SECRET.as_bytes(), SECRET));
    assert!(reads_as(format!("{SECRET}\n").as_bytes(), SECRET), "one newline is dropped");
    assert!(reads_as(format!("{SECRET}\n\n").as_bytes(), &format!("{SECRET}\n")), "and one only");
    assert!(reads_as(format!(" {SECRET} ").as_bytes(), &format!(" {SECRET} ")), "and nothing else");

    std::fs::write(&file, "short\n").unwrap();
    let weak = whole(&Secret::from_file(&file).unwrap_err());
    assert!(weak.contains("5 bytes") && weak.contains(file.to_str().unwrap()), "{weak}");
    assert!(!weak.contains("short\n"), "{weak}");
    let sessions = SignedCookieFactory::builder(Secret::legacy_from_file(&file).unwrap()).clock(|| at(NOW));
    assert_eq!(load(&sessions.build().unwrap(), sign_with("short", SALT, &text)).outcome(), Outcome::Valid);
    std::fs::write(&file, "\n").unwrap();
    assert!(Secret::legacy_from_file(&file).unwrap_err().weak_secret().unwrap().is_empty());
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(!Secret::from_file(&file).unwrap_err().is_not_set());
    let missing = whole(&Secret::from_file(&file).unwrap_err());
    assert!(missing.contains(file.to_str().unwrap()), "{missing}");
}

#[test]
#[cfg(feature = "getrandom")]
fn generated_secrets_differ() {
    let (one, other) = (Secret::generate(), Secret::try_generate().unwrap());
    let one = SignedCookieFactory::new(one);
    let other = SignedCookieFactory::new(other);
    let value = one.encode(&new_session(&one)).unwrap();
    assert_eq!(other.decode(&value).unwrap_err().outcome(), Outcome::BadSignature);
    assert_eq!(one.decode(&value).unwrap().outcome(), Outcome::Valid);
}
