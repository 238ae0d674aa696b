//! The session's CSRF token: what a form must bring back to show that it came from one of our pages.

use crate::session::Session;
use crate::session::csrf_token::Token;
use crate::session::reserved_keys::CSRF_TOKEN;

impl Session {
    /// The session's CSRF token; a new one is put in where there is none.
    ///
    /// Put it into every form as a hidden field, and check it with
    /// [`verify_csrf_token`](Self::verify_csrf_token) where the form comes back. On a page that is
    /// sent compressed, and repeats something that a stranger may choose (a search term), put
    /// [`masked_csrf_token`](Self::masked_csrf_token) there instead.
    ///
    /// # Panics
    /// Where a new token is needed and there are no random bytes: the operating system gives none, or
    /// the feature `getrandom` is off and the builder was given no [source](crate::Builder::random).
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

    /// Another spelling of [`csrf_token`](Self::csrf_token) with every call: the token under fresh
    /// random bytes, in base64url. [`verify_csrf_token`](Self::verify_csrf_token) takes both.
    ///
    /// The length of a compressed page gives a little away of what stands in it twice, and an
    /// attacker who may write into the page finds a token out that is the same each time (BREACH).
    /// One that never is the same gives nothing away. Pyramid itself does not know this form: a form
    /// that a Pyramid application takes needs the plain one.
    ///
    /// # Panics
    /// Where there are no random bytes, as [`csrf_token`](Self::csrf_token).
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

    /// Puts a new CSRF token in and returns it. Forms that were sent with the old one fail from now
    /// on.
    ///
    /// # Panics
    /// Where there are no random bytes, as [`csrf_token`](Self::csrf_token).
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

    /// Whether this is the session's CSRF token, plain or [masked](Self::masked_csrf_token). A session
    /// without one verifies none. The comparison takes the same time wherever the two differ.
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
        // Another thread may have put one in meanwhile: its form is on its way already.
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
