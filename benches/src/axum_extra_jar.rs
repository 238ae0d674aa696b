//! `axum-extra`'s `SignedCookieJar`, the session in it as a `serde_json` text.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use axum_extra::extract::SignedCookieJar;
use cookie::{Cookie, SameSite};
use serde_json::{Map, Value};

use crate::axum_app::{self, App, COUNT, SEED, SHOW};
use crate::contestant::Contestant;
use crate::header::SESSION;
use crate::sample::{Sample, VISITS};

pub const NAME: &str = "axum-extra's SignedCookieJar";

pub fn contestant(sample: &Sample) -> Contestant {
    let router = Router::new()
        .route(SEED, get(seed))
        .route(COUNT, get(count))
        .route(SHOW, get(show))
        .with_state(App::new(sample));
    axum_app::contestant(NAME, router, sample)
}

async fn seed(State(app): State<App>, jar: SignedCookieJar) -> SignedCookieJar {
    write(jar, &app.sample.dict)
}

async fn count(jar: SignedCookieJar) -> SignedCookieJar {
    let mut dict = read(&jar);
    let visits = dict[VISITS].as_u64().expect("a whole number");
    dict.insert(VISITS.into(), (visits + 1).into());
    write(jar, &dict)
}

async fn show(jar: SignedCookieJar) -> String {
    serde_json::to_string(&read(&jar)).expect("a dict of plain JSON")
}

fn read(jar: &SignedCookieJar) -> Map<String, Value> {
    let cookie = jar.get(SESSION).expect("a cookie that verifies");
    serde_json::from_str(cookie.value()).expect("our own JSON")
}

fn write(jar: SignedCookieJar, dict: &Map<String, Value>) -> SignedCookieJar {
    let json = serde_json::to_string(dict).expect("a dict of plain JSON");
    let cookie = Cookie::build((SESSION, json)).path("/").secure(true).http_only(true).same_site(SameSite::Lax);
    jar.add(cookie)
}
