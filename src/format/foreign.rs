//! Shared code for the cookies of other frameworks: converts a JSON object, sealed by a [`Framework`], into a
//! [`Record`] and back.
//!
//! The codec of each framework is in its own file in this folder. This module must not depend on timeouts, cookie
//! attributes or HTTP.

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

#[cfg(feature = "flask")]
use crate::format::FlashStyle;
use crate::format::envelope::{MAX_MARK_LEN, MAX_VALUE_LEN};
use crate::format::foreign::style::Style;
use crate::format::outcome::Refusal;
use crate::format::record::{Moment, Record, Renewal};
use crate::format::signed::{MAX_SERIALIZED_TEXT_LEN, MAX_TEXT_LEN, PayloadBuf, Scratch};
use crate::format::timestamp::{MAX_CLOCK_SKEW, Timestamp};
use crate::format::{
    Dates, Line, MaxAge, OtherCodec, SIGNATURE_SEPARATOR, Unsealed, Verified, end_mark, split_signature,
};
use crate::json::dict::Dict;
use crate::json::scan;

/// The key of a session's `created`, because no other framework has one.
pub(crate) const CREATED: &str = "_created_";

/// The key of a session's `renewed`, in a format without a time.
pub(crate) const RENEWED: &str = "_renewed_";

/// The content of a cookie value whose signature was verified.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Opened {
    /// The text of the session's JSON object.
    pub(crate) json: String,
    /// When it was signed, if the format says so.
    pub(crate) signed_at: Option<Timestamp>,
    /// The index of the secret that verified it, 0 for the signing one.
    pub(crate) secret_index: usize,
}

/// The cookie values of a session.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Sealed {
    pub(crate) value: String,
    /// The value of the second cookie, `NAME.sig`. Only Express has one.
    pub(crate) signature: Option<String>,
}

/// Converts a JSON object into a cookie value of one framework, and back.
pub(crate) trait Framework: Send + Sync {
    /// Returns how the framework lays out its JSON.
    fn style(&self) -> &'static Style;

    /// Returns whether the framework compresses long texts.
    fn compresses(&self) -> bool {
        false
    }

    /// Returns whether the signature is in a second cookie.
    fn has_signature_cookie(&self) -> bool {
        false
    }

    /// Returns how flash messages are stored.
    #[cfg(feature = "flask")]
    fn flash_style(&self) -> FlashStyle {
        FlashStyle::Pyramid
    }

    /// Returns how long a browser keeps this session's cookie.
    fn max_age(&self, _: &Dict) -> MaxAge {
        MaxAge::Default
    }

    /// Returns whether a cookie contains the time when it was signed.
    fn has_time(&self) -> bool;

    /// Verifies a cookie value, then decodes it. `signature` is the value of the second cookie, `NAME.sig`.
    fn open(&self, value: &[u8], signature: Option<&[u8]>, now: Timestamp) -> Result<Opened, Refusal>;

    /// Encodes and signs the text of a JSON object. `max_age` is how long the cookie is valid, for a format that writes
    /// this into the value.
    fn seal(&self, json: &str, signed_at: Timestamp, max_age: Option<Duration>) -> Sealed;
}

/// Reads a framework's cookies as sessions, and writes sessions as such cookies.
pub(crate) struct Foreign {
    framework: Box<dyn Framework>,
    /// The codec of end marks. If the framework's signature does not cover the cookie's name or purpose, end marks have
    /// their own salt, so that the framework does not accept an end mark as a session.
    marks: Box<dyn Framework>,
}

impl Foreign {
    pub(crate) fn new(framework: impl Framework + 'static, marks: impl Framework + 'static) -> Self {
        Self { framework: Box::new(framework), marks: Box::new(marks) }
    }
}

impl OtherCodec for Foreign {
    fn read(&self, value: &[u8], signature: Option<&[u8]>, now: Timestamp) -> Result<(Record, Verified), Refusal> {
        if value.len() > MAX_VALUE_LEN {
            return Err(Refusal::Malformed);
        }
        read(&*self.framework, value, signature, now)
    }

    fn payload<'s>(&self, record: &Record, renewal: Renewal, _: &'s mut Scratch) -> PayloadBuf<'s> {
        let renewed = match renewal {
            Renewal::Now(at) => at,
            Renewal::Keep => record.renewed.at,
        };
        PayloadBuf::from_text(text(&*self.framework, record, renewed), renewed)
    }

    fn seal(
        &self,
        mut payload: PayloadBuf<'_>,
        (before, after): (&str, &str),
        limit: usize,
        max_age: Option<Duration>,
    ) -> Result<Line, Unsealed> {
        let renewed = payload.renewed.whole_seconds();
        let Sealed { value, signature } = self.framework.seal(payload.json(), renewed, max_age);
        if value.len() > limit {
            return Err(Unsealed::TooLarge { size: value.len() });
        }
        Ok(Line { line: [before, &value, after].concat(), signature })
    }

    fn seal_end_mark(&self, sessions: &[Timestamp]) -> String {
        let signed_at = sessions.iter().max().expect("a mark names a session").whole_seconds();
        let Sealed { mut value, signature } = self.marks.seal(&end_mark::write(sessions), signed_at, None);
        if let Some(signature) = signature {
            // An end mark is a single cookie. Neither alphabet contains a dot.
            value.push(SIGNATURE_SEPARATOR);
            value.push_str(&signature);
        }
        value
    }

    fn open_end_mark(&self, value: &[u8], now: Timestamp) -> Option<String> {
        if value.len() > MAX_MARK_LEN {
            return None;
        }
        let (value, signature) = if self.marks.has_signature_cookie() { split_signature(value) } else { (value, None) };
        Some(self.marks.open(value, signature, now).ok()?.json)
    }

    fn max_text_len(&self) -> usize {
        if self.framework.compresses() { MAX_SERIALIZED_TEXT_LEN } else { MAX_TEXT_LEN }
    }

    fn has_signature_cookie(&self) -> bool {
        self.framework.has_signature_cookie()
    }

    fn hides(&self, key: &str) -> bool {
        hides(&*self.framework, key)
    }

    #[cfg(feature = "flask")]
    fn flash_style(&self) -> FlashStyle {
        self.framework.flash_style()
    }

    fn max_age(&self, record: &Record) -> MaxAge {
        self.framework.max_age(&record.dict)
    }
}

/// Returns whether a key of the dict holds a time of the session in this framework's cookie.
fn hides(framework: &dyn Framework, key: &str) -> bool {
    key == CREATED || (key == RENEWED && !framework.has_time())
}

/// Reads a cookie value.
fn read(
    framework: &dyn Framework,
    value: &[u8],
    signature: Option<&[u8]>,
    now: Timestamp,
) -> Result<(Record, Verified), Refusal> {
    let opened = framework.open(value, signature, now)?;
    let text: Arc<str> = opened.json.into();
    let members = scan::object(&text).ok_or(Refusal::Malformed)?;
    let mut dict = Dict::from_scan(text.into(), members);
    let mut hidden = |key| match dict.get(key) {
        None => Ok(None),
        Some(json) => {
            let at = Timestamp::parse(json).ok_or(Refusal::Malformed)?;
            dict.remove(key);
            Ok(Some(at))
        }
    };
    let created = hidden(CREATED)?;
    let renewed = if framework.has_time() { None } else { hidden(RENEWED)? };
    let dated = if framework.has_time() { opened.signed_at } else { renewed };
    let renewed = dated.unwrap_or(now);
    // The clock of another server may be a little ahead. But the frameworks refuse a cookie from the future, so such a
    // time must not be written back.
    let renewed = if renewed.since(now) <= MAX_CLOCK_SKEW { renewed.min(now) } else { renewed };
    let dates = match (created, dated) {
        (_, None) => Dates::None,
        (None, Some(_)) => Dates::Renewed,
        (Some(_), Some(_)) => Dates::Both,
    };
    let created = created.unwrap_or(renewed);
    let record = Record { renewed: Moment::now(renewed), created: Moment::now(created), dict };
    Ok((record, Verified { secret_index: opened.secret_index, dates }))
}

/// Returns the JSON object of a session in the framework's layout.
fn text(framework: &dyn Framework, record: &Record, renewed: Timestamp) -> String {
    let style = framework.style();
    let mut object = style.object(record.dict.text_len() + 64);
    // Untouched values keep their text. New values are written as the framework would write them.
    for member in record.dict.last_of_each() {
        // The dict of a former format may contain these keys.
        if hides(framework, &member.key) {
            continue;
        }
        if member.is_read {
            object.push_as_read(&member.key, member.raw_key, member.value);
        } else {
            object.push(&member.key, member.value);
        }
    }
    object.push(CREATED, &record.created.at.to_string());
    if !framework.has_time() {
        object.push(RENEWED, renewed.text_of_seconds().as_str());
    }
    object.end()
}

#[cfg(test)]
mod tests;
