//! Reads what a cookie claims, without a secret, to inspect cookies by hand.
//!
//! **Anybody can write what this reads.** It is what the command `session-cookie` shows of a cookie that no secret verifies.
//! An app must load its sessions with a [`SignedCookieFactory`](crate::SignedCookieFactory).
//!
//! # Example
//! ```
//! use signed_cookie_session::{Secret, SignedCookieFactory, unverified};
//!
//! let sessions = SignedCookieFactory::new(Secret::generate());
//! let session = sessions.load(&http::HeaderMap::new());
//! session.insert("user", "ada")?;
//!
//! let claims = unverified::claims(&sessions.encode(&session)?).unwrap();
//! assert_eq!(claims.members, [("user".to_owned(), r#""ada""#.to_owned())]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::format::signature::HashAlgorithm;
use crate::format::signed;

/// What a cookie value claims to hold. Nobody has verified it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Claims {
    /// The hash whose signatures are as long as the cookie's.
    pub hash_algorithm: HashAlgorithm,
    /// When the session was created.
    pub created: SystemTime,
    /// When the session was renewed.
    pub renewed: SystemTime,
    /// The session's own lifetime, if it has one.
    pub lifetime: Option<Duration>,
    /// All keys, reserved ones as well, each with the JSON text of its value.
    pub members: Vec<(String, String)>,
}

/// Reads a cookie value and verifies nothing. Returns `None` if the value does not hold a session behind a signature.
///
/// # Example
/// ```
/// assert!(signed_cookie_session::unverified::claims("forged").is_none());
/// ```
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
            lifetime: record.lifetime(),
            members: members.collect(),
        })
    })
}
