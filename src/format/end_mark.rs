//! The text of an end mark, `["ended", created]`: which session ended, by the time it was created.
//!
//! A session's text begins with a number and this one with a string, so that neither can be taken for the other.
//! Knows nothing of signatures.

use crate::format::timestamp::Timestamp;

const BEFORE: &str = "[\"ended\", ";
const AFTER: &str = "]";

/// No text of an end mark is longer: a time has at most some forty digits.
const MAX_LEN: usize = 64;

/// The text for a session that was created then.
pub(crate) fn write(created: Timestamp) -> String {
    format!("{BEFORE}{created}{AFTER}")
}

/// When the session was created that a text says has ended; `None` if it is no end mark.
pub(crate) fn read(text: &[u8]) -> Option<Timestamp> {
    let text = text.strip_prefix(BEFORE.as_bytes())?.strip_suffix(AFTER.as_bytes())?;
    Timestamp::parse(std::str::from_utf8(text).ok().filter(|text| text.len() <= MAX_LEN)?)
}
