//! Finds the factory's cookies in the `Cookie` headers of a request.
//!
//! It searches for names, which is faster than parsing the header into a jar. It never fails: text that is not a pair
//! is ignored.

use crate::format::envelope::MAX_VALUE_LEN;
use crate::session::policy::{MAX_OTHERS, MAX_VALUES, Role};

/// The cookie names that a factory looks for.
pub(crate) struct CookieNames {
    session: Box<str>,
    /// The names of the other cookies, each with its role.
    others: Box<[(Box<str>, Role)]>,
}

impl CookieNames {
    pub(crate) fn new(session: &str, others: impl IntoIterator<Item = (String, Role)>) -> Self {
        let others = others.into_iter().map(|(name, role)| (name.into(), role));
        Self { session: session.into(), others: others.collect() }
    }

    /// Returns the role and the value of a `name=value` pair, or `None` for another program's cookie.
    fn find<'h>(&self, pair: &'h [u8]) -> Option<(Role, &'h [u8])> {
        let pair = trim_start(pair);
        let value = |name: &str| trim_start(pair.strip_prefix(name.as_bytes())?).strip_prefix(b"=");
        let (role, value) = value(&self.session)
            .map(|value| (Role::Session, value))
            .or_else(|| self.others.iter().find_map(|(name, role)| Some((*role, value(name)?))))?;
        Some((role, unquoted(trim_end(trim_start(value)))))
    }
}

/// The first [`MAX_VALUES`] session cookies of a request, and the first [`MAX_OTHERS`] of the factory's other cookies,
/// in the order of the request.
pub(crate) struct Cookies<'h> {
    sessions: [&'h [u8]; MAX_VALUES],
    session_count: usize,
    /// `None` in most requests, which saves clearing the array.
    others: Option<[(Role, &'h [u8]); MAX_OTHERS]>,
    other_count: usize,
}

impl<'h> Cookies<'h> {
    /// Searches `Cookie` header values. A request may have several (RFC 9113 section 8.2.3).
    pub(crate) fn find(names: &CookieNames, headers: impl IntoIterator<Item = &'h [u8]>) -> Self {
        let mut found = Self { sessions: [b""; MAX_VALUES], session_count: 0, others: None, other_count: 0 };
        for header in headers {
            for (role, value) in pairs(header).filter_map(|pair| names.find(pair)) {
                // A value that is too long is refused in any case, and so is an empty one, which costs less.
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

    /// Returns the cookies that were found, the session cookies first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Role, &'h [u8])> + Clone {
        let sessions = self.sessions[..self.session_count].iter().map(|value| (Role::Session, *value));
        let others = self.others.as_ref().map_or(&[][..], |others| &others[..self.other_count]);
        sessions.chain(others.iter().copied())
    }
}

/// Splits a header at its semicolons.
fn pairs(header: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(header);
    std::iter::from_fn(move || {
        let header = rest?;
        let end = memchr::memchr(b';', header);
        rest = end.map(|end| &header[end + 1..]);
        Some(&header[..end.unwrap_or(header.len())])
    })
}

// Only spaces and tabs around a name or value are removed (RFC 6265bis section 5.6). If a form feed stands before a
// `__Host-` name, browsers do not enforce the prefix, and a sibling domain may set the cookie. So it must be a
// different name here too.

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

/// Removes one pair of double quotes, which is not part of the value (RFC 6265 section 4.1.1).
fn unquoted(value: &[u8]) -> &[u8] {
    match value {
        [b'"', value @ .., b'"'] => value,
        value => value,
    }
}
