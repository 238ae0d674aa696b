//! What the fuzz targets share: one site, and a way to sign any bytes as it would.

use std::cell::RefCell;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::value::RawValue;
use signed_cookie_session::{BoxError, Builder, Secret, Serializer, Session, SignedCookieFactory};

/// Every clock of the site stands still here.
pub const NOW: u64 = 1_790_000_000;

pub fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(NOW)
}

/// Pyramid's secret in the documentation, and its defaults: the seeds are cookies of such a site.
pub fn builder() -> Builder {
    SignedCookieFactory::builder(Secret::legacy("seekrit").unwrap())
        .clock(now)
        .random(|bytes| bytes.fill(0xc5))
        .timeout(None)
        .flash_limit(None)
}

pub static SITE: LazyLock<SignedCookieFactory> = LazyLock::new(|| builder().build().unwrap());

/// A cookie value with any bytes under a signature that holds; none where it would be too long.
pub fn signed(payload: &[u8]) -> Option<String> {
    thread_local!(static PAYLOAD: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) });

    /// Puts the payload in the place of the session.
    struct Instead;

    impl Serializer for Instead {
        fn dumps(&self, _: &str) -> Result<Vec<u8>, BoxError> {
            Ok(PAYLOAD.take())
        }

        fn loads(&self, _: &[u8]) -> Result<String, BoxError> {
            unreachable!("this one only writes")
        }
    }

    static SIGNER: LazyLock<SignedCookieFactory> =
        LazyLock::new(|| builder().serializer(Instead).max_cookie_size(4096).build().unwrap());
    PAYLOAD.set(payload.to_vec());
    SIGNER.encode(&SIGNER.load_cookies([""; 0])).ok()
}

/// Every key with its JSON text; `None` for a value that is no JSON.
pub fn members(session: &Session) -> Vec<(String, Option<String>)> {
    let raw =
        |key: &String| session.get::<Box<RawValue>>(key).ok().map(|raw| raw.expect("its key is there").get().into());
    session.keys().into_iter().map(|key| (key.clone(), raw(&key))).collect()
}

/// Asks the session everything that can be asked without changing it.
pub fn read_all(session: &Session) {
    let members = members(session);
    assert_eq!(session.len(), members.len());
    assert_eq!(session.is_empty(), members.is_empty());
    assert!(members.iter().all(|(key, _)| session.contains_key(key)));
    // JSON as such may still be more than a parsed value can hold: a number beyond f64, say.
    let parsed = session.to_map();
    assert!(parsed.is_err() || members.iter().all(|(_, json)| json.is_some()));
    let _ = session.read::<serde_json::Value>();
    let _ = session.flash().peek::<serde_json::Value>();
    assert!(!session.verify_csrf_token(""));
    let _ = (session.created(), session.renewed(), session.is_new(), session.outcome());
    let _ = format!("{session:?}");
}
