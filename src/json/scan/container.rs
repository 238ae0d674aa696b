//! Passes over an array or object to its end, and looks at nothing in it but brackets and strings.
//!
//! 32 bytes at a time, in loops over arrays of that length, which the compiler makes vector
//! instructions of; byte by byte where a backslash stands and where the end is.

use super::strings::{every, string};

const BLOCK: usize = 32;

/// From an opening bracket to behind the one that closes it: brackets are counted, not stacked, however
/// deep they go.
pub(super) fn container(bytes: &[u8], start: usize) -> Option<usize> {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The same, byte by byte.
    fn plain(bytes: &[u8]) -> Option<usize> {
        let (mut depth, mut in_string, mut escaped) = (0, false, false);
        for (at, byte) in bytes.iter().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if in_string => escaped = true,
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

    #[test]
    fn an_end_is_found_where_it_is_found_byte_by_byte() {
        // Brackets close more often than they open or seldom, backslashes are many or none.
        for alphabet in [b"[]{}\"\\ax".as_slice(), b"[{}\"xyY_", b"[{]\"\\uxx", b"[[{]}\"\"x", b"[]\"aaaaaaaaaaaaaa"] {
            let mut random = 1_u64;
            let mut ends = 0;
            for _ in 0..20_000 {
                let mut letter = || {
                    random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    (random >> 33) as usize
                };
                let mut text = b"[".repeat(1 + letter() % 4);
                for _ in 0..letter() % 150 {
                    text.push(alphabet[letter() % alphabet.len()]);
                }
                let expected = plain(&text);
                assert_eq!(container(&text, 0), expected, "{}", String::from_utf8_lossy(&text));
                ends += usize::from(expected.is_some_and(|end| end > 2 * BLOCK));
            }
            assert!(ends > 10, "the test reaches the blocks: {ends}");
        }
    }

    #[test]
    fn it_may_be_as_deep_as_it_is_long() {
        for depth in [1, 31, 32, 33, 255, 256, 257, 4000] {
            let text = [b"[".repeat(depth), b"]".repeat(depth)].concat();
            assert_eq!(container(&text, 0), Some(2 * depth));
            assert_eq!(container(&text[..2 * depth - 1], 0), None);
        }
    }
}
