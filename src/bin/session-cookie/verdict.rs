//! What a cookie is worth under the secrets that were given.

use signed_cookie_session::Outcome;

use crate::cookie_format::FormatArgs;
use crate::failure::Failure;
use crate::secrets::Source;

pub struct Verdict {
    pub outcome: Outcome,
    /// Which secret signed it, 0 for the signing one.
    pub secret: Option<usize>,
}

/// Tries the secrets in their order, as a factory does.
pub fn judge(value: &str, sources: &[Source], format: &FormatArgs) -> Result<Verdict, Failure> {
    for (at, source) in sources.iter().enumerate() {
        let outcome = match format.factory(source.secret())?.decode(value) {
            Ok(_) if at == 0 => Outcome::Valid,
            Ok(_) => Outcome::ValidUnderOldSecret,
            Err(error) => error.outcome(),
        };
        match outcome {
            Outcome::BadSignature => {}
            // Whatever the secret: it is no session, or its signature was not reached.
            Outcome::Malformed => return Ok(Verdict { outcome, secret: None }),
            _ => return Ok(Verdict { outcome, secret: Some(at) }),
        }
    }
    Ok(Verdict { outcome: Outcome::BadSignature, secret: None })
}
