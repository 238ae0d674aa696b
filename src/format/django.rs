//! Django's cookie of the `signed_cookies` engine, as `django/core/signing.py` of Django 5.2 writes it:
//! `body ":" time ":" HMAC-SHA256`.
//!
//! Django's default engine keeps the same text, with another salt, in the database.

use std::time::Duration;

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::format::MaxAge;
use crate::format::foreign::mac::{Hash, Signer};
use crate::format::foreign::style::{Style, beyond_ascii};
use crate::format::foreign::{Framework, Opened, Sealed, timed, zlib};
use crate::format::outcome::Refusal;
use crate::format::timestamp::Timestamp;
use crate::json::dict::Dict;
use crate::secret::Secrets;

/// Django's `SESSION_COOKIE_NAME`, `SESSION_COOKIE_AGE` (of the cookie too) and `key_salt`.
pub(crate) const COOKIE_NAME: &str = "sessionid";
pub(crate) const SALT: &[u8] = b"django.contrib.sessions.backends.signed_cookies";
pub(crate) const TIMEOUT: Duration = Duration::from_secs(14 * 24 * 60 * 60);

static STYLE: Style = Style { comma: ",", colon: ":", sorted: false, escaped: beyond_ascii };

/// The key in which `set_expiry` stores seconds, or 0 for a cookie that lasts until the browser is closed.
const EXPIRY: &str = "_session_expiry";

pub(crate) struct Django {
    signer: Signer,
}

impl Django {
    pub(crate) fn new(secrets: &Secrets, salt: &[u8]) -> Self {
        let keys = secrets.iter().map(|secret| {
            let hash = Sha256::new().chain_update(salt).chain_update("signer").chain_update(secret.bytes());
            Zeroizing::new(hash.finalize().to_vec())
        });
        Self { signer: Signer::new(Hash::SHA256, keys) }
    }
}

impl Framework for Django {
    fn style(&self) -> &'static Style {
        &STYLE
    }

    fn compresses(&self) -> bool {
        true
    }

    fn max_age(&self, dict: &Dict) -> MaxAge {
        match dict.get(EXPIRY).and_then(|json| json.parse().ok()) {
            Some(0) => MaxAge::BrowserSession,
            Some(seconds) => MaxAge::For(Duration::from_secs(seconds)),
            None => MaxAge::Default,
        }
    }

    fn has_time(&self) -> bool {
        true
    }

    fn open(&self, value: &[u8], _: Option<&[u8]>, _: Timestamp) -> Result<Opened, Refusal> {
        let (body, signed_at, secret_index) = timed::open(&self.signer, timed::DJANGO, value)?;
        Ok(Opened { json: zlib::decode_body(body)?, signed_at: Some(signed_at), secret_index })
    }

    fn seal(&self, json: &str, signed_at: Timestamp, _: Option<Duration>) -> Sealed {
        let mut value = String::new();
        zlib::push_body(json, &mut value);
        timed::seal(&self.signer, timed::DJANGO, &mut value, signed_at);
        Sealed { value, signature: None }
    }
}
