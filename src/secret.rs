//! Key material: one secret that signs, and any number of older ones that still verify.
//!
//! Knows nothing of what is signed with it.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

/// The fewest bytes [`Secret::new`] takes: the output of SHA-256, below which RFC 2104 section 3
/// discourages a key.
const MIN_SECRET_LEN: usize = 32;

/// How many random bytes [`Secret::generate`] draws: the output of SHA-512. More would not make the
/// signature significantly stronger (RFC 2104 section 3).
#[cfg(feature = "getrandom")]
const GENERATED_LEN: usize = 64;

/// The bytes a session is signed with.
///
/// The bytes are wiped from memory when the secret is dropped. `Debug` shows none of them, and
/// there is deliberately no `Serialize`, no `Display` and no way to read them back.
///
/// A secret is **bytes**. Pyramid takes a `str` and encodes it as latin-1 where it can: a Pyramid
/// site's secret of plain ASCII is the same bytes here; one with other characters (`"clé"`) must be
/// given as its latin-1 bytes (`b"cl\xe9"`), or as UTF-8 where either the secret or the salt does
/// not fit latin-1.
///
/// # Example
/// ```
/// use signed_cookie_session::Secret;
///
/// let secret = Secret::new("correct horse battery staple, thirty-two bytes and more")?;
/// assert_eq!(format!("{secret:?}"), "Secret(..)");
/// # Ok::<(), signed_cookie_session::WeakSecret>(())
/// ```
#[derive(Clone)]
pub struct Secret(Zeroizing<Box<[u8]>>);

impl Secret {
    /// Takes the bytes of a secret, and refuses one that could be guessed.
    ///
    /// # Errors
    /// [`WeakSecret`] for fewer than 32 bytes, and for one byte repeated. Where an existing Pyramid
    /// site signs with such a secret, [`Secret::legacy`] takes it.
    ///
    /// # Example
    /// ```
    /// use signed_cookie_session::Secret;
    ///
    /// assert!(Secret::new("seekrit").is_err());
    /// assert!(Secret::new([7; 64]).is_err());
    /// assert!(Secret::new("9f2c1e7b5a3d4860b1c9e8f7a6d5c4b39f2c1e7b5a3d4860").is_ok());
    /// ```
    pub fn new(bytes: impl AsRef<[u8]>) -> Result<Self, WeakSecret> {
        let bytes = bytes.as_ref();
        if bytes.len() < MIN_SECRET_LEN {
            return Err(WeakSecret(WeakKind::Short(bytes.len())));
        }
        if bytes.iter().all(|byte| *byte == bytes[0]) {
            return Err(WeakSecret(WeakKind::OneByteRepeated));
        }
        Ok(Self::legacy(bytes))
    }

    /// Takes any bytes, however weak: for reading the sessions of a site whose secret is what it is.
    ///
    /// Prefer [`Secret::new`], and rotate the weak one away with [`Secrets::verify_only`].
    ///
    /// # Example
    /// ```
    /// use signed_cookie_session::{Secret, Secrets};
    ///
    /// let secrets = Secrets::new(Secret::generate()).verify_only(Secret::legacy("seekrit"));
    /// ```
    pub fn legacy(bytes: impl AsRef<[u8]>) -> Self {
        Self(Zeroizing::new(bytes.as_ref().into()))
    }

    /// Draws a new secret of 64 bytes from the operating system.
    ///
    /// Sessions signed with it end when the process does, unless the secret is kept somewhere:
    /// for anything but tests and trials use [`Secret::from_env`] or [`Secret::from_file`].
    ///
    /// # Panics
    /// Where the operating system has no random bytes to give; [`Secret::try_generate`] returns
    /// the error instead.
    ///
    /// # Example
    /// ```
    /// use signed_cookie_session::{Secret, SignedCookieFactory};
    ///
    /// let sessions = SignedCookieFactory::new(Secret::generate());
    /// ```
    #[cfg(feature = "getrandom")]
    pub fn generate() -> Self {
        Self::try_generate().expect("the operating system gives random bytes")
    }

    /// Draws a new secret of 64 bytes from the operating system.
    ///
    /// # Errors
    /// [`SecretError`] where the operating system has no random bytes to give.
    ///
    /// # Example
    /// ```
    /// use signed_cookie_session::Secret;
    ///
    /// let secret = Secret::try_generate()?;
    /// # Ok::<(), signed_cookie_session::SecretError>(())
    /// ```
    #[cfg(feature = "getrandom")]
    pub fn try_generate() -> Result<Self, SecretError> {
        let mut bytes = Zeroizing::new([0; GENERATED_LEN]);
        getrandom::fill(&mut *bytes).map_err(|error| SecretError(ErrorKind::Random(error)))?;
        Ok(Self::legacy(bytes.as_slice()))
    }

    /// Reads a secret from an environment variable; the value's bytes are the secret, as they stand.
    ///
    /// # Errors
    /// [`SecretError`] where the variable is not set, or holds a secret that [`Secret::new`] refuses.
    ///
    /// # Example
    /// ```no_run
    /// use signed_cookie_session::{Secret, SignedCookieFactory};
    ///
    /// let sessions = SignedCookieFactory::new(Secret::from_env("SESSION_SECRET")?);
    /// # Ok::<(), signed_cookie_session::SecretError>(())
    /// ```
    pub fn from_env(name: impl AsRef<OsStr>) -> Result<Self, SecretError> {
        let name = name.as_ref();
        let shown = || name.to_string_lossy().into_owned();
        // `var_os` panics on some platforms where the name itself is not possible.
        let possible = !name.is_empty() && !name.as_encoded_bytes().iter().any(|byte| matches!(byte, b'=' | 0));
        let value = possible
            .then(|| std::env::var_os(name))
            .flatten()
            .ok_or_else(|| SecretError(ErrorKind::NotSet(shown())))?;
        let value = Zeroizing::new(value.into_encoded_bytes());
        Self::new(&*value).map_err(|weak| SecretError(ErrorKind::WeakVariable(shown(), weak)))
    }

    /// Reads a secret from a file, as Docker, Kubernetes and systemd hand one over. One newline at
    /// the end is dropped; every other byte counts.
    ///
    /// # Errors
    /// [`SecretError`] where the file cannot be read, or holds a secret that [`Secret::new`] refuses.
    ///
    /// # Example
    /// ```no_run
    /// use signed_cookie_session::{Secret, SignedCookieFactory};
    ///
    /// let sessions = SignedCookieFactory::new(Secret::from_file("/run/secrets/session")?);
    /// # Ok::<(), signed_cookie_session::SecretError>(())
    /// ```
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, SecretError> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(|error| SecretError(ErrorKind::Unreadable(path.into(), error)))?;
        let bytes = Zeroizing::new(bytes);
        let line = bytes.strip_suffix(b"\n").map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        Self::new(line.unwrap_or(&bytes)).map_err(|weak| SecretError(ErrorKind::WeakFile(path.into(), weak)))
    }

    /// The bytes, for the signer alone.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// The secrets of one factory: exactly one signs, any number of others still verify.
///
/// This is how a secret is rotated without logging anybody out: a cookie that verified under an old
/// secret is signed anew with the signing one as soon as its session is read.
///
/// # Example
/// ```
/// use signed_cookie_session::{Secret, Secrets, SignedCookieFactory};
///
/// let old = Secret::new("the secret of last year, which some cookies still carry")?;
/// let new = Secret::generate();
/// let sessions = SignedCookieFactory::new(Secrets::new(new).verify_only(old));
/// # Ok::<(), signed_cookie_session::WeakSecret>(())
/// ```
#[derive(Clone)]
pub struct Secrets {
    signing: Secret,
    verify_only: Vec<Secret>,
}

impl Secrets {
    /// Starts with the secret that signs.
    ///
    /// # Example
    /// ```
    /// use signed_cookie_session::{Secret, Secrets};
    ///
    /// let secrets = Secrets::new(Secret::generate());
    /// ```
    pub fn new(signing: Secret) -> Self {
        Self { signing, verify_only: Vec::new() }
    }

    /// Adds a secret that verifies and never signs. They are tried in the order they are added,
    /// after the signing one: a forged cookie costs one signature for each of them.
    ///
    /// # Example
    /// ```
    /// use signed_cookie_session::{Secret, Secrets};
    ///
    /// let secrets = Secrets::new(Secret::generate())
    ///     .verify_only(Secret::legacy("last year's"))
    ///     .verify_only(Secret::legacy("the one before"));
    /// assert_eq!(format!("{secrets:?}"), "Secrets { verify_only: 2, .. }");
    /// ```
    #[must_use]
    pub fn verify_only(mut self, old: Secret) -> Self {
        self.verify_only.push(old);
        self
    }

    /// All of them, the signing one first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Secret> {
        std::iter::once(&self.signing).chain(&self.verify_only)
    }
}

impl From<Secret> for Secrets {
    fn from(signing: Secret) -> Self {
        Self::new(signing)
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").field("verify_only", &self.verify_only.len()).finish_non_exhaustive()
    }
}

/// Why [`Secret::new`] refused a secret. It says nothing of the bytes but their number.
///
/// # Example
/// ```
/// use signed_cookie_session::Secret;
///
/// let error = Secret::new("seekrit").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "the secret has 7 bytes, and at least 32 are needed; draw a good one with `openssl rand -hex 32`, \
///      or take an old site's as it is with Secret::legacy"
/// );
/// ```
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}; draw a good one with `openssl rand -hex 32`, or take an old site's as it is with Secret::legacy")]
pub struct WeakSecret(WeakKind);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum WeakKind {
    #[error("the secret has {0} bytes, and at least 32 are needed")]
    Short(usize),
    #[error("the secret is one byte repeated, which anybody can guess")]
    OneByteRepeated,
}

/// Why a secret could not be had from the environment, a file or the operating system.
///
/// # Example
/// ```
/// use signed_cookie_session::Secret;
///
/// let error = Secret::from_env("NO_SUCH_VARIABLE").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "the environment variable NO_SUCH_VARIABLE is not set: put the session secret there, at least 32 bytes of it"
/// );
/// ```
#[derive(thiserror::Error)]
#[error(transparent)]
pub struct SecretError(ErrorKind);

#[derive(Debug, thiserror::Error)]
enum ErrorKind {
    #[error("the environment variable {0} is not set: put the session secret there, at least 32 bytes of it")]
    NotSet(String),
    #[error("the environment variable {0} cannot be used: {1}")]
    WeakVariable(String, WeakSecret),
    #[error("the secret file {path} cannot be read: {error}", path = .0.display(), error = .1)]
    Unreadable(PathBuf, std::io::Error),
    #[error("the secret file {path} cannot be used: {weak}", path = .0.display(), weak = .1)]
    WeakFile(PathBuf, WeakSecret),
    #[cfg(feature = "getrandom")]
    #[error("the operating system gave no random bytes for a secret: {0}")]
    Random(getrandom::Error),
}

/// The sentence: it is what a program prints whose `main` returns the error.
impl fmt::Debug for WeakSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WeakSecret").field(&format_args!("{self}")).finish()
    }
}

/// The sentence, likewise.
impl fmt::Debug for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SecretError").field(&format_args!("{self}")).finish()
    }
}
