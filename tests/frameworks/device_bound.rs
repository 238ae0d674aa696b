//! The layers answer the two endpoints for devices, so that the app never sees these requests.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Request, Response};
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use signed_cookie_session::tower::SessionLayer;
use signed_cookie_session::{DeviceBound, Secret, Session, SignedCookieFactory};
use tower_layer::Layer;
use tower_service::Service;

fn factory() -> SignedCookieFactory {
    let secret = Secret::new("a secret that only the tests use").unwrap();
    SignedCookieFactory::builder(secret).device_bound(DeviceBound::new()).build().unwrap()
}

/// Returns the cookie of a session that can be bound, and the proof of a device.
fn registration(sessions: &SignedCookieFactory) -> (String, String) {
    let session = sessions.load_cookies([""]);
    session.insert("user", "ada").unwrap();
    session.bind_to_device();
    let headers = sessions.response_headers(&session, 200).unwrap();
    let cookie = headers.set_cookies().next().unwrap().split(';').next().unwrap().to_owned();
    let challenge = headers.device_registration().unwrap().split('"').nth(3).unwrap();

    let device = SigningKey::from_slice(&[7; 32]).unwrap();
    let point = device.verifying_key().to_sec1_point(false);
    let [x, y] = [point.x(), point.y()].map(|coordinate| URL_SAFE_NO_PAD.encode(coordinate.unwrap()));
    let jwk = format!(r#"{{"kty":"EC","crv":"P-256","x":"{x}","y":"{y}"}}"#);
    let header = URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"ES256","typ":"dbsc+jwt","jwk":{jwk}}}"#));
    let text = format!("{header}.{}", URL_SAFE_NO_PAD.encode(format!(r#"{{"jti":"{challenge}"}}"#)));
    let signature: Signature = device.sign(text.as_bytes());
    (cookie, format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes())))
}

/// Returns an app that answers every request.
#[derive(Clone)]
struct App;

impl Service<Request<()>> for App {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Ready<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        let session = request.extensions().get::<Session>().expect("the layer put it there");
        session.insert("user", "ada").unwrap();
        session.bind_to_device();
        let mut response = Response::new("the app".to_owned());
        if request.uri().path() == "/held" {
            response.extensions_mut().insert(session.clone());
        }
        ready(Ok(response))
    }
}

#[tokio::test]
async fn the_tower_layer_answers_a_device() {
    let sessions = factory();
    let mut app = SessionLayer::new(sessions.clone()).layer(App);
    let (cookie, proof) = registration(&sessions);
    let request = Request::post("/session/device/register?x=1").header("cookie", cookie);
    let request = request.header("secure-session-response", proof).body(()).unwrap();
    let response = app.call(request).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.headers().get_all("set-cookie").iter().count(), 3);
    let json: serde_json::Value = serde_json::from_slice(response.body().as_ref()).unwrap();
    assert_eq!(json["refresh_url"], "/session/device/refresh");

    let refused = app.call(Request::get("/session/device/refresh").body(()).unwrap()).await.unwrap();
    assert_eq!((refused.status().as_u16(), refused.headers().len()), (405, 4));
    let page = app.call(Request::get("/session").body(()).unwrap()).await.unwrap();
    assert_eq!(*page.body(), "the app");
    assert!(page.headers().contains_key("secure-session-registration"));
}

#[tokio::test]
async fn a_response_that_still_holds_the_session_asks_for_registration() {
    let mut app = SessionLayer::new(factory()).layer(App);
    let page = app.call(Request::get("/held").body(()).unwrap()).await.unwrap();
    assert!(page.headers().contains_key("set-cookie") && page.headers().contains_key("secure-session-registration"));
}

#[cfg(feature = "tower-sessions")]
#[tokio::test]
async fn the_layer_of_the_tower_sessions_family_answers_a_device() {
    let sessions = factory();
    let mut app = signed_cookie_session::tower_sessions::CookieSessionLayer::new(sessions.clone()).layer(App);
    let (cookie, proof) = registration(&sessions);
    let request = Request::post("/session/device/register").header("cookie", cookie);
    let response = app.call(request.header("secure-session-response", proof).body(()).unwrap()).await.unwrap();
    assert_eq!((response.status().as_u16(), response.headers().get_all("set-cookie").iter().count()), (200, 3));
    let page = app.call(Request::get("/session").body(()).unwrap()).await.unwrap();
    assert!(page.headers().contains_key("secure-session-registration"));
}

#[tokio::test]
async fn a_layer_without_device_bound_leaves_the_paths_to_the_app() {
    let secret = Secret::new("a secret that only the tests use").unwrap();
    let mut app = SessionLayer::new(SignedCookieFactory::new(secret)).layer(App);
    let page = app.call(Request::post("/session/device/register").body(()).unwrap()).await.unwrap();
    assert_eq!(*page.body(), "the app");
    assert!(!page.headers().contains_key("secure-session-registration"));
}

#[cfg(feature = "actix-web")]
#[tokio::test]
async fn the_actix_web_middleware_answers_a_device() {
    use ::actix_web::body::to_bytes;
    use ::actix_web::test::{TestRequest, call_service, init_service};
    use ::actix_web::{App, web};
    use signed_cookie_session::actix_web::SessionMiddleware;

    async fn page(session: Session) -> &'static str {
        session.insert("user", "ada").unwrap();
        session.bind_to_device();
        "the app"
    }
    let sessions = factory();
    let app = App::new().wrap(SessionMiddleware::new(sessions.clone())).default_service(web::to(page));
    let app = init_service(app).await;
    let (cookie, proof) = registration(&sessions);
    let request = TestRequest::post().uri("/session/device/register").insert_header(("cookie", cookie));
    let request = request.insert_header(("secure-session-response", proof)).to_request();
    let response = call_service(&app, request).await;
    assert_eq!(response.status().as_u16(), 200);
    assert_eq!(response.headers().get("content-type").unwrap(), "application/json");
    assert_eq!(response.headers().get_all("set-cookie").count(), 3);
    let body = to_bytes(response.into_body()).await.unwrap();
    let json: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(json["refresh_url"], "/session/device/refresh");

    let refused = call_service(&app, TestRequest::get().uri("/session/device/refresh").to_request()).await;
    assert_eq!(refused.status().as_u16(), 405);
    let page = call_service(&app, TestRequest::get().uri("/session").to_request()).await;
    assert!(page.headers().contains_key("secure-session-registration"));
    assert_eq!(to_bytes(page.into_body()).await.unwrap(), "the app");
}
