//! What the benches ask of a library that keeps a session in a signed cookie.

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

    /// What an application does once: key the secret, settle the attributes.
    fn new() -> Self;

    /// The cookie value a sample comes to, as it goes over the wire.
    fn mint(&self, sample: &Sample) -> String;

    /// The session of a cookie value, verified.
    fn decode(&self, cookie: &str) -> Option<Self::Session>;

    /// The cookie value of a session.
    fn encode(&self, session: &Self::Session) -> String;

    fn visits(session: &Self::Session) -> u64;

    fn set_visits(session: &mut Self::Session, visits: u64);

    fn to_dict(session: &Self::Session) -> Map<String, Value>;

    /// The whole HTTP path: find the cookie, verify it, count one visit more, append `Set-Cookie`.
    fn count_visit(&self, request: &HeaderMap) -> Response<()>;
}

/// Cookie value to the first key read.
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

/// A session with one key changed to its cookie value.
pub fn encode<P: Peer>(sample: &Sample) -> Contestant {
    let peer = P::new();
    let mut session = peer.decode(&peer.mint(sample)).expect("a cookie that verifies");
    assert_eq!(P::visits(&session), VISITS_BEFORE, "{}", P::NAME);
    P::set_visits(&mut session, VISITS_AFTER);
    assert_eq!(decoded_dict(&peer, &peer.encode(&session)), sample.changed_dict(), "{}", P::NAME);
    Contestant::new(P::NAME, move || peer.encode(&session))
}

/// Request headers to response headers, with one key changed on the way.
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
