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
pub enum Outcome {
    /// The request carried no cookie of this name.
    Absent,
    /// The cookie verified and its session is in use.
    Valid,
    /// The same, under a [verify-only](crate::Secrets::verify_only) secret: it is signed anew when
    /// the session is read.
    ValidUnderOldSecret,
    /// The signature held, but the session is past its timeout or absolute timeout.
    Expired,
    /// The signature held, but the session was created before `valid_since`.
    Revoked,
    /// No secret of this factory signed it: a forgery, another site's cookie, another salt, or a
    /// secret that has been rotated away.
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
        matches!(self, Self::Valid | Self::ValidUnderOldSecret)
    }

    /// Of a session that can be used, by the key that signed it: 0 is the signing one.
    pub(crate) const fn from_secret_index(key: usize) -> Self {
        if key == 0 { Self::Valid } else { Self::ValidUnderOldSecret }
    }
}

/// A short sentence for a log line.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Absent => "there was no session cookie",
            Self::Valid => "the session is valid",
            Self::ValidUnderOldSecret => "the session is valid under a secret that only verifies",
            Self::Expired => "the session has timed out",
            Self::Revoked => "the session was created before the moment sessions are valid since",
            Self::BadSignature => "the session's signature was made with another secret, salt or hash, or forged",
            Self::Malformed => "the cookie does not hold a session",
        })
    }
}

/// Why one cookie's session is not used.
///
/// The order is the one in which several cookies are summed up: the greatest names the outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Refusal {
    Malformed,
    BadSignature,
    Expired,
    Revoked,
}

impl From<Refusal> for Outcome {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Malformed => Self::Malformed,
            Refusal::BadSignature => Self::BadSignature,
            Refusal::Expired => Self::Expired,
            Refusal::Revoked => Self::Revoked,
        }
    }
}
