//! Secrets do not appear in `Debug`, in errors, or in the display of a session.

use crate::common::*;
use signed_cookie_session::*;

/// Parts of the secrets, of a value and of a token, which must not be shown.
const TELLTALES: [&str; 5] =
    [SECRET, OLD_SECRET, "4000-1234", "0123456789abcdef0123456789abcdef01234567", "s3cret-salt"];

fn shows_nothing(shown: impl AsRef<str>) {
    let shown = shown.as_ref();
    for telltale in TELLTALES {
        assert!(!shown.contains(telltale), "{shown}");
        // They must not be shown as a list of bytes either.
        let bytes = format!("{:?}", telltale.as_bytes());
        assert!(!shown.contains(bytes.trim_matches(['[', ']'])), "{shown}");
    }
}

fn full() -> (SignedCookieFactory, Session, String) {
    let secrets = Secrets::new(secret()).verify_only(old_secret());
    let sessions = SignedCookieFactory::builder(secrets).salt("s3cret-salt").clock(|| at(NOW)).build().unwrap();
    let session = new_session(&sessions);
    session.insert("card", "4000-1234").unwrap();
    session.insert("_csrft_", "0123456789abcdef0123456789abcdef01234567").unwrap();
    session.flash().push("4000-1234").unwrap();
    let value = written(&sessions, &session);
    (sessions, session, value)
}

#[test]
fn debug_shows_no_secret_no_salt_no_token_and_no_value() {
    let (sessions, session, value) = full();
    let loaded = load(&sessions, &value);
    let untouched = load(&sessions, &value);
    assert!(loaded.contains_key("card"));
    let headers = sessions.response_headers(&session, 200).unwrap();
    for (name, shown) in [
        ("Secret", format!("{:?}", secret())),
        ("Secrets", format!("{:?}", Secrets::new(secret()).verify_only(old_secret()))),
        ("SignedCookieFactory", format!("{sessions:?}")),
        ("Builder", format!("{:?}", SignedCookieFactory::builder(secret()).salt("s3cret-salt"))),
        ("Former", format!("{:?}", Former::new(Format::Signed, secret()).salt("s3cret-salt"))),
        ("Session", format!("{session:?}")),
        ("Session", format!("{loaded:?}")),
        ("Session", format!("{untouched:?}")),
        ("FlashQueue", format!("{:?}", session.flash())),
        ("FlashQueue", format!("{:?}", session.flash_queue("error"))),
        ("SessionHeaders", format!("{headers:?}")),
        ("Valid", format!("{:?}", loaded.outcome())),
        ("SignedCookieFactory", format!("{sessions:#?} {session:#?} {headers:#?}")),
    ] {
        assert!(shown.starts_with(name), "{shown}");
        shows_nothing(&shown);
        assert!(!shown.contains(&value[..40]), "{shown}");
    }
}

#[test]
fn debug_of_a_session_does_not_read_it() {
    let (sessions, _, value) = full();
    let session = load(&sessions, value);
    _ = format!("{session:?}");
    assert!(saved(&sessions, &session).headers().is_empty());
}

#[test]
fn errors_quote_no_value_no_cookie_and_no_secret() {
    #[derive(Debug, serde::Deserialize)]
    #[allow(dead_code, reason = "read for its error only")]
    struct Whole {
        card: u8,
    }
    #[derive(Debug, serde::Deserialize)]
    #[allow(dead_code, reason = "read for its error only")]
    enum Card {
        Visa,
    }
    fn shown(error: &dyn std::error::Error) -> String {
        let source = error.source().map(shown).unwrap_or_default();
        format!("{error} {error:?} {error:#?} {source}")
    }

    let (sessions, session, value) = full();
    let forged = format!("{value}A");
    session.insert("nan", f64::NAN).unwrap();
    let wrong: [&dyn std::error::Error; 9] = [
        &session.get::<u8>("card").unwrap_err(),
        &session.get::<Card>("card").unwrap_err(),
        &session.take::<Vec<String>>("card").unwrap_err(),
        &session.get_or_insert("card", 1).unwrap_err(),
        &session.flash().pop::<u8>().unwrap_err(),
        &session.flash().peek::<Card>().unwrap_err(),
        &session.read::<Whole>().unwrap_err(),
        &session.replace("4000-1234").unwrap_err(),
        &sessions.decode(&forged).unwrap_err(),
    ];
    for error in wrong {
        shows_nothing(shown(error));
        assert!(!shown(error).contains(&value[..40]));
    }

    session.insert("long", "4000-1234".repeat(1000)).unwrap();
    shows_nothing(shown(&sessions.encode(&session).unwrap_err()));
    let odd = load_dict(r#"{"card": 4000-1234, "lone": "4000-1234\ud800"}"#);
    shows_nothing(shown(&odd.get::<u8>("card").unwrap_err()));
    shows_nothing(shown(&odd.get::<String>("lone").unwrap_err()));
    shows_nothing(shown(&odd.to_map().unwrap_err()));
    shows_nothing(shown(&odd.read::<Whole>().unwrap_err()));

    let weak = "hunter2-hunter2";
    assert!(!shown(&Secret::new(weak).unwrap_err()).contains("hunter2"));
    assert!(!shown(&builder().cookie_name("a b").build().unwrap_err()).contains(SECRET));
}

/// `fn main() -> Result<(), SecretError>` prints the `Debug` output, so it must say what to do.
#[test]
fn debug_of_a_secret_error_says_what_to_do() {
    let missing = Secret::from_env("A_VARIABLE_THAT_NOBODY_SETS").unwrap_err();
    assert_eq!(format!("{missing:?}"), format!("SecretError({missing})"));
    let weak = Secret::new("short").unwrap_err();
    assert_eq!(format!("{weak:?}"), format!("WeakSecret({weak})"));
    // Set by cargo, and shorter than a secret.
    let refused = Secret::from_env("CARGO_PKG_VERSION").unwrap_err();
    let reason = refused.weak_secret().unwrap();
    assert_eq!(format!("{refused:?}"), format!("SecretError({refused}: {reason})"));
}

#[test]
fn handles_and_errors_can_be_sent_between_threads() {
    fn shared<T: Clone + Send + Sync + 'static>() {}
    fn error<T: std::error::Error + Send + Sync + 'static>() {}
    fn both<T: Send + Sync + 'static>() {}
    shared::<Session>();
    shared::<SignedCookieFactory>();
    shared::<Secret>();
    shared::<Secrets>();
    shared::<Outcome>();
    shared::<SessionHeaders>();
    both::<Builder>();
    both::<Box<dyn Serializer>>();
    error::<WeakSecret>();
    error::<SecretError>();
    error::<ConfigError>();
    error::<ValueError>();
    error::<SaveError>();
    error::<DecodeError>();
}

#[test]
fn an_outcome_is_displayed_as_a_sentence() {
    let all = [
        Outcome::Absent,
        Outcome::Valid,
        Outcome::ValidUnderOldSecret,
        Outcome::Expired,
        Outcome::Revoked,
        Outcome::BadSignature,
        Outcome::Malformed,
    ];
    let sentences: std::collections::HashSet<String> = all.iter().map(Outcome::to_string).collect();
    assert_eq!(sentences.len(), all.len());
    assert!(sentences.iter().all(|sentence| sentence.contains(' ')));
}
