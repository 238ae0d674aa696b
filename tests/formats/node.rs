//! Express with cookie-session, and React Router, share sessions with this library.

use serde_json::{Value, json};
use signed_cookie_session::{Format, Outcome, Secret, SignedCookieFactory};

use crate::jar::Jar;
use crate::peer::Peer;
use crate::python::members;
use crate::random::Random;

const SECRET: &str = "one secret for a Node and a Rust half of a site";
const SESSIONS: u64 = 500;

fn frameworks() -> [(&'static str, Format); 2] {
    [("express", Format::Express), ("react-router", Format::ReactRouter)]
}

fn sessions(format: Format) -> SignedCookieFactory {
    SignedCookieFactory::builder(Secret::new(SECRET).unwrap()).format(format).build().unwrap()
}

/// Returns whether two values are equal in JavaScript, where every number is a double and there is one zero.
/// serde_json's own doubles may be off in their last digit.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            let (one, other) = (one.as_f64().unwrap(), other.as_f64().unwrap());
            (one - other).abs() <= one.abs() * 1e-15
        }
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

fn without_times(json: &str) -> serde_json::Map<String, Value> {
    let mut members = members(json);
    members.retain(|key, _| key != "_created_" && key != "_renewed_");
    members
}

#[test]
fn sessions_of_the_framework_pass_through_rust_unchanged() {
    for (framework, format) in frameworks() {
        let Some(mut peer) = Peer::node(framework, &[SECRET, "another secret"]) else { return };
        let sessions = sessions(format);
        for seed in 0..SESSIONS {
            let made = peer.make(seed);
            let mut jar = Jar(made.cookies);
            let theirs = members(made.json.as_deref().unwrap());
            let session = jar.load(&sessions);
            assert_eq!(session.outcome(), Outcome::Valid, "{framework} {seed}");
            assert_eq!(session.to_map().unwrap(), theirs, "{framework} {seed}");
            session.insert("rust", json!({"b": [1, "ö🦀"], "a": seed})).unwrap();
            jar.save(&sessions, &session);
            let mut back = without_times(&peer.read(&jar).expect("the framework accepts it"));
            assert_eq!(back.remove("rust"), Some(json!({"b": [1, "ö🦀"], "a": seed})));
            assert_eq!(back, theirs, "{framework} {seed}");
        }
    }
}

#[test]
fn our_sessions_pass_through_the_framework_unchanged() {
    for (framework, format) in frameworks() {
        let Some(mut peer) = Peer::node(framework, &[SECRET]) else { return };
        let sessions = sessions(format);
        let mut random = Random::new(9);
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
            jar.save(&sessions, &session);
            let ours = Value::Object(session.to_map().unwrap());
            let seen = Value::Object(without_times(&peer.read(&jar).expect("the framework accepts it")));
            assert!(same(&seen, &ours), "{framework}: {seen} instead of {ours}");

            let changed = peer.set(&jar, "changed by Node", "[1, 2.5, null, \"é\"]");
            let back = changed.load(&sessions);
            assert_eq!(back.created(), session.created());
            assert_eq!(back.get("changed by Node"), Ok(Some(json!([1, 2.5, null, "é"]))));
            assert!(back.remove("changed by Node"));
            let back = Value::Object(back.to_map().unwrap());
            assert!(same(&back, &ours), "{framework}: {back} instead of {ours}");
        }
    }
}

#[test]
fn react_router_accepts_each_spelling_of_an_escape_as_we_do() {
    let Some(mut peer) = Peer::node("react-router", &[SECRET]) else { return };
    let sessions = sessions(Format::ReactRouter);
    for (escaped, other) in [("%2B", "+"), ("%2F", "/"), ("%3D", "="), ("%2B", "%2b"), ("%2F", "%2f"), ("%3D", "%3d")] {
        let mut jar = Jar::default();
        let session = jar.load(&sessions);
        let mut values = (0..1000).map(|number| {
            session.insert("number", number).unwrap();
            jar.save(&sessions, &session);
            jar.0["__session"].clone()
        });
        let value = values.find(|value| value.contains(escaped)).expect("chance finds one");
        let spelled = Jar::of(&[("__session", &value.replace(escaped, other))]);
        assert_eq!(spelled.load(&sessions).outcome(), Outcome::Valid, "{other}");
        assert!(peer.read(&spelled).is_some(), "{other}");
    }
}
