//! A shopping list with flash messages on axum.
//!
//! ```text
//! cargo run --example axum --features axum
//! curl -i -L -c jar -b jar http://localhost:3000/ -d figs
//! curl -i -c jar -b jar http://localhost:3000/
//! ```

use axum::Router;
use axum::response::Redirect;
use axum::routing::get;
use signed_cookie_session::tower::SessionLayer;
use signed_cookie_session::{BoxError, Secret, Session, SignedCookieFactory, ValueError};

async fn list(session: Session) -> Result<String, ValueError> {
    let messages: Vec<String> = session.flash().pop()?;
    let items: Vec<String> = session.get("items")?.unwrap_or_default();
    Ok(format!("{}\nItems: {}\n", messages.join("\n"), items.join(", ")))
}

async fn add(session: Session, item: String) -> Result<Redirect, ValueError> {
    let mut items: Vec<String> = session.get("items")?.unwrap_or_default();
    items.push(item);
    session.insert("items", items)?;
    session.flash().push("Your item was added.")?;
    Ok(Redirect::to("/"))
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    // A real app keeps its sessions over restarts: Secret::from_env("SESSION_SECRET")?
    let sessions = SignedCookieFactory::new(Secret::generate());
    let app = Router::new().route("/", get(list).post(add)).layer(SessionLayer::new(sessions));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    println!("http://localhost:3000/");
    Ok(axum::serve(listener, app).await?)
}
