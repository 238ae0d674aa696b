//! A key as it stands in JSON, escapes and all, compared with a key as the program writes it.
//!
//! Python escapes every character beyond ASCII, so a site with keys like `"größe"` meets escaped
//! ones all the time.

use std::str::Chars;

/// Whether `raw`, the text between the quotes, means `key`.
pub(crate) fn means(raw: &str, key: &str) -> bool {
    characters(raw).eq(key.chars())
}

/// What `raw` means.
pub(crate) fn unescaped(raw: &str) -> String {
    characters(raw).collect()
}

/// With U+FFFD for a lone surrogate, which Python may write and no `str` can hold: the key can be
/// listed, read and taken out by that name.
fn characters(raw: &str) -> impl Iterator<Item = char> {
    Unescape(raw.chars()).map(|read| read.unwrap_or(char::REPLACEMENT_CHARACTER))
}

/// Whether JSON's grammar allows `raw` between quotes. A lone surrogate is allowed.
pub(crate) fn is_valid(raw: &str) -> bool {
    Unescape(raw.chars()).all(|read| read != Err(Odd::Invalid))
}

/// Appends `key` as a JSON string, quotes included.
pub(crate) fn write(key: &str, text: &mut String) {
    text.push('"');
    for character in key.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            control if control < ' ' => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                text.push_str("\\u00");
                text.push(HEX[control as usize >> 4].into());
                text.push(HEX[control as usize & 15].into());
            }
            other => text.push(other),
        }
    }
    text.push('"');
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Odd {
    LoneSurrogate,
    Invalid,
}

struct Unescape<'t>(Chars<'t>);

impl Iterator for Unescape<'_> {
    type Item = Result<char, Odd>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(match self.0.next()? {
            '\\' => self.escape().ok_or(Odd::Invalid).and_then(|read| read.ok_or(Odd::LoneSurrogate)),
            '"' | '\0'..='\x1f' => Err(Odd::Invalid),
            plain => Ok(plain),
        })
    }
}

impl Unescape<'_> {
    /// What stands behind a backslash: `None` for no escape of JSON's, `Some(None)` for one half of
    /// a surrogate pair.
    fn escape(&mut self) -> Option<Option<char>> {
        Some(Some(match self.0.next()? {
            escaped @ ('"' | '\\' | '/') => escaped,
            'b' => '\x08',
            'f' => '\x0c',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => return self.unit().map(|unit| self.character(unit)),
            _ => return None,
        }))
    }

    /// The character of a UTF-16 unit and, where it is the first half of a pair, of the unit behind.
    fn character(&mut self, unit: u32) -> Option<char> {
        if !(0xd800..0xdc00).contains(&unit) {
            return char::from_u32(unit);
        }
        let mut ahead = Unescape(self.0.as_str().strip_prefix("\\u")?.chars());
        let second = ahead.unit().filter(|second| (0xdc00..0xe000).contains(second))?;
        self.0 = ahead.0;
        char::from_u32(0x10000 + ((unit - 0xd800) << 10) + (second - 0xdc00))
    }

    fn unit(&mut self) -> Option<u32> {
        (0..4).try_fold(0, |unit, _| Some(unit << 4 | self.0.next()?.to_digit(16)?))
    }
}
