//! The session of the `tower-sessions` family, kept in our cookie. axum-login, axum-messages and every other crate that
//! uses a `tower_sessions_core::Session` run without a store.
//!
//! ```toml
//! signed-cookie-session = { version = "0.1", features = ["axum", "tower-sessions"] }
//! axum-login = "0.18"
//! axum-messages = "0.8"
//! ```
//!
//! [`CookieSessionLayer`] replaces `SessionManagerLayer` and its store. It puts a `tower_sessions_core::Session` into
//! the request's extensions, and our own [`Session`] too:
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
//! # Versions
//! All crates of the family must use the same version of `tower-sessions-core`, because Rust treats two versions as
//! different crates. This module works with **0.14**:
//!
//! | crate | version |
//! |---|---|
//! | `tower-sessions-core`, `tower-sessions` | 0.14 |
//! | `axum-login` | 0.18 |
//! | `axum-messages` | 0.8 |
//! | `axum` | 0.8 |
//!
//! (There is a `tower-sessions` 0.15, but neither axum-login nor axum-messages uses it.)
//!
//! # axum-login
//! Its `AuthManagerLayerBuilder` only accepts a `SessionManagerLayer`. Make a layer from its `AuthManager` instead.
//! `"axum-login.data"` is the key that the builder uses by default:
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
//! axum-login keeps `session_auth_hash` in the session. In its examples this is the user's password hash. **The visitor
//! can read a signed cookie.** Encrypt it (`.format(Format::Encrypted)`, feature `encrypted`), or return something else
//! from `session_auth_hash`, such as a number that changes with the password. If the cookie is not encrypted, the layer
//! warns when the program starts ([`allow_readable`](CookieSessionLayer::allow_readable) turns the warning off).
//!
//! # The effect of each method
//! | `tower_sessions_core::Session` | the cookie |
//! |---|---|
//! | `insert`, `remove`, `clear` | the changed keys are saved with the response; other keys keep the same bytes |
//! | `cycle_id` | calls [`Session::regenerate`]: same data, a new time of creation, an end mark for the old cookie |
//! | `flush` | calls [`Session::invalidate`]: the cookie is removed |
//! | `set_expiry(OnInactivity)` | calls [`Session::set_lifetime`] |
//! | `set_expiry(AtDateTime)` | stores the time under `_expires_`; after that time the session is empty |
//! | `set_expiry(OnSessionEnd)` or `None` | removes both; the factory's own timeouts apply in any case |
//! | `id` | a random id, kept in the session under `_id_`; `cycle_id` changes it |
//! | `save` | copies the changes into our [`Session`]; the layer also does this by itself |
//!
//! The [`SignedCookieFactory`] sets the timeouts, the size limit and the secrets. If the session does not fit, the
//! response has status 500. Redirects, panics, streams and upgrades work as in [`tower`](crate::tower#special-cases).
//! `flush` ends the whole session, including messages that were added with our own [`Session::flash`].

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

/// The warning about a cookie that the visitor can read.
const READABLE: &str = "the session's cookie is signed and not encrypted, and axum-login keeps session_auth_hash in it, \
     which the visitor can read: set format(Format::Encrypted) (feature `encrypted`), or allow_readable(true) on \
     CookieSessionLayer if nothing in it is to be hidden";

/// The key of the session's id.
const ID: &str = "_id_";
/// The key of the time after which the session is empty, in unix seconds.
const EXPIRES: &str = "_expires_";

/// Puts a `tower_sessions_core::Session`, kept in our cookie, into the request's extensions, and saves it into the
/// response.
///
/// It replaces `tower_sessions::SessionManagerLayer` and its store. The [module](self) lists the versions and the
/// effect of each method.
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

    /// Sets whether the layer reports errors on standard error, as
    /// [`SessionLayer::report_errors`](crate::tower::SessionLayer::report_errors) does. Default: `true`.
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
    /// Sets whether the visitor may read the cookie. Default: `false`.
    ///
    /// If it is `false` and the cookie is not encrypted, the layer warns once when the program starts, because
    /// axum-login keeps `session_auth_hash` in the session. The warning is a line on standard error, or an event with
    /// the feature `tracing`.
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

/// A service inside a [`CookieSessionLayer`].
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
        #[cfg(feature = "device-bound")]
        {
            let (method, path) = (request.method().as_str(), request.uri().path());
            if let Some(answer) = sessions.device_answer(method, path, request.headers()) {
                let response = answer.into_response().map(SessionBody::sentence);
                return Box::pin(async move { Ok(response) });
            }
        }
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
            // One handle is the layer's. If the body still holds the family's session, there is another one.
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

/// The family's session and ours, for one request.
struct Adapter {
    core: CoreSession,
    store: Arc<RequestStore>,
    /// Whether the request carried a valid session.
    was_there: bool,
}

impl Adapter {
    fn new(session: Session) -> Self {
        // This must not count as reading the session, because the page may not use it.
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

    /// Copies the changes into our session.
    async fn finish(self) -> Result<(), ValueError> {
        let Self { core, store, was_there } = self;
        let is_empty = core.is_empty().await;
        if is_empty {
            // The session was flushed, or its expiry time has passed.
            if was_there {
                store.session.invalidate();
            }
            return Ok(());
        }
        if !core.is_modified() {
            return Ok(());
        }
        // The store answers at once. Its only error is the one that it keeps.
        if core.save().await.is_err() {
            return store.write_failure();
        }
        store.set_expiry(core.expiry(), core.expiry_date())
    }
}

/// A store that holds only the session of the request.
struct RequestStore {
    session: Session,
    id: Option<Id>,
    is_over: bool,
    /// The values as they were read, so that only changed values are written.
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
        // Skips a value that is not JSON (Python's NaN): it stays as it is and does not affect the others.
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

    /// Keeps the error, because the family's own error type holds only text.
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
            // The session was flushed and then filled again, so the old data must go.
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

/// Does not show the content of the session.
impl fmt::Debug for RequestStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestStore").field("session", &self.session).finish_non_exhaustive()
    }
}
