//! The trait for a serializer, which converts the session's JSON before it is signed.

/// The error of a [`Serializer`], which can be any error, boxed.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Converts the session's JSON text into the bytes that are signed, and back: for compression, encryption or another
/// format.
///
/// It corresponds to Pyramid's `serializer`. The text is Pyramid's `[renewed, created, {…}]`, and `loads` must return
/// such a text. `loads` only gets bytes whose signature is valid, so an attacker cannot choose them. But an older
/// version of the serializer may have written them. If `loads` returns an error, the session is a new one with
/// [`Outcome::Malformed`](crate::Outcome::Malformed).
///
/// Without a serializer, the JSON itself is signed, as in Pyramid.
///
/// # Example
/// ```
/// use signed_cookie_session::{BoxError, Secret, Serializer, SignedCookieFactory};
///
/// /// Keeps a session from being read at a glance. It is no encryption.
/// struct Rot13;
///
/// fn rot13(text: &str) -> String {
///     text.chars().map(|c| match c {
///         'a'..='m' | 'A'..='M' => (c as u8 + 13) as char,
///         'n'..='z' | 'N'..='Z' => (c as u8 - 13) as char,
///         other => other,
///     }).collect()
/// }
///
/// impl Serializer for Rot13 {
///     fn dumps(&self, json: &str) -> Result<Vec<u8>, BoxError> {
///         Ok(rot13(json).into_bytes())
///     }
///     fn loads(&self, payload: &[u8]) -> Result<String, BoxError> {
///         Ok(rot13(std::str::from_utf8(payload)?))
///     }
/// }
///
/// let sessions = SignedCookieFactory::builder(Secret::generate()).serializer(Rot13).build()?;
/// # Ok::<(), signed_cookie_session::ConfigError>(())
/// ```
pub trait Serializer: Send + Sync {
    /// Returns the bytes to sign for a session's JSON text.
    ///
    /// # Errors
    /// After any error, saving the session fails with a [`SaveError`](crate::SaveError), whose source is the error.
    fn dumps(&self, json: &str) -> Result<Vec<u8>, BoxError>;

    /// Returns the JSON text of bytes that were signed.
    ///
    /// # Errors
    /// After any error, the session is a new one. The error itself is dropped.
    fn loads(&self, payload: &[u8]) -> Result<String, BoxError>;
}
