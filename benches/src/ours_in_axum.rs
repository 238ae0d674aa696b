//! The library in axum.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use signed_cookie_session::Session;
use signed_cookie_session::tower::SessionLayer;

use crate::axum_app::{self, App, COUNT, SEED, SHOW};
use crate::contestant::Contestant;
use crate::ours::{self, Encrypted, Kind, Sha512};
use crate::sample::{Sample, VISITS};

pub const NAME: &str = "ours in axum";
pub const ENCRYPTED: &str = "ours in axum, encrypted";

pub fn contestant(sample: &Sample) -> Contestant {
    of_kind::<Sha512>(NAME, sample)
}

pub fn encrypted(sample: &Sample) -> Contestant {
    of_kind::<Encrypted>(ENCRYPTED, sample)
}

fn of_kind<K: Kind>(name: &'static str, sample: &Sample) -> Contestant {
    let router = Router::new()
        .route(SEED, get(seed))
        .route(COUNT, get(count))
        .route(SHOW, get(show))
        .layer(SessionLayer::new(ours::of_kind::<K>(ours::secret())))
        .with_state(App::new(sample));
    axum_app::contestant(name, router, sample)
}

async fn seed(State(app): State<App>, session: Session) {
    for (key, value) in &app.sample.dict {
        session.insert(key, value).expect("plain JSON");
    }
}

async fn count(session: Session) {
    let visits: u64 = session.get(VISITS).expect("a whole number").expect("a session with visits");
    session.insert(VISITS, visits + 1).expect("plain JSON");
}

async fn show(session: Session) -> String {
    serde_json::to_string(&session.to_map().expect("plain JSON")).expect("a dict of plain JSON")
}
