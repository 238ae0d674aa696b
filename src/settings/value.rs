//! The value of one setting, as a file or the environment has it, and what it may mean.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::format::signature::HashAlgorithm;
use crate::settings::{Salt, SameSite};

/// How a setting that is off is written: not every format has a null.
pub(crate) const OFF: &str = "off";

/// A value as formats have it.
pub(crate) enum Plain {
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
    pub(crate) fn text(self) -> Result<String, &'static str> {
        match self {
            Self::Text(text) => Ok(text),
            _ => Err("a text"),
        }
    }

    pub(crate) fn text_or_off(self) -> Result<Option<String>, &'static str> {
        match self {
            off if off.is_off() => Ok(None),
            Self::Text(text) => Ok(Some(text)),
            _ => Err("a text, or \"off\""),
        }
    }

    pub(crate) fn yes(self) -> Result<bool, &'static str> {
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

    pub(crate) fn seconds(self) -> Result<Option<Duration>, &'static str> {
        if self.is_off() {
            return Ok(None);
        }
        self.number().map(|seconds| Some(Duration::from_secs(seconds))).ok_or(SECONDS)
    }

    pub(crate) fn moment(self) -> Result<Option<SystemTime>, &'static str> {
        const MOMENT: &str = "whole seconds since 1970, as `date +%s` prints them, or \"off\"";
        match self.seconds() {
            Ok(None) => Ok(None),
            Ok(Some(since)) => UNIX_EPOCH.checked_add(since).map(Some).ok_or(MOMENT),
            Err(_) => Err(MOMENT),
        }
    }

    pub(crate) fn bytes(self) -> Result<usize, &'static str> {
        self.number().and_then(|bytes| bytes.try_into().ok()).ok_or("a whole number of bytes")
    }

    pub(crate) fn count_or_off(self) -> Result<Option<usize>, &'static str> {
        if self.is_off() {
            return Ok(None);
        }
        self.number().and_then(|count| count.try_into().ok()).map(Some).ok_or("a whole number, or \"off\"")
    }

    pub(crate) fn same_site(self) -> Result<Option<SameSite>, &'static str> {
        match self.word().as_deref() {
            Some("strict") => Ok(Some(SameSite::Strict)),
            Some("lax") => Ok(Some(SameSite::Lax)),
            Some("none") => Ok(Some(SameSite::None)),
            _ if self.is_off() => Ok(None),
            _ => Err("\"strict\", \"lax\", \"none\" or \"off\""),
        }
    }

    pub(crate) fn hash(self) -> Result<HashAlgorithm, &'static str> {
        match self.word().as_deref() {
            Some("sha256" | "sha-256") => Ok(HashAlgorithm::Sha256),
            Some("sha384" | "sha-384") => Ok(HashAlgorithm::Sha384),
            Some("sha512" | "sha-512") => Ok(HashAlgorithm::Sha512),
            _ => Err("\"sha256\", \"sha384\" or \"sha512\""),
        }
    }

    pub(crate) fn salt(self) -> Result<Salt, &'static str> {
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
