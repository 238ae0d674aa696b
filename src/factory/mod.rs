//! The factory loads sessions from requests and saves them into responses.

pub(crate) mod builder;
#[cfg(feature = "device-bound")]
mod device_bound;
pub(crate) mod former;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;
#[cfg(feature = "testing")]
use std::time::SystemTime;

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue, Response};

#[cfg(feature = "device-bound")]
use crate::device_bound::DeviceBound;
use crate::factory::former::Former;
use crate::format::decode_error::DecodeError;
use crate::format::kind::CodecParts;
use crate::format::record::Renewal;
use crate::format::serializer::Serializer;
use crate::format::signed::{PayloadBuf, Scratch};
use crate::format::timestamp::Timestamp;
use crate::format::{Codec, Line, MaxAge, SIGNATURE_SEPARATOR, Unsealed, split_signature};
#[cfg(feature = "testing")]
use crate::headers::SIGNATURE_SUFFIX;
use crate::headers::header_map::{NoRoom, ResponseHeaderMap};
use crate::headers::request_cookie::{CookieNames, Cookies};
use crate::headers::set_cookie::SetCookie;
use crate::headers::{OurCookies, SessionHeaders};
use crate::secret::Secrets;
use crate::session::clock::Clock;
use crate::session::events::Events;
use crate::session::expiry::Expiry;
use crate::session::policy::{Policy, Reader, Roles};
use crate::session::random::Random;
use crate::session::save_error::{ErrorKind, SaveError};
use crate::session::state::ResponseKind;
use crate::session::{EndMark, SaveAction, Session, Write};
use crate::settings::Settings;

/// Loads sessions from requests and saves them into responses. It corresponds to Pyramid's
/// `SignedCookieSessionFactory`.
///
/// Create one when the program starts and share it. A clone is a handle to the same factory, and all methods take
/// `&self`.
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
    names: Arc<CookieNames>,
    cookies: Arc<OurCookies>,
    settings: Arc<Settings>,
    #[cfg(feature = "device-bound")]
    device_bound: Option<Arc<DeviceBound>>,
}

impl SignedCookieFactory {
    /// Creates a factory. The settings must have been checked.
    pub(crate) fn from_parts(
        secrets: &Secrets,
        settings: Settings,
        serializer: Option<Arc<dyn Serializer>>,
        formers: Vec<Former>,
        clock: Clock,
        random: Random,
    ) -> Self {
        let codec = Codec::new(CodecParts {
            format: settings.format,
            secrets,
            cookie_name: &settings.cookie_name,
            salt: &settings.salt.0,
            hash_algorithm: settings.told_hash_algorithm(),
            serializer,
            timeout: settings.timeout,
            random: random.source(),
        });
        let expiry = Expiry {
            timeout: settings.timeout,
            reissue_time: settings.effective_reissue_time(),
            absolute_timeout: settings.absolute_timeout,
            valid_since: settings.valid_since.map(Timestamp::from_system),
        };
        let formers: Vec<_> = formers.into_iter().map(|former| former.into_parts(&settings, &random)).collect();
        let (codecs, set_cookies): (Vec<_>, Vec<_>) = formers.into_iter().unzip();
        let cookies = OurCookies::new(&settings, codec.has_signature_cookie(), set_cookies);
        let (names, roles) = cookies.names();
        let former = |((codec, timeout), roles)| Reader { codec, expiry: Expiry { timeout, ..expiry }, roles };
        let policy = Policy {
            formers: codecs.into_iter().zip(roles).map(former).collect(),
            present: Reader { codec, expiry, roles: Roles::PRESENT },
            clock,
            random,
            events: Events::new(&settings.cookie_name),
            end_mark: settings.end_mark,
            flash_limit: settings.flash_limit,
            #[cfg(feature = "device-bound")]
            device: None,
        };
        Self {
            policy: Arc::new(policy),
            names: Arc::new(names),
            cookies: Arc::new(cookies),
            settings: Arc::new(settings),
            #[cfg(feature = "device-bound")]
            device_bound: None,
        }
    }

    /// Returns the session of a request. Never fails and never blocks. The cookie is verified when the session is first
    /// touched. If it is not valid, the session is a new one, and its [`outcome`](Session::outcome) says why.
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
        self.session_of(headers)
    }

    /// Returns the session of a request, for a server that does not use `http` 1.x. Takes the values of the request's
    /// `Cookie` headers, unchanged.
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
        self.session_of(headers.iter().map(AsRef::as_ref))
    }

    #[inline]
    fn session_of<'h>(&self, headers: impl Iterator<Item = &'h [u8]>) -> Session {
        Session::from_cookies(&self.policy, Cookies::find(&self.names, headers).iter())
    }

    /// Writes the session into a response, if that is needed.
    ///
    /// - If nobody touched the session, the response does not change.
    /// - If it was read, the response gets `Vary: Cookie`.
    /// - If it was changed or is due for a reissue, the response also gets `Set-Cookie`, and `Cache-Control: private`
    ///   unless shared caches are already excluded.
    ///
    /// Saving again replaces the headers of the first save.
    ///
    /// # Errors
    /// [`SaveError`] if the session does not fit into a cookie, or if the serializer fails. The response does not
    /// change.
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
        let status = response.status().as_u16();
        self.save_parts(session, status, response.headers_mut())
    }

    /// Writes the session into response headers, given the response's status. For a framework that uses the header map
    /// of `http` but has its own response type.
    ///
    /// # Errors
    /// See [`save`](Self::save).
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let sessions = SignedCookieFactory::new(Secret::generate());
    /// # let session = sessions.load(&http::HeaderMap::new());
    /// session.insert("user", "ada")?;
    /// let mut headers = http::HeaderMap::new();
    /// sessions.save_parts(&session, 200, &mut headers)?;
    /// assert!(headers.contains_key("set-cookie"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn save_parts(&self, session: &Session, status: u16, headers: &mut HeaderMap) -> Result<(), SaveError> {
        let saved = self.response_headers(session, status)?;
        self.apply(session, saved, headers)
    }

    /// Writes the session into response headers, like [`save`](Self::save). It does not know the status: with
    /// [`set_on_exception(false)`](crate::Builder::set_on_exception), do not call it for a 5xx response.
    ///
    /// # Errors
    /// See [`save`](Self::save).
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
        let saved = self.headers_for(session, ResponseKind::Normal)?;
        self.apply(session, saved, headers)
    }

    /// Returns the headers that saving the session adds to a response of this status, for a server that does not use
    /// `http` 1.x. Changes nothing.
    ///
    /// # Errors
    /// See [`save`](Self::save).
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let sessions = SignedCookieFactory::new(Secret::generate());
    /// # let session = sessions.load_cookies([""]);
    /// session.flash().push("Saved.")?;
    /// let headers = sessions.response_headers(&session, 303)?;
    /// headers.set_cookies().for_each(|line| println!("Set-Cookie: {line}"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn response_headers(&self, session: &Session, status: u16) -> Result<SessionHeaders, SaveError> {
        self.headers_for(session, self.response_kind(status))
    }

    /// Returns the values of the `Set-Cookie` headers that saving the session adds: first the session's own, then
    /// others such as the end mark of a logout. Changes nothing. Write `Vary` and `Cache-Control` yourself, or use
    /// [`response_headers`](Self::response_headers).
    ///
    /// # Errors
    /// See [`save`](Self::save).
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let sessions = SignedCookieFactory::new(Secret::generate());
    /// let session = sessions.load_cookies(["theme=dark"]);
    /// assert!(sessions.set_cookies(&session)?.is_empty());
    /// session.insert("user", "ada")?;
    /// assert!(sessions.set_cookies(&session)?[0].ends_with("; HttpOnly; SameSite=Lax; Secure; Path=/"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_cookies(&self, session: &Session) -> Result<Vec<String>, SaveError> {
        let headers = self.headers_for(session, ResponseKind::Normal)?;
        Ok(headers.set_cookie.into_iter().chain(headers.others).collect())
    }

    /// Returns how many bytes the session's cookie value needs now, even if that is more than
    /// [`max_size`](Self::max_size).
    ///
    /// # Errors
    /// [`SaveError`] if the serializer fails.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let sessions = SignedCookieFactory::new(Secret::generate());
    /// # let session = sessions.load(&http::HeaderMap::new());
    /// session.insert("essay", "x".repeat(5000))?;
    /// assert!(sessions.size(&session)? > sessions.max_size());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn size(&self, session: &Session) -> Result<usize, SaveError> {
        let mut scratch = Scratch::default();
        let (payload, valid_for) = self.payload(session, session.renewal(), &mut scratch);
        match self.policy.codec().seal(payload, ("", ""), usize::MAX, valid_for) {
            Ok(Line { line, .. }) => Ok(line.len()),
            Err(Unsealed::TooLarge { size }) => Ok(size),
            Err(Unsealed::Serializer(error)) => Err(ErrorKind::Serializer(Arc::new(error)).into()),
        }
    }

    /// Returns how many bytes the session's cookie value may have:
    /// [`max_cookie_size`](crate::Builder::max_cookie_size), or less if the cookie's name is long, because browsers
    /// store 4096 bytes of name and value.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// assert_eq!(SignedCookieFactory::new(Secret::generate()).max_size(), 4064);
    /// ```
    pub fn max_size(&self) -> usize {
        self.settings.value_limit()
    }

    /// Returns the cookie's name.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// assert_eq!(SignedCookieFactory::new(Secret::generate()).cookie_name(), "session");
    /// ```
    pub fn cookie_name(&self) -> &str {
        &self.settings.cookie_name
    }

    /// Returns the session as a cookie value, as if it were written now.
    ///
    /// # Errors
    /// [`SaveError`] if the session does not fit into a cookie, or if the serializer fails.
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

    /// Returns the session of a cookie value.
    ///
    /// # Errors
    /// [`DecodeError`] if the value is not a valid session. Its [`Outcome`](crate::Outcome) says why.
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
        let (value, signature) = if self.policy.codec().has_signature_cookie() {
            split_signature(value.as_bytes())
        } else {
            (value.as_bytes(), None)
        };
        let (record, verified) = self.policy.present.read(value, signature, now).map_err(DecodeError::new)?;
        Ok(Session::from_record(&self.policy, record, verified, now))
    }

    #[allow(dead_code, reason = "used by the framework features only")]
    pub(crate) fn cookies(&self) -> &Arc<OurCookies> {
        &self.cookies
    }

    /// Returns whether a visitor can read the session in its cookie.
    #[allow(dead_code, reason = "used by the feature tower-sessions only")]
    pub(crate) fn is_readable(&self) -> bool {
        self.settings.format.is_readable()
    }

    fn response_kind(&self, status: u16) -> ResponseKind {
        match status {
            500..600 if self.settings.set_on_exception => ResponseKind::Failed,
            500..600 => ResponseKind::FailedKeepingCookie,
            _ => ResponseKind::Normal,
        }
    }

    fn headers_for(&self, session: &Session, response: ResponseKind) -> Result<SessionHeaders, SaveError> {
        let mut scratch = Scratch::default();
        let mut others = Vec::new();
        let saving = session.prepare_save(response, &mut scratch);
        let (set_cookie, ended) = match saving.action {
            SaveAction::Untouched => return Ok(SessionHeaders::default()),
            SaveAction::Unchanged => (None, None),
            SaveAction::Remove { ended, formers } => {
                self.policy.events.removed();
                others.extend(self.cookies.signature.iter().map(|cookie| cookie.removal().to_owned()));
                others.extend(self.cookies.former_removals(formers, 0));
                (Some(self.cookies.session.removal().into()), ended)
            }
            SaveAction::Write(Write { payload, max_age, ended, is_optional, carried_formers, ended_formers }) => {
                match self.write(session, payload, max_age) {
                    Ok(Line { line, signature }) => {
                        others.extend(self.signature_line(signature, max_age));
                        others.extend(self.cookies.former_removals(ended_formers, carried_formers));
                        (Some(line), ended)
                    }
                    // The session was not changed, so a page that only reads must not fail.
                    Err(error) if is_optional => {
                        self.policy.events.not_renewed(&error);
                        (None, None)
                    }
                    Err(error) => {
                        self.not_saved(session, &error);
                        return Err(error);
                    }
                }
            }
        };
        let end_mark = |cookie: &SetCookie, mark: EndMark| {
            cookie.line(&self.policy.codec().seal_end_mark(&mark.sessions), mark.life)
        };
        others.extend(self.cookies.end_mark.iter().zip(ended).map(|(cookie, mark)| end_mark(cookie, mark)));
        #[cfg(feature = "device-bound")]
        if let Some(device) = self.cookies.device.as_ref().filter(|_| saving.device.remove) {
            others.extend([device.bound.removal(), device.key.removal()].map(str::to_owned));
        }
        let caching = self.settings.cache_headers;
        Ok(SessionHeaders {
            #[cfg(feature = "device-bound")]
            registration: saving.device.offer.and_then(|created| self.registration(created)),
            private: caching && (set_cookie.is_some() || !others.is_empty()),
            set_cookie,
            others,
            ..SessionHeaders::unchanged(&self.cookies, caching)
        })
    }

    /// Returns the line of the second cookie, if the format has one.
    fn signature_line(&self, signature: Option<String>, max_age: MaxAge) -> Option<String> {
        let (cookie, signature) = self.cookies.signature.as_ref().zip(signature)?;
        Some([cookie.before(), &signature, &cookie.after(max_age)].concat())
    }

    /// Returns the line that writes a session.
    fn write(&self, session: &Session, payload: PayloadBuf<'_>, max_age: MaxAge) -> Result<Line, SaveError> {
        let (before, after) = (self.cookies.session.before(), self.cookies.session.after(max_age));
        let written = self.seal(session, payload, (before, &after), self.valid_for(max_age))?;
        self.policy.events.written(written.line.len() - before.len() - after.len(), || session.key_count());
        Ok(written)
    }

    /// Returns only the cookie value. If the signature is a second cookie, it is appended after a dot.
    fn encode_at(&self, session: &Session, renewal: Renewal) -> Result<String, SaveError> {
        let mut scratch = Scratch::default();
        let (payload, valid_for) = self.payload(session, renewal, &mut scratch);
        let Line { line: mut value, signature } = self.seal(session, payload, ("", ""), valid_for)?;
        if let Some(signature) = signature {
            value.push(SIGNATURE_SEPARATOR);
            value.push_str(&signature);
        }
        Ok(value)
    }

    /// Returns the text of a session, and how long its cookie is valid.
    fn payload<'s>(
        &self,
        session: &Session,
        renewal: Renewal,
        scratch: &'s mut Scratch,
    ) -> (PayloadBuf<'s>, Option<Duration>) {
        let codec = self.policy.codec();
        session.record(|record| (codec.payload(record, renewal, scratch), self.valid_for(codec.max_age(record))))
    }

    fn valid_for(&self, max_age: MaxAge) -> Option<Duration> {
        match max_age {
            MaxAge::Default => self.settings.max_age,
            MaxAge::BrowserSession => None,
            MaxAge::For(max_age) => Some(max_age),
        }
    }

    fn not_saved(&self, session: &Session, error: &SaveError) {
        self.policy.events.not_saved(error, self.settings.value_limit(), || session.key_count());
    }

    fn seal(
        &self,
        session: &Session,
        payload: PayloadBuf<'_>,
        between: (&str, &str),
        max_age: Option<Duration>,
    ) -> Result<Line, SaveError> {
        let limit = self.settings.value_limit();
        self.policy.codec().seal(payload, between, limit, max_age).map_err(|unsealed| {
            SaveError::from(match unsealed {
                Unsealed::TooLarge { size } => ErrorKind::TooLarge { size, limit, largest: session.sizes() },
                Unsealed::Serializer(error) => ErrorKind::Serializer(Arc::new(error)),
            })
        })
    }

    /// Writes the headers of a saved session, either all of them or none.
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

    /// Adds the headers that keep a response out of shared caches: its body may still read the session.
    #[allow(dead_code, reason = "used by the framework features only")]
    pub(crate) fn still_held(&self, saved: SessionHeaders) -> SessionHeaders {
        let caching = self.settings.cache_headers;
        SessionHeaders { cookies: Some(Arc::clone(&self.cookies)), vary: caching, private: caching, ..saved }
    }
}

/// Methods for the module `testing`.
#[cfg(feature = "testing")]
impl SignedCookieFactory {
    /// Returns the `Cookie` header of a request with an [encoded](Self::encode) session.
    pub(crate) fn cookie_header(&self, encoded: &str) -> String {
        let name = self.cookie_name();
        match encoded.rsplit_once(SIGNATURE_SEPARATOR) {
            Some((value, signature)) if self.policy.codec().has_signature_cookie() => {
                format!("{name}={value}; {name}{SIGNATURE_SUFFIX}={signature}")
            }
            _ => format!("{name}={encoded}"),
        }
    }

    /// Returns the name of the second cookie, if the format has one.
    pub(crate) fn signature_cookie_name(&self) -> Option<&str> {
        self.cookies.signature.as_ref().map(SetCookie::name)
    }

    /// Returns the value of a session that was written `age` ago and created `created_ago` ago.
    pub(crate) fn forge(&self, session: &Session, age: Duration, created_ago: Duration) -> Result<String, SaveError> {
        let now = self.policy.clock.now().to_system();
        let ago =
            |age| Timestamp::from_system(now.and_then(|now| now.checked_sub(age)).unwrap_or(SystemTime::UNIX_EPOCH));
        session.begin(ago(created_ago));
        self.encode_at(session, Renewal::Now(ago(age)))
    }
}

/// Shows the cookie's name, but no secret.
impl fmt::Debug for SignedCookieFactory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedCookieFactory").field("cookie_name", &self.settings.cookie_name).finish_non_exhaustive()
    }
}
