//! poem, from one browser's point of view.

mod common;

use common::promises::{Answer, PUBLIC, Site, factory, overfill, promises};
use futures_util::stream;
use poem::error::ResponseError;
use poem::http::StatusCode;
use poem::web::{Data, Redirect};
use poem::{Body, Endpoint, EndpointExt, Request, Response, Route, get, handler, post};
use signed_cookie_session::poem::SessionMiddleware;
use signed_cookie_session::{SaveError, Session, SignedCookieFactory, ValueError};

#[derive(Debug, thiserror::Error)]
#[error("short and stout")]
struct Teapot;

impl ResponseError for Teapot {
    fn status(&self) -> StatusCode {
        StatusCode::IM_A_TEAPOT
    }
}

#[handler]
fn count(session: Session) -> String {
    common::promises::count(&session)
}

#[handler]
fn nothing(_session: Session) -> Response {
    Response::builder().header("cache-control", PUBLIC).body("the same for all")
}

#[handler]
fn add(session: Session) -> Result<Redirect, ValueError> {
    session.flash().push("Saved.")?;
    Ok(Redirect::see_other("/messages"))
}

#[handler]
fn messages(session: Session) -> Result<String, ValueError> {
    Ok(session.flash().pop::<String>()?.join(", "))
}

#[handler]
fn too_much(session: Session) -> Response {
    overfill(&session);
    let response = Response::builder().status(StatusCode::SEE_OTHER).header("location", "/thanks");
    response.header("x-app", "1").header("set-cookie", "theme=dark").finish()
}

#[handler]
fn misread(session: Session) -> Result<String, ValueError> {
    session.insert("visits", "many")?;
    Ok(session.get::<u64>("visits")?.unwrap_or(0).to_string())
}

#[handler]
fn fail(session: Session) -> StatusCode {
    session.flash().push("Failed.").unwrap();
    StatusCode::SERVICE_UNAVAILABLE
}

#[handler]
fn err(session: Session) -> Result<String, Teapot> {
    session.flash().push("Erred.").unwrap();
    Err(Teapot)
}

#[handler]
fn held(session: Session) -> Response {
    let chunks = stream::once(async move {
        drop(session);
        Ok::<_, std::io::Error>("streamed")
    });
    Response::builder().header("cache-control", PUBLIC).body(Body::from_bytes_stream(chunks))
}

#[handler]
fn logout(session: Session) {
    session.invalidate();
}

#[handler]
fn own_cookie(session: Session) -> Response {
    common::promises::count(&session);
    let response = Response::builder().header("set-cookie", "session=the-apps; Path=/");
    response.header("set-cookie", "theme=dark; Path=/").finish()
}

#[derive(Clone)]
struct Prefs(Session);

#[handler]
fn both(session: Session, Data(Prefs(prefs)): Data<&Prefs>) -> String {
    let theme: String = prefs.get("theme").unwrap().unwrap_or_default();
    prefs.insert("theme", "dark").unwrap();
    format!("{} {theme}", common::promises::count(&session))
}

fn routes() -> Route {
    Route::new()
        .at("/count", get(count))
        .at("/nothing", get(nothing))
        .at("/add", post(add))
        .at("/messages", get(messages))
        .at("/overfill", post(too_much))
        .at("/misread", get(misread))
        .at("/fail", post(fail))
        .at("/err", post(err))
        .at("/held", get(held))
        .at("/logout", post(logout))
        .at("/own-cookie", get(own_cookie))
        .at("/both", get(both))
}

struct Poem<E>(E);

impl<E: Endpoint> Site for Poem<E> {
    async fn send(&self, method: &str, path: &str, cookies: &str) -> Answer {
        let request = Request::builder().method(method.parse().unwrap()).uri(path.parse().unwrap());
        let response = self.0.get_response(request.header("cookie", cookies).finish()).await;
        let headers = response.headers().iter();
        let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
        Answer { status: response.status().as_u16(), headers, body: response.into_body().into_string().await.unwrap() }
    }
}

async fn app(sessions: SignedCookieFactory) -> impl Site {
    Poem(routes().with(SessionMiddleware::new(sessions).report_errors(false)))
}

async fn bare() -> impl Site {
    Poem(routes())
}

const MISSING: &str = ".with(SessionMiddleware::new(sessions))";

async fn two(sessions: SignedCookieFactory, prefs: SignedCookieFactory) -> impl Site {
    let prefs = SessionMiddleware::new(prefs).into_extension(Prefs);
    Poem(routes().with(SessionMiddleware::new(sessions)).with(prefs))
}

promises!(app);

#[tokio::test]
async fn two_middlewares_with_one_cookie_name_are_a_500() {
    let layer = || SessionMiddleware::new(factory("id")).report_errors(false);
    let app = routes().with(layer()).with(layer());
    let response = app.get_response(Request::builder().uri("/count".parse().unwrap()).finish()).await;
    assert_eq!(response.status(), 500);
    assert!(!response.headers().contains_key("set-cookie"));
    let error = response.data::<SaveError>().unwrap().to_string();
    assert!(error.contains("\"id\""), "{error}");
}
