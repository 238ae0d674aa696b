//! Settings from a TOML file, an .ini and the environment.

use http::HeaderMap;
use serde::Deserialize;
use serde::de::value::{Error, MapDeserializer};
use signed_cookie_session::{Outcome, Secret, Settings, SignedCookieFactory};

fn secret() -> Secret {
    Secret::new("an obvious secret of the tests, 32 bytes or more").unwrap()
}

/// Reads settings whose values are texts, as in an .ini or the environment.
fn texts(settings: &[(&str, &str)]) -> Result<Settings, Error> {
    Settings::deserialize(MapDeserializer::new(settings.iter().copied()))
}

fn toml(settings: &str) -> Settings {
    toml::from_str(settings).unwrap()
}

/// Returns the attributes of the cookie that a factory with these settings sets.
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
    format = "signed"
    hash_algorithm = "sha256"
    salt = "shop."
    max_cookie_size = 3000
    cache_headers = false
    end_mark = false
    flash_limit = 5
"#;

#[test]
fn empty_settings_are_the_defaults() {
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
    let off = [("timeout", "off"), ("samesite", "off"), ("reissue_time", "off"), ("flash_limit", "none")];
    let odd_times = ["1969-12-31T23:59:59.5Z", "2026-07-31T12:00:00.25Z"].map(|time| [("valid_since", time)]);
    let mut all = vec![toml(EVERY_SETTING), Settings::default(), Settings::pyramid(), texts(&off).unwrap()];
    all.extend(odd_times.map(|time| texts(&time).unwrap()));
    #[cfg(feature = "flask")]
    all.push(texts(&[("format", "flask"), ("timeout", "7200"), ("salt", "shop"), ("cookie_name", "shop")]).unwrap());
    for settings in all {
        assert_eq!(toml::from_str::<Settings>(&toml::to_string(&settings).unwrap()).unwrap(), settings);
        let json = serde_json::to_string(&settings).unwrap();
        assert_eq!(serde_json::from_str::<Settings>(&json).unwrap(), settings);
    }
}

#[test]
fn written_settings_contain_every_name_and_no_secret() {
    let written = serde_json::to_value(toml(EVERY_SETTING)).unwrap();
    let expected: serde_json::Value = toml::from_str(EVERY_SETTING).unwrap();
    assert_eq!(written, expected);
}

#[test]
fn pyramids_names_in_an_ini_are_accepted() {
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
fn off_and_none_turn_a_limit_off() {
    for setting in ["max_age", "timeout", "reissue_time", "absolute_timeout", "valid_since", "domain", "flash_limit"] {
        let off = ["None", "none", "off", " OFF "].map(|text| texts(&[(setting, text)]).unwrap());
        assert!(off.iter().all(|settings| *settings == off[0]), "{setting}");
    }
    for setting in ["timeout", "reissue_time", "flash_limit"] {
        assert_ne!(texts(&[(setting, "off")]).unwrap(), Settings::default(), "{setting}");
    }
}

#[test]
fn an_empty_value_is_an_error_that_names_the_setting() {
    let names = serde_json::to_value(toml(EVERY_SETTING)).unwrap();
    let names: Vec<&String> = names.as_object().unwrap().keys().filter(|name| *name != "domain").collect();
    assert_eq!(names.len(), 19);
    for name in names {
        let errors = [
            texts(&[(name, "")]).unwrap_err().to_string(),
            serde_json::from_value::<Settings>(serde_json::json!({ name.as_str(): null })).unwrap_err().to_string(),
        ];
        for error in errors {
            let begin = format!("{name}: it is empty: leave it out to keep the default, or give ");
            assert!(error.starts_with(&begin), "{error}");
        }
    }
    for limit in ["timeout", "reissue_time", "absolute_timeout", "max_age", "valid_since", "flash_limit"] {
        let error = texts(&[(limit, "  ")]).unwrap_err().to_string();
        assert!(error.starts_with(&format!("{limit}: ")) && error.ends_with("; \"off\" turns it off"), "{error}");
    }
}

#[test]
fn an_empty_domain_is_off() {
    assert_eq!(texts(&[("domain", "")]).unwrap(), Settings::default());
    assert_eq!(serde_json::from_str::<Settings>(r#"{"domain": null}"#).unwrap(), Settings::default());
}

#[test]
fn a_duration_is_seconds_or_a_number_with_a_unit() {
    for (text, seconds) in
        [("45s", 45), ("30m", 1800), ("12h", 43_200), ("14d", 1_209_600), (" 30 m ", 1800), ("1800", 1800), ("0", 0)]
    {
        for setting in ["timeout", "reissue_time", "absolute_timeout", "max_age"] {
            let plain = toml(&format!("{setting} = {seconds}"));
            assert_eq!(texts(&[(setting, text)]).unwrap(), plain, "{setting} {text}");
            assert_eq!(toml(&format!("{setting} = {text:?}")), plain, "{setting} {text}");
        }
    }
    let wrong =
        ["soon", "m", "30M", "1h30m", "1.5h", "-5m", "+5m", "30 min", "30w", "5ms", "٣m", "1e3", "213503982334602d"];
    for text in wrong {
        let error = texts(&[("timeout", text)]).unwrap_err().to_string();
        let expected = "a duration like 1800 (seconds), \"30m\", \"12h\" or \"14d\"; \"off\" turns it off";
        assert_eq!(error, format!("timeout: it must be {expected}"), "{text}");
    }
}

#[test]
fn valid_since_is_rfc_3339_or_seconds() {
    let expected = toml("valid_since = 1785499200");
    for text in ["2026-07-31T12:00:00Z", "2026-07-31T14:00:00+02:00", "2026-07-31T12:00:00.000Z", "1785499200"] {
        assert_eq!(texts(&[("valid_since", text)]).unwrap(), expected, "{text}");
        assert_eq!(toml(&format!("valid_since = {text}")), expected, "{text}");
    }
    for text in ["2026-07-31", "2026-07-31T12:00:00", "2026-02-30T12:00:00Z", "yesterday", "12h", "-1", "1.5"] {
        assert!(texts(&[("valid_since", text)]).is_err(), "{text}");
    }
    for date in ["2026-07-31", "2026-07-31T12:00:00", "12:00:00"] {
        let error = toml::from_str::<Settings>(&format!("valid_since = {date}")).unwrap_err().to_string();
        assert!(error.contains("it must be a time like \"2026-07-31T12:00:00Z\""), "{error}");
    }
    assert!(toml::from_str::<Settings>("timeout = 2026-07-31T12:00:00Z").is_err());
}

#[test]
fn an_error_in_toml_points_at_its_line() {
    #[derive(Debug, Deserialize)]
    struct Config {
        #[allow(dead_code, reason = "it is read for its errors")]
        session: Settings,
    }
    for (wrong, marked) in [
        ("timeout = \"soon\"", "\"soon\""),
        ("timeout = \"\"", "\"\""),
        ("timeout = [1]", "[1]"),
        ("same_site = { a = 1 }", "{ a = 1 }"),
        ("timout = 1800", "timout"),
        ("session.path = \"/\"", "session"),
        ("path = \"/\"", "path"),
    ] {
        let file = format!("port = 80\n\n[session]\npath = \"/shop\"\nsecure = true\n{wrong}\nhttp_only = true\n");
        let error = toml::from_str::<Config>(&file).unwrap_err().to_string();
        assert!(error.contains("line 6, column "), "{error}");
        let pointed =
            error.lines().any(|line| line.trim_start_matches([' ', '|']).trim_end() == "^".repeat(marked.len()));
        assert!(pointed, "{error}");
    }
}

#[test]
fn a_name_with_a_typo_gets_a_suggestion() {
    for (typo, meant) in [
        ("timout", "timeout"),
        ("session.time_out", "timeout"),
        ("tiemout", "timeout"),
        ("cookiename", "cookie_name"),
        ("cookie-name", "cookie_name"),
        ("Secure", "secure"),
        ("httpOnly", "httponly"),
        ("samesit", "samesite"),
        ("reissue_times", "reissue_time"),
        ("absolut_timeout", "absolute_timeout"),
        ("valid_sinse", "valid_since"),
        ("max-age", "max_age"),
        ("hash_algoritm", "hash_algorithm"),
        ("flashlimit", "flash_limit"),
        ("SESSION_TIMEOUT", "timeout"),
        ("aslt", "salt"),
        ("slat", "salt"),
        ("ptah", "path"),
        ("doamin", "domain"),
    ] {
        let error = texts(&[(typo, "1")]).unwrap_err().to_string();
        assert_eq!(error, format!("{typo:?} is not a session setting: did you mean \"{meant}\"?"));
    }
    for unknown in ["port", "name", "expires", "ptahs", "\u{1b}[31m", &"x".repeat(10_000)] {
        let error = texts(&[(unknown, "1")]).unwrap_err().to_string();
        assert!(error.contains(" is not a session setting: remove it, or use one of timeout, "), "{error}");
        assert!(!error.contains('\u{1b}'));
    }
}

#[test]
fn same_site_none_is_the_attribute_and_off_leaves_it_out() {
    assert_eq!(attributes(toml("same_site = \"None\"")), "session; HttpOnly; SameSite=None; Secure; Path=/");
    assert_eq!(attributes(toml("same_site = \"off\"")), "session; HttpOnly; Secure; Path=/");
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
fn settings_keep_the_clock_and_later_calls_override_them() {
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
fn a_secret_among_the_settings_is_ignored_and_not_kept() {
    let settings = texts(&[("secret", "s3krit-s3krit"), ("session.secret", "s3krit-s3krit")]).unwrap();
    assert_eq!(settings, Settings::default());
    let shown = format!("{settings:?}{}", serde_json::to_string(&settings).unwrap());
    assert!(!shown.contains("s3krit"));
}

#[test]
fn errors_name_the_setting_and_say_what_it_must_be() {
    let in_code = "cannot be set in a file: remove it here, and give it to the builder in code";
    let cases = [
        (("httponly", "maybe"), "httponly: it must be true or false".to_owned()),
        (
            ("samesite", "loose"),
            "samesite: it must be \"strict\", \"lax\" or \"none\"; \"off\" leaves the attribute out".into(),
        ),
        (("hashalg", "md5"), "hashalg: it must be \"sha256\", \"sha384\" or \"sha512\"".into()),
        (("max_cookie_size", "big"), "max_cookie_size: it must be a whole number of bytes".into()),
        (("flash_limit", "many"), "flash_limit: it must be a whole number; \"off\" turns it off".into()),
        (
            ("session.valid_since", "yesterday"),
            "session.valid_since: it must be a time like \"2026-07-31T12:00:00Z\", or seconds since 1970, \
             as `date +%s` prints them; \"off\" turns it off"
                .into(),
        ),
        (("serializer", "json"), format!("\"serializer\" {in_code}")),
        (("session.random", "os"), format!("\"session.random\" {in_code}")),
    ];
    for (setting, expected) in cases {
        assert_eq!(texts(&[setting]).unwrap_err().to_string(), expected);
    }
}

#[test]
fn values_of_the_wrong_kind_are_errors_that_name_the_setting() {
    for wrong in ["timeout = -1", "timeout = 1.5", "timeout = true", "timeout = [1]", "timeout = 1e300"] {
        let error = toml::from_str::<Settings>(wrong).unwrap_err().to_string();
        assert!(error.contains("timeout: "), "{error}");
    }
    let list = toml::from_str::<Settings>("timeout = [1]").unwrap_err().to_string();
    assert!(list.contains("timeout: it is a list: give one value"), "{list}");
    for wrong in ["cookie_name = 5", "salt = true", "secure = 2", "domain = 1"] {
        let name = wrong.split(' ').next().unwrap();
        let error = toml::from_str::<Settings>(wrong).unwrap_err().to_string();
        assert!(error.contains(&format!("{name}: it must be ")), "{error}");
    }
}

#[test]
fn one_setting_under_two_names_is_an_error() {
    let error = texts(&[("http_only", "yes"), ("session.httponly", "yes")]).unwrap_err();
    assert_eq!(error.to_string(), "session.httponly: http_only is set twice: remove one of the two");
}

#[test]
fn impossible_settings_are_refused_when_the_factory_is_built() {
    let refused = |settings| SignedCookieFactory::builder(secret()).settings(settings).build().unwrap_err();
    assert_eq!(refused(toml("cookie_name = \"a b\"")).setting(), "cookie_name");
    assert_eq!(refused(toml("same_site = \"none\"\nsecure = false")).setting(), "same_site");
    assert_eq!(refused(toml("max_age = 0")).setting(), "max_age");
    assert_eq!(refused(toml("max_age = 99999999999")).setting(), "max_age");
    assert_eq!(refused(toml("path = \"shop\"")).setting(), "path");
    assert_eq!(refused(toml("timeout = 0")).setting(), "timeout");
    assert_eq!(refused(toml("reissue_time = \"20m\"")).setting(), "reissue_time");
    assert_eq!(refused(toml("flash_limit = 0")).setting(), "flash_limit");
}

#[test]
fn a_huge_timeout_never_ends_and_does_not_panic() {
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

#[test]
fn what_is_no_table_of_settings_is_an_error_that_says_what_was_expected() {
    let error = serde_json::from_str::<Settings>("1800").unwrap_err().to_string();
    assert!(error.contains("expected a table of session settings"), "{error}");
    let numbered = MapDeserializer::<_, Error>::new([(7_u8, "x")].into_iter());
    let error = Settings::deserialize(numbered).unwrap_err().to_string();
    assert!(error.contains("expected the name of a session setting"), "{error}");
    let bytes = MapDeserializer::<_, Error>::new([("timeout", &b"1800"[..])].into_iter());
    let error = Settings::deserialize(bytes).unwrap_err().to_string();
    assert!(error.contains("expected timeout: a text, a number, or true or false"), "{error}");
}

/// A value of a data format that marks optional values and wraps values that have their own type.
enum Wrapped {
    Nothing,
    Some(&'static str),
    Newtype(&'static str),
}

impl<'de> serde::Deserializer<'de> for Wrapped {
    type Error = Error;

    fn deserialize_any<V: serde::de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        use serde::de::IntoDeserializer;
        match self {
            Self::Nothing => visitor.visit_none(),
            Self::Some(text) => visitor.visit_some(IntoDeserializer::<Error>::into_deserializer(text)),
            Self::Newtype(text) => visitor.visit_newtype_struct(IntoDeserializer::<Error>::into_deserializer(text)),
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct
        seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de> serde::de::IntoDeserializer<'de, Error> for Wrapped {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

#[test]
fn an_optional_or_wrapped_value_is_read_like_the_value_itself() {
    let read = |value| Settings::deserialize(MapDeserializer::new([("timeout", value)].into_iter()));
    assert_eq!(read(Wrapped::Some("7200")).unwrap(), toml("timeout = 7200"));
    assert_eq!(read(Wrapped::Newtype("2 h")).unwrap(), toml("timeout = 7200"));
    assert_eq!(read(Wrapped::Some("soon")).unwrap_err(), texts(&[("timeout", "soon")]).unwrap_err());
    let (nothing, null) = (read(Wrapped::Nothing), serde_json::from_str::<Settings>(r#"{"timeout": null}"#));
    assert_eq!(nothing.is_ok(), null.is_ok());
    if let (Ok(nothing), Ok(null)) = (nothing, null) {
        assert_eq!(nothing, null);
    }
}
