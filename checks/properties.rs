//! Properties that hold for every session, tested with random sessions.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::Response;
use http::header::SET_COOKIE;
use proptest::prelude::*;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use signed_cookie_session::{
    Builder, Format, Former, HashAlgorithm, Outcome, Secret, Secrets, Session, SignedCookieFactory,
};

const ALGORITHMS: [HashAlgorithm; 3] = [HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512];

/// A clock that is set by hand, in microseconds.
#[derive(Clone)]
struct Clock(Arc<AtomicI64>);

impl Clock {
    fn at(micros: i64) -> Self {
        Self(Arc::new(AtomicI64::new(micros)))
    }

    fn of(&self) -> impl Fn() -> SystemTime + Send + Sync + use<> {
        let clock = Arc::clone(&self.0);
        move || moment(clock.load(Ordering::Relaxed))
    }
}

const SECOND: i64 = 1_000_000;
const NOW: i64 = 1_790_000_000 * SECOND;

fn moment(micros: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_micros(micros.unsigned_abs())
}

fn builder(secrets: impl Into<Secrets>) -> Builder {
    SignedCookieFactory::builder(secrets).clock(Clock::at(NOW).of())
}

fn site() -> SignedCookieFactory {
    builder(Secret::legacy("seekrit").unwrap()).build().unwrap()
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Returns every key with the text of its value. The text is exact, and a parsed float may be one unit off.
fn texts(session: &Session) -> Vec<(String, String)> {
    let text = |key: &String| session.get::<Box<RawValue>>(key).unwrap().unwrap().get().to_owned();
    session.keys().into_iter().map(|key| (key.clone(), text(&key))).collect()
}

fn reload(sessions: &SignedCookieFactory, session: &Session) -> Session {
    sessions.decode(&sessions.encode(session).unwrap()).unwrap()
}

proptest! {
    #[test]
    fn stored_values_are_read_back_unchanged(entries in prop::collection::vec((any::<String>(), json()), 0..6), algorithm in 0..3_usize) {
        let sessions = builder(Secret::legacy("seekrit").unwrap()).hash_algorithm(ALGORITHMS[algorithm]).build().unwrap();
        let session = sessions.load_cookies([""]);
        let mut expected: Vec<(String, String)> = Vec::new();
        for (key, value) in &entries {
            session.insert(key, value).unwrap();
            let text = serde_json::to_string(value).unwrap();
            match expected.iter_mut().find(|(old, _)| old == key) {
                Some((_, old)) => *old = text,
                None => expected.push((key.clone(), text)),
            }
        }
        prop_assert_eq!(&texts(&session), &expected);
        match sessions.encode(&session) {
            Ok(_) => prop_assert_eq!(&texts(&reload(&sessions, &reload(&sessions, &session))), &expected),
            Err(error) => prop_assert!(error.too_large().is_some_and(|size| size > 4064)),
        }
    }

    #[test]
    fn a_value_that_no_secret_signed_is_not_a_session(value in "[A-Za-z0-9_-]{0,300}") {
        let outcome = site().decode(&value).unwrap_err().outcome();
        prop_assert!(matches!(outcome, Outcome::BadSignature | Outcome::Malformed));
    }

    #[test]
    fn no_cookie_header_and_no_value_of_it_panics(header in prop::collection::vec(any::<u8>(), 0..400)) {
        let session = site().load_cookies([&header, &[b"session=".as_slice(), &header].concat()]);
        prop_assert!(session.is_new());
    }

    #[test]
    fn saving_twice_is_saving_once(changes in prop::collection::vec(0..6_u8, 0..6), carried in any::<bool>()) {
        let sessions = site();
        let first = sessions.load_cookies([""]);
        first.insert("user", "ada").unwrap();
        let session = if carried { reload(&sessions, &first) } else { sessions.load_cookies([""]) };
        for change in changes {
            match change {
                0 => session.insert("visits", 1).unwrap(),
                1 => session.clear(),
                2 => session.invalidate(),
                3 => drop(session.csrf_token()),
                4 => session.regenerate(),
                _ => session.flash().push("Saved.").unwrap(),
            }
        }
        let mut response = Response::builder().header(SET_COOKIE, "theme=dark").body(()).unwrap();
        sessions.save(&session, &mut response).unwrap();
        let once = response.headers().clone();
        sessions.save(&session, &mut response).unwrap();
        prop_assert_eq!(response.headers(), &once);
        prop_assert_eq!(&once[SET_COOKIE], "theme=dark");
    }

    #[test]
    fn a_session_is_a_list_of_keys_and_values(calls in prop::collection::vec((0..9_u8, 0..4_usize, json()), 0..24)) {
        let sessions = builder(Secret::legacy("seekrit").unwrap()).build().unwrap();
        let mut session = sessions.load_cookies([""]);
        let mut model: Vec<(&str, Value)> = Vec::new();
        fn put<'k>(model: &mut Vec<(&'k str, Value)>, key: &'k str, value: Value) {
            match model.iter_mut().find(|(old, _)| *old == key) {
                Some((_, old)) => *old = value,
                None => model.push((key, value)),
            }
        }
        fn cut(model: &mut Vec<(&str, Value)>, key: &str) -> Option<Value> {
            let at = model.iter().position(|(old, _)| *old == key)?;
            Some(model.remove(at).1)
        }
        for (call, key, value) in calls {
            let key = ["user", "größe", "", "quo\"te\\"][key];
            // Floats are compared as text above.
            let value: Value = if value.to_string().contains(['.', 'e']) { Value::Null } else { value };
            match call {
                0..=2 => {
                    session.insert(key, &value).unwrap();
                    put(&mut model, key, value);
                }
                3 => prop_assert_eq!(session.remove(key), cut(&mut model, key).is_some()),
                4 => prop_assert_eq!(session.take::<Value>(key).unwrap(), cut(&mut model, key)),
                5 => {
                    let there = model.iter().find(|(old, _)| *old == key).map_or(value.clone(), |(_, old)| old.clone());
                    prop_assert_eq!(&session.get_or_insert(key, value).unwrap(), &there);
                    put(&mut model, key, there);
                }
                6 => {
                    session.replace(&Map::from_iter([(key.to_owned(), value.clone())])).unwrap();
                    model = vec![(key, value)];
                }
                7 => {
                    session.clear();
                    model.clear();
                }
                _ if sessions.encode(&session).is_ok() => session = reload(&sessions, &session),
                _ => {}
            }
            let expected: Map<String, Value> = model.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
            prop_assert_eq!(session.to_map().unwrap(), expected);
            prop_assert_eq!(session.keys(), model.iter().map(|(key, _)| *key).collect::<Vec<_>>());
            prop_assert_eq!((session.len(), session.is_empty()), (model.len(), model.is_empty()));
        }
    }
}

/// An action of a request on its session.
#[derive(Clone, Copy, Debug)]
enum Visit {
    Nothing,
    Read,
    Write,
    Regenerate,
    /// Sets the session's own lifetime, in seconds.
    Remember(Option<i64>),
    Logout,
}

#[derive(Clone, Debug)]
struct Step {
    /// Moves the clock by this many microseconds, forward or backward.
    jump: i64,
    visit: Visit,
    /// A new secret signs from now on; the old one verifies.
    rotate: bool,
    /// The site writes its cookies in another way from now on. The previous way becomes a `Former`.
    change: Option<Style>,
}

/// How a site writes its cookies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Style {
    format: Format,
    name: &'static str,
    salt: Option<&'static str>,
    hash_algorithm: Option<HashAlgorithm>,
}

const FIRST_STYLE: Style = Style { format: Format::Signed, name: "session", salt: None, hash_algorithm: None };

#[cfg(not(feature = "formats"))]
const FORMATS: &[Format] = &[Format::Signed];
#[cfg(feature = "formats")]
const FORMATS: &[Format] = &[
    Format::Signed,
    Format::Encrypted,
    Format::Flask,
    Format::Django,
    Format::Starlette,
    Format::Express,
    Format::ReactRouter,
];

impl Style {
    fn builder(self, secrets: Secrets) -> Builder {
        let builder = SignedCookieFactory::builder(secrets).format(self.format).cookie_name(self.name);
        let builder = self.salt.into_iter().fold(builder, Builder::salt);
        self.hash_algorithm.into_iter().fold(builder, Builder::hash_algorithm)
    }

    fn former(self, secrets: Secrets) -> Former {
        let former = Former::new(self.format, secrets).cookie_name(self.name);
        let former = self.salt.into_iter().fold(former, Former::salt);
        self.hash_algorithm.into_iter().fold(former, Former::hash_algorithm)
    }

    /// Returns whether the format is another framework's. Its `renewed` is in whole seconds, and not after the time at
    /// which it is read.
    fn is_foreign(self) -> bool {
        !["signed", "encrypted"].contains(&self.format.as_str())
    }
}

fn style() -> impl Strategy<Value = Style> {
    (0..FORMATS.len(), any::<bool>(), prop::option::of(Just("shop.")), prop::option::of(Just(HashAlgorithm::Sha256)))
        .prop_map(|(format, is_renamed, salt, hash_algorithm)| {
            let format = FORMATS[format];
            let takes = |formats: &[&str]| formats.contains(&format.as_str());
            Style {
                format,
                name: if is_renamed { "sid" } else { "session" },
                salt: salt.filter(|_| !takes(&["express", "react-router"])),
                hash_algorithm: hash_algorithm.filter(|_| takes(&["signed", "flask", "express"])),
            }
        })
}

#[derive(Clone, Copy, Debug)]
struct Life {
    timeout: Option<i64>,
    reissue_time: Option<i64>,
    absolute_timeout: Option<i64>,
    valid_since: Option<i64>,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    // Times near the limits, to the microsecond, are more frequent than other times.
    let seconds = prop_oneof![Just(0), Just(1), Just(60), Just(300), 0..2000_i64];
    let micros = prop_oneof![Just(-1), Just(0), Just(1), -SECOND..SECOND];
    let jump = (seconds, micros, prop_oneof![4 => Just(1), 1 => Just(-1)]);
    let visit = prop_oneof![
        Just(Visit::Nothing),
        Just(Visit::Read),
        Just(Visit::Write),
        Just(Visit::Regenerate),
        Just(Visit::Logout),
        prop::option::of(1..2000_i64).prop_map(Visit::Remember)
    ];
    let change = prop::option::weighted(0.3, style());
    let step = (jump, visit, prop::bool::weighted(0.2), change).prop_map(
        |((seconds, micros, sign), visit, rotate, change)| Step {
            jump: (seconds * SECOND + micros) * sign,
            visit,
            rotate,
            change,
        },
    );
    prop::collection::vec(step, 1..16)
}

fn life() -> impl Strategy<Value = Life> {
    let limit = || prop::option::of(prop_oneof![Just(0), Just(60), Just(300), 0..2000_i64]);
    (limit(), limit(), limit(), prop::option::weighted(0.3, -1000..1000_i64)).prop_map(
        |(timeout, reissue_time, absolute_timeout, since)| {
            // A limit of zero, and a reissue time beyond the timeout, cannot be built.
            let timeout = timeout.map(|limit: i64| limit.max(1));
            Life {
                timeout,
                reissue_time: reissue_time.map(|age: i64| timeout.map_or(age, |timeout| age.min(timeout - 1))),
                absolute_timeout: absolute_timeout.map(|limit: i64| limit.max(1)),
                valid_since: since.map(|since| NOW + since * SECOND),
            }
        },
    )
}

/// Returns a site that writes cookies in the last of the styles, and reads all of them.
fn factory(life: Life, secrets: usize, styles: &[Style], remove: bool, clock: &Clock) -> SignedCookieFactory {
    let secret =
        |number: usize| Secret::new(format!("secret number {number}, which is long enough for every format")).unwrap();
    let signing = Secrets::new(secret(secrets));
    let secrets = (0..secrets).rev().fold(signing, |secrets, old| secrets.verify_only(secret(old)));
    let seconds = |seconds: i64| Duration::from_secs(seconds.unsigned_abs());
    let timeout = life.timeout.map(seconds);
    let (present, formers) = styles.split_last().unwrap();
    let builder = present
        .builder(secrets.clone())
        .timeout(timeout)
        .reissue_time(life.reissue_time.map(seconds))
        .absolute_timeout(life.absolute_timeout.map(seconds))
        .flash_limit(None)
        .valid_since(life.valid_since.map(moment))
        .clock(clock.of())
        .random(|bytes| bytes.fill(0xc5));
    let former = |style: &Style| style.former(secrets.clone()).timeout(timeout).remove(remove);
    formers.iter().rev().map(former).fold(builder, Builder::former).build().unwrap()
}

/// A session of the browser, with its expected state.
#[derive(Clone)]
struct Held {
    /// The text in a `Cookie` header.
    cookies: String,
    style: Style,
    renewed: i64,
    created: i64,
    secret: usize,
    visits: u64,
    lifetime: Option<i64>,
}

impl Held {
    /// Returns the expected outcome for a site that reads its style.
    fn outcome(&self, life: Life, secret: usize, ended: impl Fn(i64) -> bool, now: i64) -> Outcome {
        let over = |limit: Option<i64>, since: i64| limit.is_some_and(|limit| now - since > limit * SECOND);
        let renewed = self.renewed(now);
        if life.valid_since.is_some_and(|since| self.created < since) {
            Outcome::Revoked
        } else if over(self.lifetime.or(life.timeout), renewed) || over(life.absolute_timeout, self.created) {
            Outcome::Expired
        } else if renewed.max(self.created) - now > MAX_CLOCK_SKEW {
            Outcome::Future
        } else if ended(self.created) {
            Outcome::Ended
        } else if self.secret < secret {
            Outcome::ValidUnderOldSecret
        } else {
            Outcome::Valid
        }
    }

    /// Returns when it was renewed, as a site reads it at that time.
    fn renewed(&self, now: i64) -> i64 {
        let is_ahead = self.style.is_foreign() && self.renewed - now <= MAX_CLOCK_SKEW;
        if is_ahead { self.renewed.min(now) } else { self.renewed }
    }
}

/// How far ahead a time may be.
const MAX_CLOCK_SKEW: i64 = 300 * SECOND;

fn whole_seconds(micros: i64) -> i64 {
    micros - micros.rem_euclid(SECOND)
}

/// Stores or removes a browser's cookies, as the lines say.
fn take(lines: &[String], browser: &mut BTreeMap<String, String>) {
    for line in lines {
        let (name, rest) = line.split_once('=').unwrap();
        if line.contains("Max-Age=0") {
            browser.remove(name);
        } else {
            browser.insert(name.to_owned(), rest.split(';').next().unwrap().to_owned());
        }
    }
}

/// Returns a `Cookie` header of the cookies for which `is_sent` is true.
fn header(browser: &BTreeMap<String, String>, is_sent: impl Fn(&str) -> bool) -> String {
    let sent = browser.iter().filter(|(name, _)| is_sent(name));
    sent.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
}

/// Returns the outcome if no cookie can be used: the gravest one. `None` if the cookies are only of other styles.
fn refusal(
    styles: &[Style],
    all_held: &BTreeMap<&str, Held>,
    outcome_of: impl Fn(&Held) -> Outcome,
) -> Option<Outcome> {
    let found = || styles.iter().filter_map(|style| Some((style, all_held.get(style.name)?)));
    let known: Vec<Outcome> =
        found().filter(|(style, held)| held.style == **style).map(|(_, held)| outcome_of(held)).collect();
    let gravest = [Outcome::Ended, Outcome::Revoked, Outcome::Expired, Outcome::Future];
    let gravest = gravest.into_iter().find(|outcome| known.contains(outcome));
    gravest.or_else(|| found().next().is_none().then_some(Outcome::Absent))
}

proptest! {
    #[test]
    fn sites_follow_the_rules_on_any_clock_through_any_change(life in life(), remove in any::<bool>(), steps in steps()) {
        let clock = Clock::at(NOW);
        let (mut now, mut secret) = (NOW, 0);
        let mut styles = vec![FIRST_STYLE];
        let mut sessions = factory(life, secret, &styles, remove, &clock);
        // The browser's cookies; and by cookie name, the expected sessions and the times at which ended sessions began.
        let mut browser: BTreeMap<String, String> = BTreeMap::new();
        let mut all_held: BTreeMap<&str, Held> = BTreeMap::new();
        let mut marks: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
        let mut ended: Option<Held> = None;
        for Step { jump, visit, rotate, change } in steps {
            now += jump;
            clock.0.store(now, Ordering::Relaxed);
            secret += usize::from(rotate);
            if let Some(change) = change {
                // A site may return to previous settings.
                styles.retain(|style| *style != change);
                styles.push(change);
            }
            if rotate || change.is_some() {
                sessions = factory(life, secret, &styles, remove, &clock);
            }
            let (style, formers) = styles.split_last().unwrap();
            let is_marked = |created: i64| marks.values().flatten().any(|marked| *marked == created);
            let outcome_of = |held: &Held| held.outcome(life, secret, is_marked, now);
            let present = all_held.get(style.name).filter(|held| held.style == *style);
            let outcome = present.map(outcome_of);
            let former = || formers.iter().rev().find_map(|former| {
                all_held.get(former.name).filter(|held| held.style == *former && outcome_of(held).is_valid())
            });
            let (usable, outcome) = match (outcome, former()) {
                (Some(outcome), _) if outcome.is_valid() => (present, Some(outcome)),
                (_, Some(former)) => (Some(former), Some(Outcome::ValidFormer)),
                (_, None) => (None, refusal(&styles, &all_held, outcome_of)),
            };
            let usable = usable.cloned();
            let has_ended = |style: &&Style| {
                all_held.get(style.name).is_some_and(|held| held.style == **style && outcome_of(held) == Outcome::Ended)
            };
            let ended_formers: Vec<&str> = match outcome {
                Some(Outcome::Ended) => formers.iter().filter(has_ended).map(|style| style.name).collect(),
                _ => Vec::new(),
            };
            let is_outdated = matches!(outcome, Some(Outcome::ValidUnderOldSecret | Outcome::ValidFormer));
            let is_due = usable.as_ref().is_some_and(|held| life.reissue_time.is_some_and(|limit| {
                let limit = held.lifetime.map_or(limit * SECOND, |own| (limit * SECOND).min(own * SECOND / 10));
                whole_seconds(now) - held.renewed(now) > limit
            }));
            // If an end mark names this microsecond, a new session begins in the next one.
            let fresh = (now..).find(|created| !is_marked(*created)).unwrap();
            let (visits, created) = usable.as_ref().map_or((0, fresh), |held| (held.visits, held.created));
            let lifetime = usable.as_ref().and_then(|held| held.lifetime);
            // It is signed again, and its life is not extended.
            let is_former = outcome == Some(Outcome::ValidFormer);
            // A former session is never dated in the future.
            let renewed = |held: &Held| if is_former { held.renewed(now).min(now) } else { held.renewed(now) };
            let kept = usable.as_ref().map(renewed);
            let kept = kept.map(|renewed| if style.is_foreign() { whole_seconds(renewed) } else { renewed });

            let session = sessions.load_cookies([header(&browser, |_| true)]);
            // A slow page may set the cookie of the last ended session again. This cookie is not used.
            if let Some(ended) = &ended {
                let again = sessions.load_cookies([&ended.cookies, &header(&browser, |name| name.ends_with(".ended"))]);
                prop_assert!(!again.outcome().is_valid(), "{}", again.outcome());
            }
            match outcome {
                Some(outcome) => prop_assert_eq!(session.outcome(), outcome),
                // A cookie of another style under the name.
                None => prop_assert!(matches!(session.outcome(), Outcome::Malformed | Outcome::BadSignature)),
            }
            let rewritten = |lifetime| match (is_due, kept) {
                (true, _) => Some((whole_seconds(now), created, visits, lifetime)),
                (false, Some(kept)) if is_outdated => Some((kept, created, visits, lifetime)),
                _ => None,
            };
            let written = match visit {
                Visit::Nothing => None,
                Visit::Read => {
                    prop_assert_eq!(session.get::<u64>("visits").unwrap().unwrap_or(0), visits);
                    prop_assert_eq!(session.is_new(), usable.is_none());
                    prop_assert_eq!(session.created(), moment(created));
                    prop_assert_eq!(session.renewed(), moment(usable.as_ref().map_or(fresh, renewed)));
                    rewritten(lifetime)
                }
                Visit::Write => {
                    session.insert("visits", visits + 1).unwrap();
                    Some((whole_seconds(now), created, visits + 1, lifetime))
                }
                Visit::Regenerate => {
                    session.regenerate();
                    // A new and empty session sets no cookie.
                    usable.as_ref().map(|held| {
                        (whole_seconds(now), if held.created == now { now + 1 } else { now }, visits, lifetime)
                    })
                }
                Visit::Remember(own) => {
                    session.set_lifetime(own.map(|own| Duration::from_secs(own.unsigned_abs())));
                    prop_assert_eq!(session.lifetime().map(|own| own.as_secs() as i64), own);
                    prop_assert!(!session.contains_key("_lifetime_"));
                    let is_changed = own.is_some() || lifetime.is_some();
                    match usable {
                        Some(_) if is_changed => Some((whole_seconds(now), created, visits, own)),
                        _ => rewritten(lifetime),
                    }
                }
                Visit::Logout => {
                    session.invalidate();
                    None
                }
            };
            let lines = sessions.set_cookies(&session).unwrap();
            take(&lines, &mut browser);
            let is_logout = matches!(visit, Visit::Logout);
            if let Some((renewed, created, visits, lifetime)) = written {
                let cookies = header(&browser, |name| name == style.name || name.strip_suffix(".sig") == Some(style.name));
                let held = Held { cookies, style: *style, renewed, created, secret, visits, lifetime };
                all_held.insert(style.name, held);
                all_held.retain(|name, _| *name == style.name || !(remove || ended_formers.contains(name)));
            } else if is_logout {
                // The former cookies must be removed too, or the next request would be logged in again.
                prop_assert_eq!(lines.is_empty(), all_held.is_empty());
                all_held.clear();
            } else if outcome == Some(Outcome::Ended) && !matches!(visit, Visit::Nothing) {
                all_held.retain(|name, _| *name != style.name && !ended_formers.contains(name));
            } else {
                prop_assert_eq!(&lines, &[""; 0]);
            }
            if let Some(held) = usable.filter(|_| is_logout || matches!(visit, Visit::Regenerate)) {
                let next = if held.created == now { now + 1 } else { now };
                let present = written.map_or(next, |(_, created, ..)| created);
                let mut marked: Vec<i64> = marks.values().flatten().copied().collect();
                marked.retain(|created| ![held.created, present].contains(created));
                marked.sort_unstable_by_key(|created| std::cmp::Reverse(*created));
                marked.dedup();
                marked.truncate(3);
                marked.push(held.created);
                marks.insert(style.name, marked);
                ended = Some(held);
            }
            let names = browser.keys().filter(|name| !name.ends_with(".sig"));
            let (marked, held): (Vec<&str>, Vec<&str>) = names.map(|name| &**name).partition(|name| name.ends_with(".ended"));
            prop_assert_eq!(held, all_held.keys().copied().collect::<Vec<_>>());
            prop_assert_eq!(marked, marks.keys().map(|name| format!("{name}.ended")).collect::<Vec<_>>());
        }
    }
}

/// Returns cookies of each hash and of several lengths, so that the last character has two, four and six bits.
fn cookies() -> [(SignedCookieFactory, String); 5] {
    [(0, ""), (0, "a"), (0, "ab"), (1, ""), (2, "")].map(|(algorithm, user)| {
        let sessions =
            builder(Secret::legacy("seekrit").unwrap()).hash_algorithm(ALGORITHMS[algorithm]).build().unwrap();
        let session = sessions.load_cookies([""]);
        session.insert("u", user).unwrap();
        let value = sessions.encode(&session).unwrap();
        assert!(sessions.decode(&value).is_ok());
        (sessions, value)
    })
}

/// Checks every text that differs from a cookie by `change` at one position.
fn refuses_each(change: impl Fn(&str, usize) -> Vec<String>) {
    for (sessions, value) in cookies() {
        for at in 0..=value.len() {
            for changed in change(&value, at) {
                if changed != value {
                    assert!(sessions.decode(&changed).is_err(), "{value} as {changed}");
                }
            }
        }
    }
}

/// The alphabet, the other alphabet, padding, white space, and other characters that a decoder could ignore.
const CHARACTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=. \t\n\0\"%,é";

#[test]
fn no_cookie_verifies_with_one_character_changed() {
    refuses_each(|value, at| {
        let Some(rest) = value.get(at + 1..) else { return Vec::new() };
        CHARACTERS.chars().map(|other| format!("{}{other}{rest}", &value[..at])).collect()
    });
}

#[test]
fn no_cookie_verifies_with_characters_dropped() {
    refuses_each(|value, at| {
        let Some(rest) = value.get(at + 1..) else { return Vec::new() };
        vec![format!("{}{rest}", &value[..at]), value[..at].to_owned(), rest.to_owned()]
    });
}

#[test]
fn no_cookie_verifies_with_one_character_added() {
    refuses_each(|value, at| {
        let (before, behind) = value.split_at(at);
        CHARACTERS.chars().map(|added| format!("{before}{added}{behind}")).collect()
    });
}

#[test]
fn no_cookie_verifies_with_two_characters_swapped() {
    refuses_each(|value, at| {
        let swap = |other: usize| {
            let mut swapped = value.as_bytes().to_vec();
            swapped.swap(at, other);
            String::from_utf8(swapped).unwrap()
        };
        (at + 1..value.len()).map(swap).collect()
    });
}
