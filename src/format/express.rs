//! The two cookies of Express' `cookie-session` 2, as cookies 0.9 and keygrip 1.1 write them:
//! `NAME=b64(json)` and `NAME.sig=HMAC-SHA1(NAME "=" value)`. They do not contain a time.

use std::time::Duration;

use zeroize::Zeroizing;

use crate::format::foreign::mac::{Hash, Signer};
use crate::format::foreign::style::Style;
use crate::format::foreign::{Framework, Opened, Sealed, base64};
use crate::format::outcome::Refusal;
use crate::format::signature::HashAlgorithm;
use crate::format::timestamp::Timestamp;
use crate::secret::Secrets;

/// cookie-session's `name`.
pub(crate) const COOKIE_NAME: &str = "session";

static STYLE: Style = Style { comma: ",", colon: ":", sorted: false, escaped: |_| false };

pub(crate) struct Express {
    signer: Signer,
    hash: Hash,
    /// `NAME=`, which is signed with the value.
    signed_before: String,
}

impl Express {
    /// `hash_algorithm` is for a site that uses its own `Keygrip`. The default is SHA-1.
    pub(crate) fn new(secrets: &Secrets, cookie_name: &str, hash_algorithm: Option<HashAlgorithm>) -> Self {
        let hash = hash_algorithm.map_or(Hash::Sha1, Hash::Other);
        let keys = secrets.iter().map(|secret| Zeroizing::new(secret.bytes().to_vec()));
        Self { signer: Signer::new(hash, keys), hash, signed_before: [cookie_name, "="].concat() }
    }
}

impl Framework for Express {
    fn style(&self) -> &'static Style {
        &STYLE
    }

    fn has_signature_cookie(&self) -> bool {
        true
    }

    fn has_time(&self) -> bool {
        false
    }

    fn open(&self, value: &[u8], signature: Option<&[u8]>, _: Timestamp) -> Result<Opened, Refusal> {
        let signature = signature.ok_or(Refusal::BadSignature)?;
        // Keygrip signs in base64url by default, and in hexadecimal digits as an option.
        let tag = if signature.len() == 2 * self.hash.tag_len() {
            from_hex(signature)?
        } else {
            base64::decode(&base64::URL, signature)?
        };
        let secret_index = self.signer.verify(&[self.signed_before.as_bytes(), value], &tag)?;
        Ok(Opened { json: base64::decode_text(&base64::PADDED, value)?, signed_at: None, secret_index })
    }

    fn seal(&self, json: &str, _: Timestamp, _: Option<Duration>) -> Sealed {
        let value = base64::encode(&base64::PADDED, json.as_bytes());
        let tag = self.signer.sign(&[self.signed_before.as_bytes(), value.as_bytes()]);
        Sealed { value, signature: Some(base64::encode(&base64::URL, &tag)) }
    }
}

fn from_hex(text: &[u8]) -> Result<Vec<u8>, Refusal> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Ok(byte - b'0'),
        b'a'..=b'f' => Ok(byte - b'a' + 10),
        _ => Err(Refusal::Malformed),
    };
    text.chunks_exact(2).map(|pair| Ok(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}
