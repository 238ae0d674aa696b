//! The cookies in a request: finds those of ours in `Cookie` headers.
//!
//! Scans for names instead of parsing the header into a jar. Never fails: what is not a pair is passed over.

use crate::format::envelope::MAX_VALUE_LEN;
use crate::session::policy::{MAX_OTHERS, MAX_VALUES, Role};

/// The cookie names that a factory looks for.
pub(crate) struct CookieNames {
    session: Box<str>,
    /// The others, each by what it is to us.
    others: Box<[(Box<str>, Role)]>,
}

impl CookieNames {
    pub(crate) fn new(session: &str, others: impl IntoIterator<Item = (String, Role)>) -> Self {
        let others = others.into_iter().map(|(name, role)| (name.into(), role));
        Self { session: session.into(), others: others.collect() }
    }

    /// The value and the role of a `name=value` pair; `None` for another program's cookie.
    fn find<'h>(&self, pair: &'h [u8]) -> Option<(Role, &'h [u8])> {
        let pair = trim_start(pair);
        let value = |name: &str| trim_start(pair.strip_prefix(name.as_bytes())?).strip_prefix(b"=");
        let (role, value) = value(&self.session)
            .map(|value| (Role::Session, value))
            .or_else(|| self.others.iter().find_map(|(name, role)| Some((*role, value(name)?))))?;
        Some((role, unquoted(trim_end(trim_start(value)))))
    }
}

/// The first [`MAX_VALUES`] session cookies of a request and the first [`MAX_OTHERS`] others of ours, in the order they
/// came.
pub(crate) struct Cookies<'h> {
    sessions: [&'h [u8]; MAX_VALUES],
    session_count: usize,
    /// Most requests carry none, and clearing the room would cost them all the same.
    others: Option<[(Role, &'h [u8]); MAX_OTHERS]>,
    other_count: usize,
}

impl<'h> Cookies<'h> {
    /// Scans `Cookie` header values, any number of which may make up one request (RFC 9113 section 8.2.3).
    pub(crate) fn find(names: &CookieNames, headers: impl IntoIterator<Item = &'h [u8]>) -> Self {
        let mut found = Self { sessions: [b""; MAX_VALUES], session_count: 0, others: None, other_count: 0 };
        for header in headers {
            for (role, value) in pairs(header).filter_map(|pair| names.find(pair)) {
                // What is over-long is refused however it ends: there is no need to carry it on, and
                // an empty value is refused as well.
                let value = if value.len() > MAX_VALUE_LEN { b"" } else { value };
                if role == Role::Session {
                    if let Some(place) = found.sessions.get_mut(found.session_count) {
                        *place = value;
                        found.session_count += 1;
                    }
                } else if found.other_count < MAX_OTHERS {
                    let others = found.others.get_or_insert([(Role::Session, b""); MAX_OTHERS]);
                    others[found.other_count] = (role, value);
                    found.other_count += 1;
                }
            }
        }
        found
    }

    /// What was found, the session cookies first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Role, &'h [u8])> + Clone {
        let sessions = self.sessions[..self.session_count].iter().map(|value| (Role::Session, *value));
        let others = self.others.as_ref().map_or(&[][..], |others| &others[..self.other_count]);
        sessions.chain(others.iter().copied())
    }
}

/// The pairs of a header, as they stand between its semicolons.
fn pairs(header: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(header);
    std::iter::from_fn(move || {
        let header = rest?;
        let end = memchr::memchr(b';', header);
        rest = end.map(|end| &header[end + 1..]);
        Some(&header[..end.unwrap_or(header.len())])
    })
}

// Spaces and tabs around name and value are no part of them (RFC 6265bis section 5.6, which servers follow as well). No
// other white space: a browser that stores a name with a form feed before it does not see what its prefix promises, and
// a sibling domain may set it. To us it must be another name as well.

fn trim_start(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = text {
        text = rest;
    }
    text
}

fn trim_end(mut text: &[u8]) -> &[u8] {
    while let [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

/// A value may stand in one pair of double quotes (RFC 6265 section 4.1.1), which are no part of it.
fn unquoted(value: &[u8]) -> &[u8] {
    match value {
        [b'"', value @ .., b'"'] => value,
        value => value,
    }
}
