//! htmx with flash messages: a list that changes without loading the page again.
//!
//! - The server sends htmx the part of the page that changed, and the flash messages beside it (`hx-swap-oob`). htmx
//!   puts them where the page shows messages.
//! - The CSRF token is in the page once, in `hx-headers`. htmx sends it as a header of each request, and a middleware
//!   checks it.
//! - The same address returns a whole page or a part of it, so the response has `Vary: HX-Request`. Without it, a cache
//!   could return the part alone, for example when the visitor comes back to the page.
//!
//! ```text
//! export SESSION_SECRET=$(openssl rand -hex 32)
//! cargo run --manifest-path programs/Cargo.toml --bin htmx
//! ```
//!
//! # In production
//! - Give every server the same `SESSION_SECRET`, keep it over restarts, and serve the site over HTTPS.
//! - `regenerate`, at login, creates a new CSRF token. Answer a login with `HX-Redirect`, so that a whole page with the
//!   new token is loaded.
//! - This is htmx 2. In htmx 4, write `hx-headers:inherited`, so that the attribute of `body` applies to the whole
//!   page.
//! - Keep a list that may grow in a database. This one is limited so that it fits into the cookie.

use std::collections::BTreeMap;

use axum::Form;
use axum::Router;
use axum::extract::{Path, Query, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use maud::{DOCTYPE, Markup, html};
use serde::Deserialize;
use signed_cookie_session::tower::SessionLayer;
use signed_cookie_session::{BoxError, Builder, Secret, Session, SignedCookieFactory, ValueError};
use tokio::net::TcpListener;

/// htmx 2. The browser refuses a script with another hash.
const HTMX: &str = "https://unpkg.com/htmx.org@2.0.11/dist/htmx.min.js";
const HTMX_HASH: &str = "sha384-2OatzQy1H+Zd/IIrjr1TcuDGqLXeHhbooAyJY1KdQMKnr4LZ22k31GBLdYKHmVjg";

const MAX_ITEMS: usize = 10;
const MAX_CHARS: usize = 50;

/// Each item has a number, so that an old page cannot remove another item.
type Items = BTreeMap<u64, String>;

#[derive(Deserialize)]
struct Search {
    #[serde(default)]
    q: String,
}

async fn show(session: Session, headers: HeaderMap, Query(search): Query<Search>) -> Result<Response, ValueError> {
    let items = session.get("items")?.unwrap_or_default();
    let list = list(&items, &search.q);
    // When htmx goes back in the history, it wants the whole page.
    let is_part = headers.contains_key("hx-request") && !headers.contains_key("hx-history-restore-request");
    let content = if is_part { list } else { page(&session, &search.q, list)? };
    Ok(([(header::VARY, "HX-Request, HX-History-Restore-Request")], content).into_response())
}

#[derive(Deserialize)]
struct NewItem {
    text: String,
}

async fn add(session: Session, Form(new): Form<NewItem>) -> Result<Markup, ValueError> {
    let mut items: Items = session.get("items")?.unwrap_or_default();
    let text = new.text.trim();
    if text.is_empty() || text.chars().count() > MAX_CHARS {
        session.flash().push(format!("An item has 1 to {MAX_CHARS} characters."))?;
    } else if items.len() >= MAX_ITEMS {
        session.flash().push("The list is full. Remove an item first.")?;
    } else {
        let number = items.last_key_value().map_or(1, |(last, _)| last + 1);
        items.insert(number, text.to_owned());
        session.insert("items", &items)?;
        session.flash().push(format!("{text} was added."))?;
    }
    changed(&session, &items)
}

async fn remove(session: Session, Path(number): Path<u64>) -> Result<Markup, ValueError> {
    let mut items: Items = session.get("items")?.unwrap_or_default();
    match items.remove(&number) {
        Some(text) => {
            session.insert("items", &items)?;
            session.flash().push(format!("{text} was removed."))?;
        }
        None => session.flash().push("It was removed before.")?,
    }
    changed(&session, &items)
}

/// Returns the parts of the page that change. The second one is "out of band": htmx finds its place by the id.
fn changed(session: &Session, items: &Items) -> Result<Markup, ValueError> {
    let messages = messages(session)?;
    Ok(html! {
        (list(items, ""))
        div id="messages" hx-swap-oob="innerHTML" { (messages) }
    })
}

fn messages(session: &Session) -> Result<Markup, ValueError> {
    let messages: Vec<String> = session.flash().pop()?;
    Ok(html! { @for message in messages { p { (message) } } })
}

fn list(items: &Items, search: &str) -> Markup {
    html! {
        ul id="items" {
            @for (number, text) in items.iter().filter(|(_, text)| text.contains(search)) {
                li {
                    (text) " "
                    button hx-delete=(format!("/items/{number}")) hx-target="#items" hx-swap="outerHTML" { "Remove" }
                }
            }
        }
    }
}

fn page(session: &Session, search: &str, list: Markup) -> Result<Markup, ValueError> {
    let messages = messages(session)?;
    let headers = format!(r#"{{"X-CSRF-Token": "{}"}}"#, session.csrf_token());
    Ok(html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { "htmx" }
                script src=(HTMX) integrity=(HTMX_HASH) crossorigin="anonymous" defer {}
            }
            body hx-headers=(headers) {
                div id="messages" role="status" { (messages) }
                form hx-post="/items" hx-target="#items" hx-swap="outerHTML" {
                    input name="text" maxlength=(MAX_CHARS) required;
                    button { "Add" }
                }
                input type="search" name="q" value=(search) placeholder="Search" autocomplete="off"
                    hx-get="/" hx-trigger="input changed delay:300ms" hx-target="#items" hx-swap="outerHTML";
                (list)
            }
        }
    })
}

/// Refuses a request that may change something, unless it has the session's CSRF token.
async fn check_csrf(session: Session, request: Request, next: Next) -> Result<Response, ValueError> {
    let token = request.headers().get("x-csrf-token").and_then(|token| token.to_str().ok()).unwrap_or("");
    if request.method().is_safe() || session.verify_csrf_token(token) {
        return Ok(next.run(request).await);
    }
    // Usually, the page was open for too long. htmx loads it again, with a new token and this message.
    session.flash().push("This page was open for too long. Please try again.")?;
    Ok((StatusCode::FORBIDDEN, [("hx-refresh", "true")]).into_response())
}

pub fn settings(secret: Secret) -> Builder {
    SignedCookieFactory::builder(secret).cookie_name("__Host-session")
}

pub fn app(sessions: SignedCookieFactory) -> Router {
    Router::new()
        .route("/", get(show))
        .route("/items", post(add))
        .route("/items/{number}", delete(remove))
        .layer(from_fn(check_csrf))
        .layer(SessionLayer::new(sessions)) // around the middleware, which needs the session
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let sessions = settings(Secret::from_env("SESSION_SECRET")?).build()?;
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    println!("http://localhost:3000/");
    Ok(axum::serve(listener, app(sessions)).await?)
}
