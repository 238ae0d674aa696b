//! The same JSON through our scanner and through `serde_json`: the same keys in the same order, the
//! same text of each value, the same refusals.
//!
//! Ours refuses at load what is wrong with the frame and the keys, and when it is read what is wrong
//! with a value; `serde_json` refuses the whole. So one accepts the document where the other accepts
//! it and every value in it. Three differences are meant:
//! - half of a surrogate pair in a key harms no other key here (Python may write one);
//! - a value that a later one of the same key replaces is never looked at here;
//! - `serde_json` counts 128 levels from the outermost bracket, which is not part of what is read
//!   here.

#![no_main]

use std::fmt;

use libfuzzer_sys::fuzz_target;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use signed_cookie_session_fuzz::{NOW, SITE, members, signed};

fuzz_target!(|dict: &str| {
    let Some(value) = signed(format!("[{NOW}, {NOW}, {dict}]").as_bytes()) else { return };
    let session = SITE.decode(&value);
    let ours = session.as_ref().ok().filter(|session| session.to_map().is_ok());
    let theirs = serde_json::from_str::<Value>(dict).ok().filter(Value::is_object);
    match (ours, theirs) {
        (None, None) => {}
        (Some(session), Some(theirs)) => {
            assert_eq!(Value::Object(session.to_map().unwrap()), theirs);
            let reference: Members = serde_json::from_str(dict).unwrap();
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

/// How many quotes begin or end a string.
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

/// The members in the order of first appearance, each with its last value.
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
