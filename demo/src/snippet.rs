//! The code behind a card, as it stands in the card's own file.

const MARK: &str = "// --- shown on the page ---\n";

/// What stands between the two marks of a source file.
pub fn shown(source: &'static str) -> &'static str {
    source.split(MARK).nth(1).unwrap_or_default().trim_end()
}
