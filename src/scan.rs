//! Finds where things stand in a session's JSON, and reads none of it: the two times and each
//! member of the object, as spans.
//!
//! One pass, no recursion, no copy. The frame and the keys must be JSON; what a value says is
//! checked when it is read, so that one odd value harms no other.

use crate::key;
use crate::span::Span;

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
    let mut at = expect(bytes, at, b'{')?;
    if let Some(empty) = expect(bytes, at, b'}') {
        return Some((Vec::new(), empty));
    }
    let mut members = Vec::with_capacity(most_members(&bytes[at..]));
    loop {
        let key_at = expect(bytes, at, b'"')?;
        let (key_end, escaped) = key(bytes, key_at)?;
        let key = Span::new(key_at, key_end);
        if escaped && !key::is_valid(key.of(text)) {
            return None;
        }
        let value_at = next(bytes, expect(bytes, key_end + 1, b':')?);
        let value_end = value(bytes, value_at)?;
        members.push(M::from(Member { key, value: Span::new(value_at, value_end), escaped }));
        match expect(bytes, value_end, b',') {
            Some(behind) => at = behind,
            None => return Some((members, expect(bytes, value_end, b'}')?)),
        }
    }
}

/// No object has more members than half its quotes, and none is shorter than `"":1,`: one
/// allocation, whatever it holds, and no large one for a text that is all quotes.
fn most_members(text: &[u8]) -> usize {
    // Counted in bytes, 255 at a time, which the compiler makes vector instructions of.
    let quotes = |bytes: &[u8]| bytes.iter().map(|byte| u8::from(*byte == b'"')).sum::<u8>();
    let quotes: usize = text.chunks(255).map(|bytes| usize::from(quotes(bytes))).sum();
    (quotes / 2).min(text.len() / 5)
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

/// To a key's closing quote, and whether there are escapes before it.
#[inline(always)]
fn key(bytes: &[u8], mut at: usize) -> Option<(usize, bool)> {
    let mut escaped = false;
    loop {
        at += key_stop(bytes.get(at..)?)?;
        match bytes[at] {
            b'"' => return Some((at, escaped)),
            b'\\' => escaped = true,
            _ => return None,
        }
        at += 2;
    }
}

/// To the end of the value that begins here.
#[inline(always)]
fn value(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at)? {
        b'"' => string(bytes, at + 1),
        b'[' | b'{' => container(bytes, at),
        _ => scalar(bytes, at),
    }
}

/// To the end of a number or a word. Python's `NaN` and `-Infinity` pass here.
#[inline(always)]
fn scalar(bytes: &[u8], at: usize) -> Option<usize> {
    let is_part = |byte: &&u8| matches!(byte, b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'.' | b'-' | b'+');
    let len = bytes.get(at..)?.iter().take_while(is_part).count();
    (len > 0).then_some(at + len)
}

/// To the end of an array or object: brackets are counted, not stacked, however deep they go.
fn container(bytes: &[u8], mut at: usize) -> Option<usize> {
    let mut depth = 0_usize;
    loop {
        let byte = *bytes.get(at)?;
        at += 1;
        match byte {
            b'"' => at = string(bytes, at)?,
            b'[' | b'{' => depth += 1,
            b']' | b'}' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
}

/// From behind a string's opening quote to behind its closing one.
#[inline(always)]
fn string(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += string_stop(bytes.get(at..)?)?;
        if bytes[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// The first `"`, `\` or control character.
#[inline(always)]
fn key_stop(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    while let Some(word) = word(text, at) {
        let controls = word.wrapping_sub(every(b' ')) & !word & every(0x80);
        if let Some(stop) = first(stops(word) | controls) {
            return Some(at + stop);
        }
        at += 8;
    }
    text[at..].iter().position(|byte| matches!(byte, b'"' | b'\\' | ..b' ')).map(|stop| at + stop)
}

/// The first `"` or `\`. Most strings are short; the search for the end of a long one is faster once
/// it runs, and slower to start.
#[inline(always)]
fn string_stop(text: &[u8]) -> Option<usize> {
    for at in [0, 8, 16] {
        let Some(word) = word(text, at) else { break };
        if let Some(stop) = first(stops(word)) {
            return Some(at + stop);
        }
    }
    memchr::memchr2(b'"', b'\\', text)
}

/// Eight bytes at once.
#[inline(always)]
fn word(text: &[u8], at: usize) -> Option<u64> {
    let eight = text.get(at..at + 8)?;
    Some(u64::from_le_bytes(eight.try_into().expect("eight bytes are eight bytes")))
}

#[inline(always)]
const fn stops(word: u64) -> u64 {
    zero_bytes(word ^ every(b'"')) | zero_bytes(word ^ every(b'\\'))
}

/// The first byte whose high bit is set.
#[inline(always)]
fn first(bits: u64) -> Option<usize> {
    (bits != 0).then(|| bits.trailing_zeros() as usize / 8)
}

const fn every(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// The high bit of each byte that is zero, exact up to the first one (Mycroft's test).
const fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(every(1)) & !word & every(0x80)
}

#[cfg(test)]
mod tests;
