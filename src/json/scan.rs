//! Finds where things stand in a session's JSON, and reads none of it: the two times and each
//! member of the object, as spans.
//!
//! One pass, no recursion, no copy. The frame and the keys must be JSON; what a value says is
//! checked when it is read, so that one odd value harms no other.

mod container;
mod strings;

use crate::json::span::Span;
use crate::json::string;

use container::container;
use strings::{key, string as string_end};

/// `[renewed, created, {members}]`. Members are collected as what the caller makes of each.
pub(crate) struct Frame<M> {
    pub(crate) renewed: Span,
    pub(crate) created: Span,
    pub(crate) members: Vec<M>,
}

/// `"key": value`, with the key between its quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) key: Span,
    pub(crate) value: Span,
    /// Whether the key has escapes in it.
    pub(crate) escaped: bool,
}

/// The spans of a session's text; `None` where it is none.
#[inline(always)] // a frame is handed on at once
pub(crate) fn frame<M: From<Member>>(text: &str) -> Option<Frame<M>> {
    let bytes = bytes(text)?;
    let renewed_at = next(bytes, expect(bytes, 0, b'[')?);
    let renewed_end = scalar(bytes, renewed_at)?;
    let created_at = next(bytes, expect(bytes, renewed_end, b',')?);
    let created_end = scalar(bytes, created_at)?;
    let (members, at) = members(text, expect(bytes, created_end, b',')?)?;
    end(bytes, expect(bytes, at, b']')?)?;
    let (renewed, created) = (Span::new(renewed_at, renewed_end), Span::new(created_at, created_end));
    Some(Frame { renewed, created, members })
}

/// The members of an object's text; `None` where it is none.
pub(crate) fn object<M: From<Member>>(text: &str) -> Option<Vec<M>> {
    let bytes = bytes(text)?;
    let (members, at) = members(text, 0)?;
    end(bytes, at)?;
    Some(members)
}

/// The items of an array's text; `None` where it is none.
pub(crate) fn array(text: &str) -> Option<Vec<Span>> {
    let bytes = bytes(text)?;
    let mut items = Vec::new();
    let mut at = expect(bytes, 0, b'[')?;
    if let Some(empty) = expect(bytes, at, b']') {
        at = empty;
    } else {
        loop {
            let start = next(bytes, at);
            at = value(bytes, start)?;
            items.push(Span::new(start, at));
            match expect(bytes, at, b',') {
                Some(behind) => at = behind,
                None => break at = expect(bytes, at, b']')?,
            }
        }
    }
    end(bytes, at)?;
    Some(items)
}

// Each of these is told where to begin and says where what it was looking for ends. A cursor that they
// all move would live in memory, and be waited for between any two steps.

/// A text whose places a [`Span`] can hold.
fn bytes(text: &str) -> Option<&[u8]> {
    u32::try_from(text.len()).ok().map(|_| text.as_bytes())
}

/// The object at `at`, and where it ends.
fn members<M: From<Member>>(text: &str, at: usize) -> Option<(Vec<M>, usize)> {
    let bytes = text.as_bytes();
    let at = expect(bytes, at, b'{')?;
    if let Some(empty) = expect(bytes, at, b'}') {
        return Some((Vec::new(), empty));
    }
    let mut members = Vec::with_capacity(most_members(&bytes[at..]));
    let mut key_at = expect(bytes, at, b'"')?;
    loop {
        let (key_end, escaped) = key(bytes, key_at)?;
        let key = Span::new(key_at, key_end);
        if escaped && !string::is_valid(key.of(text)) {
            return None;
        }
        // As Python and this library write it first, then as JSON may be written.
        let value_at = match bytes.get(key_end + 1..)? {
            [b':', b' ', first, ..] if *first > b' ' => key_end + 3,
            _ => next(bytes, expect(bytes, key_end + 1, b':')?),
        };
        let value_end = value(bytes, value_at)?;
        members.push(M::from(Member { key, value: Span::new(value_at, value_end), escaped }));
        key_at = match bytes.get(value_end..)? {
            [b',', b' ', b'"', ..] => value_end + 3,
            _ => match expect(bytes, value_end, b',') {
                Some(behind) => expect(bytes, behind, b'"')?,
                None => return Some((members, expect(bytes, value_end, b'}')?)),
            },
        };
    }
}

/// No object has more members than half its quotes, and none is shorter than `"":1,`: one
/// allocation, whatever it holds, and no large one for a text that is all quotes.
fn most_members(text: &[u8]) -> usize {
    /// Not worth counting.
    const FEW: usize = 16;
    let most = text.len() / 5;
    if most <= FEW {
        return most;
    }
    // In pieces that no byte overflows on and no vector instruction leaves a rest of.
    let quotes = |bytes: &[u8]| bytes.iter().map(|byte| u8::from(*byte == b'"')).sum::<u8>();
    let quotes: usize = text.chunks(128).map(|bytes| usize::from(quotes(bytes))).sum();
    (quotes / 2).min(most)
}

/// The next byte that is no white space. As a rule it is this one, or the one behind a space.
#[inline(always)]
fn next(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at..) {
        Some([byte, ..]) if *byte > b' ' => at,
        Some([b' ', byte, ..]) if *byte > b' ' => at + 1,
        _ => next_further(bytes, at),
    }
}

#[cold]
fn next_further(bytes: &[u8], at: usize) -> usize {
    let is_space = |byte: &&u8| matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
    at + bytes[at.min(bytes.len())..].iter().take_while(is_space).count()
}

/// Behind this byte, if it comes next.
#[inline(always)]
fn expect(bytes: &[u8], at: usize, byte: u8) -> Option<usize> {
    let at = next(bytes, at);
    (bytes.get(at) == Some(&byte)).then_some(at + 1)
}

/// Whether nothing comes any more.
fn end(bytes: &[u8], at: usize) -> Option<()> {
    (next(bytes, at) == bytes.len()).then_some(())
}

/// To the end of the value that begins here.
#[inline(always)]
fn value(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at)? {
        b'"' => string_end(bytes, at + 1),
        b'[' | b'{' => container(bytes, at),
        _ => scalar(bytes, at),
    }
}

/// To the end of a number or a word. Python's `NaN` and `-Infinity` pass here.
#[inline(always)]
fn scalar(bytes: &[u8], at: usize) -> Option<usize> {
    let mut end = at;
    while let Some(eight) = bytes.get(end..)?.first_chunk::<8>() {
        if let Some(len) = eight.iter().position(|byte| !IN_SCALAR[usize::from(*byte)]) {
            return (end + len > at).then_some(end + len);
        }
        end += 8;
    }
    end += bytes.get(end..)?.iter().take_while(|byte| IN_SCALAR[usize::from(**byte)]).count();
    (end > at).then_some(end)
}

/// What numbers and words are made of: looked up, a byte takes half as long as compared.
static IN_SCALAR: [bool; 256] = {
    let mut in_scalar = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        in_scalar[byte as usize] = byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+');
        byte += 1;
    }
    in_scalar
};

#[cfg(test)]
mod tests;
