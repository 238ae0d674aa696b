//! What became of the cookie that a request carried.

use std::fmt;

/// Why a session is what it is: for logs and metrics. It is never a reason to fail a request.
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
    /// The cookie verified and its session is in use.
    Valid,
    /// The cookie verified under a [verify-only](crate::Secrets::verify_only) secret and its session is in use. It is
    /// signed with the signing secret when the session is read.
    ValidUnderOldSecret,
    /// A former cookie verified and its session is in use. It is written in the present format when it is read.
    ValidFormer,
    /// The session is bound to a device, and this request does not prove that it comes from there. The session is
    /// empty, and its cookie stays as it is.
    Unproven,
    /// The signature held, but the session is past its timeout or absolute timeout.
    Expired,
    /// The signature held, but the session was created before `valid_since`.
    Revoked,
    /// The signature held, but the session ended with a logout or a login, and a page that was still loading then set
    /// its cookie again. The cookie is removed.
    Ended,
    /// The signature held, but the session was created or renewed more than 5 minutes ahead of this server's clock.
    Future,
    /// No secret of this factory signed it: a forgery, another site's cookie, another salt, or a secret that has been
    /// rotated away.
    BadSignature,
    /// Not a session at all: not base64url, too long or too short, or a signed text of another form.
    Malformed,
}

impl Outcome {
    /// Whether a cookie's session is in use.
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

    /// The outcome's name in lower case, for a metric's label: `valid`, `bad_signature`. It does not change between
    /// releases.
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

    /// The outcome for a session in use, by the secret that signed it: 0 is the signing one.
    pub(crate) const fn from_secret_index(secret_index: usize) -> Self {
        if secret_index == 0 { Self::Valid } else { Self::ValidUnderOldSecret }
    }
}

/// A short sentence for a log line.
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

/// Why one cookie's session is not used.
///
/// Of several cookies the greatest refusal names the outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Refusal {
    Malformed,
    BadSignature,
    Future,
    Expired,
    Revoked,
    Ended,
    /// The greatest: its cookie must not be written over for what became of another.
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
