//! Reads the same JSON with our scanner and with `serde_json`. Both must find the same keys in the same order, the same
//! text of each value, and the same errors.
//!
//! Our scanner refuses a wrong frame or key when it loads, and a wrong value when the value is read. `serde_json`
//! refuses the whole document. So `serde_json` must accept a document exactly if our scanner accepts the document and
//! every value. Five differences are intended:
//! - The methods of a session hide its lifetime.
//! - Half of a surrogate pair in a key does not affect other keys here (Python may write one).
//! - A value that is replaced by a later one with the same key is never read here.
//! - `serde_json` keeps a key for its own `RawValue`, and reads an object with this key in another way.
//! - `serde_json` counts 128 levels from the outermost bracket, which our scanner does not count.

#![no_main]

use std::fmt;

use libfuzzer_sys::fuzz_target;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use signed_cookie_session_fuzz::{NOW, SITE, members, signed};

fuzz_target!(|dict: &str| {
    if dict.contains("$serde_json::private::") {
        return;
    }
    let Some(value) = signed(format!("[{NOW}, {NOW}, {dict}]").as_bytes()) else { return };
    let session = SITE.decode(&value);
    let ours = session.as_ref().ok().filter(|session| session.to_map().is_ok());
    let mut theirs = serde_json::from_str::<Value>(dict).ok().filter(Value::is_object);
    if let Some(Value::Object(members)) = &mut theirs {
        members.retain(|key, _| !is_hidden(key));
    }
    match (ours, theirs) {
        (None, None) => {}
        (Some(session), Some(theirs)) => {
            assert_eq!(Value::Object(session.to_map().unwrap()), theirs);
            let mut reference: Members = serde_json::from_str(dict).unwrap();
            reference.0.retain(|(key, _)| !is_hidden(key));
            let keys: Vec<_> = reference.0.iter().map(|(key, _)| key.clone()).collect();
            assert_eq!(session.keys(), keys);
            let texts: Vec<_> = reference.0.into_iter().map(|(key, text)| (key, Some(text))).collect();
            assert_eq!(members(session), texts);
        }
        (None, Some(_)) => panic!("we refuse what serde_json accepts"),
        (Some(session), None) => {
            let odd_key = session.keys().iter().any(|key| key.contains(char::REPLACEMENT_CHARACTER));
            let members = members(session);
            let quotes_read: usize =
                members.iter().map(|(_, json)| 2 + quotes(json.as_ref().expect("every value was read"))).sum();
            let replaced = quotes(dict) > quotes_read;
            let deep = dict.bytes().filter(|byte| matches!(byte, b'[' | b'{')).count() > 126;
            assert!(odd_key || replaced || deep, "we accept what serde_json refuses");
        }
    }
});

/// Returns whether the methods of the dict hide a key.
fn is_hidden(key: &str) -> bool {
    key == "_lifetime_"
}

/// Returns how many quotes begin or end a string.
fn quotes(json: &str) -> usize {
    let mut escaped = false;
    json.bytes()
        .filter(|byte| {
            let counts = *byte == b'"' && !escaped;
            escaped = *byte == b'\\' && !escaped;
            counts
        })
        .count()
}

/// Returns the members in the order of their first appearance, each with its last value.
struct Members(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members: Vec<(String, String)> = Vec::new();
                while let Some((key, value)) = map.next_entry::<String, Box<RawValue>>()? {
                    match members.iter_mut().find(|(old, _)| *old == key) {
                        Some((_, old)) => *old = value.get().into(),
                        None => members.push((key, value.get().into())),
                    }
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}
