//! A serializer of the user, whose output is signed.

use std::io::{Read, Write};

use crate::common::*;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use signed_cookie_session::{BoxError, Outcome, Serializer, SignedCookieFactory};

struct Deflate;

impl Serializer for Deflate {
    fn dumps(&self, json: &str) -> Result<Vec<u8>, BoxError> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(json.as_bytes())?;
        Ok(encoder.finish()?)
    }

    fn loads(&self, payload: &[u8]) -> Result<String, BoxError> {
        /// A cookie that expands to more than this is not our session.
        const MOST: u64 = 1 << 20;
        let mut json = String::new();
        DeflateDecoder::new(payload).take(MOST).read_to_string(&mut json)?;
        Ok(json)
    }
}

/// A serializer whose functions a test chooses.
struct By<D, L>(D, L);

impl<D, L> Serializer for By<D, L>
where
    D: Fn(&str) -> Result<Vec<u8>, BoxError> + Send + Sync,
    L: Fn(&[u8]) -> Result<String, BoxError> + Send + Sync,
{
    fn dumps(&self, json: &str) -> Result<Vec<u8>, BoxError> {
        self.0(json)
    }

    fn loads(&self, payload: &[u8]) -> Result<String, BoxError> {
        self.1(payload)
    }
}

fn with(serializer: impl Serializer + 'static) -> SignedCookieFactory {
    builder().reissue_time(None).serializer(serializer).build().unwrap()
}

fn text(payload: &[u8]) -> Result<String, BoxError> {
    Ok(String::from_utf8(payload.to_vec())?)
}

#[test]
fn a_session_larger_than_a_cookie_fits_when_it_is_compressed() {
    let sessions = with(Deflate);
    let session = new_session(&sessions);
    for page in 0..200 {
        session.insert(format!("page {page}"), "https://shop.example/articles/and/more/articles".repeat(4)).unwrap();
    }
    let value = written(&sessions, &session);
    assert!(value.len() < 4064);
    let read = load(&sessions, &value);
    assert_eq!(read.len(), 200);
    assert_eq!(read.to_map().unwrap(), session.to_map().unwrap());
    read.remove("page 7");
    assert_eq!(load(&sessions, written(&sessions, &read)).len(), 199);
}

#[test]
fn the_size_limit_counts_what_the_serializer_wrote() {
    let sessions = with(Deflate);
    let session = new_session(&sessions);
    let mut seed = 1_u32;
    let noise: Vec<u32> = (0..2000)
        .map(|_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            seed
        })
        .collect();
    session.insert("noise", noise).unwrap();
    let error = sessions.encode(&session).unwrap_err();
    assert!(error.too_large().is_some_and(|size| size > 4064));
    assert!(error.to_string().contains("\"noise\""), "{error}");
}

#[test]
fn encrypted_text_shows_nothing_and_comes_back() {
    // This is not real encryption, which needs a nonce and a proven cipher.
    fn stream(bytes: &[u8]) -> Vec<u8> {
        let mut state = 0x9e37_79b9_u32;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state as u8
        };
        bytes.iter().map(|byte| byte ^ next()).collect()
    }
    let sessions = with(By(|json: &str| Ok(stream(json.as_bytes())), |payload: &[u8]| text(&stream(payload))));
    let session = new_session(&sessions);
    session.insert("card", "4000-1234-5678-9010").unwrap();
    let value = written(&sessions, &session);
    let plain = written(&quiet(), &session);
    assert_eq!(value.len(), plain.len());
    assert_ne!(value, plain);
    assert_eq!(load(&sessions, &value).get::<String>("card").unwrap().as_deref(), Some("4000-1234-5678-9010"));
    assert_eq!(load(&quiet(), &value).outcome(), Outcome::Malformed, "signed, but not JSON");
}

#[test]
fn the_serializer_gets_pyramids_text() {
    let sessions = with(By(
        |json: &str| {
            assert_eq!(json, format!(r#"[{NOW}, {NOW}.0, {{"a": 1}}]"#));
            Ok(json.into())
        },
        text,
    ));
    let session = new_session(&sessions);
    session.insert("a", 1).unwrap();
    assert_eq!(load(&quiet(), written(&sessions, &session)).get("a").unwrap(), Some(1));
}

#[test]
fn the_serializer_only_sees_bytes_with_a_valid_signature() {
    let sessions = with(By(
        |json: &str| Ok(json.into()),
        |payload: &[u8]| {
            assert!(payload.starts_with(b"["), "only signed bytes are read");
            text(payload)
        },
    ));
    for forged in ["forged", &"A".repeat(200), &sign_with("another", SALT, "x"), ""] {
        assert!(!load(&sessions, forged).outcome().is_valid());
    }
    assert_eq!(load(&sessions, sign_dict("{}")).outcome(), Outcome::Valid);
}

#[test]
fn a_dumps_that_fails_is_a_save_error_with_its_reason() {
    let sessions = with(By(|_: &str| Err("the key is in another vault".into()), text));
    let session = new_session(&sessions);
    session.insert("a", 1).unwrap();
    let mut response = http::Response::new(());
    let error = sessions.save(&session, &mut response).unwrap_err();
    assert_eq!(error.to_string(), "the serializer could not write the session");
    assert!(error.too_large().is_none());
    let reason = std::error::Error::source(&error).map(ToString::to_string);
    assert_eq!(reason.as_deref(), Some("the key is in another vault"));
    assert!(response.headers().is_empty());
}

#[test]
fn a_loads_that_fails_begins_a_new_session() {
    let json = |text: &'static str| with(By(|json: &str| Ok(json.into()), move |_: &[u8]| Ok(text.into())));
    for sessions in [
        with(By(|json: &str| Ok(json.into()), |_: &[u8]| Err("no".into()))),
        json(""),
        json("{}"),
        json("[1, 2]"),
        json("[1, 2, []]"),
    ] {
        let session = load(&sessions, sign_dict(r#"{"a": 1}"#));
        assert_eq!(session.outcome(), Outcome::Malformed);
        assert!(session.is_new() && session.is_empty());
        session.insert("b", 1).unwrap();
        assert_eq!(set_cookies(&saved(&sessions, &session)).len(), 1);
    }
}

#[test]
fn a_serializer_gets_complete_sessions_despite_threads() {
    let sessions = with(By(
        |json: &str| {
            assert!(json.starts_with('['), "{json:?} is not a session");
            Ok(json.into())
        },
        text,
    ));
    let value = sign_dict(r#"{"user": "ada"}"#);
    for _ in 0..3000 {
        let session = load(&sessions, &value);
        session.changed();
        let start = std::sync::Barrier::new(2);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                start.wait();
                session.invalidate();
            });
            start.wait();
            assert!(sessions.set_cookies(&session).unwrap().into_iter().next().is_some());
        });
    }
}

#[test]
fn a_serializer_may_write_nothing_at_all() {
    let sessions =
        with(By(|_: &str| Ok(Vec::new()), |_: &[u8]| Ok(format!("[{NOW}, {NOW}, {{\"from\": \"nothing\"}}]"))));
    let session = new_session(&sessions);
    session.insert("a", "x".repeat(10_000)).unwrap();
    let value = written(&sessions, &session);
    assert_eq!(value.len(), 86, "a signature alone");
    assert_eq!(load(&sessions, value).keys(), ["from"]);
}

#[test]
fn a_serializer_that_panics_leaves_the_session_to_be_read_again() {
    let once = std::sync::atomic::AtomicBool::new(true);
    let sessions = with(By(
        |json: &str| Ok(json.into()),
        move |payload: &[u8]| {
            assert!(!once.swap(false, std::sync::atomic::Ordering::SeqCst), "on purpose");
            text(payload)
        },
    ));
    let session = load(&sessions, sign_dict(r#"{"a": 1}"#));
    let other = session.clone();
    assert!(std::thread::spawn(move || other.len()).join().is_err());
    assert_eq!(session.get("a").unwrap(), Some(1));
}
