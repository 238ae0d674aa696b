//! What may stand between the session's JSON and its signature.

/// The error a [`Serializer`] may return: any error, boxed.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Turns the session's JSON text into the bytes that are signed, and back: compression, encryption,
/// or another format, under the signature.
///
/// It has the role of Pyramid's `serializer`. The text is Pyramid's `[renewed, created, {…}]`; what
/// comes back must be such a text too. `loads` only ever sees bytes whose signature held, so it need
/// not defend itself against strangers, only against older versions of itself: an error from it
/// makes the session a new one with [`Outcome::Malformed`](crate::Outcome::Malformed).
///
/// Without one, the JSON itself is signed, which is what Pyramid does.
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
    /// The bytes to sign for a session's JSON text.
    ///
    /// # Errors
    /// Any: saving the session then fails with [`SaveError`](crate::SaveError), which carries it as
    /// its source.
    fn dumps(&self, json: &str) -> Result<Vec<u8>, BoxError>;

    /// The JSON text in bytes that were signed.
    ///
    /// # Errors
    /// Any: the session is then a new one. The error itself is dropped.
    fn loads(&self, payload: &[u8]) -> Result<String, BoxError>;
}
