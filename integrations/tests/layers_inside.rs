//! Layers inside `SessionLayer` whose response bodies have no `Default`.

use std::convert::Infallible;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use signed_cookie_session::tower::SessionLayer;
use signed_cookie_session::{SaveError, Secret, Session, SignedCookieFactory};
use tonic::service::interceptor::InterceptorLayer;
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};
use tower_http::trace::TraceLayer;

fn layer() -> SessionLayer {
    let secret = Secret::new(b"a secret that only the tests use").unwrap();
    SessionLayer::new(SignedCookieFactory::builder(secret).build().unwrap())
}

/// Stores as many bytes in the session as the header `size` says.
async fn fill(request: Request<Body>) -> Result<Response<Body>, Infallible> {
    let size = request.headers().get("size").map_or(1, |size| size.to_str().unwrap().parse().unwrap());
    let session: &Session = request.extensions().get().unwrap();
    session.insert("essay", "x".repeat(size)).unwrap();
    Ok(Response::new(Body::from("Saved.")))
}

fn request(size: usize) -> Request<Body> {
    Request::post("/").header("size", size).body(Body::empty()).unwrap()
}

/// Checks a service with a session that fits and with one that does not.
async fn check<S, B>(mut app: S)
where
    S: Service<Request<Body>, Response = Response<B>>,
    S::Error: std::fmt::Debug,
    B: http_body::Body<Data = bytes::Bytes>,
    B::Error: std::fmt::Debug,
{
    let response = app.ready().await.unwrap().call(request(1)).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert!(response.headers().contains_key("set-cookie"));
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "Saved.");

    let response = app.ready().await.unwrap().call(request(5000)).await.unwrap();
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!response.headers().contains_key("set-cookie"));
    let error = response.extensions().get::<SaveError>().unwrap().to_string();
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), error);
}

#[tokio::test]
async fn tower_https_trace_layer() {
    check(layer().layer(TraceLayer::new_for_http().layer(service_fn(fill)))).await;
    check(ServiceBuilder::new().layer(layer()).layer(TraceLayer::new_for_http()).service_fn(fill)).await;
}

#[tokio::test]
async fn tower_https_trace_layer_in_an_axum_router() {
    let app = Router::new().route("/", get(fill).post(fill)).layer(TraceLayer::new_for_http()).layer(layer());
    check(app).await;
    let both = ServiceBuilder::new().layer(layer()).layer(TraceLayer::new_for_http());
    check(Router::new().route("/", get(fill).post(fill)).layer(both)).await;
}

#[tokio::test]
async fn tonics_interceptor_layer() {
    let pass = |request: tonic::Request<()>| Ok::<_, tonic::Status>(request);
    check(layer().layer(InterceptorLayer::new(pass).layer(service_fn(fill)))).await;
}

#[tokio::test]
async fn another_session_layer() {
    let secret = Secret::new(b"a secret that only the tests use").unwrap();
    let prefs = SignedCookieFactory::builder(secret).cookie_name("prefs").salt("prefs.").build().unwrap();
    #[derive(Clone)]
    struct Prefs(#[expect(dead_code)] Session);
    check(SessionLayer::new(prefs).into_extension(Prefs).layer(layer().layer(service_fn(fill)))).await;
}
