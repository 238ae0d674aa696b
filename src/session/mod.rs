//! The session: a dict that several threads can share. It decides what to save.
//!
//! It verifies nothing until it is touched. It must not depend on cookies and HTTP: it takes cookie values as bytes,
//! and returns a [`SaveAction`].

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
use crate::format::record::{LIFETIME, MAX_COOKIE_AGE, Record, Renewal};
use crate::format::signed::{PayloadBuf, Scratch};
use crate::format::timestamp::Timestamp;
use crate::format::{MaxAge, Verified};
use crate::json::dict::{Dict, Member, Raw};
use crate::session::csrf_token::Token;
#[cfg(feature = "device-bound")]
use crate::session::device::{DeviceSave, DeviceSession};
use crate::session::events::{Events, Loaded};
use crate::session::policy::{Carried, MAX_OTHERS, MAX_VALUES, Policy, Role};
use crate::session::random::Random;
use crate::session::reserved_keys::{is_hidden, is_reserved};
use crate::session::state::{Origin, ResponseKind, State, Verdict};
use crate::session::value::ValueError;

/// One visitor's session: a dict from strings to any values that serde can serialize.
///
/// [`get`](Self::get) reads a value and [`insert`](Self::insert) stores one. Values are copied in and out: to change a
/// list, get it, change it and insert it again. A value that you do not touch is written back byte for byte.
///
/// A session is a cheap handle. Clones share one dict, every method takes `&self`, and each method is atomic. No method
/// returns a lock guard, and your `Serialize` and `Deserialize` run outside the lock, so nothing can deadlock or be
/// held across an `await`.
///
/// The cookie is verified when the session is first touched. As in Pyramid, every method except
/// [`outcome`](Self::outcome) counts as reading: the response gets `Vary: Cookie`, and a session that is due is
/// reissued.
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

/// The lock and the cookies of the request. They are in one allocation, so that a session that is never touched costs
/// only one. In safe Rust, only an array can be part of it, so there are arrays of several sizes. This saves an
/// allocation and not time: with a `Box` for the values, a session that is never touched would take 10 % less time at
/// 300 bytes, and 25 % less at 2.9 KB.
struct Shared<Values: ?Sized> {
    policy: Arc<Policy>,
    state: Mutex<Option<State>>,
    /// `None` for a session that was not created from cookies, because it was already read.
    cookies: Option<CookieOffsets>,
    values: Values,
}

/// How many cookies of one request are kept.
const MAX_COOKIES: usize = MAX_VALUES + MAX_OTHERS;

/// How many bytes the values of one request's cookies may have together. A value that exceeds this is kept as an empty
/// one.
const MAX_ALL_VALUES_LEN: usize = (MAX_VALUES + 4) * MAX_VALUE_LEN;

/// The position where each value in [`Shared::values`] ends, and the role of its cookie.
#[derive(Clone, Copy)]
struct CookieOffsets {
    ends: [u16; MAX_COOKIES],
    roles: [Role; MAX_COOKIES],
    len: u8,
}

impl Shared<[u8]> {
    fn cookies(&self) -> impl Iterator<Item = (Role, &[u8])> + Clone {
        self.cookies.as_ref().unwrap_or(&CookieOffsets::NONE).iter(&self.values)
    }
}

impl CookieOffsets {
    const NONE: Self = Self { ends: [0; MAX_COOKIES], roles: [Role::Session; MAX_COOKIES], len: 0 };

    fn iter<'v>(&'v self, values: &'v [u8]) -> impl Iterator<Item = (Role, &'v [u8])> + Clone {
        let (mut at, mut start) = (0, 0);
        let len = usize::from(self.len);
        std::iter::from_fn(move || {
            let end = usize::from(*self.ends[..len].get(at)?);
            let cookie = (self.roles[at], &values[std::mem::replace(&mut start, end)..end]);
            at += 1;
            Some(cookie)
        })
    }
}

impl Session {
    /// Creates the session of a request from its cookies.
    pub(crate) fn from_cookies<'v>(
        policy: &Arc<Policy>,
        cookies: impl Iterator<Item = (Role, &'v [u8])> + Clone,
    ) -> Self {
        let mut offsets = CookieOffsets::NONE;
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
        let mut shared = Arc::new(Shared {
            policy: Arc::clone(policy),
            state: Mutex::new(None),
            cookies: Some(cookies),
            values: [0; ROOM],
        });
        // The values are written into the allocation, which saves a copy.
        let room = &mut Arc::get_mut(&mut shared).expect("nobody else has it yet").values;
        let mut start = 0;
        for (end, value) in cookies.ends[..usize::from(cookies.len)].iter().zip(values) {
            let end = usize::from(*end);
            room[start..end].copy_from_slice(&value[..end - start]);
            start = end;
        }
        Self(shared)
    }

    /// Creates a session that was already read and verified.
    #[inline(always)] // see `Record`
    pub(crate) fn from_record(policy: &Arc<Policy>, record: Record, verified: Verified, now: Timestamp) -> Self {
        let outcome = Outcome::from_secret_index(verified.secret_index);
        let origin = Origin { outcome, dates: verified.dates, former_life: Duration::ZERO, ended_formers: 0 };
        let carried = Carried { session: true, formers: 0 };
        let state = State::new(record, origin, carried, &policy.present.expiry, now);
        Self(Arc::new(Shared { policy: Arc::clone(policy), state: Mutex::new(Some(state)), cookies: None, values: [] }))
    }
}

#[cfg(feature = "device-bound")]
impl Session {
    /// Creates the session that a device's endpoint found in a request.
    pub(crate) fn of_device(policy: &Arc<Policy>, found: DeviceSession, now: Timestamp) -> Self {
        let carried = Carried { session: true, formers: 0 };
        let state = State::new(found.record, found.origin, carried, &policy.present.expiry, now);
        Self(Arc::new(Shared { policy: Arc::clone(policy), state: Mutex::new(Some(state)), cookies: None, values: [] }))
    }
}

/// Returns how many bytes of a value are kept after others of `len` bytes: all of them, or none.
fn kept(value: &[u8], len: usize) -> usize {
    if value.len() <= MAX_VALUE_LEN && len + value.len() <= MAX_ALL_VALUES_LEN { value.len() } else { 0 }
}

/// The life of a session.
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
    /// A page that was still loading may set the old cookie again. So saving also sets an [end
    /// mark](crate::Builder::end_mark), a second cookie that names the ended session, and a session with an end mark is
    /// rejected. The mark does not stop somebody who copied the cookie, because they send no mark: see
    /// [`valid_since`](crate::Builder::valid_since).
    ///
    /// If saving fails, because the values that you insert afterwards do not fit, the logout is lost too.
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

    /// Sets [`created`](Self::created) to now, and replaces the CSRF token if there is one. Keeps all other data. Call
    /// it at login: a CSRF token that an attacker knew before the login is then useless. The absolute timeout counts
    /// from this call.
    ///
    /// Like [`invalidate`](Self::invalidate), it sets an end mark for the session of this request, so that a page that
    /// was still loading cannot undo the login. A session that is bound to a device stays bound.
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
        // The token is drawn outside the lock, because the random source may be user code.
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
            // There is no size limit here, because without the lifetime the session would be valid for too long.
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

/// What saving a session does to the response.
pub(crate) enum SaveAction<'s> {
    /// Nobody touched the session, so the response does not depend on it.
    Untouched,
    /// The response depends on the session, and the cookie stays as it is.
    Unchanged,
    Remove {
        ended: Option<EndMark>,
        /// The former cookies that go with it, a bit for each.
        formers: u32,
    },
    Write(Write<'s>),
}

/// What saving a session does to the response, including the device's cookies.
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

/// The end mark to send.
pub(crate) struct EndMark {
    /// The `created` of the sessions that ended.
    pub(crate) sessions: Vec<Timestamp>,
    /// How long a copy of their cookies could be valid.
    pub(crate) life: Duration,
}

/// A session to write.
pub(crate) struct Write<'s> {
    pub(crate) payload: PayloadBuf<'s>,
    pub(crate) max_age: MaxAge,
    /// The mark of the session that this one replaced, if the request carried one.
    pub(crate) ended: Option<EndMark>,
    /// Whether no data is lost if the session cannot be written, because nobody changed it.
    pub(crate) is_optional: bool,
    /// The former cookies that the request carried, and those that must be removed, with one bit for each.
    pub(crate) carried_formers: u32,
    pub(crate) ended_formers: u32,
}

/// Methods for the other modules of this crate.
impl Session {
    /// Returns what saving the session does to a response of this kind. The decision and the text are made while the
    /// lock is held, so that both belong to the same state of the session.
    pub(crate) fn prepare_save<'s>(&self, response: ResponseKind, scratch: &'s mut Scratch) -> Saving<'s> {
        let policy = &self.0.policy;
        let state = self.lock();
        let Some(state) = state.as_ref() else { return SaveAction::Untouched.into() };
        let ended = state.ended().filter(|_| policy.end_mark).map(|ended| {
            let now = policy.clock.now();
            let sessions = policy.sessions_to_mark(ended.created, state.record.created.at, self.0.cookies(), now);
            // A mark does not contain how long its sessions live, so take the usual time for the earlier ones.
            let earlier_life =
                if sessions.len() > 1 { policy.present.expiry.longest_life(None) } else { Duration::ZERO };
            EndMark { sessions, life: ended.life.max(earlier_life) }
        });
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

    /// Returns how many handles to this session exist, including this one.
    #[allow(dead_code, reason = "used by the framework features only")]
    pub(crate) fn handles(&self) -> usize {
        Arc::strong_count(&self.0)
    }

    /// Calls `run` with the present content of the session while the lock is held: see [`with`](Self::with).
    pub(crate) fn record<R>(&self, run: impl FnOnce(&Record) -> R) -> R {
        self.with(|state| run(&state.record))
    }

    /// Returns the renewal that a write at this time would make.
    pub(crate) fn renewal(&self) -> Renewal {
        Renewal::Now(self.0.policy.clock.now())
    }

    /// Returns the source of random bytes.
    pub(crate) fn random(&self) -> &Random {
        &self.0.policy.random
    }

    /// Returns the keys with the size of each in the JSON text, the largest first.
    pub(crate) fn sizes(&self) -> Vec<(String, usize)> {
        let mut sizes: Vec<(String, usize)> = self.with(|state| {
            let members = state.record.dict.distinct().into_iter().filter(|(key, _)| !is_hidden(key));
            members.map(|(key, json)| (key, json.len())).collect()
        });
        sizes.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
        sizes
    }

    /// Sets the time of creation.
    #[cfg(feature = "testing")]
    pub(crate) fn begin(&self, created: Timestamp) {
        self.with(|state| state.record.created = Moment::now(created));
    }

    /// Returns the number of keys. This does not count as reading the session.
    pub(crate) fn key_count(&self) -> usize {
        self.with(|state| state.visible_len())
    }

    /// Returns the JSON text of a key's value.
    pub(crate) fn raw(&self, key: &str) -> Option<Raw> {
        self.touch(|state| state.record.dict.get_raw(key).filter(|_| !is_hidden(key)))
    }

    /// Returns the maximum length of the session's JSON text, in bytes.
    pub(crate) fn max_text_len(&self) -> usize {
        self.0.policy.codec().max_text_len()
    }

    /// Returns whether a key belongs to flash messages or the CSRF token.
    pub(crate) fn is_reserved(&self, key: &str) -> bool {
        #[cfg(feature = "flask")]
        if key == flask_flashes::KEY && self.flash_style() == FlashStyle::Flask {
            return true;
        }
        is_reserved(key)
    }

    /// Returns whether the methods of the dict hide a key.
    pub(crate) fn is_taken(&self, key: &str) -> bool {
        is_hidden(key) || self.0.policy.codec().hides(key)
    }

    /// Returns how flash messages are stored in the dict.
    #[cfg(feature = "flask")]
    pub(crate) fn flash_style(&self) -> FlashStyle {
        self.0.policy.codec().flash_style()
    }

    /// Returns how many messages a flash queue may hold.
    pub(crate) fn flash_limit(&self) -> Option<usize> {
        self.0.policy.flash_limit
    }

    pub(crate) fn events(&self) -> &Events {
        &self.0.policy.events
    }

    /// Changes the dict, and marks the session as changed if `change` succeeds.
    pub(crate) fn try_change<R, E>(&self, change: impl FnOnce(&mut Dict) -> Result<R, E>) -> Result<R, E> {
        self.touch(|state| state.try_change(change))
    }

    /// Returns a value, and removes it if `wanted` returns `true`.
    pub(crate) fn take_if<T: DeserializeOwned>(
        &self,
        key: &str,
        wanted: impl Fn(&T) -> bool,
    ) -> Result<Option<T>, ValueError> {
        loop {
            let Some(raw) = self.raw(key) else { return Ok(None) };
            let value = value::read(key, raw.bytes())?;
            if !wanted(&value) {
                return Ok(Some(value));
            }
            // The value was read outside the lock. If it has changed since, read it again.
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

    /// Changes the dict, and marks the session as changed.
    pub(crate) fn change<R>(&self, change: impl FnOnce(&mut Dict) -> R) -> R {
        self.touch(|state| state.change(change))
    }

    /// Changes the dict, and marks the session as changed if `change` returns `true`.
    pub(crate) fn change_if(&self, change: impl FnOnce(&mut Dict) -> bool) -> bool {
        self.touch(|state| state.change_if(change))
    }

    /// Returns copies of the members whose key is wanted, each key once.
    pub(crate) fn members(&self, wanted: impl Fn(&str) -> bool) -> Vec<(String, String)> {
        self.touch(|state| {
            let members = state.record.dict.distinct().into_iter().filter(|(key, _)| !is_hidden(key) && wanted(key));
            members.map(|(key, json)| (key, json.to_owned())).collect()
        })
    }

    /// Calls `run` with the session, and counts as reading it.
    pub(crate) fn touch<R>(&self, run: impl FnOnce(&mut State) -> R) -> R {
        self.with(|state| {
            state.touch();
            run(state)
        })
    }

    /// Reads the cookie if needed, and calls `run` while the lock is held. `run` must not call user code that could use
    /// the session (the clock and the serializer cannot).
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

    /// Reads the cookie. This is not part of [`with`](Self::with), which is compiled once for each method.
    #[inline(never)]
    fn read_cookie(&self, state: &mut Option<State>) -> Loaded {
        let shared = &*self.0;
        let now = shared.policy.clock.now();
        let cookies = shared.cookies();
        let carried = shared.policy.carried(cookies.clone());
        let chosen = shared.policy.choose(cookies, now);
        let read = State::new(chosen.record, chosen.origin, carried, &shared.policy.present.expiry, now);
        #[cfg(feature = "device-bound")]
        let read = read.with_device(chosen.device);
        *state = Some(read);
        chosen.loaded
    }

    /// Locks the session. No change can panic before it is complete, so the content of a poisoned lock is valid.
    fn lock(&self) -> MutexGuard<'_, Option<State>> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn system(at: Timestamp) -> SystemTime {
    at.to_system().expect("a session's moments are within the calendar")
}

/// Shows whether the session was read, but not its content.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Session");
        if let Some(state) = self.lock().as_ref() {
            shown.field("outcome", &state.outcome);
        }
        shown.finish_non_exhaustive()
    }
}
