//! The builder: Pyramid's thirteen settings under the names Rust users expect, and ours.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::factory::SignedCookieFactory;
use crate::format::serializer::Serializer;
use crate::format::signature::HashAlgorithm;
use crate::secret::Secrets;
use crate::session::clock::Clock;
use crate::session::random::Random;
use crate::settings::error::ConfigError;
use crate::settings::{Salt, SameSite, Settings};

/// Settings for a [`SignedCookieFactory`], made by [`SignedCookieFactory::builder`].
///
/// # Example
/// ```
/// use std::time::Duration;
/// use signed_cookie_session::{Secret, SignedCookieFactory};
///
/// let sessions = SignedCookieFactory::builder(Secret::generate())
///     .cookie_name("__Host-shop")
///     .timeout(Duration::from_secs(30 * 60))
///     .reissue_time(Duration::from_secs(3 * 60))
///     .absolute_timeout(Duration::from_secs(12 * 60 * 60))
///     .build()?;
/// # Ok::<(), signed_cookie_session::ConfigError>(())
/// ```
#[must_use = "a builder does nothing until it is built"]
pub struct Builder {
    secrets: Secrets,
    settings: Settings,
    serializer: Option<Arc<dyn Serializer>>,
    /// None where the platform has none and no other is supplied, which cannot be built.
    clock: Option<Clock>,
    random: Random,
}

impl Builder {
    pub(crate) fn new(secrets: Secrets) -> Self {
        Self {
            secrets,
            settings: Settings::default(),
            serializer: None,
            clock: Clock::system(),
            random: Random::system(),
        }
    }

    /// Puts settings that were read from a file or the environment in the place of all that stand so
    /// far, except the serializer, the clock and the random source. What is set after it counts more than they do.
    ///
    /// # Example
    /// ```
    /// use signed_cookie_session::{Secret, Settings, SignedCookieFactory};
    ///
    /// let settings: Settings = toml::from_str("timeout = 1800")?;
    /// let sessions = SignedCookieFactory::builder(Secret::generate())
    ///     .settings(settings)
    ///     .cookie_name("__Host-shop") // in every deployment
    ///     .build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// The cookie's name. Default: `session`, as in Pyramid.
    ///
    /// `__Host-` before it makes browsers keep sibling domains from setting it (RFC 6265bis section
    /// 4.1.3.2); it asks for Secure, the path `/` and no domain.
    pub fn cookie_name(mut self, name: impl Into<String>) -> Self {
        self.settings.cookie_name = name.into();
        self
    }

    /// How long a browser keeps the cookie, in whole seconds, at most 400 days. Default: none, until
    /// the browser is closed. What a session is good for is said by [`timeout`](Self::timeout).
    pub fn max_age(mut self, max_age: impl Into<Option<Duration>>) -> Self {
        self.settings.max_age = max_age.into();
        self
    }

    /// The path below which a browser sends the cookie. Default: `/`.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.settings.path = path.into();
        self
    }

    /// The domain whose hosts a browser sends the cookie to. Default: none, so that only the host
    /// that set it gets it, which is safer.
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.settings.domain = Some(domain.into());
        self
    }

    /// Whether a browser sends the cookie over HTTPS only. Default: `true` (Pyramid's is `false`).
    ///
    /// Chromium and Firefox take a Secure cookie from plain `http://localhost` as well; Safari does
    /// not, and no browser does from another plain-HTTP host.
    pub fn secure(mut self, secure: bool) -> Self {
        self.settings.secure = secure;
        self
    }

    /// Whether the cookie is kept from the page's scripts. Default: `true` (Pyramid's is `false`).
    pub fn http_only(mut self, http_only: bool) -> Self {
        self.settings.http_only = http_only;
        self
    }

    /// When a browser sends the cookie with a request that another site caused; `None` leaves it to
    /// the browser. Default: [`SameSite::Lax`].
    pub fn same_site(mut self, same_site: impl Into<Option<SameSite>>) -> Self {
        self.settings.same_site = same_site.into();
        self
    }

    /// Whether the cookie is written on a response with a 5xx status. Default: `true`. With `false`
    /// a page that failed changes nothing: the flash messages it popped come again.
    pub fn set_on_exception(mut self, set_on_exception: bool) -> Self {
        self.settings.set_on_exception = set_on_exception;
        self
    }

    /// How long a session lives without being renewed; `None` for ever. Default: 1200 seconds.
    pub fn timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.settings.timeout = timeout.into();
        self
    }

    /// How old a cookie may get before reading its session renews it; `None` turns that off, and then only a change
    /// renews it. Default: a tenth of [`timeout`](Self::timeout), 120 seconds.
    ///
    /// Pyramid's own default is zero: every page that reads the session writes its cookie, and so may undo what
    /// another page of the same visitor changed meanwhile.
    pub fn reissue_time(mut self, reissue_time: impl Into<Option<Duration>>) -> Self {
        self.settings.reissue_time = reissue_time.into().into();
        self
    }

    /// The hash of the signature. Default: [`HashAlgorithm::Sha512`].
    pub fn hash_algorithm(mut self, hash_algorithm: HashAlgorithm) -> Self {
        self.settings.hash_algorithm = hash_algorithm;
        self
    }

    /// What keeps two uses of one secret apart: a cookie signed with one salt does not verify with
    /// another. Default: `pyramid.session.`
    ///
    /// It is bytes. A Pyramid salt with characters beyond ASCII is latin-1 there, or UTF-8 where
    /// salt or secret does not fit latin-1.
    pub fn salt(mut self, salt: impl AsRef<[u8]>) -> Self {
        self.settings.salt = Salt(salt.as_ref().into());
        self
    }

    /// What stands between the session's JSON and its signature. Default: nothing.
    pub fn serializer(mut self, serializer: impl Serializer + 'static) -> Self {
        self.serializer = Some(Arc::new(serializer));
        self
    }

    /// How long a session lives at all, however often it is renewed, counted from
    /// [`created`](crate::Session::created); `None` for ever. Default: none.
    pub fn absolute_timeout(mut self, absolute_timeout: impl Into<Option<Duration>>) -> Self {
        self.settings.absolute_timeout = absolute_timeout.into();
        self
    }

    /// Whether the cookie is kept apart for each site that embeds this one (CHIPS). Default: `false`.
    pub fn partitioned(mut self, partitioned: bool) -> Self {
        self.settings.partitioned = partitioned;
        self
    }

    /// Ends every session that was created before this moment: what a site has that keeps no list of
    /// its sessions, on the day cookies got into wrong hands. Default: none.
    ///
    /// Against whoever has the secret it does nothing, for they write any moment they like: a stolen
    /// secret must go, and not stay as one that [verifies](Secrets::verify_only).
    pub fn valid_since(mut self, valid_since: impl Into<Option<SystemTime>>) -> Self {
        self.settings.valid_since = valid_since.into();
        self
    }

    /// The most bytes the cookie's value may have. Default: 4064, Pyramid's. Name and value together
    /// may never have more than 4096: browsers drop such a cookie without a word.
    pub fn max_cookie_size(mut self, bytes: usize) -> Self {
        self.settings.max_cookie_size = bytes;
        self
    }

    /// Whether saving writes `Vary` and `Cache-Control`. Default: `true`. With `false` it is the
    /// app's to keep one visitor's page, and cookie, from another's cache.
    pub fn cache_headers(mut self, cache_headers: bool) -> Self {
        self.settings.cache_headers = cache_headers;
        self
    }

    /// Whether a logout or a login leaves an end mark behind: a second cookie, `NAME.ended`, that names the session
    /// that ended, so that a page that was still loading cannot bring it back. Default: `true`.
    pub fn end_mark(mut self, end_mark: bool) -> Self {
        self.settings.end_mark = end_mark;
        self
    }

    /// How many messages a flash queue holds; when one more is pushed, the oldest is dropped. `None` sets no limit,
    /// as in Pyramid. Default: 32.
    pub fn flash_limit(mut self, flash_limit: impl Into<Option<usize>>) -> Self {
        self.settings.flash_limit = flash_limit.into();
        self
    }

    /// The clock. Default: the system's. `wasm32-unknown-unknown` has none, and
    /// [`build`](Self::build) asks for one there.
    ///
    /// # Example
    /// ```
    /// use std::time::{Duration, UNIX_EPOCH};
    /// use signed_cookie_session::{Secret, SignedCookieFactory};
    ///
    /// let sessions = SignedCookieFactory::builder(Secret::generate())
    ///     .clock(|| UNIX_EPOCH + Duration::from_secs(1_790_000_000))
    ///     .build()?;
    /// # Ok::<(), signed_cookie_session::ConfigError>(())
    /// ```
    pub fn clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Some(Clock::new(clock));
        self
    }

    /// The source of random bytes for CSRF tokens: it must fill the slice it is given with bytes that
    /// nobody can guess. Default: the operating system's, with the feature `getrandom`. Without either
    /// there are no new CSRF tokens, and all else works.
    ///
    /// # Example
    /// ```
    /// use signed_cookie_session::{Secret, SignedCookieFactory};
    ///
    /// # let crypto_get_random_values = |bytes: &mut [u8]| bytes.fill(7);
    /// let sessions = SignedCookieFactory::builder(Secret::legacy("a secret of the platform's"))
    ///     .clock(|| std::time::UNIX_EPOCH) // the platform's
    ///     .random(move |bytes| crypto_get_random_values(bytes))
    ///     .build()?;
    /// # Ok::<(), signed_cookie_session::ConfigError>(())
    /// ```
    pub fn random(mut self, source: impl Fn(&mut [u8]) + Send + Sync + 'static) -> Self {
        self.random = Random::new(source);
        self
    }

    /// Checks the settings and makes the factory.
    ///
    /// # Errors
    /// [`ConfigError`] for a setting that cannot work, with what to change: a name, path or domain
    /// that cannot stand in a `Set-Cookie` line, `__Host-`, `__Secure-`, SameSite=None or Partitioned
    /// without what browsers ask for with them, a `max_age` of nothing or of more than 400 days, a
    /// size that holds no session or that no browser stores; and for a clock that was not supplied on a
    /// platform that has none.
    ///
    /// # Example
    /// ```
    /// use signed_cookie_session::{SameSite, Secret, SignedCookieFactory};
    ///
    /// let embedded = SignedCookieFactory::builder(Secret::generate()).same_site(SameSite::None);
    /// assert!(embedded.secure(false).build().is_err());
    /// ```
    pub fn build(self) -> Result<SignedCookieFactory, ConfigError> {
        self.settings.check()?;
        let clock =
            self.clock.ok_or_else(|| ConfigError::new("clock", "this platform has none: supply one with clock(…)"))?;
        Ok(SignedCookieFactory::from_parts(&self.secrets, self.settings, self.serializer, clock, self.random))
    }
}

/// Where a factory comes from: it knows nothing of its builder.
impl SignedCookieFactory {
    /// A factory with Pyramid's defaults, but for Secure and HttpOnly, which are on.
    ///
    /// It takes the system's clock; where there is none, on `wasm32-unknown-unknown`, there is only the
    /// [`builder`](Self::builder), which takes another.
    ///
    /// # Example
    /// ```
    /// use signed_cookie_session::{Secret, SignedCookieFactory};
    ///
    /// let sessions = SignedCookieFactory::new(Secret::generate());
    /// ```
    #[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
    pub fn new(secrets: impl Into<Secrets>) -> Self {
        Self::builder(secrets).build().expect("the defaults can be built")
    }

    /// A factory with settings of your own.
    ///
    /// # Example
    /// ```
    /// use signed_cookie_session::{Secret, SignedCookieFactory};
    ///
    /// let sessions = SignedCookieFactory::builder(Secret::generate()).cookie_name("__Host-id").build()?;
    /// # Ok::<(), signed_cookie_session::ConfigError>(())
    /// ```
    pub fn builder(secrets: impl Into<Secrets>) -> Builder {
        Builder::new(secrets.into())
    }
}

/// Shows no secret and no salt.
impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("secrets", &self.secrets)
            .field("cookie_name", &self.settings.cookie_name)
            .finish_non_exhaustive()
    }
}
