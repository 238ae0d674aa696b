//! The text of an end mark, `["ended", created]`, which names the session that ended by its time of creation. A browser
//! keeps only one mark, so a mark can also name sessions that ended before: `["ended", created, earlier, …]`.
//!
//! A session's text begins with a number and this text with a string, so that they cannot be confused. This module must
//! not depend on signatures.

use crate::format::timestamp::Timestamp;

const BEFORE: &str = "[\"ended\", ";
const BETWEEN: &str = ", ";
const AFTER: &str = "]";

/// The maximum number of sessions in a mark. The oldest ones are dropped.
pub(crate) const MAX_SESSIONS: usize = 4;

/// The longest text of a time in an end mark. A time has at most about forty digits.
const MAX_TIME_LEN: usize = 64;

/// Writes the end mark of the sessions with these `created`.
pub(crate) fn write(sessions: &[Timestamp]) -> String {
    let sessions: Vec<String> = sessions.iter().map(Timestamp::to_string).collect();
    [BEFORE, &sessions.join(BETWEEN), AFTER].concat()
}

/// The `created` of the sessions in an end mark. It needs no allocation, because an old mark comes with every request.
pub(crate) struct EndedSessions {
    times: [Timestamp; MAX_SESSIONS],
    len: usize,
}

impl EndedSessions {
    pub(crate) fn times(&self) -> &[Timestamp] {
        &self.times[..self.len]
    }
}

/// Reads the `created` of the sessions that ended. Returns `None` if the text is not an end mark.
pub(crate) fn read(text: &[u8]) -> Option<EndedSessions> {
    let text = text.strip_prefix(BEFORE.as_bytes())?.strip_suffix(AFTER.as_bytes())?;
    let parse = |time: &str| if time.len() <= MAX_TIME_LEN { Timestamp::parse(time) } else { None };
    let mut texts = std::str::from_utf8(text).ok()?.split(BETWEEN);
    let mut sessions = EndedSessions { times: [parse(texts.next()?)?; MAX_SESSIONS], len: 1 };
    for time in texts {
        *sessions.times.get_mut(sessions.len)? = parse(time)?;
        sessions.len += 1;
    }
    Some(sessions)
}
