//! The scanner that this one replaced: it looks at a few bytes at a time and at each string from its
//! beginning. What it accepts and what it finds is what must be accepted and found.

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
    /// Whether the key has escapes in it.
    pub(super) escaped: bool,
}

/// The spans of a session's text; `None` where it is none.
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

/// The members of an object's text; `None` where it is none.
pub(super) fn object(text: &str) -> Option<Vec<Member>> {
    let bytes = bytes(text)?;
    let (members, at) = members(text, 0)?;
    end(bytes, at)?;
    Some(members)
}

/// The items of an array's text; `None` where it is none.
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

// Each of these is told where to begin and says where what it was looking for ends. A cursor that they
// all move would live in memory, and be waited for between any two steps.

/// A text whose places a [`Span`] can hold.
fn bytes(text: &str) -> Option<&[u8]> {
    u32::try_from(text.len()).ok().map(|_| text.as_bytes())
}

/// The object at `at`, and where it ends.
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
        // As Python and this library write it first, then as JSON may be written.
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
        b'"' => string(bytes, at + 1),
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

const BLOCK: usize = 32;

/// From an opening bracket to behind the one that closes it: brackets are counted, not stacked, however
/// deep they go.
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

/// How deep it is behind the block, and whether in a string; `None` where the block may hold the end,
/// or holds a backslash.
#[inline(always)]
fn pass(block: &[u8; BLOCK], depth: usize, in_string: bool) -> Option<(usize, bool)> {
    // A one for each quote, and of those a one for each byte behind an odd number of them.
    let mut strings = [0; BLOCK];
    for (quote, byte) in strings.iter_mut().zip(block) {
        *quote = u8::from(*byte == b'"');
    }
    let mut before = u64::from(in_string);
    for eight in strings.chunks_exact_mut(8) {
        let quotes = u64::from_le_bytes(eight.try_into().expect("eight bytes are eight bytes"));
        // Every byte of this product is the sum of the bytes up to it.
        let sums = quotes.wrapping_mul(every(1)) ^ (before * every(1));
        before = sums >> 56 & 1;
        eight.copy_from_slice(&sums.to_le_bytes());
    }
    let (mut opening, mut closing, mut backslashes) = (0, 0, 0);
    for (byte, sum) in block.iter().zip(&strings) {
        let outside = !sum & 1;
        // One bit is all that `[` differs from `{` by, and `]` from `}`.
        opening += u8::from(byte | 0x20 == b'{') & outside;
        closing += u8::from(byte | 0x20 == b'}') & outside;
        backslashes |= u8::from(*byte == b'\\');
    }
    let (opening, closing) = (usize::from(opening), usize::from(closing));
    (backslashes == 0 && closing < depth).then(|| (depth + opening - closing, before == 1))
}

/// From behind a key's opening quote to its closing one, and whether there are escapes before it.
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
        let controls = word.wrapping_sub(every(b' '));
        if let Some(stop) = first(word, borrows(word) | controls) {
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
        if let Some(stop) = first(word, borrows(word)) {
            return Some(at + stop);
        }
    }
    memchr::memchr2(b'"', b'\\', text)
}

/// Eight bytes in one number, the first one lowest.
#[inline(always)]
fn word(text: &[u8], at: usize) -> Option<u64> {
    text.get(at..)?.first_chunk().map(|eight| u64::from_le_bytes(*eight))
}

/// Sets the high bit of the first byte that is a quote or a backslash, and of none before it in which it
/// was clear. Behind it, what it borrowed blurs the rest (Mycroft's test).
#[inline(always)]
const fn borrows(word: u64) -> u64 {
    (word ^ every(b'"')).wrapping_sub(every(1)) | (word ^ every(b'\\')).wrapping_sub(every(1))
}

/// The first byte whose high bit was set by borrowing, and not in the word before.
#[inline(always)]
fn first(word: u64, borrowed: u64) -> Option<usize> {
    let stops = borrowed & !word & every(0x80);
    (stops != 0).then(|| stops.trailing_zeros() as usize / 8)
}

const fn every(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}
