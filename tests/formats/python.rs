//! Flask, Django and Starlette share sessions with this library.

use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use flate2::read::ZlibDecoder;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use signed_cookie_session::{Format, Outcome, Secret, Session, SignedCookieFactory};

use crate::jar::Jar;
use crate::peer::Peer;
use crate::random::Random;

const SECRET: &str = "one secret for a Python and a Rust half of a site";
const SESSIONS: u64 = 500;

fn frameworks() -> [(&'static str, Format); 3] {
    [("flask", Format::Flask), ("django", Format::Django), ("starlette", Format::Starlette)]
}

pub fn sessions(format: Format) -> SignedCookieFactory {
    SignedCookieFactory::builder(Secret::new(SECRET).unwrap()).format(format).build().unwrap()
}

/// The members of a JSON object, as text.
pub fn members(json: &str) -> Map<String, Value> {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"))
}

fn raw_members(json: &str) -> std::collections::BTreeMap<String, Box<RawValue>> {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"))
}

fn raw(session: &Session, key: &str) -> String {
    session.get::<Box<RawValue>>(key).unwrap().map(|raw| raw.get().to_owned()).unwrap_or_default()
}

#[test]
fn sessions_of_the_framework_pass_through_rust_unchanged() {
    for (framework, format) in frameworks() {
        let Some(mut peer) = Peer::python(framework, SECRET) else { return };
        let sessions = sessions(format);
        let mut compressed = 0;
        for seed in 0..SESSIONS {
            let made = peer.make(seed);
            let mut jar = Jar(made.cookies);
            compressed += usize::from(jar.0[sessions.cookie_name()].starts_with('.'));
            let session = jar.load(&sessions);
            assert_eq!(session.outcome(), Outcome::Valid, "{framework} {seed}");
            let theirs = raw_members(made.json.as_deref().unwrap());
            assert_eq!(session.keys().len(), theirs.len(), "{framework} {seed}");
            for (key, json) in &theirs {
                assert_eq!(raw(&session, key), json.get(), "{framework} {seed} {key:?}");
            }
            session.insert("rust", json!({"b": [1, "ö🦀"], "a": seed})).unwrap();
            jar.save(&sessions, &session);

            let back = peer.ask(json!({"do": "check", "seed": seed, "cookies": jar.0, "besides": ["rust"]}));
            assert_eq!(back.difference, None, "{framework} {seed}");
            let read = raw_members(back.json.as_deref().unwrap());
            for (key, json) in &theirs {
                assert_eq!(read[key].get(), json.get(), "{framework} {seed} {key:?}");
            }
            assert_eq!(members(back.json.as_deref().unwrap())["rust"], json!({"b": [1, "ö🦀"], "a": seed}));
        }
        assert!(compressed > 50 || format == Format::Starlette, "{framework} {compressed}");
    }
}

#[test]
fn our_sessions_pass_through_the_framework_unchanged() {
    for (framework, format) in frameworks() {
        let Some(mut peer) = Peer::python(framework, SECRET) else { return };
        let sessions = sessions(format);
        let mut random = Random::new(7);
        let mut compressed = 0;
        for _ in 0..SESSIONS {
            let mut jar = Jar::default();
            let session = jar.load(&sessions);
            for _ in 0..1 + random.below(5) {
                let value = random.value(0);
                let value = if value.to_string().len() > 250 { json!("large") } else { value };
                session.insert(random.text(10) + "k", value).unwrap();
            }
            session.insert("float", random.float()).unwrap();
            session.insert("big", random.big_int()).unwrap();
            if random.below(4) == 0 {
                session.insert("pages", vec!["https://shop.example/articles/"; 40]).unwrap();
            }
            jar.save(&sessions, &session);
            compressed += usize::from(jar.0[sessions.cookie_name()].starts_with('.'));

            let seen = peer.read(&jar).expect("the framework accepts it");
            let (mut seen_raw, seen) = (raw_members(&seen), members(&seen));
            seen_raw.remove("_created_");
            assert_eq!(seen_raw.len(), session.keys().len(), "{framework}");
            for key in session.keys() {
                assert_eq!(session.get::<Value>(&key).unwrap().as_ref(), Some(&seen[&key]), "{framework} {key:?}");
            }
            assert_eq!(raw(&session, "big"), seen_raw["big"].get());

            let changed = peer.set(&jar, "changed by Python", "[1, 2.0, null, \"é\"]");
            let back = changed.load(&sessions);
            assert_eq!(back.created(), session.created(), "{framework}");
            assert_eq!(back.get("changed by Python"), Ok(Some(json!([1, 2.0, null, "é"]))));
            for key in session.keys() {
                assert_eq!(back.get::<Value>(&key).unwrap(), session.get(&key).unwrap(), "{framework} {key:?}");
            }
        }
        assert!(compressed > 50 || format == Format::Starlette, "{framework} {compressed}");
    }
}

#[test]
fn rust_writes_the_same_values_as_the_framework() {
    for (framework, format) in frameworks() {
        let Some(mut peer) = Peer::python(framework, SECRET) else { return };
        let sessions = sessions(format);
        let mut jar = Jar::default();
        let session = jar.load(&sessions);
        session.insert("b", json!({"z": [1, {"y": 1, "x": "é\u{7f}🦀"}], "a": 1.5})).unwrap();
        session.insert("a", "x").unwrap();
        jar.save(&sessions, &session);
        let json = peer.read(&jar).unwrap();
        let ours = jar.0[sessions.cookie_name()].clone();
        let (is_compressed, ours) = ours.strip_prefix('.').map_or((false, &*ours), |ours| (true, ours));
        let body = ours.split(['.', ':']).next().unwrap();
        let body = if format == Format::Starlette { STANDARD.decode(body) } else { URL_SAFE_NO_PAD.decode(body) };
        let mut text = String::new();
        if is_compressed {
            ZlibDecoder::new(&*body.unwrap()).read_to_string(&mut text).unwrap();
        } else {
            text = String::from_utf8(body.unwrap()).unwrap();
        }
        assert_eq!(text, json, "{framework}");
    }
}
