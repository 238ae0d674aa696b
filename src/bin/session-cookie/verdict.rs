//! Checks a cookie with the secrets that were given.

use signed_cookie_session::{Outcome, SignedCookieFactory};

use crate::cookie_format::CookieFormat;
use crate::failure::Failure;
use crate::secrets::Source;

pub struct Verdict {
    pub outcome: Outcome,
    /// The index of the secret that signed it, 0 for the signing one.
    pub secret: Option<usize>,
}

/// One factory for each secret, to find out which secret signed.
pub struct Judge(Vec<SignedCookieFactory>);

impl Judge {
    pub fn new(sources: &[Source], format: &CookieFormat) -> Result<Self, Failure> {
        sources.iter().map(|source| format.factory(source.secret())).collect::<Result<_, _>>().map(Self)
    }

    /// Tries the secrets in their order, as a factory does.
    pub fn judge(&self, value: &str) -> Verdict {
        for (at, sessions) in self.0.iter().enumerate() {
            let outcome = match sessions.decode(value) {
                Ok(_) if at == 0 => Outcome::Valid,
                Ok(_) => Outcome::ValidUnderOldSecret,
                Err(error) => error.outcome(),
            };
            match outcome {
                Outcome::BadSignature => {}
                // It is not a session with any secret, or it was refused before its signature was checked.
                Outcome::Malformed => return Verdict { outcome, secret: None },
                _ => return Verdict { outcome, secret: Some(at) },
            }
        }
        Verdict { outcome: Outcome::BadSignature, secret: None }
    }
}
