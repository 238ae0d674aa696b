//! The factory: sessions out of requests, and into responses.

pub(crate) mod builder;

use std::fmt;
use std::sync::Arc;
#[cfg(feature = "testing")]
use std::time::{Duration, SystemTime};

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue, Response};

use crate::format::decode_error::DecodeError;
use crate::format::envelope::Envelope;
use crate::format::record::Renewal;
use crate::format::serializer::Serializer;
use crate::format::signature::Signer;
use crate::format::signed::{PayloadBuf, Scratch, Unsealed, Wire};
use crate::format::timestamp::Timestamp;
use crate::headers::SessionHeaders;
use crate::headers::header_map::{NoRoom, ResponseHeaderMap};
use crate::headers::request_cookie::Values;
use crate::headers::set_cookie::SetCookie;
use crate::secret::Secrets;
use crate::session::Session;
use crate::session::clock::Clock;
use crate::session::events::Events;
use crate::session::expiry::Expiry;
use crate::session::policy::Policy;
use crate::session::random::Random;
use crate::session::save_error::{ErrorKind, SaveError};
use crate::session::state::SaveAction;
use crate::settings::Settings;

/// Makes sessions out of requests and writes them into responses: Pyramid's
/// `SignedCookieSessionFactory`.
///
/// Make one when the program starts and share it: a clone is a handle to the same factory, and all
/// its methods take `&self`.
///
/// # Example
/// ```
/// use signed_cookie_session::{Secret, SignedCookieFactory};
///
/// fn handle(sessions: &SignedCookieFactory, request: &http::Request<()>)
///     -> Result<http::Response<String>, Box<dyn std::error::Error>>
/// {
///     let session = sessions.load(request.headers());
///     let visits: u64 = session.get("visits")?.unwrap_or(0);
///     session.insert("visits", visits + 1)?;
///     let mut response = http::Response::new(format!("You were here {visits} times before."));
///     sessions.save(&session, &mut response)?;
///     Ok(response)
/// }
///
/// let sessions = SignedCookieFactory::new(Secret::generate());
/// let first = handle(&sessions, &http::Request::new(()))?;
/// let cookie = first.headers()["set-cookie"].to_str()?.split(';').next().unwrap();
/// let second = handle(&sessions, &http::Request::builder().header("cookie", cookie).body(())?)?;
/// assert_eq!(second.body(), "You were here 1 times before.");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct SignedCookieFactory {
    policy: Arc<Policy>,
    cookie: Arc<SetCookie>,
    settings: Arc<Settings>,
}

impl SignedCookieFactory {
    /// Settings that were checked before.
    pub(crate) fn from_parts(
        secrets: &Secrets,
        settings: Settings,
        serializer: Option<Arc<dyn Serializer>>,
        clock: Clock,
        random: Random,
    ) -> Self {
        let signer = Signer::new(settings.hash_algorithm, &settings.salt.0, secrets);
        let policy = Policy {
            wire: Wire { envelope: Envelope::new(signer), serializer },
            expiry: Expiry {
                timeout: settings.timeout,
                reissue_time: settings.effective_reissue_time(),
                absolute_timeout: settings.absolute_timeout,
                valid_since: settings.valid_since.map(Timestamp::from_system),
            },
            clock,
            random,
            events: Events::new(&settings.cookie_name),
        };
        Self { policy: Arc::new(policy), cookie: Arc::new(SetCookie::new(&settings)), settings: Arc::new(settings) }
    }

    /// The session of a request. It never fails and never blocks: nothing is verified until the
    /// session is first touched, and a cookie that cannot be used makes a new session, whose
    /// [`outcome`](Session::outcome) says why.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let sessions = SignedCookieFactory::new(Secret::generate());
    /// # let request = http::Request::new(());
    /// let session = sessions.load(request.headers());
    /// let visits: u64 = session.get("visits")?.unwrap_or(0);
    /// # Ok::<(), signed_cookie_session::ValueError>(())
    /// ```
    pub fn load(&self, headers: &HeaderMap) -> Session {
        let headers = headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes);
        Session::from_values(&self.policy, Values::find(&self.settings.cookie_name, headers).as_slice())
    }

    /// The same for a server that is not on `http` 1.x: takes the values of the request's `Cookie`
    /// headers, as they came.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let sessions = SignedCookieFactory::new(Secret::generate());
    /// let session = sessions.load_cookies(["theme=dark; session=forged"]);
    /// assert!(session.is_new());
    /// ```
    pub fn load_cookies(&self, cookies: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Session {
        let headers: Vec<_> = cookies.into_iter().collect();
        let headers = headers.iter().map(AsRef::as_ref);
        Session::from_values(&self.policy, Values::find(&self.settings.cookie_name, headers).as_slice())
    }

    /// Writes the session into a response, where that is needed.
    ///
    /// A session that nobody touched leaves no trace. One that was read makes the response
    /// `Vary: Cookie`. One that was changed, or is due to be reissued, appends one `Set-Cookie` and
    /// sees to it that no shared cache keeps the response. Saving again replaces what was saved
    /// before.
    ///
    /// # Errors
    /// [`SaveError`] where the session does not fit into a cookie, or its serializer fails. The
    /// response is as it was then.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let sessions = SignedCookieFactory::new(Secret::generate());
    /// # let request = http::Request::new(());
    /// let session = sessions.load(request.headers());
    /// session.insert("user", "ada")?;
    /// let mut response = http::Response::new("Welcome.");
    /// sessions.save(&session, &mut response)?;
    /// assert!(response.headers().contains_key("set-cookie"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn save<B>(&self, session: &Session, response: &mut Response<B>) -> Result<(), SaveError> {
        let saved = self.response_headers(session, response.status().as_u16())?;
        self.apply(session, saved, response.headers_mut())
    }

    /// Writes the session into response headers, as [`save`](Self::save) does. It sees no status:
    /// with [`set_on_exception(false)`](crate::Builder::set_on_exception), do not call it for a 5xx.
    ///
    /// # Errors
    /// As [`save`](Self::save).
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let sessions = SignedCookieFactory::new(Secret::generate());
    /// # let session = sessions.load(&http::HeaderMap::new());
    /// session.insert("user", "ada")?;
    /// let mut headers = http::HeaderMap::new();
    /// sessions.save_headers(&session, &mut headers)?;
    /// assert_eq!(headers["cache-control"], "private");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn save_headers(&self, session: &Session, headers: &mut HeaderMap) -> Result<(), SaveError> {
        let saved = self.headers_of(session, |plan| plan)?;
        self.apply(session, saved, headers)
    }

    /// What saving the session means for a response of this status, for a server that is not on
    /// `http` 1.x. It changes nothing.
    ///
    /// # Errors
    /// As [`save`](Self::save).
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let sessions = SignedCookieFactory::new(Secret::generate());
    /// # let session = sessions.load_cookies([""]);
    /// session.flash().push("Saved.")?;
    /// let headers = sessions.response_headers(&session, 303)?;
    /// println!("Set-Cookie: {}", headers.set_cookie().unwrap());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn response_headers(&self, session: &Session, status: u16) -> Result<SessionHeaders, SaveError> {
        let failed = !self.settings.set_on_exception && (500..600).contains(&status);
        self.headers_of(session, |plan| match plan {
            SaveAction::Write(_) | SaveAction::Remove if failed => SaveAction::Read,
            plan => plan,
        })
    }

    /// The value of the one `Set-Cookie` header that saving the session takes, if it takes any. It
    /// changes nothing. `Vary` and `Cache-Control` are yours to write, or
    /// [`response_headers`](Self::response_headers)'.
    ///
    /// # Errors
    /// As [`save`](Self::save).
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let sessions = SignedCookieFactory::new(Secret::generate());
    /// let session = sessions.load_cookies(["theme=dark"]);
    /// assert_eq!(sessions.set_cookie(&session)?, None);
    /// session.insert("user", "ada")?;
    /// assert!(sessions.set_cookie(&session)?.unwrap().ends_with("; HttpOnly; SameSite=Lax; Secure; Path=/"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_cookie(&self, session: &Session) -> Result<Option<String>, SaveError> {
        Ok(self.headers_of(session, |plan| plan)?.set_cookie)
    }

    /// The session as a cookie value alone, as if it were written now.
    ///
    /// # Errors
    /// [`SaveError`] where the session does not fit into a cookie, or its serializer fails.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let sessions = SignedCookieFactory::new(Secret::generate());
    /// # let session = sessions.load(&http::HeaderMap::new());
    /// session.insert("user", "ada")?;
    /// let value = sessions.encode(&session)?;
    /// assert_eq!(sessions.decode(&value)?.get::<String>("user")?.as_deref(), Some("ada"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn encode(&self, session: &Session) -> Result<String, SaveError> {
        self.encode_at(session, session.renewal())
    }

    /// The session in a cookie value.
    ///
    /// # Errors
    /// [`DecodeError`] where the value cannot be used, with the [`Outcome`](crate::Outcome) that
    /// says why.
    ///
    /// # Example
    /// ```
    /// use signed_cookie_session::{Outcome, Secret, SignedCookieFactory};
    ///
    /// let sessions = SignedCookieFactory::new(Secret::generate());
    /// let error = sessions.decode("forged").unwrap_err();
    /// assert_eq!(error.outcome(), Outcome::Malformed);
    /// ```
    pub fn decode(&self, value: &str) -> Result<Session, DecodeError> {
        let now = self.policy.clock.now();
        let (record, outcome) = self.policy.read(value.as_bytes(), now).map_err(DecodeError::new)?;
        Ok(Session::from_record(&self.policy, record, outcome, now))
    }

    #[allow(dead_code, reason = "without a framework nobody asks")]
    pub(crate) fn cookie(&self) -> &Arc<SetCookie> {
        &self.cookie
    }

    /// `amend` says what becomes of the session's plan.
    fn headers_of(
        &self,
        session: &Session,
        amend: impl Fn(SaveAction) -> SaveAction,
    ) -> Result<SessionHeaders, SaveError> {
        let mut room = Scratch::default();
        let planned = session.planned(|plan, record| match amend(plan) {
            plan @ SaveAction::Write(renewal) => (plan, Some(self.policy.wire.draft(record, renewal, &mut room))),
            plan => (plan, None),
        });
        let set_cookie = match planned {
            None | Some((SaveAction::Untouched, _)) => return Ok(SessionHeaders::default()),
            Some((SaveAction::Remove, _)) => {
                self.policy.events.removed();
                Some(self.cookie.removal().into())
            }
            Some((_, Some(draft))) => Some(self.write(session, draft)?),
            Some((_, None)) => None,
        };
        let caching = self.settings.cache_headers;
        Ok(SessionHeaders {
            cookie: Some(Arc::clone(&self.cookie)),
            private: caching && set_cookie.is_some(),
            vary: caching,
            set_cookie,
        })
    }

    /// The line that writes what was drafted of the session.
    fn write(&self, session: &Session, draft: PayloadBuf<'_>) -> Result<String, SaveError> {
        let (before, after) = (self.cookie.before(), self.cookie.after());
        let line = self.seal(session, draft, before, after);
        match &line {
            Ok(line) => {
                let size = line.len() - before.len() - after.len();
                self.policy.events.written(size, || session.key_count());
            }
            Err(error) => self.not_saved(session, error),
        }
        line
    }

    /// The value alone.
    fn encode_at(&self, session: &Session, renewal: Renewal) -> Result<String, SaveError> {
        let mut room = Scratch::default();
        let draft = session.record(|record| self.policy.wire.draft(record, renewal, &mut room));
        self.seal(session, draft, "", "")
    }

    fn not_saved(&self, session: &Session, error: &SaveError) {
        self.policy.events.not_saved(error, self.settings.value_limit(), || session.key_count());
    }

    fn seal(&self, session: &Session, draft: PayloadBuf<'_>, before: &str, after: &str) -> Result<String, SaveError> {
        let limit = self.settings.value_limit();
        self.policy.wire.seal(draft, (before, after), limit).map_err(|unsealed| {
            SaveError::from(match unsealed {
                Unsealed::TooLarge { size } => ErrorKind::TooLarge { size, limit, largest: session.sizes() },
                Unsealed::Serializer(error) => ErrorKind::Serializer(Arc::new(error)),
            })
        })
    }

    /// Writes the headers of a saved session: all of them or none.
    pub(crate) fn apply(
        &self,
        session: &Session,
        saved: SessionHeaders,
        headers: &mut impl ResponseHeaderMap,
    ) -> Result<(), SaveError> {
        saved.apply(headers).map_err(|NoRoom| {
            let error = SaveError::from(ErrorKind::NoRoomForHeaders);
            self.not_saved(session, &error);
            error
        })
    }

    /// The same headers with those that keep a response out of shared caches whose session may still be read.
    #[allow(dead_code, reason = "without a framework nobody asks")]
    pub(crate) fn still_held(&self, saved: SessionHeaders) -> SessionHeaders {
        let caching = self.settings.cache_headers;
        SessionHeaders { cookie: Some(Arc::clone(&self.cookie)), vary: caching, private: caching, ..saved }
    }
}

/// What forging a cookie and reading one back need.
#[cfg(feature = "testing")]
impl SignedCookieFactory {
    pub(crate) fn cookie_name(&self) -> &str {
        &self.settings.cookie_name
    }

    /// The value of a session that was written and created those times ago.
    pub(crate) fn forge(&self, session: &Session, age: Duration, created_ago: Duration) -> Result<String, SaveError> {
        let now = self.policy.clock.now().to_system();
        let ago =
            |age| Timestamp::from_system(now.and_then(|now| now.checked_sub(age)).unwrap_or(SystemTime::UNIX_EPOCH));
        session.begin(ago(created_ago));
        self.encode_at(session, Renewal::Now(ago(age)))
    }
}

/// Shows the cookie's name, and nothing of the secrets.
impl fmt::Debug for SignedCookieFactory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedCookieFactory").field("cookie_name", &self.settings.cookie_name).finish_non_exhaustive()
    }
}
