//! Why a cookie value is not a valid session.

use crate::format::outcome::{Outcome, Refusal};

/// The error for a cookie value that is not a valid session. It says why, and does not quote the value.
///
/// # Example
/// ```
/// use signed_cookie_session::{Outcome, Secret, SignedCookieFactory};
///
/// let mine = SignedCookieFactory::new(Secret::generate());
/// let yours = SignedCookieFactory::new(Secret::generate());
/// let value = yours.encode(&yours.load(&http::HeaderMap::new()))?;
/// let error = mine.decode(&value).unwrap_err();
/// assert_eq!(error.outcome(), Outcome::BadSignature);
/// # Ok::<(), signed_cookie_session::SaveError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{outcome}")]
pub struct DecodeError {
    outcome: Outcome,
}

impl DecodeError {
    pub(crate) fn new(refusal: Refusal) -> Self {
        Self { outcome: refusal.into() }
    }

    /// Returns the reason, for example [`Expired`](Outcome::Expired), [`Revoked`](Outcome::Revoked),
    /// [`BadSignature`](Outcome::BadSignature) or [`Malformed`](Outcome::Malformed).
    ///
    /// # Example
    /// ```
    /// use signed_cookie_session::{Outcome, Secret, SignedCookieFactory};
    ///
    /// let sessions = SignedCookieFactory::new(Secret::generate());
    /// assert_eq!(sessions.decode("forged").unwrap_err().outcome(), Outcome::Malformed);
    /// ```
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }
}
