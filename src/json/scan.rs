//! Finds the two times and the members of the object in a session's JSON, and returns their positions as spans.
//!
//! It does not copy text, and it is not recursive. The frame and the keys must be JSON. A value is checked when it is
//! read, so that an odd value does not affect the others.
//!
//! Most functions are `inline(always)`. With `inline` instead, reading a session takes longer: by 4 to 6 % of the time
//! that its signature with SHA-256 takes, and by up to 60 % with no attribute at all.

mod blocks;
#[cfg(test)]
mod oracle;
mod quotes;

use crate::json::span::Span;
use crate::json::string;

use blocks::LANE;
use quotes::{Cursor, Masks, Quotes};

/// `[renewed, created, {members}]`.
pub(crate) struct Frame {
    pub(crate) renewed: Span,
    pub(crate) created: Span,
    pub(crate) members: Members,
}

/// `"key": value`, with the key between its quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) key: Span,
    pub(crate) value: Span,
}

/// The members of an object, and facts about all keys.
#[derive(Debug, Default)]
pub(crate) struct Members {
    pub(crate) list: Vec<Member>,
    pub(crate) key_lens: KeyLens,
    /// Whether any key contains escapes.
    pub(crate) has_escapes: bool,
}

/// The lengths of the keys in the text, so that a key of another length is known to be missing. Lengths that are equal
/// modulo 64 are treated as the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct KeyLens(u64);

impl KeyLens {
    #[inline]
    pub(crate) fn add(&mut self, len: usize) {
        self.0 |= 1 << (len % 64);
    }

    #[inline]
    pub(crate) fn may_have(self, len: usize) -> bool {
        self.0 >> (len % 64) & 1 == 1
    }
}

/// Returns the spans of a session's text, which is the first `len` bytes of `padded`. Returns `None` if it is not a
/// session or not UTF-8. Up to [`PADDING`] zeros after the text make the scan faster.
pub(crate) fn frame(padded: &[u8], len: usize) -> Option<Frame> {
    let text = &padded[..len];
    u32::try_from(len).ok()?;
    let renewed_at = next(padded, expect(padded, 0, b'[')?);
    let renewed_end = scalar(padded, renewed_at)?;
    let created_at = next(padded, expect(padded, renewed_end, b',')?);
    let created_end = scalar(padded, created_at)?;
    let mut masks = Masks::default();
    let quotes = Quotes::new(text, &mut masks);
    if !quotes.is_utf8() {
        return None;
    }
    let (members, at) = members(padded, expect(padded, created_end, b',')?, quotes)?;
    end(padded, expect(padded, at, b']')?, len)?;
    let (renewed, created) = (Span::new(renewed_at, renewed_end), Span::new(created_at, created_end));
    Some(Frame { renewed, created, members })
}

/// Returns the members of an object's text, or `None` if it is not an object.
pub(crate) fn object(text: &str) -> Option<Members> {
    let bytes = bytes(text)?;
    let mut masks = Masks::default();
    let (members, at) = members(bytes, 0, Quotes::new(bytes, &mut masks))?;
    end(bytes, at, bytes.len())?;
    Some(members)
}

/// Returns the items of an array's text, or `None` if it is not an array.
pub(crate) fn array(text: &str) -> Option<Vec<Span>> {
    let bytes = bytes(text)?;
    let mut masks = Masks::default();
    let mut quotes = Quotes::new(bytes, &mut masks);
    let mut cursor = quotes.cursor();
    let mut items = Vec::new();
    let mut at = expect(bytes, 0, b'[')?;
    if let Some(empty) = expect(bytes, at, b']') {
        at = empty;
    } else {
        loop {
            let start = next(bytes, at);
            at = value(bytes, start, &mut quotes, &mut cursor)?;
            items.push(Span::new(start, at));
            match expect(bytes, at, b',') {
                Some(behind) => at = behind,
                None => break at = expect(bytes, at, b']')?,
            }
        }
    }
    end(bytes, at, bytes.len())?;
    Some(items)
}

// Most of the functions below start at the position `at`, and return the position where the thing that they scan ends.

/// Returns the bytes of a text that is short enough for a [`Span`].
fn bytes(text: &str) -> Option<&[u8]> {
    u32::try_from(text.len()).ok().map(|_| text.as_bytes())
}

/// The length of a key's closing quote, a colon and a space, a short value, and the four bytes after it, which should
/// begin with a comma, a space and a quote. They are read together, so that the end of the text is checked once.
const WINDOW: usize = 3 + LANE + 4;

/// The number of zeros that must follow a text, so that its last member can be scanned like the others.
pub(crate) const PADDING: usize = WINDOW;

/// The text after a key as Python and this library write it, with the first byte lowest.
const COLON: u32 = u32::from_le_bytes(*b"\": \0");

/// The text before the next key.
const COMMA: u32 = u32::from_le_bytes(*b", \"\0");

/// A mask for the first three of four bytes.
const THREE: u32 = 0xff_ffff;

/// Returns the members of the object at `at`, and where it ends. `text` may have zeros at its end, which `quotes` does
/// not cover.
fn members(text: &[u8], at: usize, mut quotes: Quotes<'_>) -> Option<(Members, usize)> {
    let at = expect(text, at, b'{')?;
    if let Some(empty) = expect(text, at, b'}') {
        return Some((Members::default(), empty));
    }
    let mut cursor = quotes.cursor();
    let mut list = Vec::with_capacity(most_members(text.len() - at, &quotes));
    let (mut key_lens, mut has_escapes) = (KeyLens::default(), false);
    let mut key_at = expect(text, at, b'"')?;
    loop {
        quotes.pass(&mut cursor, key_at - 1)?;
        let key_end = quotes.next(&mut cursor)?;
        if quotes.may_be_odd(key_at, key_end) {
            has_escapes |= is_escaped(&text[key_at..key_end])?;
        }
        key_lens.add(key_end - key_at);
        let key = Span::new(key_at, key_end);
        // Tries the layout of Python and of this library first, and then any other layout.
        let window: Option<&[u8; WINDOW]> = text.get(key_end..)?.first_chunk();
        let mut value_at = key_end + 3;
        let value_end = match window {
            Some(window) if four(window, 0) & THREE == COLON => match window[3] {
                b'"' => {
                    quotes.pass(&mut cursor, value_at)?;
                    quotes.next(&mut cursor)? + 1
                }
                b'[' | b'{' => {
                    let end;
                    (end, cursor) = quotes.container(cursor, value_at)?;
                    end
                }
                _ => {
                    let len = scalar_len(window[3..].first_chunk().expect("a window is longer"));
                    if len > 0 && four(window, 3 + len) & THREE == COMMA {
                        let value_end = value_at + len;
                        list.push(Member { key, value: Span::new(value_at, value_end) });
                        key_at = value_end + 3;
                        continue;
                    }
                    value_at = next(text, value_at);
                    value(text, value_at, &mut quotes, &mut cursor)?
                }
            },
            _ => {
                value_at = next(text, expect(text, key_end + 1, b':')?);
                value(text, value_at, &mut quotes, &mut cursor)?
            }
        };
        list.push(Member { key, value: Span::new(value_at, value_end) });
        key_at = match text.get(value_end..)?.first_chunk::<4>() {
            Some(behind) if four(behind, 0) & THREE == COMMA => value_end + 3,
            _ => match expect(text, value_end, b',') {
                Some(behind) => expect(text, behind, b'"')?,
                None => return Some((Members { list, key_lens, has_escapes }, expect(text, value_end, b'}')?)),
            },
        };
    }
}

/// Returns four bytes as one number, with the first byte lowest.
#[inline(always)]
fn four<const LEN: usize>(window: &[u8; LEN], at: usize) -> u32 {
    u32::from_le_bytes(*window[at..].first_chunk().expect("a window is longer"))
}

/// Returns whether a key contains escapes, or `None` if the text between its quotes is not valid JSON.
#[inline(never)]
fn is_escaped(key: &[u8]) -> Option<bool> {
    let key = std::str::from_utf8(key).ok()?;
    string::is_valid(key).then(|| key.contains('\\'))
}

/// Returns the capacity for the members of an object. An object has at most half as many members as quotes, and a
/// member has at least the length of `"":1,`. So one allocation is enough, and a text of quotes allocates little.
fn most_members(len: usize, quotes: &Quotes) -> usize {
    /// A capacity that is small enough to allocate without counting.
    const FEW: usize = 16;
    let most = len / 5;
    if most <= FEW { most } else { most.min(quotes.count() / 2) }
}

/// Returns the position of the next byte that is not white space. Usually it is this byte, or the one after a space.
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

/// Returns the position after `byte`, if it is the next byte.
#[inline(always)]
fn expect(bytes: &[u8], at: usize, byte: u8) -> Option<usize> {
    let at = next(bytes, at);
    (bytes.get(at) == Some(&byte)).then_some(at + 1)
}

/// Returns `Some` if only white space is left before `len`.
fn end(bytes: &[u8], at: usize, len: usize) -> Option<()> {
    (next(bytes, at) == len).then_some(())
}

/// Returns where the value at `at` ends.
#[inline(always)]
fn value(text: &[u8], at: usize, quotes: &mut Quotes, cursor: &mut Cursor) -> Option<usize> {
    match text.get(at)? {
        b'"' => {
            quotes.pass(cursor, at)?;
            Some(quotes.next(cursor)? + 1)
        }
        b'[' | b'{' => {
            let end;
            (end, *cursor) = quotes.container(*cursor, at)?;
            Some(end)
        }
        _ => scalar(text, at),
    }
}

/// Returns where a number or a word ends. Python's `NaN` and `-Infinity` are accepted here.
#[inline(always)]
fn scalar(text: &[u8], at: usize) -> Option<usize> {
    match text.get(at..)?.first_chunk::<LANE>() {
        Some(lane) => match scalar_len(lane) {
            0 => None,
            LANE => long_scalar(text, at + LANE),
            len => Some(at + len),
        },
        None => long_scalar(text, at).filter(|end| *end > at),
    }
}

/// Returns how many bytes at the start of a vector belong to a scalar.
#[inline(always)]
fn scalar_len(lane: &[u8; LANE]) -> usize {
    (!blocks::scalar(lane)).trailing_zeros() as usize
}

/// Returns where a scalar ends that is longer than a vector, or at the end of the text.
#[inline(never)]
fn long_scalar(text: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let rest = text.get(at..)?;
        let Some(lane) = rest.first_chunk::<LANE>() else { break };
        let len = scalar_len(lane);
        at += len;
        if len < LANE {
            return Some(at);
        }
    }
    let rest = text.len() - at;
    match text.last_chunk::<LANE>() {
        Some(last) => Some(at + ((!blocks::scalar(last) >> (LANE - rest)).trailing_zeros() as usize).min(rest)),
        None => {
            let in_scalar = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+');
            Some(at + text[at..].iter().take_while(in_scalar).count())
        }
    }
}

#[cfg(test)]
mod tests;
