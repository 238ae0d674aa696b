//! The texts of the two cookies of a device-bound session: `["bound", created, until]`, which is valid until `until`,
//! and `["key", created, x, y]`, which holds the device's public key.
//!
//! A session's text begins with a number, and each of these begins with its own string, so that they cannot be
//! confused. This module must not depend on signatures.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::format::timestamp::Timestamp;

const BOUND: &str = "[\"bound\", ";
const KEY: &str = "[\"key\", ";

/// Which of the two cookies a text is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Bound,
    Key,
}

/// The suffixes that the names of the two cookies add to the session's name.
pub(crate) const BOUND_SUFFIX: &str = ".bound";
pub(crate) const KEY_SUFFIX: &str = ".key";

/// The two coordinates of a point, 32 bytes each.
pub(crate) type Coordinates = ([u8; 32], [u8; 32]);

/// Writes until when the device of the session with this `created` is proven.
pub(crate) fn write_bound(created: Timestamp, until: Timestamp) -> String {
    format!("{BOUND}{created}, {until}]")
}

/// Reads the `created` of the session, and until when its device is proven.
pub(crate) fn read_bound(text: &[u8]) -> Option<(Timestamp, Timestamp)> {
    let [created, until] = fields(text, BOUND)?;
    Some((Timestamp::parse(created)?, Timestamp::parse(until)?))
}

/// Writes the public key of the session's device.
pub(crate) fn write_key(created: Timestamp, (x, y): &Coordinates) -> String {
    format!("{KEY}{created}, \"{}\", \"{}\"]", URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y))
}

/// Reads the `created` of the session, and the public key of its device.
pub(crate) fn read_key(text: &[u8]) -> Option<(Timestamp, Coordinates)> {
    let [created, x, y] = fields(text, KEY)?;
    Some((Timestamp::parse(created)?, (coordinate(quoted(x)?)?, coordinate(quoted(y)?)?)))
}

/// Reads a coordinate from 43 letters of base64url. No other spelling is accepted.
pub(crate) fn coordinate(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    (URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()? == bytes.len()).then_some(bytes)
}

/// Returns the `N` fields between `before` and the closing bracket.
fn fields<'t, const N: usize>(text: &'t [u8], before: &str) -> Option<[&'t str; N]> {
    let text = text.strip_prefix(before.as_bytes())?.strip_suffix(b"]")?;
    let mut fields = std::str::from_utf8(text).ok()?.split(", ");
    let mut found = [""; N];
    for place in &mut found {
        *place = fields.next()?;
    }
    fields.next().is_none().then_some(found)
}

fn quoted(field: &str) -> Option<&str> {
    field.strip_prefix('"')?.strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn the_bound_cookies_text_goes_there_and_back() {
        let text = write_bound(at("1790000000.25"), at("1790000600.0"));
        assert_eq!(text, r#"["bound", 1790000000.25, 1790000600.0]"#);
        assert_eq!(read_bound(text.as_bytes()), Some((at("1790000000.25"), at("1790000600"))));
    }

    #[test]
    fn the_key_cookies_text_goes_there_and_back() {
        let key = ([0; 32], [255; 32]);
        let text = write_key(at("1790000000.25"), &key);
        let (zeros, ones) = ("A".repeat(43), format!("{}8", "_".repeat(42)));
        assert_eq!(text, format!(r#"["key", 1790000000.25, "{zeros}", "{ones}"]"#));
        assert_eq!(read_key(text.as_bytes()), Some((at("1790000000.25"), key)));
    }

    #[test]
    fn no_text_is_taken_for_another() {
        let (created, until) = (at("1790000000.25"), at("1790000600"));
        let bound = write_bound(created, until);
        let key = write_key(created, &([1; 32], [2; 32]));
        for text in [&*bound, r#"["ended", 1790000000.25]"#, "[1790000000, 1790000000.25, {}]"] {
            assert_eq!(read_key(text.as_bytes()), None, "{text}");
        }
        for text in [&*key, r#"["ended", 1790000000.25]"#, "[1790000000, 1790000000.25, {}]"] {
            assert_eq!(read_bound(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn a_text_with_anything_missing_or_added_is_refused() {
        for text in [
            "",
            r#"["bound", ]"#,
            r#"["bound", 1]"#,
            r#"["bound", 1, 2, 3]"#,
            r#"["bound", 1, 2"#,
            r#"["bound", 1, 2]]"#,
            r#"["bound", 1, "2"]"#,
            r#"["bound", 1, true]"#,
            r#"["bound", 1,2]"#,
            r#" ["bound", 1, 2]"#,
        ] {
            assert_eq!(read_bound(text.as_bytes()), None, "{text}");
        }
        let short = "A".repeat(42);
        for text in [
            r#"["key", 1, "", ""]"#.to_owned(),
            format!(r#"["key", 1, "{short}A"]"#),
            format!(r#"["key", 1, "{short}A", "{short}"]"#),
            format!(r#"["key", 1, "{short}A", "{short}B"]"#),
            format!(r#"["key", 1, "{short}A", {short}A]"#),
            format!(r#"["key", 1, "{short}A", "{short}A="]"#),
            format!(r#"["key", 1, "{short}A", "{short}A", 1]"#),
        ] {
            assert_eq!(read_key(text.as_bytes()), None, "{text}");
        }
    }
}
