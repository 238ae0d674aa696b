//! The cookie in a request: finds the values that stand under one name in `Cookie` headers.
//!
//! Scans for the name instead of parsing the header into a jar. Never fails: what is no pair is
//! passed over.

use crate::format::envelope::MAX_VALUE_LEN;
use crate::session::policy::MAX_VALUES;

/// The first [`MAX_VALUES`] values of one cookie name, in the order they came.
pub(crate) struct Values<'h> {
    values: [&'h [u8]; MAX_VALUES],
    found: usize,
}

impl<'h> Values<'h> {
    /// Scans `Cookie` header values, any number of which may make up one request (RFC 9113 section
    /// 8.2.3).
    pub(crate) fn find(name: &str, headers: impl IntoIterator<Item = &'h [u8]>) -> Self {
        let mut found = Self { values: [b""; MAX_VALUES], found: 0 };
        for header in headers {
            for value in pairs(header, name.as_bytes()) {
                if found.found == MAX_VALUES {
                    return found;
                }
                // What is over-long is refused however it ends: there is no need to carry it on, and
                // an empty value is refused as well.
                found.values[found.found] = if value.len() > MAX_VALUE_LEN { b"" } else { value };
                found.found += 1;
            }
        }
        found
    }

    pub(crate) fn as_slice(&self) -> &[&'h [u8]] {
        &self.values[..self.found]
    }
}

/// The values of the pairs of that name. Spaces and tabs around name and value are no part of them
/// (RFC 6265bis section 5.6, which servers follow as well); quotes are.
///
/// No other white space: a browser that stores a name with a form feed before it does not see what its
/// prefix promises, and a sibling domain may set it. To us it must be another name as well.
fn pairs<'h>(header: &'h [u8], name: &[u8]) -> impl Iterator<Item = &'h [u8]> {
    let mut rest = Some(header);
    let pairs = std::iter::from_fn(move || {
        let header = rest?;
        let end = memchr::memchr(b';', header);
        rest = end.map(|end| &header[end + 1..]);
        Some(&header[..end.unwrap_or(header.len())])
    });
    pairs.filter_map(move |pair| {
        let value = trim_start(trim_start(pair).strip_prefix(name)?).strip_prefix(b"=")?;
        Some(trim_end(trim_start(value)))
    })
}

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
