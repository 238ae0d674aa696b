//! The previous scanner, which reads a few bytes at a time. The present scanner must accept the same texts and find the
//! same members.

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
#[inline(always)] // a frame is handed on at once
pub(super) fn frame(text: &str) -> Option<Frame> {
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

/// Returns the members of an object's text, or `None` if it is not an object.
pub(super) fn object(text: &str) -> Option<Vec<Member>> {
    let bytes = bytes(text)?;
    let (members, at) = members(text, 0)?;
    end(bytes, at)?;
    Some(members)
}

/// Returns the items of an array's text, or `None` if it is not an array.
pub(super) fn array(text: &str) -> Option<Vec<Span>> {
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

// Each of these functions gets a start position, and returns the position where the thing that it scans ends. A shared
// cursor would be in memory, and each step would have to wait for it.

/// Returns the bytes of a text that is short enough for a [`Span`].
fn bytes(text: &str) -> Option<&[u8]> {
    u32::try_from(text.len()).ok().map(|_| text.as_bytes())
}

/// Returns the members of the object at `at`, and where it ends.
fn members(text: &str, at: usize) -> Option<(Vec<Member>, usize)> {
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
        if escaped && !json_string::is_valid(key.of(text)) {
            return None;
        }
        // Tries the layout of Python and of this library first, and then any other layout.
        let value_at = match bytes.get(key_end + 1..)? {
            [b':', b' ', first, ..] if *first > b' ' => key_end + 3,
            _ => next(bytes, expect(bytes, key_end + 1, b':')?),
        };
        let value_end = value(bytes, value_at)?;
        members.push(Member { key, value: Span::new(value_at, value_end), escaped });
        key_at = match bytes.get(value_end..)? {
            [b',', b' ', b'"', ..] => value_end + 3,
            _ => match expect(bytes, value_end, b',') {
                Some(behind) => expect(bytes, behind, b'"')?,
                None => return Some((members, expect(bytes, value_end, b'}')?)),
            },
        };
    }
}

/// Returns the capacity for the members of an object. An object has at most half as many members as quotes, and a
/// member has at least the length of `"":1,`. So one allocation is enough, and a text of quotes allocates little.
fn most_members(text: &[u8]) -> usize {
    /// A capacity that is small enough to allocate without counting.
    const FEW: usize = 16;
    let most = text.len() / 5;
    if most <= FEW {
        return most;
    }
    // The pieces are short enough for a count in one byte, and a multiple of the vector length.
    let quotes = |bytes: &[u8]| bytes.iter().map(|byte| u8::from(*byte == b'"')).sum::<u8>();
    let quotes: usize = text.chunks(128).map(|bytes| usize::from(quotes(bytes))).sum();
    (quotes / 2).min(most)
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

/// Returns `Some` if only white space is left.
fn end(bytes: &[u8], at: usize) -> Option<()> {
    (next(bytes, at) == bytes.len()).then_some(())
}

/// Returns where the value at `at` ends.
#[inline(always)]
fn value(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at)? {
        b'"' => string(bytes, at + 1),
        b'[' | b'{' => container(bytes, at),
        _ => scalar(bytes, at),
    }
}

/// Returns where a number or a word ends. Python's `NaN` and `-Infinity` are accepted here.
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

/// The bytes of numbers and words. A lookup takes half the time of comparisons.
static IN_SCALAR: [bool; 256] = {
    let mut in_scalar = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        in_scalar[byte as usize] = byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+');
        byte += 1;
    }
    in_scalar
};

const BLOCK: usize = 32;

/// Returns the position after the bracket that closes the one at `start`. Brackets are counted and need no stack.
fn container(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    let mut depth = 1;
    let mut in_string = false;
    loop {
        let block = bytes.get(at..)?.first_chunk();
        if let Some(behind) = block.and_then(|block| pass(block, depth, in_string)) {
            (depth, in_string) = behind;
            at += BLOCK;
            continue;
        }
        let block_end = at + BLOCK;
        while at < block_end {
            if in_string {
                at = string(bytes, at)?;
                in_string = false;
                continue;
            }
            match bytes.get(at)? {
                b'"' => in_string = true,
                b'[' | b'{' => depth += 1,
                b']' | b'}' => {
                    depth -= 1;
                    if depth == 0 {
                        return Some(at + 1);
                    }
                }
                _ => {}
            }
            at += 1;
        }
    }
}

/// Returns the depth after the block, and whether a string is open. Returns `None` if the block may contain the end, or
/// contains a backslash.
#[inline(always)]
fn pass(block: &[u8; BLOCK], depth: usize, in_string: bool) -> Option<(usize, bool)> {
    // Computes a one for each quote, and then a one for each byte after an odd number of quotes.
    let mut strings = [0; BLOCK];
    for (quote, byte) in strings.iter_mut().zip(block) {
        *quote = u8::from(*byte == b'"');
    }
    let mut before = u64::from(in_string);
    for eight in strings.chunks_exact_mut(8) {
        let quotes = u64::from_le_bytes(eight.try_into().expect("eight bytes are eight bytes"));
        // Each byte of this product is the sum of the bytes up to it.
        let sums = quotes.wrapping_mul(every(1)) ^ (before * every(1));
        before = sums >> 56 & 1;
        eight.copy_from_slice(&sums.to_le_bytes());
    }
    let (mut opening, mut closing, mut backslashes) = (0, 0, 0);
    for (byte, sum) in block.iter().zip(&strings) {
        let outside = !sum & 1;
        // `[` and `{` differ by one bit, and so do `]` and `}`.
        opening += u8::from(byte | 0x20 == b'{') & outside;
        closing += u8::from(byte | 0x20 == b'}') & outside;
        backslashes |= u8::from(*byte == b'\\');
    }
    let (opening, closing) = (usize::from(opening), usize::from(closing));
    (backslashes == 0 && closing < depth).then(|| (depth + opening - closing, before == 1))
}

/// Returns the position of a key's closing quote, and whether the key contains escapes. `at` is after the opening
/// quote.
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

/// Returns the position after a string's closing quote. `at` is after the opening quote.
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

/// Returns the position of the first `"`, `\` or control character.
#[inline(always)]
fn key_stop(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    while let Some(word) = word(text, at) {
        let controls = word.wrapping_sub(every(b' '));
        if let Some(stop) = first(word, borrows(word) | controls) {
            return Some(at + stop);
        }
        at += 8;
    }
    text[at..].iter().position(|byte| matches!(byte, b'"' | b'\\' | ..b' ')).map(|stop| at + stop)
}

/// Returns the position of the first `"` or `\`. Most strings are short. The search for the end of a long string is
/// faster, but takes longer to start.
#[inline(always)]
fn string_stop(text: &[u8]) -> Option<usize> {
    for at in [0, 8, 16] {
        let Some(word) = word(text, at) else { break };
        if let Some(stop) = first(word, borrows(word)) {
            return Some(at + stop);
        }
    }
    memchr::memchr2(b'"', b'\\', text)
}

/// Returns eight bytes as one number, with the first byte lowest.
#[inline(always)]
fn word(text: &[u8], at: usize) -> Option<u64> {
    text.get(at..)?.first_chunk().map(|eight| u64::from_le_bytes(*eight))
}

/// Sets the high bit of each byte that is a quote or a backslash. SWAR: only the lowest flagged byte is exact
/// (Mycroft's test).
#[inline(always)]
const fn borrows(word: u64) -> u64 {
    (word ^ every(b'"')).wrapping_sub(every(1)) | (word ^ every(b'\\')).wrapping_sub(every(1))
}

/// Returns the position of the first byte whose high bit was set by the test and was not set before.
#[inline(always)]
fn first(word: u64, borrowed: u64) -> Option<usize> {
    let stops = borrowed & !word & every(0x80);
    (stops != 0).then(|| stops.trailing_zeros() as usize / 8)
}

const fn every(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}
