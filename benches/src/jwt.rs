//! `jsonwebtoken` with HS512, and with the same hash crates as the library (`rust_crypto`).

use cookie::{Cookie, SameSite};
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, Response};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::header::SESSION;
use crate::peer::Peer;
use crate::sample::{SECRET, Sample, TIMEOUT, VISITS};

pub struct Jwt {
    header: Header,
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
}

#[derive(Clone, Serialize, Deserialize)]
pub struct Claims {
    exp: u64,
    created: f64,
    session: Map<String, Value>,
}

impl Peer for Jwt {
    const NAME: &'static str = "jsonwebtoken HS512";

    type Session = Claims;

    fn new() -> Jwt {
        Jwt {
            header: Header::new(Algorithm::HS512),
            encoding: EncodingKey::from_secret(SECRET),
            decoding: DecodingKey::from_secret(SECRET),
            validation: Validation::new(Algorithm::HS512),
        }
    }

    fn mint(&self, sample: &Sample) -> String {
        self.encode(&Claims {
            exp: sample.renewed + TIMEOUT.as_secs(),
            created: sample.created,
            session: sample.dict.clone(),
        })
    }

    fn decode(&self, cookie: &str) -> Option<Claims> {
        let token = jsonwebtoken::decode(cookie, &self.decoding, &self.validation).ok()?;
        Some(token.claims)
    }

    fn encode(&self, session: &Claims) -> String {
        jsonwebtoken::encode(&self.header, session, &self.encoding).expect("a dict of plain JSON")
    }

    fn visits(session: &Claims) -> u64 {
        session.session[VISITS].as_u64().expect("a whole number")
    }

    fn set_visits(session: &mut Claims, visits: u64) {
        session.session.insert(VISITS.into(), visits.into());
    }

    fn to_dict(session: &Claims) -> Map<String, Value> {
        session.session.clone()
    }

    fn count_visit(&self, request: &HeaderMap) -> Response<()> {
        let lines = request.get_all(COOKIE).into_iter().filter_map(|line| line.to_str().ok());
        let mut session = lines
            .flat_map(Cookie::split_parse)
            .flatten()
            .find(|cookie| cookie.name() == SESSION)
            .and_then(|cookie| self.decode(cookie.value()))
            .expect("a cookie that verifies");
        let visits = Self::visits(&session);
        Self::set_visits(&mut session, visits + 1);

        let cookie = Cookie::build((SESSION, self.encode(&session)))
            .path("/")
            .secure(true)
            .http_only(true)
            .same_site(SameSite::Lax);
        let line = cookie.to_string().parse().expect("a cookie of visible ASCII");
        let mut response = Response::new(());
        response.headers_mut().append(SET_COOKIE, line);
        response
    }
}
