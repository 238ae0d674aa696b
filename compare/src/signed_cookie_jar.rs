use axum::{Router, response::Redirect, routing::get};
use axum_extra::extract::SignedCookieJar;
use axum_extra::extract::cookie::{Cookie, Key, SameSite};
use serde::{Deserialize, Serialize};

#[derive(Default, Deserialize, Serialize)]
struct Session {
    visits: u64,
    messages: Vec<String>,
}

fn read(jar: &SignedCookieJar) -> Session {
    let cookie = jar.get("session");
    cookie.and_then(|cookie| serde_json::from_str(cookie.value()).ok()).unwrap_or_default()
}

fn write(jar: SignedCookieJar, session: &Session) -> SignedCookieJar {
    let json = serde_json::to_string(session).expect("numbers and texts are JSON");
    jar.add(Cookie::build(("session", json)).path("/").secure(true).http_only(true).same_site(SameSite::Lax))
}

async fn page(jar: SignedCookieJar) -> (SignedCookieJar, String) {
    let mut session = read(&jar);
    let messages = std::mem::take(&mut session.messages);
    let page = format!("Visits before: {}. {}", session.visits, messages.join(" "));
    session.visits += 1;
    (write(jar, &session), page)
}

async fn add(jar: SignedCookieJar) -> (SignedCookieJar, Redirect) {
    let mut session = read(&jar);
    session.messages.push("Your item was added.".into());
    (write(jar, &session), Redirect::to("/"))
}

pub fn app(key: Key) -> Router {
    Router::new().route("/", get(page).post(add)).with_state(key)
}
