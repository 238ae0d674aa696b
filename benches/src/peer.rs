//! The jobs that the benches time for a library that keeps a session in a signed cookie.

use http::header::SET_COOKIE;
use http::{HeaderMap, Response};
use serde_json::{Map, Value};

use crate::contestant::Contestant;
use crate::header;
use crate::sample::{Sample, VISITS_AFTER, VISITS_BEFORE};

/// A library that keeps a session in a signed cookie.
pub trait Peer: Sized + 'static {
    const NAME: &'static str;

    /// A session in memory.
    type Session;

    /// Does what an application does once: sets the key and the attributes.
    fn new() -> Self;

    /// Returns the cookie value of a sample, as it is sent.
    fn mint(&self, sample: &Sample) -> String;

    /// Verifies a cookie value, and returns its session.
    fn decode(&self, cookie: &str) -> Option<Self::Session>;

    /// Returns the cookie value of a session.
    fn encode(&self, session: &Self::Session) -> String;

    fn visits(session: &Self::Session) -> u64;

    fn set_visits(session: &mut Self::Session, visits: u64);

    fn to_dict(session: &Self::Session) -> Map<String, Value>;

    /// Does the whole HTTP path: finds the cookie, verifies it, counts one more visit, appends `Set-Cookie`.
    fn count_visit(&self, request: &HeaderMap) -> Response<()>;
}

/// Decodes a cookie value, and reads one key.
pub fn decode<P: Peer>(sample: &Sample) -> Contestant {
    let peer = P::new();
    let cookie = peer.mint(sample);
    assert_eq!(decoded_dict(&peer, &cookie), sample.dict, "{}", P::NAME);
    Contestant::new(P::NAME, move || {
        let session = peer.decode(&cookie).expect("a cookie that verifies");
        let visits = P::visits(&session);
        (session, visits)
    })
}

/// Encodes a session that has one changed key.
pub fn encode<P: Peer>(sample: &Sample) -> Contestant {
    let peer = P::new();
    let mut session = peer.decode(&peer.mint(sample)).expect("a cookie that verifies");
    assert_eq!(P::visits(&session), VISITS_BEFORE, "{}", P::NAME);
    P::set_visits(&mut session, VISITS_AFTER);
    assert_eq!(decoded_dict(&peer, &peer.encode(&session)), sample.changed_dict(), "{}", P::NAME);
    Contestant::new(P::NAME, move || peer.encode(&session))
}

/// Turns request headers into response headers, and changes one key.
pub fn http_path<P: Peer>(sample: &Sample) -> Contestant {
    let peer = P::new();
    let request = header::request(&format!("{}={}", header::SESSION, peer.mint(sample)));
    let response = peer.count_visit(&request);
    let next = header::request(&header::pair(&response.headers()[SET_COOKIE]));
    let cookie = header::find(&next);
    assert_eq!(decoded_dict(&peer, &cookie), sample.changed_dict(), "{}", P::NAME);
    Contestant::new(P::NAME, move || peer.count_visit(&request))
}

fn decoded_dict<P: Peer>(peer: &P, cookie: &str) -> Map<String, Value> {
    P::to_dict(&peer.decode(cookie).expect("a cookie that verifies"))
}
