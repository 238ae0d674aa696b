//! The tower layer around any service: the session in the request, and the saved response.
use std::error::Error;
use std::future::{Ready, ready};
use std::rc::Rc;
use std::task::{Context, Poll};

use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use signed_cookie_session::tower::{SessionBody, SessionLayer};
use signed_cookie_session::{BoxError, SaveError, Secret, Serializer, Session, SignedCookieFactory};
use tower_layer::Layer;
use tower_service::Service;

const SECRET: [u8; 32] = *b"a secret that only the tests use";

/// Makes a service from a function.
struct App<H>(H);

impl<H> Service<Request<()>> for App<H>
where
    H: FnMut(Request<()>) -> Result<Response<String>, &'static str>,
{
    type Response = Response<String>;
    type Error = &'static str;
    type Future = Ready<Result<Response<String>, &'static str>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), &'static str>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        ready((self.0)(request))
    }
}

fn factory(cookie_name: &str) -> SignedCookieFactory {
    let builder = SignedCookieFactory::builder(Secret::new(SECRET).unwrap());
    builder.cookie_name(cookie_name).salt(cookie_name).build().unwrap()
}

fn session(request: &Request<()>) -> Session {
    request.extensions().get::<Session>().expect("the layer put it there").clone()
}

fn lines<'r, B>(response: &'r Response<B>, name: &str) -> Vec<&'r [u8]> {
    response.headers().get_all(name).iter().map(HeaderValue::as_bytes).collect()
}

/// Returns whether a response is the layer's own 500: with the error's text in a debug build, and empty in a release
/// build.
fn is_failure<B: AsRef<[u8]>>(response: &Response<SessionBody<B>>, sentence: &str) -> bool {
    let shown = if cfg!(debug_assertions) { sentence } else { "" };
    let types = if cfg!(debug_assertions) { vec![&b"text/plain; charset=utf-8"[..]] } else { vec![] };
    response.status() == StatusCode::INTERNAL_SERVER_ERROR
        && *response.body() == *shown
        && lines(response, "content-type") == types
        && response.headers().len() == types.len()
}

fn carrying(cookie: &str) -> Request<()> {
    Request::builder().header("cookie", cookie).body(()).unwrap()
}

fn pair(sessions: &SignedCookieFactory, name: &str, key: &str, value: &str) -> String {
    let session = sessions.load(&HeaderMap::new());
    session.insert(key, value).unwrap();
    format!("{name}={}", sessions.encode(&session).unwrap())
}

#[tokio::test]
async fn the_session_is_in_the_extensions_and_saved_in_the_response() {
    let sessions = factory("session");
    let mut app = SessionLayer::new(sessions.clone()).layer(App(|request| {
        let session = session(&request);
        let name: Option<String> = session.get("name").unwrap();
        session.insert("name", "grace").unwrap();
        Ok(Response::new(name.unwrap_or_default()))
    }));
    let response = app.call(carrying(&pair(&sessions, "session", "name", "ada"))).await.unwrap();
    assert_eq!(response.body(), "ada");
    let line = response.headers()["set-cookie"].to_str().unwrap();
    let value = line.strip_prefix("session=").unwrap().split(';').next().unwrap();
    assert_eq!(sessions.decode(value).unwrap().get("name").unwrap(), Some("grace".to_owned()));
    assert_eq!(lines(&response, "vary"), [b"Cookie"]);
    assert_eq!(lines(&response, "cache-control"), [b"private"]);
}

#[tokio::test]
async fn a_session_that_nobody_touches_leaves_no_trace() {
    let sessions = factory("session");
    let mut app = SessionLayer::new(sessions.clone()).layer(App(|_| Ok(Response::new("hello".into()))));
    let response = app.call(carrying(&pair(&sessions, "session", "name", "ada"))).await.unwrap();
    assert_eq!(response.body(), "hello");
    assert!(response.headers().is_empty());
}

#[tokio::test]
async fn a_session_that_does_not_fit_becomes_a_500_without_app_data() {
    let mut app = SessionLayer::new(factory("session")).layer(App(|request| {
        session(&request).insert("essay", "x".repeat(5000)).unwrap();
        let mut response = Response::new("Saved.".to_owned());
        response.headers_mut().insert("location", HeaderValue::from_static("/thanks"));
        response.headers_mut().insert("set-cookie", HeaderValue::from_static("theme=dark"));
        response.extensions_mut().insert("the app's");
        Ok(response)
    }));
    let response = app.call(Request::new(())).await.unwrap();
    assert!(response.extensions().get::<&str>().is_none());
    let error = response.extensions().get::<SaveError>().unwrap();
    assert!(is_failure(&response, &error.to_string()), "{response:?}");
    assert!(error.too_large().is_some_and(|size| size > 4064));
}

#[tokio::test]
async fn the_response_holds_the_error_of_the_serializer() {
    #[derive(Debug, PartialEq, thiserror::Error)]
    #[error("out of order")]
    struct OutOfOrder;
    struct Broken;
    impl Serializer for Broken {
        fn dumps(&self, _: &str) -> Result<Vec<u8>, BoxError> {
            Err(OutOfOrder.into())
        }
        fn loads(&self, _: &[u8]) -> Result<String, BoxError> {
            Err(OutOfOrder.into())
        }
    }
    let sessions = SignedCookieFactory::builder(Secret::new(SECRET).unwrap()).serializer(Broken).build().unwrap();
    let mut app = SessionLayer::new(sessions).layer(App(|request| {
        session(&request).insert("name", "ada").unwrap();
        Ok(Response::default())
    }));
    let response = app.call(Request::new(())).await.unwrap();
    // The text of a serializer's error may quote the session.
    assert!(is_failure(&response, "the serializer could not write the session"), "{response:?}");
    let error = response.extensions().get::<SaveError>().unwrap();
    assert_eq!(error.source().and_then(|source| source.downcast_ref()), Some(&OutOfOrder));
}

#[tokio::test]
async fn a_response_without_space_for_a_header_becomes_a_500() {
    let mut app = SessionLayer::new(factory("session")).layer(App(|request| {
        session(&request).insert("name", "ada").unwrap();
        let mut response = Response::default();
        let full = (0..).map(|n| http::HeaderName::try_from(format!("x-{n}")).unwrap());
        let mut full = full.map_while(|name| response.headers_mut().try_append(name, HeaderValue::from(1)).ok());
        assert!(full.by_ref().count() > 1000);
        Ok(response)
    }));
    let response = app.call(Request::new(())).await.unwrap();
    let error = response.extensions().get::<SaveError>().unwrap();
    assert!(is_failure(&response, &error.to_string()), "{response:?}");
    assert!(error.to_string().contains("no space for another header"), "{error}");
}

#[tokio::test]
async fn odd_headers_of_the_app_are_kept() {
    let mut app = SessionLayer::new(factory("session")).layer(App(|request| {
        session(&request).insert("name", "ada").unwrap();
        let mut response = Response::default();
        for name in ["set-cookie", "vary", "cache-control"] {
            response.headers_mut().append(name, HeaderValue::from_bytes(b"session=\xff,;\"\"").unwrap());
        }
        Ok(response)
    }));
    let response = app.call(Request::new(())).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let odd: &[u8] = b"session=\xff,;\"\"";
    assert_eq!(lines(&response, "set-cookie").len(), 2);
    assert_eq!(lines(&response, "set-cookie")[0], odd);
    assert_eq!(lines(&response, "vary"), [odd, b"Cookie"]);
    assert_eq!(lines(&response, "cache-control"), [b"session=\xff, ;\"\", private"]);
}

#[tokio::test]
async fn a_set_cookie_that_the_app_saved_itself_is_replaced() {
    let sessions = factory("session");
    let own = sessions.clone();
    let mut app = SessionLayer::new(sessions.clone()).layer(App(move |request| {
        let session = session(&request);
        session.insert("name", "ada").unwrap();
        let mut response = Response::default();
        own.save(&session, &mut response).unwrap();
        session.insert("name", "grace").unwrap();
        Ok(response)
    }));
    let response = app.call(Request::new(())).await.unwrap();
    let [line] = lines(&response, "set-cookie")[..] else { panic!("one Set-Cookie") };
    let value = std::str::from_utf8(line).unwrap().strip_prefix("session=").unwrap().split(';').next().unwrap();
    assert_eq!(sessions.decode(value).unwrap().get("name").unwrap(), Some("grace".to_owned()));
}

#[tokio::test]
async fn an_error_of_the_inner_service_is_passed_on() {
    let mut app = SessionLayer::new(factory("session")).layer(App(|request| {
        session(&request).insert("essay", "x".repeat(5000)).unwrap();
        Err("out of order")
    }));
    assert_eq!(app.call(Request::new(())).await.unwrap_err(), "out of order");
}

#[tokio::test]
async fn two_sessions_of_two_types_each_have_their_cookie() {
    #[derive(Clone)]
    struct Prefs(Session);

    let (login, prefs) = (factory("login"), factory("prefs"));
    let app = App(|request: Request<()>| {
        let Prefs(prefs) = request.extensions().get::<Prefs>().unwrap();
        let found = [session(&request).get::<String>("key").unwrap(), prefs.get("key").unwrap()];
        session(&request).insert("key", "in login").unwrap();
        prefs.insert("key", "in prefs").unwrap();
        Ok(Response::new(found.map(Option::unwrap_or_default).join(", ")))
    });
    let mut app =
        SessionLayer::new(prefs.clone()).into_extension(Prefs).layer(SessionLayer::new(login.clone()).layer(app));
    let cookies = [pair(&prefs, "prefs", "key", "dark"), pair(&login, "login", "key", "ada")].join("; ");
    let response = app.call(carrying(&cookies)).await.unwrap();
    assert_eq!(response.body(), "ada, dark");
    let saved: Vec<_> = lines(&response, "set-cookie").into_iter().map(|line| &line[..6]).collect();
    assert_eq!(saved, [b"login=", b"prefs="]);
}

#[tokio::test]
async fn the_innermost_of_two_sessions_of_one_type_is_used() {
    let (outer, inner) = (factory("outer"), factory("inner"));
    // A middleware between the two layers: it sees the outer one.
    struct Between<S>(S);
    impl<S: Service<Request<()>>> Service<Request<()>> for Between<S> {
        type Response = S::Response;
        type Error = S::Error;
        type Future = S::Future;
        fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
            self.0.poll_ready(cx)
        }
        fn call(&mut self, request: Request<()>) -> S::Future {
            session(&request).insert("seen", "between").unwrap();
            self.0.call(request)
        }
    }
    let app = SessionLayer::new(inner.clone()).layer(App(|request: Request<()>| {
        assert!(!session(&request).contains_key("seen"));
        session(&request).insert("seen", "within").unwrap();
        Ok(Response::default())
    }));
    let mut app = SessionLayer::new(outer.clone()).layer(Between(app));
    let response = app.call(Request::new(())).await.unwrap();
    let saved: Vec<_> = lines(&response, "set-cookie").into_iter().map(|line| &line[..6]).collect();
    assert_eq!(saved, [b"inner=", b"outer="]);
}

#[tokio::test]
async fn two_layers_with_one_cookie_name_refuse_the_request() {
    #[derive(Clone)]
    struct Other(#[expect(dead_code)] Session);

    let app = App(|_: Request<()>| panic!("the app was called"));
    let app = SessionLayer::new(factory("id")).layer(app);
    // A layer between the two does not hide them from each other.
    let app = SessionLayer::new(factory("prefs")).layer(app);
    let mut app = SessionLayer::new(factory("id")).into_extension(Other).layer(app);
    let response = app.call(Request::new(())).await.unwrap();
    let error = response.extensions().get::<SaveError>().unwrap().to_string();
    assert!(is_failure(&response, &error), "{response:?}");
    assert!(error.contains("two session layers") && error.contains("\"id\""), "{error}");
}

#[test]
fn the_layer_is_ready_when_the_inner_service_is() {
    struct Busy;
    impl Service<Request<()>> for Busy {
        type Response = Response<String>;
        type Error = &'static str;
        type Future = Ready<Result<Response<String>, &'static str>>;
        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), &'static str>> {
            Poll::Pending
        }
        fn call(&mut self, _: Request<()>) -> Self::Future {
            unreachable!()
        }
    }
    let mut app = SessionLayer::new(factory("session")).layer(Busy);
    assert!(app.poll_ready(&mut Context::from_waker(std::task::Waker::noop())).is_pending());
}

#[tokio::test]
async fn a_service_may_stay_on_its_thread() {
    let greeting = Rc::new("hello".to_owned());
    let mut app = SessionLayer::new(factory("session")).layer(App(move |_| Ok(Response::new(greeting.to_string()))));
    assert_eq!(app.call(Request::new(())).await.unwrap().body(), "hello");
}

#[test]
fn debug_of_layer_service_and_response_shows_no_secret() {
    let layer = SessionLayer::new(factory("session"));
    let mut service = layer.layer(App(|_| Ok(Response::new(String::new()))));
    let future = service.call(carrying("session=s3cret"));
    let shown = format!("{layer:?} {:?} {future:?}", layer.layer("the app"));
    assert!(shown.contains("SessionLayer") && shown.contains("SessionService") && shown.contains("ResponseFuture"));
    assert!(shown.contains("the app") && !shown.contains("s3cret"), "{shown}");
    assert!(!shown.contains("a secret that only") && !shown.contains("97, 32, 115"), "{shown}");
}

#[tokio::test]
async fn a_session_held_by_the_body_keeps_shared_caches_away() {
    #[derive(Debug)]
    struct Streaming(#[expect(dead_code)] Option<Session>);
    fn layer(builder: signed_cookie_session::Builder) -> SessionLayer {
        SessionLayer::new(builder.build().unwrap())
    }
    let builder = || SignedCookieFactory::builder(Secret::new(SECRET).unwrap());
    struct Stream(bool);
    impl Service<Request<()>> for Stream {
        type Response = Response<Streaming>;
        type Error = &'static str;
        type Future = Ready<Result<Self::Response, Self::Error>>;
        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
            Poll::Ready(Ok(()))
        }
        fn call(&mut self, request: Request<()>) -> Self::Future {
            let mut response = Response::new(Streaming(self.0.then(|| session(&request))));
            response.headers_mut().insert("cache-control", HeaderValue::from_static("public, max-age=60"));
            ready(Ok(response))
        }
    }
    for (held, vary, cache_control) in
        [(true, vec![&b"Cookie"[..]], &b"max-age=60, private"[..]), (false, vec![], b"public, max-age=60")]
    {
        let response = layer(builder()).layer(Stream(held)).call(Request::new(())).await.unwrap();
        assert_eq!(lines(&response, "vary"), vary);
        assert_eq!(lines(&response, "cache-control"), [cache_control]);
        assert!(lines(&response, "set-cookie").is_empty());
    }
    let response = layer(builder().cache_headers(false)).layer(Stream(true)).call(Request::new(())).await.unwrap();
    assert!(lines(&response, "vary").is_empty());
    assert_eq!(lines(&response, "cache-control"), [b"public, max-age=60"]);
}

#[tokio::test]
async fn a_logout_leaves_its_end_mark_even_if_the_body_holds_the_session() {
    let sessions = factory("session");
    let mut app = SessionLayer::new(sessions.clone()).layer(App(|request| {
        let session = session(&request);
        session.invalidate();
        let mut response = Response::default();
        response.extensions_mut().insert(session);
        Ok(response)
    }));
    let response = app.call(carrying(&pair(&sessions, "session", "name", "ada"))).await.unwrap();
    let lines = lines(&response, "set-cookie");
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].starts_with(b"session=;") && lines[1].starts_with(b"session.ended="));
}

#[tokio::test]
async fn a_body_is_the_inner_services_or_the_errors_text() {
    use http_body_util::{BodyExt, Full};
    type Inner = Full<hyper::body::Bytes>;
    let app = |size: usize| {
        SessionLayer::new(factory("session")).report_errors(false).layer(tower_fn(move |request: Request<()>| {
            session(&request).insert("essay", "x".repeat(size)).unwrap();
            Response::new(Inner::from("Saved."))
        }))
    };
    let response = app(1).call(Request::new(())).await.unwrap();
    assert_eq!(hyper::body::Body::size_hint(response.body()).exact(), Some(6));
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "Saved.");

    let response = app(5000).call(Request::new(())).await.unwrap();
    let sentence = response.extensions().get::<SaveError>().unwrap().to_string();
    let shown = if cfg!(debug_assertions) { sentence } else { String::new() };
    let body = response.into_body();
    assert_eq!(hyper::body::Body::size_hint(&body).exact(), Some(shown.len() as u64));
    assert_eq!(hyper::body::Body::is_end_stream(&body), shown.is_empty());
    assert!(body.get_ref().is_none());
    assert_eq!(body.collect().await.unwrap().to_bytes(), shown);
}

#[test]
fn a_body_equals_the_text_it_was_made_from() {
    let body = SessionBody::from(String::from("hello"));
    assert_eq!(body.get_ref().map(String::as_str), Some("hello"));
    assert_eq!(format!("{body:?}"), "\"hello\"");
    assert_eq!(body, body.clone());
    assert_eq!(SessionBody::<SessionBody<String>>::from(body.clone()), "hello");
    assert_ne!(body, "other");
    assert_eq!(body.into_inner(), Some("hello".to_owned()));
    assert_eq!(SessionBody::<String>::default(), "");
}

/// Makes a service from a function that cannot fail.
fn tower_fn<B>(
    handler: impl FnMut(Request<()>) -> Response<B>,
) -> impl Service<
    Request<()>,
    Response = Response<B>,
    Error = std::convert::Infallible,
    Future = Ready<Result<Response<B>, std::convert::Infallible>>,
> {
    struct Handler<H>(H);
    impl<B, H: FnMut(Request<()>) -> Response<B>> Service<Request<()>> for Handler<H> {
        type Response = Response<B>;
        type Error = std::convert::Infallible;
        type Future = Ready<Result<Response<B>, std::convert::Infallible>>;
        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
            Poll::Ready(Ok(()))
        }
        fn call(&mut self, request: Request<()>) -> Self::Future {
            ready(Ok((self.0)(request)))
        }
    }
    Handler(handler)
}
