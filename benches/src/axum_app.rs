//! An axum application with three routes, called in process. Any library can keep its session.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::FromRef;
use axum::routing::get;
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderValue, Request, StatusCode};
use serde_json::{Map, Value};
use tokio::runtime::{Builder, Runtime};
use tower::Service as _;

use crate::contestant::Contestant;
use crate::sample::{SECRET, Sample};
use crate::{floor, header};

/// Puts the sample into the session.
pub const SEED: &str = "/seed";

/// Counts one more visit. This request is timed.
pub const COUNT: &str = "/count";

/// Answers with the session as JSON.
pub const SHOW: &str = "/show";

pub const EMPTY: &str = "axum alone";
pub const FLOOR: &str = "axum and the floor";

/// What the handlers share.
#[derive(Clone)]
pub struct App {
    pub sample: Arc<Sample>,
    key: cookie::Key,
}

/// `axum-extra` takes its key from the application's state.
impl FromRef<App> for cookie::Key {
    fn from_ref(app: &App) -> cookie::Key {
        app.key.clone()
    }
}

impl App {
    pub fn new(sample: &Sample) -> App {
        App { sample: Arc::new(sample.clone()), key: cookie::Key::from(SECRET) }
    }
}

/// A request without a session.
pub fn empty(sample: &Sample) -> Contestant {
    let router = Router::new().route(COUNT, get(async || "")).with_state(App::new(sample));
    let cookie = format!("{}={}", header::SESSION, floor::cookie(sample));
    timed(EMPTY, Client::new(router), &cookie)
}

/// A request whose handler only verifies and signs.
pub fn floor(sample: &Sample) -> Contestant {
    let sign = floor::in_a_handler(sample);
    let router = Router::new().route(COUNT, get(async move || sign())).with_state(App::new(sample));
    timed(FLOOR, Client::new(router), &format!("{}={}", header::SESSION, floor::cookie(sample)))
}

/// A request that counts one more visit in the session that `router` keeps.
pub fn contestant(name: &'static str, router: Router, sample: &Sample) -> Contestant {
    let mut client = Client::new(router);
    let (cookie, _) = client.visit(SEED, "");
    let cookie = cookie.expect("a cookie for a new session");
    // A store in memory keeps its cookie. All others send the session in a new cookie.
    let counted = client.visit(COUNT, &cookie).0.unwrap_or(cookie.clone());
    let (_, shown) = client.visit(SHOW, &counted);
    let shown: Map<String, Value> = serde_json::from_str(&shown).expect("the session as JSON");
    assert_eq!(shown, sample.changed_dict(), "{name}");
    timed(name, client, &cookie)
}

fn timed(name: &'static str, mut client: Client, cookie: &str) -> Contestant {
    let cookies = header::five_cookies(cookie);
    Contestant::batched(name, move |times| {
        let Client { runtime, router } = &mut client;
        runtime.block_on(async {
            let start = Instant::now();
            for _ in 0..times {
                black_box(router.call(request(COUNT, cookies.clone())).await).expect("axum answers everything");
            }
            start.elapsed()
        })
    })
}

struct Client {
    runtime: Runtime,
    router: Router,
}

impl Client {
    fn new(router: Router) -> Client {
        let runtime = Builder::new_current_thread().build().expect("a runtime on this thread");
        Client { runtime, router }
    }

    /// Returns the cookie that the response sets, as `name=value`, and its body.
    fn visit(&mut self, path: &'static str, cookie: &str) -> (Option<String>, String) {
        let Client { runtime, router } = self;
        runtime.block_on(async {
            let request = request(path, header::five_cookies(cookie));
            let response = router.call(request).await.expect("axum answers everything");
            assert_eq!(response.status(), StatusCode::OK, "{path}");
            let cookie = response.headers().get(SET_COOKIE).map(header::pair);
            let body = to_bytes(response.into_body(), usize::MAX).await.expect("a body in memory");
            (cookie, String::from_utf8(body.into()).expect("UTF-8"))
        })
    }
}

fn request(path: &'static str, cookies: HeaderValue) -> Request<Body> {
    Request::builder().uri(path).header(COOKIE, cookies).body(Body::empty()).expect("a sound request")
}
