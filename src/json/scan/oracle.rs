//! A scanner that reads one byte at a time. The real scanner must accept the same texts and find the same members.

use crate::json::span::Span;
use crate::json::string as json_string;

pub(super) struct Frame {
    pub(super) renewed: Span,
    pub(super) created: Span,
    pub(super) members: Vec<Member>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) key: Span,
    pub(super) value: Span,
    /// Whether the key contains escapes.
    pub(super) escaped: bool,
}

/// Returns the spans of a session's text, or `None` if it is not a session.
pub(super) fn frame(text: &str) -> Option<Frame> {
    let (renewed, at) = number(text, expect(text, 0, b'[')?)?;
    let (created, at) = number(text, expect(text, at, b',')?)?;
    let (members, at) = members(text, expect(text, at, b',')?)?;
    end(text, expect(text, at, b']')?)?;
    Some(Frame { renewed, created, members })
}

/// Returns the members of an object's text, or `None` if it is not an object.
pub(super) fn object(text: &str) -> Option<Vec<Member>> {
    let (members, at) = members(text, 0)?;
    end(text, at)?;
    Some(members)
}

/// Returns the items of an array's text, or `None` if it is not an array.
pub(super) fn array(text: &str) -> Option<Vec<Span>> {
    let mut items = Vec::new();
    let mut at = expect(text, 0, b'[')?;
    if let Some(empty) = expect(text, at, b']') {
        end(text, empty)?;
        return Some(items);
    }
    loop {
        let start = next(text, at);
        at = value(text, start)?;
        items.push(Span::new(start, at));
        match expect(text, at, b',') {
            Some(behind) => at = behind,
            None => break,
        }
    }
    end(text, expect(text, at, b']')?)?;
    Some(items)
}

// Each of these functions gets a start position, and returns the position where the thing that it scans ends.

fn members(text: &str, at: usize) -> Option<(Vec<Member>, usize)> {
    let mut members = Vec::new();
    let mut at = expect(text, at, b'{')?;
    if let Some(empty) = expect(text, at, b'}') {
        return Some((members, empty));
    }
    loop {
        let key_at = expect(text, at, b'"')?;
        let key = Span::new(key_at, string(text, key_at)? - 1);
        if !json_string::is_valid(key.of(text)) {
            return None;
        }
        let value_at = next(text, expect(text, key.end() + 1, b':')?);
        at = value(text, value_at)?;
        members.push(Member { key, value: Span::new(value_at, at), escaped: key.of(text).contains('\\') });
        match expect(text, at, b',') {
            Some(behind) => at = behind,
            None => return Some((members, expect(text, at, b'}')?)),
        }
    }
}

/// Returns the position of the next byte that is not white space.
fn next(text: &str, mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = text.as_bytes().get(at) {
        at += 1;
    }
    at
}

/// Returns the position after `byte`, if it is the next byte.
fn expect(text: &str, at: usize, byte: u8) -> Option<usize> {
    let at = next(text, at);
    (text.as_bytes().get(at) == Some(&byte)).then_some(at + 1)
}

/// Returns `Some` if only white space is left.
fn end(text: &str, at: usize) -> Option<()> {
    (next(text, at) == text.len()).then_some(())
}

fn number(text: &str, at: usize) -> Option<(Span, usize)> {
    let start = next(text, at);
    let end = scalar(text, start)?;
    Some((Span::new(start, end), end))
}

fn value(text: &str, at: usize) -> Option<usize> {
    match text.as_bytes().get(at)? {
        b'"' => string(text, at + 1),
        b'[' | b'{' => container(text, at),
        _ => scalar(text, at),
    }
}

fn scalar(text: &str, at: usize) -> Option<usize> {
    let mut end = at;
    while let Some(b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'.' | b'-' | b'+') = text.as_bytes().get(end) {
        end += 1;
    }
    (end > at).then_some(end)
}

/// `at` is after the opening quote, and the result is after the closing quote.
fn string(text: &str, mut at: usize) -> Option<usize> {
    loop {
        match text.as_bytes().get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

fn container(text: &str, mut at: usize) -> Option<usize> {
    let mut depth = 0_usize;
    loop {
        let byte = text.as_bytes().get(at)?;
        at += 1;
        match byte {
            b'"' => at = string(text, at)?,
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
    }
}
