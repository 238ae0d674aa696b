//! Every setting of a factory, and what cannot work among them.

pub(crate) mod error;
mod serde;
mod value;

use std::fmt;
use std::time::{Duration, SystemTime};

use crate::format::envelope;
use crate::format::signature::HashAlgorithm;
use crate::settings::error::ConfigError;

/// Pyramid's limit for a value, which leaves room for the name within [`MAX_PAIR_LEN`].
const DEFAULT_MAX_COOKIE_SIZE: usize = 4064;

/// What a browser stores of name and value together (RFC 6265bis section 5.7); it drops what is
/// longer without a word.
pub(crate) const MAX_PAIR_LEN: usize = 4096;

/// What a browser takes of one attribute's value (RFC 6265bis section 5.6).
const MAX_ATTRIBUTE_LEN: usize = 1024;

/// What a browser takes of a Max-Age (RFC 6265bis section 5.5): 400 days.
const MAX_MAX_AGE: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// How many messages a flash queue holds unless a setting says otherwise.
const DEFAULT_FLASH_LIMIT: usize = 32;

/// When a browser sends the cookie with a request that another site caused.
///
/// # Example
/// ```
/// use signed_cookie_session::{SameSite, Secret, SignedCookieFactory};
///
/// let sessions = SignedCookieFactory::builder(Secret::generate()).same_site(SameSite::Strict).build()?;
/// # Ok::<(), signed_cookie_session::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SameSite {
    /// Never: not even when the user follows a link to the site.
    Strict,
    /// When the user follows a link to the site, and not with a form or an image of another site.
    Lax,
    /// Always. Browsers take it from a Secure cookie only.
    None,
}

/// The settings of a [`SignedCookieFactory`](crate::SignedCookieFactory) that can stand in a file or
/// in the environment: all of them but the clock, the random source and the serializer, which are code, and the secret,
/// which belongs in neither.
///
/// It is read and written with serde, from any format that says what its values are: TOML, JSON,
/// YAML, or what the crates `config` and `figment` put together. In code, the [`Builder`](crate::Builder)
/// has a method for each of them, of the same name, whose documentation says what it does.
///
/// | setting | values |
/// |---|---|
/// | `cookie_name`, `path`, `salt` | a text |
/// | `domain` | a text, or off |
/// | `max_age`, `timeout`, `reissue_time`, `absolute_timeout` | whole seconds, or off |
/// | `valid_since` | whole seconds since 1970 (`date +%s`), or off |
/// | `max_cookie_size` | a number of bytes |
/// | `secure`, `http_only`, `partitioned`, `set_on_exception`, `cache_headers` | yes or no |
/// | `same_site` | `strict`, `lax`, `none`, or off |
/// | `hash_algorithm` | `sha256`, `sha384`, `sha512` |
///
/// What is left out keeps its default. *Off* is an empty text, `off`, `none` or the format's own
/// null; with `same_site`, `none` is a value of the attribute, and not off. Numbers may be texts, as they
/// are in the environment and in an .ini, and yes or no are what Pyramid's `asbool` takes: `true`,
/// `yes`, `on`, `y`, `t`, `1` and their opposites.
///
/// Pyramid's names, `httponly`, `samesite` and `hashalg`, mean the same as ours, and `session.` may
/// stand before any of them. Pyramid's defaults are not ours in two places: `secure` and `http_only`
/// are on unless the file turns them off.
///
/// A setting `secret` is passed over and not kept, since `SESSION_SECRET` often stands beside
/// `SESSION_TIMEOUT`. Any other name that is not known is an error, and so is a name given twice.
///
/// # Example
/// ```
/// use signed_cookie_session::{Secret, Settings, SignedCookieFactory};
///
/// #[derive(serde::Deserialize)]
/// struct Config {
///     session: Settings,
/// }
///
/// let config: Config = toml::from_str(r#"
///     [session]
///     cookie_name = "__Host-shop"
///     timeout = 1800
///     reissue_time = 180
///     absolute_timeout = 43200
/// "#)?;
/// let sessions = SignedCookieFactory::builder(Secret::generate()).settings(config.session).build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// From the environment, without another crate: here the four variables that Bottle's
/// `BottleSessions` documents.
/// ```
/// use serde::Deserialize;
/// use serde::de::value::{Error, MapDeserializer};
/// use signed_cookie_session::Settings;
///
/// const NAMES: [(&str, &str); 4] = [
///     ("SESSION_COOKIE", "cookie_name"),
///     ("SESSION_LIFE", "timeout"),
///     ("SESSION_SECURE", "secure"),
///     ("SESSION_PATH", "path"),
/// ];
///
/// let set = NAMES.into_iter().filter_map(|(variable, name)| Some((name, std::env::var(variable).ok()?)));
/// let settings = Settings::deserialize(MapDeserializer::<_, Error>::new(set))?;
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    pub(crate) cookie_name: String,
    pub(crate) max_age: Option<Duration>,
    pub(crate) path: String,
    pub(crate) domain: Option<String>,
    pub(crate) secure: bool,
    pub(crate) http_only: bool,
    pub(crate) same_site: Option<SameSite>,
    pub(crate) partitioned: bool,
    pub(crate) set_on_exception: bool,
    pub(crate) timeout: Option<Duration>,
    pub(crate) reissue_time: ReissueTime,
    pub(crate) absolute_timeout: Option<Duration>,
    pub(crate) valid_since: Option<SystemTime>,
    pub(crate) hash_algorithm: HashAlgorithm,
    pub(crate) salt: Salt,
    pub(crate) max_cookie_size: usize,
    pub(crate) cache_headers: bool,
    pub(crate) end_mark: bool,
    pub(crate) flash_limit: Option<usize>,
}

/// When reading a session renews its cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReissueTime {
    /// After a tenth of the timeout.
    Default,
    Off,
    After(Duration),
}

impl From<Option<Duration>> for ReissueTime {
    fn from(reissue_time: Option<Duration>) -> Self {
        reissue_time.map_or(Self::Off, Self::After)
    }
}

/// No secret, and yet nothing for a log.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Salt(pub(crate) Vec<u8>);

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(..)")
    }
}

/// Pyramid's, but for Secure and HttpOnly.
impl Default for Settings {
    fn default() -> Self {
        Self {
            cookie_name: "session".into(),
            max_age: None,
            path: "/".into(),
            domain: None,
            secure: true,
            http_only: true,
            same_site: Some(SameSite::Lax),
            partitioned: false,
            set_on_exception: true,
            timeout: Some(Duration::from_secs(1200)),
            reissue_time: ReissueTime::Default,
            absolute_timeout: None,
            valid_since: None,
            hash_algorithm: HashAlgorithm::default(),
            salt: Salt(b"pyramid.session.".into()),
            max_cookie_size: DEFAULT_MAX_COOKIE_SIZE,
            cache_headers: true,
            end_mark: true,
            flash_limit: Some(DEFAULT_FLASH_LIMIT),
        }
    }
}

impl Settings {
    /// Pyramid's own defaults to the letter, for a site that is still half Pyramid: Secure and HttpOnly are off, a page
    /// that reads the session writes its cookie (`reissue_time` 0), and there is no end mark and no flash limit.
    ///
    /// # Example
    /// ```
    /// use signed_cookie_session::{Secret, Settings, SignedCookieFactory};
    ///
    /// let sessions = SignedCookieFactory::builder(Secret::generate()).settings(Settings::pyramid()).build()?;
    /// # Ok::<(), signed_cookie_session::ConfigError>(())
    /// ```
    pub fn pyramid() -> Self {
        Self {
            secure: false,
            http_only: false,
            reissue_time: ReissueTime::After(Duration::ZERO),
            end_mark: false,
            flash_limit: None,
            ..Self::default()
        }
    }

    /// How old a cookie may get before reading its session renews it. Without a timeout there is still the browser's
    /// `Max-Age` to renew.
    pub(crate) fn effective_reissue_time(&self) -> Option<Duration> {
        match self.reissue_time {
            ReissueTime::Default => self.timeout.or(self.max_age).map(|life| life / 10),
            ReissueTime::Off => None,
            ReissueTime::After(age) => Some(age),
        }
    }

    /// The most bytes a value may have.
    pub(crate) fn value_limit(&self) -> usize {
        self.max_cookie_size.min(MAX_PAIR_LEN.saturating_sub(self.cookie_name.len()))
    }

    /// Refuses what cannot work in any browser, or at all.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        self.check_name()?;
        self.check_path()?;
        self.check_domain()?;
        self.check_attributes()?;
        self.check_prefix()?;
        self.check_size()
    }

    fn check_name(&self) -> Result<(), ConfigError> {
        if self.cookie_name.is_empty() {
            return Err(ConfigError::new("cookie_name", "it is empty: give the cookie a name"));
        }
        // RFC 9110 section 5.6.2, which RFC 6265bis section 4.1.1 asks of a cookie's name.
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        match self.cookie_name.chars().find(|character| !u8::try_from(*character).is_ok_and(is_token)) {
            Some(odd) => Err(ConfigError::new(
                "cookie_name",
                format!("{odd:?} cannot stand in a cookie's name: use letters, digits, '-', '_' and '.'"),
            )),
            None => Ok(()),
        }
    }

    fn check_path(&self) -> Result<(), ConfigError> {
        if !self.path.starts_with('/') {
            return Err(ConfigError::new("path", "it must begin with '/': browsers ignore any other"));
        }
        if self.path.ends_with(' ') {
            return Err(ConfigError::new("path", "browsers drop the space at its end: leave it out, or write it %20"));
        }
        check_attribute("path", &self.path)
    }

    fn check_domain(&self) -> Result<(), ConfigError> {
        let Some(domain) = &self.domain else { return Ok(()) };
        let host = domain.strip_prefix('.').unwrap_or(domain);
        let is_label = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        };
        if !host.split('.').all(is_label) {
            return Err(ConfigError::new(
                "domain",
                "it is no host name: give one like \"example.com\", without scheme, port or path, \
                 and in ASCII (xn--…); or set none, and the cookie stays with the host that sets it",
            ));
        }
        check_attribute("domain", domain)
    }

    fn check_attributes(&self) -> Result<(), ConfigError> {
        if self.same_site == Some(SameSite::None) && !self.secure {
            return Err(ConfigError::new(
                "same_site",
                "browsers refuse SameSite=None without Secure: set secure(true), or SameSite::Lax",
            ));
        }
        if self.partitioned && !self.secure {
            return Err(ConfigError::new(
                "partitioned",
                "browsers refuse Partitioned without Secure: set secure(true)",
            ));
        }
        match self.max_age {
            Some(max_age) if max_age > MAX_MAX_AGE => {
                Err(ConfigError::new("max_age", "browsers cut it at 400 days: set that or less, or none"))
            }
            Some(max_age) if max_age.as_secs() == 0 => Err(ConfigError::new(
                "max_age",
                "under a second it would remove the cookie at once: set a second or more, or none to keep it until the browser is closed",
            )),
            _ => Ok(()),
        }
    }

    /// RFC 6265bis section 4.1.3: what a name's prefix promises, in any case, must hold.
    fn check_prefix(&self) -> Result<(), ConfigError> {
        let name = self.cookie_name.to_ascii_lowercase();
        let host = name.starts_with("__host-");
        let host_http = name.starts_with("__host-http-");
        let http = name.starts_with("__http-") || host_http;
        let prefix = if host_http {
            "__Host-Http-"
        } else if host {
            "__Host-"
        } else if http {
            "__Http-"
        } else {
            "__Secure-"
        };
        let broken = |setting, unless: &str, instead: &str| {
            let problem = format!(
                "a browser drops a cookie named \"{prefix}…\" unless {unless}: {instead}, or take another name"
            );
            Err(ConfigError::new(setting, problem))
        };
        if (host || http || name.starts_with("__secure-")) && !self.secure {
            return broken("secure", "it is Secure", "set secure(true)");
        }
        if http && !self.http_only {
            return broken("http_only", "it is HttpOnly", "set http_only(true)");
        }
        if host && self.domain.is_some() {
            return broken("domain", "it has no domain", "set none");
        }
        if host && self.path != "/" {
            return broken("path", "its path is \"/\"", "leave the path at \"/\"");
        }
        Ok(())
    }

    fn check_size(&self) -> Result<(), ConfigError> {
        if self.max_cookie_size > MAX_PAIR_LEN {
            return Err(ConfigError::new(
                "max_cookie_size",
                "browsers drop a cookie of more than 4096 bytes without a word: set that or less",
            ));
        }
        let signature = envelope::value_len(self.hash_algorithm.tag_len());
        if self.max_cookie_size <= signature {
            let problem = format!("the signature alone takes {signature} bytes: set more, 4064 as a rule");
            return Err(ConfigError::new("max_cookie_size", problem));
        }
        if self.value_limit() <= signature {
            return Err(ConfigError::new(
                "cookie_name",
                "it leaves no room for a value within the 4096 bytes that a browser stores: shorten it",
            ));
        }
        Ok(())
    }
}

fn check_attribute(setting: &'static str, value: &str) -> Result<(), ConfigError> {
    if let Some(odd) = value.chars().find(|character| !matches!(character, ' '..='~') || *character == ';') {
        return Err(ConfigError::new(
            setting,
            format!("{odd:?} cannot stand in it: percent-encode it, or take it out"),
        ));
    }
    if value.len() > MAX_ATTRIBUTE_LEN {
        return Err(ConfigError::new(setting, "browsers ignore one of more than 1024 bytes: shorten it"));
    }
    Ok(())
}
