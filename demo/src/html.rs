//! Escapes text in the templates, which `askama.toml` turns on.

use std::fmt::{self, Write};

use askama::filters::Escaper;

/// Escapes text for a page and for a quoted attribute.
#[derive(Clone, Copy)]
pub struct Html;

impl Escaper for Html {
    fn write_escaped_str<W: Write>(&self, mut to: W, text: &str) -> fmt::Result {
        text.chars().try_for_each(|character| match character {
            '&' => to.write_str("&amp;"),
            '<' => to.write_str("&lt;"),
            '>' => to.write_str("&gt;"),
            '"' => to.write_str("&quot;"),
            '\'' => to.write_str("&#39;"),
            plain => to.write_char(picture(plain)),
        })
    }
}

/// HTML must not contain control characters, so visible symbols replace them.
fn picture(character: char) -> char {
    match character {
        '\n' => character,
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(character)).unwrap_or('\u{fffd}'),
        '\x7f' => '\u{2421}',
        '\u{80}'..='\u{9f}' => '\u{fffd}',
        plain => plain,
    }
}
