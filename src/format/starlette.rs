//! The cookie of Starlette's `SessionMiddleware` (FastAPI's too), as `starlette/middleware/sessions.py` and
//! itsdangerous 2.2 write it: `b64(json) "." time "." HMAC-SHA1`.

use std::time::Duration;

use sha1::{Digest, Sha1};
use zeroize::Zeroizing;

use crate::format::foreign::mac::{Hash, Signer};
use crate::format::foreign::style::{Style, beyond_ascii};
use crate::format::foreign::{Framework, Opened, Sealed, base64, timed};
use crate::format::outcome::Refusal;
use crate::format::timestamp::Timestamp;
use crate::secret::Secrets;

/// Starlette's `session_cookie` and `max_age` (of the session and of the cookie).
pub(crate) const COOKIE_NAME: &str = "session";
pub(crate) const TIMEOUT: Duration = Duration::from_secs(14 * 24 * 60 * 60);

static STYLE: Style = Style { comma: ", ", colon: ": ", sorted: false, escaped: beyond_ascii };

pub(crate) struct Starlette {
    signer: Signer,
}

/// The default salt of itsdangerous, which Starlette does not change.
pub(crate) const SALT: &[u8] = b"itsdangerous.Signer";

impl Starlette {
    pub(crate) fn new(secrets: &Secrets, salt: &[u8]) -> Self {
        let keys = secrets.iter().map(|secret| {
            let hash = Sha1::new().chain_update(salt).chain_update("signer").chain_update(secret.bytes());
            Zeroizing::new(hash.finalize().to_vec())
        });
        Self { signer: Signer::new(Hash::Sha1, keys) }
    }
}

impl Framework for Starlette {
    fn style(&self) -> &'static Style {
        &STYLE
    }

    fn has_time(&self) -> bool {
        true
    }

    fn open(&self, value: &[u8], _: Option<&[u8]>, _: Timestamp) -> Result<Opened, Refusal> {
        let (body, signed_at, secret_index) = timed::open(&self.signer, timed::ITSDANGEROUS, value)?;
        Ok(Opened { json: base64::decode_text(&base64::PADDED, body)?, signed_at: Some(signed_at), secret_index })
    }

    fn seal(&self, json: &str, signed_at: Timestamp, _: Option<Duration>) -> Sealed {
        let mut value = base64::encode(&base64::PADDED, json.as_bytes());
        timed::seal(&self.signer, timed::ITSDANGEROUS, &mut value, signed_at);
        Sealed { value, signature: None }
    }
}
