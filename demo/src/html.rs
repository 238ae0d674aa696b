//! Text that is to be shown, made harmless.

use std::fmt::{self, Display, Write};

/// Shows a value as text of an HTML page or of a quoted attribute, whatever is in it.
pub fn escaped(value: impl Display) -> impl Display {
    Escaped(value)
}

struct Escaped<T>(T);

impl<T: Display> Display for Escaped<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escape(f), "{}", self.0)
    }
}

struct Escape<'f, 'a>(&'f mut fmt::Formatter<'a>);

impl Write for Escape<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|character| self.write_char(character))
    }

    fn write_char(&mut self, character: char) -> fmt::Result {
        match character {
            '&' => self.0.write_str("&amp;"),
            '<' => self.0.write_str("&lt;"),
            '>' => self.0.write_str("&gt;"),
            '"' => self.0.write_str("&quot;"),
            '\'' => self.0.write_str("&#39;"),
            // No HTML may hold these: their pictures are shown instead.
            '\0'..='\x1f' => self.0.write_char(char::from_u32(0x2400 + u32::from(character)).unwrap_or('\u{fffd}')),
            '\x7f' => self.0.write_char('\u{2421}'),
            '\u{80}'..='\u{9f}' => self.0.write_char('\u{fffd}'),
            plain => self.0.write_char(plain),
        }
    }
}
