//! Tests 64 bytes at once, and returns one bit for each byte. The lowest bit is for the first byte.
//!
//! A session has many short strings and numbers. A search that starts again after each of them would have to wait for
//! the result of the search before it. With the bits of a block, the next one is found in two instructions. The crate
//! `wide` provides vector instructions without `unsafe` here. From plain loops, the compiler makes three times as many
//! instructions.

use wide::u8x16;

/// The number of bytes in one vector.
pub(super) const LANE: usize = 16;

/// The number of bytes that are tested at once.
pub(super) const BLOCK: usize = 64;

#[derive(Clone, Copy)]
pub(super) struct Block([u8x16; BLOCK / LANE]);

impl Block {
    #[inline(always)]
    pub(super) fn new(bytes: &[u8; BLOCK]) -> Self {
        let lane = |at: usize| u8x16::new(*bytes[at..].first_chunk().expect("a block is four vectors"));
        Self([lane(0), lane(LANE), lane(2 * LANE), lane(3 * LANE)])
    }

    #[inline(always)]
    pub(super) fn quotes(self) -> u64 {
        self.bits(|lane| is(lane, b'"'))
    }

    #[inline(always)]
    pub(super) fn backslashes(self) -> u64 {
        self.bits(|lane| is(lane, b'\\'))
    }

    /// Returns the brackets and braces. `[` and `{` differ only in one bit, and so do `]` and `}`.
    #[inline(always)]
    pub(super) fn brackets(self) -> u64 {
        self.bits(|lane| {
            let lane = lane | u8x16::splat(0x20);
            is(lane, b'{') | is(lane, b'}')
        })
    }

    /// Returns whether any byte is a backslash or a control character.
    #[inline(always)]
    pub(super) fn has_odd(self) -> bool {
        let [a, b, c, d] = self.0;
        let least = a.min(b).min(c.min(d));
        let [a, b, c, d] = self.0.map(|lane| is(lane, b'\\'));
        (a | b | c | d | at_most(least, LAST_CONTROL)).move_mask() != 0
    }

    #[inline(always)]
    fn bits(self, test: impl Fn(u8x16) -> u8x16) -> u64 {
        let [a, b, c, d] = self.0.map(|lane| u64::from(bits(test(lane))));
        a | b << LANE | c << (2 * LANE) | d << (3 * LANE)
    }
}

/// The bytes of several blocks, combined by OR, to find out whether any byte is not ASCII.
#[derive(Default)]
pub(super) struct HighBits(u8x16);

impl HighBits {
    #[inline(always)]
    pub(super) fn add(&mut self, block: Block) {
        let [a, b, c, d] = block.0;
        self.0 |= (a | b) | (c | d);
    }

    #[inline(always)]
    pub(super) fn any(&self) -> bool {
        self.0.move_mask() != 0
    }
}

const LAST_CONTROL: u8 = 0x1f;

/// Returns which bytes are backslashes or control characters.
#[inline(always)]
pub(super) fn odd(lane: &[u8; LANE]) -> u32 {
    let lane = u8x16::new(*lane);
    bits(is(lane, b'\\') | at_most(lane, LAST_CONTROL))
}

/// Returns which bytes can be part of a number or a word.
#[inline(always)]
pub(super) fn scalar(lane: &[u8; LANE]) -> u32 {
    let lane = u8x16::new(*lane);
    let letters = at_most((lane | u8x16::splat(0x20)) - u8x16::splat(b'a'), b'z' - b'a');
    let digits = at_most(lane - u8x16::splat(b'0'), 9);
    bits(letters | digits | is(lane, b'.') | is(lane, b'-') | is(lane, b'+'))
}

#[inline(always)]
fn is(lane: u8x16, byte: u8) -> u8x16 {
    lane.cmp_eq(u8x16::splat(byte))
}

#[inline(always)]
fn at_most(lane: u8x16, byte: u8) -> u8x16 {
    lane.min(u8x16::splat(byte)).cmp_eq(lane)
}

#[inline(always)]
fn bits(lane: u8x16) -> u32 {
    lane.move_mask() as u32
}

/// Returns which bytes are escaped by backslashes, and whether the first byte of the next block is escaped (0 or 1).
///
/// In a run of backslashes, every second one is escaped. One subtraction handles all runs at once (Langdale and Lemire,
/// "Parsing gigabytes of JSON per second", section 3.1.1).
#[inline(always)]
pub(super) fn escaped(backslashes: u64, first_is_escaped: u64) -> (u64, u64) {
    const ODD_PLACES: u64 = 0xaaaa_aaaa_aaaa_aaaa;
    let escapes = backslashes & !first_is_escaped;
    let codes = ((escapes << 1 | ODD_PLACES).wrapping_sub(escapes)) ^ ODD_PLACES;
    (codes ^ (backslashes | first_is_escaped), (codes & backslashes) >> (BLOCK - 1))
}

/// Returns a one for each byte that has an odd number of quotes at or before it. These bytes are inside strings.
#[inline(always)]
pub(super) fn strings(quotes: u64) -> u64 {
    let mut strings = quotes;
    for distance in [1, 2, 4, 8, 16, 32] {
        strings ^= strings << distance;
    }
    strings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_scalar(byte: u8) -> bool {
        byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+')
    }

    #[test]
    fn every_byte_is_told_apart_at_every_place() {
        for byte in 0..=255_u8 {
            for place in 0..BLOCK {
                let mut bytes = [b'x'; BLOCK];
                bytes[place] = byte;
                let block = Block::new(&bytes);
                let bit = |holds: bool| u64::from(holds) << place;
                assert_eq!(block.quotes(), bit(byte == b'"'), "{byte} at {place}");
                assert_eq!(block.backslashes(), bit(byte == b'\\'), "{byte} at {place}");
                assert_eq!(block.brackets(), bit(b"[]{}".contains(&byte)), "{byte} at {place}");
                assert_eq!(block.has_odd(), matches!(byte, b'\\' | ..b' '), "{byte} at {place}");
                let mut high_bits = HighBits::default();
                high_bits.add(block);
                high_bits.add(Block::new(&[b'x'; BLOCK]));
                assert_eq!(high_bits.any(), !byte.is_ascii(), "{byte} at {place}");
            }
            for place in 0..LANE {
                let mut lane = [b' '; LANE];
                lane[place] = byte;
                let bit = |holds: bool| u32::from(holds) << place;
                assert_eq!(odd(&lane), bit(matches!(byte, b'\\' | ..b' ')), "{byte} at {place}");
                assert_eq!(scalar(&lane), bit(is_scalar(byte)), "{byte} at {place}");
            }
        }
    }

    #[test]
    fn what_is_escaped_is_what_a_walk_finds_escaped() {
        let mut random = 1_u64;
        for round in 0..20_000_u64 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            // Sparse, dense and solid runs.
            let backslashes = match round % 4 {
                0 => random,
                1 => random & random >> 7,
                2 => random | random >> 9,
                _ => !(!0_u64 << (random >> 58)) << (random >> 52 & 63),
            };
            for first in [0, 1] {
                let (mut expected, mut is_escaped) = (0, first == 1);
                for place in 0..BLOCK {
                    let backslash = backslashes >> place & 1 == 1;
                    expected |= u64::from(is_escaped) << place;
                    is_escaped = backslash && !is_escaped;
                }
                assert_eq!(
                    escaped(backslashes, first),
                    (expected, u64::from(is_escaped)),
                    "{backslashes:064b} {first}"
                );
            }
        }
    }
}
