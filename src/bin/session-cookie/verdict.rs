//! What a cookie is worth under the secrets that were given.

use signed_cookie_session::{Outcome, SignedCookieFactory};

use crate::cookie_format::CookieFormat;
use crate::failure::Failure;
use crate::secrets::Source;

pub struct Verdict {
    pub outcome: Outcome,
    /// Which secret signed it, 0 for the signing one.
    pub secret: Option<usize>,
}

/// One factory for each secret, to know which of them signed.
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
                // It is no session, whatever the secret, or its signature was not reached.
                Outcome::Malformed => return Verdict { outcome, secret: None },
                _ => return Verdict { outcome, secret: Some(at) },
            }
        }
        Verdict { outcome: Outcome::BadSignature, secret: None }
    }
}
