//! An actix-web application with three routes, called in process. Any library can keep its session.

use std::hint::black_box;
use std::time::Instant;

use actix_http::Request;
use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{COOKIE, HeaderValue, SET_COOKIE};
use actix_web::rt::{System, SystemRunner};
use actix_web::test::{TestRequest, init_service, read_body};
use actix_web::{App, Error, web};
use serde_json::{Map, Value};

use crate::contestant::Contestant;
use crate::sample::Sample;
use crate::{floor, header};

/// Puts the sample into the session.
pub const SEED: &str = "/seed";

/// Counts one more visit. This request is timed.
pub const COUNT: &str = "/count";

/// Answers with the session as JSON.
pub const SHOW: &str = "/show";

pub const EMPTY: &str = "actix-web alone";
pub const FLOOR: &str = "actix-web and the floor";

/// A request without a session.
pub fn empty(sample: &Sample) -> Contestant {
    let system = System::new();
    let app = App::new().route(COUNT, web::get().to(async || ""));
    let service = system.block_on(init_service(app));
    let cookie = format!("{}={}", header::SESSION, floor::cookie(sample));
    timed(EMPTY, system, service, &cookie)
}

/// A request whose handler only verifies and signs.
pub fn floor(sample: &Sample) -> Contestant {
    let system = System::new();
    let sign = floor::in_a_handler(sample);
    let handler = move || {
        sign();
        std::future::ready("")
    };
    let service = system.block_on(init_service(App::new().route(COUNT, web::get().to(handler))));
    timed(FLOOR, system, service, &format!("{}={}", header::SESSION, floor::cookie(sample)))
}

/// A request that counts one more visit in the session that `service` keeps.
pub fn contestant<S, B>(name: &'static str, system: SystemRunner, service: S, sample: &Sample) -> Contestant
where
    S: Service<Request, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody,
{
    let (cookie, _) = system.block_on(visit(&service, SEED, ""));
    let cookie = cookie.expect("a cookie for a new session");
    let (counted, _) = system.block_on(visit(&service, COUNT, &cookie));
    let counted = counted.expect("a cookie for a changed session");
    let (_, shown) = system.block_on(visit(&service, SHOW, &counted));
    let shown: Map<String, Value> = serde_json::from_str(&shown).expect("the session as JSON");
    assert_eq!(shown, sample.changed_dict(), "{name}");
    timed(name, system, service, &cookie)
}

fn timed<S, B>(name: &'static str, system: SystemRunner, service: S, cookie: &str) -> Contestant
where
    S: Service<Request, Response = ServiceResponse<B>, Error = Error> + 'static,
{
    let cookies = five_cookies(cookie);
    Contestant::batched(name, move |times| {
        system.block_on(async {
            let start = Instant::now();
            for _ in 0..times {
                let response = service.call(request(COUNT, cookies.clone())).await;
                black_box(response.expect("a handler that does not fail"));
            }
            start.elapsed()
        })
    })
}

/// Returns the cookie that the response sets, as `name=value`, and its body.
async fn visit<S, B>(service: &S, path: &str, cookie: &str) -> (Option<String>, String)
where
    S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    let request = request(path, five_cookies(cookie));
    let response = service.call(request).await.expect("a handler that does not fail");
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    let set_cookie = response.headers().get(SET_COOKIE);
    let cookie = set_cookie.map(|line| header::pair(line.as_bytes()));
    let body = read_body(response).await;
    (cookie, String::from_utf8(body.into()).expect("UTF-8"))
}

/// actix-web's own type of header value.
fn five_cookies(session: &str) -> HeaderValue {
    HeaderValue::from_bytes(header::five_cookies(session).as_bytes()).expect("visible ASCII")
}

fn request(path: &str, cookies: HeaderValue) -> Request {
    TestRequest::with_uri(path).insert_header((COOKIE, cookies)).to_request()
}
