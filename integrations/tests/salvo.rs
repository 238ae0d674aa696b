//! salvo, from one browser's point of view.

mod common;

use common::promises::{Answer, PUBLIC, Site, factory, overfill, promises};
use futures_util::stream;
use salvo_core::http::StatusCode;
use salvo_core::http::cookie::Cookie;
use salvo_core::prelude::*;
use salvo_core::test::{ResponseExt, TestClient};
use signed_cookie_session::salvo::SessionHandler;
use signed_cookie_session::{SaveError, Session, SignedCookieFactory, ValueError};

#[handler]
async fn count(session: Session) -> String {
    common::promises::count(&session)
}

#[handler]
async fn nothing(_session: Session, response: &mut Response) {
    response.add_header("cache-control", PUBLIC, true).unwrap();
    response.render("the same for all");
}

#[handler]
async fn add(session: Session, response: &mut Response) -> Result<(), ValueError> {
    session.flash().push("Saved.")?;
    response.render(Redirect::other("/messages"));
    Ok(())
}

#[handler]
async fn messages(session: Session) -> Result<String, ValueError> {
    Ok(session.flash().pop::<String>()?.join(", "))
}

#[handler]
async fn too_much(session: Session, response: &mut Response) {
    overfill(&session);
    response.add_header("x-app", "1", true).unwrap();
    response.add_cookie(Cookie::new("theme", "dark"));
    response.render(Redirect::other("/thanks"));
}

#[handler]
async fn misread(session: Session) -> Result<String, ValueError> {
    session.insert("visits", "many")?;
    Ok(session.get::<u64>("visits")?.unwrap_or(0).to_string())
}

#[handler]
async fn fail(session: Session, response: &mut Response) {
    session.flash().push("Failed.").unwrap();
    response.status_code(StatusCode::SERVICE_UNAVAILABLE);
}

#[handler]
async fn err(session: Session) -> Result<String, StatusError> {
    session.flash().push("Erred.").unwrap();
    Err(StatusError::im_a_teapot())
}

#[handler]
async fn held(session: Session, response: &mut Response) {
    response.add_header("cache-control", PUBLIC, true).unwrap();
    response.stream(stream::once(Box::pin(async move {
        drop(session);
        Ok::<_, std::io::Error>("streamed")
    })));
}

#[handler]
async fn logout(session: Session, response: &mut Response) {
    session.invalidate();
    response.render("Good bye.");
}

#[handler]
async fn own_cookie(session: Session, response: &mut Response) {
    common::promises::count(&session);
    response.add_cookie(Cookie::build(("session", "the-apps")).path("/").build());
    // The cookies are sent as a header, because salvo's test client keeps only one cookie.
    response.add_header("set-cookie", "theme=dark; Path=/", false).unwrap();
    response.render("Both.");
}

#[derive(Clone)]
struct Prefs(Session);

#[handler]
async fn both(session: Session, depot: &mut Depot) -> String {
    let Prefs(prefs) = depot.get_typed::<Prefs>().unwrap();
    let theme: String = prefs.get("theme").unwrap().unwrap_or_default();
    prefs.insert("theme", "dark").unwrap();
    format!("{} {theme}", common::promises::count(&session))
}

fn routes(router: Router) -> Router {
    router
        .push(Router::with_path("count").get(count))
        .push(Router::with_path("nothing").get(nothing))
        .push(Router::with_path("add").post(add))
        .push(Router::with_path("messages").get(messages))
        .push(Router::with_path("overfill").post(too_much))
        .push(Router::with_path("misread").get(misread))
        .push(Router::with_path("fail").post(fail))
        .push(Router::with_path("err").post(err))
        .push(Router::with_path("held").get(held))
        .push(Router::with_path("logout").post(logout))
        .push(Router::with_path("own-cookie").get(own_cookie))
        .push(Router::with_path("both").get(both))
}

struct Salvo(Service);

async fn send(service: &Service, method: &str, path: &str, cookies: &str) -> Response {
    let url = format!("http://localhost{path}");
    let request = if method == "GET" { TestClient::get(url) } else { TestClient::post(url) };
    request.add_header("cookie", cookies, true).send(service).await
}

impl Site for Salvo {
    async fn send(&self, method: &str, path: &str, cookies: &str) -> Answer {
        let mut response = send(&self.0, method, path, cookies).await;
        let body = response.take_string().await.unwrap_or_default();
        let headers = response.headers.iter();
        let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
        Answer { status: response.status_code.unwrap().as_u16(), headers, body }
    }
}

async fn app(sessions: SignedCookieFactory) -> impl Site {
    Salvo(Service::new(routes(Router::new().hoop(SessionHandler::new(sessions).report_errors(false)))))
}

async fn bare() -> impl Site {
    Salvo(Service::new(routes(Router::new())))
}

const MISSING: &str = ".hoop(SessionHandler::new(sessions))";

async fn two(sessions: SignedCookieFactory, prefs: SignedCookieFactory) -> impl Site {
    let prefs = SessionHandler::new(prefs).into_extension(Prefs);
    Salvo(Service::new(routes(Router::new().hoop(SessionHandler::new(sessions)).hoop(prefs))))
}

promises!(app);

#[tokio::test]
async fn two_handlers_with_one_cookie_name_are_a_500() {
    let hoop = || SessionHandler::new(factory("id")).report_errors(false);
    let service = Service::new(routes(Router::new().hoop(hoop()).hoop(hoop())));
    let response = send(&service, "GET", "/count", "").await;
    assert_eq!(response.status_code, Some(StatusCode::INTERNAL_SERVER_ERROR));
    assert!(!response.headers.contains_key("set-cookie"));
    let error = response.extensions.get::<SaveError>().unwrap().to_string();
    assert!(error.contains("\"id\""), "{error}");
}
