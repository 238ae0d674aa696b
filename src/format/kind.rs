//! The formats, with the defaults of each and its codec.

use std::sync::Arc;
use std::time::Duration;

use crate::format::Codec;
use crate::format::envelope::Envelope;
use crate::format::serializer::Serializer;
use crate::format::signature::{HashAlgorithm, Signer};
use crate::format::signed::Signed;
use crate::secret::Secrets;

/// The suffix that an end mark's name adds to the session's name.
pub(crate) const END_MARK_SUFFIX: &str = ".ended";

/// Pyramid's salt.
pub(crate) const PYRAMID_SALT: &[u8] = b"pyramid.session.";

/// Fills a slice with random bytes.
pub(crate) type FillRandom = Arc<dyn Fn(&mut [u8]) + Send + Sync>;

/// The format of a session's cookie, set with [`Builder::format`](crate::Builder::format). There are two formats of our
/// own, and those of other frameworks, so that a Rust service and a site in another language can share one session.
///
/// A format has its framework's defaults for settings that you do not set: the cookie's name, the salt, the hash,
/// `timeout` and `max_age`. `secure`, `http_only`, `same_site` and `path` keep the defaults of this crate.
///
/// | format | name | salt | hash | `timeout` | `max_age` |
/// |---|---|---|---|---|---|
/// | `Signed` | `session` | `pyramid.session.` | SHA-512 | 20 minutes | none |
/// | `Encrypted` | `session` | `pyramid.session.` | | 20 minutes | none |
/// | `Flask` | `session` | `cookie-session` | SHA-1 | 31 days | none, 31 days if `_permanent` |
/// | `Django` | `sessionid` | `django.contrib.sessions.backends.signed_cookies` | SHA-256 | 14 days | 14 days, or as `set_expiry` says |
/// | `Starlette` | `session` | `itsdangerous.Signer` | SHA-1 | 14 days | 14 days |
/// | `Express` | `session` | | SHA-1 | none | none |
/// | `ReactRouter` | `__session` | | SHA-256 | none | none |
/// | `Rails`, `RailsSha1` | `_session_id` | `authenticated encrypted cookie` | | none | none |
///
/// In a format of another framework, the session's [`created`](crate::Session::created) is stored in the dict under
/// `_created_`. In a format without a time, [`renewed`](crate::Session::renewed) is stored under `_renewed_`. Our
/// methods of the dict hide these keys; the other framework shows them. A cookie without them counts as created when it
/// was signed, or when it is first read.
///
/// # Example
/// ```
/// # #[cfg(feature = "encrypted")] {
/// use signed_cookie_session::{Format, Secret, SignedCookieFactory};
///
/// let sessions = SignedCookieFactory::builder(Secret::generate()).format(Format::Encrypted).build()?;
/// # }
/// # Ok::<(), signed_cookie_session::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// Pyramid's cookie: signed, and readable by the visitor.
    #[default]
    Signed,
    /// Encrypted with AES-256-GCM-SIV: the visitor can neither read nor change it.
    ///
    /// [`build`](crate::Builder::build) refuses a secret that [`Secret::new`](crate::Secret::new) refuses, and needs a
    /// [random source](crate::Builder::random).
    #[cfg(feature = "encrypted")]
    #[cfg_attr(docsrs, doc(cfg(feature = "encrypted")))]
    Encrypted,
    /// The cookie of Flask and Quart. The secret is `SECRET_KEY`, and `SECRET_KEY_FALLBACKS` are
    /// [`verify_only`](crate::Secrets::verify_only).
    ///
    /// [`Session::flash`](crate::Session::flash) uses Flask's own messages: the queue is the category, and the queue
    /// without a name is `message`. Read values with Flask's tags with the module `flask`.
    #[cfg(feature = "flask")]
    #[cfg_attr(docsrs, doc(cfg(feature = "flask")))]
    Flask,
    /// Django's cookie, with `SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"`. The secret is
    /// `SECRET_KEY`, and `SECRET_KEY_FALLBACKS` are [`verify_only`](crate::Secrets::verify_only).
    #[cfg(feature = "django")]
    #[cfg_attr(docsrs, doc(cfg(feature = "django")))]
    Django,
    /// The cookie of Starlette's `SessionMiddleware`, which FastAPI uses too. The secret is `secret_key`.
    #[cfg(feature = "starlette")]
    #[cfg_attr(docsrs, doc(cfg(feature = "starlette")))]
    Starlette,
    /// The two cookies of Express' `cookie-session`, `NAME` and `NAME.sig`. The first of its `keys` is the secret that
    /// signs, and the others are [`verify_only`](crate::Secrets::verify_only).
    ///
    /// [`encode`](crate::SignedCookieFactory::encode) and [`decode`](crate::SignedCookieFactory::decode) join the two
    /// values with a dot. Signatures in hexadecimal digits (an option of `Keygrip`) are read, and written in base64.
    #[cfg(feature = "express")]
    #[cfg_attr(docsrs, doc(cfg(feature = "express")))]
    Express,
    /// The cookie of React Router's and Remix' `createCookieSessionStorage`. The first of its `secrets` is the secret
    /// that signs, and the others are [`verify_only`](crate::Secrets::verify_only).
    #[cfg(feature = "react-router")]
    #[cfg_attr(docsrs, doc(cfg(feature = "react-router")))]
    ReactRouter,
    /// The encrypted cookie of Rails 7.0 to 8, with JSON in it. The secret is `secret_key_base`. Set the cookie's name,
    /// because each Rails app has its own, `_APP_session`.
    ///
    /// Cookies of Rails 5.2 to 6.1, whose keys are derived with SHA-1, are read too, and written with SHA-256.
    #[cfg(feature = "rails")]
    #[cfg_attr(docsrs, doc(cfg(feature = "rails")))]
    Rails,
    /// The encrypted cookie of a Rails app whose keys are derived with SHA-1: Rails 5.2 to 6.1, and later versions
    /// without `load_defaults 7.0`. Cookies whose keys are derived with SHA-256 are read too.
    #[cfg(feature = "rails")]
    #[cfg_attr(docsrs, doc(cfg(feature = "rails")))]
    RailsSha1,
}

/// The defaults of a format.
pub(crate) struct Defaults {
    pub(crate) cookie_name: &'static str,
    /// `None` if the format has no salt.
    pub(crate) salt: Option<&'static [u8]>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) max_age: Option<Duration>,
}

impl Format {
    /// Returns whether a visitor can read the content of the cookie.
    #[allow(dead_code, reason = "used by the feature tower-sessions only")]
    pub(crate) fn is_readable(self) -> bool {
        match self {
            #[cfg(feature = "encrypted")]
            Self::Encrypted => false,
            #[cfg(feature = "rails")]
            Self::Rails | Self::RailsSha1 => false,
            _ => true,
        }
    }

    /// All formats of this build.
    pub(crate) const ALL: &[Self] = &[
        Self::Signed,
        #[cfg(feature = "encrypted")]
        Self::Encrypted,
        #[cfg(feature = "flask")]
        Self::Flask,
        #[cfg(feature = "django")]
        Self::Django,
        #[cfg(feature = "starlette")]
        Self::Starlette,
        #[cfg(feature = "express")]
        Self::Express,
        #[cfg(feature = "react-router")]
        Self::ReactRouter,
        #[cfg(feature = "rails")]
        Self::Rails,
        #[cfg(feature = "rails")]
        Self::RailsSha1,
    ];

    /// Returns the format's name in a settings file and on the command line: `signed`, `react-router`.
    ///
    /// # Example
    /// ```
    /// use signed_cookie_session::Format;
    ///
    /// assert_eq!(Format::Signed.as_str(), "signed");
    /// ```
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Signed => "signed",
            #[cfg(feature = "encrypted")]
            Self::Encrypted => "encrypted",
            #[cfg(feature = "flask")]
            Self::Flask => "flask",
            #[cfg(feature = "django")]
            Self::Django => "django",
            #[cfg(feature = "starlette")]
            Self::Starlette => "starlette",
            #[cfg(feature = "express")]
            Self::Express => "express",
            #[cfg(feature = "react-router")]
            Self::ReactRouter => "react-router",
            #[cfg(feature = "rails")]
            Self::Rails => "rails",
            #[cfg(feature = "rails")]
            Self::RailsSha1 => "rails-sha1",
        }
    }

    /// Returns the format with this name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|format| format.as_str() == name)
    }

    /// Returns the defaults of the format.
    pub(crate) const fn defaults(self) -> Defaults {
        const TWENTY_MINUTES: Option<Duration> = Some(Duration::from_secs(1200));
        let (cookie_name, salt, timeout, max_age) = match self {
            Self::Signed => ("session", Some(PYRAMID_SALT), TWENTY_MINUTES, None),
            #[cfg(feature = "encrypted")]
            Self::Encrypted => ("session", Some(PYRAMID_SALT), TWENTY_MINUTES, None),
            #[cfg(feature = "flask")]
            Self::Flask => {
                use crate::format::flask::{COOKIE_NAME, SALT, TIMEOUT};
                (COOKIE_NAME, Some(SALT), Some(TIMEOUT), None)
            }
            #[cfg(feature = "django")]
            Self::Django => {
                use crate::format::django::{COOKIE_NAME, SALT, TIMEOUT};
                (COOKIE_NAME, Some(SALT), Some(TIMEOUT), Some(TIMEOUT))
            }
            #[cfg(feature = "starlette")]
            Self::Starlette => {
                use crate::format::starlette::{COOKIE_NAME, SALT, TIMEOUT};
                (COOKIE_NAME, Some(SALT), Some(TIMEOUT), Some(TIMEOUT))
            }
            #[cfg(feature = "express")]
            Self::Express => (crate::format::express::COOKIE_NAME, None, None, None),
            #[cfg(feature = "react-router")]
            Self::ReactRouter => (crate::format::react_router::COOKIE_NAME, None, None, None),
            #[cfg(feature = "rails")]
            Self::Rails | Self::RailsSha1 => {
                use crate::format::rails::{COOKIE_NAME, SALT};
                (COOKIE_NAME, Some(SALT), None, None)
            }
        };
        Defaults { cookie_name, salt, timeout, max_age }
    }

    /// Returns whether writing needs random bytes.
    pub(crate) const fn needs_random(self) -> bool {
        match self {
            #[cfg(feature = "encrypted")]
            Self::Encrypted => true,
            #[cfg(feature = "rails")]
            Self::Rails | Self::RailsSha1 => true,
            _ => false,
        }
    }

    /// Returns whether weak secrets are refused.
    pub(crate) const fn needs_strong_secret(self) -> bool {
        match self {
            #[cfg(feature = "encrypted")]
            Self::Encrypted => true,
            _ => false,
        }
    }

    /// Returns whether it is one of this crate's own formats, which support a [`Serializer`] and every hash.
    pub(crate) const fn is_ours(self) -> bool {
        match self {
            Self::Signed => true,
            #[cfg(feature = "encrypted")]
            Self::Encrypted => true,
            #[allow(unreachable_patterns, reason = "without their features there are no others")]
            _ => false,
        }
    }

    /// Returns whether the format supports this hash.
    pub(crate) const fn takes_hash(self, hash: HashAlgorithm) -> bool {
        match self {
            Self::Signed => true,
            #[cfg(feature = "flask")]
            Self::Flask => true,
            #[cfg(feature = "express")]
            Self::Express => true,
            #[cfg(feature = "django")]
            Self::Django => matches!(hash, HashAlgorithm::Sha256),
            #[cfg(feature = "react-router")]
            Self::ReactRouter => matches!(hash, HashAlgorithm::Sha256),
            #[allow(unreachable_patterns, reason = "without their features there are no others")]
            _ => {
                let _ = hash;
                false
            }
        }
    }
}

/// Writes the name in a settings file.
impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The settings of a codec, which must have been checked.
pub(crate) struct CodecParts<'p> {
    pub(crate) format: Format,
    pub(crate) secrets: &'p Secrets,
    pub(crate) cookie_name: &'p str,
    pub(crate) salt: &'p [u8],
    /// `None` for the format's default.
    pub(crate) hash_algorithm: Option<HashAlgorithm>,
    pub(crate) serializer: Option<Arc<dyn Serializer>>,
    pub(crate) timeout: Option<Duration>,
    /// `Some` if the format needs random bytes.
    pub(crate) random: Option<FillRandom>,
}

impl Codec {
    pub(crate) fn new(parts: CodecParts<'_>) -> Self {
        let CodecParts { format, secrets, cookie_name, salt, hash_algorithm, serializer, timeout, random } = parts;
        let _ = (cookie_name, timeout, &random);
        match format {
            Format::Signed => {
                let signer = Signer::new(hash_algorithm.unwrap_or_default(), salt, secrets);
                Self::Signed(Signed { envelope: Envelope::new(signer), serializer })
            }
            #[cfg(feature = "encrypted")]
            Format::Encrypted => {
                let random = random.expect("there is a random source");
                let encrypted =
                    crate::format::encrypted::Encrypted::new(secrets, salt, cookie_name, serializer, random);
                Self::Other(Box::new(encrypted))
            }
            #[cfg(feature = "flask")]
            Format::Flask => {
                let new = |salt: &[u8]| crate::format::flask::Flask::new(secrets, salt, hash_algorithm, timeout);
                foreign(new(salt), new(&marked(salt)))
            }
            #[cfg(feature = "django")]
            Format::Django => {
                let new = |salt: &[u8]| crate::format::django::Django::new(secrets, salt);
                foreign(new(salt), new(&marked(salt)))
            }
            #[cfg(feature = "starlette")]
            Format::Starlette => {
                let new = |salt: &[u8]| crate::format::starlette::Starlette::new(secrets, salt);
                foreign(new(salt), new(&marked(salt)))
            }
            #[cfg(feature = "express")]
            Format::Express => {
                let new = |name: &str| crate::format::express::Express::new(secrets, name, hash_algorithm);
                foreign(new(cookie_name), new(&[cookie_name, END_MARK_SUFFIX].concat()))
            }
            #[cfg(feature = "react-router")]
            Format::ReactRouter => {
                let new = || crate::format::react_router::ReactRouter::new(secrets);
                foreign(new(), new())
            }
            #[cfg(feature = "rails")]
            Format::Rails | Format::RailsSha1 => {
                use crate::format::rails::{KeyHash, Rails};
                let hash = if format == Format::Rails { KeyHash::Sha256 } else { KeyHash::Sha1 };
                let random = random.expect("there is a random source");
                let rails = Rails::new(secrets, salt, cookie_name, hash, random);
                let marks = rails.for_cookie(&[cookie_name, END_MARK_SUFFIX].concat());
                foreign(rails, marks)
            }
        }
    }
}

/// Returns the salt of end marks.
#[cfg(any(feature = "flask", feature = "django", feature = "starlette"))]
fn marked(salt: &[u8]) -> Vec<u8> {
    [salt, END_MARK_SUFFIX.as_bytes()].concat()
}

#[cfg(any(
    feature = "flask",
    feature = "django",
    feature = "starlette",
    feature = "express",
    feature = "react-router",
    feature = "rails"
))]
fn foreign<F: crate::format::foreign::Framework + 'static>(framework: F, marks: F) -> Codec {
    Codec::Other(Box::new(crate::format::foreign::Foreign::new(framework, marks)))
}
