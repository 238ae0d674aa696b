//! The options that describe the cookie: its format, name, salt and hash, and how long its session is valid.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use clap::ValueEnum;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};
use signed_cookie_session::{Format, HashAlgorithm, Secret, Settings, SignedCookieFactory, unverified};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::failure::Failure;

#[derive(clap::Args)]
#[command(next_help_heading = "The cookie")]
pub struct FormatArgs {
    /// Format of the cookie: signed, encrypted, flask, django, starlette, express, react-router, rails or rails-sha1
    /// [default: signed; `inspect` recognises it]
    #[arg(long, value_parser = format)]
    format: Option<Format>,
    /// TOML file with the settings of your app: its table [session], or the whole file if it has no such table.
    /// The options below override the file
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// Name of the cookie [default: session, or the format's]
    #[arg(long)]
    name: Option<String>,
    /// Salt of the signature [default: pyramid.session., or the format's]
    #[arg(long)]
    salt: Option<String>,
    /// Hash of the signature [default: sha512, or the format's]
    #[arg(long, value_enum)]
    hash: Option<Hash>,
    /// How long a session is valid without being renewed: seconds, "20m", "14d" or "off"
    /// [default: 20m, or the format's]
    #[arg(long, value_name = "DURATION", value_parser = value_of("timeout"))]
    timeout: Option<Setting>,
    /// How long a session is valid in any case: seconds, "12h", "14d" or "off" [default: off]
    #[arg(long, value_name = "DURATION", value_parser = value_of("absolute_timeout"))]
    absolute_timeout: Option<Setting>,
    /// Sessions created before this time are revoked: "2026-07-31T12:00:00Z", seconds since 1970 or "off"
    /// [default: off]
    #[arg(long, value_name = "TIME", value_parser = value_of("valid_since"))]
    valid_since: Option<Setting>,
    /// Check the cookie as if it were this time: "2026-07-31T12:00:00Z" or seconds since 1970
    #[arg(long, value_name = "TIME", value_parser = at)]
    at: Option<SystemTime>,
}

fn format(text: &str) -> Result<Format, String> {
    let formats = unverified::formats();
    let names = || formats.iter().map(|format| format.as_str()).collect::<Vec<_>>().join(", ");
    formats.iter().copied().find(|format| format.as_str() == text).ok_or_else(|| format!("give one of {}", names()))
}

/// The value of an option that sets one of the library's settings.
#[derive(Clone)]
struct Setting(String);

/// Checks an option as the library checks the setting.
fn value_of(name: &'static str) -> impl Fn(&str) -> Result<Setting, String> + Clone {
    move |text| {
        let settings = Map::from_iter([(name.to_owned(), text.into())]);
        let checked = read(settings).map_err(|error| error.trim_start_matches(&format!("{name}: ")).to_owned());
        checked.map(|_| Setting(text.into()))
    }
}

fn at(text: &str) -> Result<SystemTime, String> {
    let settings = read(Map::from_iter([("valid_since".to_owned(), text.into())]));
    let time = settings.ok().and_then(|settings| moment(&written(&settings)["valid_since"]));
    time.ok_or_else(|| "it must be a time like \"2026-07-31T12:00:00Z\", or seconds since 1970".into())
}

fn read(settings: Map<String, Value>) -> Result<Settings, String> {
    serde_json::from_value(Value::Object(settings)).map_err(|error| error.to_string())
}

/// Returns every setting by its name.
fn written(settings: &Settings) -> Map<String, Value> {
    match serde_json::to_value(settings) {
        Ok(Value::Object(settings)) => settings,
        _ => unreachable!("settings are written as an object"),
    }
}

fn duration(value: &Value) -> Option<Duration> {
    value.as_u64().map(Duration::from_secs)
}

/// Reads a time up to the year 9999.
fn moment(value: &Value) -> Option<SystemTime> {
    let seconds = value.as_u64().and_then(|seconds| i64::try_from(seconds).ok());
    let time = match seconds {
        Some(seconds) => OffsetDateTime::from_unix_timestamp(seconds).ok(),
        None => OffsetDateTime::parse(value.as_str()?, &Rfc3339).ok(),
    };
    time.map(Into::into)
}

/// The cookie that the options and the settings file describe.
pub struct CookieFormat {
    pub format: Format,
    pub name: String,
    /// The names that the cookie may have. If neither a name nor a format was given, these are the names of every
    /// format.
    pub names: Vec<String>,
    /// Empty if the format has no salt.
    pub salt: String,
    pub hash: Hash,
    pub timeout: Option<Duration>,
    pub absolute_timeout: Option<Duration>,
    pub valid_since: Option<SystemTime>,
    /// The maximum length of the value.
    pub limit: usize,
    pub now: SystemTime,
    settings: Settings,
    /// The salt that was given as an option.
    told_salt: Option<String>,
}

impl FormatArgs {
    pub fn cookie(&self) -> Result<CookieFormat, Failure> {
        self.cookie_of(Format::Signed)
    }

    /// Returns the same cookie in the recognised format, unless another format was given.
    pub fn cookie_of(&self, recognised: Format) -> Result<CookieFormat, Failure> {
        let file = self.settings.as_deref().map(settings_file).transpose()?;
        let mut settings = file.as_ref().map(written).unwrap_or_default();
        let format_of_file = settings.get("format").and_then(Value::as_str).and_then(|name| self::format(name).ok());
        let told = self.format.or(format_of_file.filter(|format| *format != Format::Signed));
        let format = told.unwrap_or(recognised);
        if format != Format::Signed && format_of_file == Some(Format::Signed) {
            // Settings that the file does not set have the default of another format here.
            let defaults = written(&Settings::default());
            settings.retain(|name, value| !LEFT_TO_FORMAT.contains(&&**name) || defaults[name] != *value);
        }
        let options = [
            ("format", Some(format.as_str())),
            ("cookie_name", self.name.as_deref()),
            ("hash_algorithm", self.hash.map(Hash::option)),
            ("timeout", self.timeout.as_ref().map(|setting| &*setting.0)),
            ("absolute_timeout", self.absolute_timeout.as_ref().map(|setting| &*setting.0)),
            ("valid_since", self.valid_since.as_ref().map(|setting| &*setting.0)),
        ];
        for (name, value) in options {
            if let Some(value) = value {
                settings.insert(name.into(), value.into());
            }
        }
        let settings = read(settings).map_err(Failure::new)?;
        let values = written(&settings);
        let text = |name: &str| values.get(name).and_then(Value::as_str).map(str::to_owned);
        let (default_name, default_salt, default_timeout) = unverified::defaults(format);
        let told_name = text("cookie_name").filter(|name| format != Format::Signed || name != default_name);
        let names = match &told_name {
            None if told.is_none() => {
                let mut names: Vec<_> = vec![default_name.to_owned()];
                names.extend(unverified::formats().iter().map(|format| unverified::defaults(*format).0.to_owned()));
                names
            }
            name => vec![name.clone().unwrap_or(default_name.into())],
        };
        let name = told_name.unwrap_or(default_name.into());
        let max_size = values["max_cookie_size"].as_u64().and_then(|size| usize::try_from(size).ok());
        let hash = text("hash_algorithm");
        Ok(CookieFormat {
            format,
            salt: self.salt.clone().or(text("salt")).or(default_salt.map(Into::into)).unwrap_or_default(),
            hash: Hash::ALL.into_iter().find(|known| hash.as_deref() == Some(known.option())).unwrap_or(Hash::Sha512),
            timeout: values.get("timeout").map_or(default_timeout, duration),
            absolute_timeout: duration(&values["absolute_timeout"]),
            valid_since: moment(&values["valid_since"]),
            limit: max_size.unwrap_or(usize::MAX).min(LONGEST_PAIR.saturating_sub(name.len())),
            now: self.at.unwrap_or_else(SystemTime::now),
            name,
            names,
            settings,
            told_salt: self.salt.clone(),
        })
    }
}

/// The settings whose defaults depend on the format.
const LEFT_TO_FORMAT: [&str; 5] = ["cookie_name", "salt", "hash_algorithm", "timeout", "max_age"];

/// The maximum length of name and value together in a browser.
const LONGEST_PAIR: usize = 4096;

impl CookieFormat {
    /// Returns in a few words how the signature is made.
    pub fn with(&self) -> String {
        let what = if self.format == Format::Signed { self.hash.shown() } else { self.format.as_str() };
        if self.salt.is_empty() && self.format != Format::Signed {
            what.into()
        } else {
            format!("{what}, salt '{}'", self.salt)
        }
    }

    /// Returns a factory with one secret that reads and writes this cookie.
    pub fn factory(&self, secret: Secret) -> Result<SignedCookieFactory, Failure> {
        let now = self.now;
        let builder = SignedCookieFactory::builder(secret).settings(self.settings.clone());
        // The command never reissues, and the file's reissue time may not fit a timeout that was given as an option.
        let builder = builder.reissue_time(None).clock(move || now);
        // The option may set an empty salt, although a file may not.
        let builder = self.told_salt.iter().fold(builder, |builder, salt| builder.salt(salt));
        Ok(builder.build()?)
    }
}

fn settings_file(path: &Path) -> Result<Settings, Failure> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::new(format!("the settings file {shown} cannot be read: {error}")))?;
    let located = |error: toml::de::Error| {
        let line = error.span().and_then(|span| text.get(..span.start)).map(|before| before.matches('\n').count() + 1);
        let line = line.map(|line| format!(", line {line}")).unwrap_or_default();
        Failure::new(format!("{shown}{line}: {}", error.message()))
    };
    match toml::from_str(&text).map_err(located)? {
        SessionTable(Some(settings)) => Ok(settings),
        SessionTable(None) => toml::from_str(&text).map_err(located),
    }
}

/// The table `[session]` of a file that also has other tables.
struct SessionTable(Option<Settings>);

impl<'de> Deserialize<'de> for SessionTable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FindSession)
    }
}

struct FindSession;

impl<'de> Visitor<'de> for FindSession {
    type Value = SessionTable;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table of settings")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<SessionTable, A::Error> {
        let mut settings = None;
        while let Some(name) = map.next_key::<String>()? {
            if name == "session" {
                settings = Some(map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(SessionTable(settings))
    }
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    pub const ALL: [Self; 3] = [Self::Sha256, Self::Sha384, Self::Sha512];

    pub fn algorithm(self) -> HashAlgorithm {
        match self {
            Self::Sha256 => HashAlgorithm::Sha256,
            Self::Sha384 => HashAlgorithm::Sha384,
            Self::Sha512 => HashAlgorithm::Sha512,
        }
    }

    pub fn of(algorithm: HashAlgorithm) -> Self {
        Self::ALL.into_iter().find(|hash| hash.algorithm() == algorithm).expect("all are listed")
    }

    pub fn shown(self) -> &'static str {
        match self {
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        }
    }

    /// Returns the hash as it is written in the option.
    pub fn option(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }
}
