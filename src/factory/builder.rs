//! The builder. It has Pyramid's thirteen settings, under the names that Rust users expect, and more.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

#[cfg(feature = "device-bound")]
use crate::device_bound::DeviceBound;
use crate::factory::SignedCookieFactory;
use crate::factory::former::{Former, check_format};
use crate::format::kind::Format;
use crate::format::serializer::Serializer;
use crate::format::signature::HashAlgorithm;
use crate::secret::Secrets;
use crate::session::clock::Clock;
use crate::session::policy::MAX_FORMERS;
use crate::session::random::Random;
use crate::settings::error::ConfigError;
use crate::settings::{Salt, SameSite, Settings};

/// Builds a [`SignedCookieFactory`] with your own settings. [`SignedCookieFactory::builder`] returns a builder.
///
/// Every setting has a default. The most useful ones come first:
///
/// | method | sets | default |
/// |---|---|---|
/// | [`settings`](Self::settings) | everything that a file or the environment sets | |
/// | [`timeout`](Self::timeout) | how long a session is valid without being renewed | 20 minutes |
/// | [`reissue_time`](Self::reissue_time) | after which time reading renews a session | a tenth of `timeout` |
/// | [`absolute_timeout`](Self::absolute_timeout) | how long a session is valid in any case | none |
/// | [`max_age`](Self::max_age) | how long a browser keeps the cookie | until it is closed |
/// | [`valid_since`](Self::valid_since) | a time before which no valid session began | none |
/// | [`cookie_name`](Self::cookie_name) | the cookie's name | `session` |
/// | [`secure`](Self::secure) | whether the cookie is sent over HTTPS only | true |
/// | [`http_only`](Self::http_only) | whether scripts cannot read the cookie | true |
/// | [`same_site`](Self::same_site) | whether other sites' requests carry the cookie | [`SameSite::Lax`] |
/// | [`path`](Self::path) | the path for which the cookie is sent | `/` |
/// | [`domain`](Self::domain), [`no_domain`](Self::no_domain) | the hosts to which the cookie is sent | the one that set it |
/// | [`partitioned`](Self::partitioned) | whether each embedding site gets its own cookie | false |
/// | [`max_cookie_size`](Self::max_cookie_size) | how long the cookie's value may be | 4064 bytes |
/// | [`flash_limit`](Self::flash_limit) | how many messages a flash queue holds | 32 |
/// | [`end_mark`](Self::end_mark) | whether a logout leaves an end mark | true |
/// | [`set_on_exception`](Self::set_on_exception) | whether a 5xx response saves the session | true |
/// | [`cache_headers`](Self::cache_headers) | whether saving sets `Vary` and `Cache-Control` | true |
/// | [`salt`](Self::salt) | what separates two uses of one secret | `pyramid.session.` |
/// | [`hash_algorithm`](Self::hash_algorithm) | the hash of the signature | [`HashAlgorithm::Sha512`] |
/// | [`serializer`](Self::serializer) | how the JSON text is converted before it is signed | not at all |
/// | [`clock`](Self::clock) | the clock | the system's |
/// | [`random`](Self::random) | the source of random bytes | the system's |
///
/// # Example
/// ```
/// use std::time::Duration;
/// use signed_cookie_session::{Secret, SignedCookieFactory};
///
/// let sessions = SignedCookieFactory::builder(Secret::generate())
///     .cookie_name("__Host-shop")
///     .timeout(Duration::from_secs(30 * 60))
///     .absolute_timeout(Duration::from_secs(12 * 60 * 60))
///     .build()?;
/// # Ok::<(), signed_cookie_session::ConfigError>(())
/// ```
#[must_use = "a builder does nothing until it is built"]
pub struct Builder {
    secrets: Secrets,
    settings: Settings,
    serializer: Option<Arc<dyn Serializer>>,
    formers: Vec<Former>,
    /// `None` if the platform has no clock and none was given. Then `build` fails.
    clock: Option<Clock>,
    random: Random,
    #[cfg(feature = "device-bound")]
    device_bound: Option<DeviceBound>,
}

impl Builder {
    pub(crate) fn new(secrets: Secrets) -> Self {
        Self {
            secrets,
            settings: Settings::default(),
            serializer: None,
            formers: Vec::new(),
            clock: Clock::system(),
            random: Random::system(),
            #[cfg(feature = "device-bound")]
            device_bound: None,
        }
    }

    /// Replaces all settings with those that were read from a file or the environment. The serializer, the clock and
    /// the random source are kept. Methods that are called after this one override the file.
    ///
    /// # Example
    /// ```
    /// use signed_cookie_session::{Secret, Settings, SignedCookieFactory};
    ///
    /// let settings: Settings = toml::from_str(r#"timeout = "30m""#)?;
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

    /// Sets how long a session is valid without being renewed; `None` sets no limit. Default: 20 minutes.
    ///
    /// Each change renews a session; reading renews it as often as [`reissue_time`](Self::reissue_time) says.
    ///
    /// # Example
    /// ```
    /// # use std::time::Duration;
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let builder = SignedCookieFactory::builder(Secret::generate());
    /// let sessions = builder.timeout(Duration::from_secs(30 * 60)).build()?;
    /// # Ok::<(), signed_cookie_session::ConfigError>(())
    /// ```
    pub fn timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.settings.timeout = timeout.into();
        self.settings.told.timeout = true;
        self
    }

    /// Sets how old a cookie may become before reading its session renews it. With `None` only a change renews a
    /// session. Default: a tenth of [`timeout`](Self::timeout), 2 minutes.
    ///
    /// It must be shorter than the timeout. Pyramid's own default is zero, so that every page that reads the session
    /// writes its cookie, and may undo a change that another page of the same visitor made in the meantime.
    ///
    /// # Example
    /// ```
    /// # use std::time::Duration;
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let builder = SignedCookieFactory::builder(Secret::generate());
    /// let sessions = builder.reissue_time(Duration::from_secs(60)).build()?;
    /// # Ok::<(), signed_cookie_session::ConfigError>(())
    /// ```
    pub fn reissue_time(mut self, reissue_time: impl Into<Option<Duration>>) -> Self {
        self.settings.reissue_time = reissue_time.into().into();
        self
    }

    /// Sets how long a session is valid from [`created`](crate::Session::created) on, however often it is renewed;
    /// `None` sets no limit. Default: no limit.
    ///
    /// # Example
    /// ```
    /// # use std::time::Duration;
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let builder = SignedCookieFactory::builder(Secret::generate());
    /// let sessions = builder.absolute_timeout(Duration::from_secs(12 * 60 * 60)).build()?;
    /// # Ok::<(), signed_cookie_session::ConfigError>(())
    /// ```
    pub fn absolute_timeout(mut self, absolute_timeout: impl Into<Option<Duration>>) -> Self {
        self.settings.absolute_timeout = absolute_timeout.into();
        self
    }

    /// Sets how long a browser keeps the cookie, in whole seconds and at most 400 days. `None` keeps it until the
    /// browser is closed. Default: `None`.
    ///
    /// This does not make a session valid for longer: [`timeout`](Self::timeout) sets that.
    ///
    /// # Example
    /// ```
    /// # use std::time::Duration;
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let builder = SignedCookieFactory::builder(Secret::generate());
    /// let two_weeks = Duration::from_secs(14 * 24 * 60 * 60);
    /// let sessions = builder.timeout(two_weeks).max_age(two_weeks).build()?;
    /// # Ok::<(), signed_cookie_session::ConfigError>(())
    /// ```
    pub fn max_age(mut self, max_age: impl Into<Option<Duration>>) -> Self {
        self.settings.max_age = max_age.into();
        self.settings.told.max_age = true;
        self
    }

    /// Ends every session that was created before this time; `None` ends none. Default: `None`.
    ///
    /// Use it to log everybody out, for instance after cookies were stolen. It does not help after the secret was
    /// stolen, because a thief who has the secret can write any time. Replace a stolen secret, and do not let it
    /// [verify](Secrets::verify_only) any more.
    ///
    /// The cookies of other frameworks do not say when the session was created. Such a session counts as created when the
    /// framework last signed it, until it is first read here: then its time of creation is written into it. This holds for
    /// [`absolute_timeout`](Self::absolute_timeout) too.
    ///
    /// # Example
    /// ```
    /// # use std::time::{Duration, UNIX_EPOCH};
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let builder = SignedCookieFactory::builder(Secret::generate());
    /// let incident = UNIX_EPOCH + Duration::from_secs(1_790_000_000); // `date +%s`
    /// let sessions = builder.valid_since(incident).build()?;
    /// # Ok::<(), signed_cookie_session::ConfigError>(())
    /// ```
    pub fn valid_since(mut self, valid_since: impl Into<Option<SystemTime>>) -> Self {
        self.settings.valid_since = valid_since.into();
        self
    }

    /// Sets the cookie's name. Default: `session`, as in Pyramid.
    ///
    /// If the name begins with `__Host-`, browsers do not let sibling domains set the cookie (RFC 6265bis section
    /// 4.1.3.2). Such a cookie must be Secure, have the path `/`, and have no domain.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let builder = SignedCookieFactory::builder(Secret::generate());
    /// let sessions = builder.cookie_name("__Host-session").build()?;
    /// # Ok::<(), signed_cookie_session::ConfigError>(())
    /// ```
    pub fn cookie_name(mut self, name: impl Into<String>) -> Self {
        self.settings.cookie_name = name.into();
        self.settings.told.cookie_name = true;
        self
    }

    /// Sets whether a browser sends the cookie over HTTPS only. Default: `true` (Pyramid's is `false`).
    ///
    /// Over plain HTTP, Chromium accepts a Secure cookie from `http://localhost` and `http://127.0.0.1`, and Firefox from
    /// `http://localhost`. Safari does not, and no browser accepts one from another host.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let builder = SignedCookieFactory::builder(Secret::generate());
    /// let sessions = builder.secure(!cfg!(debug_assertions)).build()?;
    /// # Ok::<(), signed_cookie_session::ConfigError>(())
    /// ```
    pub fn secure(mut self, secure: bool) -> Self {
        self.settings.secure = secure;
        self
    }

    /// Sets whether the page's scripts cannot read the cookie. Default: `true` (Pyramid's is `false`).
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let builder = SignedCookieFactory::builder(Secret::generate());
    /// let sessions = builder.http_only(true).build()?;
    /// # Ok::<(), signed_cookie_session::ConfigError>(())
    /// ```
    pub fn http_only(mut self, http_only: bool) -> Self {
        self.settings.http_only = http_only;
        self
    }

    /// Sets when a browser sends the cookie with a request that another site caused; `None` leaves this to
    /// the browser. Default: [`SameSite::Lax`].
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{SameSite, Secret, SignedCookieFactory};
    /// # let builder = SignedCookieFactory::builder(Secret::generate());
    /// let sessions = builder.same_site(SameSite::Strict).build()?;
    /// # Ok::<(), signed_cookie_session::ConfigError>(())
    /// ```
    pub fn same_site(mut self, same_site: impl Into<Option<SameSite>>) -> Self {
        self.settings.same_site = same_site.into();
        self
    }

    /// Sets the path for which a browser sends the cookie. Default: `/`, the whole site.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let builder = SignedCookieFactory::builder(Secret::generate());
    /// let sessions = builder.path("/shop").build()?;
    /// # Ok::<(), signed_cookie_session::ConfigError>(())
    /// ```
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.settings.path = path.into();
        self
    }

    /// Sets the domain: a browser sends the cookie to all of its hosts. Default: none, so that only the host
    /// that set the cookie gets it, which is safer.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let builder = SignedCookieFactory::builder(Secret::generate());
    /// let sessions = builder.domain("example.com").build()?;
    /// # Ok::<(), signed_cookie_session::ConfigError>(())
    /// ```
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.settings.domain = Some(domain.into());
        self
    }

    /// Removes a domain that came from a file, so that only the host that set the cookie gets it.
    ///
    /// # Example
    /// ```
    /// use signed_cookie_session::{Secret, Settings, SignedCookieFactory};
    ///
    /// let settings: Settings = toml::from_str(r#"domain = "example.com""#)?;
    /// let builder = SignedCookieFactory::builder(Secret::generate()).settings(settings);
    /// let sessions = builder.cookie_name("__Host-session").no_domain().build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn no_domain(mut self) -> Self {
        self.settings.domain = None;
        self
    }

    /// Sets whether a browser keeps a separate cookie for each site that embeds this one (CHIPS). Default: `false`.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{SameSite, Secret, SignedCookieFactory};
    /// # let builder = SignedCookieFactory::builder(Secret::generate());
    /// let embedded = builder.partitioned(true).same_site(SameSite::None).build()?;
    /// # Ok::<(), signed_cookie_session::ConfigError>(())
    /// ```
    pub fn partitioned(mut self, partitioned: bool) -> Self {
        self.settings.partitioned = partitioned;
        self
    }

    /// Sets how many bytes the cookie's value may have. Default: 4064, as in Pyramid.
    ///
    /// Name and value together never have more than 4096 bytes, because browsers drop such a cookie silently.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let builder = SignedCookieFactory::builder(Secret::generate());
    /// let sessions = builder.max_cookie_size(3000).build()?; // for a proxy that allows no more
    /// # Ok::<(), signed_cookie_session::ConfigError>(())
    /// ```
    pub fn max_cookie_size(mut self, bytes: usize) -> Self {
        self.settings.max_cookie_size = bytes;
        self
    }

    /// Sets how many messages a flash queue holds. When one more is pushed, the oldest is dropped. `None` sets no
    /// limit, as in Pyramid. Default: 32.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let builder = SignedCookieFactory::builder(Secret::generate());
    /// let sessions = builder.flash_limit(10).build()?;
    /// # Ok::<(), signed_cookie_session::ConfigError>(())
    /// ```
    pub fn flash_limit(mut self, flash_limit: impl Into<Option<usize>>) -> Self {
        self.settings.flash_limit = flash_limit.into();
        self
    }

    /// Sets whether a logout or a login leaves an end mark: a second cookie, `NAME.ended`, that names the session
    /// that ended, so that a page that was still loading cannot bring it back. The mark also names up to three sessions
    /// that ended before in the same browser. Default: `true`.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let builder = SignedCookieFactory::builder(Secret::generate());
    /// let as_in_pyramid = builder.end_mark(false).build()?;
    /// # Ok::<(), signed_cookie_session::ConfigError>(())
    /// ```
    pub fn end_mark(mut self, end_mark: bool) -> Self {
        self.settings.end_mark = end_mark;
        self
    }

    /// Sets whether a response with a 5xx status saves the session. Default: `true`.
    ///
    /// With `false`, a page that failed changes nothing: flash messages that it popped are shown again. A logout is
    /// saved in any case.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let builder = SignedCookieFactory::builder(Secret::generate());
    /// let sessions = builder.set_on_exception(false).build()?;
    /// # Ok::<(), signed_cookie_session::ConfigError>(())
    /// ```
    pub fn set_on_exception(mut self, set_on_exception: bool) -> Self {
        self.settings.set_on_exception = set_on_exception;
        self
    }

    /// Sets whether saving writes the headers `Vary` and `Cache-Control`. Default: `true`.
    ///
    /// With `false`, the app itself must keep a page of one visitor, and the visitor's cookie, from being cached for
    /// another.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let builder = SignedCookieFactory::builder(Secret::generate());
    /// let sessions = builder.cache_headers(false).build()?;
    /// # Ok::<(), signed_cookie_session::ConfigError>(())
    /// ```
    pub fn cache_headers(mut self, cache_headers: bool) -> Self {
        self.settings.cache_headers = cache_headers;
        self
    }

    /// Sets the salt, which separates two uses of one secret: a cookie that was signed with one salt does not verify
    /// with another. Default: `pyramid.session.`
    ///
    /// The salt is bytes. Pyramid encodes a salt with non-ASCII characters as latin-1, or as UTF-8 if the salt or the
    /// secret does not fit into latin-1.
    ///
    /// # Different pairs with one key
    /// The HMAC key is the salt followed by the secret, as in Pyramid. Nothing marks where the salt ends, so different
    /// pairs can have the same key:
    /// - Salt `shop.` with secret `eu-X` has the same key as salt `shop.eu-` with secret `X`. This cannot happen if all
    ///   secrets are random and have the same length.
    /// - HMAC pads short keys with NUL bytes, so a secret and the same secret followed by NUL bytes are the same key.
    /// - HMAC hashes a key that is longer than a block of the hash (128 bytes; 64 for SHA-256), so such a key and its
    ///   hash are the same key.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let secret = Secret::generate();
    /// let sessions = SignedCookieFactory::builder(secret.clone()).cookie_name("login").salt("login.").build()?;
    /// let wizards = SignedCookieFactory::builder(secret).cookie_name("wizard").salt("wizard.").build()?;
    /// # Ok::<(), signed_cookie_session::ConfigError>(())
    /// ```
    pub fn salt(mut self, salt: impl AsRef<[u8]>) -> Self {
        self.settings.salt = Salt(salt.as_ref().into());
        self.settings.told.salt = true;
        self
    }

    /// Sets the hash of the signature. Default: [`HashAlgorithm::Sha512`].
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{HashAlgorithm, Secret, SignedCookieFactory};
    /// # let builder = SignedCookieFactory::builder(Secret::generate());
    /// let sessions = builder.hash_algorithm(HashAlgorithm::Sha256).build()?;
    /// # Ok::<(), signed_cookie_session::ConfigError>(())
    /// ```
    pub fn hash_algorithm(mut self, hash_algorithm: HashAlgorithm) -> Self {
        self.settings.hash_algorithm = hash_algorithm;
        self.settings.told.hash_algorithm = true;
        self
    }

    /// Sets a serializer, which converts the session's JSON text into the bytes that are signed, and back. Default: the
    /// text itself is signed. [`Serializer`] has an example.
    pub fn serializer(mut self, serializer: impl Serializer + 'static) -> Self {
        self.serializer = Some(Arc::new(serializer));
        self
    }

    /// Sets the format of the cookie. Default: [`Format::Signed`], which is Pyramid's.
    ///
    /// A format has its own defaults for settings that you do not set. The table at [`Format`] lists them.
    ///
    /// # Example
    /// ```
    /// # #[cfg(feature = "flask")] {
    /// use signed_cookie_session::{Format, Secret, SignedCookieFactory};
    ///
    /// // Beside a Flask application: both read and write one cookie.
    /// let secret = Secret::legacy("Flask's SECRET_KEY")?;
    /// let sessions = SignedCookieFactory::builder(secret).format(Format::Flask).build()?;
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn format(mut self, format: Format) -> Self {
        self.settings.format = format;
        self
    }

    /// Adds a former cookie, with another format, salt, hash, name, path or domain, that is still read and no longer
    /// written.
    ///
    /// If the request has no valid cookie of the present format, the former cookies are tried in the order in which you
    /// add them.
    ///
    /// # Example
    /// ```
    /// use signed_cookie_session::{Format, Former, Secret, SignedCookieFactory};
    ///
    /// # let secret = Secret::generate();
    /// let former = Former::new(Format::Signed, secret.clone()).salt("the salt of last year");
    /// let sessions = SignedCookieFactory::builder(secret).former(former).build()?;
    /// # Ok::<(), signed_cookie_session::ConfigError>(())
    /// ```
    pub fn former(mut self, former: Former) -> Self {
        self.formers.push(former);
        self
    }

    /// Sets the clock. Default: the system's clock.
    ///
    /// `wasm32-unknown-unknown` has no clock, and [`build`](Self::build) returns an error there if none was set.
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

    /// Sets the source of random bytes for CSRF tokens. It must fill the slice that it is given with bytes that
    /// nobody can guess. Default: the operating system's source, with the feature `getrandom`.
    ///
    /// Without a source there are no new CSRF tokens. Everything else works.
    ///
    /// # Example
    /// ```
    /// use signed_cookie_session::{Secret, SignedCookieFactory};
    ///
    /// # let crypto_get_random_values = |bytes: &mut [u8]| bytes.fill(7);
    /// # let platform_secret = || (0..64).collect();
    /// let sessions = SignedCookieFactory::builder(Secret::from_vec(platform_secret())?)
    ///     .clock(|| std::time::UNIX_EPOCH) // the platform's
    ///     .random(move |bytes| crypto_get_random_values(bytes))
    ///     .build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn random(mut self, source: impl Fn(&mut [u8]) + Send + Sync + 'static) -> Self {
        self.random = Random::new(source);
        self
    }

    /// Allows sessions to be bound to a device, so that copied cookies are valid for a few minutes only. Call
    /// [`bind_to_device`](crate::Session::bind_to_device) to bind a session. This is experimental, like the draft that
    /// browsers follow.
    ///
    /// It needs HTTPS, and a cookie without a domain that is not partitioned. The tower layers and the actix-web
    /// middleware answer the two endpoints. If you use neither, call
    /// [`device_answer`](SignedCookieFactory::device_answer).
    ///
    /// # Example
    /// ```
    /// use signed_cookie_session::{DeviceBound, Secret, SignedCookieFactory};
    ///
    /// let sessions = SignedCookieFactory::builder(Secret::generate()).device_bound(DeviceBound::new()).build()?;
    /// # Ok::<(), signed_cookie_session::ConfigError>(())
    /// ```
    #[cfg(feature = "device-bound")]
    pub fn device_bound(mut self, device_bound: DeviceBound) -> Self {
        self.device_bound = Some(device_bound);
        self
    }

    /// Checks the settings and builds the factory.
    ///
    /// # Errors
    /// Returns [`ConfigError`], which names the setting and says what to change, for
    /// - a name, path or domain that a `Set-Cookie` header cannot contain,
    /// - a name with `__Host-`, `__Secure-` or `__Http-`, SameSite=None or Partitioned without the attributes that
    ///   browsers require with it,
    /// - a `timeout` or `absolute_timeout` of zero, and a `reissue_time` that is not shorter than the timeout,
    /// - a `max_age` of less than a second or more than 400 days,
    /// - a size that is too small for a session or too large for a browser, and a `flash_limit` of zero,
    /// - a platform that has no clock, if you set none.
    ///
    /// # Example
    /// ```
    /// use signed_cookie_session::{SameSite, Secret, SignedCookieFactory};
    ///
    /// let embedded = SignedCookieFactory::builder(Secret::generate()).same_site(SameSite::None);
    /// assert!(embedded.secure(false).build().is_err());
    /// ```
    pub fn build(self) -> Result<SignedCookieFactory, ConfigError> {
        let Self { secrets, settings, serializer, formers, clock, random, .. } = self;
        #[cfg(feature = "device-bound")]
        let device_bound = self.device_bound;
        let settings = settings.with_format_defaults();
        settings.check()?;
        let hash_algorithm = settings.told_hash_algorithm();
        check_format(settings.format, &secrets, settings.told.salt, hash_algorithm, serializer.is_some(), &random)?;
        if formers.len() > MAX_FORMERS {
            return Err(ConfigError::new("former", format!("there are more than {MAX_FORMERS}: remove the oldest")));
        }
        formers.iter().try_for_each(|former| former.check(&settings, &random))?;
        let clock = clock.ok_or_else(|| ConfigError::new("clock", "this platform has none: set one with clock(…)"))?;
        #[cfg(feature = "device-bound")]
        if let Some(device_bound) = &device_bound {
            device_bound.check(&settings)?;
        }
        let factory = SignedCookieFactory::from_parts(&secrets, settings, serializer, formers, clock, random);
        #[cfg(feature = "device-bound")]
        if let Some(device_bound) = &device_bound {
            return Ok(factory.with_device_bound(device_bound, &secrets));
        }
        Ok(factory)
    }
}

/// The constructors of the factory. They are here because the module of the factory must not depend on the builder.
impl SignedCookieFactory {
    /// Returns a factory with the defaults of the [`Builder`].
    ///
    /// They are Pyramid's defaults, except where [`Settings::pyramid`] says otherwise. `wasm32-unknown-unknown` has no
    /// clock and therefore no `new`: use the [`builder`](Self::builder) and set a clock.
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

    /// Returns a builder, to change the settings.
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

/// Does not show the secrets or the salt.
impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("secrets", &self.secrets)
            .field("cookie_name", &self.settings.cookie_name)
            .finish_non_exhaustive()
    }
}
