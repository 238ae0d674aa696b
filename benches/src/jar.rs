//! `cookie`'s `SignedJar` (HMAC-SHA256) and `PrivateJar` (AES-256-GCM) with a `serde_json` text. They check no times.
//!
//! JSON has many characters that a cookie value must not contain, so it is percent-encoded, as `axum-extra` does too.

use std::marker::PhantomData;

use cookie::{Cookie, CookieJar, Key, SameSite};
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::header::SESSION;
use crate::peer::Peer;
use crate::sample::{SECRET, Sample, VISITS};

pub type SignedJar = Jar<Signed>;
pub type PrivateJar = Jar<Private>;

pub struct Jar<M> {
    key: Key,
    method: PhantomData<M>,
}

/// How a jar protects its cookies.
pub trait Method: 'static {
    const NAME: &'static str;

    /// Returns the session's cookie, if it was made with this key.
    fn get(jar: &CookieJar, key: &Key) -> Option<Cookie<'static>>;

    fn add(jar: &mut CookieJar, key: &Key, cookie: Cookie<'static>);
}

pub struct Signed;

impl Method for Signed {
    const NAME: &'static str = "cookie::SignedJar + serde_json";

    fn get(jar: &CookieJar, key: &Key) -> Option<Cookie<'static>> {
        jar.signed(key).get(SESSION)
    }

    fn add(jar: &mut CookieJar, key: &Key, cookie: Cookie<'static>) {
        jar.signed_mut(key).add(cookie);
    }
}

pub struct Private;

impl Method for Private {
    const NAME: &'static str = "cookie::PrivateJar + serde_json";

    fn get(jar: &CookieJar, key: &Key) -> Option<Cookie<'static>> {
        jar.private(key).get(SESSION)
    }

    fn add(jar: &mut CookieJar, key: &Key, cookie: Cookie<'static>) {
        jar.private_mut(key).add(cookie);
    }
}

/// The three parts of Pyramid's cookie: renewed, created, dict.
#[derive(Serialize, Deserialize)]
pub struct Session(u64, f64, Map<String, Value>);

impl<M: Method> Jar<M> {
    /// Returns the session in a jar that contains the request's cookies.
    fn read(&self, jar: &CookieJar) -> Option<Session> {
        serde_json::from_str(M::get(jar, &self.key)?.value()).ok()
    }

    fn write(&self, jar: &mut CookieJar, session: &Session) {
        let json = serde_json::to_string(session).expect("a dict of plain JSON");
        let cookie = Cookie::build((SESSION, json)).path("/").secure(true).http_only(true).same_site(SameSite::Lax);
        M::add(jar, &self.key, cookie.build());
    }
}

impl<M: Method> Peer for Jar<M> {
    const NAME: &'static str = M::NAME;

    type Session = Session;

    fn new() -> Jar<M> {
        Jar { key: Key::from(SECRET), method: PhantomData }
    }

    fn mint(&self, sample: &Sample) -> String {
        self.encode(&Session(sample.renewed, sample.created, sample.dict.clone()))
    }

    fn decode(&self, cookie: &str) -> Option<Session> {
        let mut jar = CookieJar::new();
        jar.add_original(Cookie::parse_encoded(format!("{SESSION}={cookie}")).ok()?);
        self.read(&jar)
    }

    fn encode(&self, session: &Session) -> String {
        let mut jar = CookieJar::new();
        self.write(&mut jar, session);
        let cookie = jar.get(SESSION).expect("the cookie just added");
        let mut pair = cookie.stripped().encoded().to_string();
        pair.drain(..=SESSION.len());
        pair
    }

    fn visits(session: &Session) -> u64 {
        session.2[VISITS].as_u64().expect("a whole number")
    }

    fn set_visits(session: &mut Session, visits: u64) {
        session.2.insert(VISITS.into(), visits.into());
    }

    fn to_dict(session: &Session) -> Map<String, Value> {
        session.2.clone()
    }

    fn count_visit(&self, request: &HeaderMap) -> Response<()> {
        let mut jar = CookieJar::new();
        let lines = request.get_all(COOKIE).into_iter().filter_map(|line| line.to_str().ok());
        for cookie in lines.flat_map(|line| Cookie::split_parse_encoded(line.to_owned())).flatten() {
            jar.add_original(cookie);
        }
        let mut session = self.read(&jar).expect("a cookie that verifies");
        let visits = Self::visits(&session);
        Self::set_visits(&mut session, visits + 1);
        self.write(&mut jar, &session);

        let mut response = Response::new(());
        for cookie in jar.delta() {
            let line = cookie.encoded().to_string().parse().expect("a cookie of visible ASCII");
            response.headers_mut().append(SET_COOKIE, line);
        }
        response
    }
}
