//! Settings out of a file or the environment, and back: one row a setting.

use std::fmt;

use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::settings::Settings;
use crate::settings::value::{OFF, Plain};

/// What one setting is called, here and by Pyramid, and how it is read and written.
struct Row {
    name: &'static str,
    pyramids: Option<&'static str>,
    read: fn(&mut Settings, Plain) -> Result<(), &'static str>,
    write: fn(&Settings) -> Plain,
}

#[rustfmt::skip]
const ROWS: [Row; 19] = [
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
    row("reissue_time", |s, v| put(&mut s.reissue_time, v.seconds().map(Into::into)), |s| s.effective_reissue_time().into()),
    row("absolute_timeout", |s, v| put(&mut s.absolute_timeout, v.seconds()), |s| s.absolute_timeout.into()),
    row("valid_since", |s, v| put(&mut s.valid_since, v.moment()), |s| s.valid_since.into()),
    row("hash_algorithm", |s, v| put(&mut s.hash_algorithm, v.hash()), |s| s.hash_algorithm.into()).pyramids("hashalg"),
    row("salt", |s, v| put(&mut s.salt, v.salt()), |s| text(&s.salt.0).into()),
    row("max_cookie_size", |s, v| put(&mut s.max_cookie_size, v.bytes()), |s| Plain::Number(s.max_cookie_size as u64)),
    row("cache_headers", |s, v| put(&mut s.cache_headers, v.yes()), |s| Plain::Bool(s.cache_headers)),
    row("end_mark", |s, v| put(&mut s.end_mark, v.yes()), |s| Plain::Bool(s.end_mark)),
    row("flash_limit", |s, v| put(&mut s.flash_limit, v.count_or_off()), |s| s.flash_limit.map_or(OFF.into(), |limit| Plain::Number(limit as u64))),
];

/// What stands before a setting's name in an .ini that holds other settings as well.
const PREFIX: &str = "session.";

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

/// A salt of bytes can only be given to the builder, which shows its settings to nobody.
fn text(salt: &[u8]) -> &str {
    std::str::from_utf8(salt).expect("settings were read from a text")
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
    if matches!(name, "serializer" | "clock" | "random") {
        return format!("{written:?} is code and cannot be read: give it to the builder, and take it out here");
    }
    let names: Vec<_> = ROWS.iter().map(|row| row.name).collect();
    format!("{written:?} is no setting of a session: there are {}", names.join(", "))
}

impl Serialize for Settings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(ROWS.len()))?;
        for row in &ROWS {
            map.serialize_entry(row.name, &(row.write)(self))?;
        }
        map.end()
    }
}
