//! JSON that Python writes and Rust cannot represent. An odd key or value must not affect the others.

use std::sync::Mutex;
use std::time::{Duration, UNIX_EPOCH};

use signed_cookie_session::{BoxError, Secret, Serializer, Session, SignedCookieFactory};

/// Signs any text in place of the session's.
struct Instead(Mutex<String>);

impl Serializer for Instead {
    fn dumps(&self, _: &str) -> Result<Vec<u8>, BoxError> {
        Ok(self.0.lock().unwrap().clone().into_bytes())
    }

    fn loads(&self, _: &[u8]) -> Result<String, BoxError> {
        Err("this one only writes".into())
    }
}

/// Returns a session with this dict, as another program may have signed it.
fn session(dict: &str) -> Session {
    let site = || {
        SignedCookieFactory::builder(Secret::legacy("seekrit").unwrap())
            .clock(|| UNIX_EPOCH + Duration::from_secs(1_790_000_000))
    };
    let instead = Instead(Mutex::new(format!("[1790000000, 1790000000, {dict}]")));
    let signer = site().serializer(instead).build().unwrap();
    let value = signer.encode(&signer.load_cookies([""])).unwrap();
    site().build().unwrap().decode(&value).unwrap()
}

#[test]
fn half_a_surrogate_pair_in_a_key_does_not_make_it_another_key() {
    let session = session(r#"{"user\ud800": "mallory", "\udc00": 1}"#);
    assert!(!session.contains_key("user"));
    assert_eq!(session.get::<String>("user").unwrap(), None);
    assert!(!session.contains_key(""));
    assert!(!session.remove("user"));
    assert_eq!(session.len(), 2);
}

#[test]
fn a_key_with_a_lone_surrogate_is_found_by_its_listed_name() {
    let session = session(r#"{"a": 1, "user\ud800": "ada", "b": 2}"#);
    assert_eq!(session.keys(), ["a", "user\u{fffd}", "b"]);
    assert_eq!(session.get::<String>("user\u{fffd}").unwrap().as_deref(), Some("ada"));
    assert!(session.remove("user\u{fffd}"));
    assert_eq!(session.keys(), ["a", "b"]);
}
