//! Finds where strings end, eight bytes at a time.

/// From behind a key's opening quote to its closing one, and whether there are escapes before it.
#[inline(always)]
pub(super) fn key(bytes: &[u8], mut at: usize) -> Option<(usize, bool)> {
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
pub(super) fn string(bytes: &[u8], mut at: usize) -> Option<usize> {
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

pub(super) const fn every(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_told_from_quote_backslash_and_control_character_wherever_it_stands() {
        type Stop = fn(&[u8]) -> Option<usize>;
        type Stops = fn(u8) -> bool;
        let searches: [(Stop, Stops); 2] = [
            (key_stop, |byte| matches!(byte, b'"' | b'\\' | ..b' ')),
            (string_stop, |byte| matches!(byte, b'"' | b'\\')),
        ];
        for (search, stops) in searches {
            assert_eq!(search(b""), None);
            for byte in 0..=255_u8 {
                for len in 0..40 {
                    let mut bytes = vec![byte; len];
                    assert_eq!(search(&bytes), (len > 0 && stops(byte)).then_some(0), "{byte} {len}");
                    for stop in [b'"', b'\\'] {
                        bytes.truncate(len);
                        bytes.extend([stop, byte, byte]);
                        let first = if stops(byte) && len > 0 { 0 } else { len };
                        assert_eq!(search(&bytes), Some(first), "{byte} {len}");
                        bytes.extend([b'"'; 40]);
                        assert_eq!(search(&bytes), Some(first), "{byte} {len}");
                    }
                }
            }
        }
    }
}
