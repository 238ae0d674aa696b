//! Reads cookies of the real Pyramid, and compares the results with Pyramid's.
//!
//! `tests/pyramid/make_vectors.py` wrote the vectors and describes their fields. [`Vector::fate`] contains the rules
//! for intended differences from Pyramid, so that no single vector is named here.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use signed_cookie_session::{HashAlgorithm, Outcome, Secret, Session, SignedCookieFactory};

/// The longest cookie value that a browser stores and this library reads.
const LONGEST_VALUE: usize = 4096;
/// How far in the future a time may be.
const MAX_CLOCK_SKEW: f64 = 300.0;
/// The calendar of Python's `datetime`, in unix seconds.
const CALENDAR: std::ops::Range<f64> = -62_135_596_800.0..253_402_300_800.0;

#[derive(Deserialize)]
struct Vectors {
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    name: String,
    secret: String,
    salt: String,
    hashalg: String,
    cookie: String,
    json: Option<String>,
    now: f64,
    timeout: Option<u64>,
    reissue_time: Option<u64>,
    strict: bool,
    expect: Pyramids,
}

/// Pyramid's result for a cookie.
#[derive(Deserialize)]
#[serde(untagged)]
enum Pyramids {
    Session {
        new: bool,
        #[serde(flatten)]
        dict: Dict,
        created: Option<f64>,
        renewed: Option<f64>,
        reissued: bool,
    },
    Error {
        #[serde(rename = "error")]
        _error: String,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Dict {
    State(serde_json::Map<String, Value>),
    /// Keys and values as JSON texts, as Python writes them.
    Members(Vec<(String, String)>),
}

/// The expected result of this library for a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    InUse,
    Expired,
    /// The time is too far in the future. Pyramid accepts any time in the future.
    Future,
    Refused,
}

impl Vector {
    fn fate(&self) -> Fate {
        let &Pyramids::Session { new, renewed, .. } = &self.expect else {
            // In Pyramid, this is an internal error of the site. Here, no request fails because of a cookie.
            return Fate::Refused;
        };
        // We accept one text for each session, and refuse a value that is too long for a browser.
        if new || self.strict || self.cookie.len() > LONGEST_VALUE || !self.is_session() {
            return Fate::Refused;
        }
        // Pyramid drops the data and keeps `new = False` and the old `created`. Here, the session is new.
        match self.timeout {
            Some(timeout) if self.now - renewed.expect("a time") > timeout as f64 => Fate::Expired,
            _ if self.times().into_iter().any(|time| time - self.now > MAX_CLOCK_SKEW) => Fate::Future,
            _ => Fate::InUse,
        }
    }

    /// Returns whether the signed text is two times and an object. Pyramid also accepts `true`, `"12"` and `NaN` as a
    /// time, and anything that `dict()` accepts as an object.
    fn is_session(&self) -> bool {
        let Some(json) = self.json() else { return true };
        let frame = json.trim().strip_prefix('[').expect("Pyramid read three items");
        let items: Vec<&str> = frame.splitn(3, ',').map(str::trim).collect();
        let is_time = |text: &str| serde_json::from_str::<f64>(text).is_ok_and(|at| CALENDAR.contains(&at));
        is_time(items[0]) && is_time(items[1]) && items[2].starts_with('{')
    }

    /// Returns the two times in the cookie, if its text is known.
    fn times(&self) -> Vec<f64> {
        let json = self.json().unwrap_or_default();
        let items = json.trim().strip_prefix('[').unwrap_or_default().splitn(3, ',');
        items.take(2).filter_map(|item| item.trim().parse().ok()).collect()
    }

    fn json(&self) -> Option<String> {
        self.json.as_ref().map(|json| String::from_utf8_lossy(&bytes(json)).into_owned())
    }

    fn sessions(&self) -> SignedCookieFactory {
        let now = UNIX_EPOCH + Duration::from_secs_f64(self.now);
        SignedCookieFactory::builder(Secret::legacy(bytes(&self.secret)).unwrap())
            .salt(bytes(&self.salt))
            .hash_algorithm(self.algorithm().0)
            // We refuse zero. Ages are whole seconds here, so a short timeout is equivalent.
            .timeout(self.timeout.map(|timeout| Duration::from_secs(timeout).max(Duration::from_nanos(1))))
            .reissue_time(self.reissue_time.map(Duration::from_secs))
            .clock(move || now)
            .build()
            .expect("Pyramid's settings are possible")
    }

    fn load(&self) -> Session {
        self.sessions().load_cookies([format!("session={}", self.cookie)])
    }

    /// Returns the algorithm, and the length of its signature.
    fn algorithm(&self) -> (HashAlgorithm, usize) {
        match self.hashalg.as_str() {
            "sha256" => (HashAlgorithm::Sha256, 32),
            "sha384" => (HashAlgorithm::Sha384, 48),
            "sha512" => (HashAlgorithm::Sha512, 64),
            other => panic!("no such algorithm: {other}"),
        }
    }

    /// Returns the signed JSON text of a cookie value.
    fn payload(&self, value: &str) -> String {
        let sealed = URL_SAFE_NO_PAD.decode(value).expect("base64url without padding");
        String::from_utf8(sealed[self.algorithm().1..].to_vec()).expect("UTF-8")
    }

    /// Returns Pyramid's dict, with each key and value as JSON text.
    fn members(&self) -> Vec<(String, String)> {
        match &self.expect {
            Pyramids::Session { dict: Dict::State(state), .. } => {
                let text = |value: &Value| value.to_string();
                state.iter().map(|(key, value)| (Value::from(key.as_str()).to_string(), text(value))).collect()
            }
            Pyramids::Session { dict: Dict::Members(members), .. } => members.clone(),
            Pyramids::Error { .. } => Vec::new(),
        }
    }

    /// Checks that the session has Pyramid's values.
    fn assert_values(&self, session: &Session) {
        let members = self.members();
        assert_eq!(session.len(), members.len(), "{}", self.name);
        for (key, json) in members {
            // A Rust string cannot contain half of a surrogate pair, so a key with one cannot be requested.
            let Ok(key) = serde_json::from_str::<String>(&key) else { continue };
            match serde_json::from_str::<Value>(&json) {
                Ok(value) => assert_eq!(session.get(&key), Ok(Some(value)), "{}: {key:?}", self.name),
                // NaN and halves of surrogate pairs are an error for their key, and for no other key.
                Err(_) => {
                    let error = session.get::<Value>(&key).expect_err(&self.name);
                    assert_eq!(error.key(), Some(&*key), "{}", self.name);
                }
            }
        }
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn all() -> Vec<Vector> {
    [include_str!("../vectors/pyramid.json"), include_str!("../vectors/pyramid_more.json")]
        .iter()
        .flat_map(|file| serde_json::from_str::<Vectors>(file).expect("a file of vectors").vectors)
        .collect()
}

/// Returns the vectors with this result. If there are only a few, the rule in [`Vector::fate`] is wrong.
fn those(fate: Fate) -> Vec<Vector> {
    let vectors: Vec<Vector> = all().into_iter().filter(|vector| vector.fate() == fate).collect();
    assert!(vectors.len() >= 10, "{fate:?}: {}", vectors.len());
    vectors
}

/// Returns the microseconds since 1970.
fn micros(at: SystemTime) -> i128 {
    let nanos = match at.duration_since(UNIX_EPOCH) {
        Ok(after) => after.as_nanos() as i128,
        Err(before) => -(before.duration().as_nanos() as i128),
    };
    nanos.div_euclid(1000)
}

#[track_caller]
fn assert_same_microsecond(vector: &Vector, ours: SystemTime, pyramids: f64) {
    // The distance of two floats, because in the far past and future Python's floats are coarser than a microsecond.
    let coarse = 1.0 + 2.0 * pyramids.abs() * f64::EPSILON * 1e6;
    let apart = (micros(ours) as f64 - pyramids * 1e6).abs();
    assert!(apart <= coarse, "{}: {apart} µs apart", vector.name);
}

/// Returns a JSON text with the white space of Python's `json.dumps`: one space after commas and colons.
fn spaced(json: &str) -> String {
    let (mut text, mut within, mut escaped) = (String::new(), false, false);
    for character in json.chars() {
        if within {
            text.push(character);
            within = escaped || character != '"';
            escaped = !escaped && character == '\\';
        } else if !character.is_ascii_whitespace() {
            text.push(character);
            within = character == '"';
            if matches!(character, ',' | ':') {
                text.push(' ');
            }
        }
    }
    text
}

/// Returns everything after `[renewed,`.
fn behind_renewed(json: &str) -> &str {
    json.split_once(',').expect("three items").1
}

#[test]
fn every_vector_has_pyramids_outcome_or_a_listed_difference() {
    for vector in all() {
        let outcome = vector.load().outcome();
        match vector.fate() {
            Fate::InUse => assert_eq!(outcome, Outcome::Valid, "{}", vector.name),
            Fate::Expired => assert_eq!(outcome, Outcome::Expired, "{}", vector.name),
            Fate::Future => assert_eq!(outcome, Outcome::Future, "{}", vector.name),
            Fate::Refused => {
                assert!(matches!(outcome, Outcome::Malformed | Outcome::BadSignature), "{}: {outcome:?}", vector.name);
            }
        }
    }
}

#[test]
fn a_valid_session_has_every_value_that_pyramid_read() {
    for vector in those(Fate::InUse) {
        let session = vector.load();
        assert!(!session.is_new(), "{}", vector.name);
        vector.assert_values(&session);
    }
}

#[test]
fn to_map_is_pyramids_dict() {
    let mut compared = 0;
    for vector in those(Fate::InUse) {
        if let Pyramids::Session { dict: Dict::State(state), .. } = &vector.expect {
            assert_eq!(vector.load().to_map().as_ref(), Ok(state), "{}", vector.name);
            compared += 1;
        }
    }
    assert!(compared > 50);
}

#[test]
fn a_refused_or_expired_session_is_new_empty_and_begins_now() {
    for vector in those(Fate::Refused).into_iter().chain(those(Fate::Expired)) {
        let session = vector.load();
        assert!(session.is_new(), "{}", vector.name);
        assert!(session.is_empty(), "{}", vector.name);
        assert_same_microsecond(&vector, session.created(), vector.now);
        assert_same_microsecond(&vector, session.renewed(), vector.now);
    }
}

#[test]
fn created_and_renewed_are_pyramids_to_the_microsecond() {
    for vector in those(Fate::InUse) {
        let Pyramids::Session { created, renewed, .. } = vector.expect else { unreachable!() };
        let session = vector.load();
        assert_same_microsecond(&vector, session.created(), created.expect("a time"));
        assert_same_microsecond(&vector, session.renewed(), renewed.expect("a time"));
    }
}

#[test]
fn reading_one_key_sets_a_cookie_if_pyramid_sets_one() {
    for vector in those(Fate::InUse) {
        let Pyramids::Session { reissued, .. } = vector.expect else { unreachable!() };
        let session = vector.load();
        assert_eq!(session.get::<Value>("anything"), Ok(None), "{}", vector.name);
        let set_cookie = vector.sessions().set_cookies(&session).expect(&vector.name).into_iter().next();
        assert_eq!(set_cookie.is_some(), reissued, "{}", vector.name);
    }
}

#[test]
fn reading_a_new_session_sets_no_cookie() {
    for vector in those(Fate::Refused).into_iter().chain(those(Fate::Expired)) {
        let session = vector.load();
        assert_eq!(session.get::<Value>("anything"), Ok(None), "{}", vector.name);
        assert_eq!(
            vector.sessions().set_cookies(&session).expect(&vector.name).into_iter().next(),
            None,
            "{}",
            vector.name
        );
    }
}

#[test]
fn an_untouched_session_keeps_every_byte_except_renewed() {
    let mut identical = 0;
    for vector in those(Fate::InUse) {
        let json = vector.json().expect("a session in use was not damaged");
        let written = vector.payload(&vector.sessions().encode(&vector.load()).expect(&vector.name));
        assert_eq!(written.split_once(',').unwrap().0, format!("[{}", vector.now as u64), "{}", vector.name);
        // We write the white space between items and members like Python.
        assert_eq!(spaced(behind_renewed(&written)), spaced(behind_renewed(&json)), "{}", vector.name);
        if spaced(&json) == json {
            assert_eq!(behind_renewed(&written), behind_renewed(&json), "{}", vector.name);
            identical += 1;
        }
    }
    assert!(identical > 100, "{identical}");
}

#[test]
fn a_cookie_of_ours_is_read_back_with_the_same_values_and_times() {
    for vector in those(Fate::InUse) {
        let read = vector.load();
        let written = vector.sessions().encode(&read).expect(&vector.name);
        let session = vector.sessions().decode(&written).expect(&vector.name);
        vector.assert_values(&session);
        assert_eq!(session.created(), read.created(), "{}", vector.name);
        assert_eq!(session.renewed(), UNIX_EPOCH + Duration::from_secs(vector.now as u64), "{}", vector.name);
    }
}

#[test]
fn the_other_members_stay_byte_for_byte_when_one_is_changed() {
    for vector in those(Fate::InUse) {
        let read = vector.load();
        let before: Vec<_> = read.keys().into_iter().map(|key| (raw(&read, &key), key)).collect();
        read.insert("changed by Rust", "\u{1f36a}").unwrap();
        let Ok(written) = vector.sessions().encode(&read) else {
            // There is no space for another key.
            assert!(vector.cookie.len() > 3800, "{}", vector.name);
            continue;
        };
        let session = vector.sessions().decode(&written).expect(&vector.name);
        for (json, key) in before {
            assert_eq!(raw(&session, &key), json, "{}: {key:?}", vector.name);
        }
        assert_eq!(session.get("changed by Rust"), Ok(Some("\u{1f36a}".to_owned())), "{}", vector.name);
    }
}

/// Returns a value's own text, or `None` if serde_json refuses it.
fn raw(session: &Session, key: &str) -> Option<String> {
    session.get::<Box<RawValue>>(key).ok()?.map(|raw| raw.get().to_owned())
}
