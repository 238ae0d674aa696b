//! The session of the `tower-sessions` family over our cookie: axum-login, axum-messages and every other crate that asks
//! for a `tower_sessions_core::Session` run without a store.
//!
//! ```toml
//! signed-cookie-session = { version = "0.1", features = ["axum", "tower-sessions"] }
//! axum-login = "0.18"
//! axum-messages = "0.8"
//! ```
//!
//! [`CookieSessionLayer`] takes the place of `SessionManagerLayer` and its store. It puts a
//! `tower_sessions_core::Session` into the request's extensions, and our own [`Session`] as well:
//!
//! ```
//! use signed_cookie_session::tower_sessions::CookieSessionLayer;
//! use signed_cookie_session::{Secret, SignedCookieFactory};
//! # use axum::{Router, routing::get};
//! # use tower_sessions_core::Session;
//!
//! async fn count(session: axum::Extension<Session>) -> String { // with its feature axum-core: session: Session
//!     let visits: u64 = session.get("visits").await.unwrap().unwrap_or(0);
//!     session.insert("visits", visits + 1).await.unwrap();
//!     format!("You were here {visits} times before.")
//! }
//!
//! let sessions = SignedCookieFactory::new(Secret::generate());
//! let app: Router = Router::new().route("/", get(count)).layer(CookieSessionLayer::new(sessions));
//! ```
//!
//! # Which versions fit
//! Rust takes two versions of `tower-sessions-core` for two crates, so all of the family must be of one. This module is
//! for **0.14**:
//!
//! | crate | version |
//! |---|---|
//! | `tower-sessions-core`, `tower-sessions` | 0.14 |
//! | `axum-login` | 0.18 |
//! | `axum-messages` | 0.8 |
//! | `axum` | 0.8 |
//!
//! (`tower-sessions` 0.15 is out, and neither axum-login nor axum-messages uses it.)
//!
//! # axum-login
//! Its `AuthManagerLayerBuilder` takes a `SessionManagerLayer` and no other. Make the layer of its `AuthManager`
//! instead; `"axum-login.data"` is the key that the builder takes by default:
//! ```text
//! use axum_login::AuthManager;
//! use tower::layer::layer_fn; // tower 0.5
//!
//! let auth = layer_fn(move |inner| AuthManager::new(inner, backend.clone(), "axum-login.data"));
//! let app = Router::new()
//!     .route("/protected", get(protected))
//!     .route_layer(login_required!(Backend, login_url = "/login"))
//!     .route("/login", post(login))
//!     .layer(auth)
//!     .layer(CookieSessionLayer::new(sessions)); // around it
//! ```
//! axum-login keeps `session_auth_hash` in the session, which is the user's password hash in its examples. **A signed
//! cookie can be read by whoever holds it**: encrypt it (`.format(Format::Encrypted)`, feature `encrypted`), or return something else from `session_auth_hash`, such
//! as a number that changes with the password. The layer warns at start of a cookie that is not encrypted
//! ([`allow_readable`](CookieSessionLayer::allow_readable) turns that off).
//!
//! # What each method does
//! | `tower_sessions_core::Session` | the cookie |
//! |---|---|
//! | `insert`, `remove`, `clear` | saved with the response, only what changed; other keys stay byte for byte |
//! | `cycle_id` | [`Session::regenerate`]: same data, a new beginning, an end mark for the old cookie |
//! | `flush` | [`Session::invalidate`]: the cookie is removed |
//! | `set_expiry(OnInactivity)` | [`Session::set_lifetime`] |
//! | `set_expiry(AtDateTime)` | kept in the session under `_expires_`; it is empty from then on |
//! | `set_expiry(OnSessionEnd)` or `None` | takes either away; the factory's own timeouts hold in any case |
//! | `id` | a random one, kept in the session under `_id_`; it changes with `cycle_id` |
//! | `save` | what was changed is in our [`Session`] from then on; the layer does it by itself |
//!
//! How long a session lives, how large it may be and how secrets are rotated is set on the
//! [`SignedCookieFactory`]. A session that does not fit becomes a 500, and what happens with redirects, panics, streams
//! and upgrades is the same as in [`tower`](crate::tower). What `flush` ends is the whole session: messages that were
//! put in with our own [`Session::flash`] before it go as well.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use http::{Request, Response};
use serde_json::Value;
use time::OffsetDateTime;
use tower_layer::Layer;
use tower_service::Service;
use tower_sessions_core::SessionStore;
use tower_sessions_core::session::{Expiry, Id, Record, Session as CoreSession};
use tower_sessions_core::session_store::{Error as StoreError, Result as StoreResult};

use crate::factory::SignedCookieFactory;
use crate::frameworks::claimed_name::ClaimedName;
use crate::frameworks::failure::{self, Failure};
use crate::frameworks::layer::RequestSession;
use crate::frameworks::tower::{SessionBody, failed};
use crate::session::Session;
use crate::session::reserved_keys::is_reserved;
use crate::session::value::ValueError;

/// What the layer warns of.
const READABLE: &str = "the session's cookie is signed and not encrypted, and axum-login keeps session_auth_hash in it, \
     which the visitor can read: set format(Format::Encrypted) (feature `encrypted`), or allow_readable(true) on \
     CookieSessionLayer if nothing in it is to be hidden";

/// Where the session's id stands.
const ID: &str = "_id_";
/// Where the time stands from which on the session is empty, in unix seconds.
const EXPIRES: &str = "_expires_";

/// Puts a `tower_sessions_core::Session` over our cookie into the request's extensions, and saves it into the response.
///
/// It takes the place of `tower_sessions::SessionManagerLayer` and its store; the [module](self) says what fits and
/// what each method does.
///
/// # Example
/// ```
/// use signed_cookie_session::tower_sessions::CookieSessionLayer;
/// use signed_cookie_session::{Secret, SignedCookieFactory};
///
/// let layer = CookieSessionLayer::new(SignedCookieFactory::new(Secret::generate()));
/// ```
#[derive(Clone)]
pub struct CookieSessionLayer {
    sessions: SignedCookieFactory,
    report_errors: bool,
    allow_readable: bool,
}

impl CookieSessionLayer {
    /// Creates a layer for the sessions of this factory.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # use signed_cookie_session::tower_sessions::CookieSessionLayer;
    /// let layer = CookieSessionLayer::new(SignedCookieFactory::new(Secret::generate()));
    /// ```
    pub fn new(sessions: SignedCookieFactory) -> Self {
        Self { sessions, report_errors: true, allow_readable: false }
    }

    /// Sets whether the layer writes a line to standard error when a session cannot be saved: see
    /// [`SessionLayer::report_errors`](crate::tower::SessionLayer::report_errors). Default: `true`.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # use signed_cookie_session::tower_sessions::CookieSessionLayer;
    /// let layer = CookieSessionLayer::new(SignedCookieFactory::new(Secret::generate())).report_errors(false);
    /// ```
    #[must_use]
    pub fn report_errors(mut self, report_errors: bool) -> Self {
        self.report_errors = report_errors;
        self
    }
}

impl CookieSessionLayer {
    /// Sets whether a cookie that its visitor can read is what you want. Default: `false`, and the layer warns at start
    /// (on standard error, once, or as an event with the feature `tracing`), because axum-login keeps
    /// `session_auth_hash` in the session. It does not warn of a cookie that is encrypted (the feature `encrypted`).
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # use signed_cookie_session::tower_sessions::CookieSessionLayer;
    /// let sessions = SignedCookieFactory::new(Secret::generate());
    /// let layer = CookieSessionLayer::new(sessions).allow_readable(true); // messages only: nothing to hide
    /// ```
    #[must_use]
    pub fn allow_readable(mut self, allow_readable: bool) -> Self {
        self.allow_readable = allow_readable;
        self
    }
}

impl<S> Layer<S> for CookieSessionLayer {
    type Service = CookieSessionService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        if self.sessions.is_readable() && !self.allow_readable {
            failure::warn_at_start(READABLE);
        }
        CookieSessionService { inner, layer: self.clone() }
    }
}

/// A service within a [`CookieSessionLayer`].
#[derive(Clone)]
pub struct CookieSessionService<S> {
    inner: S,
    layer: CookieSessionLayer,
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for CookieSessionService<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    S::Future: Send + 'static,
    ReqBody: Send + 'static,
    ResBody: Send + 'static,
{
    type Response = Response<SessionBody<ResBody>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        let CookieSessionLayer { sessions, report_errors, .. } = self.layer.clone();
        let outer = request.extensions_mut().remove::<ClaimedName>();
        let claim = match ClaimedName::within(outer, &sessions) {
            Ok(claim) => claim,
            Err(error) => {
                error.report(sessions.cookie_name(), report_errors);
                return Box::pin(async move { Ok(failed(error)) });
            }
        };
        let session = sessions.load(request.headers());
        let adapter = Adapter::new(session.clone());
        let extensions = request.extensions_mut();
        extensions.insert(claim);
        extensions.insert(session.clone());
        extensions.insert(adapter.core.clone());
        let response = self.inner.call(request);
        Box::pin(async move {
            let mut response = response.await?;
            let error = adapter.finish().await.err();
            // One handle is the layer's. A body that still holds the family's session has another.
            let session = RequestSession::new(&sessions, session, 1, report_errors);
            session.report_once(response.extensions_mut());
            if let Some(error) = error {
                error.report(sessions.cookie_name(), report_errors);
                return Ok(failed(error));
            }
            let status = response.status().as_u16();
            Ok(match session.save(status, response.headers_mut()) {
                Ok(()) => response.map(SessionBody::from),
                Err(error) => failed(error),
            })
        })
    }
}

/// Both sessions of one request.
struct Adapter {
    core: CoreSession,
    store: Arc<RequestStore>,
    /// Whether the request carried a session that can be used.
    was_there: bool,
}

impl Adapter {
    fn new(session: Session) -> Self {
        // Looked at without reading the session: a page that does not use it has nothing to do with it.
        let (id, expires, is_empty) = session.record(|record| {
            let member = |key| record.dict.get(key).and_then(|json| serde_json::from_str(json).ok());
            let id = member(ID).and_then(|id: String| id.parse().ok());
            (id, record.dict.get(EXPIRES).and_then(read_time), record.dict.all_keys(is_reserved))
        });
        let is_over = expires.is_some_and(|expires| expires <= OffsetDateTime::now_utc());
        let was_there = !is_empty;
        let id = was_there.then(|| id.unwrap_or_default());
        let lifetime = if was_there { session.record(|record| record.lifetime()) } else { None };
        let inactivity = lifetime.and_then(|lifetime| lifetime.try_into().ok()).map(Expiry::OnInactivity);
        let expiry = if is_over { None } else { expires.map(Expiry::AtDateTime).or(inactivity) };
        let store =
            Arc::new(RequestStore { session, id, is_over, loaded: Mutex::default(), deleted: Mutex::default() });
        Self { core: CoreSession::new(id, Arc::clone(&store), expiry), store, was_there }
    }

    /// Puts what was changed into our session.
    async fn finish(self) -> Result<(), ValueError> {
        let Self { core, store, was_there } = self;
        let is_empty = core.is_empty().await;
        if is_empty {
            // It was flushed, or is past the time that was set for it.
            if was_there {
                store.session.invalidate();
            }
            return Ok(());
        }
        if !core.is_modified() {
            return Ok(());
        }
        // The store answers at once, and with no error but this one.
        if core.save().await.is_err() {
            return store.write_failure();
        }
        store.set_expiry(core.expiry(), core.expiry_date())
    }
}

/// A store that holds one session: the request's.
struct RequestStore {
    session: Session,
    id: Option<Id>,
    is_over: bool,
    /// The values as they were read, so that only those that were changed are written.
    loaded: Mutex<HashMap<String, Value>>,
    deleted: Mutex<Deleted>,
}

#[derive(Default)]
struct Deleted {
    id: Option<Id>,
    failure: Option<ValueError>,
}

impl RequestStore {
    fn read(&self) -> HashMap<String, Value> {
        let members = self.session.members(|key| !is_reserved(key) && key != ID && key != EXPIRES);
        // One odd value (Python's NaN) harms no other, and stays as it is.
        let values = members.into_iter().filter_map(|(key, json)| Some((key, serde_json::from_str(&json).ok()?)));
        values.collect()
    }

    fn write(&self, record: &Record) -> Result<(), ValueError> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, value) in &record.data {
            if loaded.get(key) != Some(value) {
                self.session.insert(key, value)?;
            }
        }
        for key in loaded.keys().filter(|key| !record.data.contains_key(*key)) {
            self.session.remove(key);
        }
        self.session.insert(ID, record.id.to_string())?;
        *loaded = record.data.clone();
        Ok(())
    }

    fn set_expiry(&self, expiry: Option<Expiry>, date: OffsetDateTime) -> Result<(), ValueError> {
        match expiry {
            Some(Expiry::AtDateTime(_)) => {
                self.session.set_lifetime(None);
                self.session.insert(EXPIRES, date.unix_timestamp())?;
            }
            Some(Expiry::OnInactivity(lifetime)) => {
                self.session.remove(EXPIRES);
                self.session.set_lifetime(Duration::try_from(lifetime).unwrap_or_default());
            }
            Some(Expiry::OnSessionEnd) | None => {
                self.session.remove(EXPIRES);
                self.session.set_lifetime(None);
            }
        }
        Ok(())
    }

    /// Keeps the error, which the family's own would turn into text.
    fn told(&self, written: Result<(), ValueError>) -> StoreResult<()> {
        written.map_err(|error| {
            let sentence = error.sentence();
            self.deleted().failure = Some(error);
            StoreError::Encode(sentence)
        })
    }

    fn write_failure(&self) -> Result<(), ValueError> {
        self.deleted().failure.take().map_or(Ok(()), Err)
    }

    fn deleted(&self) -> std::sync::MutexGuard<'_, Deleted> {
        self.deleted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl SessionStore for RequestStore {
    async fn create(&self, record: &mut Record) -> StoreResult<()> {
        match self.deleted().id.take() {
            // Flushed, and then filled again: nothing of before is left.
            Some(id) if id == record.id => {
                self.session.invalidate();
                self.loaded.lock().unwrap_or_else(PoisonError::into_inner).clear();
                record.id = Id::default();
            }
            Some(_) => self.session.regenerate(),
            None => {}
        }
        self.told(self.write(record))
    }

    async fn save(&self, record: &Record) -> StoreResult<()> {
        self.told(self.write(record))
    }

    async fn load(&self, id: &Id) -> StoreResult<Option<Record>> {
        if self.id.as_ref() != Some(id) || self.is_over {
            return Ok(None);
        }
        let data = self.read();
        *self.loaded.lock().unwrap_or_else(PoisonError::into_inner) = data.clone();
        Ok(Some(Record { id: *id, data, expiry_date: OffsetDateTime::now_utc() }))
    }

    async fn delete(&self, id: &Id) -> StoreResult<()> {
        self.deleted().id = Some(*id);
        Ok(())
    }
}

fn read_time(json: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(serde_json::from_str(json).ok()?).ok()
}

impl fmt::Debug for CookieSessionLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CookieSessionLayer").field("sessions", &self.sessions).finish_non_exhaustive()
    }
}

impl<S: fmt::Debug> fmt::Debug for CookieSessionService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CookieSessionService").field("inner", &self.inner).field("layer", &self.layer).finish()
    }
}

/// Shows nothing of what is in the session.
impl fmt::Debug for RequestStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestStore").field("session", &self.session).finish_non_exhaustive()
    }
}
