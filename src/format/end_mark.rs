//! The text of an end mark, `["ended", created]`. It names the ended session by its time of creation.
//!
//! A session's text begins with a number and this text with a string, so that they cannot be confused. This module must
//! not depend on signatures.

use crate::format::timestamp::Timestamp;

const BEFORE: &str = "[\"ended\", ";
const AFTER: &str = "]";

/// The longest text of an end mark. A time has at most about forty digits.
const MAX_LEN: usize = 64;

/// Writes the end mark of the session with this `created`.
pub(crate) fn write(created: Timestamp) -> String {
    format!("{BEFORE}{created}{AFTER}")
}

/// Reads the `created` of the session that ended. Returns `None` if the text is not an end mark.
pub(crate) fn read(text: &[u8]) -> Option<Timestamp> {
    let text = text.strip_prefix(BEFORE.as_bytes())?.strip_suffix(AFTER.as_bytes())?;
    Timestamp::parse(std::str::from_utf8(text).ok().filter(|text| text.len() <= MAX_LEN)?)
}
