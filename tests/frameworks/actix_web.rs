//! The session in an actix-web app, from one browser's point of view.
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::jar::Jar;
use actix_web::body::{BodySize, MessageBody, to_bytes};
use actix_web::dev::{Payload, Service, ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{AsHeaderName, HeaderMap, HeaderValue};
use actix_web::middleware::{Next, from_fn};
use actix_web::test::{TestRequest, init_service};
use actix_web::web::{self, Bytes, Redirect, ReqData};
use actix_web::{App, Error, FromRequest, HttpRequest, HttpResponse, HttpServer, error, rt};
use signed_cookie_session::actix_web::{MissingSessionMiddleware, SessionMiddleware};
use signed_cookie_session::{Builder, Outcome, SaveError, Secret, Session, SignedCookieFactory, ValueError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn builder(cookie_name: &str) -> Builder {
    let secret = Secret::new(b"a secret that only the tests use").unwrap();
    SignedCookieFactory::builder(secret).cookie_name(cookie_name).salt(cookie_name)
}

fn factory(cookie_name: &str) -> SignedCookieFactory {
    builder(cookie_name).build().unwrap()
}

fn middleware(cookie_name: &str) -> SessionMiddleware {
    SessionMiddleware::new(factory(cookie_name))
}

/// A response whose body was read.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
    error: Option<SaveError>,
}

impl Answer {
    async fn of<B: MessageBody>(response: ServiceResponse<B>) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        let error = response.response().extensions().get::<SaveError>().cloned();
        let body = to_bytes(response.into_body()).await.unwrap_or_else(|_| panic!("the body breaks off"));
        Self { status, headers, body: String::from_utf8(body.into()).unwrap(), error }
    }

    fn lines(&self, name: impl AsHeaderName) -> Vec<&[u8]> {
        self.headers.get_all(name).map(HeaderValue::as_bytes).collect()
    }

    fn cookies(&self) -> Vec<&str> {
        self.lines("set-cookie").into_iter().map(|line| std::str::from_utf8(line).unwrap()).collect()
    }
}

// Macros, because the types of an app and of its requests cannot be written.

macro_rules! send {
    ($app:expr, $cookies:expr, $method:ident, $path:expr) => {{
        let request = TestRequest::with_uri($path).method(actix_web::http::Method::$method);
        let request = request.insert_header(("cookie", $cookies)).to_request();
        Answer::of($app.call(request).await.unwrap()).await
    }};
}

/// Sends a request with the jar's cookies, and stores the cookies of the response.
macro_rules! browse {
    ($app:expr, $jar:expr, $method:ident, $path:expr) => {{
        let answer = send!($app, $jar.header(), $method, $path);
        answer.cookies().iter().for_each(|line| $jar.store(line));
        answer
    }};
}

async fn count(session: Session) -> String {
    let visits: u64 = session.get("visits").unwrap().unwrap_or(0) + 1;
    session.insert("visits", visits).unwrap();
    visits.to_string()
}

async fn messages(session: Session) -> String {
    session.flash().pop::<String>().unwrap().join(", ")
}

async fn keys(session: Session) -> String {
    session.keys().join(", ")
}

async fn overfill(session: Session) -> HttpResponse {
    session.insert("essay", "x".repeat(5000)).unwrap();
    HttpResponse::SeeOther().insert_header(("location", "/thanks")).insert_header(("set-cookie", "a=b")).body("Saved.")
}

/// Returns the body of a layer's 500: the error's text in a debug build, and nothing in a release build.
fn shown(error: impl std::fmt::Display) -> String {
    if cfg!(debug_assertions) { error.to_string() } else { String::new() }
}

#[tokio::test]
async fn a_session_lasts_from_request_to_request() {
    let app = init_service(App::new().wrap(middleware("session")).route("/", web::get().to(count))).await;
    let mut jar = Jar::default();
    for visit in ["1", "2", "3"] {
        assert_eq!(browse!(app, jar, GET, "/").body, visit);
    }
}

#[tokio::test]
async fn without_the_middleware_the_error_names_the_line_to_add() {
    let app = init_service(App::new().route("/", web::get().to(count))).await;
    let answer = send!(app, "", GET, "/");
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(answer.body, MissingSessionMiddleware.to_string());
    assert!(answer.body.contains(".wrap(SessionMiddleware::new(sessions.clone()))"));
}

#[tokio::test]
async fn a_session_that_nobody_touches_leaves_no_trace() {
    let handler = async |_session: Session| "hello";
    let app = init_service(App::new().wrap(middleware("session")).route("/", web::get().to(handler))).await;
    let answer = send!(app, "session=forged", GET, "/");
    assert_eq!(answer.body, "hello");
    for name in ["set-cookie", "vary", "cache-control"] {
        assert!(answer.lines(name).is_empty(), "{name}");
    }
}

#[tokio::test]
async fn the_cookie_may_come_in_any_of_several_headers() {
    let sessions = factory("session");
    let session = sessions.load_cookies([""]);
    session.insert("visits", 41).unwrap();
    let cookie = format!("session={}", sessions.encode(&session).unwrap());
    let app = init_service(App::new().wrap(SessionMiddleware::new(sessions)).route("/", web::get().to(count))).await;
    let request = TestRequest::get().append_header(("cookie", "theme=dark")).append_header(("cookie", cookie));
    let answer = Answer::of(app.call(request.to_request()).await.unwrap()).await;
    assert_eq!(answer.body, "42");
}

#[tokio::test]
async fn a_saved_session_keeps_the_apps_headers_and_shared_caches_off() {
    async fn page(session: Session, sessions: web::Data<SignedCookieFactory>) -> HttpResponse {
        session.insert("name", "ada").unwrap();
        let own = sessions.set_cookies(&session).unwrap().remove(0);
        session.insert("name", "grace").unwrap();
        let mut response = HttpResponse::Ok();
        response.append_header(("set-cookie", "theme=dark")).append_header(("set-cookie", own));
        response.append_header(("vary", "accept")).append_header(("cache-control", "public, max-age=60"));
        response.append_header(("cache-control", HeaderValue::from_bytes("x=é".as_bytes()).unwrap()));
        response.finish()
    }
    let sessions = factory("session");
    let app = App::new().app_data(web::Data::new(sessions.clone())).wrap(SessionMiddleware::new(sessions.clone()));
    let app = init_service(app.route("/", web::get().to(page))).await;
    let answer = send!(app, "", GET, "/");
    assert_eq!(answer.lines("vary"), [&b"accept"[..], b"Cookie"]);
    assert_eq!(answer.lines("cache-control"), ["max-age=60, x=é, private".as_bytes()]);
    let [theme, session] = answer.cookies()[..] else { panic!("an earlier save is replaced, and nothing else") };
    assert_eq!(theme, "theme=dark");
    let value = session.strip_prefix("session=").unwrap().split(';').next().unwrap();
    assert_eq!(sessions.decode(value).unwrap().get("name").unwrap(), Some("grace".to_owned()));
}

#[tokio::test]
async fn all_parts_of_one_request_share_one_session() {
    struct User(String);
    impl FromRequest for User {
        type Error = MissingSessionMiddleware;
        type Future = std::future::Ready<Result<Self, Self::Error>>;
        fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
            let session = Session::from_request(request, payload).into_inner();
            std::future::ready(session.map(|session| {
                session.insert("extractor", true).unwrap();
                Self(session.get("user").unwrap().unwrap_or_default())
            }))
        }
    }
    async fn around(
        session: Session,
        request: ServiceRequest,
        next: Next<impl MessageBody>,
    ) -> Result<ServiceResponse<impl MessageBody>, Error> {
        session.insert("user", "ada").unwrap();
        let response = next.call(request).await?;
        assert!(session.contains_key("handler"));
        session.insert("after", true).unwrap();
        Ok(response)
    }
    async fn handler(one: Session, User(user): User, other: Session) -> String {
        one.insert("handler", true).unwrap();
        tokio::task::yield_now().await;
        assert!(other.contains_key("handler"));
        user
    }

    let page = web::resource("/").wrap(from_fn(around)).route(web::get().to(handler));
    let app = App::new().wrap(middleware("session")).service(page).route("/keys", web::get().to(keys));
    let app = init_service(app).await;
    let mut jar = Jar::default();
    assert_eq!(browse!(app, jar, GET, "/").body, "ada");
    assert_eq!(browse!(app, jar, GET, "/keys").body, "user, extractor, handler, after");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tasks_of_one_request_lose_no_change() {
    async fn fan_out(session: Session) -> String {
        let push = |n: u32| {
            let session = session.clone();
            tokio::spawn(async move { session.update("sum", |sum: Option<u32>| sum.unwrap_or(0) + n).unwrap() })
        };
        for task in (0..100).map(push).collect::<Vec<_>>() {
            task.await.unwrap();
        }
        session.get::<u32>("sum").unwrap().unwrap().to_string()
    }
    let sessions = builder("session").flash_limit(None).build().unwrap();
    let app = init_service(App::new().wrap(SessionMiddleware::new(sessions)).route("/", web::get().to(fan_out))).await;
    assert_eq!(send!(app, "", GET, "/").body, "4950");
}

#[derive(Clone)]
struct Prefs(Session);

#[tokio::test]
async fn login_and_preferences_are_two_sessions_and_logout_ends_one() {
    async fn login(session: Session, prefs: ReqData<Prefs>) -> &'static str {
        session.insert("user", "ada").unwrap();
        prefs.0.insert("theme", "dark").unwrap();
        ""
    }
    async fn logout(session: Session) -> &'static str {
        session.invalidate();
        ""
    }
    async fn show(session: Session, prefs: ReqData<Prefs>) -> String {
        let user: Option<String> = session.get("user").unwrap();
        let theme: Option<String> = prefs.0.get("theme").unwrap();
        format!("{user:?} {theme:?} {:?}", prefs.0.outcome())
    }
    let app = App::new()
        .wrap(middleware("login"))
        .wrap(middleware("prefs").into_extension(Prefs))
        .route("/", web::get().to(show))
        .route("/login", web::post().to(login))
        .route("/logout", web::post().to(logout));
    let app = init_service(app).await;
    let mut jar = Jar::default();
    browse!(app, jar, POST, "/login");
    assert_eq!(jar.names(), ["login", "prefs"]);
    assert_eq!(browse!(app, jar, GET, "/").body, r#"Some("ada") Some("dark") Valid"#);
    // The cookie of one session is not read by the other.
    let swapped = jar.header().split("; ").next().unwrap().replace("login=", "prefs=");
    assert_eq!(send!(app, swapped, GET, "/").body, format!("None None {:?}", Outcome::BadSignature));
    browse!(app, jar, POST, "/logout");
    assert_eq!(jar.names(), ["login.ended", "prefs"]);
    assert_eq!(browse!(app, jar, GET, "/").body, r#"None Some("dark") Valid"#);
}

#[tokio::test]
async fn a_scope_may_have_a_session_of_its_own() {
    let admin = web::scope("/admin").wrap(middleware("admin")).route("", web::get().to(count));
    let app = App::new().wrap(middleware("shop")).route("/", web::get().to(count)).service(admin);
    let app = init_service(app).await;
    let mut jar = Jar::default();
    for (path, visit) in [("/", "1"), ("/admin", "1"), ("/admin", "2"), ("/", "2")] {
        assert_eq!(browse!(app, jar, GET, path).body, visit);
    }
    assert_eq!(jar.names(), ["admin", "shop"]);
}

#[tokio::test]
async fn two_middlewares_with_one_cookie_name_refuse_the_request() {
    let handler = async || -> &str { panic!("the app was called") };
    let app = App::new()
        .wrap(middleware("id"))
        // A middleware between the two does not hide them from each other.
        .wrap(middleware("prefs"))
        .wrap(middleware("id").into_extension(Prefs))
        .route("/", web::get().to(handler));
    let app = init_service(app).await;
    let answer = send!(app, "", GET, "/");
    let error = answer.error.unwrap().to_string();
    assert_eq!((answer.status, answer.body), (StatusCode::INTERNAL_SERVER_ERROR, shown(&error)));
    assert!(error.contains("two session layers") && error.contains("\"id\""), "{error}");
}

#[tokio::test]
async fn a_session_that_does_not_fit_is_a_500_and_the_old_one_stays() {
    let app = App::new()
        .wrap(middleware("session"))
        .route("/", web::get().to(count))
        .route("/overfill", web::get().to(overfill));
    let app = init_service(app).await;
    let mut jar = Jar::default();
    browse!(app, jar, GET, "/");
    let answer = browse!(app, jar, GET, "/overfill");
    let error = answer.error.unwrap();
    assert!(error.too_large().is_some());
    assert_eq!(answer.headers.len(), usize::from(cfg!(debug_assertions)));
    assert_eq!((answer.status, answer.body), (StatusCode::INTERNAL_SERVER_ERROR, shown(error)));
    assert_eq!(browse!(app, jar, GET, "/").body, "2");
}

#[tokio::test]
async fn a_middleware_may_answer_for_a_session_that_does_not_fit() {
    async fn explain(
        request: ServiceRequest,
        next: Next<impl MessageBody + 'static>,
    ) -> Result<ServiceResponse<impl MessageBody>, Error> {
        let response = next.call(request).await?.map_into_boxed_body();
        let Some(error) = response.response().extensions().get::<SaveError>().cloned() else { return Ok(response) };
        Ok(response.into_response(HttpResponse::PayloadTooLarge().body(error.to_string())))
    }
    let app = App::new().wrap(middleware("session")).wrap(from_fn(explain)).route("/", web::get().to(overfill));
    let app = init_service(app).await;
    let answer = send!(app, "", GET, "/");
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer.body.contains("\"essay\" with 5002 bytes"), "{}", answer.body);
}

#[tokio::test]
async fn a_message_is_shown_once_after_the_redirect() {
    async fn add(session: Session) -> Redirect {
        session.flash().push("Your item was added.").unwrap();
        Redirect::to("/").see_other()
    }
    let app =
        App::new().wrap(middleware("session")).route("/", web::get().to(messages)).route("/", web::post().to(add));
    let app = init_service(app).await;
    let mut jar = Jar::default();
    assert_eq!(browse!(app, jar, POST, "/").status, StatusCode::SEE_OTHER);
    assert_eq!(browse!(app, jar, GET, "/").body, "Your item was added.");
    assert_eq!(browse!(app, jar, GET, "/").body, "");
}

/// Pushes a message, and then shows it on a page that fails.
async fn after_a_failing_page(sessions: SignedCookieFactory) -> String {
    async fn push(session: Session) -> &'static str {
        session.flash().push("Read me.").unwrap();
        ""
    }
    async fn fail(session: Session) -> Result<String, Error> {
        Err(error::ErrorServiceUnavailable(messages(session).await))
    }
    let app = App::new()
        .wrap(SessionMiddleware::new(sessions))
        .route("/", web::get().to(messages))
        .route("/push", web::get().to(push))
        .route("/fail", web::get().to(fail));
    let app = init_service(app).await;
    let mut jar = Jar::default();
    browse!(app, jar, GET, "/push");
    assert_eq!(browse!(app, jar, GET, "/fail").body, "Read me.");
    browse!(app, jar, GET, "/").body
}

#[tokio::test]
async fn a_handlers_error_is_a_response_and_saves_the_session() {
    assert_eq!(after_a_failing_page(factory("session")).await, "");
}

#[tokio::test]
async fn a_5xx_saves_nothing_with_set_on_exception_off() {
    let sessions = builder("session").set_on_exception(false).build().unwrap();
    assert_eq!(after_a_failing_page(sessions).await, "Read me.");
}

#[tokio::test]
async fn a_handler_may_return_the_error_of_a_value() {
    async fn misread(session: Session) -> Result<String, ValueError> {
        session.insert("visits", "many")?;
        Ok(session.get::<u64>("visits")?.unwrap_or(0).to_string())
    }
    let app = init_service(App::new().wrap(middleware("session")).route("/", web::get().to(misread))).await;
    let response = app.call(TestRequest::get().to_request()).await.unwrap();
    let key = response.response().extensions().get::<ValueError>().unwrap().key().map(str::to_owned);
    assert_eq!(key.as_deref(), Some("visits"));
    let answer = Answer::of(response).await;
    let sentence = "the session's \"visits\" is a string, which does not fit u64";
    assert_eq!((answer.status, answer.body), (StatusCode::INTERNAL_SERVER_ERROR, shown(sentence)));
}

#[tokio::test]
async fn a_session_held_by_the_body_keeps_shared_caches_away() {
    async fn page(session: Session) -> HttpResponse {
        let body = futures_body(Some(session));
        HttpResponse::Ok().insert_header(("cache-control", "public, max-age=60")).body(body)
    }
    async fn other(_session: Session) -> HttpResponse {
        HttpResponse::Ok().insert_header(("cache-control", "public, max-age=60")).body(futures_body(None))
    }
    /// A body that holds a session until it is sent.
    fn futures_body(session: Option<Session>) -> impl MessageBody + 'static {
        struct Held(#[expect(dead_code)] Option<Session>);
        impl MessageBody for Held {
            type Error = std::convert::Infallible;
            fn size(&self) -> actix_web::body::BodySize {
                actix_web::body::BodySize::Sized(0)
            }
            fn poll_next(
                self: std::pin::Pin<&mut Self>,
                _: &mut std::task::Context<'_>,
            ) -> std::task::Poll<Option<Result<web::Bytes, Self::Error>>> {
                std::task::Poll::Ready(None)
            }
        }
        Held(session)
    }
    let app = App::new()
        .wrap(middleware("session"))
        .wrap(middleware("prefs").into_extension(Prefs))
        .route("/", web::get().to(page))
        .route("/other", web::get().to(other));
    let app = init_service(app).await;
    let answer = send!(app, "", GET, "/");
    assert_eq!(answer.lines("vary"), [b"Cookie"]);
    assert_eq!(answer.lines("cache-control"), [b"max-age=60, private"]);
    let answer = send!(app, "", GET, "/other");
    assert!(answer.lines("vary").is_empty());
    assert_eq!(answer.lines("cache-control"), [b"public, max-age=60"]);
}

#[tokio::test]
async fn an_error_of_an_inner_middleware_is_passed_on() {
    async fn refuse(
        session: Session,
        _: ServiceRequest,
        _: Next<impl MessageBody>,
    ) -> Result<ServiceResponse<String>, Error> {
        session.insert("essay", "x".repeat(5000)).unwrap();
        Err(error::ErrorForbidden("not you"))
    }
    let page = web::resource("/").wrap(from_fn(refuse)).wrap(middleware("session")).route(web::get().to(count));
    let app = init_service(App::new().service(page)).await;
    let error = app.call(TestRequest::get().to_request()).await.unwrap_err();
    assert_eq!(error.to_string(), "not you");
    assert_eq!(error.as_response_error().status_code(), StatusCode::FORBIDDEN);
}

/// A body of one chunk, which changes the session when it is asked for.
struct Stream(Option<Session>);

impl MessageBody for Stream {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        Poll::Ready(self.0.take().map(|session| {
            session.insert("late", true).unwrap();
            Ok(Bytes::from(session.keys().join(", ")))
        }))
    }
}

#[tokio::test]
async fn changes_of_a_streaming_body_after_the_head_are_lost() {
    async fn stream(session: Session) -> HttpResponse {
        session.insert("early", true).unwrap();
        HttpResponse::Ok().body(Stream(Some(session)))
    }
    let app =
        App::new().wrap(middleware("session")).route("/", web::get().to(stream)).route("/keys", web::get().to(keys));
    let app = init_service(app).await;
    let mut jar = Jar::default();
    assert_eq!(browse!(app, jar, GET, "/").body, "early, late");
    assert_eq!(browse!(app, jar, GET, "/keys").body, "early");
}

#[tokio::test]
async fn of_two_requests_at_once_the_last_cookie_counts() {
    async fn insert(session: Session, path: web::Path<String>) -> &'static str {
        session.insert(path.as_str(), true).unwrap();
        ""
    }
    // A clock that moves by a second whenever it is read.
    let seconds = std::sync::atomic::AtomicU64::new(1_790_000_000);
    let next = move || seconds.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let clock = move || std::time::UNIX_EPOCH + Duration::from_secs(next());
    let sessions = builder("session").clock(clock).reissue_time(Duration::from_secs(1199)).build().unwrap();
    let app = App::new()
        .wrap(SessionMiddleware::new(sessions))
        .route("/", web::get().to(keys))
        .route("/{key}", web::post().to(insert));
    let app = init_service(app).await;
    let mut jar = Jar::default();
    let (first, second) = (send!(app, jar.header(), POST, "/first"), send!(app, jar.header(), POST, "/second"));
    jar.store(first.cookies()[0]);
    jar.store(second.cookies()[0]);
    let slow = send!(app, jar.header(), GET, "/");
    assert_eq!(slow.body, "second");
    browse!(app, jar, POST, "/third");
    assert!(slow.cookies().is_empty());
    assert_eq!(send!(app, jar.header(), GET, "/").body, "second, third");
}

/// Sends raw bytes to a real server, and returns all that it answers until it closes the connection.
async fn over_a_socket(server: SocketAddr, request: &str) -> String {
    let mut connection = tokio::net::TcpStream::connect(server).await.unwrap();
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut received = String::new();
    connection.read_to_string(&mut received).await.unwrap();
    received
}

#[test]
fn a_panic_closes_the_connection_and_an_upgrade_has_the_session() {
    async fn insert_and_panic(session: Session) -> &'static str {
        session.insert("user", "ada").unwrap();
        panic!("the handler panics, as the test wants it to");
    }
    async fn upgrade(session: Session) -> HttpResponse {
        session.insert("early", true).unwrap();
        HttpResponse::SwitchingProtocols().upgrade("keys").body(Stream(Some(session)))
    }
    let sessions = factory("session");
    let (panicked, upgraded) = rt::System::new().block_on({
        let sessions = sessions.clone();
        async move {
            let app = move || {
                App::new()
                    .wrap(SessionMiddleware::new(sessions.clone()))
                    .route("/panic", web::get().to(insert_and_panic))
                    .route("/upgrade", web::get().to(upgrade))
            };
            let server = HttpServer::new(app).workers(1).disable_signals().bind("127.0.0.1:0").unwrap();
            let address = server.addrs()[0];
            let server = server.run();
            let handle = server.handle();
            rt::spawn(server);
            let panicked = over_a_socket(address, "GET /panic HTTP/1.1\r\nhost: a\r\n\r\n").await;
            let upgrade = "GET /upgrade HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: keys\r\n\r\n";
            let upgraded = over_a_socket(address, upgrade).await;
            handle.stop(false).await;
            (panicked, upgraded)
        }
    });
    assert_eq!(panicked, "");
    let (head, body) = upgraded.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    assert!(body.contains("early, late"), "{body}");
    let value = head.split_once("set-cookie: session=").unwrap().1.split(';').next().unwrap();
    assert_eq!(sessions.decode(value).unwrap().keys(), ["early"]);
}

#[test]
fn debug_of_the_middleware_shows_no_secret() {
    let shown = format!("{:?}", middleware("session"));
    assert!(shown.contains("SessionMiddleware") && shown.contains("\"session\""), "{shown}");
    assert!(!shown.contains("a secret that only") && !shown.contains("97, 32, 115"), "{shown}");
}
