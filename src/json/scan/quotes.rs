//! Walks from quote to quote, and over arrays and objects from bracket to bracket.
//!
//! The quotes of the whole text are found first, as a bit for each byte; the walk then only takes the
//! lowest bit that is left. At the level of the session's own members every quote begins or ends a
//! string, so that nothing but quotes has to be looked for.

use super::blocks::{BLOCK, Block, LANE, escaped, odd, strings};

/// The bits of a text's quotes, as many as fit; what is beyond them comes later. The longest cookie
/// fits.
#[derive(Default)]
pub(super) struct Masks {
    short: Option<[u64; 8]>,
    long: Option<[u64; 48]>,
}

/// The quotes of a text that are not escaped.
pub(super) struct Quotes<'t> {
    text: &'t [u8],
    /// Where the block of the first mask begins.
    start: usize,
    masks: &'t mut [u64],
    /// Whether the byte behind the last mask is escaped, as a bit.
    first_is_escaped: u64,
    /// Whether there is a backslash or a control character.
    has_odd: bool,
}

/// Where a walk stands. It is apart from [`Quotes`], and handed on by value, to stay in registers: kept
/// in memory, each step would wait for the one before it to be stored.
#[derive(Clone, Copy)]
pub(super) struct Cursor {
    /// Where the block begins.
    base: usize,
    /// Its quotes that are still to come.
    quotes: u64,
}

impl<'t> Quotes<'t> {
    #[inline(always)]
    pub(super) fn new(text: &'t [u8], masks: &'t mut Masks) -> (Self, Cursor) {
        let masks: &mut [u64] =
            if text.len() <= 8 * BLOCK { masks.short.insert([0; 8]) } else { masks.long.insert([0; 48]) };
        let mut quotes = Self { text, start: 0, masks, first_is_escaped: 0, has_odd: false };
        quotes.find();
        let cursor = Cursor { base: 0, quotes: quotes.masks[0] };
        (quotes, cursor)
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        let blocks = self.text.len().div_ceil(BLOCK);
        match self.masks.get(..blocks) {
            Some(masks) => masks.iter().map(|mask| mask.count_ones() as usize).sum(),
            None => self.text.iter().filter(|byte| **byte == b'"').count(),
        }
    }

    /// Fills the masks from `start` on.
    #[inline(never)]
    fn find(&mut self) {
        let (mut first_is_escaped, mut has_odd) = (self.first_is_escaped, self.has_odd);
        let mut base = self.start;
        for mask in self.masks.iter_mut() {
            let mut room = None;
            let Some((bytes, skipped)) = block(self.text, base, &mut room) else { break };
            let block = Block::new(bytes);
            *mask = block.quotes() >> skipped;
            if block.has_odd() || first_is_escaped != 0 {
                has_odd = true;
                let (escaped, next) = escaped(block.backslashes() >> skipped, first_is_escaped);
                *mask &= !escaped;
                first_is_escaped = next;
            }
            base += BLOCK;
        }
        (self.first_is_escaped, self.has_odd) = (first_is_escaped, has_odd);
    }

    #[inline(always)]
    fn mask(&mut self, base: usize) -> Option<u64> {
        match self.masks.get((base - self.start) / BLOCK) {
            Some(mask) => Some(*mask),
            None => self.find_from(base),
        }
    }

    #[cold]
    #[inline(never)]
    fn find_from(&mut self, base: usize) -> Option<u64> {
        if base >= self.text.len() {
            return None;
        }
        self.start = base;
        self.masks.fill(0);
        self.find();
        Some(self.masks[0])
    }

    /// Where the next quote is.
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

    /// Whether there may be a backslash or a control character between two places.
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

    /// From the opening bracket at `start`, which no quote stands before any more, to behind the one that
    /// closes it: brackets are counted, not stacked, however deep they go.
    #[inline(never)]
    pub(super) fn container(&mut self, mut cursor: Cursor, start: usize) -> Option<(usize, Cursor)> {
        while start >= cursor.base + BLOCK {
            cursor.base += BLOCK;
            cursor.quotes = self.mask(cursor.base)?;
        }
        let mut from = !0 << (start - cursor.base);
        let mut depth = 0_usize;
        let mut in_string = 0;
        loop {
            let strings = strings(cursor.quotes) ^ in_string;
            let mut room = None;
            let (bytes, skipped) = block(self.text, cursor.base, &mut room)?;
            let block = Block::new(bytes);
            if self.has_odd && (block.backslashes() >> skipped) & !strings & from != 0 {
                return self.odd_container(start);
            }
            let mut brackets = (block.brackets() >> skipped) & !strings & from;
            while brackets != 0 {
                let place = brackets.trailing_zeros() as usize;
                // The one bit of four that closing brackets have and opening ones have not.
                depth = depth + 1 - usize::from(self.text.get(cursor.base + place)? & 4) / 2;
                if depth == 0 {
                    cursor.quotes &= !1 << place;
                    return Some((cursor.base + place + 1, cursor));
                }
                brackets &= brackets - 1;
            }
            in_string = (strings as i64 >> (BLOCK - 1)) as u64;
            from = !0;
            cursor.base += BLOCK;
            cursor.quotes = self.mask(cursor.base)?;
        }
    }

    /// The same, where a backslash stands outside of any string. It escapes nothing there, which the
    /// masks do not know.
    #[cold]
    #[inline(never)]
    fn odd_container(&mut self, start: usize) -> Option<(usize, Cursor)> {
        let end = container(self.text, start)?;
        self.first_is_escaped = 0;
        Some((end, Cursor { base: end, quotes: self.find_from(end)? }))
    }
}

/// The bytes at `base`, or the last ones of the text, and then how many of them stand before `base`.
#[inline(always)]
fn block<'b>(text: &'b [u8], base: usize, room: &'b mut Option<[u8; BLOCK]>) -> Option<(&'b [u8; BLOCK], u32)> {
    let rest = text.get(base..)?;
    match (rest.first_chunk(), text.last_chunk()) {
        (Some(block), _) => Some((block, 0)),
        (None, _) if rest.is_empty() => None,
        (None, Some(last)) => Some((last, (BLOCK - rest.len()) as u32)),
        (None, None) => Some((padded(rest, room), 0)),
    }
}

#[inline(never)]
fn padded<'b>(text: &[u8], room: &'b mut Option<[u8; BLOCK]>) -> &'b [u8; BLOCK] {
    let block = room.insert([b' '; BLOCK]);
    block[..text.len()].copy_from_slice(text);
    block
}

/// From an opening bracket to behind the one that closes it, byte by byte.
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
