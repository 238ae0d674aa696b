//! Reads settings from a file or the environment, and writes them. Each setting has one row.

use std::fmt;

use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::format::kind::Format;
use crate::settings::value::{OFF, Plain};
use crate::settings::{ReissueTime, Settings, Told};

/// The names of one setting, here and in Pyramid, and how it is read and written.
struct Row {
    name: &'static str,
    pyramids: Option<&'static str>,
    /// The error says what the value must be.
    read: fn(&mut Settings, Plain) -> Result<(), &'static str>,
    /// Returns null for a default that depends on another setting, which is not written.
    write: fn(&Settings) -> Plain,
}

#[rustfmt::skip]
const ROWS: [Row; 20] = [
    row("timeout", |s, v| put(&mut s.timeout, v.duration()), |s| s.unless_left_to_format(s.told.timeout, s.timeout)),
    row("reissue_time", |s, v| put(&mut s.reissue_time, v.duration().map(Into::into)), |s| s.reissue_time.into()),
    row("absolute_timeout", |s, v| put(&mut s.absolute_timeout, v.duration()), |s| s.absolute_timeout.into()),
    row("max_age", |s, v| put(&mut s.max_age, v.duration()), |s| s.unless_left_to_format(s.told.max_age, s.max_age)),
    row("valid_since", |s, v| put(&mut s.valid_since, v.moment()), |s| s.valid_since.into()),
    row("cookie_name", |s, v| put(&mut s.cookie_name, v.text()), |s| s.unless_left_to_format(s.told.cookie_name, s.cookie_name.as_str())),
    row("secure", |s, v| put(&mut s.secure, v.yes()), |s| Plain::Bool(s.secure)),
    row("http_only", |s, v| put(&mut s.http_only, v.yes()), |s| Plain::Bool(s.http_only)).pyramids("httponly"),
    row("same_site", |s, v| put(&mut s.same_site, v.same_site()), |s| s.same_site.into()).pyramids("samesite"),
    row("path", |s, v| put(&mut s.path, v.text()), |s| s.path.as_str().into()),
    row("domain", |s, v| put(&mut s.domain, v.text_or_off()), |s| s.domain.as_deref().unwrap_or(OFF).into()),
    row("partitioned", |s, v| put(&mut s.partitioned, v.yes()), |s| Plain::Bool(s.partitioned)),
    row("max_cookie_size", |s, v| put(&mut s.max_cookie_size, v.bytes()), |s| Some(s.max_cookie_size).into()),
    row("flash_limit", |s, v| put(&mut s.flash_limit, v.count_or_off()), |s| s.flash_limit.into()),
    row("end_mark", |s, v| put(&mut s.end_mark, v.yes()), |s| Plain::Bool(s.end_mark)),
    row("set_on_exception", |s, v| put(&mut s.set_on_exception, v.yes()), |s| Plain::Bool(s.set_on_exception)),
    row("cache_headers", |s, v| put(&mut s.cache_headers, v.yes()), |s| Plain::Bool(s.cache_headers)),
    row("format", |s, v| put(&mut s.format, v.format()), |s| s.format.as_str().into()),
    row("salt", |s, v| put(&mut s.salt, v.salt()), |s| s.unless_left_to_format(s.told.salt, text(&s.salt.0))),
    row("hash_algorithm", |s, v| put(&mut s.hash_algorithm, v.hash()), |s| s.unless_left_to_format(s.told.hash_algorithm, s.hash_algorithm)).pyramids("hashalg"),
];

/// The prefix of a setting's name in an .ini that also holds other settings.
const PREFIX: &str = "session.";

/// The name with which `toml` passes a date of its own.
const TOML_DATE: &str = "$__toml_private_datetime";

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

/// Returns a salt as text. Only the builder accepts a salt that is not text, and it does not write its settings.
fn text(salt: &[u8]) -> &str {
    std::str::from_utf8(salt).expect("settings were read from text")
}

impl From<ReissueTime> for Plain {
    fn from(reissue_time: ReissueTime) -> Self {
        match reissue_time {
            ReissueTime::Default => Self::Null,
            ReissueTime::Off => OFF.into(),
            ReissueTime::After(age) => Some(age).into(),
        }
    }
}

impl Settings {
    /// Returns the value to write. A value that is left to the format is not written, because reading it back would set
    /// it.
    fn unless_left_to_format(&self, told: bool, value: impl Into<Plain>) -> Plain {
        if told || self.format == Format::Signed { value.into() } else { Plain::Null }
    }
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
        while let Some(name) = map.next_key_seed(NameSeed { given: &mut given })? {
            match name.row {
                Some(row) => map.next_value_seed(ValueSeed { row, name: &name.written, settings: &mut settings })?,
                None => _ = map.next_value::<IgnoredAny>()?,
            }
        }
        let told = |name| ROWS.iter().zip(given).any(|(row, given)| given && row.name == name);
        settings.told = Told {
            cookie_name: told("cookie_name"),
            salt: told("salt"),
            hash_algorithm: told("hash_algorithm"),
            timeout: told("timeout"),
            max_age: told("max_age"),
        };
        Ok(settings)
    }
}

/// A setting's name as it was written. The row is `None` for `secret`.
struct Name {
    written: String,
    row: Option<&'static Row>,
}

/// Reads a name. Like [`ValueSeed`], it fails while it reads, so that a format that has lines can name the line.
struct NameSeed<'s> {
    given: &'s mut [bool; ROWS.len()],
}

impl<'de> DeserializeSeed<'de> for NameSeed<'_> {
    type Value = Name;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Name, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for NameSeed<'_> {
    type Value = Name;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a session setting")
    }

    fn visit_str<E: Error>(self, written: &str) -> Result<Name, E> {
        static ALL: [Row; ROWS.len()] = ROWS;
        let name = written.strip_prefix(PREFIX).unwrap_or(written);
        if name == "secret" {
            return Ok(Name { written: written.into(), row: None });
        }
        let Some(at) = ALL.iter().position(|row| row.name == name || row.pyramids == Some(name)) else {
            return Err(E::custom(unknown(written, name)));
        };
        if std::mem::replace(&mut self.given[at], true) {
            return Err(E::custom(format_args!("{written}: {} is set twice: remove one of the two", ALL[at].name)));
        }
        Ok(Name { written: written.into(), row: Some(&ALL[at]) })
    }
}

fn unknown(written: &str, name: &str) -> String {
    if matches!(name, "serializer" | "clock" | "random" | "former") {
        return format!("{written:?} cannot be set in a file: remove it here, and give it to the builder in code");
    }
    let names = || ROWS.iter().flat_map(|row| [Some(row.name), row.pyramids]).flatten();
    // Suggests the nearest name for a typo. A variable such as SESSION_TIMEOUT often keeps its prefix.
    let name = name.to_lowercase();
    let name = name.strip_prefix("session_").unwrap_or(&name);
    let nearest = names().map(|known| (distance(known, name), known)).min();
    match nearest {
        Some((distance, known)) if distance <= 1 + known.len() / 5 => {
            format!("{written:?} is not a session setting: did you mean \"{known}\"?")
        }
        _ => {
            let names: Vec<_> = ROWS.iter().map(|row| row.name).collect();
            format!("{written:?} is not a session setting: remove it, or use one of {}", names.join(", "))
        }
    }
}

/// Returns how many letters must be added, removed, replaced or swapped with their neighbour to turn one word into the
/// other.
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().take(40).collect());
    let mut rows = vec![(0..=other.len()).collect::<Vec<usize>>()];
    for i in 1..=one.len() {
        let mut row = vec![i];
        for j in 1..=other.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(one[i - 1] != other[j - 1]);
            let mut least = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[one.len()][other.len()]
}

/// Reads the value of one setting.
struct ValueSeed<'s> {
    row: &'static Row,
    name: &'s str,
    settings: &'s mut Settings,
}

impl ValueSeed<'_> {
    fn read<E: Error>(self, value: Plain) -> Result<(), E> {
        let name = self.name;
        let empty = value.is_empty();
        (self.row.read)(self.settings, value).map_err(|expected| {
            if empty {
                E::custom(format_args!("{name}: it is empty: leave it out to keep the default, or give {expected}"))
            } else {
                E::custom(format_args!("{name}: it must be {expected}"))
            }
        })
    }
}

impl<'de> DeserializeSeed<'de> for ValueSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: a text, a number, or true or false", self.name)
    }

    fn visit_bool<E: Error>(self, yes: bool) -> Result<(), E> {
        self.read(Plain::Bool(yes))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<(), E> {
        self.read(u64::try_from(number).map_or(Plain::OtherNumber, Plain::Number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        self.read(Plain::Number(number))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<(), E> {
        // Some formats have only floats.
        let whole = (0.0..9e15).contains(&number) && number.fract() == 0.0;
        self.read(if whole { Plain::Number(number as u64) } else { Plain::OtherNumber })
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.read(text.into())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.read(Plain::Null)
    }

    fn visit_none<E: Error>(self) -> Result<(), E> {
        self.read(Plain::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        Err(A::Error::custom(format_args!("{}: it is a list: give one value", self.name)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        match map.next_key::<String>()? {
            Some(key) if key == TOML_DATE => {
                let date = map.next_value::<String>()?;
                self.read(Plain::Text(date))
            }
            _ => Err(A::Error::custom(format_args!("{}: it is a table: give one value", self.name))),
        }
    }
}

impl Serialize for Settings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let entries = ROWS.iter().map(|row| (row.name, (row.write)(self)));
        let entries: Vec<_> = entries.filter(|(_, value)| *value != Plain::Null).collect();
        let mut map = serializer.serialize_map(Some(entries.len()))?;
        for (name, value) in &entries {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}
