//! Flask's cookie (and Quart's), as `flask/sessions.py` and itsdangerous 2.2 write it:
//! `body "." time "." HMAC-SHA1`, each part in base64url.

use std::time::Duration;

use crate::format::foreign::mac::{Hash, Signer, derive};
use crate::format::foreign::style::{Style, beyond_ascii};
use crate::format::foreign::{Framework, Opened, Sealed, timed, zlib};
use crate::format::outcome::Refusal;
use crate::format::signature::HashAlgorithm;
use crate::format::timestamp::Timestamp;
use crate::format::{FlashStyle, MaxAge};
use crate::json::dict::Dict;
use crate::secret::Secrets;

/// Flask's `session_cookie_name`, `salt` and `PERMANENT_SESSION_LIFETIME`.
pub(crate) const COOKIE_NAME: &str = "session";
pub(crate) const SALT: &[u8] = b"cookie-session";
pub(crate) const TIMEOUT: Duration = Duration::from_secs(31 * 24 * 60 * 60);

static STYLE: Style = Style { comma: ",", colon: ":", sorted: true, escaped: beyond_ascii };

/// The key that makes the cookie survive closing the browser.
const PERMANENT: &str = "_permanent";

pub(crate) struct Flask {
    signer: Signer,
    /// Flask's `PERMANENT_SESSION_LIFETIME`.
    lifetime: Option<Duration>,
}

impl Flask {
    /// `hash_algorithm` is for a site that set `digest_method`; Flask's default is SHA-1.
    pub(crate) fn new(
        secrets: &Secrets,
        salt: &[u8],
        hash_algorithm: Option<HashAlgorithm>,
        lifetime: Option<Duration>,
    ) -> Self {
        let hash = hash_algorithm.map_or(Hash::Sha1, Hash::Other);
        let keys = secrets.iter().map(|secret| derive(hash, secret.bytes(), salt));
        Self { signer: Signer::new(hash, keys), lifetime }
    }
}

impl Framework for Flask {
    fn style(&self) -> &'static Style {
        &STYLE
    }

    fn compresses(&self) -> bool {
        true
    }

    fn flash_style(&self) -> FlashStyle {
        FlashStyle::Flask
    }

    fn max_age(&self, dict: &Dict) -> MaxAge {
        match self.lifetime {
            Some(lifetime) if dict.get(PERMANENT) == Some("true") => MaxAge::For(lifetime),
            _ => MaxAge::Default,
        }
    }

    fn has_time(&self) -> bool {
        true
    }

    fn open(&self, value: &[u8], _: Option<&[u8]>, _: Timestamp) -> Result<Opened, Refusal> {
        let (body, signed_at, secret_index) = timed::open(&self.signer, timed::ITSDANGEROUS, value)?;
        Ok(Opened { json: zlib::decode_body(body)?, signed_at: Some(signed_at), secret_index })
    }

    fn seal(&self, json: &str, signed_at: Timestamp, _: Option<Duration>) -> Sealed {
        let mut value = String::new();
        zlib::push_body(json, &mut value);
        timed::seal(&self.signer, timed::ITSDANGEROUS, &mut value, signed_at);
        Sealed { value, signature: None }
    }
}
