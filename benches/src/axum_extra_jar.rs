//! `axum-extra`'s `SignedCookieJar` and `PrivateCookieJar`, with the session as `serde_json` text.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use axum_extra::extract::{PrivateCookieJar, SignedCookieJar};
use cookie::{Cookie, SameSite};
use serde_json::{Map, Value};

use crate::axum_app::{self, App, COUNT, SEED, SHOW};
use crate::contestant::Contestant;
use crate::header::SESSION;
use crate::sample::{Sample, VISITS};

pub const NAME: &str = "axum-extra's SignedCookieJar";
pub const PRIVATE: &str = "axum-extra's PrivateCookieJar";

/// The two jars are two types with the same methods.
macro_rules! routes {
    ($jar:ty) => {{
        async fn seed(State(app): State<App>, jar: $jar) -> $jar {
            jar.add(cookie(&app.sample.dict))
        }

        async fn count(jar: $jar) -> $jar {
            let mut dict = dict(jar.get(SESSION));
            let visits = dict[VISITS].as_u64().expect("a whole number");
            dict.insert(VISITS.into(), (visits + 1).into());
            jar.add(cookie(&dict))
        }

        async fn show(jar: $jar) -> String {
            serde_json::to_string(&dict(jar.get(SESSION))).expect("a dict of plain JSON")
        }

        Router::new().route(SEED, get(seed)).route(COUNT, get(count)).route(SHOW, get(show))
    }};
}

pub fn contestant(sample: &Sample) -> Contestant {
    axum_app::contestant(NAME, routes!(SignedCookieJar).with_state(App::new(sample)), sample)
}

pub fn private(sample: &Sample) -> Contestant {
    axum_app::contestant(PRIVATE, routes!(PrivateCookieJar).with_state(App::new(sample)), sample)
}

fn dict(cookie: Option<Cookie>) -> Map<String, Value> {
    let cookie = cookie.expect("a cookie that verifies");
    serde_json::from_str(cookie.value()).expect("our own JSON")
}

fn cookie(dict: &Map<String, Value>) -> Cookie<'static> {
    let json = serde_json::to_string(dict).expect("a dict of plain JSON");
    Cookie::build((SESSION, json)).path("/").secure(true).http_only(true).same_site(SameSite::Lax).build()
}
