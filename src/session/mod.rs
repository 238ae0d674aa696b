//! The session: a dict that several threads can share, and what saving it means.
//!
//! Verifies nothing until it is touched. Knows nothing about cookies and HTTP: it takes cookie values as bytes, and
//! returns a [`SaveAction`].

// First, so that rustdoc shows `get` and `insert` before all other methods.
mod items;

pub(crate) mod clock;
mod csrf;
pub(crate) mod csrf_origin;
mod csrf_token;
#[cfg(feature = "device-bound")]
pub(crate) mod device;
pub(crate) mod events;
pub(crate) mod expiry;
pub(crate) mod flash;
#[cfg(feature = "flask")]
mod flask_flashes;
pub(crate) mod policy;
pub(crate) mod random;
pub(crate) mod reserved_keys;
pub(crate) mod save_error;
pub(crate) mod state;
pub(crate) mod value;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use serde::de::DeserializeOwned;

#[cfg(feature = "flask")]
use crate::format::FlashStyle;
use crate::format::envelope::MAX_VALUE_LEN;
use crate::format::outcome::Outcome;
#[cfg(feature = "testing")]
use crate::format::record::Moment;
use crate::format::record::{LIFETIME, Record, Renewal};
use crate::format::signed::{PayloadBuf, Scratch};
use crate::format::timestamp::Timestamp;
use crate::format::{MaxAge, Verified};
use crate::json::dict::{Dict, Member, Raw};
use crate::session::csrf_token::Token;
#[cfg(feature = "device-bound")]
use crate::session::device::{DeviceSave, DeviceSession};
use crate::session::events::{Events, Loaded};
use crate::session::expiry::MAX_COOKIE_AGE;
use crate::session::policy::{Carried, MAX_OTHERS, MAX_VALUES, Policy, Role};
use crate::session::random::Random;
use crate::session::reserved_keys::{is_hidden, is_reserved};
use crate::session::state::{EndedSession, ResponseKind, State, Verdict};
use crate::session::value::ValueError;

/// One visitor's session: a dict from strings to any values that serde can serialize.
///
/// [`get`](Self::get) reads a value and [`insert`](Self::insert) stores one. Values are copied in and out: to change a
/// list, get it, change it and insert it again. A value that you do not touch is written back byte for byte.
///
/// A session is a cheap handle. Clones share one dict, every method takes `&self`, and each method is atomic. No method
/// returns a lock guard, and your `Serialize` and `Deserialize` run outside the lock, so nothing can deadlock or be held
/// across an `await`.
///
/// The cookie is verified when the session is first touched. As in Pyramid, every method except
/// [`outcome`](Self::outcome) counts as reading: the response gets `Vary: Cookie`, and a session that is due is reissued.
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

/// The cookies the request carried stand in the same allocation as the lock, so that a session that
/// is never touched costs one.
struct Shared<Values: ?Sized> {
    policy: Arc<Policy>,
    state: Mutex<Option<State>>,
    cookies: CookieOffsets,
    values: Values,
}

/// How many cookies of one request are kept.
const MAX_COOKIES: usize = MAX_VALUES + MAX_OTHERS;

/// How many bytes the values of one request's cookies may have together. The rest is kept as empty values.
const MAX_ALL_VALUES_LEN: usize = (MAX_VALUES + 4) * MAX_VALUE_LEN;

/// Where each of the values in [`Shared::values`] ends, where the next one begins, and what its cookie is to us.
#[derive(Clone, Copy, Default)]
struct CookieOffsets {
    ends: [u16; MAX_COOKIES],
    roles: [Role; MAX_COOKIES],
    len: u8,
}

impl CookieOffsets {
    fn iter<'v>(&self, values: &'v [u8]) -> impl Iterator<Item = (Role, &'v [u8])> + Clone {
        let (ends, roles, mut at, mut start) = (self.ends, self.roles, 0, 0);
        let len = usize::from(self.len);
        std::iter::from_fn(move || {
            let end = usize::from(*ends[..len].get(at)?);
            let cookie = (roles[at], &values[std::mem::replace(&mut start, end)..end]);
            at += 1;
            Some(cookie)
        })
    }
}

impl Session {
    /// A session of the cookies that a request carried.
    pub(crate) fn from_cookies<'v>(
        policy: &Arc<Policy>,
        cookies: impl Iterator<Item = (Role, &'v [u8])> + Clone,
    ) -> Self {
        let mut offsets = CookieOffsets::default();
        let mut len = 0;
        for (role, value) in cookies.clone().take(MAX_COOKIES) {
            len += kept(value, len);
            let at = usize::from(offsets.len);
            offsets.ends[at] = len as u16; // at most MAX_ALL_VALUES_LEN
            offsets.roles[at] = role;
            offsets.len += 1;
        }
        let values = cookies.map(|(_, value)| value);
        match len {
            0 => Self::share::<0>(policy, offsets, values),
            1..=256 => Self::share::<256>(policy, offsets, values),
            257..=512 => Self::share::<512>(policy, offsets, values),
            513..=1024 => Self::share::<1024>(policy, offsets, values),
            1025..=2048 => Self::share::<2048>(policy, offsets, values),
            2049..=MAX_VALUE_LEN => Self::share::<MAX_VALUE_LEN>(policy, offsets, values),
            _ => Self::share::<MAX_ALL_VALUES_LEN>(policy, offsets, values),
        }
    }

    fn share<'v, const ROOM: usize>(
        policy: &Arc<Policy>,
        cookies: CookieOffsets,
        values: impl Iterator<Item = &'v [u8]>,
    ) -> Self {
        let mut shared =
            Arc::new(Shared { policy: Arc::clone(policy), state: Mutex::new(None), cookies, values: [0; ROOM] });
        // Filled where it lies, which saves a copy.
        let room = &mut Arc::get_mut(&mut shared).expect("nobody else has it yet").values;
        let mut start = 0;
        for (end, value) in cookies.ends[..usize::from(cookies.len)].iter().zip(values) {
            let end = usize::from(*end);
            room[start..end].copy_from_slice(&value[..end - start]);
            start = end;
        }
        Self(shared)
    }

    /// A session that was read and verified before.
    #[inline(always)] // see `Record`
    pub(crate) fn from_record(policy: &Arc<Policy>, record: Record, verified: Verified, now: Timestamp) -> Self {
        let outcome = Outcome::from_secret_index(verified.secret_index);
        let carried = Carried { session: true, formers: 0 };
        let state = State::new(record, (outcome, verified.is_undated), carried, &policy.present.expiry, now);
        Self(Arc::new(Shared {
            policy: Arc::clone(policy),
            state: Mutex::new(Some(state)),
            cookies: CookieOffsets::default(),
            values: [],
        }))
    }
}

#[cfg(feature = "device-bound")]
impl Session {
    /// The session that a device's endpoint has found in a request.
    pub(crate) fn of_device(policy: &Arc<Policy>, found: DeviceSession, now: Timestamp) -> Self {
        let carried = Carried { session: true, formers: 0 };
        let state = State::new(found.record, (found.outcome, found.is_undated), carried, &policy.present.expiry, now);
        Self(Arc::new(Shared {
            policy: Arc::clone(policy),
            state: Mutex::new(Some(state)),
            cookies: CookieOffsets::default(),
            values: [],
        }))
    }
}

/// How much of a value is kept behind others of `len` bytes: all of it or nothing.
fn kept(value: &[u8], len: usize) -> usize {
    if value.len() <= MAX_VALUE_LEN && len + value.len() <= MAX_ALL_VALUES_LEN { value.len() } else { 0 }
}

/// When it began, and how it ends.
impl Session {
    /// Returns whether this session begins with this request: there was no cookie, or no valid one.
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

    /// Returns when the session began, to the microsecond. Writing the cookie does not change it.
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

    /// Returns when the cookie of this request was written, in whole seconds. The timeout counts from this time. For a
    /// new session, it is equal to [`created`](Self::created).
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

    /// Marks the session as changed, so that the cookie is written and the timeout starts again. You need not call it
    /// after a change of values.
    ///
    /// # Example
    /// ```
    /// # use http::{HeaderMap, Response};
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// let sessions = SignedCookieFactory::builder(Secret::generate()).reissue_time(None).build()?;
    /// # let first = sessions.load(&HeaderMap::new());
    /// # first.insert("user", "ada")?;
    /// # let session = sessions.decode(&sessions.encode(&first)?)?;
    /// session.changed(); // the user is active
    /// assert!(!sessions.set_cookies(&session)?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn changed(&self) {
        self.change(|_| ());
    }

    /// Ends the session and drops its data. Saving removes the cookie from the browser, if the request carried one.
    /// Values that you insert afterwards begin a new session.
    ///
    /// A page that was still loading may set the old cookie again. So saving also sets an
    /// [end mark](crate::Builder::end_mark), a second cookie that names the ended session, and a session with an end mark
    /// is rejected. The mark does not stop somebody who copied the cookie, because they send no mark: see
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
    /// let lines = sessions.set_cookies(&session)?;
    /// assert!(lines[0].starts_with("session=;") && lines[0].contains("Max-Age=0"));
    /// assert!(lines[1].starts_with("session.ended="));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn invalidate(&self) {
        let now = self.0.policy.clock.now();
        self.touch(|state| state.invalidate(now, &self.0.policy.present.expiry));
    }

    /// Sets [`created`](Self::created) to now, and replaces the CSRF token if there is one. Keeps all other data. Call it
    /// at login: a CSRF token that an attacker knew before the login is then useless. The absolute timeout counts from
    /// this call.
    ///
    /// Like [`invalidate`](Self::invalidate), it sets an end mark for the session of this request, so that a page that
    /// was still loading cannot undo the login.
    ///
    /// Without a [random source](crate::Builder::random), it removes the CSRF token instead.
    ///
    /// # Panics
    /// If the operating system cannot provide random bytes for the new token.
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
            state.regenerate(now, &self.0.policy.present.expiry);
            state.change(|dict| csrf_token::renew(dict, fresh.as_ref()));
        });
    }

    /// Sets a timeout for this session only, instead of [`timeout`](crate::Builder::timeout). The cookie gets the same
    /// `Max-Age`, so that it survives closing the browser: "remember me". `None` removes the lifetime.
    ///
    /// The lifetime is stored in whole seconds and clamped to between 1 second and 400 days, the maximum of browsers.
    /// [`absolute_timeout`](crate::Builder::absolute_timeout) still applies: a session is not remembered for longer.
    /// Pyramid does not know the lifetime and applies its own timeout.
    ///
    /// # Example
    /// ```
    /// # use std::time::Duration;
    /// # use http::HeaderMap;
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let sessions = SignedCookieFactory::new(Secret::generate());
    /// # let session = sessions.load(&HeaderMap::new());
    /// let month = Duration::from_secs(30 * 24 * 60 * 60);
    /// session.insert("user", "ada")?;
    /// session.set_lifetime(month);
    /// assert_eq!(session.lifetime(), Some(month));
    /// assert!(sessions.set_cookies(&session)?[0].contains("; Max-Age=2592000"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_lifetime(&self, lifetime: impl Into<Option<Duration>>) {
        let seconds = lifetime.into().map(|lifetime| lifetime.clamp(Duration::from_secs(1), MAX_COOKIE_AGE).as_secs());
        self.change_if(|dict| match seconds {
            // Its few bytes are never refused: without them the session would outlive what was asked for.
            Some(seconds) => dict.insert(LIFETIME, Member::new(LIFETIME, &seconds.to_string()), usize::MAX).is_ok(),
            None => dict.remove(LIFETIME),
        });
    }

    /// Returns the lifetime that [`set_lifetime`](Self::set_lifetime) set, or `None` if the factory's timeout applies.
    ///
    /// # Example
    /// ```
    /// # use http::HeaderMap;
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let session = SignedCookieFactory::new(Secret::generate()).load(&HeaderMap::new());
    /// assert_eq!(session.lifetime(), None);
    /// ```
    pub fn lifetime(&self) -> Option<Duration> {
        self.touch(|state| state.record.lifetime())
    }

    /// Returns what became of the cookie of this request, for logs and metrics.
    ///
    /// The response gets `Vary: Cookie`. Unlike every other method, this one does not count as reading and never causes
    /// a reissue.
    ///
    /// # Example
    /// ```
    /// # use http::HeaderMap;
    /// # use signed_cookie_session::{Outcome, Secret, SignedCookieFactory};
    /// # let session = SignedCookieFactory::new(Secret::generate()).load(&HeaderMap::new());
    /// assert_eq!(session.outcome(), Outcome::Absent);
    /// ```
    pub fn outcome(&self) -> Outcome {
        self.with(|state| {
            state.look();
            state.outcome
        })
    }
}

/// What saving a session now means for the response.
pub(crate) enum SaveAction<'s> {
    /// Nobody touched it: the response has nothing to do with it.
    Untouched,
    /// The response depends on it, and the cookie stays as it is.
    Unchanged,
    Remove {
        ended: Option<EndedSession>,
        /// The former cookies that go with it, a bit for each.
        formers: u32,
    },
    Write(Write<'s>),
}

/// What saving a session now means for the response, its device's cookies included.
pub(crate) struct Saving<'s> {
    pub(crate) action: SaveAction<'s>,
    #[cfg(feature = "device-bound")]
    pub(crate) device: DeviceSave,
}

impl<'s> From<SaveAction<'s>> for Saving<'s> {
    fn from(action: SaveAction<'s>) -> Self {
        Self {
            action,
            #[cfg(feature = "device-bound")]
            device: DeviceSave::default(),
        }
    }
}

/// A session to be written.
pub(crate) struct Write<'s> {
    pub(crate) payload: PayloadBuf<'s>,
    pub(crate) max_age: MaxAge,
    /// The session that it took the place of, where the request carried one.
    pub(crate) ended: Option<EndedSession>,
    /// Whether nothing is lost where it cannot be written: nobody changed it.
    pub(crate) is_optional: bool,
    /// The former cookies that the request carried, and those of them that must go, a bit for each.
    pub(crate) carried_formers: u32,
    pub(crate) ended_formers: u32,
}

/// What the crate's other modules need of it.
impl Session {
    /// What saving it now means, for a response of this kind. What is decided and what is written are one session: both
    /// happen under the lock.
    pub(crate) fn prepare_save<'s>(&self, response: ResponseKind, scratch: &'s mut Scratch) -> Saving<'s> {
        let policy = &self.0.policy;
        let state = self.lock();
        let Some(state) = state.as_ref() else { return SaveAction::Untouched.into() };
        let ended = state.ended().filter(|_| policy.end_mark);
        let verdict = state.verdict(response, || policy.clock.now());
        let action = match verdict {
            Verdict::Untouched => SaveAction::Untouched,
            Verdict::Unchanged => SaveAction::Unchanged,
            Verdict::Remove => SaveAction::Remove { ended, formers: state.ended_formers() },
            Verdict::Write { renewal, is_optional } => SaveAction::Write(Write {
                payload: policy.codec().payload(&state.record, renewal, scratch),
                max_age: policy.codec().max_age(&state.record),
                ended,
                is_optional,
                carried_formers: state.carried_formers(),
                ended_formers: state.ended_formers(),
            }),
        };
        Saving {
            action,
            #[cfg(feature = "device-bound")]
            device: state.device_save(verdict, response),
        }
    }

    /// How many handles to this session there are, this one among them.
    #[allow(dead_code, reason = "without a framework nobody asks")]
    pub(crate) fn handles(&self) -> usize {
        Arc::strong_count(&self.0)
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

    /// Its keys with the size of each in the JSON text, the largest first.
    pub(crate) fn sizes(&self) -> Vec<(String, usize)> {
        let mut sizes: Vec<(String, usize)> = self.with(|state| {
            let members = state.record.dict.distinct().into_iter().filter(|(key, _)| !is_hidden(key));
            members.map(|(key, json)| (key, json.len())).collect()
        });
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
        self.with(|state| state.visible_len())
    }

    /// The JSON text of a key's value.
    pub(crate) fn raw(&self, key: &str) -> Option<Raw> {
        self.touch(|state| state.record.dict.get_raw(key).filter(|_| !is_hidden(key)))
    }

    /// How long the session's JSON text may become, in bytes.
    pub(crate) fn max_text_len(&self) -> usize {
        self.0.policy.codec().max_text_len()
    }

    /// Whether a key belongs to flash messages or the CSRF token.
    pub(crate) fn is_reserved(&self, key: &str) -> bool {
        #[cfg(feature = "flask")]
        if key == flask_flashes::KEY && self.flash_style() == FlashStyle::Flask {
            return true;
        }
        is_reserved(key)
    }

    /// Whether a key is kept for what no method of the dict shows.
    pub(crate) fn is_taken(&self, key: &str) -> bool {
        is_hidden(key) || self.0.policy.codec().hides(key)
    }

    /// Where flash messages stand in the dict.
    #[cfg(feature = "flask")]
    pub(crate) fn flash_style(&self) -> FlashStyle {
        self.0.policy.codec().flash_style()
    }

    /// How many messages a flash queue may hold.
    pub(crate) fn flash_limit(&self) -> Option<usize> {
        self.0.policy.flash_limit
    }

    pub(crate) fn events(&self) -> &Events {
        &self.0.policy.events
    }

    /// Changes the dict, and marks it as changed if `change` succeeds.
    pub(crate) fn try_change<R, E>(&self, change: impl FnOnce(&mut Dict) -> Result<R, E>) -> Result<R, E> {
        self.touch(|state| state.try_change(change))
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
            let members = state.record.dict.distinct().into_iter().filter(|(key, _)| !is_hidden(key) && wanted(key));
            members.map(|(key, json)| (key, json.to_owned())).collect()
        })
    }

    /// Runs with the session read, and counts as reading it.
    pub(crate) fn touch<R>(&self, run: impl FnOnce(&mut State) -> R) -> R {
        self.with(|state| {
            state.touch();
            run(state)
        })
    }

    /// Runs with the session read, under the lock: no code of the user's may be called in it that could
    /// reach the session (the clock and the serializer cannot).
    fn with<R>(&self, run: impl FnOnce(&mut State) -> R) -> R {
        let mut state = self.lock();
        if state.is_none() {
            let loaded = self.read_cookie(&mut state);
            drop(state);
            // Subscribers are user code: call them without the lock.
            self.0.policy.events.loaded(loaded, || self.key_count());
            state = self.lock();
        }
        run(state.as_mut().expect("it was read above, and stays"))
    }

    /// Reads the cookie. Apart from [`with`](Self::with), of which there is one for each method.
    #[inline(never)]
    fn read_cookie(&self, state: &mut Option<State>) -> Loaded {
        let shared = &*self.0;
        let now = shared.policy.clock.now();
        let cookies = shared.cookies.iter(&shared.values);
        let carried = shared.policy.carried(cookies.clone());
        let chosen = shared.policy.choose(cookies, now);
        let found = (chosen.outcome, chosen.is_undated);
        let read = State::new(chosen.record, found, carried, &shared.policy.present.expiry, now);
        #[cfg(feature = "device-bound")]
        let read = read.with_device(chosen.device);
        *state = Some(read);
        chosen.loaded
    }

    /// Nothing can panic halfway through a change, so a poisoned lock holds a whole session.
    fn lock(&self) -> MutexGuard<'_, Option<State>> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn system(at: Timestamp) -> SystemTime {
    at.to_system().expect("a session's moments are within the calendar")
}

/// Shows whether the session was read, and none of its content.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Session");
        if let Some(state) = self.lock().as_ref() {
            shown.field("outcome", &state.outcome);
        }
        shown.finish_non_exhaustive()
    }
}
