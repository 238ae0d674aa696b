//! `seshcookie`, which encrypts with ChaCha20-Poly1305. A session is one typed value, which is a dict here.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use serde_json::{Map, Value};
use seshcookie::{SessionConfig, SessionKeys, SessionLayer};

use crate::axum_app::{self, App, COUNT, SEED, SHOW};
use crate::contestant::Contestant;
use crate::sample::{SECRET, Sample, VISITS};

pub const NAME: &str = "seshcookie";

type Session = seshcookie::Session<Map<String, Value>>;

pub fn contestant(sample: &Sample) -> Contestant {
    let keys = SessionKeys::new(SECRET).expect("a long key");
    let layer = SessionLayer::<Map<String, Value>>::new(keys, SessionConfig::default()).expect("sound settings");
    let routes = Router::new().route(SEED, get(seed)).route(COUNT, get(count)).route(SHOW, get(show));
    axum_app::contestant(NAME, routes.layer(layer).with_state(App::new(sample)), sample)
}

async fn seed(State(app): State<App>, session: Session) {
    session.insert(app.sample.dict.clone()).await;
}

async fn count(session: Session) {
    let mut dict = session.get().await.expect("a cookie that verifies");
    let visits = dict[VISITS].as_u64().expect("a whole number");
    dict.insert(VISITS.into(), (visits + 1).into());
    session.insert(dict).await;
}

async fn show(session: Session) -> String {
    serde_json::to_string(&session.get().await.expect("a cookie that verifies")).expect("a dict of plain JSON")
}
