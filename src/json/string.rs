//! Compares a key in JSON, which may contain escapes, with a key of the program.
//!
//! Python escapes every non-ASCII character, so on a site with keys like `"größe"` escaped keys are common.

use std::str::Chars;

/// Returns whether `raw`, the text between the quotes, is `key` after it is [`unescaped`].
pub(crate) fn means(raw: &str, key: &str) -> bool {
    characters(raw).eq(key.chars())
}

/// Returns `raw` with its escapes resolved.
pub(crate) fn unescaped(raw: &str) -> String {
    characters(raw).collect()
}

/// Returns the characters of `raw`. A lone surrogate, which Python may write and a `str` cannot contain, becomes
/// U+FFFD, so that the key can be listed, read and removed under that name.
fn characters(raw: &str) -> impl Iterator<Item = char> {
    Unescape(raw.chars()).map(|read| read.unwrap_or(char::REPLACEMENT_CHARACTER))
}

/// Returns whether JSON allows `raw` between quotes. A lone surrogate is allowed.
pub(crate) fn is_valid(raw: &str) -> bool {
    Unescape(raw.chars()).all(|read| read != Err(Odd::Invalid))
}

/// Appends `key` as a JSON string with quotes.
pub(crate) fn write(key: &str, text: &mut String) {
    text.push('"');
    if key.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
        text.push_str(key);
        text.push('"');
        return;
    }
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
    /// Reads the escape after a backslash. Returns `None` if it is not an escape of JSON, and `Some(None)` for half of
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

    /// Returns the character of a UTF-16 unit, together with the next unit if it is the first half of a pair.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn written(key: &str) -> String {
        let mut text = String::new();
        write(key, &mut text);
        text
    }

    #[test]
    fn a_key_is_written_as_json_and_means_itself() {
        for character in
            (0..=0x2ff).chain([0x2028, 0xfffd, 0xffff, 0x10000, 0x1f600, 0x10ffff]).filter_map(char::from_u32)
        {
            for key in [character.to_string(), format!("a{character}"), format!("{character}a{character}")] {
                let text = written(&key);
                assert_eq!(serde_json::from_str::<String>(&text).unwrap(), key, "{text}");
                let raw = &text[1..text.len() - 1];
                assert!(is_valid(raw) && means(raw, &key), "{text}");
                assert_eq!(unescaped(raw), key);
                assert!(!means(raw, &key[..key.len() - key.chars().last().unwrap().len_utf8()]), "{text}");
                assert!(!means(raw, &format!("{key}a")), "{text}");
            }
        }
    }

    #[test]
    fn every_escape_means_what_json_says() {
        for (raw, key) in [
            (r#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{c}\n\r\t"),
            (r"\u0041\u00e9\u00E9\uffff\u0000", "Aéé\u{ffff}\0"),
            (r"\ud83d\ude00\uD83D\uDE00", "😀😀"),
            (r"\ud800\udc00\udbff\udfff", "\u{10000}\u{10ffff}"),
        ] {
            assert!(is_valid(raw), "{raw}");
            assert_eq!(unescaped(raw), key);
            assert!(means(raw, key), "{raw}");
        }
    }

    #[test]
    fn a_lone_surrogate_is_read_as_a_replacement_character() {
        for (raw, key) in [
            (r"\ud800", "\u{fffd}"),
            (r"\udfff", "\u{fffd}"),
            (r"\ud800a", "\u{fffd}a"),
            (r"\ud800\u0061", "\u{fffd}a"),
            (r"\ud800\n", "\u{fffd}\n"),
            (r"\ude00\ud83d", "\u{fffd}\u{fffd}"),
            (r"\ud83d\ud83d\ude00", "\u{fffd}😀"),
        ] {
            assert!(is_valid(raw), "{raw}");
            assert_eq!(unescaped(raw), key, "{raw}");
            assert!(means(raw, key), "{raw}");
            assert!(!means(raw, key.trim_end_matches('\u{fffd}')) || !key.ends_with('\u{fffd}'), "{raw}");
        }
        assert!(!means(r"a\ud800", "a"));
        assert!(!means(r"\ud800", ""));
    }

    #[test]
    fn invalid_text_between_quotes_is_refused() {
        for raw in [
            "\"",
            "a\"b",
            "\\",
            "a\\",
            r"\x",
            r"\U0041",
            r"\'",
            r"\u",
            r"\u1",
            r"\u12",
            r"\u123",
            r"\u123g",
            r"\u+123",
            r"\ud800\u",
            r"\ud800\ud8",
            r"\ud800\x",
            "\u{0}",
            "\u{1f}",
            "\n",
            r"\é",
            r"\u00é0",
        ] {
            assert!(!is_valid(raw), "{raw:?}");
        }
        assert!(is_valid(""));
        assert!(is_valid("\u{7f}é😀/'"));
    }
}
