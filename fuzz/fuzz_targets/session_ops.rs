//! Any sequence of calls on a session, with saving and loading between them, compared with a plain list of keys and
//! values.

#![no_main]

use std::time::Duration;

use arbitrary::{Arbitrary, Unstructured};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value, json};
use signed_cookie_session::Session;
use signed_cookie_session_fuzz::{NOW, SITE, now, read_all, signed};

/// A few keys, some of them odd, so that several calls use the same key.
const KEYS: [&str; 8] = ["a", "b", "", "größe", "quo\"te\\", "line\n", "_f_", "_csrft_"];
const QUEUES: [&str; 2] = ["", "error"];

#[derive(Debug)]
struct Json(Value);

impl<'a> Arbitrary<'a> for Json {
    fn arbitrary(u: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        fn value(u: &mut Unstructured<'_>, depth: usize) -> arbitrary::Result<Value> {
            Ok(match u.int_in_range(0..=if depth == 0 { 5 } else { 7 })? {
                0 => Value::Null,
                1 => json!(bool::arbitrary(u)?),
                2 => json!(i64::arbitrary(u)?),
                3 => json!(u64::arbitrary(u)?),
                4 => json!(f64::arbitrary(u)?),
                5 => json!(<&str>::arbitrary(u)?),
                6 => (0..u.int_in_range(0..=3)?).map(|_| value(u, depth - 1)).collect::<Result<_, _>>()?,
                _ => {
                    let entries = 0..u.int_in_range(0..=3)?;
                    let entries = entries.map(|_| Ok((String::arbitrary(u)?, value(u, depth - 1)?)));
                    Value::Object(entries.collect::<Result<_, _>>()?)
                }
            })
        }
        value(u, 3).map(Json)
    }
}

#[derive(Arbitrary, Debug)]
enum Op {
    Get(u8),
    Insert(u8, Json),
    Remove(u8),
    Take(u8),
    TakeAsText(u8),
    GetOrInsert(u8, Json),
    Extend(u8, Json, u8, Json),
    Clear,
    Replace(u8, Json),
    Push(bool, Json),
    PushUnique(bool, Json),
    Pop(bool),
    PopAsText(bool),
    CsrfToken,
    NewCsrfToken,
    Verify(Json),
    Changed,
    SetLifetime(Option<u32>),
    Update(u8, Json),
    GetOrRemoveText(u8),
    Regenerate,
    Invalidate,
    SaveAndLoad,
}

/// The model of the session, which is a list.
#[derive(Default)]
struct Model(Vec<(String, Value)>);

impl Model {
    fn get(&self, key: &str) -> Option<&Value> {
        self.0.iter().find(|(old, _)| old == key).map(|(_, value)| value)
    }

    fn insert(&mut self, key: &str, value: Value) {
        match self.0.iter_mut().find(|(old, _)| old == key) {
            Some((_, old)) => *old = value,
            None => self.0.push((key.into(), value)),
        }
    }

    fn remove(&mut self, key: &str) -> Option<Value> {
        let at = self.0.iter().position(|(old, _)| old == key)?;
        Some(self.0.remove(at).1)
    }

    fn token(&self) -> Option<&str> {
        self.get("_csrft_").and_then(Value::as_str).filter(|token| !token.is_empty())
    }

    fn push(&mut self, queue: &str, message: Value, unique: bool) -> bool {
        let mut messages = match self.get(queue) {
            None => Vec::new(),
            Some(Value::Array(messages)) => messages.clone(),
            Some(_) => return false,
        };
        if !unique || !messages.iter().any(|waiting| waiting.to_string() == message.to_string()) {
            messages.push(message);
            self.insert(queue, messages.into());
        }
        true
    }
}

fuzz_target!(|ops: Vec<Op>| {
    let mut session = SITE.decode(&signed(format!("[{NOW}, {NOW}, {{}}]").as_bytes()).unwrap()).unwrap();
    let mut model = Model::default();
    for op in ops {
        run(op, &mut session, &mut model);
        let keys: Vec<_> = model.0.iter().map(|(key, _)| key.clone()).collect();
        assert_eq!(session.keys(), keys);
        let map: Map<_, _> = model.0.iter().cloned().collect();
        assert_eq!(session.to_map().unwrap(), map);
    }
    read_all(&session);
});

fn key(number: u8) -> &'static str {
    KEYS[usize::from(number) % KEYS.len()]
}

fn run(op: Op, session: &mut Session, model: &mut Model) {
    match op {
        Op::Get(number) => assert_eq!(session.get::<Value>(key(number)).unwrap().as_ref(), model.get(key(number))),
        Op::Insert(number, Json(value)) => {
            session.insert(key(number), &value).unwrap();
            model.insert(key(number), value);
        }
        Op::Remove(number) => assert_eq!(session.remove(key(number)), model.remove(key(number)).is_some()),
        Op::Take(number) => assert_eq!(session.take::<Value>(key(number)).unwrap(), model.remove(key(number))),
        Op::TakeAsText(number) => match model.get(key(number)) {
            Some(value) if !value.is_string() => assert!(session.take::<String>(key(number)).is_err()),
            _ => assert_eq!(session.take::<String>(key(number)).unwrap().map(Value::from), model.remove(key(number))),
        },
        Op::GetOrInsert(number, Json(value)) => {
            // `null` is a value like any other.
            let expected = model.get(key(number)).cloned().unwrap_or_else(|| value.clone());
            assert_eq!(session.get_or_insert(key(number), value).unwrap(), expected);
            model.insert(key(number), expected);
        }
        Op::Extend(one, Json(value), other, Json(another)) => {
            session.extend([(key(one), &value), (key(other), &another)]).unwrap();
            model.insert(key(one), value);
            model.insert(key(other), another);
        }
        Op::Clear => {
            session.clear();
            model.0.clear();
        }
        Op::Replace(number, Json(value)) => {
            let replaced = session.replace(&json!({ key(number): value }));
            if key(number).starts_with('_') {
                assert!(replaced.is_err());
            } else {
                replaced.unwrap();
                model.0.retain(|(key, _)| key.starts_with("_f_") || key == "_csrft_");
                model.insert(key(number), value);
            }
        }
        Op::Push(queue, Json(message)) => {
            let queue = QUEUES[usize::from(queue)];
            let pushed = session.flash_queue(queue).push(&message).is_ok();
            assert_eq!(pushed, model.push(&format!("_f_{queue}"), message, false));
        }
        Op::PushUnique(queue, Json(message)) => {
            let queue = QUEUES[usize::from(queue)];
            let pushed = session.flash_queue(queue).push_unique(&message).is_ok();
            assert_eq!(pushed, model.push(&format!("_f_{queue}"), message, true));
        }
        Op::Pop(queue) => {
            let queue = QUEUES[usize::from(queue)];
            let popped = session.flash_queue(queue).pop::<Value>();
            match model.get(&format!("_f_{queue}")) {
                Some(Value::Array(messages)) => {
                    assert_eq!(&popped.unwrap(), messages);
                    // An empty list that the program put there stays: popping it changes nothing.
                    if !messages.is_empty() {
                        model.remove(&format!("_f_{queue}"));
                    }
                }
                Some(_) => assert!(popped.is_err()),
                None => assert!(popped.unwrap().is_empty()),
            }
        }
        Op::PopAsText(queue) => {
            let queue = QUEUES[usize::from(queue)];
            let popped = session.flash_queue(queue).pop::<String>();
            let Some(Value::Array(messages)) = model.get(&format!("_f_{queue}")) else { return };
            assert_eq!(popped.is_ok(), messages.iter().all(Value::is_string));
            if popped.is_ok_and(|popped| !popped.is_empty()) {
                model.remove(&format!("_f_{queue}"));
            }
        }
        Op::CsrfToken => {
            let token = session.csrf_token();
            assert_eq!(model.token().unwrap_or(&"c5".repeat(20)), token);
            model.insert("_csrft_", token.into());
            assert!(session.verify_csrf_token(&session.masked_csrf_token()));
        }
        Op::NewCsrfToken => model.insert("_csrft_", session.new_csrf_token().into()),
        Op::Verify(Json(value)) => {
            let text = value.as_str().unwrap_or_default();
            assert_eq!(session.verify_csrf_token(text), model.token() == Some(text) && !text.is_empty());
        }
        Op::Changed => session.changed(),
        Op::SetLifetime(seconds) => {
            let lifetime = seconds.map(|seconds| Duration::from_secs(seconds.into()));
            session.set_lifetime(lifetime);
            let kept = lifetime.map(|lifetime| lifetime.clamp(Duration::from_secs(1), Duration::from_secs(34_560_000)));
            assert_eq!(session.lifetime(), kept);
        }
        Op::Update(number, Json(value)) => {
            let before = model.get(key(number)).cloned();
            let updated = session.update(key(number), |held: Option<Value>| {
                // A `null` reads as nothing where an Option is asked for.
                assert_eq!(held.unwrap_or_default(), before.clone().unwrap_or_default());
                value.clone()
            });
            assert_eq!(updated.unwrap(), value);
            model.insert(key(number), value);
        }
        Op::GetOrRemoveText(number) => {
            let value = session.get_or_remove::<String>(key(number));
            assert_eq!(value.as_deref(), model.get(key(number)).and_then(Value::as_str));
            if value.is_none() {
                model.remove(key(number));
            }
        }
        Op::Regenerate => {
            session.regenerate();
            // If the clock stands still, the time is a microsecond later, so that the end mark of the previous session
            // does not name it.
            let later = session.created().duration_since(now()).unwrap();
            assert!(later.as_secs() == 0, "{later:?}");
            if model.token().is_some() {
                model.insert("_csrft_", "c5".repeat(20).into());
            }
        }
        Op::Invalidate => {
            session.invalidate();
            model.0.clear();
        }
        Op::SaveAndLoad => match SITE.encode(session) {
            Ok(value) => *session = SITE.decode(&value).expect("what we write we read"),
            Err(error) => {
                assert!(error.too_large().is_some());
                session.clear();
                model.0.clear();
            }
        },
    }
}
