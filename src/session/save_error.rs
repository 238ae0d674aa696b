//! Why a session was not saved.

use std::sync::Arc;

use crate::format::serializer::BoxError;

/// The error for a session that cannot be saved. The session and the response do not change.
///
/// # Example
/// ```
/// # use http::{HeaderMap, Response};
/// # use signed_cookie_session::{Secret, SignedCookieFactory};
/// # let clock = || std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_790_000_000);
/// # let sessions = SignedCookieFactory::builder(Secret::generate()).clock(clock).build()?;
/// # let session = sessions.load(&HeaderMap::new());
/// # let mut response = Response::new(());
/// session.insert("essay", "x".repeat(5000))?;
/// let error = sessions.save(&session, &mut response).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "the session needs a 6807-byte cookie; the limit is 4064: store less in it. Largest keys: \
///      \"essay\" with 5002 bytes"
/// );
/// assert!(response.headers().is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, thiserror::Error)]
#[error(transparent)]
pub struct SaveError(#[from] ErrorKind);

#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum ErrorKind {
    #[error("the session needs a {size}-byte cookie; the limit is {limit}: {}", less(.largest))]
    TooLarge { size: usize, limit: usize, largest: Vec<(String, usize)> },
    #[error("the serializer could not write the session")]
    Serializer(#[source] Arc<BoxError>),
    #[error("the response has no space for another header, which the session needs: send fewer headers")]
    NoRoomForHeaders,
    #[allow(dead_code, reason = "used by the framework features only")]
    #[error(
        "two session layers around one request use the cookie name {0:?}: remove one, or give each its own cookie_name() and salt()"
    )]
    CookieNameTaken(String),
}

impl SaveError {
    /// Returns how many bytes the cookie's value would need, if they are too many.
    ///
    /// # Example
    /// ```
    /// # use http::HeaderMap;
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let sessions = SignedCookieFactory::new(Secret::generate());
    /// # let session = sessions.load(&HeaderMap::new());
    /// session.insert("essay", "x".repeat(5000))?;
    /// assert!(sessions.encode(&session).unwrap_err().too_large().is_some_and(|size| size > 4064));
    /// # Ok::<(), signed_cookie_session::ValueError>(())
    /// ```
    pub fn too_large(&self) -> Option<usize> {
        match self.0 {
            ErrorKind::TooLarge { size, .. } => Some(size),
            _ => None,
        }
    }

    #[allow(dead_code, reason = "used by the framework features only")]
    pub(crate) fn is_cookie_name_taken(&self) -> bool {
        matches!(self.0, ErrorKind::CookieNameTaken(_))
    }

    /// Returns the reason, without keys and without text from a serializer.
    #[allow(dead_code, reason = "used by the framework features and tracing only")]
    pub(crate) fn reason(&self) -> &'static str {
        match self.0 {
            ErrorKind::TooLarge { .. } => "it is too large for a cookie",
            ErrorKind::Serializer(_) => "its serializer could not write it",
            ErrorKind::NoRoomForHeaders => "the response has no space for another header",
            ErrorKind::CookieNameTaken(_) => "another session layer has its cookie name",
        }
    }
}

/// Returns what to change. An empty session has no keys to remove.
fn less(largest: &[(String, usize)]) -> String {
    /// The number of keys that the error names.
    const SHOWN: usize = 3;
    if largest.is_empty() {
        return "even an empty session does not fit, so raise max_cookie_size".into();
    }
    let shown = largest.iter().take(SHOWN).map(|(key, size)| format!("{key:?} with {size} bytes"));
    format!("store less in it. Largest keys: {}", shown.collect::<Vec<_>>().join(", "))
}
