//! What a cookie claims, without a secret and without any check of who wrote it: for the command
//! `session-cookie` alone, and there only with the feature `cli`.
//!
//! **Anybody can write what this reads.** An app loads its sessions with a
//! [`SignedCookieFactory`](crate::SignedCookieFactory).

use std::sync::Arc;
use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::format::signature::HashAlgorithm;
use crate::format::signed;

/// What a cookie value claims to hold.
#[derive(Clone, Debug)]
pub struct Claims {
    /// The hash that its signature would be of, by the signature's length.
    pub hash_algorithm: HashAlgorithm,
    /// When it claims to have begun.
    pub created: SystemTime,
    /// When it claims to have been written.
    pub renewed: SystemTime,
    /// Its keys, each with the JSON text of its value.
    pub members: Vec<(String, String)>,
}

/// Reads a cookie value and verifies nothing; `None` where no session stands behind a signature of
/// any length.
pub fn claims(value: &str) -> Option<Claims> {
    let sealed = URL_SAFE_NO_PAD.decode(value).ok()?;
    [HashAlgorithm::Sha512, HashAlgorithm::Sha384, HashAlgorithm::Sha256].into_iter().find_map(|hash_algorithm| {
        let payload = sealed.get(hash_algorithm.tag_len()..)?;
        let text: Arc<str> = std::str::from_utf8(payload).ok()?.into();
        let record = signed::parse(text)?;
        let members = record.dict.distinct().into_iter().map(|(key, json)| (key, json.to_owned()));
        Some(Claims {
            hash_algorithm,
            created: record.created.at.to_system()?,
            renewed: record.renewed.at.to_system()?,
            members: members.collect(),
        })
    })
}
