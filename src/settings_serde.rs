//! Settings out of a file or the environment, and back: one row a setting.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};
use serde::ser::{Error as _, SerializeMap};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::settings::{Salt, SameSite, Settings};
use crate::signature::HashAlgorithm;

/// What one setting is called, here and by Pyramid, and how it is read and written.
struct Row {
    name: &'static str,
    pyramids: Option<&'static str>,
    read: fn(&mut Settings, Plain) -> Result<(), &'static str>,
    write: fn(&Settings) -> Plain,
}

#[rustfmt::skip]
const ROWS: [Row; 17] = [
    row("cookie_name", |s, v| put(&mut s.cookie_name, v.text()), |s| s.cookie_name.as_str().into()),
    row("max_age", |s, v| put(&mut s.max_age, v.seconds()), |s| s.max_age.into()),
    row("path", |s, v| put(&mut s.path, v.text()), |s| s.path.as_str().into()),
    row("domain", |s, v| put(&mut s.domain, v.text_or_off()), |s| s.domain.as_deref().unwrap_or(OFF).into()),
    row("secure", |s, v| put(&mut s.secure, v.yes()), |s| Plain::Bool(s.secure)),
    row("http_only", |s, v| put(&mut s.http_only, v.yes()), |s| Plain::Bool(s.http_only)).pyramids("httponly"),
    row("same_site", |s, v| put(&mut s.same_site, v.same_site()), |s| s.same_site.into()).pyramids("samesite"),
    row("partitioned", |s, v| put(&mut s.partitioned, v.yes()), |s| Plain::Bool(s.partitioned)),
    row("set_on_exception", |s, v| put(&mut s.set_on_exception, v.yes()), |s| Plain::Bool(s.set_on_exception)),
    row("timeout", |s, v| put(&mut s.timeout, v.seconds()), |s| s.timeout.into()),
    row("reissue_time", |s, v| put(&mut s.reissue_time, v.seconds()), |s| s.reissue_time.into()),
    row("absolute_timeout", |s, v| put(&mut s.absolute_timeout, v.seconds()), |s| s.absolute_timeout.into()),
    row("valid_since", |s, v| put(&mut s.valid_since, v.moment()), |s| s.valid_since.into()),
    row("hash_algorithm", |s, v| put(&mut s.hash_algorithm, v.hash()), |s| s.hash_algorithm.into()).pyramids("hashalg"),
    row("salt", |s, v| put(&mut s.salt, v.salt()), |s| String::from_utf8_lossy(&s.salt.0).as_ref().into()),
    row("max_cookie_size", |s, v| put(&mut s.max_cookie_size, v.bytes()), |s| Plain::Number(s.max_cookie_size as u64)),
    row("cache_headers", |s, v| put(&mut s.cache_headers, v.yes()), |s| Plain::Bool(s.cache_headers)),
];

/// What stands before a setting's name in an .ini that holds other settings as well.
const PREFIX: &str = "session.";

/// How a setting that is off is written: not every format has a null.
const OFF: &str = "off";

const fn row(
    name: &'static str,
    read: fn(&mut Settings, Plain) -> Result<(), &'static str>,
    write: fn(&Settings) -> Plain,
) -> Row {
    Row { name, pyramids: None, read, write }
}

impl Row {
    const fn pyramids(mut self, name: &'static str) -> Self {
        self.pyramids = Some(name);
        self
    }
}

fn put<T>(setting: &mut T, read: Result<T, &'static str>) -> Result<(), &'static str> {
    *setting = read?;
    Ok(())
}

impl<'de> Deserialize<'de> for Settings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Rows)
    }
}

struct Rows;

impl<'de> Visitor<'de> for Rows {
    type Value = Settings;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table of session settings")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Settings, A::Error> {
        let mut settings = Settings::default();
        let mut given = [false; ROWS.len()];
        while let Some(written) = map.next_key::<String>()? {
            let name = written.strip_prefix(PREFIX).unwrap_or(&written);
            if name == "secret" {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let Some(at) = ROWS.iter().position(|row| row.name == name || row.pyramids == Some(name)) else {
                return Err(A::Error::custom(unknown(&written, name)));
            };
            let row = &ROWS[at];
            if std::mem::replace(&mut given[at], true) {
                return Err(A::Error::custom(format_args!("{written}: {} is set twice: take one out", row.name)));
            }
            let value =
                map.next_value::<Plain>().map_err(|error| A::Error::custom(format_args!("{written}: {error}")))?;
            (row.read)(&mut settings, value)
                .map_err(|expected| A::Error::custom(format_args!("{written}: it must be {expected}")))?;
        }
        Ok(settings)
    }
}

fn unknown(written: &str, name: &str) -> String {
    if matches!(name, "serializer" | "clock") {
        return format!("{written:?} is code and cannot be read: give it to the builder, and take it out here");
    }
    let names: Vec<_> = ROWS.iter().map(|row| row.name).collect();
    format!("{written:?} is no setting of a session: there are {}", names.join(", "))
}

impl Serialize for Settings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if std::str::from_utf8(&self.salt.0).is_err() {
            return Err(S::Error::custom("salt: it is no text and cannot be written"));
        }
        let mut map = serializer.serialize_map(Some(ROWS.len()))?;
        for row in &ROWS {
            map.serialize_entry(row.name, &(row.write)(self))?;
        }
        map.end()
    }
}

/// A value as formats have it.
enum Plain {
    Off,
    Bool(bool),
    Number(u64),
    Text(String),
    /// A number that no setting can have.
    OtherNumber,
}

const SECONDS: &str = "a whole number of seconds, or \"off\"";

/// Each says what it must be where it is not.
impl Plain {
    fn text(self) -> Result<String, &'static str> {
        match self {
            Self::Text(text) => Ok(text),
            _ => Err("a text"),
        }
    }

    fn text_or_off(self) -> Result<Option<String>, &'static str> {
        match self {
            off if off.is_off() => Ok(None),
            Self::Text(text) => Ok(Some(text)),
            _ => Err("a text, or \"off\""),
        }
    }

    fn yes(self) -> Result<bool, &'static str> {
        let yes = match &self {
            Self::Bool(yes) => Some(*yes),
            Self::Number(0) => Some(false),
            Self::Number(1) => Some(true),
            // As Pyramid's `asbool`, which takes every other text for a no.
            Self::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
                "true" | "t" | "yes" | "y" | "on" | "1" => Some(true),
                "false" | "f" | "no" | "n" | "off" | "0" => Some(false),
                _ => None,
            },
            _ => None,
        };
        yes.ok_or("true or false")
    }

    fn seconds(self) -> Result<Option<Duration>, &'static str> {
        if self.is_off() {
            return Ok(None);
        }
        self.number().map(|seconds| Some(Duration::from_secs(seconds))).ok_or(SECONDS)
    }

    fn moment(self) -> Result<Option<SystemTime>, &'static str> {
        const MOMENT: &str = "whole seconds since 1970, as `date +%s` prints them, or \"off\"";
        match self.seconds() {
            Ok(None) => Ok(None),
            Ok(Some(since)) => UNIX_EPOCH.checked_add(since).map(Some).ok_or(MOMENT),
            Err(_) => Err(MOMENT),
        }
    }

    fn bytes(self) -> Result<usize, &'static str> {
        self.number().and_then(|bytes| bytes.try_into().ok()).ok_or("a whole number of bytes")
    }

    fn same_site(self) -> Result<Option<SameSite>, &'static str> {
        match self.word().as_deref() {
            Some("strict") => Ok(Some(SameSite::Strict)),
            Some("lax") => Ok(Some(SameSite::Lax)),
            Some("none") => Ok(Some(SameSite::None)),
            _ if self.is_off() => Ok(None),
            _ => Err("\"strict\", \"lax\", \"none\" or \"off\""),
        }
    }

    fn hash(self) -> Result<HashAlgorithm, &'static str> {
        match self.word().as_deref() {
            Some("sha256" | "sha-256") => Ok(HashAlgorithm::Sha256),
            Some("sha384" | "sha-384") => Ok(HashAlgorithm::Sha384),
            Some("sha512" | "sha-512") => Ok(HashAlgorithm::Sha512),
            _ => Err("\"sha256\", \"sha384\" or \"sha512\""),
        }
    }

    fn salt(self) -> Result<Salt, &'static str> {
        Ok(Salt(self.text()?.into()))
    }

    fn is_off(&self) -> bool {
        matches!(self, Self::Off) || self.word().is_some_and(|word| matches!(word.as_str(), "" | "off" | "none"))
    }

    fn word(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.trim().to_ascii_lowercase()),
            _ => None,
        }
    }

    fn number(&self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }
}

impl From<&str> for Plain {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<Option<Duration>> for Plain {
    fn from(duration: Option<Duration>) -> Self {
        duration.map_or(OFF.into(), |duration| Self::Number(duration.as_secs()))
    }
}

impl From<Option<SystemTime>> for Plain {
    fn from(moment: Option<SystemTime>) -> Self {
        moment.and_then(|moment| moment.duration_since(UNIX_EPOCH).ok()).into()
    }
}

impl From<Option<SameSite>> for Plain {
    fn from(same_site: Option<SameSite>) -> Self {
        match same_site {
            Some(SameSite::Strict) => "strict".into(),
            Some(SameSite::Lax) => "lax".into(),
            Some(SameSite::None) => "none".into(),
            None => OFF.into(),
        }
    }
}

impl From<HashAlgorithm> for Plain {
    fn from(algorithm: HashAlgorithm) -> Self {
        match algorithm {
            HashAlgorithm::Sha256 => "sha256".into(),
            HashAlgorithm::Sha384 => "sha384".into(),
            HashAlgorithm::Sha512 => "sha512".into(),
        }
    }
}

impl Serialize for Plain {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Bool(yes) => serializer.serialize_bool(*yes),
            Self::Number(number) => serializer.serialize_u64(*number),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Off | Self::OtherNumber => serializer.serialize_unit(),
        }
    }
}

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any)
    }
}

struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Plain;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a number, or true or false")
    }

    fn visit_bool<E>(self, yes: bool) -> Result<Plain, E> {
        Ok(Plain::Bool(yes))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Plain, E> {
        Ok(u64::try_from(number).map_or(Plain::OtherNumber, Plain::Number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Plain, E> {
        Ok(Plain::Number(number))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Plain, E> {
        // Some formats have no other numbers.
        let whole = (0.0..9e15).contains(&number) && number.fract() == 0.0;
        Ok(if whole { Plain::Number(number as u64) } else { Plain::OtherNumber })
    }

    fn visit_str<E>(self, text: &str) -> Result<Plain, E> {
        Ok(text.into())
    }

    fn visit_unit<E>(self) -> Result<Plain, E> {
        Ok(Plain::Off)
    }

    fn visit_none<E>(self) -> Result<Plain, E> {
        Ok(Plain::Off)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Plain, D::Error> {
        Plain::deserialize(deserializer)
    }
}
