//! Finds where things stand in a session's JSON, and reads none of it: the two times and each
//! member of the object, as spans.
//!
//! No recursion, no copy. The frame and the keys must be JSON; what a value says is checked when it
//! is read, so that one odd value harms no other.

mod blocks;
#[cfg(test)]
mod oracle;
mod quotes;

use crate::json::span::Span;
use crate::json::string;

use blocks::LANE;
use quotes::{Cursor, Masks, Quotes};

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
    let mut masks = Masks::default();
    let (mut quotes, mut cursor) = Quotes::new(bytes, &mut masks);
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
    end(bytes, at)?;
    Some(items)
}

// Each of these is told where to begin, and returns where what it was looking for ends.

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
    let mut masks = Masks::default();
    let (mut quotes, mut cursor) = Quotes::new(bytes, &mut masks);
    let mut members = Vec::with_capacity(most_members(bytes.len() - at, &quotes));
    let mut key_at = expect(bytes, at, b'"')?;
    loop {
        if quotes.next(&mut cursor)? + 1 != key_at {
            return None;
        }
        let key_end = quotes.next(&mut cursor)?;
        let key = Span::new(key_at, key_end);
        let escaped = quotes.may_be_odd(key_at, key_end) && has_escapes(key.of(text))?;
        // As Python and this library write it first, then as JSON may be written.
        let value_at = match four(bytes, key_end) {
            Some([b'"', b':', b' ', first]) if *first > b' ' => key_end + 3,
            _ => next(bytes, expect(bytes, key_end + 1, b':')?),
        };
        let value_end = value(bytes, value_at, &mut quotes, &mut cursor)?;
        members.push(M::from(Member { key, value: Span::new(value_at, value_end), escaped }));
        key_at = match four(bytes, value_end) {
            Some([b',', b' ', b'"', _]) => value_end + 3,
            _ => match expect(bytes, value_end, b',') {
                Some(behind) => expect(bytes, behind, b'"')?,
                None => return Some((members, expect(bytes, value_end, b'}')?)),
            },
        };
    }
}

#[inline(always)]
fn four(bytes: &[u8], at: usize) -> Option<&[u8; 4]> {
    bytes.get(at..)?.first_chunk()
}

/// Whether a key has escapes; `None` where JSON does not allow what stands between its quotes.
#[inline(never)]
fn has_escapes(key: &str) -> Option<bool> {
    string::is_valid(key).then(|| key.contains('\\'))
}

/// No object has more members than half its quotes, and none is shorter than `"":1,`: one
/// allocation, whatever it holds, and no large one for a text that is all quotes.
fn most_members(len: usize, quotes: &Quotes) -> usize {
    /// Not worth counting.
    const FEW: usize = 16;
    let most = len / 5;
    if most <= FEW { most } else { most.min(quotes.count() / 2) }
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
fn value(bytes: &[u8], at: usize, quotes: &mut Quotes, cursor: &mut Cursor) -> Option<usize> {
    match bytes.get(at)? {
        b'"' => {
            let is_next = quotes.next(cursor)? == at;
            let end = quotes.next(cursor)?;
            is_next.then_some(end + 1)
        }
        b'[' | b'{' => {
            let end;
            (end, *cursor) = quotes.container(*cursor, at)?;
            Some(end)
        }
        _ => scalar(bytes, at),
    }
}

/// To the end of a number or a word. Python's `NaN` and `-Infinity` pass here.
#[inline(always)]
fn scalar(bytes: &[u8], at: usize) -> Option<usize> {
    let mut end = at;
    while let Some(lane) = bytes.get(end..)?.first_chunk::<LANE>() {
        let len = (!blocks::scalar(lane)).trailing_zeros() as usize;
        end += len;
        if len < LANE {
            return (end > at).then_some(end);
        }
    }
    last_scalar(bytes, at, end)
}

/// The same, where less than a vector of the text is left.
#[inline(never)]
fn last_scalar(bytes: &[u8], at: usize, mut end: usize) -> Option<usize> {
    let in_scalar = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+');
    end += bytes.get(end..)?.iter().take_while(in_scalar).count();
    (end > at).then_some(end)
}

#[cfg(test)]
mod tests;
