//! The session in an axum app, from one browser's point of view.
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::jar::Jar;
use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::extract::{FromRequestParts, Request};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use http::request::Parts;
use http::{StatusCode, header};
use hyper::body::Frame;
use signed_cookie_session::axum::MissingSessionLayer;
use signed_cookie_session::tower::SessionLayer;
use signed_cookie_session::{Builder, Outcome, SaveError, Secret, Session, SignedCookieFactory, ValueError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tower_service::Service;

fn builder(cookie_name: &str) -> Builder {
    let secret = Secret::new(b"a secret that only the tests use").unwrap();
    SignedCookieFactory::builder(secret).cookie_name(cookie_name).salt(cookie_name)
}

fn factory(cookie_name: &str) -> SignedCookieFactory {
    builder(cookie_name).build().unwrap()
}

/// A response whose body was read.
struct Answer {
    status: StatusCode,
    body: String,
    cookies: Vec<String>,
    error: Option<SaveError>,
}

/// Returns the body of a layer's 500: the error's text in a debug build, and nothing in a release build.
fn shown(error: impl std::fmt::Display) -> String {
    if cfg!(debug_assertions) { error.to_string() } else { String::new() }
}

async fn send(app: &Router, cookies: &str, method: &str, path: &str) -> Answer {
    let request = Request::builder().method(method).uri(path).header("cookie", cookies).body(Body::empty()).unwrap();
    let response = app.clone().call(request).await.unwrap();
    let (head, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let cookies = head.headers.get_all(header::SET_COOKIE).iter().map(|line| line.to_str().unwrap().into()).collect();
    Answer {
        status: head.status,
        body: String::from_utf8(body.into()).unwrap(),
        cookies,
        error: head.extensions.get::<SaveError>().cloned(),
    }
}

/// Sends a request with the jar's cookies, and stores the cookies of the response.
async fn browse(app: &Router, jar: &mut Jar, method: &str, path: &str) -> Answer {
    let answer = send(app, &jar.header(), method, path).await;
    answer.cookies.iter().for_each(|line| jar.store(line));
    answer
}

async fn get_text(app: &Router, jar: &mut Jar, path: &str) -> String {
    browse(app, jar, "GET", path).await.body
}

async fn count(session: Session) -> String {
    let visits: u64 = session.get("visits").unwrap().unwrap_or(0) + 1;
    session.insert("visits", visits).unwrap();
    visits.to_string()
}

async fn messages(session: Session) -> String {
    session.flash().pop::<String>().unwrap().join(", ")
}

async fn overfill(session: Session) -> &'static str {
    session.insert("essay", "x".repeat(5000)).unwrap();
    "Saved."
}

#[tokio::test]
async fn a_session_lasts_from_request_to_request() {
    let app = Router::new().route("/", get(count)).layer(SessionLayer::new(factory("session")));
    let mut jar = Jar::default();
    for visit in ["1", "2", "3"] {
        assert_eq!(get_text(&app, &mut jar, "/").await, visit);
    }
}

#[tokio::test]
async fn without_the_layer_a_handler_is_refused_with_the_line_to_add() {
    let answer = send(&Router::new().route("/", get(count)), "", "GET", "/").await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(answer.body, MissingSessionLayer.to_string());
    assert!(answer.body.contains(".layer(SessionLayer::new(sessions))"));
}

#[tokio::test]
async fn all_parts_of_one_request_share_one_session() {
    struct User(String);
    impl<S: Sync> FromRequestParts<S> for User {
        type Rejection = MissingSessionLayer;
        async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
            let session = Session::from_request_parts(parts, state).await?;
            session.insert("extractor", true).unwrap();
            Ok(Self(session.get("user").unwrap().unwrap_or_default()))
        }
    }
    async fn around(session: Session, request: Request, next: Next) -> Response {
        session.insert("user", "ada").unwrap();
        let response = next.run(request).await;
        assert!(session.contains_key("handler"));
        session.insert("after", true).unwrap();
        response
    }
    async fn handler(one: Session, User(user): User, other: Session) -> String {
        one.insert("handler", true).unwrap();
        tokio::task::yield_now().await;
        assert!(other.contains_key("handler"));
        user
    }
    async fn keys(session: Session) -> String {
        session.keys().join(", ")
    }

    let app = Router::new()
        .route("/", get(handler).layer(from_fn(around)))
        .route("/keys", get(keys))
        .layer(SessionLayer::new(factory("session")));
    let mut jar = Jar::default();
    assert_eq!(get_text(&app, &mut jar, "/").await, "ada");
    assert_eq!(get_text(&app, &mut jar, "/keys").await, "user, extractor, handler, after");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tasks_of_one_request_lose_no_change() {
    async fn fan_out(session: Session) {
        let push = |n: u32| {
            let session = session.clone();
            tokio::spawn(async move { session.update("sum", |sum: Option<u32>| sum.unwrap_or(0) + n).unwrap() })
        };
        for task in (0..100).map(push).collect::<Vec<_>>() {
            task.await.unwrap();
        }
    }
    async fn sum(session: Session) -> String {
        session.get::<u32>("sum").unwrap().unwrap().to_string()
    }
    let sessions = builder("session").flash_limit(None).build().unwrap();
    let app = Router::new().route("/fan-out", get(fan_out)).route("/sum", get(sum)).layer(SessionLayer::new(sessions));
    let mut jar = Jar::default();
    get_text(&app, &mut jar, "/fan-out").await;
    assert_eq!(get_text(&app, &mut jar, "/sum").await, "4950");
}

#[derive(Clone)]
struct Prefs(Session);

fn login_and_prefs() -> Router {
    async fn login(session: Session, Extension(Prefs(prefs)): Extension<Prefs>) {
        session.insert("user", "ada").unwrap();
        prefs.insert("theme", "dark").unwrap();
    }
    async fn logout(session: Session) {
        session.invalidate();
    }
    async fn show(session: Session, Extension(Prefs(prefs)): Extension<Prefs>) -> String {
        let user: Option<String> = session.get("user").unwrap();
        let theme: Option<String> = prefs.get("theme").unwrap();
        format!("{user:?} {theme:?} {:?}", prefs.outcome())
    }
    Router::new()
        .route("/", get(show))
        .route("/login", post(login))
        .route("/logout", post(logout))
        .layer(SessionLayer::new(factory("login")))
        .layer(SessionLayer::new(factory("prefs")).into_extension(Prefs))
}

#[tokio::test]
async fn login_and_preferences_are_two_sessions_and_logout_ends_one() {
    let app = login_and_prefs();
    let mut jar = Jar::default();
    browse(&app, &mut jar, "POST", "/login").await;
    assert_eq!(jar.names(), ["login", "prefs"]);
    assert_eq!(get_text(&app, &mut jar, "/").await, r#"Some("ada") Some("dark") Valid"#);
    browse(&app, &mut jar, "POST", "/logout").await;
    assert_eq!(jar.names(), ["login.ended", "prefs"]);
    assert_eq!(get_text(&app, &mut jar, "/").await, r#"None Some("dark") Valid"#);
}

#[tokio::test]
async fn the_cookie_of_one_session_is_not_read_by_the_other() {
    let app = login_and_prefs();
    let mut jar = Jar::default();
    browse(&app, &mut jar, "POST", "/login").await;
    let login = jar.header().split("; ").next().unwrap().to_owned();
    let swapped = login.replace("login=", "prefs=");
    let expected = format!("None None {:?}", Outcome::BadSignature);
    assert_eq!(send(&app, &swapped, "GET", "/").await.body, expected);
}

#[tokio::test]
async fn a_nested_router_may_have_a_session_of_its_own() {
    let admin = Router::new().route("/", get(count)).layer(SessionLayer::new(factory("admin")));
    let app = Router::new().route("/", get(count)).nest("/admin", admin).layer(SessionLayer::new(factory("shop")));
    let mut jar = Jar::default();
    assert_eq!(get_text(&app, &mut jar, "/").await, "1");
    assert_eq!(get_text(&app, &mut jar, "/admin").await, "1");
    assert_eq!(get_text(&app, &mut jar, "/admin").await, "2");
    assert_eq!(get_text(&app, &mut jar, "/").await, "2");
    assert_eq!(jar.names(), ["admin", "shop"]);
}

#[tokio::test]
async fn a_nested_router_with_the_same_cookie_name_is_refused() {
    let admin = Router::new().route("/", get(count)).layer(SessionLayer::new(factory("session")));
    let app = Router::new().route("/", get(count)).nest("/admin", admin).layer(SessionLayer::new(factory("session")));
    assert_eq!(send(&app, "", "GET", "/").await.body, "1");
    let refused = send(&app, "", "GET", "/admin").await;
    assert_eq!(refused.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(refused.error.unwrap().to_string().contains("use the cookie name \"session\""));
}

#[tokio::test]
async fn a_session_that_does_not_fit_is_a_500_and_the_old_one_stays() {
    let app = Router::new()
        .route("/", get(count))
        .route("/overfill", get(overfill))
        .layer(SessionLayer::new(factory("session")));
    let mut jar = Jar::default();
    get_text(&app, &mut jar, "/").await;
    let answer = browse(&app, &mut jar, "GET", "/overfill").await;
    let error = answer.error.unwrap();
    assert!(error.too_large().is_some());
    assert_eq!((answer.status, answer.body), (StatusCode::INTERNAL_SERVER_ERROR, shown(error)));
    assert_eq!(get_text(&app, &mut jar, "/").await, "2");
}

#[tokio::test]
async fn a_layer_may_answer_for_a_session_that_does_not_fit() {
    async fn explain(request: Request, next: Next) -> Response {
        let response = next.run(request).await;
        let Some(error) = response.extensions().get::<SaveError>() else { return response };
        (StatusCode::PAYLOAD_TOO_LARGE, error.to_string()).into_response()
    }
    let app =
        Router::new().route("/", get(overfill)).layer(SessionLayer::new(factory("session"))).layer(from_fn(explain));
    let answer = send(&app, "", "GET", "/").await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer.body.contains("\"essay\" with 5002 bytes"), "{}", answer.body);
}

#[tokio::test]
async fn a_message_is_shown_once_after_the_redirect() {
    async fn add(session: Session) -> Redirect {
        session.flash().push("Your item was added.").unwrap();
        Redirect::to("/")
    }
    let app = Router::new().route("/", get(messages).post(add)).layer(SessionLayer::new(factory("session")));
    let mut jar = Jar::default();
    assert_eq!(browse(&app, &mut jar, "POST", "/").await.status, StatusCode::SEE_OTHER);
    assert_eq!(get_text(&app, &mut jar, "/").await, "Your item was added.");
    assert_eq!(get_text(&app, &mut jar, "/").await, "");
}

/// Pushes a message, and then shows it on a page that fails.
async fn after_a_failing_page(sessions: SignedCookieFactory) -> String {
    async fn push(session: Session) {
        session.flash().push("Read me.").unwrap();
    }
    async fn fail(session: Session) -> (StatusCode, String) {
        (StatusCode::SERVICE_UNAVAILABLE, messages(session).await)
    }
    let app = Router::new()
        .route("/", get(messages))
        .route("/push", get(push))
        .route("/fail", get(fail))
        .layer(SessionLayer::new(sessions));
    let mut jar = Jar::default();
    get_text(&app, &mut jar, "/push").await;
    assert_eq!(get_text(&app, &mut jar, "/fail").await, "Read me.");
    get_text(&app, &mut jar, "/").await
}

#[tokio::test]
async fn a_5xx_saves_the_session() {
    assert_eq!(after_a_failing_page(factory("session")).await, "");
}

#[tokio::test]
async fn a_5xx_saves_nothing_with_set_on_exception_off() {
    let sessions = builder("session").set_on_exception(false).build().unwrap();
    assert_eq!(after_a_failing_page(sessions).await, "Read me.");
}

async fn insert_and_panic(session: Session) {
    session.insert("user", "ada").unwrap();
    panic!("the handler panics, as the test wants it to");
}

#[tokio::test]
async fn a_handler_may_return_the_error_of_a_value() {
    async fn misread(session: Session) -> Result<(), ValueError> {
        session.insert("visits", "many")?;
        session.get::<u64>("visits")?;
        Ok(())
    }
    async fn log(request: Request, next: Next) -> Response {
        let response = next.run(request).await;
        assert_eq!(response.extensions().get::<ValueError>().unwrap().key(), Some("visits"));
        response
    }
    let app = Router::new().route("/", get(misread)).layer(SessionLayer::new(factory("session"))).layer(from_fn(log));
    let answer = send(&app, "", "GET", "/").await;
    let sentence = "the session's \"visits\" is a string, which does not fit u64";
    assert_eq!((answer.status, answer.body), (StatusCode::INTERNAL_SERVER_ERROR, shown(sentence)));
}

#[tokio::test]
async fn a_body_quotes_no_word_of_the_programs_own_serialize() {
    struct Broken;
    impl serde::Serialize for Broken {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("s3cret is no number"))
        }
    }
    async fn one(session: Session) -> Result<(), ValueError> {
        session.insert("visits", Broken)
    }
    async fn whole(session: Session) -> Result<(), ValueError> {
        session.replace(&Broken)
    }
    let app = Router::new().route("/one", get(one)).route("/whole", get(whole));
    let app = app.layer(SessionLayer::new(factory("session")));
    for (path, sentence) in [
        ("/one", "the session's \"visits\" cannot be written as JSON: its Serialize failed"),
        ("/whole", "the whole session cannot be written as JSON: its Serialize failed"),
    ] {
        let answer = send(&app, "", "GET", path).await;
        assert_eq!((answer.status, answer.body), (StatusCode::INTERNAL_SERVER_ERROR, shown(sentence)));
    }
}

/// Catches a panic like tower-http's `CatchPanicLayer`, with a task.
async fn catch_panic(request: Request, next: Next) -> Response {
    let response = tokio::spawn(next.run(request)).await;
    response.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

#[tokio::test]
async fn a_panic_caught_around_the_layer_saves_nothing() {
    let app = Router::new()
        .route("/", get(insert_and_panic))
        .layer(SessionLayer::new(factory("session")))
        .layer(from_fn(catch_panic));
    let answer = send(&app, "", "GET", "/").await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(answer.cookies.is_empty());
}

#[tokio::test]
async fn a_panic_caught_inside_the_layer_is_a_normal_5xx() {
    let app = |sessions| {
        let panicking = get(insert_and_panic).layer(from_fn(catch_panic));
        Router::new().route("/", panicking).layer(SessionLayer::new(sessions))
    };
    let saved = send(&app(factory("session")), "", "GET", "/").await;
    assert_eq!((saved.status, saved.cookies.len()), (StatusCode::INTERNAL_SERVER_ERROR, 1));
    let off = builder("session").set_on_exception(false).build().unwrap();
    assert!(send(&app(off), "", "GET", "/").await.cookies.is_empty());
}

#[tokio::test]
async fn changes_of_a_streaming_body_after_the_head_are_lost() {
    /// One chunk, and a change of the session when it is asked for.
    struct Stream(Option<Session>);
    impl HttpBody for Stream {
        type Data = Bytes;
        type Error = Infallible;
        fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            Poll::Ready(self.0.take().map(|session| {
                session.insert("late", true).unwrap();
                Ok(Frame::data(Bytes::from(session.keys().join(", "))))
            }))
        }
    }
    async fn stream(session: Session) -> Body {
        session.insert("early", true).unwrap();
        Body::new(Stream(Some(session)))
    }
    async fn keys(session: Session) -> String {
        session.keys().join(", ")
    }
    let app =
        Router::new().route("/", get(stream)).route("/keys", get(keys)).layer(SessionLayer::new(factory("session")));
    let mut jar = Jar::default();
    assert_eq!(get_text(&app, &mut jar, "/").await, "early, late");
    assert_eq!(get_text(&app, &mut jar, "/keys").await, "early");
}

#[tokio::test]
async fn of_two_requests_at_once_the_last_cookie_counts() {
    let app = login_or_theme(factory("session"));
    let mut jar = Jar::default();
    let before = jar.header();
    let login = send(&app, &before, "POST", "/login").await;
    let theme = send(&app, &before, "POST", "/theme").await;
    jar.store(&login.cookies[0]);
    jar.store(&theme.cookies[0]);
    assert_eq!(get_text(&app, &mut jar, "/").await, "theme");
}

#[tokio::test]
async fn a_slow_reader_undoes_a_change_only_if_a_reissue_is_due() {
    async fn seen_after(sessions: SignedCookieFactory) -> String {
        let app = login_or_theme(sessions);
        let mut jar = Jar::default();
        browse(&app, &mut jar, "POST", "/theme").await;
        let slow = send(&app, &jar.header(), "GET", "/").await;
        browse(&app, &mut jar, "POST", "/login").await;
        slow.cookies.iter().for_each(|line| jar.store(line));
        get_text(&app, &mut jar, "/").await
    }
    // A clock that moves by a second whenever it is read, so that a reissue is due.
    let clock = || {
        let seconds = std::sync::atomic::AtomicU64::new(1_790_000_000);
        let next = move || seconds.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        move || std::time::UNIX_EPOCH + Duration::from_secs(next())
    };
    let always_reissued = builder("session").clock(clock()).reissue_time(Duration::ZERO);
    assert_eq!(seen_after(always_reissued.build().unwrap()).await, "theme");
    assert_eq!(seen_after(builder("session").clock(clock()).build().unwrap()).await, "theme, login");
}

fn login_or_theme(sessions: SignedCookieFactory) -> Router {
    async fn login(session: Session) {
        session.insert("login", true).unwrap();
    }
    async fn theme(session: Session) {
        session.insert("theme", true).unwrap();
    }
    async fn keys(session: Session) -> String {
        session.keys().join(", ")
    }
    Router::new()
        .route("/", get(keys))
        .route("/login", post(login))
        .route("/theme", post(theme))
        .layer(SessionLayer::new(sessions))
}

#[tokio::test]
async fn an_upgrade_carries_the_session_as_it_was_at_the_101() {
    async fn upgrade(session: Session, mut request: Request) -> Response {
        session.insert("early", true).unwrap();
        let upgraded = hyper::upgrade::on(&mut request);
        tokio::spawn(async move {
            let mut connection = hyper_util::rt::TokioIo::new(upgraded.await.unwrap());
            session.insert("late", true).unwrap();
            connection.write_all(session.keys().join(", ").as_bytes()).await.unwrap();
            connection.shutdown().await.unwrap();
        });
        let headers = [(header::CONNECTION, "upgrade"), (header::UPGRADE, "keys")];
        (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
    }
    let sessions = factory("session");
    let app = Router::new().route("/", get(upgrade)).layer(SessionLayer::new(sessions.clone()));
    let (mut client, server) = tokio::io::duplex(64 * 1024);
    let service = hyper::service::service_fn(move |request| app.clone().call(request));
    let serve = hyper::server::conn::http1::Builder::new()
        .serve_connection(hyper_util::rt::TokioIo::new(server), service)
        .with_upgrades();
    tokio::spawn(serve);

    client.write_all(b"GET / HTTP/1.1\r\nconnection: upgrade\r\nupgrade: keys\r\n\r\n").await.unwrap();
    let mut received = String::new();
    client.read_to_string(&mut received).await.unwrap();
    let (head, upgraded) = received.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    assert_eq!(upgraded, "early, late");
    let value = head.split_once("set-cookie: session=").unwrap().1.split(';').next().unwrap();
    assert_eq!(sessions.decode(value).unwrap().keys(), ["early"]);
}
