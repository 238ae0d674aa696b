//! The session's CSRF token. A form must send it back, to prove that it came from one of the site's pages.

use crate::session::Session;
use crate::session::csrf_token::Token;
use crate::session::reserved_keys::CSRF_TOKEN;

impl Session {
    /// Returns the session's CSRF token. Creates one if there is none.
    ///
    /// Put it into every form as a hidden field. When the form is sent, check it with
    /// [`verify_csrf_token`](Self::verify_csrf_token). If a compressed page also shows text that an attacker can
    /// choose, such as a search term, use [`masked_csrf_token`](Self::masked_csrf_token) instead.
    ///
    /// # Panics
    /// If a new token is needed and there are no random bytes: the operating system provides none, or the feature
    /// `getrandom` is off and the builder has no [random source](crate::Builder::random).
    ///
    /// # Example
    /// ```
    /// # use http::HeaderMap;
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let session = SignedCookieFactory::new(Secret::generate()).load(&HeaderMap::new());
    /// let token = session.csrf_token();
    /// assert_eq!(token.len(), 40);
    /// assert_eq!(session.csrf_token(), token);
    /// ```
    pub fn csrf_token(&self) -> String {
        self.token().into_text()
    }

    /// Returns the [`csrf_token`](Self::csrf_token) masked with new random bytes, in base64url, so that it looks
    /// different on every call. [`verify_csrf_token`](Self::verify_csrf_token) accepts both.
    ///
    /// The length of a compressed page reveals a little about text that occurs in it twice. An attacker who can write
    /// into the page can use this to find a token that is always the same (the BREACH attack). Pyramid does not
    /// understand masked tokens: a form that is sent to Pyramid needs the plain token.
    ///
    /// # Panics
    /// If there are no random bytes: see [`csrf_token`](Self::csrf_token).
    ///
    /// # Example
    /// ```
    /// # use http::HeaderMap;
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let session = SignedCookieFactory::new(Secret::generate()).load(&HeaderMap::new());
    /// let (one, other) = (session.masked_csrf_token(), session.masked_csrf_token());
    /// assert_ne!(one, other);
    /// assert!(session.verify_csrf_token(&one) && session.verify_csrf_token(&other));
    /// ```
    pub fn masked_csrf_token(&self) -> String {
        self.token().masked(self.random())
    }

    /// Replaces the CSRF token and returns the new one. Forms that contain the old token fail from now on.
    ///
    /// # Panics
    /// If there are no random bytes: see [`csrf_token`](Self::csrf_token).
    ///
    /// # Example
    /// ```
    /// # use http::HeaderMap;
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let session = SignedCookieFactory::new(Secret::generate()).load(&HeaderMap::new());
    /// let old = session.csrf_token();
    /// let new = session.new_csrf_token();
    /// assert!(session.verify_csrf_token(&new) && !session.verify_csrf_token(&old));
    /// ```
    pub fn new_csrf_token(&self) -> String {
        let fresh = Token::draw(self.random());
        self.change(|dict| fresh.put(dict));
        fresh.into_text()
    }

    /// Returns whether `token` is the session's CSRF token, plain or [masked](Self::masked_csrf_token). Returns `false`
    /// if the session has no token. The comparison takes constant time.
    ///
    /// # Example
    /// ```
    /// # use http::HeaderMap;
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let session = SignedCookieFactory::new(Secret::generate()).load(&HeaderMap::new());
    /// assert!(!session.verify_csrf_token(""));
    /// let token = session.csrf_token();
    /// assert!(session.verify_csrf_token(&token));
    /// ```
    #[must_use = "a request whose token does not verify has to be refused"]
    pub fn verify_csrf_token(&self, token: &str) -> bool {
        self.stored().is_some_and(|stored| stored.verifies(token))
    }

    fn stored(&self) -> Option<Token> {
        self.raw(CSRF_TOKEN).and_then(|raw| Token::read(raw.text()))
    }

    fn token(&self) -> Token {
        if let Some(stored) = self.stored() {
            return stored;
        }
        let fresh = Token::draw(self.random());
        let mut stored = None;
        // If another thread has stored a token in the meantime, keep it, because its form may already have been sent.
        self.change_if(|dict| {
            stored = Token::stored(dict);
            if stored.is_none() {
                fresh.put(dict);
            }
            stored.is_none()
        });
        stored.unwrap_or(fresh)
    }
}
