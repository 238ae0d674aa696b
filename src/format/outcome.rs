//! What became of the cookie that a request carried.

use std::fmt;

/// What became of a request's cookie, for logs and metrics. It is never a reason to fail a request.
///
/// # Example
/// ```
/// use http::{HeaderMap, header::COOKIE};
/// use signed_cookie_session::{Outcome, Secret, SignedCookieFactory};
///
/// let sessions = SignedCookieFactory::new(Secret::generate());
/// let mut headers = HeaderMap::new();
/// assert_eq!(sessions.load(&headers).outcome(), Outcome::Absent);
/// headers.insert(COOKIE, "session=forged".parse()?);
/// assert_eq!(sessions.load(&headers).outcome(), Outcome::Malformed);
/// # Ok::<(), http::header::InvalidHeaderValue>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// The request carried no cookie of this name.
    Absent,
    /// The cookie was verified, and its session is used.
    Valid,
    /// The cookie was verified with a [verify-only](crate::Secrets::verify_only) secret, and its session is used. When
    /// the session is read, it is signed again with the signing secret.
    ValidUnderOldSecret,
    /// A former cookie was verified, and its session is used. When the session is read, it is written in the present
    /// format.
    ValidFormer,
    /// The session is bound to a device, and this request has no valid proof of that device. The session is empty, and
    /// its cookie stays as it is.
    Unproven,
    /// The signature is valid, but the session has exceeded its timeout or absolute timeout.
    Expired,
    /// The signature is valid, but the session was created before `valid_since`.
    Revoked,
    /// The signature is valid, but the session ended with a logout or a login, and a page that was still loading at
    /// that time set its cookie again. The cookie is removed.
    Ended,
    /// The signature is valid, but the session was created or renewed more than 5 minutes ahead of this server's clock.
    Future,
    /// No secret of this factory signed the cookie: it is a forgery or another site's cookie, or was signed with
    /// another salt or a secret that has been removed.
    BadSignature,
    /// The cookie is not a session: it is not base64url, is too long or too short, or is a signed text of another form.
    Malformed,
}

impl Outcome {
    /// Returns whether the session comes from a cookie.
    ///
    /// # Example
    /// ```
    /// use signed_cookie_session::Outcome;
    ///
    /// assert!(Outcome::ValidUnderOldSecret.is_valid());
    /// assert!(!Outcome::Expired.is_valid());
    /// ```
    pub const fn is_valid(self) -> bool {
        matches!(self, Self::Valid | Self::ValidUnderOldSecret | Self::ValidFormer)
    }

    /// Returns the outcome's name in lower case, for a metric's label: `valid`, `bad_signature`. Names do not change
    /// between releases.
    ///
    /// # Example
    /// ```
    /// use signed_cookie_session::Outcome;
    ///
    /// assert_eq!(Outcome::ValidUnderOldSecret.as_str(), "valid_under_old_secret");
    /// ```
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Valid => "valid",
            Self::ValidUnderOldSecret => "valid_under_old_secret",
            Self::ValidFormer => "valid_former",
            Self::Unproven => "unproven",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Ended => "ended",
            Self::Future => "future",
            Self::BadSignature => "bad_signature",
            Self::Malformed => "malformed",
        }
    }

    /// Returns the outcome of a valid session, by the index of the secret that signed it: 0 is the signing one.
    pub(crate) const fn from_secret_index(secret_index: usize) -> Self {
        if secret_index == 0 { Self::Valid } else { Self::ValidUnderOldSecret }
    }
}

/// Writes a short sentence for a log line.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Absent => "there was no session cookie",
            Self::Valid => "the session is valid",
            Self::ValidUnderOldSecret => "the session is valid under a secret that only verifies",
            Self::ValidFormer => "the session is valid in a former format",
            Self::Unproven => "the session is bound to a device that the request does not come from",
            Self::Expired => "the session has timed out",
            Self::Revoked => "the session was created before valid_since",
            Self::Ended => "the session has ended with a logout or a login",
            Self::Future => "the session is dated more than 5 minutes ahead of the clock",
            Self::BadSignature => "the session's signature was made with another secret, salt or hash, or forged",
            Self::Malformed => "the cookie does not hold a session",
        })
    }
}

/// Why a cookie's session is not used.
///
/// If there are several cookies, the greatest refusal decides the outcome. The variants are in ascending order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Refusal {
    Malformed,
    BadSignature,
    Future,
    Expired,
    Revoked,
    Ended,
    /// The greatest, because its cookie must not be overwritten when another cookie is refused.
    #[cfg(feature = "device-bound")]
    Unproven,
}

impl From<Refusal> for Outcome {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Malformed => Self::Malformed,
            Refusal::BadSignature => Self::BadSignature,
            Refusal::Future => Self::Future,
            Refusal::Expired => Self::Expired,
            Refusal::Revoked => Self::Revoked,
            Refusal::Ended => Self::Ended,
            #[cfg(feature = "device-bound")]
            Refusal::Unproven => Self::Unproven,
        }
    }
}
