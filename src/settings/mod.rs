//! Every setting of a factory, and the checks for settings that cannot work.

pub(crate) mod error;
mod serde;
mod value;

use std::fmt;
use std::time::{Duration, SystemTime};

use crate::format::envelope;
use crate::format::kind::{Format, PYRAMID_SALT};
use crate::format::record::MAX_COOKIE_AGE;
use crate::format::signature::HashAlgorithm;
use crate::settings::error::ConfigError;

/// Pyramid's limit for a value, which leaves room for the name within [`MAX_PAIR_LEN`].
const DEFAULT_MAX_COOKIE_SIZE: usize = 4064;

/// The most bytes of name and value together that a browser stores (RFC 6265bis section 5.7). It drops a longer cookie
/// silently.
pub(crate) const MAX_PAIR_LEN: usize = 4096;

/// The most bytes of an attribute's value that a browser accepts (RFC 6265bis section 5.6).
const MAX_ATTRIBUTE_LEN: usize = 1024;

/// The most messages a flash queue holds by default.
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
    /// Never, not even when the user follows a link to the site, or comes back from a login with another site (OAuth).
    Strict,
    /// When the user follows a link to the site, but not with a form or an image of another site.
    Lax,
    /// Always. Browsers accept this for Secure cookies only.
    None,
}

/// Settings of a [`SignedCookieFactory`](crate::SignedCookieFactory) that were read from a file or the environment.
///
/// Settings are read and written with serde, from any self-describing format: TOML, JSON, YAML, or the crates `config`
/// and `figment`. The [`Builder`](crate::Builder) has a method with the same name for each setting, whose documentation
/// describes it. The secret, the clock, the random source and the serializer cannot be set in a file.
///
/// | setting | values | default |
/// |---|---|---|
/// | `timeout` | a duration, or off | `"20m"` |
/// | `reissue_time` | a duration, or off | a tenth of `timeout` |
/// | `absolute_timeout`, `max_age` | a duration, or off | off |
/// | `valid_since` | a time, or off | off |
/// | `cookie_name`, `path`, `salt` | a text | `"session"`, `"/"`, `"pyramid.session."` |
/// | `domain` | a text, or off | off |
/// | `same_site` | `strict`, `lax` or `none`, or off | `lax` |
/// | `secure`, `http_only` | true or false | true |
/// | `partitioned` | true or false | false |
/// | `max_cookie_size` | a number of bytes | 4064 |
/// | `flash_limit` | a number of messages, or off | 32 |
/// | `end_mark`, `set_on_exception`, `cache_headers` | true or false | true |
/// | `format` | the name of a [`Format`]: `signed`, `encrypted`, `flask`, … | `"signed"` |
/// | `hash_algorithm` | `sha256`, `sha384` or `sha512` | `sha512` |
///
/// - A **duration** is a number of seconds, or a number with a unit: `"45s"`, `"30m"`, `"12h"`, `"14d"`.
/// - A **time** is RFC 3339, `"2026-07-31T12:00:00Z"`, or a number of seconds since 1970, as `date +%s` prints it.
/// - **Off** is `"off"` or `"none"`. In `same_site`, `none` is a value of the attribute, and only `off` leaves it out.
///   An empty text or a null is an error, so that a variable that is not set cannot turn a limit off; for
///   `domain` alone, empty is off.
/// - Numbers may be written as text, as in the environment and in an .ini. True and false may be written as Pyramid's
///   `asbool` accepts them: `true`, `yes`, `on`, `y`, `t`, `1` and their opposites.
///
/// Pyramid's names `httponly`, `samesite` and `hashalg` are accepted too, and any name may begin with `session.`.
/// [`Settings::pyramid`] lists the defaults that differ from Pyramid's.
///
/// A setting `secret` is ignored and not kept, because `SESSION_SECRET` is often next to `SESSION_TIMEOUT` in the
/// environment. Any other unknown name is an error, and so is a name that occurs twice. Errors name the setting.
/// Formats that have lines, such as TOML, also name the line.
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
///     timeout = "30m"
///     absolute_timeout = "12h"
///     valid_since = 2026-07-31T12:00:00Z
/// "#)?;
/// let sessions = SignedCookieFactory::builder(Secret::generate()).settings(config.session).build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// You can read settings from the environment without another crate. These four variables are those that Bottle's
/// `BottleSessions` documents:
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
    pub(crate) format: Format,
    pub(crate) told: Told,
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

/// Whether the user has set each of the settings whose default depends on the format.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Told {
    pub(crate) cookie_name: bool,
    pub(crate) salt: bool,
    pub(crate) hash_algorithm: bool,
    pub(crate) timeout: bool,
    pub(crate) max_age: bool,
}

/// Always equal, so that settings with the same values are equal.
impl PartialEq for Told {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Told {}

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

/// A salt is not secret, but it does not belong in a log.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Salt(pub(crate) Vec<u8>);

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(..)")
    }
}

/// The defaults of a [`Builder`](crate::Builder).
impl Default for Settings {
    fn default() -> Self {
        Self {
            format: Format::Signed,
            told: Told::default(),
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
            salt: Salt(PYRAMID_SALT.into()),
            max_cookie_size: DEFAULT_MAX_COOKIE_SIZE,
            cache_headers: true,
            end_mark: true,
            flash_limit: Some(DEFAULT_FLASH_LIMIT),
        }
    }
}

impl Settings {
    /// Replaces the settings that the user has not set with the format's defaults.
    pub(crate) fn with_format_defaults(mut self) -> Self {
        let (told, defaults) = (self.told, self.format.defaults());
        if !told.cookie_name {
            self.cookie_name = defaults.cookie_name.into();
        }
        if !told.salt {
            self.salt = Salt(defaults.salt.unwrap_or_default().into());
        }
        if !told.timeout {
            self.timeout = defaults.timeout;
        }
        if !told.max_age {
            self.max_age = defaults.max_age;
        }
        self
    }

    /// Returns the hash if the user has set one.
    pub(crate) fn told_hash_algorithm(&self) -> Option<HashAlgorithm> {
        self.told.hash_algorithm.then_some(self.hash_algorithm)
    }

    /// Returns the defaults of Pyramid's `SignedCookieSessionFactory`, for a site that still runs partly on Pyramid.
    ///
    /// | setting | default of this crate | Pyramid's |
    /// |---|---|---|
    /// | `secure` | true | false |
    /// | `http_only` | true | false |
    /// | `reissue_time` | a tenth of `timeout` | 0: each page that reads the session writes its cookie |
    /// | `end_mark` | true | false: Pyramid does not know it |
    /// | `flash_limit` | 32 | off |
    ///
    /// To read Pyramid's settings from an .ini, use `Settings` itself. A setting that the file leaves out then has the
    /// default of this crate.
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

    /// Returns how old a cookie may become before reading its session renews it. Without a timeout, a renewal still
    /// extends the browser's `Max-Age`.
    pub(crate) fn effective_reissue_time(&self) -> Option<Duration> {
        match self.reissue_time {
            ReissueTime::Default => self.timeout.or(self.max_age).map(|life| life / 10),
            ReissueTime::Off => None,
            ReissueTime::After(age) => Some(age),
        }
    }

    /// Returns the most bytes a value may have.
    pub(crate) fn value_limit(&self) -> usize {
        self.max_cookie_size.min(MAX_PAIR_LEN.saturating_sub(self.cookie_name.len()))
    }

    /// Refuses settings that no browser accepts, and settings that cannot work together.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        self.check_name()?;
        self.check_path()?;
        self.check_domain()?;
        self.check_attributes()?;
        self.check_prefix()?;
        self.check_times()?;
        self.check_size()
    }

    fn check_name(&self) -> Result<(), ConfigError> {
        if self.cookie_name.is_empty() {
            return Err(ConfigError::new("cookie_name", "it is empty: give the cookie a name, such as \"session\""));
        }
        // RFC 6265bis section 4.1.1: a cookie's name is a token of RFC 9110 section 5.6.2.
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        match self.cookie_name.chars().find(|character| !u8::try_from(*character).is_ok_and(is_token)) {
            Some(odd) => Err(ConfigError::new(
                "cookie_name",
                format!("a cookie's name must not contain {odd:?}: use letters, digits, '-', '_' and '.'"),
            )),
            None => Ok(()),
        }
    }

    fn check_path(&self) -> Result<(), ConfigError> {
        if !self.path.starts_with('/') {
            return Err(ConfigError::new(
                "path",
                "it must begin with '/', because browsers ignore any other path: write \"/\" for the whole site",
            ));
        }
        if self.path.ends_with(' ') {
            return Err(ConfigError::new("path", "browsers drop the space at its end: remove it, or write %20"));
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
                "it is not a host name: give one like \"example.com\", without scheme, port or path, \
                 and in ASCII (xn--…); or set none, and only the host that sets the cookie gets it",
            ));
        }
        check_attribute("domain", domain)
    }

    fn check_attributes(&self) -> Result<(), ConfigError> {
        if self.same_site == Some(SameSite::None) && !self.secure {
            return Err(ConfigError::new(
                "same_site",
                "browsers refuse SameSite=None without Secure: set `secure` to true, or `same_site` to Lax",
            ));
        }
        if self.partitioned && !self.secure {
            return Err(ConfigError::new(
                "partitioned",
                "browsers refuse Partitioned without Secure: set `secure` to true",
            ));
        }
        if self.flash_limit == Some(0) {
            let problem = "zero would drop every message: set one or more, or turn the limit off \
                           (\"off\" in a file, None in code)";
            return Err(ConfigError::new("flash_limit", problem));
        }
        match self.max_age {
            Some(max_age) if max_age > MAX_COOKIE_AGE => {
                Err(ConfigError::new("max_age", "browsers cut it to 400 days: set at most 400 days, or turn it off"))
            }
            Some(max_age) if max_age.as_secs() == 0 => Err(ConfigError::new(
                "max_age",
                "less than a second would remove the cookie at once: set a second or more, or turn it off to keep the cookie until the browser is closed",
            )),
            _ => Ok(()),
        }
    }

    /// Refuses a name prefix, in upper or lower case, without the attributes that it requires (RFC 6265bis section
    /// 4.1.3).
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
            let problem =
                format!("a browser drops a cookie named \"{prefix}…\" unless {unless}: {instead}, or change the name");
            Err(ConfigError::new(setting, problem))
        };
        if (host || http || name.starts_with("__secure-")) && !self.secure {
            return broken("secure", "it is Secure", "set `secure` to true");
        }
        if http && !self.http_only {
            return broken("http_only", "it is HttpOnly", "set `http_only` to true");
        }
        if host && self.domain.is_some() {
            return broken("domain", "it has no domain", "set no domain (in code: `no_domain()`)");
        }
        if host && self.path != "/" {
            return broken("path", "its path is \"/\"", "set `path` to \"/\"");
        }
        Ok(())
    }

    fn check_times(&self) -> Result<(), ConfigError> {
        for (setting, limit) in [("timeout", self.timeout), ("absolute_timeout", self.absolute_timeout)] {
            if limit.is_some_and(|limit| limit.is_zero()) {
                let problem = "zero would end every session at once: set a longer time, or turn it off \
                               (\"off\" in a file, None in code)";
                return Err(ConfigError::new(setting, problem));
            }
        }
        let (ReissueTime::After(age), Some(timeout)) = (self.reissue_time, self.timeout) else { return Ok(()) };
        if age >= timeout {
            return Err(ConfigError::new(
                "reissue_time",
                "it is not shorter than the timeout, so that a session would end before reading renews it: \
                 set a tenth of the timeout, or turn it off (\"off\" in a file, None in code) to renew a session only \
                 when it changes",
            ));
        }
        Ok(())
    }

    fn check_size(&self) -> Result<(), ConfigError> {
        if self.max_cookie_size > MAX_PAIR_LEN {
            return Err(ConfigError::new(
                "max_cookie_size",
                "browsers drop a cookie of more than 4096 bytes silently: set at most 4096",
            ));
        }
        let signature = envelope::value_len(self.hash_algorithm.tag_len());
        if self.max_cookie_size <= signature {
            let problem = format!("the signature alone takes {signature} bytes: set more, such as the default of 4064");
            return Err(ConfigError::new("max_cookie_size", problem));
        }
        if self.value_limit() <= signature {
            return Err(ConfigError::new(
                "cookie_name",
                "it is too long: a browser stores 4096 bytes of name and value together. Shorten it",
            ));
        }
        Ok(())
    }
}

fn check_attribute(setting: &'static str, value: &str) -> Result<(), ConfigError> {
    if let Some(odd) = value.chars().find(|character| !matches!(character, ' '..='~') || *character == ';') {
        return Err(ConfigError::new(setting, format!("it must not contain {odd:?}: percent-encode it, or remove it")));
    }
    if value.len() > MAX_ATTRIBUTE_LEN {
        return Err(ConfigError::new(setting, "browsers ignore it if it has more than 1024 bytes: shorten it"));
    }
    Ok(())
}
