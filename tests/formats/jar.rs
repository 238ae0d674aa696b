//! A simple cookie jar for the tests.

use std::collections::BTreeMap;

use http::header::COOKIE;
use http::{HeaderMap, Response};
use signed_cookie_session::{Session, SignedCookieFactory};

use crate::common::set_cookies;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Jar(pub BTreeMap<String, String>);

impl Jar {
    pub fn of(cookies: &[(&str, &str)]) -> Self {
        Self(cookies.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect())
    }

    pub fn headers(&self) -> HeaderMap {
        let pairs: Vec<_> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut headers = HeaderMap::new();
        if !pairs.is_empty() {
            headers.insert(COOKIE, pairs.join("; ").parse().unwrap());
        }
        headers
    }

    pub fn load(&self, sessions: &SignedCookieFactory) -> Session {
        sessions.load(&self.headers())
    }

    /// Stores or removes a cookie, as a `Set-Cookie` line says.
    pub fn take(&mut self, line: &str) {
        let (name, rest) = line.split_once('=').unwrap();
        let (value, attributes) = rest.split_once(';').unwrap_or((rest, ""));
        let attributes = attributes.to_ascii_lowercase();
        if attributes.contains("max-age=0") || attributes.contains("01 jan 1970") {
            self.0.remove(name);
        } else {
            self.0.insert(name.into(), value.into());
        }
    }

    /// Saves a session into a response, stores its cookies, and returns the lines.
    pub fn save(&mut self, sessions: &SignedCookieFactory, session: &Session) -> Vec<String> {
        let mut response = Response::new(());
        sessions.save(session, &mut response).unwrap();
        let lines = set_cookies(&response);
        lines.iter().for_each(|line| self.take(line));
        lines
    }
}
