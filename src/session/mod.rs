//! The session: a dict that many hands may hold at once, and what it has to tell when it is saved.
//!
//! Verifies nothing before it is touched. Knows nothing of cookies and HTTP: values come in as
//! bytes, and a [`SaveAction`] goes out.

pub(crate) mod clock;
mod csrf;
pub(crate) mod csrf_origin;
mod csrf_token;
pub(crate) mod events;
pub(crate) mod expiry;
pub(crate) mod flash;
mod items;
pub(crate) mod policy;
pub(crate) mod random;
mod reserved_keys;
pub(crate) mod save_error;
pub(crate) mod state;
pub(crate) mod value;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use serde::de::DeserializeOwned;

use crate::format::envelope::MAX_VALUE_LEN;
use crate::format::outcome::Outcome;
use crate::format::record::{Moment, Record, Renewal};
use crate::format::timestamp::Timestamp;
use crate::json::dict::{Dict, Raw};
use crate::session::csrf_token::Token;
use crate::session::events::Loaded;
use crate::session::policy::{MAX_VALUES, Policy};
use crate::session::random::Random;
use crate::session::state::{SaveAction, State};
use crate::session::value::ValueError;

/// One visitor's session: a dict from text to any value that serde can write.
///
/// A cheap handle: clones share one dict, and every method takes `&self`. Each method is atomic; the
/// user's `Serialize` and `Deserialize` run outside the lock, and no lock is ever handed out, so that
/// nothing can deadlock or be held across an `await`.
///
/// The cookie is verified when the session is first touched. Every method but
/// [`outcome`](Self::outcome) counts as reading it, as in Pyramid: it makes the response vary by
/// cookie, and a session that is due is reissued.
///
/// Values go in and come out **by value**: to change a list in the session, take it out, change it
/// and put it back. A value that is not touched goes back into the cookie byte for byte.
///
/// # Example
/// ```
/// use http::HeaderMap;
/// use signed_cookie_session::{Secret, SignedCookieFactory};
///
/// let sessions = SignedCookieFactory::new(Secret::generate());
/// let session = sessions.load(&HeaderMap::new());
/// session.insert("cart", ["apples", "pears"])?;
/// let mut cart: Vec<String> = session.get("cart")?.unwrap_or_default();
/// cart.push("figs".into());
/// session.insert("cart", cart)?;
/// # Ok::<(), signed_cookie_session::ValueError>(())
/// ```
#[derive(Clone)]
pub struct Session(Arc<Shared<[u8]>>);

/// The values the request carried stand in the same allocation as the lock, so that a session that
/// is never touched costs one.
struct Shared<Values: ?Sized> {
    policy: Arc<Policy>,
    state: Mutex<Option<State>>,
    carried: ValueOffsets,
    values: Values,
}

/// Where each of the values in [`Shared::values`] ends. The next one begins there.
#[derive(Clone, Copy, Default)]
struct ValueOffsets {
    ends: [u16; MAX_VALUES],
    values: usize,
}

impl ValueOffsets {
    fn of<'v>(&self, values: &'v [u8]) -> impl Iterator<Item = &'v [u8]> {
        let ends = self.ends.into_iter().map(usize::from).take(self.values);
        ends.scan(0, |start, end| Some(&values[std::mem::replace(start, end)..end]))
    }
}

impl Session {
    /// A session of the values that a request carried under the cookie's name.
    pub(crate) fn from_values(policy: &Arc<Policy>, values: &[&[u8]]) -> Self {
        match values.iter().map(|value| value.len()).sum() {
            0 => Self::share::<0>(policy, values),
            1..=256 => Self::share::<256>(policy, values),
            257..=512 => Self::share::<512>(policy, values),
            513..=1024 => Self::share::<1024>(policy, values),
            1025..=2048 => Self::share::<2048>(policy, values),
            2049..=MAX_VALUE_LEN => Self::share::<MAX_VALUE_LEN>(policy, values),
            // As many as a request may carry, each as long as it may be.
            _ => Self::share::<{ MAX_VALUES * MAX_VALUE_LEN }>(policy, values),
        }
    }

    fn share<const ROOM: usize>(policy: &Arc<Policy>, values: &[&[u8]]) -> Self {
        let mut carried = ValueOffsets { values: values.len(), ..ValueOffsets::default() };
        let mut end = 0;
        for (place, value) in carried.ends.iter_mut().zip(values) {
            end += value.len();
            *place = end as u16; // at most MAX_VALUES * MAX_VALUE_LEN, half of what it holds
        }
        let mut shared =
            Arc::new(Shared { policy: Arc::clone(policy), state: Mutex::new(None), carried, values: [0; ROOM] });
        // Filled where it lies, which saves a copy.
        let mut room = &mut Arc::get_mut(&mut shared).expect("nobody else has it yet").values[..];
        for value in values {
            let (place, rest) = room.split_at_mut(value.len());
            place.copy_from_slice(value);
            room = rest;
        }
        Self(shared)
    }

    /// A session that was read and verified before.
    #[inline(always)] // see `Record`
    pub(crate) fn from_record(policy: &Arc<Policy>, record: Record, outcome: Outcome, now: Timestamp) -> Self {
        let state = State::new(record, outcome, true, &policy.expiry, now);
        Self(Arc::new(Shared {
            policy: Arc::clone(policy),
            state: Mutex::new(Some(state)),
            carried: ValueOffsets::default(),
            values: [],
        }))
    }
}

/// Its life.
impl Session {
    /// Whether this session begins with this request: no cookie, or none that could be used.
    ///
    /// # Example
    /// ```
    /// # use http::HeaderMap;
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let session = SignedCookieFactory::new(Secret::generate()).load(&HeaderMap::new());
    /// assert!(session.is_new());
    /// ```
    pub fn is_new(&self) -> bool {
        self.touch(|state| state.is_new)
    }

    /// When the session began, to the microsecond. It stays over every write.
    ///
    /// # Example
    /// ```
    /// # use http::HeaderMap;
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let session = SignedCookieFactory::new(Secret::generate()).load(&HeaderMap::new());
    /// assert!(session.created() <= std::time::SystemTime::now());
    /// ```
    pub fn created(&self) -> SystemTime {
        self.touch(|state| system(state.record.created.at))
    }

    /// When the cookie that was read was written, in whole seconds; for a new session the same as
    /// [`created`](Self::created). The timeout counts from here.
    ///
    /// # Example
    /// ```
    /// # use http::HeaderMap;
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let session = SignedCookieFactory::new(Secret::generate()).load(&HeaderMap::new());
    /// assert_eq!(session.renewed(), session.created());
    /// ```
    pub fn renewed(&self) -> SystemTime {
        self.touch(|state| system(state.record.renewed.at))
    }

    /// Marks the session as changed, so that its cookie is written and its timeout begins again.
    /// No change of a value needs it.
    ///
    /// # Example
    /// ```
    /// # use http::{HeaderMap, Response};
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// let sessions = SignedCookieFactory::builder(Secret::generate()).reissue_time(None).build()?;
    /// # let first = sessions.load(&HeaderMap::new());
    /// # first.insert("user", "ada")?;
    /// # let session = sessions.decode(&sessions.encode(&first)?)?;
    /// session.changed(); // the user showed a sign of life
    /// assert!(sessions.set_cookie(&session)?.is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn changed(&self) {
        self.change(|_| ());
    }

    /// Ends the session: its data is gone, and saving removes the cookie from the browser if the
    /// request carried it. Data put in afterwards begins a new session instead.
    ///
    /// A copy of the cookie that somebody kept is still valid until it times out: see
    /// [`valid_since`](crate::Builder::valid_since).
    ///
    /// # Example
    /// ```
    /// # use http::{HeaderMap, Response};
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let sessions = SignedCookieFactory::new(Secret::generate());
    /// # let first = sessions.load(&HeaderMap::new());
    /// # first.insert("user", "ada")?;
    /// # let session = sessions.decode(&sessions.encode(&first)?)?;
    /// session.invalidate(); // logout
    /// assert!(sessions.set_cookie(&session)?.is_some_and(|removal| removal.contains("Max-Age=0")));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn invalidate(&self) {
        let now = self.0.policy.clock.now();
        self.touch(|state| state.invalidate(now));
    }

    /// Begins the session anew with the same data: a new [`created`](Self::created), and a new CSRF
    /// token where there was one. Call it at login, so that nothing known before it is worth
    /// anything after it; an absolute timeout then counts from here.
    ///
    /// Without a [random source](crate::Builder::random) a CSRF token is dropped instead.
    ///
    /// # Panics
    /// Where the operating system has no random bytes to give for the new token.
    ///
    /// # Example
    /// ```
    /// # use http::HeaderMap;
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let session = SignedCookieFactory::new(Secret::generate()).load(&HeaderMap::new());
    /// let before = session.csrf_token();
    /// session.regenerate();
    /// session.insert("user", "ada")?;
    /// assert!(!session.verify_csrf_token(&before));
    /// # Ok::<(), signed_cookie_session::ValueError>(())
    /// ```
    pub fn regenerate(&self) {
        let now = self.0.policy.clock.now();
        // Drawn outside the lock: the source may be the user's.
        let random = self.random();
        let fresh = random.is_there().then(|| Token::draw(random));
        self.touch(|state| {
            state.record.created = Moment::now(now);
            state.change(|dict| csrf_token::renew(dict, fresh.as_ref()));
        });
    }

    /// Why the session is what it is: what became of the cookie that the request carried. Unlike
    /// every other method it does not count as reading the session.
    ///
    /// # Example
    /// ```
    /// # use http::HeaderMap;
    /// # use signed_cookie_session::{Outcome, Secret, SignedCookieFactory};
    /// # let session = SignedCookieFactory::new(Secret::generate()).load(&HeaderMap::new());
    /// assert_eq!(session.outcome(), Outcome::Absent);
    /// ```
    pub fn outcome(&self) -> Outcome {
        self.with(|state| state.outcome)
    }
}

/// What the crate's other modules need of it.
impl Session {
    /// Runs with what saving it now means; not where nobody has read it. Under the lock, so that what is
    /// planned and what is written are one session: see [`with`](Self::with).
    pub(crate) fn planned<R>(&self, run: impl FnOnce(SaveAction, &Record) -> R) -> Option<R> {
        self.lock().as_ref().map(|state| run(state.plan(|| self.0.policy.clock.now()), &state.record))
    }

    /// Runs with the session as it is now, and with the lock held: see [`with`](Self::with).
    pub(crate) fn record<R>(&self, run: impl FnOnce(&Record) -> R) -> R {
        self.with(|state| run(&state.record))
    }

    /// The moment a write would renew it at.
    pub(crate) fn renewal(&self) -> Renewal {
        Renewal::Now(self.0.policy.clock.now())
    }

    /// Where its random bytes come from.
    pub(crate) fn random(&self) -> &Random {
        &self.0.policy.random
    }

    /// How many handles to this session there are.
    #[allow(dead_code, reason = "without a framework nobody asks")]
    pub(crate) fn handles(&self) -> usize {
        Arc::strong_count(&self.0)
    }

    /// Its keys with the size of each in the JSON text, the largest first.
    pub(crate) fn sizes(&self) -> Vec<(String, usize)> {
        let sizes =
            |state: &mut State| state.record.dict.distinct().into_iter().map(|(key, json)| (key, json.len())).collect();
        let mut sizes: Vec<(String, usize)> = self.with(sizes);
        sizes.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
        sizes
    }

    /// Sets when it began.
    #[cfg(feature = "testing")]
    pub(crate) fn begin(&self, created: Timestamp) {
        self.with(|state| state.record.created = Moment::now(created));
    }

    /// How many keys are in it; it does not count as reading it.
    pub(crate) fn key_count(&self) -> usize {
        self.with(|state| state.record.dict.distinct().len())
    }

    /// The JSON text of a key's value.
    pub(crate) fn raw(&self, key: &str) -> Option<Raw> {
        self.touch(|state| state.record.dict.get_raw(key))
    }

    /// Takes a value out if `wanted` says so; it is returned in any case.
    pub(crate) fn take_if<T: DeserializeOwned>(
        &self,
        key: &str,
        wanted: impl Fn(&T) -> bool,
    ) -> Result<Option<T>, ValueError> {
        loop {
            let Some(raw) = self.raw(key) else { return Ok(None) };
            let value = value::read(key, raw.text())?;
            if !wanted(&value) {
                return Ok(Some(value));
            }
            // Read outside the lock: taken only if it is still what was read, or else read again.
            let taken = self.touch(|state| {
                let unchanged = state.record.dict.get(key) == Some(raw.text());
                if unchanged {
                    state.change(|dict| dict.remove(key));
                }
                unchanged
            });
            if taken {
                return Ok(Some(value));
            }
        }
    }

    /// Changes the dict, and marks it as changed.
    pub(crate) fn change<R>(&self, change: impl FnOnce(&mut Dict) -> R) -> R {
        self.touch(|state| state.change(change))
    }

    /// Changes the dict, and marks it as changed where `change` says that it was.
    pub(crate) fn change_if(&self, change: impl FnOnce(&mut Dict) -> bool) -> bool {
        self.touch(|state| state.change_if(change))
    }

    /// Copies of the members whose key is wanted, each key once.
    pub(crate) fn members(&self, wanted: impl Fn(&str) -> bool) -> Vec<(String, String)> {
        self.touch(|state| {
            let members = state.record.dict.distinct().into_iter().filter(|(key, _)| wanted(key));
            members.map(|(key, json)| (key, json.to_owned())).collect()
        })
    }

    /// Runs with the session read, and counts as reading it.
    pub(crate) fn touch<R>(&self, run: impl FnOnce(&mut State) -> R) -> R {
        self.with(|state| {
            state.touched = true;
            run(state)
        })
    }

    /// Runs with the session read, under the lock: no code of the user's may be called in it that could
    /// reach the session (the clock and the serializer cannot).
    fn with<R>(&self, run: impl FnOnce(&mut State) -> R) -> R {
        let mut told = None;
        let returned = run(self.lock().get_or_insert_with(|| self.read_cookie(&mut told)));
        // Who listens is code of the user's too.
        if let Some(loaded) = told {
            self.0.policy.events.loaded(loaded);
        }
        returned
    }

    /// Reads the cookie. Apart from [`with`](Self::with), of which there is one for each method.
    #[inline(never)]
    fn read_cookie(&self, told: &mut Option<Loaded>) -> State {
        let shared = &*self.0;
        let now = shared.policy.clock.now();
        let (record, outcome, loaded) = shared.policy.choose(shared.carried.of(&shared.values), now);
        *told = Some(loaded);
        State::new(record, outcome, shared.carried.values > 0, &shared.policy.expiry, now)
    }

    /// Nothing can panic halfway through a change, so a poisoned lock holds a whole session.
    fn lock(&self) -> MutexGuard<'_, Option<State>> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn system(at: Timestamp) -> SystemTime {
    at.to_system().expect("a session's moments are within the calendar")
}

/// Shows whether the session was read, and nothing of what is in it.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Session");
        if let Some(state) = self.lock().as_ref() {
            shown.field("outcome", &state.outcome);
        }
        shown.finish_non_exhaustive()
    }
}
