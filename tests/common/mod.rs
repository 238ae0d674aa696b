//! Shared code for the tests: a clock, signing, and short ways to load and save.
#![allow(dead_code, reason = "each test program uses its own part of it")]

pub mod client;
pub mod folder;
pub mod peers;
pub mod programs;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use sha2::Sha512;
use signed_cookie_session::{Builder, Secret, Session, SignedCookieFactory};

pub const SECRET: &str = "an obvious secret for tests, of more than 32 bytes";
pub const OLD_SECRET: &str = "the obvious secret of last year, for tests as well";
pub const SALT: &str = "pyramid.session.";

/// 2026-09-21T13:33:20Z, the time at which the tests' clock starts.
pub const NOW: i64 = 1_790_000_000;

/// A clock that stands still until the test moves it.
#[derive(Clone)]
pub struct Clock(Arc<AtomicI64>);

impl Clock {
    pub fn at(seconds: i64) -> Self {
        Self(Arc::new(AtomicI64::new(seconds * 1_000_000)))
    }

    pub fn set_micros(&self, micros: i64) {
        self.0.store(micros, Ordering::SeqCst);
    }

    pub fn forward(&self, by: Duration) {
        self.0.fetch_add(by.as_micros() as i64, Ordering::SeqCst);
    }

    pub fn back(&self, by: Duration) {
        self.0.fetch_sub(by.as_micros() as i64, Ordering::SeqCst);
    }

    pub fn read(&self) -> impl Fn() -> SystemTime + Send + Sync + 'static {
        let micros = Arc::clone(&self.0);
        move || at_micros(micros.load(Ordering::SeqCst))
    }
}

/// Returns a time in microseconds after 1970, or before it.
pub fn at_micros(micros: i64) -> SystemTime {
    let distance = Duration::from_micros(micros.unsigned_abs());
    if micros < 0 { UNIX_EPOCH - distance } else { UNIX_EPOCH + distance }
}

pub fn at(seconds: i64) -> SystemTime {
    at_micros(seconds * 1_000_000)
}

pub fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub fn secret() -> Secret {
    Secret::new(SECRET).unwrap()
}

pub fn old_secret() -> Secret {
    Secret::new(OLD_SECRET).unwrap()
}

/// Returns a builder whose clock shows [`NOW`].
pub fn builder() -> Builder {
    SignedCookieFactory::builder(secret()).clock(|| at(NOW))
}

/// Returns a factory whose clock shows [`NOW`]. Like Pyramid, it renews a cookie that is a second old.
pub fn sessions() -> SignedCookieFactory {
    builder().reissue_time(Duration::ZERO).build().unwrap()
}

/// Returns a factory whose clock shows [`NOW`] and which writes a cookie only after a change.
pub fn quiet() -> SignedCookieFactory {
    builder().reissue_time(None).build().unwrap()
}

/// Returns the cookie value of any bytes, signed as [`sessions`] does.
pub fn sign(payload: impl AsRef<[u8]>) -> String {
    sign_with(SECRET, SALT, payload)
}

pub fn sign_with(secret: &str, salt: &str, payload: impl AsRef<[u8]>) -> String {
    let mut mac = Hmac::<Sha512>::new_from_slice(&[salt, secret].concat().into_bytes()).unwrap();
    mac.update(payload.as_ref());
    let mut sealed = mac.finalize().into_bytes().to_vec();
    sealed.extend_from_slice(payload.as_ref());
    URL_SAFE_NO_PAD.encode(sealed)
}

/// Returns a cookie value that was written at [`NOW`], with this JSON object.
pub fn sign_dict(dict: &str) -> String {
    sign(format!("[{NOW}, {NOW}.25, {dict}]"))
}

/// Returns the signed text in a cookie value.
pub fn payload(value: &str) -> String {
    String::from_utf8(URL_SAFE_NO_PAD.decode(value).unwrap().split_off(64)).unwrap()
}

/// Returns the JSON object in a cookie value.
pub fn dict(value: &str) -> String {
    let payload = payload(value);
    payload[payload.find('{').unwrap()..payload.len() - 1].to_owned()
}

/// Returns the headers of a request with these values under the name `session`.
pub fn carrying<V: AsRef<str>>(values: impl IntoIterator<Item = V>) -> HeaderMap {
    let pairs: Vec<String> = values.into_iter().map(|value| format!("session={}", value.as_ref())).collect();
    let mut headers = HeaderMap::new();
    headers.insert(COOKIE, pairs.join("; ").parse().unwrap());
    headers
}

pub fn load(sessions: &SignedCookieFactory, value: impl AsRef<str>) -> Session {
    sessions.load(&carrying([value]))
}

/// Returns the session of a signed cookie with this JSON object.
pub fn load_dict(dict: &str) -> Session {
    load(&quiet(), sign_dict(dict))
}

pub fn new_session(sessions: &SignedCookieFactory) -> Session {
    sessions.load(&HeaderMap::new())
}

/// Saves the session into a new response and returns it.
pub fn saved(sessions: &SignedCookieFactory, session: &Session) -> Response<()> {
    let mut response = Response::new(());
    sessions.save(session, &mut response).unwrap();
    response
}

/// Returns all lines of a header, in order.
pub fn lines(headers: &HeaderMap, name: HeaderName) -> Vec<String> {
    let text = |line: &HeaderValue| String::from_utf8_lossy(line.as_bytes()).into_owned();
    headers.get_all(name).iter().map(text).collect()
}

pub fn set_cookies(response: &Response<()>) -> Vec<String> {
    lines(response.headers(), SET_COOKIE)
}

/// Returns the value in a `Set-Cookie` line.
pub fn value_of(line: &str) -> &str {
    line.split_once('=').unwrap().1.split(';').next().unwrap()
}

/// Returns the value of the only cookie, except an end mark, that saving the session sets.
pub fn written(sessions: &SignedCookieFactory, session: &Session) -> String {
    let lines = set_cookies(&saved(sessions, session));
    let sessions: Vec<_> = lines.iter().filter(|line| !line.split('=').next().unwrap().ends_with(".ended")).collect();
    assert_eq!(sessions.len(), 1, "one cookie is set");
    value_of(sessions[0]).to_owned()
}

/// Returns whether saving the session sets no cookie.
pub fn writes_nothing(sessions: &SignedCookieFactory, session: &Session) -> bool {
    set_cookies(&saved(sessions, session)).is_empty()
}
