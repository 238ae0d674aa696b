//! Reads what a response did to the session.

use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderValue};

use crate::factory::SignedCookieFactory;
use crate::format::decode_error::DecodeError;
use crate::session::Session;
use crate::testing::jar::expires_at_once;

/// Describes what the `Set-Cookie` headers of a response do to a factory's session cookie.
///
/// # Example
/// ```
/// use http::Response;
/// use signed_cookie_session::testing::{Forge, Saved};
/// use signed_cookie_session::{Secret, SignedCookieFactory};
///
/// let sessions = SignedCookieFactory::new(Secret::generate());
/// let session = sessions.load(&Forge::new(&sessions).with("user", "ada").request_headers());
/// session.invalidate();
/// let mut response = Response::new("Good bye.");
/// sessions.save(&session, &mut response)?;
/// assert!(Saved::by(&sessions, response.headers()).is_removed());
/// # Ok::<(), signed_cookie_session::SaveError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Saved(What);

#[derive(Clone, Debug)]
enum What {
    Nothing,
    Removed,
    Written { cookie: String, session: Session },
    Refused(DecodeError),
}

impl Saved {
    /// Reads a response's headers. If several set the cookie, the last one counts, as in a browser.
    ///
    /// # Example
    /// ```
    /// # use http::Response;
    /// # use signed_cookie_session::testing::Saved;
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let sessions = SignedCookieFactory::new(Secret::generate());
    /// let response = Response::new("A page for everybody.");
    /// assert!(Saved::by(&sessions, response.headers()).is_nothing());
    /// ```
    pub fn by(sessions: &SignedCookieFactory, headers: &HeaderMap) -> Self {
        let line = |wanted: &str| {
            let lines = headers.get_all(SET_COOKIE).iter().filter_map(|line| HeaderValue::to_str(line).ok());
            let mut named = lines.filter_map(|line| {
                let (pair, attributes) = line.split_once(';').unwrap_or((line, ""));
                let (name, value) = pair.split_once('=')?;
                (name.trim() == wanted).then_some((value.trim(), attributes))
            });
            named.next_back()
        };
        Self(match line(sessions.cookie_name()) {
            None => What::Nothing,
            Some((value, attributes)) if value.is_empty() || expires_at_once(attributes) => What::Removed,
            Some((value, _)) => {
                let signature = sessions.signature_cookie_name().and_then(line);
                let encoded = signature.map_or(value.to_owned(), |(signature, _)| format!("{value}.{signature}"));
                match sessions.decode(&encoded) {
                    Ok(session) => What::Written { cookie: sessions.cookie_header(&encoded), session },
                    Err(error) => What::Refused(error),
                }
            }
        })
    }

    /// Returns the session that was written, as the next request would find it.
    ///
    /// # Panics
    /// If no session was written. The panic says what happened instead.
    ///
    /// # Example
    /// ```
    /// # use http::{HeaderMap, Response};
    /// # use signed_cookie_session::testing::Saved;
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let sessions = SignedCookieFactory::new(Secret::generate());
    /// # let session = sessions.load(&HeaderMap::new());
    /// # let mut response = Response::new(());
    /// session.insert("user", "ada")?;
    /// sessions.save(&session, &mut response)?;
    /// let saved = Saved::by(&sessions, response.headers()).session();
    /// assert_eq!(saved.get::<String>("user")?.as_deref(), Some("ada"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn session(&self) -> Session {
        self.written().1.clone()
    }

    /// Returns the value of the `Cookie` header that a browser sends with the next request.
    ///
    /// # Panics
    /// If no session was written. The panic says what happened instead.
    ///
    /// # Example
    /// ```
    /// # use http::{HeaderMap, Request, Response};
    /// # use signed_cookie_session::testing::Saved;
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let sessions = SignedCookieFactory::new(Secret::generate());
    /// # let session = sessions.load(&HeaderMap::new());
    /// # let mut response = Response::new(());
    /// session.insert("user", "ada")?;
    /// sessions.save(&session, &mut response)?;
    /// let cookie = Saved::by(&sessions, response.headers()).cookie();
    /// let next = Request::get("/").header("cookie", cookie).body(())?;
    /// assert!(sessions.load(next.headers()).contains_key("user"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn cookie(&self) -> String {
        self.written().0.clone()
    }

    /// Returns whether the response removed the cookie from the browser.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::testing::Saved;
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let sessions = SignedCookieFactory::new(Secret::generate());
    /// let mut headers = http::HeaderMap::new();
    /// headers.insert("set-cookie", "session=; Max-Age=0; Path=/".parse()?);
    /// assert!(Saved::by(&sessions, &headers).is_removed());
    /// # Ok::<(), http::header::InvalidHeaderValue>(())
    /// ```
    pub fn is_removed(&self) -> bool {
        matches!(self.0, What::Removed)
    }

    /// Returns whether the response left the browser's cookie as it was.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::testing::Saved;
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let sessions = SignedCookieFactory::new(Secret::generate());
    /// let mut headers = http::HeaderMap::new();
    /// headers.insert("set-cookie", "theme=dark".parse()?);
    /// assert!(Saved::by(&sessions, &headers).is_nothing());
    /// # Ok::<(), http::header::InvalidHeaderValue>(())
    /// ```
    pub fn is_nothing(&self) -> bool {
        matches!(self.0, What::Nothing)
    }

    #[track_caller]
    fn written(&self) -> (&String, &Session) {
        match &self.0 {
            What::Written { cookie, session } => (cookie, session),
            What::Nothing => panic!("the response set no session cookie: was the session changed and saved?"),
            What::Removed => panic!("the response removed the session cookie instead of writing a session"),
            What::Refused(error) => panic!("the response set a session cookie that this factory cannot use: {error}"),
        }
    }
}
