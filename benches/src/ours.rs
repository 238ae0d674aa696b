//! The library itself.

use http::{HeaderMap, Response};
use serde_json::{Map, Value};
use signed_cookie_session::{Secret, Secrets, Session, SignedCookieFactory};

use crate::floor;
use crate::peer::Peer;
use crate::sample::{SECRET, Sample, TIMEOUT, VISITS};

pub struct Ours {
    sessions: SignedCookieFactory,
}

/// A factory with the settings of the benches.
pub fn factory(secrets: impl Into<Secrets>) -> SignedCookieFactory {
    SignedCookieFactory::builder(secrets).timeout(TIMEOUT).build().expect("sound settings")
}

/// The secret that all contestants share.
pub fn secret() -> Secret {
    Secret::new(SECRET).expect("a strong secret")
}

impl Peer for Ours {
    const NAME: &'static str = "ours";

    type Session = Session;

    fn new() -> Ours {
        Ours { sessions: factory(secret()) }
    }

    fn mint(&self, sample: &Sample) -> String {
        floor::cookie(sample)
    }

    fn decode(&self, cookie: &str) -> Option<Session> {
        self.sessions.decode(cookie).ok()
    }

    fn encode(&self, session: &Session) -> String {
        self.sessions.encode(session).expect("a session below the limit")
    }

    fn visits(session: &Session) -> u64 {
        session.get(VISITS).expect("a whole number").expect("a session with visits")
    }

    fn set_visits(session: &mut Session, visits: u64) {
        session.insert(VISITS, visits).expect("a number is plain JSON");
    }

    fn to_dict(session: &Session) -> Map<String, Value> {
        session.to_map().expect("plain JSON")
    }

    fn count_visit(&self, request: &HeaderMap) -> Response<()> {
        let mut session = self.sessions.load(request);
        let visits = Self::visits(&session);
        Self::set_visits(&mut session, visits + 1);
        let mut response = Response::new(());
        self.sessions.save(&session, &mut response).expect("a session below the limit");
        response
    }
}
