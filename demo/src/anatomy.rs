//! Splits a session cookie into its parts, to show them to the visitor. Nothing is verified here.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The length of an HMAC-SHA-512, in bytes.
const SIGNATURE: usize = 64;

/// The prefix of the value of an encrypted cookie.
const SEALED: &str = "e1.";

/// A piece of text and its kind: `signature`, `times`, `data` or `sealed`. The stylesheet has a colour for each kind.
#[derive(Clone)]
pub struct Part {
    pub kind: &'static str,
    pub text: String,
}

/// A cookie value in its parts.
#[derive(Clone)]
pub struct Anatomy {
    /// The value as it is sent.
    pub raw: Vec<Part>,
    /// The signed text. It is empty if the cookie is encrypted.
    pub text: Vec<Part>,
}

impl Anatomy {
    /// Returns `None` if this is not the value of a session cookie.
    pub fn of(value: &str) -> Option<Self> {
        if let Some(sealed) = value.strip_prefix(SEALED) {
            return Some(Self { raw: parts([("version", SEALED), ("sealed", sealed)]), text: Vec::new() });
        }
        // A signature, and then `[renewed, created, {…}]`.
        let bytes = URL_SAFE_NO_PAD.decode(value).ok()?;
        let text = std::str::from_utf8(bytes.get(SIGNATURE..)?).ok()?;
        let (start, end) = (text.find('{')?, text.rfind('}')? + 1);
        let (times, bracket) = (text.get(..start)?, text.get(end..)?);
        let data = text.get(start..end).filter(|data| !data.is_empty())?;

        // A base64 character holds six bits. A character that belongs to two parts is shown with the first one.
        let letter = |byte: usize| (byte * 8).div_ceil(6).min(value.len());
        let (signed, timed, done) = (letter(SIGNATURE), letter(SIGNATURE + start), letter(SIGNATURE + end));
        Some(Self {
            raw: parts([
                ("signature", &value[..signed]),
                ("times", &value[signed..timed]),
                ("data", &value[timed..done]),
                ("times", &value[done..]),
            ]),
            text: parts([("times", times), ("data", data), ("times", bracket)]),
        })
    }

    pub fn is_sealed(&self) -> bool {
        self.text.is_empty()
    }
}

fn parts<const N: usize>(parts: [(&'static str, &str); N]) -> Vec<Part> {
    parts.map(|(kind, text)| Part { kind, text: text.to_owned() }).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(parts: &[Part]) -> String {
        parts.iter().map(|part| &*part.text).collect()
    }

    #[test]
    fn the_parts_of_a_value_are_the_value() {
        for data in ["{}", r#"{"a": "}"}"#, r#"{"a": [{}]}"#, r#"{"name": "é"}"#] {
            let text = format!("[1790000000, 1790000000.25, {data}]");
            let value = URL_SAFE_NO_PAD.encode([&[0xa5; SIGNATURE], text.as_bytes()].concat());
            let anatomy = Anatomy::of(&value).unwrap();
            assert_eq!((joined(&anatomy.raw), joined(&anatomy.text)), (value, text));
            assert_eq!((anatomy.raw[0].text.len(), &*anatomy.text[1].text), (86, data));
        }
    }

    #[test]
    fn a_sealed_value_shows_nothing_of_its_text() {
        let anatomy = Anatomy::of("e1.AAAABBBB").unwrap();
        assert!(anatomy.is_sealed());
        assert_eq!(joined(&anatomy.raw), "e1.AAAABBBB");
    }

    #[test]
    fn what_is_no_session_has_no_parts() {
        let unframed = URL_SAFE_NO_PAD.encode([0x20; 80]);
        let backwards = URL_SAFE_NO_PAD.encode([&[0x20; SIGNATURE][..], b"}{"].concat());
        for value in ["", "x", "é", "=", &unframed, &backwards, &"A".repeat(5000)] {
            assert!(Anatomy::of(value).is_none(), "{value}");
        }
    }
}
