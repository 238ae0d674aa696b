//! Settings from a TOML file, an .ini and the environment.

use http::HeaderMap;
use serde::Deserialize;
use serde::de::value::{Error, MapDeserializer};
use signed_cookie_session::{Outcome, Secret, Settings, SignedCookieFactory};

fn secret() -> Secret {
    Secret::new("an obvious secret of the tests, 32 bytes or more").unwrap()
}

/// As an .ini or the environment has them: names and texts.
fn texts(settings: &[(&str, &str)]) -> Result<Settings, Error> {
    Settings::deserialize(MapDeserializer::new(settings.iter().copied()))
}

fn toml(settings: &str) -> Settings {
    toml::from_str(settings).unwrap()
}

/// The attributes of the cookie that a factory of these settings sets.
fn attributes(settings: Settings) -> String {
    let sessions = SignedCookieFactory::builder(secret()).settings(settings).build().unwrap();
    let session = sessions.load(&HeaderMap::new());
    session.insert("user", "ada").unwrap();
    let line = sessions.set_cookies(&session).unwrap().remove(0);
    let (pair, attributes) = line.split_once("; ").unwrap();
    format!("{}; {attributes}", pair.split_once('=').unwrap().0)
}

const EVERY_SETTING: &str = r#"
    cookie_name = "shop"
    max_age = 86400
    path = "/shop"
    domain = "example.com"
    secure = true
    http_only = false
    same_site = "none"
    partitioned = true
    set_on_exception = false
    timeout = 1800
    reissue_time = 180
    absolute_timeout = 43200
    valid_since = 1790000000
    hash_algorithm = "sha256"
    salt = "shop."
    max_cookie_size = 3000
    cache_headers = false
"#;

#[test]
fn no_settings_are_the_defaults() {
    assert_eq!(toml(""), Settings::default());
    assert_eq!(texts(&[]).unwrap(), Settings::default());
}

#[test]
fn a_toml_file_configures_the_cookie() {
    assert_eq!(
        attributes(toml(EVERY_SETTING)),
        "shop; SameSite=None; Partitioned; Secure; Path=/shop; Domain=example.com; Max-Age=86400"
    );
}

#[test]
fn every_setting_survives_being_written_and_read_again() {
    for settings in [toml(EVERY_SETTING), Settings::default(), texts(&[("timeout", ""), ("samesite", "")]).unwrap()] {
        assert_eq!(toml::from_str::<Settings>(&toml::to_string(&settings).unwrap()).unwrap(), settings);
        let json = serde_json::to_string(&settings).unwrap();
        assert_eq!(serde_json::from_str::<Settings>(&json).unwrap(), settings);
    }
}

#[test]
fn what_is_written_names_every_setting_and_no_secret() {
    let written = serde_json::to_value(toml(EVERY_SETTING)).unwrap();
    let expected: serde_json::Value = toml::from_str(EVERY_SETTING).unwrap();
    assert_eq!(written, expected);
}

#[test]
fn pyramids_names_are_taken_as_they_stand_in_an_ini() {
    let ini = texts(&[
        ("session.cookie_name", "site"),
        ("session.max_age", "3600"),
        ("session.path", "/app"),
        ("session.domain", "example.com"),
        ("session.secure", "true"),
        ("session.httponly", "no"),
        ("session.samesite", "Strict"),
        ("session.set_on_exception", "False"),
        ("session.timeout", " 1200 "),
        ("session.reissue_time", "120"),
        ("session.hashalg", "sha256"),
        ("session.salt", "site."),
    ])
    .unwrap();
    let ours = toml(
        r#"
        cookie_name = "site"
        max_age = 3600
        path = "/app"
        domain = "example.com"
        secure = true
        http_only = false
        same_site = "strict"
        set_on_exception = false
        timeout = 1200
        reissue_time = 120
        hash_algorithm = "sha256"
        salt = "site."
    "#,
    );
    assert_eq!(ini, ours);
}

#[test]
fn a_dotted_toml_key_is_a_table_of_the_app() {
    #[derive(Deserialize)]
    struct Config {
        session: Settings,
    }
    let config: Config = toml::from_str("session.cookie_name = \"site\"\nsession.timeout = 600").unwrap();
    assert_eq!(config.session, texts(&[("cookie_name", "site"), ("timeout", "600")]).unwrap());
}

#[test]
fn yes_and_no_are_what_pyramids_asbool_takes() {
    for (texts_of, expected) in [
        (["true", "t", "yes", "Y", "ON", "1"], Settings::default()),
        (["false", "f", "no", "N", "Off", "0"], toml("secure = false")),
    ] {
        for text in texts_of {
            assert_eq!(texts(&[("secure", text)]).unwrap(), expected, "{text}");
        }
    }
    assert_eq!(toml("secure = 0"), toml("secure = false"));
    assert_eq!(toml("secure = 1"), Settings::default());
}

#[test]
fn off_is_nothing_none_off_or_null() {
    for setting in ["max_age", "timeout", "reissue_time", "absolute_timeout", "valid_since", "domain"] {
        let mut off = vec![];
        for text in ["", "None", "none", "off"] {
            off.push(texts(&[(setting, text)]).unwrap());
        }
        off.push(serde_json::from_value(serde_json::json!({ setting: null })).unwrap());
        assert!(off.iter().all(|settings| *settings == off[0]), "{setting}");
    }
    assert_ne!(texts(&[("timeout", "None")]).unwrap(), Settings::default());
    assert_ne!(texts(&[("reissue_time", "off")]).unwrap(), Settings::default());
}

#[test]
fn same_site_none_is_the_attribute_and_off_leaves_it_out() {
    assert_eq!(attributes(toml("same_site = \"None\"")), "session; HttpOnly; SameSite=None; Secure; Path=/");
    assert_eq!(attributes(toml("same_site = \"off\"")), "session; HttpOnly; Secure; Path=/");
    assert_eq!(attributes(toml("same_site = \"\"")), "session; HttpOnly; Secure; Path=/");
}

#[test]
fn the_timeout_of_a_file_is_the_factorys() {
    let at = |seconds| move || std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
    let build =
        |settings, clock| SignedCookieFactory::builder(secret()).settings(settings).clock(at(clock)).build().unwrap();
    let value = {
        let sessions = build(toml(""), 1_790_000_000);
        sessions.encode(&sessions.load(&HeaderMap::new())).unwrap()
    };
    let outcome = |settings: &str, clock| match build(toml(settings), clock).decode(&value) {
        Ok(session) => session.outcome(),
        Err(error) => error.outcome(),
    };
    assert_eq!(outcome("timeout = 600", 1_790_000_600), Outcome::Valid);
    assert_eq!(outcome("timeout = 600", 1_790_000_601), Outcome::Expired);
    assert_eq!(outcome("timeout = \"off\"", 1_890_000_000), Outcome::Valid);
    assert_eq!(outcome("absolute_timeout = 60", 1_790_000_061), Outcome::Expired);
    assert_eq!(outcome("valid_since = 1790000001", 1_790_000_002), Outcome::Revoked);
}

#[test]
fn settings_keep_the_clock_and_give_way_to_what_is_set_after_them() {
    let sessions = SignedCookieFactory::builder(secret())
        .clock(|| std::time::UNIX_EPOCH)
        .cookie_name("before")
        .settings(toml("path = \"/shop\""))
        .domain("example.com")
        .build()
        .unwrap();
    let session = sessions.load(&HeaderMap::new());
    session.insert("user", "ada").unwrap();
    assert_eq!(session.created(), std::time::UNIX_EPOCH);
    let line = sessions.set_cookies(&session).unwrap().remove(0);
    assert!(line.starts_with("session=") && line.ends_with("Path=/shop; Domain=example.com"), "{line}");
}

#[test]
fn a_secret_among_the_settings_is_passed_over_and_kept_nowhere() {
    let settings = texts(&[("secret", "s3krit-s3krit"), ("session.secret", "s3krit-s3krit")]).unwrap();
    assert_eq!(settings, Settings::default());
    let shown = format!("{settings:?}{}", serde_json::to_string(&settings).unwrap());
    assert!(!shown.contains("s3krit"));
}

#[test]
fn errors_name_the_setting_and_say_what_it_must_be() {
    let cases = [
        (("session.timeout", "20m"), "session.timeout: it must be a whole number of seconds, or \"off\""),
        (("timeout", "-1"), "timeout: it must be a whole number of seconds, or \"off\""),
        (("httponly", "maybe"), "httponly: it must be true or false"),
        (("samesite", "loose"), "samesite: it must be \"strict\", \"lax\", \"none\" or \"off\""),
        (("hashalg", "md5"), "hashalg: it must be \"sha256\", \"sha384\" or \"sha512\""),
        (("max_cookie_size", "big"), "max_cookie_size: it must be a whole number of bytes"),
        (
            ("valid_since", "yesterday"),
            "valid_since: it must be whole seconds since 1970, as `date +%s` prints them, or \"off\"",
        ),
        (
            ("serializer", "json"),
            "\"serializer\" is code and cannot be read: give it to the builder, and take it out here",
        ),
        (
            ("session.random", "os"),
            "\"session.random\" is code and cannot be read: give it to the builder, and take it out here",
        ),
    ];
    for (setting, expected) in cases {
        assert_eq!(texts(&[setting]).unwrap_err().to_string(), expected);
    }
    let unknown = texts(&[("session.time_out", "1200")]).unwrap_err().to_string();
    assert!(
        unknown.starts_with("\"session.time_out\" is no setting of a session: there are cookie_name, "),
        "{unknown}"
    );
}

#[test]
fn values_of_the_wrong_kind_are_errors_that_name_the_setting() {
    for wrong in ["timeout = -1", "timeout = 1.5", "timeout = true", "timeout = [1]", "timeout = 1e300"] {
        let error = toml::from_str::<Settings>(wrong).unwrap_err().to_string();
        assert!(error.contains("timeout: "), "{error}");
    }
    let list = toml::from_str::<Settings>("timeout = [1]").unwrap_err().to_string();
    assert!(list.contains("expected a text, a number, or true or false"), "{list}");
    for wrong in ["cookie_name = 5", "salt = true", "secure = 2", "domain = 1", "max_cookie_size = \"\""] {
        let name = wrong.split(' ').next().unwrap();
        let error = toml::from_str::<Settings>(wrong).unwrap_err().to_string();
        assert!(error.contains(&format!("{name}: it must be ")), "{error}");
    }
}

#[test]
fn one_setting_under_two_names_is_an_error() {
    let error = texts(&[("http_only", "yes"), ("session.httponly", "yes")]).unwrap_err();
    assert_eq!(error.to_string(), "session.httponly: http_only is set twice: take one out");
}

#[test]
fn impossible_settings_are_refused_when_the_factory_is_built() {
    let refused = |settings| SignedCookieFactory::builder(secret()).settings(settings).build().unwrap_err();
    assert_eq!(refused(toml("cookie_name = \"a b\"")).setting(), "cookie_name");
    assert_eq!(refused(toml("same_site = \"none\"\nsecure = false")).setting(), "same_site");
    assert_eq!(refused(toml("max_age = 0")).setting(), "max_age");
    assert_eq!(refused(toml("max_age = 99999999999")).setting(), "max_age");
    assert_eq!(refused(toml("path = \"shop\"")).setting(), "path");
}

#[test]
fn a_huge_timeout_is_for_ever_and_no_panic() {
    let settings = texts(&[("timeout", "18446744073709551615"), ("absolute_timeout", "18446744073709551615")]).unwrap();
    let sessions = SignedCookieFactory::builder(secret()).settings(settings).build().unwrap();
    let value = sessions.encode(&sessions.load(&HeaderMap::new())).unwrap();
    assert!(sessions.decode(&value).is_ok());
    assert!(texts(&[("valid_since", "18446744073709551615")]).is_err());
}

#[test]
fn a_hash_is_named_as_python_or_as_its_standard_names_it() {
    for (python, standard) in [("sha256", "SHA-256"), ("sha384", "SHA-384"), ("sha512", "SHA-512")] {
        let settings = texts(&[("hashalg", python)]).unwrap();
        assert_eq!(texts(&[("hash_algorithm", standard)]).unwrap(), settings);
        assert_eq!(serde_json::to_value(&settings).unwrap()["hash_algorithm"], python);
    }
}
