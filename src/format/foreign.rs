//! What the cookies of other frameworks have in common: a JSON object, sealed by a [`Codec`], is read into a
//! [`Record`] and written from one.
//!
//! Each framework's codec is a file beside this one. Knows nothing of timeouts, cookie attributes or HTTP.

pub(crate) mod base64;
#[cfg(any(
    feature = "flask",
    feature = "django",
    feature = "starlette",
    feature = "express",
    feature = "react-router"
))]
pub(crate) mod mac;
#[cfg(any(feature = "react-router", feature = "rails"))]
pub(crate) mod percent;
pub(crate) mod style;
#[cfg(any(feature = "flask", feature = "django", feature = "starlette"))]
pub(crate) mod timed;
#[cfg(any(feature = "flask", feature = "django"))]
pub(crate) mod zlib;

use std::sync::Arc;
use std::time::Duration;

use crate::format::foreign::style::Style;
use crate::format::outcome::Refusal;
use crate::format::record::{Moment, Record, Renewal};
use crate::format::timestamp::Timestamp;
use crate::json::dict::Dict;
use crate::json::scan;

/// Where a session's `created` is kept, since no other framework has one.
pub(crate) const CREATED: &str = "_created_";

/// Where a session's `renewed` is kept in a format that has no time of its own.
pub(crate) const RENEWED: &str = "_renewed_";

/// What a cookie value holds once its signature is verified.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Opened {
    /// The text of the session's JSON object.
    pub(crate) json: String,
    /// When it was signed, if the format says so.
    pub(crate) signed_at: Option<Timestamp>,
    /// Which secret verified it: 0 for the one that signs.
    pub(crate) secret_index: usize,
}

/// A session as it is sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Sealed {
    pub(crate) value: String,
    /// The value of the second cookie, `NAME.sig`. Only Express has one.
    pub(crate) signature: Option<String>,
}

/// One framework's way to turn a JSON object into a cookie value, and back.
pub(crate) trait Codec: Send + Sync {
    /// How the framework lays out its JSON.
    fn style(&self) -> &'static Style;

    /// Whether a cookie says when it was signed.
    fn has_time(&self) -> bool;

    /// Verifies a cookie value, then decodes it. `signature` is the value of the second cookie, `NAME.sig`.
    fn open(&self, value: &[u8], signature: Option<&[u8]>, now: Timestamp) -> Result<Opened, Refusal>;

    /// Encodes and signs the text of a JSON object. `max_age` is how long the cookie is valid, for a format
    /// that says so inside.
    fn seal(&self, json: &str, signed_at: Timestamp, max_age: Option<Duration>) -> Sealed;
}

/// What a cookie was read as.
pub(crate) struct Read {
    pub(crate) record: Record,
    /// 0 for the secret that signs.
    pub(crate) secret_index: usize,
    /// Whether the cookie says neither when it was signed nor when it was renewed, so that its age counts
    /// from now.
    pub(crate) undated: bool,
}

/// Reads a cookie value.
pub(crate) fn read(codec: &dyn Codec, value: &[u8], signature: Option<&[u8]>, now: Timestamp) -> Result<Read, Refusal> {
    let opened = codec.open(value, signature, now)?;
    let text: Arc<str> = opened.json.into();
    let members = scan::object(&text).ok_or(Refusal::Malformed)?;
    let mut dict = Dict::from_scan(text, members);
    let mut hidden = |key| match dict.get(key) {
        None => Ok(None),
        Some(json) => {
            let at = Timestamp::parse(json).ok_or(Refusal::Malformed)?;
            dict.remove(key);
            Ok(Some(at))
        }
    };
    let (created, renewed) = (hidden(CREATED)?, hidden(RENEWED)?);
    let dated = if codec.has_time() { opened.signed_at } else { renewed };
    let renewed = dated.unwrap_or(now);
    let created = created.unwrap_or(renewed);
    let record = Record { renewed: Moment::now(renewed), created: Moment::now(created), dict };
    Ok(Read { record, secret_index: opened.secret_index, undated: dated.is_none() })
}

/// Writes a session as a cookie value. `max_age` is how long the cookie is valid, if that is limited.
pub(crate) fn write(
    codec: &dyn Codec,
    record: &Record,
    renewal: Renewal,
    now: Timestamp,
    max_age: Option<Duration>,
) -> Sealed {
    // A time in the future is refused by the frameworks, so a kept one must not be in it either.
    let renewed = match renewal {
        Renewal::Now(at) => at,
        Renewal::Keep => record.renewed.at.min(now),
    };
    codec.seal(&text(codec, record, renewed), renewed.whole_seconds(), max_age)
}

/// The JSON object of a session, as the framework lays it out.
fn text(codec: &dyn Codec, record: &Record, renewed: Timestamp) -> String {
    let style = codec.style();
    let mut object = style.object(record.dict.text_len() + 64);
    // Untouched values go back as they came; ours are laid out as the framework would.
    for member in record.dict.last_of_each() {
        if member.is_read {
            object.push_as_read(&member.key, member.raw_key, member.value);
        } else {
            object.push(&member.key, member.value);
        }
    }
    object.push(CREATED, &record.created.at.to_string());
    if !codec.has_time() {
        let mut seconds = String::new();
        renewed.write_seconds(&mut seconds).expect("a string takes any text");
        object.push(RENEWED, &seconds);
    }
    object.end()
}

#[cfg(test)]
mod tests;
