//! The response headers of a saved session, for any version of `http` and for none.

pub(crate) mod caching;
pub(crate) mod header_map;
pub(crate) mod request_cookie;
pub(crate) mod set_cookie;

use std::borrow::Cow;
use std::sync::Arc;

use crate::headers::set_cookie::SetCookie;

/// What saving a session adds to a response: made by
/// [`SignedCookieFactory::response_headers`](crate::SignedCookieFactory::response_headers), for a
/// server that is not on `http` 1.x.
///
/// Three headers may be touched. Give each method the lines that the response already has.
///
/// # Example
/// ```
/// use signed_cookie_session::{Secret, SignedCookieFactory};
///
/// let sessions = SignedCookieFactory::new(Secret::generate());
/// let session = sessions.load_cookies(["theme=dark"]);
/// session.insert("user", "ada")?;
///
/// let headers = sessions.response_headers(&session, 200)?;
/// assert!(headers.set_cookie().is_some_and(|line| line.starts_with("session=")));
/// assert_eq!(headers.vary(["Accept-Encoding"]), Some("Cookie"));
/// assert_eq!(headers.cache_control(["public, max-age=60"]).as_deref(), Some("max-age=60, private".as_bytes()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
#[must_use = "nothing is saved until these headers are in the response"]
pub struct SessionHeaders {
    pub(crate) cookie: Option<Arc<SetCookie>>,
    pub(crate) set_cookie: Option<String>,
    pub(crate) vary: bool,
    pub(crate) private: bool,
}

impl SessionHeaders {
    /// Whether nobody touched the session, so that the response has nothing to do with it.
    pub(crate) fn is_empty(&self) -> bool {
        self.cookie.is_none()
    }

    /// The value of the `Set-Cookie` header to append, if any.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let sessions = SignedCookieFactory::new(Secret::generate());
    /// # let session = sessions.load_cookies([""]);
    /// session.insert("user", "ada")?;
    /// let headers = sessions.response_headers(&session, 200)?;
    /// assert!(headers.set_cookie().is_some_and(|line| line.starts_with("session=")));
    /// # Ok::<(), signed_cookie_session::BoxError>(())
    /// ```
    pub fn set_cookie(&self) -> Option<&str> {
        self.set_cookie.as_deref()
    }

    /// Whether a `Set-Cookie` value of the response must go, because an earlier save of this session
    /// put it there: it has the same name, path and domain.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let sessions = SignedCookieFactory::new(Secret::generate());
    /// # let session = sessions.load_cookies([""]);
    /// session.insert("user", "ada")?;
    /// let headers = sessions.response_headers(&session, 200)?;
    /// let mut lines = vec!["theme=dark; Path=/", "session=saved-before; Path=/"];
    /// lines.retain(|line| !headers.replaces(line));
    /// assert_eq!(lines, ["theme=dark; Path=/"]);
    /// # Ok::<(), signed_cookie_session::BoxError>(())
    /// ```
    pub fn replaces(&self, set_cookie: impl AsRef<[u8]>) -> bool {
        self.cookie.as_ref().is_some_and(|cookie| cookie.is_same_cookie(set_cookie.as_ref()))
    }

    /// The value of the `Vary` header to append, if any.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let sessions = SignedCookieFactory::new(Secret::generate());
    /// # let session = sessions.load_cookies([""]);
    /// let theme: Option<String> = session.get("theme")?;
    /// let headers = sessions.response_headers(&session, 200)?;
    /// assert_eq!(headers.vary(["Accept-Encoding"]), Some("Cookie"));
    /// assert_eq!(headers.vary(["Accept-Encoding, Cookie"]), None);
    /// # Ok::<(), signed_cookie_session::BoxError>(())
    /// ```
    pub fn vary<L: AsRef<[u8]>>(&self, lines: impl IntoIterator<Item = L>) -> Option<&'static str> {
        if !self.vary {
            return None;
        }
        let covered = lines.into_iter().any(|line| caching::varies_by_cookie([line.as_ref()]));
        (!covered).then_some("Cookie")
    }

    /// The value that must stand in the place of all `Cache-Control` headers, if any.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let sessions = SignedCookieFactory::new(Secret::generate());
    /// # let session = sessions.load_cookies([""]);
    /// session.insert("user", "ada")?;
    /// let headers = sessions.response_headers(&session, 200)?;
    /// assert_eq!(headers.cache_control(["max-age=60"]).as_deref(), Some("max-age=60, private".as_bytes()));
    /// assert_eq!(headers.cache_control(["no-store"]), None);
    /// # Ok::<(), signed_cookie_session::BoxError>(())
    /// ```
    pub fn cache_control<L: AsRef<[u8]>>(&self, lines: impl IntoIterator<Item = L>) -> Option<Cow<'static, [u8]>> {
        if !self.private {
            return None;
        }
        let lines: Vec<L> = lines.into_iter().collect();
        caching::forbid_shared(lines.iter().map(AsRef::as_ref))
    }
}

/// Shows which headers there are, and no cookie.
impl std::fmt::Debug for SessionHeaders {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionHeaders")
            .field("set_cookie", &self.set_cookie.is_some())
            .field("vary", &self.vary)
            .field("private", &self.private)
            .finish()
    }
}
