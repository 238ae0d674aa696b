//! The real Pyramid and this library share a session, and each reads the cookies of the other. This needs a Python with
//! Pyramid; `tests/pyramid/python.rs` describes what happens without it.

use std::collections::BTreeMap;

use serde::Deserialize;

use serde_json::value::RawValue;
use serde_json::{Value, json};
use signed_cookie_session::Session;

use crate::peer::{Peer, Seen, Settings, Visit, hex, load, moment, written};
use crate::random::Random;

const NOW: f64 = 1_790_000_000.25;
const SESSIONS: u64 = 1000;

/// Returns the settings of many sites.
fn settings(random: &mut Random) -> Settings {
    let len = random.of(&[1, 12, 32, 64, 127, 128, 129, 200, 1024]);
    Settings {
        secret: hex(&random.bytes(len)),
        salt: hex(random.of::<&[u8]>(&[b"pyramid.session.", b"", b"shop.", b"\xff\x00"])),
        hashalg: random.of(&["sha512", "sha384", "sha256"]),
        ..Settings::default()
    }
}

/// Returns the text of a value in the cookie.
fn raw(session: &Session, key: &str) -> String {
    session.get::<Box<RawValue>>(key).unwrap().map(|raw| raw.get().to_owned()).unwrap_or_default()
}

/// Checks that our session has the same texts and values as Pyramid's dict.
fn assert_holds(session: &Session, members: &[(String, String)]) {
    let keys: Vec<&str> = members.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(session.keys(), keys);
    for (key, json) in members {
        assert_eq!(raw(session, key), *json, "{key:?}");
        assert_eq!(session.get(key).unwrap(), Some(parse(json)), "{key:?}");
    }
}

fn parse(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"))
}

fn member<'s>(seen: &'s Seen, key: &str) -> Option<&'s str> {
    seen.members.iter().find(|(name, _)| name == key).map(|(_, json)| json.as_str())
}

#[test]
fn a_thousand_sessions_of_pyramid_survive_rust() {
    let Some(mut pyramid) = Peer::start() else { return };
    let mut random = Random::new(1);
    let mut tokens = 0;
    for seed in 0..SESSIONS {
        let settings = settings(&mut random);
        let mut visit = Visit::new(&settings, NOW, None).steps([json!(["random", seed])]);
        visit.remember = Some("made");
        let made = pyramid.visit(&visit);

        let sessions = settings.ours(NOW + 7.5);
        let session = load(&sessions, made.cookie.as_deref());
        assert!(!session.is_new());
        assert_holds(&session, &made.members);
        assert_eq!(session.created(), moment(NOW));
        let (key, value) = match made.members.get(random.below(made.members.len() + 1)) {
            Some((key, _)) if !key.starts_with("_f_") && key != "_csrft_" => (key.clone(), random.value(0)),
            _ => ("changed by Rust".to_owned(), Value::from("\u{1f36a}")),
        };
        if let Some(token) = member(&made, "_csrft_") {
            assert!(session.verify_csrf_token(parse(token).as_str().unwrap()));
            tokens += 1;
        }
        session.insert(&key, &value).unwrap();
        let cookie = written(&sessions, &session).expect("a changed session is written");

        let mut visit = Visit::new(&settings, NOW + 8.0, Some(&cookie));
        (visit.recall, visit.besides) = (Some("made"), vec![key.as_str()]);
        let back = pyramid.visit(&visit);
        assert_eq!(back.differences, [""; 0], "seed {seed}, {key:?} changed");
        assert_eq!((back.new, back.created, back.renewed), (false, NOW, 1_790_000_007.0));
        assert_eq!(parse(member(&back, &key).expect("what Rust put in")), value);
    }
    assert!(tokens > 100, "{tokens}");
}

#[test]
fn a_thousand_sessions_of_ours_survive_pyramid() {
    let Some(mut pyramid) = Peer::start() else { return };
    let mut random = Random::new(2);
    for _ in 0..SESSIONS {
        let settings = settings(&mut random);
        let sessions = settings.ours(NOW);
        let session = load(&sessions, None);
        for _ in 0..1 + random.below(5) {
            let value = random.value(0);
            // The session must fit into one cookie.
            let value = if value.to_string().len() > 300 { json!("large") } else { value };
            session.insert(random.text(10), value).unwrap();
        }
        let (float, big_int) = (random.float(), random.big_int());
        session.insert("float", float).unwrap();
        session.insert("big", &big_int).unwrap();
        let mut queues = BTreeMap::<String, Vec<Value>>::new();
        for _ in 0..random.below(4) {
            let queue = random.of(&["", "error", "é"]).to_string();
            let message = if random.below(4) == 0 { random.value(3) } else { random.text(20).into() };
            session.flash_queue(&queue).push(&message).unwrap();
            queues.entry(queue).or_default().push(message);
        }
        let token = (random.below(2) == 0).then(|| session.csrf_token());
        let cookie = written(&sessions, &session).expect("a new session with data is written");

        let peeks = queues.keys().map(|queue| json!(["peek_flash", queue]));
        let csrf = token.iter().map(|_| json!(["csrf"]));
        let seen = pyramid.visit(&Visit::new(&settings, NOW + 1.0, Some(&cookie)).steps(peeks.chain(csrf)));
        assert_eq!((seen.new, seen.created, seen.renewed), (false, NOW, NOW.floor()));
        let results = queues.values().map(|messages| json!(messages)).chain(token.map(Value::from));
        assert_eq!(seen.results, results.collect::<Vec<_>>());
        assert_eq!(seen.members.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>(), session.keys());
        for (key, json) in &seen.members {
            assert_eq!(session.get(key).unwrap(), Some(parse(json)), "{key:?}");
        }
        // These are equal to the last bit and digit, which serde_json's own numbers cannot hold.
        assert_eq!(member(&seen, "float").unwrap().parse::<f64>().unwrap().to_bits(), float.to_bits());
        assert_eq!(member(&seen, "big"), Some(big_int.get()));

        let change = [json!(["set", "changed by Python", "[1, 2.0, null]"]), json!(["flash", "thanks", ""])];
        let changed = pyramid.visit(&Visit::new(&settings, NOW + 2.0, Some(&cookie)).steps(change));
        let back = load(&settings.ours(NOW + 3.0), changed.cookie.as_deref());
        assert_holds(&back, &changed.members);
        for key in session.keys().iter().filter(|key| *key != "_f_") {
            assert_eq!(back.get::<Value>(key).unwrap(), session.get(key).unwrap(), "{key:?}");
        }
        assert_eq!(back.get("changed by Python"), Ok(Some(json!([1, 2.0, null]))));
        assert_eq!(back.flash().pop::<Value>().unwrap().last(), Some(&json!("thanks")));
        assert_eq!(back.created(), session.created());
    }
}

#[test]
fn reading_a_session_reissues_the_same_cookie_as_pyramid() {
    let Some(mut pyramid) = Peer::start() else { return };
    let mut random = Random::new(3);
    for seed in 0..SESSIONS {
        let settings = settings(&mut random);
        let made = pyramid.visit(&Visit::new(&settings, NOW, None).steps([json!(["random", seed])]));
        let cookie = made.cookie.as_deref();
        let pyramids = pyramid.visit(&Visit::new(&settings, NOW + 1.5, cookie).steps([json!(["get", "x"])]));
        let sessions = settings.ours(NOW + 1.5);
        let session = load(&sessions, cookie);
        assert_eq!(session.get::<Value>("x"), Ok(made.members.iter().find(|(key, _)| key == "x").map(|x| parse(&x.1))));
        assert_eq!(written(&sessions, &session), pyramids.cookie, "seed {seed}");
    }
}

#[test]
fn a_new_session_is_the_same_cookie_as_pyramids() {
    let Some(mut pyramid) = Peer::start() else { return };
    let settings = Settings::default();
    let steps = [
        json!(["set", "user", "\"ada\""]),
        json!(["set", "visits", "3"]),
        json!(["flash", "Saved.", ""]),
        json!(["flash", "No.", "error"]),
    ];
    for now in [NOW, NOW.floor(), 1_790_000_000.000_001, 1_790_000_000.999_999, 1.5, 4_102_444_800.123_456] {
        let pyramids = pyramid.visit(&Visit::new(&settings, now, None).steps(steps.clone()));
        let sessions = settings.ours(now);
        let session = load(&sessions, None);
        session.insert("user", "ada").unwrap();
        session.insert("visits", 3).unwrap();
        session.flash().push("Saved.").unwrap();
        session.flash_queue("error").push("No.").unwrap();
        assert_eq!(written(&sessions, &session), pyramids.cookie, "{now}");
    }
}

/// The session of one visitor, with its expected content.
#[derive(Default)]
struct Visitor {
    cookie: Option<String>,
    counter: u64,
    queues: BTreeMap<String, Vec<String>>,
}

/// An action on a flash queue, on either side.
enum Flash {
    Push(String),
    PushUnique(String),
    Pop,
    Peek,
}

impl Visitor {
    /// Returns the expected answer of the queue.
    fn expect(&mut self, queue: &str, flash: &Flash) -> Vec<String> {
        let messages = self.queues.entry(queue.into()).or_default();
        match flash {
            Flash::Push(message) => messages.push(message.clone()),
            Flash::PushUnique(message) if messages.contains(message) => {}
            Flash::PushUnique(message) => messages.push(message.clone()),
            Flash::Pop => return std::mem::take(messages),
            Flash::Peek => return messages.clone(),
        }
        Vec::new()
    }

    fn visit_rust(&mut self, settings: &Settings, now: f64, queue: &str, flash: &Flash) {
        let sessions = settings.ours(now);
        let session = load(&sessions, self.cookie.as_deref());
        assert_eq!(session.get("counter").unwrap().unwrap_or(0), self.counter);
        self.counter += 1;
        session.insert("counter", self.counter).unwrap();
        let messages = session.flash_queue(queue);
        let answer = match flash {
            Flash::Push(message) => messages.push(message).map(|()| Vec::new()),
            Flash::PushUnique(message) => messages.push_unique(message).map(|()| Vec::new()),
            Flash::Pop => messages.pop(),
            Flash::Peek => messages.peek(),
        };
        assert_eq!(answer, Ok(self.expect(queue, flash)));
        self.cookie = written(&sessions, &session);
    }

    fn visit_pyramid(&mut self, pyramid: &mut Peer, settings: &Settings, now: f64, queue: &str, flash: &Flash) {
        let step = match flash {
            Flash::Push(message) => json!(["flash", message, queue]),
            Flash::PushUnique(message) => json!(["flash_unique", message, queue]),
            Flash::Pop => json!(["pop_flash", queue]),
            Flash::Peek => json!(["peek_flash", queue]),
        };
        let count = json!(["set", "counter", (self.counter + 1).to_string()]);
        let steps = [json!(["get", "counter"]), count, step];
        let seen = pyramid.visit(&Visit::new(settings, now, self.cookie.as_deref()).steps(steps));
        assert_eq!(seen.results[0].as_u64().unwrap_or(0), self.counter);
        self.counter += 1;
        let answer: Vec<String> = Option::deserialize(&seen.results[2]).unwrap().unwrap_or_default();
        assert_eq!(answer, self.expect(queue, flash));
        self.cookie = seen.cookie;
    }
}

#[test]
fn one_session_goes_back_and_forth_two_hundred_times() {
    let Some(mut pyramid) = Peer::start() else { return };
    let (settings, mut random, mut visitor, mut now) = (Settings::default(), Random::new(4), Visitor::default(), NOW);
    let mut popped = 0;
    for turn in 0..200 {
        now += random.below(600) as f64 + 0.125;
        let queue = random.of(&["", "error", "é\u{1f36a}"]);
        let flash = match random.below(6) {
            0 | 1 => Flash::Push(random.text(12)),
            2 => Flash::PushUnique(random.of(&["again", "and again"]).to_string()),
            3 => Flash::Peek,
            _ => Flash::Pop,
        };
        popped +=
            visitor.queues.get(queue).map_or(0, |messages| messages.len() * usize::from(matches!(flash, Flash::Pop)));
        if turn % 2 == 0 {
            visitor.visit_rust(&settings, now, queue, &flash);
        } else {
            visitor.visit_pyramid(&mut pyramid, &settings, now, queue, &flash);
        }
    }
    let seen = pyramid.visit(&Visit::new(&settings, now, visitor.cookie.as_deref()));
    assert_eq!((visitor.counter, member(&seen, "counter")), (200, Some("200")));
    assert!(popped > 20, "{popped}");
    assert!(moment(seen.created) < moment(NOW + 600.0), "the first visit's created is kept");
}

/// Checks that both sides read a cookie at the same time and agree on everything that depends on time.
fn assert_agree(pyramid: &mut Peer, settings: &Settings, now: f64, cookie: &str) -> Option<String> {
    let theirs = pyramid.visit(&Visit::new(settings, now, Some(cookie)).steps([json!(["get", "a"])]));
    let sessions = settings.ours(now);
    let ours = load(&sessions, Some(cookie));
    let a = ours.get::<Value>("a").unwrap();
    assert_eq!(a, Some(theirs.results[0].clone()).filter(|value| !value.is_null()), "at {now}");
    // Pyramid empties a session that has timed out. Here, it is a new session, and reading it writes nothing.
    assert_eq!(ours.is_new(), theirs.members.is_empty(), "at {now}");
    let cookie = written(&sessions, &ours);
    if ours.is_new() {
        assert_eq!((ours.created(), ours.renewed(), cookie), (moment(now), moment(now), None));
        return None;
    }
    assert_eq!((ours.created(), ours.renewed()), (moment(theirs.created), moment(theirs.renewed)), "at {now}");
    assert_eq!(cookie, theirs.cookie, "at {now}");
    cookie
}

#[test]
fn both_sides_agree_on_timeout_reissue_renewed_and_created() {
    let Some(mut pyramid) = Peer::start() else { return };
    let mut expired = 0;
    for (timeout, reissue_time) in [
        (Some(60), Some(0)),
        (Some(60), Some(10)),
        (Some(60), None),
        (None, Some(10)),
        (None, None),
        (Some(0), Some(0)),
    ] {
        let settings = Settings { timeout, reissue_time, ..Settings::default() };
        let sessions = settings.ours(NOW);
        let session = load(&sessions, None);
        session.insert("a", 1).unwrap();
        let ours = written(&sessions, &session);
        let theirs = pyramid.visit(&Visit::new(&settings, NOW, None).steps([json!(["set", "a", "1"])])).cookie;
        for cookie in [ours, theirs].iter().flatten() {
            for age in [0.0, 0.25, 0.5, 0.75, 1.0, 9.5, 9.75, 10.0, 10.75, 11.0, 59.5, 59.75, 60.0, 61.0, 1e6, -30.0] {
                assert_agree(&mut pyramid, &settings, NOW + age, cookie);
                expired += usize::from(load(&settings.ours(NOW + age), Some(cookie)).is_new());
            }
        }
    }
    assert!(expired > 10, "{expired}");
}

#[test]
fn both_sides_follow_one_session_until_it_times_out() {
    let Some(mut pyramid) = Peer::start() else { return };
    let (mut random, mut lives) = (Random::new(5), 0);
    let settings = Settings { timeout: Some(60), reissue_time: Some(5), ..Settings::default() };
    for start in 0..20 {
        let mut now = NOW + f64::from(start) / 16.0;
        let made = pyramid.visit(&Visit::new(&settings, now, None).steps([json!(["set", "a", "[1, 2]"])]));
        let mut cookie = made.cookie.expect("a new session with data");
        loop {
            now += random.below(63 * 8) as f64 / 8.0;
            if let Some(reissued) = assert_agree(&mut pyramid, &settings, now, &cookie) {
                assert_eq!(load(&settings.ours(now), Some(&reissued)).created(), moment(made.created));
                cookie = reissued;
            } else if load(&settings.ours(now), Some(&cookie)).is_new() {
                break;
            }
            lives += 1;
        }
    }
    assert!(lives > 40, "{lives}");
}
