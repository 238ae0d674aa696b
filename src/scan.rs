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
    let mut scan = Scan::new(text)?;
    scan.expect(b'[')?;
    let renewed = scan.scalar()?;
    scan.expect(b',')?;
    let created = scan.scalar()?;
    scan.expect(b',')?;
    let members = scan.object()?;
    scan.expect(b']')?;
    scan.end()?;
    Some(Frame { renewed, created, members })
}

/// The members of an object's text; `None` where it is none.
pub(crate) fn object<M: From<Member>>(text: &str) -> Option<Vec<M>> {
    let mut scan = Scan::new(text)?;
    let members = scan.object()?;
    scan.end()?;
    Some(members)
}

/// The items of an array's text; `None` where it is none.
pub(crate) fn array(text: &str) -> Option<Vec<Span>> {
    let mut scan = Scan::new(text)?;
    let mut items = Vec::new();
    scan.expect(b'[')?;
    if scan.peek()? == b']' {
        scan.at += 1;
    } else {
        loop {
            items.push(scan.value()?);
            if scan.separator(b']')? {
                break;
            }
        }
    }
    scan.end()?;
    Some(items)
}

struct Scan<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
}

impl<'t> Scan<'t> {
    fn new(text: &'t str) -> Option<Self> {
        u32::try_from(text.len()).ok()?;
        Some(Self { text, bytes: text.as_bytes(), at: 0 })
    }

    /// The next byte that is no white space. As a rule it is this one, or the one behind a space.
    #[inline(always)]
    fn peek(&mut self) -> Option<u8> {
        match *self.bytes.get(self.at..)? {
            [byte, ..] if byte > b' ' => Some(byte),
            [b' ', byte, ..] if byte > b' ' => {
                self.at += 1;
                Some(byte)
            }
            _ => self.peek_further(),
        }
    }

    #[cold]
    fn peek_further(&mut self) -> Option<u8> {
        loop {
            match *self.bytes.get(self.at)? {
                b' ' | b'\n' | b'\r' | b'\t' => self.at += 1,
                byte => return Some(byte),
            }
        }
    }

    #[inline(always)]
    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    fn end(&mut self) -> Option<()> {
        self.peek().is_none().then_some(())
    }

    /// A comma (`false`) or the closing bracket (`true`).
    #[inline(always)]
    fn separator(&mut self, closing: u8) -> Option<bool> {
        let byte = self.peek()?;
        self.at += 1;
        (byte == b',' || byte == closing).then_some(byte == closing)
    }

    fn object<M: From<Member>>(&mut self) -> Option<Vec<M>> {
        self.expect(b'{')?;
        if self.peek()? == b'}' {
            self.at += 1;
            return Some(Vec::new());
        }
        let mut members = Vec::with_capacity(self.most_members());
        loop {
            let (key, escaped) = self.key()?;
            self.expect(b':')?;
            let value = self.value()?;
            members.push(M::from(Member { key, value, escaped }));
            if self.separator(b'}')? {
                return Some(members);
            }
        }
    }

    /// No object has more members than half its quotes, and none is shorter than `"":1,`: one
    /// allocation, whatever it holds, and no large one for a text that is all quotes.
    fn most_members(&self) -> usize {
        // Counted in bytes, 255 at a time, which the compiler makes vector instructions of.
        let quotes = |bytes: &[u8]| bytes.iter().map(|byte| u8::from(*byte == b'"')).sum::<u8>();
        let rest = &self.bytes[self.at..];
        let quotes: usize = rest.chunks(255).map(|bytes| usize::from(quotes(bytes))).sum();
        (quotes / 2).min(rest.len() / 5)
    }

    /// A key between its quotes, and whether it has escapes.
    #[inline(always)]
    fn key(&mut self) -> Option<(Span, bool)> {
        self.expect(b'"')?;
        let start = self.at;
        let mut escaped = false;
        loop {
            self.at += key_stop(self.bytes.get(self.at..)?)?;
            match self.bytes[self.at] {
                b'"' => break,
                b'\\' => escaped = true,
                _ => return None,
            }
            self.at += 2;
        }
        let key = Span::new(start, self.at);
        self.at += 1;
        if escaped && !key::is_valid(key.of(self.text)) {
            return None;
        }
        Some((key, escaped))
    }

    #[inline]
    fn value(&mut self) -> Option<Span> {
        match self.peek()? {
            b'"' => {
                let start = self.at;
                self.at += 1;
                self.string()?;
                Some(Span::new(start, self.at))
            }
            b'[' | b'{' => self.container(),
            _ => self.scalar(),
        }
    }

    /// To the end of a number or a word. Python's `NaN` and `-Infinity` pass here.
    #[inline]
    fn scalar(&mut self) -> Option<Span> {
        self.peek()?;
        let start = self.at;
        while let Some(b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'.' | b'-' | b'+') = self.bytes.get(self.at) {
            self.at += 1;
        }
        (self.at > start).then(|| Span::new(start, self.at))
    }

    /// To the end of an array or object: brackets are counted, not stacked, however deep they go.
    fn container(&mut self) -> Option<Span> {
        let start = self.at;
        let mut depth = 0_usize;
        loop {
            let byte = *self.bytes.get(self.at)?;
            self.at += 1;
            match byte {
                b'"' => self.string()?,
                b'[' | b'{' => depth += 1,
                b']' | b'}' => {
                    depth -= 1;
                    if depth == 0 {
                        return Some(Span::new(start, self.at));
                    }
                }
                _ => {}
            }
        }
    }

    /// From behind a string's opening quote to behind its closing one.
    #[inline]
    fn string(&mut self) -> Option<()> {
        loop {
            self.at += string_stop(self.bytes.get(self.at..)?)?;
            if self.bytes[self.at] == b'"' {
                self.at += 1;
                return Some(());
            }
            self.at += 2;
        }
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
