//! The formats of session cookies. A format converts a cookie value into a [`Record`] and back.
//!
//! To add a framework's cookie, add a file in this folder. This module must not depend on timeouts, cookie attributes
//! or HTTP.

pub(crate) mod decode_error;
#[cfg(feature = "device-bound")]
pub(crate) mod device_marks;
#[cfg(feature = "django")]
mod django;
#[cfg(feature = "encrypted")]
pub(crate) mod encrypted;
pub(crate) mod end_mark;
pub(crate) mod envelope;
#[cfg(feature = "express")]
mod express;
#[cfg(feature = "flask")]
mod flask;
#[cfg(any(
    feature = "flask",
    feature = "django",
    feature = "starlette",
    feature = "express",
    feature = "react-router",
    feature = "rails"
))]
pub(crate) mod foreign;
pub(crate) mod kind;
pub(crate) mod outcome;
#[cfg(feature = "rails")]
pub(crate) mod rails;
#[cfg(feature = "react-router")]
mod react_router;
pub(crate) mod record;
pub(crate) mod serializer;
pub(crate) mod signature;
pub(crate) mod signed;
#[cfg(feature = "starlette")]
mod starlette;
pub(crate) mod timestamp;

use std::time::Duration;

use crate::format::end_mark::EndedSessions;
use crate::format::outcome::Refusal;
use crate::format::record::{Record, Renewal};
use crate::format::serializer::BoxError;
use crate::format::signed::{PayloadBuf, Scratch, Signed};
use crate::format::timestamp::Timestamp;

/// Reads and writes the cookie values of one format, with one set of secrets.
#[allow(clippy::large_enum_variant, reason = "there is one a factory")]
pub(crate) enum Codec {
    /// Pyramid's format. It is a separate variant so that it needs no dynamic call.
    Signed(Signed),
    #[allow(dead_code, reason = "without their features there is no other format")]
    Other(Box<dyn OtherCodec>),
}

/// A format other than Pyramid's. Its methods correspond to those of [`Codec`].
pub(crate) trait OtherCodec: Send + Sync {
    fn read(&self, value: &[u8], signature: Option<&[u8]>, now: Timestamp) -> Result<(Record, Verified), Refusal>;

    fn payload<'s>(&self, record: &Record, renewal: Renewal, scratch: &'s mut Scratch) -> PayloadBuf<'s>;

    fn seal(
        &self,
        payload: PayloadBuf<'_>,
        between: (&str, &str),
        limit: usize,
        max_age: Option<Duration>,
    ) -> Result<Line, Unsealed>;

    fn seal_end_mark(&self, sessions: &[Timestamp]) -> String;

    /// Verifies the value of an end mark and returns its text.
    fn open_end_mark(&self, value: &[u8], now: Timestamp) -> Option<String>;

    /// Returns the value for a device's text, or `None` if the format does not support device-bound sessions.
    #[cfg(feature = "device-bound")]
    fn seal_device_text(&self, _: device_marks::Kind, _: &str) -> Option<String> {
        None
    }

    /// Verifies the value of a device's cookie and returns its text.
    #[cfg(feature = "device-bound")]
    fn open_device_text(&self, _: device_marks::Kind, _: &[u8]) -> Option<String> {
        None
    }

    fn max_text_len(&self) -> usize;

    fn has_signature_cookie(&self) -> bool {
        false
    }

    fn hides(&self, _: &str) -> bool {
        false
    }

    #[cfg(feature = "flask")]
    fn flash_style(&self) -> FlashStyle {
        FlashStyle::Pyramid
    }

    fn max_age(&self, _: &Record) -> MaxAge {
        MaxAge::Default
    }
}

/// The facts about a cookie whose signature was verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Verified {
    /// The index of the secret that signed it, 0 for the signing one.
    pub(crate) secret_index: usize,
    pub(crate) dates: Dates,
}

/// Which dates of the session a cookie contains. A missing `renewed` is taken as now, a missing `created` as `renewed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code, reason = "our own formats hold both")]
pub(crate) enum Dates {
    /// Both `created` and `renewed`.
    Both,
    /// Only `renewed`.
    Renewed,
    None,
}

/// A cookie value between two other texts.
pub(crate) struct Line {
    pub(crate) line: String,
    /// The value of the second cookie, `NAME.sig`. Only Express has one.
    pub(crate) signature: Option<String>,
}

/// The separator between a value and its signature if both are joined. Neither alphabet contains it.
pub(crate) const SIGNATURE_SEPARATOR: char = '.';

/// Splits a joined text into the value and its signature.
pub(crate) fn split_signature(joined: &[u8]) -> (&[u8], Option<&[u8]>) {
    match memchr::memrchr(SIGNATURE_SEPARATOR as u8, joined) {
        Some(at) => (&joined[..at], Some(&joined[at + 1..])),
        None => (joined, None),
    }
}

/// Why a session has no cookie value.
pub(crate) enum Unsealed {
    TooLarge { size: usize },
    Serializer(BoxError),
}

/// How flash messages are stored in the dict.
#[cfg(feature = "flask")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FlashStyle {
    /// Each queue has its own key.
    Pyramid,
    /// All messages are in one list under `_flashes`, each with its category.
    Flask,
}

/// How long a browser keeps a session's cookie. The content of the session may decide it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MaxAge {
    /// As long as the settings say.
    Default,
    /// Until the browser is closed.
    #[allow(dead_code, reason = "only some formats have it")]
    BrowserSession,
    For(Duration),
}

impl Codec {
    /// Reads the session in a cookie value. `signature` is the value of the second cookie, if the format has one.
    #[inline(always)] // see `Record`
    pub(crate) fn read(
        &self,
        value: &[u8],
        signature: Option<&[u8]>,
        now: Timestamp,
    ) -> Result<(Record, Verified), Refusal> {
        match self {
            Self::Signed(signed) => {
                let (record, secret_index) = signed.read(value)?;
                Ok((record, Verified { secret_index, dates: Dates::Both }))
            }
            Self::Other(codec) => codec.read(value, signature, now),
        }
    }

    /// Writes the text to sign into `scratch`.
    pub(crate) fn payload<'s>(&self, record: &Record, renewal: Renewal, scratch: &'s mut Scratch) -> PayloadBuf<'s> {
        match self {
            Self::Signed(signed) => signed.payload(record, renewal, scratch),
            Self::Other(codec) => codec.payload(record, renewal, scratch),
        }
    }

    /// Returns the cookie value of a payload, between the texts `before` and `after`. `limit` is the maximum length of
    /// the value. `max_age` is how long the browser keeps it, for a format that writes this into the value.
    pub(crate) fn seal(
        &self,
        payload: PayloadBuf<'_>,
        between: (&str, &str),
        limit: usize,
        max_age: Option<Duration>,
    ) -> Result<Line, Unsealed> {
        match self {
            Self::Signed(signed) => Ok(Line { line: signed.seal(payload, between, limit)?, signature: None }),
            Self::Other(codec) => codec.seal(payload, between, limit, max_age),
        }
    }

    /// Returns the end mark of the sessions with these `created`.
    pub(crate) fn seal_end_mark(&self, sessions: &[Timestamp]) -> String {
        match self {
            Self::Signed(signed) => signed.seal_text(&end_mark::write(sessions)),
            Self::Other(codec) => codec.seal_end_mark(sessions),
        }
    }

    /// Returns whether a value is the end mark of the session with this `created`. If the mark can be read without a
    /// key, its signature is checked only if the times agree, so that the mark of another session costs very little.
    pub(crate) fn is_end_mark_of(&self, value: &[u8], created: Timestamp, now: Timestamp) -> bool {
        let created = created.whole_micros();
        let names_it = |mark: &EndedSessions| mark.times().iter().any(|session| session.whole_micros() == created);
        self.open_end_mark(value, now, names_it).is_some()
    }

    /// Returns the sessions of an end mark, or `None` if its signature does not verify.
    pub(crate) fn ended_sessions(&self, value: &[u8], now: Timestamp) -> Option<EndedSessions> {
        self.open_end_mark(value, now, |_| true)
    }

    fn open_end_mark(
        &self,
        value: &[u8],
        now: Timestamp,
        wanted: impl Fn(&EndedSessions) -> bool,
    ) -> Option<EndedSessions> {
        let read = |text: &[u8]| end_mark::read(text).filter(&wanted);
        self.open_text(value, read, |codec| codec.open_end_mark(value, now))
    }

    /// Returns what `read` finds in the text of a value that is not a session. If the text can be read without a key, its
    /// signature is checked only if `read` finds something. `open` opens the value in a format other than Pyramid's.
    fn open_text<T>(
        &self,
        value: &[u8],
        read: impl Fn(&[u8]) -> Option<T>,
        open: impl FnOnce(&dyn OtherCodec) -> Option<String>,
    ) -> Option<T> {
        match self {
            Self::Signed(signed) => {
                let mut found = None;
                let opens = signed.opens_text_if(value, |text| {
                    found = read(text);
                    found.is_some()
                });
                found.filter(|_| opens)
            }
            Self::Other(codec) => read(open(&**codec)?.as_bytes()),
        }
    }

    /// Returns the value of the cookie that proves the device of the session with this `created`, until `until`.
    #[cfg(feature = "device-bound")]
    pub(crate) fn seal_bound(&self, created: Timestamp, until: Timestamp) -> String {
        self.seal_device_text(device_marks::Kind::Bound, &device_marks::write_bound(created, until))
    }

    /// Returns until when a value proves the device of the session with this `created`. If the value can be read
    /// without a key, its signature is checked only if the times agree.
    #[cfg(feature = "device-bound")]
    pub(crate) fn bound_until(&self, value: &[u8], created: Timestamp) -> Option<Timestamp> {
        self.open_device_text(device_marks::Kind::Bound, value, created, device_marks::read_bound)
    }

    /// Returns the value of the cookie with the public key of the session's device.
    #[cfg(feature = "device-bound")]
    pub(crate) fn seal_device_key(&self, created: Timestamp, key: &device_marks::Coordinates) -> String {
        self.seal_device_text(device_marks::Kind::Key, &device_marks::write_key(created, key))
    }

    /// Returns the public key in a value, for the session with this `created`.
    #[cfg(feature = "device-bound")]
    pub(crate) fn device_key(&self, value: &[u8], created: Timestamp) -> Option<device_marks::Coordinates> {
        self.open_device_text(device_marks::Kind::Key, value, created, device_marks::read_key)
    }

    #[cfg(feature = "device-bound")]
    fn seal_device_text(&self, kind: device_marks::Kind, text: &str) -> String {
        match self {
            Self::Signed(signed) => signed.seal_text(text),
            Self::Other(codec) => codec.seal_device_text(kind, text).expect("build() refuses the other formats"),
        }
    }

    /// Opens the value of a device's cookie. `read` returns the time of creation, which must be `created`, and the
    /// result.
    #[cfg(feature = "device-bound")]
    fn open_device_text<T>(
        &self,
        kind: device_marks::Kind,
        value: &[u8],
        created: Timestamp,
        read: impl Fn(&[u8]) -> Option<(Timestamp, T)>,
    ) -> Option<T> {
        let is_its = |(named, _): &(Timestamp, T)| named.whole_micros() == created.whole_micros();
        let found =
            self.open_text(value, |text| read(text).filter(is_its), |codec| codec.open_device_text(kind, value));
        found.map(|(_, found)| found)
    }

    /// Returns the maximum length of a session's JSON text, in bytes.
    pub(crate) fn max_text_len(&self) -> usize {
        match self {
            Self::Signed(signed) => signed.max_text_len(),
            Self::Other(codec) => codec.max_text_len(),
        }
    }

    /// Returns whether the signature is in a second cookie.
    pub(crate) fn has_signature_cookie(&self) -> bool {
        match self {
            Self::Signed(_) => false,
            Self::Other(codec) => codec.has_signature_cookie(),
        }
    }

    /// Returns whether the format uses a key of the dict for itself.
    pub(crate) fn hides(&self, key: &str) -> bool {
        match self {
            Self::Signed(_) => false,
            Self::Other(codec) => codec.hides(key),
        }
    }

    /// Returns how flash messages are stored in the dict.
    #[cfg(feature = "flask")]
    pub(crate) fn flash_style(&self) -> FlashStyle {
        match self {
            Self::Signed(_) => FlashStyle::Pyramid,
            Self::Other(codec) => codec.flash_style(),
        }
    }

    /// Returns how long a browser keeps this session's cookie.
    pub(crate) fn max_age(&self, record: &Record) -> MaxAge {
        if let Some(lifetime) = record.lifetime() {
            return MaxAge::For(lifetime);
        }
        match self {
            Self::Signed(_) => MaxAge::Default,
            Self::Other(codec) => codec.max_age(record),
        }
    }
}
