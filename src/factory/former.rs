//! A former format: what is still read, and no longer written.

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

/// A format, salt, hash, cookie name, path or domain that a site has used before, given to
/// [`Builder::former`](crate::Builder::former): its cookies are still read, and written in the present format, so that a
/// change of any of these logs nobody out.
///
/// What it is not told is the format's default: see the table at [`Format`].
///
/// - Former cookies are tried where no cookie of the present format can be used.
/// - Their session is [`ValidFormer`](crate::Outcome::ValidFormer). It is written in the present format as soon as it is
///   read, keeps its `created`, and does not live longer for it.
/// - The former cookie stays, because the application that wrote it may still need it, unless
///   [`remove`](Self::remove) says otherwise. [`Session::invalidate`](crate::Session::invalidate) removes it in either case.
/// - An end mark in the former format is read too: a session that ended before the change does not come back.
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
    /// Takes a format and its secrets. All of them verify, and none of them signs.
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

    /// Sets how old a former cookie may be, counted from when it was written; `None` turns the limit off.
    /// Default: the factory's own timeout for [`Format::Signed`] and `Format::Encrypted`, and for another framework's
    /// format that framework's.
    ///
    /// `absolute_timeout` and `valid_since` are the factory's.
    pub fn timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.timeout = Some(timeout.into());
        self
    }

    /// Sets whether the former cookie is removed once its session is written in the present format. Default: no.
    ///
    /// Choose yes if no other application reads it any more.
    pub fn remove(mut self, remove: bool) -> Self {
        self.remove = remove;
        self
    }

    /// Refuses what cannot work.
    pub(crate) fn check(&self, settings: &Settings, random: &Random) -> Result<(), ConfigError> {
        // Its cookie is removed by a line of its own, which must be one that a browser takes.
        let cookie = Settings {
            cookie_name: self.cookie_name.clone(),
            path: self.path.clone(),
            domain: self.domain.clone(),
            ..settings.clone()
        };
        let in_former = |error: ConfigError| ConfigError::new("former", error.to_string());
        cookie.check().map_err(in_former)?;
        let hash = self.hash_algorithm.filter(|_| self.format != Format::Signed);
        check_format(self.format, &self.secrets, self.salt.is_some(), hash, self.serializer.is_some(), random)
            .map_err(in_former)
    }

    /// The codec with its timeout, and its cookies.
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
        let cookie = |name: &str| SetCookie::elsewhere(settings, name, &self.path, self.domain.as_deref());
        let mut cookies = vec![cookie(&self.cookie_name)];
        if has_signature_cookie {
            cookies.push(cookie(&[&self.cookie_name, SIGNATURE_SUFFIX].concat()));
        }
        let cookies = FormerCookies { name: self.cookie_name, has_signature_cookie, cookies, remove: self.remove };
        ((codec, timeout), cookies)
    }
}

/// Refuses what a format has no place for. `hash_algorithm` is the one that was asked for.
pub(crate) fn check_format(
    format: Format,
    secrets: &Secrets,
    has_salt: bool,
    hash_algorithm: Option<HashAlgorithm>,
    has_serializer: bool,
    random: &Random,
) -> Result<(), ConfigError> {
    if has_salt && format.defaults().salt.is_none() {
        return Err(ConfigError::new("salt", format!("the format {format} has none: leave it out")));
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
            "the format {format} takes random bytes: turn the feature \"getrandom\" on, or give the builder a source \
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

/// Shows no secret and no salt.
impl fmt::Debug for Former {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Former")
            .field("format", &self.format)
            .field("secrets", &self.secrets)
            .field("cookie_name", &self.cookie_name)
            .finish_non_exhaustive()
    }
}
