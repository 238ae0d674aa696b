//! Reads cookies of Flask, Django and Starlette with the real framework and with this library. We must refuse every
//! value that the framework refuses. If both accept a value, the sessions must be equal. The framework may accept more,
//! because its base64 ignores invalid characters.
//!
//! The first byte chooses the framework, and the second byte the use of the rest:
//! - a JSON object is a session that each side writes and the other one reads;
//! - changes to the value of a session that we wrote;
//! - the body of a value, signed by the framework;
//! - any JSON in such a body.
//!
//! This needs `FORMATS_PYTHON`, a Python with the packages of tests/formats/requirements.txt. Without it, every input
//! is skipped.

#![no_main]

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{LazyLock, Mutex};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value, json};
use signed_cookie_session::{Format, Secret, Session, SignedCookieFactory};

const SECRET: &str = "a secret of the fuzz target, for both sides";
const FRAMEWORKS: [(&str, Format); 3] =
    [("flask", Format::Flask), ("django", Format::Django), ("starlette", Format::Starlette)];

/// The clock of the machine, because the frameworks cannot use another one.
static SITES: LazyLock<[SignedCookieFactory; 3]> = LazyLock::new(|| {
    FRAMEWORKS.map(|(_, format)| {
        let builder = SignedCookieFactory::builder(Secret::new(SECRET).unwrap()).format(format);
        builder.flash_limit(None).build().unwrap()
    })
});

static PEER: LazyLock<Option<Mutex<Peer>>> = LazyLock::new(|| {
    let Some(python) = env::var_os("FORMATS_PYTHON") else {
        eprintln!("skipped: set FORMATS_PYTHON=/path/to/venv/bin/python, made with tests/formats/requirements.txt");
        return None;
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/formats/peer.py");
    let command = Command::new(python).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut child = command.expect("FORMATS_PYTHON names a Python");
    let (requests, answers) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
    Some(Mutex::new(Peer { _child: child, requests, answers }))
});

/// The frameworks, which run in another process. It ends when the pipe is closed.
struct Peer {
    _child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// A framework, and our site in its format.
struct Pair<'p> {
    peer: &'p mut Peer,
    framework: &'static str,
    sessions: &'static SignedCookieFactory,
}

impl Pair<'_> {
    fn ask(&mut self, mut request: Value) -> Value {
        request["framework"] = self.framework.into();
        request["secret"] = SECRET.into();
        writeln!(self.peer.requests, "{request}").expect("the peer reads");
        let mut answer = String::new();
        self.peer.answers.read_line(&mut answer).expect("the peer answers");
        serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error}: {request} -> {answer:?}"))
    }

    /// Returns the session that the framework reads, or `None` if it refuses the value or the session is empty.
    fn theirs(&mut self, value: &str) -> Option<Map<String, Value>> {
        let answer = self.ask(json!({"do": "try", "cookies": {self.sessions.cookie_name(): value}}));
        let mut read: Value = match serde_json::from_str(answer["json"].as_str()?) {
            Ok(read) => read,
            // Python writes numbers that are not JSON.
            Err(_) => return Some(Map::from_iter([("not JSON".to_owned(), answer["json"].clone())])),
        };
        Some(read.as_object_mut().map(std::mem::take).unwrap_or_default())
    }

    /// Returns the value with which the framework answers a request.
    fn value(&mut self, request: Value) -> String {
        self.ask(request)["cookies"][self.sessions.cookie_name()].as_str().expect("the peer writes").to_owned()
    }

    fn ours(&self, value: &str) -> Option<Map<String, Value>> {
        self.sessions.decode(value).ok()?.to_map().ok()
    }

    /// Compares how both read a value. `json` is the text in it, if it is known.
    fn compare(&mut self, value: &str, json: Option<&str>) {
        // Django reads the text as Latin-1. This does not affect its own text, which is ASCII.
        if self.framework == "django" && json.is_some_and(|json| !json.is_ascii()) {
            return;
        }
        let Some(ours) = self.ours(value) else { return };
        let is_ours_alone = |(key, value): (&String, &Value)| {
            // Flask converts a tagged value to the type of the tag.
            key.starts_with('_') || key.contains(char::REPLACEMENT_CHARACTER) || has_tag(value)
        };
        if ours.is_empty() || ours.iter().any(is_ours_alone) || has_tag(&Value::Object(ours.clone())) {
            return;
        }
        let Some(mut theirs) = self.theirs(value) else {
            // A value that is replaced by a later one with the same key is never read here.
            let is_json = json.is_none_or(|json| serde_json::from_str::<Value>(json).is_ok());
            // A build for fuzzing leaves the checksum of compressed text out (miniz_oxide). A test of the library has
            // it.
            let is_compressed = value.starts_with('.');
            assert!(!is_json || is_compressed, "{} refuses what we accept: {value}", self.framework);
            return;
        };
        theirs.retain(|key, _| !key.starts_with('_'));
        let (ours, theirs) = (Value::Object(ours), Value::Object(theirs));
        assert!(same(&ours, &theirs), "{}: {ours} instead of {theirs}", self.framework);
    }
}

fuzz_target!(|data: &[u8]| {
    let [framework, what, rest @ ..] = data else { return };
    let Some(peer) = &*PEER else { return };
    let at = usize::from(*framework) % FRAMEWORKS.len();
    let mut pair = Pair { peer: &mut peer.lock().unwrap(), framework: FRAMEWORKS[at].0, sessions: &SITES[at] };
    match what % 4 {
        0 => both_ways(&mut pair, rest),
        1 => changed(&mut pair, rest),
        2 => {
            let Ok(body) = std::str::from_utf8(rest) else { return };
            if body.bytes().all(is_of_a_value) {
                let value = pair.value(json!({"do": "sign", "body": body}));
                let bytes = URL_SAFE_NO_PAD.decode(body).or_else(|_| STANDARD.decode(body)).unwrap_or_default();
                pair.compare(&value, std::str::from_utf8(&bytes).ok().filter(|json| !json.is_empty()));
            }
        }
        _ => {
            let body = if at == 2 { STANDARD.encode(rest) } else { URL_SAFE_NO_PAD.encode(rest) };
            let value = pair.value(json!({"do": "sign", "body": body}));
            pair.compare(&value, std::str::from_utf8(rest).ok());
        }
    }
});

/// Checks a session that we write and the framework reads, and one that the framework writes and we read.
fn both_ways(pair: &mut Pair<'_>, json: &[u8]) {
    let Ok(object) = serde_json::from_slice::<Map<String, Value>>(json) else { return };
    let is_odd = object.keys().any(|key| key.starts_with('_')) || has_tag(&Value::Object(object.clone()));
    if object.is_empty() || is_odd {
        return;
    }
    let Some(value) = written(pair.sessions, &object) else { return };
    assert!(pair.theirs(&value).is_some(), "{} refuses {value}", pair.framework);
    assert!(pair.ours(&value).is_some_and(|ours| ours == object), "we do not read {value}");
    pair.compare(&value, None);

    let value = pair.value(json!({"do": "write", "json": Value::Object(object.clone()).to_string()}));
    if value.len() <= 4000 {
        let ours = pair.ours(&value).unwrap_or_else(|| panic!("we refuse what {} wrote: {value}", pair.framework));
        assert!(same(&Value::Object(ours), &Value::Object(object)), "{value}");
        pair.compare(&value, None);
    }
}

fn written(sessions: &SignedCookieFactory, object: &Map<String, Value>) -> Option<String> {
    let session: Session = sessions.load_cookies([""; 0]);
    object.iter().for_each(|(key, value)| session.insert(key, value).unwrap());
    sessions.encode(&session).ok()
}

/// Three bytes are a position in the value, the change at this position, and a character.
fn changed(pair: &mut Pair<'_>, changes: &[u8]) {
    let object = Map::from_iter([("user".to_owned(), json!("ada")), ("n".to_owned(), json!([1, 2.5, "é"]))]);
    let before = written(pair.sessions, &object).expect("it is short");
    let mut value = before.clone().into_bytes();
    for change in changes.chunks_exact(3).take(4) {
        let (place, character) = (usize::from(change[0]) % (value.len() + 1), 0x21 + change[2] % 0x5e);
        match change[1] % 3 {
            _ if !is_of_a_value(character) => {}
            0 => value.insert(place, character),
            1 if place < value.len() => value[place] = character,
            _ if place < value.len() => drop(value.remove(place)),
            _ => {}
        }
    }
    let value = String::from_utf8(value).expect("ASCII");
    assert!(value == before || pair.ours(&value).is_none(), "we accept {value}, changed from {before}");
    if value == before {
        assert!(pair.ours(&value).is_some() && pair.theirs(&value).is_some(), "{value}");
    }
    pair.compare(&value, None);
}

/// Returns whether a cookie value may contain a byte (RFC 6265 section 4.1.1).
fn is_of_a_value(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b',' | b';' | b'\\')
}

/// Returns whether a value contains an object with one key that may be a tag of Flask.
fn has_tag(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(has_tag),
        Value::Object(object) => {
            (object.len() == 1 && object.keys().all(|key| key.starts_with(' '))) || object.values().any(has_tag)
        }
        _ => false,
    }
}

/// Python's `-0` is `0`.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, value)| other.get(key).is_some_and(|other| same(value, other)))
        }
        (one, other) => one == other,
    }
}
