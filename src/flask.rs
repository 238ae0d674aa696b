//! Python values in a Flask session that JSON has no type for.
//!
//! Flask writes each as an object with one key, its tag: a tuple as `{" t": [1, 2]}`, bytes as `{" b": "AP8="}`. This
//! module reads and writes them as Rust values.
//!
//! | Python | JSON in the session | [`Untagged`] reads it as | written by |
//! |---|---|---|---|
//! | `tuple` | `{" t": [1, 2]}` | a list | [`Tuple`] |
//! | `bytes` | `{" b": "AP8="}` | a list of numbers, such as `Vec<u8>` | [`Bytes`] |
//! | `uuid.UUID` | `{" u": "1234…"}` | text with hyphens | [`Uuid`] |
//! | `datetime` | `{" d": "Mon, 21 Sep 2026 14:13:20 GMT"}` | that text | [`DateTime`] |
//! | `markupsafe.Markup` | `{" m": "<b>hi</b>"}` | that text | [`Markup`] |
//! | a dict whose only key looks like a tag | `{" di": {" t__": 1}}` | the dict | |
//!
//! # Example
//! ```
//! use signed_cookie_session::flask::{Bytes, Tuple, Untagged};
//! # use signed_cookie_session::{Format, Secret, SignedCookieFactory};
//! # let sessions = SignedCookieFactory::builder(Secret::generate()).format(Format::Flask).build()?;
//! # let session = sessions.load(&http::HeaderMap::new());
//!
//! // In Flask: session["position"] == (1, 2), session["token"] == b"\x00\xff"
//! session.insert("position", Tuple([1, 2]))?;
//! session.insert("token", Bytes(vec![0, 255]))?;
//!
//! let Untagged(position) = session.get::<Untagged<(i64, i64)>>("position")?.unwrap();
//! assert_eq!(position, (1, 2));
//! let Bytes(token) = session.get("token")?.unwrap();
//! assert_eq!(token, [0, 255]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use base64::Engine;
use serde::de::{DeserializeOwned, Error as _};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::format::foreign::base64::PADDED;
use crate::json::scan;

/// Deeper values keep their tags: serde_json does not read them either.
const MAX_DEPTH: usize = 128;

/// Reads a value of a Flask session without Flask's tags, at every level: see the [module](self).
///
/// # Example
/// ```
/// # use signed_cookie_session::{Format, Secret, SignedCookieFactory};
/// # use signed_cookie_session::flask::Untagged;
/// # let sessions = SignedCookieFactory::builder(Secret::generate()).format(Format::Flask).build()?;
/// # let session = sessions.load(&http::HeaderMap::new());
/// # session.insert("cart", serde_json::json!([{" t": ["apples", 3]}]))?;
/// // In Flask: session["cart"] == [("apples", 3)]
/// let Untagged(cart) = session.get::<Untagged<Vec<(String, u32)>>>("cart")?.unwrap();
/// assert_eq!(cart, [("apples".to_owned(), 3)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Untagged<T>(pub T);

impl<'de, T: DeserializeOwned> Deserialize<'de> for Untagged<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Read as text, so that numbers keep all their digits.
        let json = Box::<RawValue>::deserialize(deserializer)?;
        serde_json::from_str(&untagged(json.get(), MAX_DEPTH)).map(Self).map_err(D::Error::custom)
    }
}

macro_rules! tagged {
    ($name:ident, $tag:literal, |$value:ident| $written:expr, |$json:ident| $read:expr) => {
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let $value = &self.0;
                one_member($tag, $written, serializer)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let json = Box::<RawValue>::deserialize(deserializer)?;
                let $json = json.get();
                $read.map(Self).ok_or_else(|| D::Error::custom(concat!("Flask's tag {\"", $tag, "\": …}")))
            }
        }
    };
}

/// Python's `bytes` in a Flask session.
///
/// # Example
/// ```
/// use signed_cookie_session::flask::Bytes;
///
/// assert_eq!(serde_json::to_string(&Bytes(vec![0, 255, 16]))?, r#"{" b":"AP8Q"}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

tagged!(Bytes, " b", |bytes| &PADDED.encode(bytes), |json| text_of(json, " b")
    .and_then(|text| PADDED.decode(text).ok()));

/// Python's `uuid.UUID` in a Flask session: its text, with hyphens or without.
///
/// # Example
/// ```
/// use signed_cookie_session::flask::Uuid;
///
/// let id: Uuid = serde_json::from_str(r#"{" u":"12345678123456781234567812345678"}"#)?;
/// assert_eq!(id.0, "12345678-1234-5678-1234-567812345678");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uuid(pub String);

tagged!(Uuid, " u", |text| &text.replace('-', ""), |json| text_of(json, " u").and_then(|hex| hyphenated(&hex)));

/// Python's `datetime` in a Flask session, as the text of an HTTP date: `Mon, 21 Sep 2026 14:13:20 GMT`.
///
/// # Example
/// ```
/// use signed_cookie_session::flask::DateTime;
///
/// let date: DateTime = serde_json::from_str(r#"{" d":"Mon, 21 Sep 2026 14:13:20 GMT"}"#)?;
/// assert_eq!(date.0, "Mon, 21 Sep 2026 14:13:20 GMT");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DateTime(pub String);

tagged!(DateTime, " d", |text| text, |json| text_of(json, " d"));

/// markupsafe's `Markup` in a Flask session: HTML that is not escaped in a template.
///
/// # Example
/// ```
/// use signed_cookie_session::flask::Markup;
///
/// assert_eq!(serde_json::to_string(&Markup("<b>hi</b>".into()))?, r#"{" m":"<b>hi</b>"}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Markup(pub String);

tagged!(Markup, " m", |text| text, |json| text_of(json, " m"));

/// Python's `tuple` in a Flask session: any value that serde writes as a list.
///
/// # Example
/// ```
/// use signed_cookie_session::flask::Tuple;
///
/// assert_eq!(serde_json::to_string(&Tuple((1, "two")))?, r#"{" t":[1,"two"]}"#);
/// let Tuple((number, word)) = serde_json::from_str::<Tuple<(u8, String)>>(r#"{" t":[1,"two"]}"#)?;
/// assert_eq!((number, &*word), (1, "two"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tuple<T>(pub T);

impl<T: Serialize> Serialize for Tuple<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        one_member(" t", &self.0, serializer)
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Tuple<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Box::<RawValue>::deserialize(deserializer)?;
        let items = only_member(json.get()).filter(|(tag, _)| *tag == " t").map(|(_, items)| items);
        let items = items.ok_or_else(|| D::Error::custom("Flask's tag {\" t\": …}"))?;
        serde_json::from_str(items).map(Self).map_err(D::Error::custom)
    }
}

fn one_member<S: Serializer>(tag: &str, value: &(impl Serialize + ?Sized), serializer: S) -> Result<S::Ok, S::Error> {
    let mut object = serializer.serialize_map(Some(1))?;
    object.serialize_entry(tag, value)?;
    object.end()
}

/// Returns the key and the value of an object that has exactly one member.
fn only_member(json: &str) -> Option<(&str, &str)> {
    let [member]: [scan::Member; 1] = scan::object(json)?.list.try_into().ok()?;
    (!member.key.of(json).contains('\\')).then(|| (member.key.of(json), member.value.of(json)))
}

/// Returns the string under a tag.
fn text_of(json: &str, tag: &str) -> Option<String> {
    let (found, value) = only_member(json)?;
    if found == tag { serde_json::from_str(value).ok() } else { None }
}

fn hyphenated(hex: &str) -> Option<String> {
    if hex.len() != 32 || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|range| &hex[range]);
    Some(parts.join("-"))
}

/// Returns the JSON text without Flask's tags. Tags that Flask does not write stay as they are.
fn untagged(json: &str, depth: usize) -> String {
    let inner = |json: &str| untagged(json, depth - 1);
    if depth == 0 {
        return json.into();
    }
    match only_member(json) {
        Some((" t", items)) if scan::array(items).is_some() => return inner(items),
        Some((" b", bytes)) => {
            let text = serde_json::from_str::<String>(bytes).ok();
            if let Some(bytes) = text.and_then(|text| PADDED.decode(text).ok()) {
                return serde_json::to_string(&bytes).expect("numbers can be written");
            }
        }
        Some((" m" | " d", text)) if text.starts_with('"') => return text.into(),
        Some((" u", _)) => {
            if let Some(uuid) = text_of(json, " u").and_then(|hex| hyphenated(&hex)) {
                return format!("\"{uuid}\"");
            }
        }
        Some((" di", dict)) => {
            if let Some((key, value)) =
                only_member(dict).and_then(|(key, value)| Some((key.strip_suffix("__")?, value)))
            {
                return format!("{{\"{key}\":{}}}", inner(value));
            }
        }
        _ => {}
    }
    if let Some(members) = scan::object(json) {
        let members =
            members.list.iter().map(|member| format!("\"{}\":{}", member.key.of(json), inner(member.value.of(json))));
        return format!("{{{}}}", members.collect::<Vec<_>>().join(","));
    }
    match scan::array(json) {
        Some(items) => format!("[{}]", items.iter().map(|item| inner(item.of(json))).collect::<Vec<_>>().join(",")),
        None => json.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tag_is_read_at_every_level() {
        for (json, plain) in [
            (r#"{" t":[1,"two",{" t":[3]}]}"#, r#"[1,"two",[3]]"#),
            (r#"{"a":{" b":"AP8Q"}}"#, r#"{"a":[0,255,16]}"#),
            (r#"[{" u":"12345678123456781234567812345678"}]"#, r#"["12345678-1234-5678-1234-567812345678"]"#),
            (r#"{" d":"Mon, 21 Sep 2026 14:13:20 GMT"}"#, r#""Mon, 21 Sep 2026 14:13:20 GMT""#),
            (r#"{" m":"<b>hi</b>"}"#, r#""<b>hi</b>""#),
            (r#"{" di":{" t__":{" t":[1]}}}"#, r#"{" t":[1]}"#),
            // No tags.
            (r#"{" t":[1],"b":2}"#, r#"{" t":[1],"b":2}"#),
            (r#"{" t":1}"#, r#"{" t":1}"#),
            (r#"{" b":"?"}"#, r#"{" b":"?"}"#),
            (r#"{" x":[1]}"#, r#"{" x":[1]}"#),
            (r#"{" u":"1234567812345678123456781234567"}"#, r#"{" u":"1234567812345678123456781234567"}"#),
            (r#"{" u":"1234567812345678123456781234567é"}"#, r#"{" u":"1234567812345678123456781234567é"}"#),
            (r#"{" u":"xyz45678123456781234567812345678"}"#, r#"{" u":"xyz45678123456781234567812345678"}"#),
            (r#"{" d":1}"#, r#"{" d":1}"#),
            (r#"{" m":["<b>"]}"#, r#"{" m":["<b>"]}"#),
            ("1180591620717411303424", "1180591620717411303424"),
            ("NaN", "NaN"),
        ] {
            assert_eq!(untagged(json, MAX_DEPTH), plain, "{json}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let deep = format!("{}1{}", "{\" t\":[".repeat(5000), "]}".repeat(5000));
        assert!(untagged(&deep, MAX_DEPTH).starts_with("[[[["));
    }

    #[test]
    fn a_value_of_another_tag_does_not_fit() {
        assert!(serde_json::from_str::<Bytes>(r#"{" u":"AP8Q"}"#).is_err());
        assert!(serde_json::from_str::<Uuid>(r#"{" u":"AP8Q"}"#).is_err());
        assert!(serde_json::from_str::<Markup>(r#""<b>hi</b>""#).is_err());
        assert!(serde_json::from_str::<Tuple<Vec<u8>>>("[1]").is_err());
    }
}
