//! Frameworks without an integration: warp and tonic with the tower layer, a function like those of `lambda_http`, and
//! a server with its own types and `save_parts`. See the guide's page `your_own`.

use std::convert::Infallible;

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use signed_cookie_session::tower::SessionLayer;
use signed_cookie_session::{BoxError, Secret, Session, SignedCookieFactory};
use tower::{Layer, Service, ServiceExt};
use warp::Filter;

fn sessions() -> SignedCookieFactory {
    SignedCookieFactory::new(Secret::new(b"a secret that only the tests use").unwrap())
}

fn count(session: &Session) -> String {
    let visits: u64 = session.get("visits").unwrap().unwrap_or(0) + 1;
    session.insert("visits", visits).unwrap();
    visits.to_string()
}

/// Returns the name and value of a `Set-Cookie` header, as a browser sends them back.
fn pair(headers: &HeaderMap) -> String {
    headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn warp_by_the_tower_layer() {
    let routes = warp::path("count").and(warp::ext::get::<Session>()).map(|session: Session| count(&session));
    let mut app = SessionLayer::new(sessions()).layer(warp::service(routes));
    let mut cookie = String::new();
    for visit in ["1", "2", "3"] {
        let request = Request::get("/count").header("cookie", &cookie).body(Full::<Bytes>::default()).unwrap();
        let response = app.call(request).await.unwrap();
        cookie = pair(response.headers());
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), visit);
    }
}

/// A service as tonic-build makes one, of one method from text to text.
mod greeter {
    use std::future::{Future, Ready, ready};
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use signed_cookie_session::Session;
    use tonic::body::Body;
    use tonic::server::{Grpc, NamedService, UnaryService};
    use tonic::{Request, Response, Status};

    #[derive(Clone)]
    pub struct Greeter;

    impl NamedService for Greeter {
        const NAME: &'static str = "test.Greeter";
    }

    struct Count;

    impl UnaryService<String> for Count {
        type Response = String;
        type Future = Ready<Result<Response<String>, Status>>;

        fn call(&mut self, request: Request<String>) -> Self::Future {
            let session = request.extensions().get::<Session>().expect("SessionLayer is around the server");
            let visits = super::count(session);
            ready(Ok(Response::new(format!("{}, visit {visits}", request.into_inner()))))
        }
    }

    impl tower::Service<http::Request<Body>> for Greeter {
        type Response = http::Response<Body>;
        type Error = std::convert::Infallible;
        type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, request: http::Request<Body>) -> Self::Future {
            Box::pin(async move { Ok(Grpc::new(tonic_prost::ProstCodec::default()).unary(Count, request).await) })
        }
    }
}

#[tokio::test]
async fn tonic_by_the_tower_layer() {
    let routes = tonic::service::Routes::new(greeter::Greeter).prepare();
    let mut app = SessionLayer::new(sessions()).layer(routes);
    let mut cookie = String::new();
    for visit in ["1", "2"] {
        // One message: not compressed, its length, and a protobuf text of three letters.
        let message = Bytes::from_static(b"\0\0\0\0\x05\x0a\x03ada");
        let request = Request::post("/test.Greeter/Count")
            .header("content-type", "application/grpc")
            .header("cookie", &cookie)
            .body(tonic::body::Body::new(Full::new(message)))
            .unwrap();
        let response = app.call(request).await.unwrap();
        cookie = pair(response.headers());
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert!(body.ends_with(format!("ada, visit {visit}").as_bytes()), "{body:?}");
    }
}

/// A function like those for `lambda_http::run`, with the request and response of `http`.
async fn function(sessions: &SignedCookieFactory, request: Request<String>) -> Result<Response<String>, BoxError> {
    let session = sessions.load(request.headers());
    let mut response = Response::new(count(&session));
    if let Err(error) = sessions.save(&session, &mut response) {
        eprintln!("session not saved: {error}");
        let mut failed = Response::default();
        *failed.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        return Ok(failed);
    }
    Ok(response)
}

#[tokio::test]
async fn a_function_as_lambda_http_takes_it() {
    let sessions = sessions();
    let mut cookie = String::new();
    for visit in ["1", "2"] {
        let request = Request::get("/").header("cookie", &cookie).body(String::new()).unwrap();
        let response = function(&sessions, request).await.unwrap();
        assert_eq!(response.body(), visit);
        cookie = pair(response.headers());
    }
}

/// A server with its own response type and the headers of `http`.
struct OwnResponse {
    code: u16,
    head: HeaderMap,
    text: String,
}

fn own_server(sessions: &SignedCookieFactory, head: &HeaderMap, app: fn(&Session) -> OwnResponse) -> OwnResponse {
    let session = sessions.load(head);
    let mut response = app(&session);
    match sessions.save_parts(&session, response.code, &mut response.head) {
        Ok(()) => response,
        // A new response, so that nothing of the app's response is sent.
        Err(error) => OwnResponse { code: 500, head: HeaderMap::new(), text: error.to_string() },
    }
}

#[test]
fn a_server_with_a_response_of_its_own() {
    let secret = Secret::new(b"a secret that only the tests use").unwrap();
    let sessions = SignedCookieFactory::builder(secret).set_on_exception(false).build().unwrap();
    let ok: fn(&Session) -> OwnResponse =
        |session| OwnResponse { code: 200, head: HeaderMap::new(), text: count(session) };
    let response = own_server(&sessions, &HeaderMap::new(), ok);
    assert_eq!((response.code, response.text.as_str()), (200, "1"));
    assert!(response.head.contains_key("set-cookie") && response.head["vary"] == "Cookie");
    let response = own_server(&sessions, &HeaderMap::new(), |session| OwnResponse {
        code: 503,
        head: HeaderMap::new(),
        text: count(session),
    });
    assert!(!response.head.contains_key("set-cookie"));
    let response = own_server(&sessions, &HeaderMap::new(), |session| {
        session.insert("essay", "x".repeat(5000)).unwrap();
        OwnResponse {
            code: 303,
            head: HeaderMap::from_iter([(http::header::LOCATION, "/".parse().unwrap())]),
            text: String::new(),
        }
    });
    assert_eq!(response.code, 500);
    assert!(response.head.is_empty() && response.text.contains("4064"), "{}", response.text);
}

#[tokio::test]
async fn a_service_function_by_the_tower_layer() {
    let greet = tower::service_fn(async |request: Request<String>| {
        Ok::<_, Infallible>(Response::new(count(request.extensions().get::<Session>().unwrap())))
    });
    let mut app = SessionLayer::new(sessions()).layer(greet);
    let response = app.ready().await.unwrap().call(Request::new(String::new())).await.unwrap();
    assert_eq!(*response.body(), *"1");
}
