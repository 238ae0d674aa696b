//! Rocket, from one browser's point of view.

mod common;

use common::promises::{Answer, PUBLIC, Site, factory, overfill, promises};
use rocket::fairing::AdHoc;
use rocket::http::{Cookie, CookieJar, Header, Method, Status};
use rocket::local::asynchronous::Client;
use rocket::request::{FromRequest, Outcome, Request};
use rocket::response::stream::TextStream;
use rocket::response::{Redirect, Responder};
use rocket::{Build, Rocket, get, post, routes};
use signed_cookie_session::rocket::{SessionFairing, save_error};
use signed_cookie_session::{Session, SignedCookieFactory, ValueError};

#[derive(Responder)]
struct Page<R> {
    inner: R,
    cache_control: Header<'static>,
}

fn public<R>(inner: R) -> Page<R> {
    Page { inner, cache_control: Header::new("Cache-Control", PUBLIC) }
}

#[get("/count")]
fn count(session: Session) -> String {
    common::promises::count(&session)
}

#[get("/nothing")]
fn nothing(_session: Session) -> Page<&'static str> {
    public("the same for all")
}

#[post("/add")]
fn add(session: Session) -> Result<Redirect, ValueError> {
    session.flash().push("Saved.")?;
    Ok(Redirect::to("/messages"))
}

#[get("/messages")]
fn messages(session: Session) -> Result<String, ValueError> {
    Ok(session.flash().pop::<String>()?.join(", "))
}

#[derive(Responder)]
struct Thanks {
    inner: Redirect,
    x_app: Header<'static>,
}

#[post("/overfill")]
fn too_much(session: Session, jar: &CookieJar<'_>) -> Thanks {
    overfill(&session);
    jar.add(("theme", "dark"));
    Thanks { inner: Redirect::to("/thanks"), x_app: Header::new("X-App", "1") }
}

#[get("/misread")]
fn misread(session: Session) -> Result<String, ValueError> {
    session.insert("visits", "many")?;
    Ok(session.get::<u64>("visits")?.unwrap_or(0).to_string())
}

#[post("/fail")]
fn fail(session: Session) -> Status {
    session.flash().push("Failed.").unwrap();
    Status::ServiceUnavailable
}

#[post("/err")]
fn err(session: Session) -> Result<String, Status> {
    session.flash().push("Erred.").unwrap();
    Err(Status::ImATeapot)
}

#[get("/held")]
fn held(session: Session) -> Page<TextStream![&'static str]> {
    public(TextStream! {
        yield "streamed";
        drop(session);
    })
}

#[post("/logout")]
fn logout(session: Session) {
    session.invalidate();
}

#[get("/own-cookie")]
fn own_cookie(session: Session, jar: &CookieJar<'_>) {
    common::promises::count(&session);
    jar.add(Cookie::build(("session", "the-apps")).path("/"));
    jar.add(("theme", "dark"));
}

#[derive(Clone)]
struct Prefs(Session);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Prefs {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        match request.local_cache(|| None::<Prefs>).clone() {
            Some(prefs) => Outcome::Success(prefs),
            None => Outcome::Error((Status::InternalServerError, ())),
        }
    }
}

#[get("/both")]
fn both(session: Session, prefs: Prefs) -> String {
    let theme: String = prefs.0.get("theme").unwrap().unwrap_or_default();
    prefs.0.insert("theme", "dark").unwrap();
    format!("{} {theme}", common::promises::count(&session))
}

fn build() -> Rocket<Build> {
    let config = rocket::Config { log_level: rocket::config::LogLevel::Off, ..rocket::Config::debug_default() };
    let pages = routes![count, nothing, add, messages, too_much, misread, fail, err, held, logout, own_cookie, both];
    rocket::custom(config).mount("/", pages)
}

impl Site for Client {
    async fn send(&self, method: &str, path: &str, cookies: &str) -> Answer {
        let method: Method = method.parse().unwrap();
        let request = self.req(method, path.to_owned()).header(Header::new("Cookie", cookies.to_owned()));
        let response = request.dispatch().await;
        let headers = response.headers().iter();
        let headers = headers.map(|line| (line.name().as_str().to_lowercase(), line.value().to_owned())).collect();
        Answer { status: response.status().code, headers, body: response.into_string().await.unwrap_or_default() }
    }
}

async fn app(sessions: SignedCookieFactory) -> impl Site {
    Client::untracked(build().attach(SessionFairing::new(sessions).report_errors(false))).await.unwrap()
}

async fn bare() -> impl Site {
    Client::untracked(build()).await.unwrap()
}

/// Rocket's own page for a 500. The error's text is in Rocket's log.
const MISSING: &str = "";

async fn two(sessions: SignedCookieFactory, prefs: SignedCookieFactory) -> impl Site {
    let rocket = build().attach(SessionFairing::new(sessions));
    Client::untracked(rocket.attach(SessionFairing::new(prefs).into_cache(Prefs))).await.unwrap()
}

promises!(app);

#[tokio::test]
async fn two_fairings_with_one_cookie_name_do_not_launch() {
    let fairing = || SessionFairing::new(factory("id"));
    assert!(build().attach(fairing()).ignite().await.is_ok());
    let error = build().attach(fairing()).attach(fairing().into_cache(Prefs)).ignite().await.unwrap_err();
    assert!(matches!(error.kind(), rocket::error::ErrorKind::FailedFairings(_)));
}

#[tokio::test]
async fn a_later_fairing_reads_the_reason_and_answers() {
    let explain = AdHoc::on_response("explain", |request, response| {
        Box::pin(async move {
            if let Some(error) = save_error(request) {
                let page = format!("Your cart is full: {:?}", error.too_large().is_some());
                response.set_sized_body(page.len(), std::io::Cursor::new(page));
            }
        })
    });
    let rocket = build().attach(SessionFairing::new(factory("session")).report_errors(false)).attach(explain);
    let client = Client::untracked(rocket).await.unwrap();
    assert_eq!(client.send("POST", "/overfill", "").await.body, "Your cart is full: true");
    assert_eq!(client.send("GET", "/count", "").await.body, "1");
}

#[tokio::test]
async fn rockets_own_tracking_client_keeps_the_session() {
    let client = Client::tracked(build().attach(SessionFairing::new(factory("session")))).await.unwrap();
    for visit in ["1", "2"] {
        assert_eq!(client.get("/count").dispatch().await.into_string().await.unwrap(), visit);
    }
}
