//! The output of the command: text that is safe for a terminal, and an exit status.

use std::fmt::Display;
use std::io::{ErrorKind, IsTerminal, Write};
use std::process::ExitCode;

/// The text for standard output, and the exit status.
pub struct Report {
    pub text: String,
    pub status: u8,
}

impl Report {
    pub fn new(text: String) -> Self {
        Self { text, status: 0 }
    }

    pub fn print(&self) -> ExitCode {
        let mut out = std::io::stdout().lock();
        match out.write_all(self.text.as_bytes()).and_then(|()| out.flush()) {
            // A reader such as `head` may close the pipe early, which is not an error.
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                let _ = writeln!(std::io::stderr(), "session-cookie: standard output cannot be written: {error}");
                ExitCode::from(2)
            }
            _ => ExitCode::from(self.status),
        }
    }
}

/// Returns whether to write colours to standard output (no-color.org).
pub fn colours() -> bool {
    let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    wanted && std::env::var_os("TERM").is_none_or(|term| term != "dumb") && std::io::stdout().is_terminal()
}

/// Adds colours to text if it is `true`.
#[derive(Clone, Copy)]
pub struct Paint(pub bool);

impl Paint {
    pub fn good(self, text: impl Display) -> String {
        self.with("32", text)
    }
    pub fn bad(self, text: impl Display) -> String {
        self.with("1;31", text)
    }
    pub fn odd(self, text: impl Display) -> String {
        self.with("33", text)
    }
    pub fn strong(self, text: impl Display) -> String {
        self.with("1", text)
    }
    pub fn faint(self, text: impl Display) -> String {
        self.with("2", text)
    }

    fn with(self, code: &str, text: impl Display) -> String {
        if self.0 { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_string() }
    }
}

/// Returns whether a terminal executes or hides a character: control characters, characters that change the direction
/// of writing, and characters without width.
fn is_unseen(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(character, '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
        || matches!(character, '\u{e0000}'..='\u{e0fff}')
}

/// Returns a text in which invisible characters are written as in JSON, `\u001b`. JSON text stays valid JSON.
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        if is_unseen(character) {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                plain.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            plain.push(character);
        }
    }
    plain
}
