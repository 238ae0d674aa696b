//! The value of one setting in a file or the environment, and its conversion.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Serialize, Serializer};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::format::kind::Format;
use crate::format::signature::HashAlgorithm;
use crate::settings::{Salt, SameSite};

/// The text for a setting that is off, because not every format has a null.
pub(crate) const OFF: &str = "off";

/// A value of any format.
#[derive(Debug, PartialEq)]
pub(crate) enum Plain {
    Null,
    Bool(bool),
    Number(u64),
    Text(String),
    /// A number that no setting can have.
    OtherNumber,
}

const DURATION: &str = "a duration like 1800 (seconds), \"30m\", \"12h\" or \"14d\"; \"off\" turns it off";
const MOMENT: &str =
    "a time like \"2026-07-31T12:00:00Z\", or seconds since 1970, as `date +%s` prints them; \"off\" turns it off";

/// The error of each method says what the value must be.
impl Plain {
    pub(crate) fn text(self) -> Result<String, &'static str> {
        match self {
            Self::Text(text) if !text.is_empty() => Ok(text),
            _ => Err("a text"),
        }
    }

    /// Reads a text that may be off. An empty text is off too, because a site often has no domain.
    pub(crate) fn text_or_off(self) -> Result<Option<String>, &'static str> {
        match self {
            off if off.is_off() || off.is_empty() => Ok(None),
            Self::Text(text) => Ok(Some(text)),
            _ => Err("a text, or \"off\""),
        }
    }

    pub(crate) fn yes(self) -> Result<bool, &'static str> {
        let yes = match &self {
            Self::Bool(yes) => Some(*yes),
            Self::Number(0) => Some(false),
            Self::Number(1) => Some(true),
            // The texts of Pyramid's `asbool`. It treats every other text as false; here that is an error.
            Self::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
                "true" | "t" | "yes" | "y" | "on" | "1" => Some(true),
                "false" | "f" | "no" | "n" | "off" | "0" => Some(false),
                _ => None,
            },
            _ => None,
        };
        yes.ok_or("true or false")
    }

    pub(crate) fn duration(self) -> Result<Option<Duration>, &'static str> {
        if self.is_off() {
            return Ok(None);
        }
        let seconds = self.number().or_else(|| self.units());
        seconds.map(|seconds| Some(Duration::from_secs(seconds))).ok_or(DURATION)
    }

    pub(crate) fn moment(self) -> Result<Option<SystemTime>, &'static str> {
        if self.is_off() {
            return Ok(None);
        }
        let unix = || UNIX_EPOCH.checked_add(Duration::from_secs(self.number()?));
        unix().or_else(|| self.rfc3339()).map(Some).ok_or(MOMENT)
    }

    pub(crate) fn bytes(self) -> Result<usize, &'static str> {
        self.number().and_then(|bytes| bytes.try_into().ok()).ok_or("a whole number of bytes")
    }

    pub(crate) fn count_or_off(self) -> Result<Option<usize>, &'static str> {
        if self.is_off() {
            return Ok(None);
        }
        let count = self.number().and_then(|count| count.try_into().ok());
        count.map(Some).ok_or("a whole number; \"off\" turns it off")
    }

    pub(crate) fn same_site(self) -> Result<Option<SameSite>, &'static str> {
        match self.word().as_deref() {
            Some("strict") => Ok(Some(SameSite::Strict)),
            Some("lax") => Ok(Some(SameSite::Lax)),
            Some("none") => Ok(Some(SameSite::None)),
            Some("off") => Ok(None),
            _ => Err("\"strict\", \"lax\" or \"none\"; \"off\" leaves the attribute out"),
        }
    }

    pub(crate) fn format(self) -> Result<Format, &'static str> {
        const EXPECTED: &str = "\"signed\", or one of \"encrypted\", \"flask\", \"django\", \"starlette\", \"express\", \
                                \"react-router\", \"rails\" and \"rails-sha1\", which need the feature of that name";
        self.word().as_deref().and_then(|word| Format::from_name(&word.replace('_', "-"))).ok_or(EXPECTED)
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

    /// Returns whether the value is empty: an unset variable, or a name in YAML without a value.
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self, Self::Null) || self.word().is_some_and(|word| word.is_empty())
    }

    fn is_off(&self) -> bool {
        self.word().is_some_and(|word| matches!(word.as_str(), OFF | "none"))
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
            Self::Text(text) => digits(text.trim()),
            _ => None,
        }
    }

    /// Returns the seconds of a number with a unit.
    fn units(&self) -> Option<u64> {
        let Self::Text(text) = self else { return None };
        const UNITS: [(char, u64); 4] = [('s', 1), ('m', 60), ('h', 60 * 60), ('d', 24 * 60 * 60)];
        let (unit, seconds) = UNITS.into_iter().find(|(unit, _)| text.trim_end().ends_with(*unit))?;
        digits(text.trim().strip_suffix(unit)?.trim_end())?.checked_mul(seconds)
    }

    fn rfc3339(&self) -> Option<SystemTime> {
        let Self::Text(text) = self else { return None };
        OffsetDateTime::parse(text.trim(), &Rfc3339).ok().map(Into::into)
    }
}

/// Reads a number that consists of digits only. `parse` would accept a plus sign.
fn digits(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
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

impl From<Option<usize>> for Plain {
    fn from(count: Option<usize>) -> Self {
        count.map_or(OFF.into(), |count| Self::Number(count as u64))
    }
}

/// Writes whole seconds since 1970 as a number, and any other time in RFC 3339.
impl From<Option<SystemTime>> for Plain {
    fn from(moment: Option<SystemTime>) -> Self {
        let Some(moment) = moment else { return OFF.into() };
        match moment.duration_since(UNIX_EPOCH) {
            Ok(since) if since.subsec_nanos() == 0 => Self::Number(since.as_secs()),
            _ => Self::Text(OffsetDateTime::from(moment).format(&Rfc3339).expect("it was read as RFC 3339")),
        }
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
            Self::Null | Self::OtherNumber => serializer.serialize_unit(),
        }
    }
}
