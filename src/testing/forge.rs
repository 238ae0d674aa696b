//! Makes the cookie of a session without a handler.

use std::time::Duration;

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use serde::Serialize;

use crate::factory::SignedCookieFactory;
use crate::session::Session;

/// Makes the cookie of a session as a factory would have written it, now or some time ago.
///
/// # Example
/// ```
/// use std::time::Duration;
/// use signed_cookie_session::testing::Forge;
/// use signed_cookie_session::{Outcome, Secret, SignedCookieFactory};
///
/// let sessions = SignedCookieFactory::new(Secret::generate());
/// let request = Forge::new(&sessions)
///     .with("user", "ada")
///     .with_flash("Welcome back.")
///     .aged(Duration::from_secs(19 * 60))
///     .request_headers();
/// assert_eq!(sessions.load(&request).outcome(), Outcome::Valid);
/// ```
#[derive(Debug)]
#[must_use = "a forge makes nothing until it is asked for a value or headers"]
pub struct Forge<'f> {
    sessions: &'f SignedCookieFactory,
    session: Session,
    age: Duration,
    created_ago: Option<Duration>,
}

impl<'f> Forge<'f> {
    /// Starts with an empty session, created and renewed now, by the factory's clock.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::testing::Forge;
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let sessions = SignedCookieFactory::new(Secret::generate());
    /// let empty = Forge::new(&sessions).request_headers();
    /// assert!(!sessions.load(&empty).is_new());
    /// ```
    pub fn new(sessions: &'f SignedCookieFactory) -> Self {
        let session = sessions.load(&HeaderMap::new());
        Self { sessions, session, age: Duration::ZERO, created_ago: None }
    }

    /// Puts one value in.
    ///
    /// # Panics
    /// If the value cannot be written as JSON.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::testing::Forge;
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let sessions = SignedCookieFactory::new(Secret::generate());
    /// let ada = Forge::new(&sessions).with("user", "ada").with("rights", ["read", "write"]).request_headers();
    /// assert_eq!(sessions.load(&ada).keys(), ["user", "rights"]);
    /// ```
    #[track_caller]
    pub fn with(self, key: impl AsRef<str>, value: impl Serialize) -> Self {
        if let Err(error) = self.session.insert(key, value) {
            panic!("cannot forge that session: {error}");
        }
        self
    }

    /// Puts in every field of a struct or a map. They replace what [`with`](Self::with) put in
    /// before; see [`Session::replace`].
    ///
    /// # Panics
    /// If the value is not written as a JSON object.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::testing::Forge;
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let sessions = SignedCookieFactory::new(Secret::generate());
    /// #[derive(serde::Serialize)]
    /// struct Visitor { user: &'static str, visits: u64 }
    ///
    /// let ada = Forge::new(&sessions).with_all(&Visitor { user: "ada", visits: 7 }).request_headers();
    /// assert_eq!(sessions.load(&ada).get("visits")?, Some(7));
    /// # Ok::<(), signed_cookie_session::ValueError>(())
    /// ```
    #[track_caller]
    pub fn with_all(self, value: &(impl Serialize + ?Sized)) -> Self {
        if let Err(error) = self.session.replace(value) {
            panic!("cannot forge that session: {error}");
        }
        self
    }

    /// Puts a flash message into the queue without a name.
    ///
    /// # Panics
    /// If the message cannot be written as JSON.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::testing::{Forge, assert_flash};
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let sessions = SignedCookieFactory::new(Secret::generate());
    /// let request = Forge::new(&sessions).with_flash("Saved.").request_headers();
    /// assert_flash(&sessions.load(&request), ["Saved."]);
    /// ```
    #[track_caller]
    pub fn with_flash(self, message: impl Serialize) -> Self {
        if let Err(error) = self.session.flash().push(message) {
            panic!("cannot forge that session: {error}");
        }
        self
    }

    /// Puts in a CSRF token if there is none, and returns it. A form of this session must send it.
    ///
    /// # Panics
    /// If there are no random bytes, as [`Session::csrf_token`] does.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::testing::Forge;
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let sessions = SignedCookieFactory::new(Secret::generate());
    /// let ada = Forge::new(&sessions).with("user", "ada");
    /// let form = format!("item=figs&csrf_token={}", ada.csrf_token());
    /// let request = http::Request::post("/").header("cookie", ada.cookie()).body(form)?;
    /// assert!(sessions.load(request.headers()).verify_csrf_token(&ada.csrf_token()));
    /// # Ok::<(), http::Error>(())
    /// ```
    pub fn csrf_token(&self) -> String {
        self.session.csrf_token()
    }

    /// Sets how long ago the cookie was written and the session began. The timeout and the reissue
    /// time count from then.
    ///
    /// # Example
    /// ```
    /// # use std::time::Duration;
    /// # use signed_cookie_session::testing::Forge;
    /// # use signed_cookie_session::{Outcome, Secret, SignedCookieFactory};
    /// # let sessions = SignedCookieFactory::new(Secret::generate());
    /// let old = Forge::new(&sessions).aged(Duration::from_secs(1300)).request_headers();
    /// assert_eq!(sessions.load(&old).outcome(), Outcome::Expired);
    /// ```
    pub fn aged(mut self, age: Duration) -> Self {
        self.age = age;
        self
    }

    /// Sets how long ago the session began, whenever its cookie was written. The absolute
    /// timeout and `valid_since` count from then.
    ///
    /// # Example
    /// ```
    /// # use std::time::Duration;
    /// # use signed_cookie_session::testing::Forge;
    /// # use signed_cookie_session::{Outcome, Secret, SignedCookieFactory};
    /// let day = Duration::from_secs(24 * 60 * 60);
    /// let sessions = SignedCookieFactory::builder(Secret::generate()).absolute_timeout(day).build()?;
    /// let request = Forge::new(&sessions).created_ago(2 * day).request_headers();
    /// assert_eq!(sessions.load(&request).outcome(), Outcome::Expired);
    /// # Ok::<(), signed_cookie_session::ConfigError>(())
    /// ```
    pub fn created_ago(mut self, age: Duration) -> Self {
        self.created_ago = Some(age);
        self
    }

    /// Returns the cookie's value.
    ///
    /// # Panics
    /// If the session is too large for a cookie, or if its serializer fails.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::testing::Forge;
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let sessions = SignedCookieFactory::new(Secret::generate());
    /// let value = Forge::new(&sessions).with("user", "ada").value();
    /// assert_eq!(sessions.decode(&value)?.get::<String>("user")?.as_deref(), Some("ada"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn value(&self) -> String {
        match self.sessions.forge(&self.session, self.age, self.created_ago.unwrap_or(self.age)) {
            Ok(value) => value,
            Err(error) => panic!("cannot forge that session: {error}"),
        }
    }

    /// Returns the value of the `Cookie` header that a browser with this cookie sends: `session=…`.
    ///
    /// # Panics
    /// If [`value`](Self::value) panics.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::testing::Forge;
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let sessions = SignedCookieFactory::new(Secret::generate());
    /// let request = http::Request::get("/cart").header("cookie", Forge::new(&sessions).cookie()).body(())?;
    /// # Ok::<(), http::Error>(())
    /// ```
    #[track_caller]
    pub fn cookie(&self) -> String {
        self.sessions.cookie_header(&self.value())
    }

    /// Returns the headers of a request that has only this cookie.
    ///
    /// # Panics
    /// If [`value`](Self::value) panics.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::testing::Forge;
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let sessions = SignedCookieFactory::new(Secret::generate());
    /// let session = sessions.load(&Forge::new(&sessions).with("user", "ada").request_headers());
    /// assert!(session.contains_key("user"));
    /// ```
    #[track_caller]
    pub fn request_headers(&self) -> HeaderMap {
        let cookie = HeaderValue::try_from(self.cookie()).expect("name and value are ASCII");
        HeaderMap::from_iter([(COOKIE, cookie)])
    }
}
