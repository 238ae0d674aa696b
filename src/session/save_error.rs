//! Why a session was not saved.

use std::sync::Arc;

use crate::format::serializer::BoxError;

/// A session could not be saved. Session and response are as they were.
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
///     "the session takes a cookie of 6807 bytes, and 4064 fit: keep less in it \
///      (the largest keys: \"essay\" with 5002 bytes)"
/// );
/// assert!(response.headers().is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, thiserror::Error)]
#[error(transparent)]
pub struct SaveError(#[from] ErrorKind);

#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum ErrorKind {
    #[error("the session takes a cookie of {size} bytes, and {limit} fit: {}", less(.largest))]
    TooLarge { size: usize, limit: usize, largest: Vec<(String, usize)> },
    #[error("the serializer could not write the session")]
    Serializer(#[source] Arc<BoxError>),
    #[error("the response has no room for another header, and the session needs one: send fewer headers")]
    NoRoomForHeaders,
    #[allow(dead_code, reason = "without a framework nobody asks")]
    #[error(
        "two session layers around one request have the cookie name {0:?}: take one of them away, or give each a cookie_name() and a salt() of its own"
    )]
    CookieNameTaken(String),
}

impl SaveError {
    /// How many bytes the cookie's value would have had, where that was too many.
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

    #[allow(dead_code, reason = "without a framework nobody asks")]
    pub(crate) fn is_cookie_name_taken(&self) -> bool {
        matches!(self.0, ErrorKind::CookieNameTaken(_))
    }

    /// What a stranger may read: never a word of the serializer's, which may quote anything.
    #[allow(dead_code, reason = "without a framework nobody asks")]
    pub(crate) fn sentence(&self) -> String {
        match self.0 {
            ErrorKind::Serializer(_) => "the serializer could not write the session".into(),
            _ => self.to_string(),
        }
    }

    /// Why, without a key or a word of another program's.
    #[allow(dead_code, reason = "without a framework and the feature tracing nobody asks")]
    pub(crate) fn reason(&self) -> &'static str {
        match self.0 {
            ErrorKind::TooLarge { .. } => "it is too large for a cookie",
            ErrorKind::Serializer(_) => "its serializer could not write it",
            ErrorKind::NoRoomForHeaders => "the response has no room for another header",
            ErrorKind::CookieNameTaken(_) => "another session layer has its cookie name",
        }
    }
}

/// What to change: there is nothing to take out of an empty session.
fn less(largest: &[(String, usize)]) -> String {
    /// Enough to see what to take out.
    const SHOWN: usize = 3;
    if largest.is_empty() {
        return "not even an empty session does: raise max_cookie_size".into();
    }
    let shown = largest.iter().take(SHOWN).map(|(key, size)| format!("{key:?} with {size} bytes"));
    format!("keep less in it (the largest keys: {})", shown.collect::<Vec<_>>().join(", "))
}
