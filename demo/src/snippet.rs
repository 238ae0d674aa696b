//! The code behind a card, from the card's own file.

const MARK: &str = "// --- shown on the page ---\n";

/// Returns the text between the two marks of a source file.
pub fn shown(source: &'static str) -> &'static str {
    source.split(MARK).nth(1).unwrap_or_default().trim_end()
}
