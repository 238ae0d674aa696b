//! Shared code for the fuzz targets: a site, and a way to sign any bytes with its secret.

use std::cell::RefCell;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::value::RawValue;
use signed_cookie_session::{BoxError, Builder, Secret, Serializer, Session, SignedCookieFactory};

/// The time that every clock of the site shows.
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

/// Returns a cookie value with any bytes and a valid signature, or `None` if it would be too long.
pub fn signed(payload: &[u8]) -> Option<String> {
    thread_local!(static PAYLOAD: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) });

    /// Replaces the session with the payload.
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

/// Returns every key with its JSON text, or `None` for a value that is not JSON.
pub fn members(session: &Session) -> Vec<(String, Option<String>)> {
    let raw =
        |key: &String| session.get::<Box<RawValue>>(key).ok().map(|raw| raw.expect("its key is there").get().into());
    session.keys().into_iter().map(|key| (key.clone(), raw(&key))).collect()
}

/// Calls every method of the session that does not change it.
pub fn read_all(session: &Session) {
    let members = members(session);
    assert_eq!(session.len(), members.len());
    assert_eq!(session.is_empty(), members.is_empty());
    assert!(members.iter().all(|(key, _)| session.contains_key(key)));
    // A parsed value cannot hold all JSON, for example a number that is too large for f64.
    let parsed = session.to_map();
    assert!(parsed.is_err() || members.iter().all(|(_, json)| json.is_some()));
    let _ = session.read::<serde_json::Value>();
    let _ = session.flash().peek::<serde_json::Value>();
    assert!(!session.verify_csrf_token(""));
    let _ = (session.created(), session.renewed(), session.is_new(), session.outcome());
    let _ = format!("{session:?}");
}
