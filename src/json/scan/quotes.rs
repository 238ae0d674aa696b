//! Finds the quotes of a text, and the brackets that end arrays and objects.
//!
//! The text is read in blocks of 64 bytes. A mask is a number of 64 bits, one for each byte of a block, and its lowest
//! bit is for the first byte. First, the quotes of all blocks are found and stored as masks. After that, the next quote
//! is the lowest one that is left in a mask. Every quote that is not escaped begins or ends a string. So the end of a
//! string needs only the quotes, and the end of an array or object needs the brackets too.

use super::blocks::{BLOCK, Block, HighBits, LANE, escaped, odd, strings};

/// The number of blocks in the text of the longest cookie.
const MAX_BLOCKS: usize = 48;

/// The memory for a text's masks, one for each block. The masks of the longest cookie fit. A longer text is handled in
/// parts, which use this memory one after the other.
#[derive(Default)]
pub(super) struct Masks {
    short: Option<[u64; 8]>,
    long: Option<[u64; MAX_BLOCKS]>,
}

/// The quotes of a text that are not escaped.
pub(super) struct Quotes<'t> {
    text: &'t [u8],
    /// The position where the first mask's block begins.
    start: usize,
    /// The quotes of each block.
    masks: &'t mut [u64],
    /// 1 if the byte after the last mask's block is escaped, otherwise 0.
    first_is_escaped: u64,
    /// Whether the blocks so far have a backslash or a control character.
    has_odd: bool,
    /// Whether all bytes so far are ASCII.
    is_ascii: bool,
    /// The position of the block that the fields below describe. They are kept, so that a block with several objects is
    /// searched once.
    brackets_at: usize,
    /// A mask of the block's brackets outside of strings.
    brackets: u64,
    /// Whether the block has a backslash outside of strings.
    has_stray: bool,
    /// All ones if the block ends inside a string, otherwise zero.
    in_string: u64,
}

/// The position of a scan. It is not part of [`Quotes`] and is passed by value, so that it stays in registers. In
/// memory, each step would have to wait until the previous one is stored.
#[derive(Clone, Copy)]
pub(super) struct Cursor {
    /// The position where the block begins.
    base: usize,
    /// A mask of the block's quotes that are still ahead.
    quotes: u64,
}

impl<'t> Quotes<'t> {
    #[inline(always)]
    pub(super) fn new(text: &'t [u8], masks: &'t mut Masks) -> Self {
        let masks: &mut [u64] =
            if text.len() <= 8 * BLOCK { masks.short.insert([0; 8]) } else { masks.long.insert([0; MAX_BLOCKS]) };
        let mut quotes = Self {
            text,
            start: 0,
            masks,
            first_is_escaped: 0,
            has_odd: false,
            is_ascii: true,
            brackets_at: usize::MAX,
            brackets: 0,
            has_stray: false,
            in_string: 0,
        };
        quotes.find();
        quotes
    }

    /// Returns the start of a scan.
    #[inline(always)]
    pub(super) fn cursor(&self) -> Cursor {
        Cursor { base: 0, quotes: self.masks[0] }
    }

    /// Returns whether the whole text is UTF-8. Most texts are ASCII, which the search for quotes has found out, so
    /// they need no second check.
    #[inline(always)]
    pub(super) fn is_utf8(&self) -> bool {
        self.is_ascii && self.text.len() <= MAX_BLOCKS * BLOCK || std::str::from_utf8(self.text).is_ok()
    }

    /// Returns the number of quotes.
    pub(super) fn count(&self) -> usize {
        let blocks = self.text.len().div_ceil(BLOCK);
        match self.masks.get(..blocks) {
            Some(masks) => masks.iter().map(|mask| mask.count_ones() as usize).sum(),
            None => self.text.iter().filter(|byte| **byte == b'"').count(),
        }
    }

    /// Finds the quotes from `start` on, until the text ends or the memory for masks is full.
    #[inline(never)]
    fn find(&mut self) {
        let (mut first_is_escaped, mut has_odd) = (self.first_is_escaped, self.has_odd);
        let mut high_bits = HighBits::default();
        let mut mask = |bytes: &[u8; BLOCK], skipped: u32| {
            let block = Block::new(bytes);
            high_bits.add(block);
            let mut mask = block.quotes() >> skipped;
            if block.has_odd() || first_is_escaped != 0 {
                has_odd = true;
                let (escaped, next) = escaped(block.backslashes() >> skipped, first_is_escaped);
                mask &= !escaped;
                first_is_escaped = next;
            }
            mask
        };
        let mut blocks = self.text[self.start..].chunks_exact(BLOCK);
        let mut masks = self.masks.iter_mut();
        for (bytes, room) in blocks.by_ref().zip(masks.by_ref()) {
            *room = mask(bytes.try_into().expect("a chunk is a block"), 0);
        }
        let rest = blocks.remainder();
        if let Some(room) = masks.next().filter(|_| !rest.is_empty()) {
            let mut padded = None;
            let (bytes, skipped) = last_block(self.text, rest, &mut padded);
            *room = mask(bytes, skipped);
        }
        (self.first_is_escaped, self.has_odd) = (first_is_escaped, has_odd);
        self.is_ascii &= !high_bits.any();
    }

    /// Returns the quotes of the block at `base`, or `None` after the end of the text.
    #[inline(always)]
    fn mask(&mut self, base: usize) -> Option<u64> {
        match self.masks.get((base - self.start) / BLOCK) {
            Some(mask) => Some(*mask),
            None => self.find_from(base),
        }
    }

    /// Finds the quotes from `base` on, and returns those of the first block.
    #[cold]
    #[inline(never)]
    fn find_from(&mut self, base: usize) -> Option<u64> {
        if base >= self.text.len() {
            return None;
        }
        self.start = base;
        self.masks.fill(0);
        self.brackets_at = usize::MAX;
        self.find();
        Some(self.masks[0])
    }

    /// Returns the position of the next quote.
    #[inline(always)]
    pub(super) fn next(&mut self, cursor: &mut Cursor) -> Option<usize> {
        while cursor.quotes == 0 {
            cursor.base += BLOCK;
            cursor.quotes = self.mask(cursor.base)?;
        }
        let place = cursor.quotes.trailing_zeros() as usize;
        cursor.quotes &= cursor.quotes - 1;
        Some(cursor.base + place)
    }

    /// Skips the next quote, which the caller has found at `at`. There must be no other quote between the last one and
    /// this one, and no backslash before it, because an escaped quote is not in the masks.
    #[inline(always)]
    pub(super) fn pass(&mut self, cursor: &mut Cursor, at: usize) -> Option<()> {
        if cursor.quotes == 0 || cfg!(debug_assertions) {
            let next = self.next(cursor)?;
            debug_assert_eq!(next, at);
        } else {
            cursor.quotes &= cursor.quotes - 1;
        }
        Some(())
    }

    /// Returns whether there may be a backslash or a control character between two positions.
    #[inline(always)]
    pub(super) fn may_be_odd(&self, start: usize, end: usize) -> bool {
        if !self.has_odd {
            return false;
        }
        match self.text.get(start..).and_then(|rest| rest.first_chunk::<LANE>()) {
            Some(lane) if end < start + LANE => (odd(lane).trailing_zeros() as usize) < end - start,
            _ => true,
        }
    }

    /// Returns the position after the bracket that closes the one at `start`, and the cursor there. All quotes before
    /// `start` must have been skipped. Brackets are only counted: whether a `]` closes a `[` is checked when the value
    /// is read.
    #[inline(never)]
    pub(super) fn container(&mut self, mut cursor: Cursor, start: usize) -> Option<(usize, Cursor)> {
        while start >= cursor.base + BLOCK {
            cursor.base += BLOCK;
            cursor.quotes = self.mask(cursor.base)?;
        }
        let from = !0 << (start - cursor.base);
        if self.brackets_at != cursor.base {
            self.find_brackets(cursor.base, strings(cursor.quotes), from)?;
        }
        let mut brackets = self.brackets & from;
        let mut depth = 0_usize;
        loop {
            if self.has_stray {
                return self.odd_container(start);
            }
            while brackets != 0 {
                let place = brackets.trailing_zeros() as usize;
                // In ASCII, `]` and `}` have the bit with the value 4, and `[` and `{` do not.
                depth = depth + 1 - usize::from(self.text.get(cursor.base + place)? & 4) / 2;
                if depth == 0 {
                    cursor.quotes &= !1 << place;
                    return Some((cursor.base + place + 1, cursor));
                }
                brackets &= brackets - 1;
            }
            cursor.base += BLOCK;
            cursor.quotes = self.mask(cursor.base)?;
            self.find_brackets(cursor.base, strings(cursor.quotes) ^ self.in_string, !0)?;
            brackets = self.brackets;
        }
    }

    /// Finds the brackets of the block at `base`. `strings` is a mask of the bytes inside strings, and `from` is a mask
    /// of the bytes to search. Returns `None` at the end of the text.
    #[inline(always)]
    fn find_brackets(&mut self, base: usize, strings: u64, from: u64) -> Option<()> {
        let rest = self.text.get(base..).filter(|rest| !rest.is_empty())?;
        let mut padded = None;
        let (bytes, skipped) = match rest.first_chunk() {
            Some(block) => (block, 0),
            None => last_block(self.text, rest, &mut padded),
        };
        let block = Block::new(bytes);
        // A backslash outside of strings does not escape, but the masks treat it as an escape.
        self.has_stray = self.has_odd && (block.backslashes() >> skipped) & !strings & from != 0;
        self.brackets = (block.brackets() >> skipped) & !strings & from;
        self.brackets_at = base;
        self.in_string = (strings as i64 >> (BLOCK - 1)) as u64;
        Some(())
    }

    /// Does the same as [`container`](Self::container), byte by byte, if there is a backslash outside of strings. Then
    /// finds the quotes after it again.
    #[cold]
    #[inline(never)]
    fn odd_container(&mut self, start: usize) -> Option<(usize, Cursor)> {
        let end = container(self.text, start)?;
        self.first_is_escaped = 0;
        Some((end, Cursor { base: end, quotes: self.find_from(end)? }))
    }
}

/// Returns a block that ends with `rest`, the last bytes of a text, and the number of bytes before them in the block. A
/// text that is shorter than a block begins the block instead, and spaces follow it.
#[inline(always)]
fn last_block<'b>(text: &'b [u8], rest: &[u8], padded: &'b mut Option<[u8; BLOCK]>) -> (&'b [u8; BLOCK], u32) {
    match text.last_chunk() {
        Some(last) => (last, (BLOCK - rest.len()) as u32),
        None => (pad(rest, padded), 0),
    }
}

/// Returns a block that begins with `text` and is filled with spaces.
#[inline(never)]
fn pad<'b>(text: &[u8], padded: &'b mut Option<[u8; BLOCK]>) -> &'b [u8; BLOCK] {
    let block = padded.insert([b' '; BLOCK]);
    block[..text.len()].copy_from_slice(text);
    block
}

/// Returns the position after the bracket that closes the one at `start`, byte by byte.
pub(super) fn container(text: &[u8], start: usize) -> Option<usize> {
    let (mut depth, mut in_string, mut is_escaped) = (0_usize, false, false);
    for (at, byte) in text.iter().enumerate().skip(start) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_string => is_escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => depth += 1,
            b']' | b'}' if !in_string => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at + 1);
        }
    }
    None
}
