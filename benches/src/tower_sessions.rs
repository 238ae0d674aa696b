//! `tower-sessions` with its memory store, and `tower-sessions-cookie-store`.
//!
//! The two use different versions of `tower-sessions-core`, so their sessions are two types with the same methods.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use serde_json::{Map, Value};
use tower_sessions::{MemoryStore, SessionManagerLayer};
use tower_sessions_cookie_store::{CookieSessionManagerLayer, Key};

use crate::axum_app::{self, App, COUNT, SEED, SHOW};
use crate::contestant::Contestant;
use crate::sample::{SECRET, Sample, VISITS};

pub const MEMORY: &str = "tower-sessions, memory store";
pub const COOKIE: &str = "tower-sessions-cookie-store";
pub const PRIVATE: &str = "tower-sessions-cookie-store, private";

macro_rules! routes {
    ($session:ty) => {{
        async fn seed(State(app): State<App>, session: $session) {
            for (key, value) in &app.sample.dict {
                session.insert(key, value).await.expect("plain JSON");
            }
        }

        async fn count(session: $session) {
            let visits: Option<u64> = session.get(VISITS).await.expect("a whole number");
            let visits = visits.expect("a session with visits");
            session.insert(VISITS, visits + 1).await.expect("plain JSON");
        }

        async fn show(State(app): State<App>, session: $session) -> String {
            let mut dict = Map::new();
            for key in app.sample.dict.keys() {
                let value: Option<Value> = session.get_value(key).await.expect("a session");
                dict.extend(value.map(|value| (key.clone(), value)));
            }
            serde_json::to_string(&dict).expect("a dict of plain JSON")
        }

        Router::new().route(SEED, get(seed)).route(COUNT, get(count)).route(SHOW, get(show))
    }};
}

/// The cookie contains a session id without a signature. The session stays in memory.
pub fn memory(sample: &Sample) -> Contestant {
    let router = routes!(tower_sessions::Session)
        .layer(SessionManagerLayer::new(MemoryStore::default()))
        .with_state(App::new(sample));
    axum_app::contestant(MEMORY, router, sample)
}

pub fn cookie(sample: &Sample) -> Contestant {
    let layer = CookieSessionManagerLayer::signed(Key::from(SECRET));
    let router = routes!(tower_sessions_cookie_store::Session).layer(layer).with_state(App::new(sample));
    axum_app::contestant(COOKIE, router, sample)
}

pub fn private(sample: &Sample) -> Contestant {
    let layer = CookieSessionManagerLayer::private(Key::from(SECRET));
    let router = routes!(tower_sessions_cookie_store::Session).layer(layer).with_state(App::new(sample));
    axum_app::contestant(PRIVATE, router, sample)
}
