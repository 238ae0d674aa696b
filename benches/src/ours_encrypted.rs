//! The library itself, with its encrypted format.

use http::{HeaderMap, Response};
use serde_json::{Map, Value};
use signed_cookie_session::{Format, Session, SignedCookieFactory};

use crate::ours::{Ours, secret};
use crate::peer::Peer;
use crate::sample::{Sample, TIMEOUT};

pub struct OursEncrypted {
    sessions: SignedCookieFactory,
}

impl Peer for OursEncrypted {
    const NAME: &'static str = "ours, encrypted";

    type Session = Session;

    fn new() -> OursEncrypted {
        let builder = SignedCookieFactory::builder(secret()).format(Format::Encrypted).timeout(TIMEOUT);
        OursEncrypted { sessions: builder.build().expect("sound settings") }
    }

    fn mint(&self, sample: &Sample) -> String {
        let session = self.sessions.load(&HeaderMap::new());
        for (key, value) in &sample.dict {
            session.insert(key, value).expect("plain JSON");
        }
        self.encode(&session)
    }

    fn decode(&self, cookie: &str) -> Option<Session> {
        self.sessions.decode(cookie).ok()
    }

    fn encode(&self, session: &Session) -> String {
        self.sessions.encode(session).expect("a session below the limit")
    }

    fn visits(session: &Session) -> u64 {
        Ours::visits(session)
    }

    fn set_visits(session: &mut Session, visits: u64) {
        Ours::set_visits(session, visits);
    }

    fn to_dict(session: &Session) -> Map<String, Value> {
        Ours::to_dict(session)
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
