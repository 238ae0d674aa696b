//! The counter of tower-sessions, without a store: the session is in the cookie.
//!
//! The handler uses `tower_sessions::Session` and does not change. Only the layer does: `CookieSessionLayer` replaces
//! `SessionManagerLayer`. Other crates that use `tower_sessions::Session` work in the same way.
//!
//! ```text
//! export SESSION_SECRET=$(openssl rand -hex 32)
//! cargo run --manifest-path programs/Cargo.toml --bin counter
//! ```
//!
//! # In production
//! - Give every server the same `SESSION_SECRET`, keep it over restarts, and serve the site over HTTPS.
//! - The visitor can read this cookie. If a crate stores something in it that must be hidden, as axum-login does, call
//!   `.format(Format::Encrypted)` on the builder (feature `encrypted`) and leave out `allow_readable(true)`.
//! - The visitor can send an older cookie again, and then has the older count. Keep exact counts in a database.

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use signed_cookie_session::tower_sessions::CookieSessionLayer;
use signed_cookie_session::{BoxError, Builder, Secret, SignedCookieFactory};
use tokio::net::TcpListener;
use tower_sessions::Session;

async fn count(session: Session) -> Result<String, Error> {
    let visits: u64 = session.get("visits").await?.unwrap_or(0) + 1;
    session.insert("visits", visits).await?;
    Ok(format!("Visits: {visits}\n"))
}

/// The session has a value of another type than the handler expects. The response is a 500.
struct Error(tower_sessions::session::Error);

impl From<tower_sessions::session::Error> for Error {
    fn from(error: tower_sessions::session::Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        eprintln!("{}", self.0);
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}

pub fn settings(secret: Secret) -> Builder {
    SignedCookieFactory::builder(secret).cookie_name("__Host-session")
}

pub fn app(sessions: SignedCookieFactory) -> Router {
    let layer = CookieSessionLayer::new(sessions).allow_readable(true); // a count is not secret
    Router::new().route("/", get(count)).layer(layer)
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let sessions = settings(Secret::from_env("SESSION_SECRET")?).build()?;
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    println!("http://localhost:3000/");
    Ok(axum::serve(listener, app(sessions)).await?)
}
