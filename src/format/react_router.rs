//! The cookie of React Router's `createCookieSessionStorage` (Remix' too): `b64(json) "." HMAC-SHA256`,
//! percent-encoded. It does not contain a time.

use std::time::Duration;

use zeroize::Zeroizing;

use crate::format::foreign::mac::{Hash, Signer};
use crate::format::foreign::style::Style;
use crate::format::foreign::{Framework, Opened, Sealed, base64, percent};
use crate::format::outcome::Refusal;
use crate::format::timestamp::Timestamp;
use crate::secret::Secrets;

/// React Router's `name`.
pub(crate) const COOKIE_NAME: &str = "__session";

static STYLE: Style = Style { comma: ",", colon: ":", sorted: false, escaped: |_| false };

pub(crate) struct ReactRouter {
    signer: Signer,
}

impl ReactRouter {
    pub(crate) fn new(secrets: &Secrets) -> Self {
        let keys = secrets.iter().map(|secret| Zeroizing::new(secret.bytes().to_vec()));
        Self { signer: Signer::new(Hash::SHA256, keys) }
    }
}

impl Framework for ReactRouter {
    fn style(&self) -> &'static Style {
        &STYLE
    }

    fn has_time(&self) -> bool {
        false
    }

    fn open(&self, value: &[u8], _: Option<&[u8]>, _: Timestamp) -> Result<Opened, Refusal> {
        let value = percent::decode(value)?;
        let dot = memchr::memrchr(b'.', &value).ok_or(Refusal::Malformed)?;
        let (signed, tag) = (&value[..dot], base64::decode(&base64::UNPADDED, &value[dot + 1..])?);
        let secret_index = self.signer.verify(&[signed], &tag)?;
        Ok(Opened { json: base64::decode_text(&base64::PADDED, signed)?, signed_at: None, secret_index })
    }

    fn seal(&self, json: &str, _: Timestamp, _: Option<Duration>) -> Sealed {
        let mut value = base64::encode(&base64::PADDED, json.as_bytes());
        let tag = self.signer.sign(&[value.as_bytes()]);
        value.push('.');
        base64::push(&base64::UNPADDED, &tag, &mut value);
        Sealed { value: percent::encode(&value), signature: None }
    }
}
