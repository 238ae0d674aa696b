//! A former format, which is still read and no longer written.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::format::Codec;
use crate::format::kind::{CodecParts, Format};
use crate::format::serializer::Serializer;
use crate::format::signature::HashAlgorithm;
use crate::headers::set_cookie::SetCookie;
use crate::headers::{FormerCookies, SIGNATURE_SUFFIX};
use crate::secret::{Secret, Secrets};
use crate::session::random::Random;
use crate::settings::Settings;
use crate::settings::error::ConfigError;

/// A cookie that the site wrote before, with another format, salt, hash, name, path or domain. Give it to
/// [`Builder::former`](crate::Builder::former): such cookies are still read, so that the change logs nobody out.
///
/// Settings that you do not set have the format's defaults. The table at [`Format`] lists them.
///
/// - Former cookies are tried if the request has no valid cookie of the present format.
/// - The outcome of their session is [`ValidFormer`](crate::Outcome::ValidFormer). The session is written in the
///   present format when it is read. It keeps its `created`, and its life is not extended.
/// - The former cookie stays in the browser, because the application that wrote it may still need it. Use
///   [`remove`](Self::remove) to remove it. [`Session::invalidate`](crate::Session::invalidate) removes it in either
///   case.
/// - An end mark in the former format is read too, so that a session that ended before the change stays ended.
///
/// # Example
/// ```
/// use signed_cookie_session::{Format, Former, HashAlgorithm, Secret, SignedCookieFactory};
///
/// # let secret = Secret::generate();
/// // This site signed with SHA-256 under another name.
/// let former = Former::new(Format::Signed, secret.clone())
///     .cookie_name("sid")
///     .hash_algorithm(HashAlgorithm::Sha256)
///     .remove(true);
/// let sessions = SignedCookieFactory::builder(secret).cookie_name("__Host-shop").former(former).build()?;
/// # Ok::<(), signed_cookie_session::ConfigError>(())
/// ```
#[derive(Clone)]
#[must_use = "a former format is read only if it is given to a builder"]
pub struct Former {
    format: Format,
    secrets: Secrets,
    cookie_name: String,
    path: String,
    domain: Option<String>,
    salt: Option<Vec<u8>>,
    hash_algorithm: Option<HashAlgorithm>,
    serializer: Option<Arc<dyn Serializer>>,
    timeout: Option<Option<Duration>>,
    remove: bool,
}

impl Former {
    /// Creates a former format with its secrets. All of the secrets verify, and none of them signs.
    pub fn new(format: Format, secrets: impl Into<Secrets>) -> Self {
        Self {
            format,
            secrets: secrets.into(),
            cookie_name: format.defaults().cookie_name.into(),
            path: "/".into(),
            domain: None,
            salt: None,
            hash_algorithm: None,
            serializer: None,
            timeout: None,
            remove: false,
        }
    }

    /// Sets the name of the former cookie. Default: the format's.
    pub fn cookie_name(mut self, name: impl Into<String>) -> Self {
        self.cookie_name = name.into();
        self
    }

    /// Sets the path of the former cookie. Default: `/`. A browser removes a cookie only if the path agrees.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// Sets the domain of the former cookie. Default: none. A browser removes a cookie only if the domain agrees.
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.domain = Some(domain.into());
        self
    }

    /// Sets the salt. Default: the format's.
    pub fn salt(mut self, salt: impl AsRef<[u8]>) -> Self {
        self.salt = Some(salt.as_ref().into());
        self
    }

    /// Sets the hash. Default: the format's.
    pub fn hash_algorithm(mut self, hash_algorithm: HashAlgorithm) -> Self {
        self.hash_algorithm = Some(hash_algorithm);
        self
    }

    /// Sets the serializer that the former cookies were written with. Default: none.
    pub fn serializer(mut self, serializer: impl Serializer + 'static) -> Self {
        self.serializer = Some(Arc::new(serializer));
        self
    }

    /// Sets how long a former cookie is valid after it was written; `None` sets no limit. Default: the factory's own
    /// timeout for [`Format::Signed`] and `Format::Encrypted`, and the framework's timeout for another framework's
    /// format.
    ///
    /// `absolute_timeout` and `valid_since` of the factory apply too.
    pub fn timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.timeout = Some(timeout.into());
        self
    }

    /// Sets whether the former cookie is removed when its session is written in the present format. Default: `false`.
    ///
    /// Set it to `true` if no other application reads the former cookie any more.
    pub fn remove(mut self, remove: bool) -> Self {
        self.remove = remove;
        self
    }

    /// Refuses settings that cannot work.
    pub(crate) fn check(&self, settings: &Settings, random: &Random) -> Result<(), ConfigError> {
        // A `Set-Cookie` line removes the former cookie, so browsers must accept its name, path and domain.
        let cookie = Settings {
            cookie_name: self.cookie_name.clone(),
            path: self.path.clone(),
            domain: self.domain.clone(),
            ..settings.clone()
        };
        let in_former = |error: ConfigError| ConfigError::new("former", error.to_string());
        if self.timeout == Some(Some(Duration::ZERO)) {
            return Err(ConfigError::new(
                "former",
                "timeout: zero would end every session at once: set a longer time, or None",
            ));
        }
        cookie.check().map_err(in_former)?;
        let hash = self.hash_algorithm.filter(|_| self.format != Format::Signed);
        check_format(self.format, &self.secrets, self.salt.is_some(), hash, self.serializer.is_some(), random)
            .map_err(in_former)
    }

    /// Returns the codec with its timeout, and the cookies.
    pub(crate) fn into_parts(self, settings: &Settings, random: &Random) -> ((Codec, Option<Duration>), FormerCookies) {
        let defaults = self.format.defaults();
        let default_timeout = if self.format.is_ours() { settings.timeout } else { defaults.timeout };
        let timeout = self.timeout.unwrap_or(default_timeout);
        let codec = Codec::new(CodecParts {
            format: self.format,
            secrets: &self.secrets,
            cookie_name: &self.cookie_name,
            salt: self.salt.as_deref().or(defaults.salt).unwrap_or_default(),
            hash_algorithm: self.hash_algorithm,
            serializer: self.serializer,
            timeout,
            random: random.source(),
        });
        let has_signature_cookie = codec.has_signature_cookie();
        // A browser keeps partitioned cookies apart from the others, and the former application may have set either kind.
        let unpartitioned = Settings { partitioned: false, ..settings.clone() };
        let mut cookies = Vec::new();
        for settings in std::iter::once(settings).chain(settings.partitioned.then_some(&unpartitioned)) {
            let cookie = |name: &str| SetCookie::elsewhere(settings, name, &self.path, self.domain.as_deref());
            cookies.push(cookie(&self.cookie_name));
            if has_signature_cookie {
                cookies.push(cookie(&[&self.cookie_name, SIGNATURE_SUFFIX].concat()));
            }
        }
        let cookies = FormerCookies { name: self.cookie_name, has_signature_cookie, cookies, remove: self.remove };
        ((codec, timeout), cookies)
    }
}

/// Refuses settings that the format does not support. `hash_algorithm` is `None` if it was not set.
pub(crate) fn check_format(
    format: Format,
    secrets: &Secrets,
    has_salt: bool,
    hash_algorithm: Option<HashAlgorithm>,
    has_serializer: bool,
    random: &Random,
) -> Result<(), ConfigError> {
    if has_salt && format.defaults().salt.is_none() {
        return Err(ConfigError::new("salt", format!("the format {format} has no salt: leave it out")));
    }
    if let Some(hash) = hash_algorithm.filter(|hash| !format.takes_hash(*hash)) {
        let problem = format!("the format {format} does not sign with {hash:?}: leave it out");
        return Err(ConfigError::new("hash_algorithm", problem));
    }
    if has_serializer && !format.is_ours() {
        let problem = format!("the format {format} always holds JSON: leave it out");
        return Err(ConfigError::new("serializer", problem));
    }
    if format.needs_random() && !random.is_there() {
        let problem = format!(
            "the format {format} needs random bytes: turn on the feature \"getrandom\", or give the builder a source \
             with random(…)"
        );
        return Err(ConfigError::new("format", problem));
    }
    if format.needs_strong_secret() {
        for secret in secrets.iter() {
            Secret::new(secret.bytes()).map_err(|weak| ConfigError::new("secret", weak.to_string()))?;
        }
    }
    Ok(())
}

/// Does not show the secrets or the salt.
impl fmt::Debug for Former {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Former")
            .field("format", &self.format)
            .field("secrets", &self.secrets)
            .field("cookie_name", &self.cookie_name)
            .finish_non_exhaustive()
    }
}
