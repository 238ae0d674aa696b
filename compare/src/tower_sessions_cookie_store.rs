use axum::{Router, http::StatusCode, response::Redirect, routing::get};
use tower_sessions_cookie_store::{CookieSessionManagerLayer, Key, Session};
use tower_sessions_core::session::Error;

fn failed(error: Error) -> (StatusCode, String) {
    (StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
}

async fn page(session: Session) -> Result<String, (StatusCode, String)> {
    let visits: u64 = session.get("visits").await.map_err(failed)?.unwrap_or(0);
    session.insert("visits", visits + 1).await.map_err(failed)?;
    let messages: Vec<String> = session.remove("messages").await.map_err(failed)?.unwrap_or_default();
    Ok(format!("Visits before: {visits}. {}", messages.join(" ")))
}

async fn add(session: Session) -> Result<Redirect, (StatusCode, String)> {
    let mut messages: Vec<String> = session.get("messages").await.map_err(failed)?.unwrap_or_default();
    messages.push("Your item was added.".into());
    session.insert("messages", messages).await.map_err(failed)?;
    Ok(Redirect::to("/"))
}

pub fn app(key: Key) -> Router {
    Router::new().route("/", get(page).post(add)).layer(CookieSessionManagerLayer::signed(key))
}
