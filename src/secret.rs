//! Secrets: one that signs, and any number of older ones that still verify.
//!
//! This module must not depend on the data that is signed.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

/// The fewest bytes [`Secret::new`] accepts: the output of SHA-256. RFC 2104 section 3 discourages shorter keys.
const MIN_SECRET_LEN: usize = 32;

/// The fewest different bytes [`Secret::new`] accepts. On average, one in 28 million random texts of 32 hexadecimal
/// digits has fewer.
const MIN_DIFFERENT_BYTES: usize = 8;

/// How many random bytes [`Secret::generate`] draws: the output of SHA-512. More would not make the
/// signature significantly stronger (RFC 2104 section 3).
#[cfg(feature = "getrandom")]
const GENERATED_LEN: usize = 64;

/// Texts in secrets that anybody can read on this project's pages, now or in an earlier release. A secret that contains
/// one was copied from there. `tests/repository/documents.rs` checks that no page shows a secret that can be
/// used.
const PUBLISHED: [&[u8]; 4] = [
    b"correct horse battery staple",
    b"the secret of a Pyramid site, as its .ini has it",
    b"the secret of last year, which some cookies still carry",
    b"9f2c1e7b5a3d4860b1c9e8f7a6d5c4b39f2c1e7b5a3d4860",
];

/// The bytes a session is signed with.
///
/// The bytes are wiped from memory when the secret is dropped. `Debug` shows none of them, and
/// there is deliberately no `Serialize`, no `Display` and no way to read them back.
///
/// | constructor | takes | checks |
/// |---|---|---|
/// | [`Secret::from_env`] | the name of an environment variable | as `new` |
/// | [`Secret::from_file`] | the path of a file | as `new` |
/// | [`Secret::new`] | bytes or text that you keep | length, variety, placeholders |
/// | [`Secret::from_vec`] | a `Vec<u8>`, which it wipes | as `new` |
/// | [`Secret::generate`] | nothing | |
/// | [`Secret::legacy`], [`legacy_from_env`](Secret::legacy_from_env), [`legacy_from_file`](Secret::legacy_from_file) | the secret of an existing site, however weak | not empty |
///
/// A secret is **bytes**. Pyramid takes a `str` and encodes it as latin-1 if it can. If your Pyramid secret is plain
/// ASCII, use the same text here. If it has other characters (`"clé"`), give its latin-1 bytes (`b"cl\xe9"`), or its
/// UTF-8 bytes if either the secret or the salt does not fit latin-1.
///
/// # Example
/// ```
/// use signed_cookie_session::Secret;
///
/// let secret = Secret::generate();
/// assert_eq!(format!("{secret:?}"), "Secret(..)");
/// ```
#[derive(Clone)]
pub struct Secret(Zeroizing<Box<[u8]>>);

impl Secret {
    /// Copies the bytes of a secret and refuses a secret that can be guessed.
    ///
    /// The argument itself is **not wiped**, even if you pass a `String` or `Vec` by value: it is dropped, and its
    /// bytes stay in memory until they are overwritten. [`Secret::from_vec`] wipes what it is given.
    ///
    /// # Errors
    /// Returns [`WeakSecret`] if the secret
    /// - has fewer than 32 bytes,
    /// - has fewer than 8 different bytes (`"changeme"` four times has 7),
    /// - contains a variable that was not expanded (`${SESSION_SECRET}`),
    /// - was copied from the documentation of this crate.
    ///
    /// If an existing site signs with such a secret, use [`Secret::legacy`].
    ///
    /// # Example
    /// ```
    /// use signed_cookie_session::Secret;
    ///
    /// # let read_from_vault = || (0..64).collect::<Vec<u8>>();
    /// let secret = Secret::new(read_from_vault())?;
    ///
    /// assert!(Secret::new("seekrit").unwrap_err().is_too_short());
    /// assert!(Secret::new("changeme".repeat(4)).unwrap_err().is_repetitive());
    /// assert!(Secret::new("${THE_SECRET_OF_MY_PRODUCTION_SITE}").unwrap_err().is_unexpanded());
    /// # Ok::<(), signed_cookie_session::WeakSecret>(())
    /// ```
    pub fn new(bytes: impl AsRef<[u8]>) -> Result<Self, WeakSecret> {
        let bytes = bytes.as_ref();
        match weakness(bytes) {
            Some(kind) => Err(WeakSecret(kind)),
            None => Ok(Self::copied(bytes)),
        }
    }

    /// Takes the bytes of a secret as [`Secret::new`] does, and wipes the vector, even if the secret is refused.
    ///
    /// Use `into_bytes()` to wipe a `String` with it.
    ///
    /// # Errors
    /// Returns [`WeakSecret`] for a secret that [`Secret::new`] refuses.
    ///
    /// # Example
    /// ```
    /// use signed_cookie_session::Secret;
    ///
    /// # let read_from_vault = || "0123456789abcdefghijklmnopqrstuvwxyz".to_owned();
    /// let text: String = read_from_vault();
    /// let secret = Secret::from_vec(text.into_bytes())?;
    /// # Ok::<(), signed_cookie_session::WeakSecret>(())
    /// ```
    pub fn from_vec(bytes: Vec<u8>) -> Result<Self, WeakSecret> {
        // The bytes are copied. If the vector were converted, it could be moved to shrink it, and the bytes at the old
        // place would not be wiped.
        Self::new(&*Zeroizing::new(bytes))
    }

    /// Copies the bytes of an existing site's secret, even if it is weak.
    ///
    /// Prefer [`Secret::new`], and replace a weak secret with the help of [`Secrets::verify_only`]. As with `new`, the
    /// argument is not wiped.
    ///
    /// # Errors
    /// Returns [`WeakSecret`] only for an empty secret, because anybody could sign with it.
    ///
    /// # Example
    /// ```
    /// use signed_cookie_session::{Secret, Secrets};
    ///
    /// let secrets = Secrets::new(Secret::generate()).verify_only(Secret::legacy("seekrit")?);
    /// assert!(Secret::legacy("").is_err());
    /// # Ok::<(), signed_cookie_session::WeakSecret>(())
    /// ```
    pub fn legacy(bytes: impl AsRef<[u8]>) -> Result<Self, WeakSecret> {
        let bytes = bytes.as_ref();
        if bytes.is_empty() {
            return Err(WeakSecret(WeakKind::Empty));
        }
        Ok(Self::copied(bytes))
    }

    fn copied(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(bytes.into()))
    }

    /// Draws a new secret of 64 bytes from the operating system.
    ///
    /// Sessions signed with it end when the process does. Use [`Secret::from_env`] or [`Secret::from_file`] for
    /// anything but tests and trials.
    ///
    /// # Panics
    /// Panics if the operating system returns no random bytes. [`Secret::try_generate`] returns an error instead.
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
    /// Returns [`SecretError`] if the operating system returns no random bytes.
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
        Ok(Self::copied(bytes.as_slice()))
    }

    /// Reads a secret from an environment variable. The bytes of its value are the secret, unchanged.
    ///
    /// # Errors
    /// Returns [`SecretError`] if the variable is not set, or if its value is a secret that [`Secret::new`] refuses.
    ///
    /// # Example
    /// ```no_run
    /// use signed_cookie_session::{Secret, SignedCookieFactory};
    ///
    /// let sessions = SignedCookieFactory::new(Secret::from_env("SESSION_SECRET")?);
    /// # Ok::<(), signed_cookie_session::SecretError>(())
    /// ```
    pub fn from_env(name: impl AsRef<OsStr>) -> Result<Self, SecretError> {
        read_env(name.as_ref(), |bytes| Self::new(bytes))
    }

    /// Reads a secret from a file, as Docker, Kubernetes and systemd provide them. One newline at
    /// the end is dropped; every other byte counts.
    ///
    /// # Errors
    /// Returns [`SecretError`] if the file cannot be read, or if it holds a secret that [`Secret::new`] refuses.
    ///
    /// # Example
    /// ```no_run
    /// use signed_cookie_session::{Secret, SignedCookieFactory};
    ///
    /// let sessions = SignedCookieFactory::new(Secret::from_file("/run/secrets/session")?);
    /// # Ok::<(), signed_cookie_session::SecretError>(())
    /// ```
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, SecretError> {
        read_file(path.as_ref(), |bytes| Self::new(bytes))
    }

    /// Reads the secret of an existing site from an environment variable, however weak it is.
    ///
    /// # Errors
    /// Returns [`SecretError`] if the variable is not set or is empty.
    ///
    /// # Example
    /// ```no_run
    /// use signed_cookie_session::{Secret, SignedCookieFactory};
    ///
    /// let sessions = SignedCookieFactory::new(Secret::legacy_from_env("PYRAMID_SESSION_SECRET")?);
    /// # Ok::<(), signed_cookie_session::SecretError>(())
    /// ```
    pub fn legacy_from_env(name: impl AsRef<OsStr>) -> Result<Self, SecretError> {
        read_env(name.as_ref(), |bytes| Self::legacy(bytes))
    }

    /// Reads the secret of an existing site from a file, however weak it is. One newline at the end is dropped; every
    /// other byte counts.
    ///
    /// # Errors
    /// Returns [`SecretError`] if the file cannot be read or is empty.
    ///
    /// # Example
    /// ```no_run
    /// use signed_cookie_session::{Secret, SignedCookieFactory};
    ///
    /// let sessions = SignedCookieFactory::new(Secret::legacy_from_file("/run/secrets/pyramid")?);
    /// # Ok::<(), signed_cookie_session::SecretError>(())
    /// ```
    pub fn legacy_from_file(path: impl AsRef<Path>) -> Result<Self, SecretError> {
        read_file(path.as_ref(), |bytes| Self::legacy(bytes))
    }

    /// Returns the bytes. Only the signer may use this.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Makes a secret from bytes, or refuses them.
type Check = fn(&[u8]) -> Result<Secret, WeakSecret>;

fn read_env(name: &OsStr, check: Check) -> Result<Secret, SecretError> {
    let shown = || name.to_string_lossy().into_owned();
    // `var_os` panics on some platforms if the name itself is impossible.
    let possible = !name.is_empty() && !name.as_encoded_bytes().iter().any(|byte| matches!(byte, b'=' | 0));
    let value =
        possible.then(|| std::env::var_os(name)).flatten().ok_or_else(|| SecretError(ErrorKind::NotSet(shown())))?;
    let value = Zeroizing::new(value.into_encoded_bytes());
    check(&value).map_err(|weak| SecretError(ErrorKind::WeakVariable(shown(), weak)))
}

fn read_file(path: &Path, check: Check) -> Result<Secret, SecretError> {
    let bytes = std::fs::read(path).map_err(|error| SecretError(ErrorKind::Unreadable(path.into(), error)))?;
    let bytes = Zeroizing::new(bytes);
    let line = bytes.strip_suffix(b"\n").map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    check(line.unwrap_or(&bytes)).map_err(|weak| SecretError(ErrorKind::WeakFile(path.into(), weak)))
}

/// Returns why a secret is easy to guess, or `None` if it is not.
fn weakness(bytes: &[u8]) -> Option<WeakKind> {
    if bytes.is_empty() {
        return Some(WeakKind::Empty);
    }
    if bytes.len() < MIN_SECRET_LEN {
        return Some(WeakKind::TooShort(bytes.len()));
    }
    let mut seen = [false; 256];
    bytes.iter().for_each(|byte| seen[usize::from(*byte)] = true);
    let different = seen.into_iter().filter(|seen| *seen).count();
    if different < MIN_DIFFERENT_BYTES {
        return Some(WeakKind::Repetitive(different));
    }
    if has_placeholder(bytes) {
        return Some(WeakKind::Unexpanded);
    }
    let published = |text: &&[u8]| bytes.windows(text.len()).any(|window| window == *text);
    PUBLISHED.iter().any(published).then_some(WeakKind::Published)
}

/// Returns whether the bytes contain a placeholder such as `${NAME}`, `${NAME:-default}` or `${{ NAME }}`. A password
/// may contain `${`, so a name and its end must follow.
fn has_placeholder(bytes: &[u8]) -> bool {
    let begins = |at: &usize| bytes[*at..].starts_with(b"${");
    (0..bytes.len()).filter(begins).any(|at| {
        let inside = bytes[at + 2..].trim_ascii_start();
        if let Some(inside) = inside.strip_prefix(b"{") {
            return inside.windows(2).any(|window| window == b"}}");
        }
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.');
        let len = inside.iter().take_while(|byte| is_name(byte)).count();
        let ends_name = inside.get(len).is_some_and(|byte| b"}:-?=+ ".contains(byte));
        len > 0 && !inside[0].is_ascii_digit() && ends_name && inside[len..].contains(&b'}')
    })
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// The secrets of one factory: exactly one signs, any number of others still verify.
///
/// This is how a secret is rotated without logging anybody out: a cookie that was signed with an old secret is signed
/// again, with the signing one, when its session is read.
///
/// # Example
/// ```
/// use signed_cookie_session::{Secret, Secrets, SignedCookieFactory};
///
/// # let (new, old) = (Secret::generate(), Secret::generate());
/// let sessions = SignedCookieFactory::new(Secrets::new(new).verify_only(old));
/// ```
#[derive(Clone)]
pub struct Secrets {
    signing: Secret,
    verify_only: Vec<Secret>,
}

impl Secrets {
    /// Takes the secret that signs.
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

    /// Adds a secret that verifies and never signs. Secrets are tried in the order in which they were added, after the
    /// signing one, so that a forged cookie costs one signature for each of them.
    ///
    /// # Example
    /// ```
    /// use signed_cookie_session::{Secret, Secrets};
    ///
    /// let secrets = Secrets::new(Secret::generate())
    ///     .verify_only(Secret::legacy("last year's")?)
    ///     .verify_only(Secret::legacy("the one before")?);
    /// assert_eq!(format!("{secrets:?}"), "Secrets { verify_only: 2, .. }");
    /// # Ok::<(), signed_cookie_session::WeakSecret>(())
    /// ```
    #[must_use]
    pub fn verify_only(mut self, old: Secret) -> Self {
        self.verify_only.push(old);
        self
    }

    /// Returns all secrets, the signing one first.
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

/// Why a secret was refused. The error reveals only the number of bytes, or of different bytes.
///
/// # Example
/// ```
/// use signed_cookie_session::Secret;
///
/// let error = Secret::new("seekrit").unwrap_err();
/// assert!(error.is_too_short());
/// assert_eq!(
///     error.to_string(),
///     "the secret has 7 bytes and needs at least 32: generate one with `openssl rand -hex 32`, \
///      or use Secret::legacy if an existing site has this one"
/// );
/// ```
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct WeakSecret(WeakKind);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum WeakKind {
    #[error("the secret is empty: generate one with `openssl rand -hex 32`")]
    Empty,
    #[error(
        "the secret has {0} bytes and needs at least 32: generate one with `openssl rand -hex 32`, \
         or use Secret::legacy if an existing site has this one"
    )]
    TooShort(usize),
    #[error(
        "the secret has only {0} different bytes and needs at least 8: generate one with `openssl rand -hex 32`, \
         or use Secret::legacy if an existing site has this one"
    )]
    Repetitive(usize),
    #[error(
        "the secret contains a variable that was not expanded, like \"${{NAME}}\": set the variable, \
         and check that this file or shell expands variables"
    )]
    Unexpanded,
    #[error(
        "the secret was copied from the documentation, so that anybody can know it: \
         generate one with `openssl rand -hex 32`"
    )]
    Published,
}

impl WeakSecret {
    /// Returns whether the secret is empty. An empty secret also counts as too short.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::Secret;
    /// assert!(Secret::legacy("").unwrap_err().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.0 == WeakKind::Empty
    }

    /// Returns whether the secret has fewer than 32 bytes.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::Secret;
    /// assert!(Secret::new("seekrit").unwrap_err().is_too_short());
    /// ```
    pub fn is_too_short(&self) -> bool {
        matches!(self.0, WeakKind::Empty | WeakKind::TooShort(_))
    }

    /// Returns whether the secret is long enough but has fewer than 8 different bytes.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::Secret;
    /// assert!(Secret::new("ab".repeat(16)).unwrap_err().is_repetitive());
    /// ```
    pub fn is_repetitive(&self) -> bool {
        matches!(self.0, WeakKind::Repetitive(_))
    }

    /// Returns whether the secret contains a variable that was not expanded, like `${SESSION_SECRET}`.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::Secret;
    /// assert!(Secret::new("${SESSION_SECRET:?give me a secret}").unwrap_err().is_unexpanded());
    /// ```
    pub fn is_unexpanded(&self) -> bool {
        self.0 == WeakKind::Unexpanded
    }

    /// Returns whether the secret was copied from the documentation of this crate.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::Secret;
    /// assert!(Secret::new("correct horse battery staple, and more").unwrap_err().is_published());
    /// ```
    pub fn is_published(&self) -> bool {
        self.0 == WeakKind::Published
    }
}

/// Why a secret could not be read from the environment or a file, or could not be generated.
///
/// `Display` names the variable or the file. [`source`](std::error::Error::source) returns the reason. `Debug` shows
/// both, because a program prints it if `main` returns the error.
///
/// # Example
/// ```
/// use signed_cookie_session::Secret;
///
/// let error = Secret::from_env("NO_SUCH_VARIABLE").unwrap_err();
/// assert!(error.is_not_set());
/// assert_eq!(
///     error.to_string(),
///     "the environment variable NO_SUCH_VARIABLE is not set: put the session secret into it, at least 32 bytes"
/// );
/// ```
#[derive(thiserror::Error)]
#[error(transparent)]
pub struct SecretError(ErrorKind);

#[derive(Debug, thiserror::Error)]
enum ErrorKind {
    #[error("the environment variable {0} is not set: put the session secret into it, at least 32 bytes")]
    NotSet(String),
    #[error("the secret in the environment variable {0} cannot be used")]
    WeakVariable(String, #[source] WeakSecret),
    #[error("the secret file {path} cannot be read", path = .0.display())]
    Unreadable(PathBuf, #[source] std::io::Error),
    #[error("the secret in the file {path} cannot be used", path = .0.display())]
    WeakFile(PathBuf, #[source] WeakSecret),
    #[cfg(feature = "getrandom")]
    #[error("the operating system has no random bytes for a secret")]
    Random(#[source] getrandom::Error),
}

impl SecretError {
    /// Returns whether the environment variable is not set.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::Secret;
    /// assert!(Secret::from_env("NO_SUCH_VARIABLE").unwrap_err().is_not_set());
    /// ```
    pub fn is_not_set(&self) -> bool {
        matches!(self.0, ErrorKind::NotSet(_))
    }

    /// Returns why the secret was refused, if one was found.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::Secret;
    /// let error = Secret::from_env("CARGO_PKG_VERSION").unwrap_err();
    /// assert!(error.weak_secret().is_some_and(|weak| weak.is_too_short()));
    /// ```
    pub fn weak_secret(&self) -> Option<&WeakSecret> {
        match &self.0 {
            ErrorKind::WeakVariable(_, weak) | ErrorKind::WeakFile(_, weak) => Some(weak),
            _ => None,
        }
    }
}

/// Writes the error's text, because a program prints the `Debug` output if `main` returns the error.
impl fmt::Debug for WeakSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WeakSecret").field(&format_args!("{self}")).finish()
    }
}

/// Writes the error's text and its reason.
impl fmt::Debug for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match std::error::Error::source(self) {
            Some(reason) => f.debug_tuple("SecretError").field(&format_args!("{self}: {reason}")).finish(),
            None => f.debug_tuple("SecretError").field(&format_args!("{self}")).finish(),
        }
    }
}
