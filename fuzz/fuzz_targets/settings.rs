//! Any settings: `build()` must refuse them, or a browser must read every header as it was set. Any file of settings
//! must be refused with a sentence, or read and written without a change.

#![no_main]

use std::time::{Duration, UNIX_EPOCH};

use arbitrary::Arbitrary;
use cookie::Cookie;
use http::Response;
use http::header::SET_COOKIE;
use libfuzzer_sys::fuzz_target;
use serde::Deserialize;
use serde::de::value::{Error, MapDeserializer};
use signed_cookie_session::{HashAlgorithm, SameSite, Secret, Secrets, Settings as FileSettings, SignedCookieFactory};

#[derive(Arbitrary, Debug)]
struct Settings<'t> {
    secret: &'t [u8],
    old: Option<&'t [u8]>,
    salt: &'t [u8],
    hash: u8,
    /// A prefix for the name, so that the special prefixes are tested often.
    prefix: u8,
    name: &'t str,
    path: Option<&'t str>,
    domain: Option<&'t str>,
    max_age: Option<u32>,
    secure: bool,
    http_only: bool,
    same_site: u8,
    partitioned: bool,
    end_mark: bool,
    timeout: Option<u32>,
    reissue_time: Option<u32>,
    absolute_timeout: Option<u32>,
    valid_since: Option<u64>,
    max_cookie_size: Option<u16>,
    clock: u64,
    data: &'t str,
    /// The name of a setting, and its value in a file.
    file: Vec<(u8, &'t str)>,
}

const NAMES: [&str; 23] = [
    "timeout",
    "reissue_time",
    "absolute_timeout",
    "max_age",
    "valid_since",
    "cookie_name",
    "secure",
    "http_only",
    "same_site",
    "path",
    "domain",
    "partitioned",
    "max_cookie_size",
    "flash_limit",
    "end_mark",
    "set_on_exception",
    "cache_headers",
    "salt",
    "hash_algorithm",
    "session.hashalg",
    "httponly",
    "secret",
    "timout",
];

fuzz_target!(|settings: Settings<'_>| {
    read_file(&settings.file);
    let Some(sessions) = build(&settings) else { return };
    let session = sessions.load_cookies([""; 0]);
    session.insert("data", settings.data).unwrap();
    let mut response = Response::new(());
    match sessions.save(&session, &mut response) {
        Ok(()) => {
            let line = &response.headers()[SET_COOKIE];
            let value = check(&settings, line.to_str().expect("it is ASCII"));
            if let Some(size) = settings.max_cookie_size {
                assert!(value.len() <= size.into());
            }
            // No setting that can be built ends every session at once.
            assert!(settings.timeout != Some(0) && settings.absolute_timeout != Some(0));
            assert!(settings.reissue_time.is_none_or(|age| settings.timeout.is_none_or(|timeout| age < timeout)));
            if settings.valid_since.is_none() {
                let session = sessions.decode(&value).expect("what we write we read");
                assert_eq!(session.get::<String>("data").unwrap().as_deref(), Some(settings.data));
                session.invalidate();
                sessions.save(&session, &mut response).unwrap();
                let lines = response.headers().get_all(SET_COOKIE).iter().map(|line| line.to_str().unwrap());
                let mark = format!("{}.ended=", name(&settings));
                let (marks, lines): (Vec<_>, Vec<_>) = lines.partition(|line| line.starts_with(&mark));
                assert_eq!(lines.len(), 1, "the removal takes the place of the cookie");
                assert_eq!(check(&settings, lines[0]), "");
                assert!(marks.len() <= usize::from(settings.end_mark), "{marks:?}");
            }
        }
        Err(error) => {
            assert!(error.too_large().is_some());
            assert!(response.headers().is_empty());
        }
    }
});

fn read_file(file: &[(u8, &str)]) {
    let pairs = file.iter().map(|(name, value)| (NAMES[usize::from(*name) % NAMES.len()], *value));
    match FileSettings::deserialize(MapDeserializer::<_, Error>::new(pairs)) {
        Ok(settings) => {
            let json = serde_json::to_string(&settings).expect("what was read can be written");
            assert_eq!(serde_json::from_str::<FileSettings>(&json).expect("and read again"), settings, "{json}");
        }
        Err(error) => {
            let error = error.to_string();
            assert!(!error.is_empty() && !error.chars().any(char::is_control), "{error}");
        }
    }
}

fn name(settings: &Settings<'_>) -> String {
    let prefix = ["", "", "__Host-", "__Secure-", "__host-", "__Http-"][usize::from(settings.prefix) % 6];
    [prefix, settings.name].concat()
}

fn build(settings: &Settings<'_>) -> Option<SignedCookieFactory> {
    let mut secrets = Secrets::new(Secret::legacy(settings.secret).ok()?);
    if let Some(old) = settings.old {
        secrets = secrets.verify_only(Secret::legacy(old).ok()?);
    }
    let seconds = |seconds: u32| Duration::from_secs(seconds.into());
    let clock = UNIX_EPOCH.checked_add(Duration::from_secs(settings.clock))?;
    let mut builder = SignedCookieFactory::builder(secrets)
        .salt(settings.salt)
        .hash_algorithm(
            [HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512][settings.hash as usize % 3],
        )
        .cookie_name(name(settings))
        .max_age(settings.max_age.map(seconds))
        .secure(settings.secure)
        .http_only(settings.http_only)
        .same_site(same_site(settings))
        .partitioned(settings.partitioned)
        .end_mark(settings.end_mark)
        .timeout(settings.timeout.map(seconds))
        .reissue_time(settings.reissue_time.map(seconds))
        .absolute_timeout(settings.absolute_timeout.map(seconds))
        .valid_since(settings.valid_since.and_then(|since| UNIX_EPOCH.checked_add(Duration::from_secs(since))))
        .clock(move || clock);
    if let Some(path) = settings.path {
        builder = builder.path(path);
    }
    if let Some(domain) = settings.domain {
        builder = builder.domain(domain);
    }
    if let Some(size) = settings.max_cookie_size {
        builder = builder.max_cookie_size(size.into());
    }
    match builder.build() {
        Ok(sessions) => Some(sessions),
        Err(error) => {
            assert!(!error.setting().is_empty() && !error.to_string().chars().any(char::is_control), "{error}");
            None
        }
    }
}

fn same_site(settings: &Settings<'_>) -> Option<SameSite> {
    [None, Some(SameSite::Strict), Some(SameSite::Lax), Some(SameSite::None)][usize::from(settings.same_site) % 4]
}

/// Reads the line as a browser does, and returns the cookie's value.
fn check(settings: &Settings<'_>, line: &str) -> String {
    assert!(line.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{line:?}");
    let cookie = Cookie::parse(line).expect("it is a cookie");
    let (name, value) = cookie.name_value();
    assert_eq!(name, self::name(settings));
    assert!(name.len() + value.len() <= 4096);
    assert!(value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')));
    assert_eq!(cookie.path(), Some(settings.path.unwrap_or("/")));
    assert_eq!(cookie.domain(), settings.domain.map(|domain| domain.strip_prefix('.').unwrap_or(domain)));
    assert_eq!(cookie.secure(), settings.secure.then_some(true));
    assert_eq!(cookie.http_only(), settings.http_only.then_some(true));
    assert_eq!(cookie.partitioned(), settings.partitioned.then_some(true));
    let same_site = cookie.same_site().map(|same_site| same_site.to_string());
    assert_eq!(same_site, self::same_site(settings).map(|same_site| format!("{same_site:?}")));
    let max_age = cookie.max_age().map(|max_age| max_age.whole_seconds());
    assert_eq!(max_age, if value.is_empty() { Some(0) } else { settings.max_age.map(i64::from) });
    let lower = name.to_ascii_lowercase();
    if lower.starts_with("__host-") {
        assert!(settings.secure && settings.domain.is_none() && cookie.path() == Some("/"));
    }
    if lower.starts_with("__secure-") || settings.partitioned || self::same_site(settings) == Some(SameSite::None) {
        assert!(settings.secure);
    }
    value.into()
}
