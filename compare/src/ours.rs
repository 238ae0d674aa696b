use axum::{Router, response::Redirect, routing::get};
use signed_cookie_session::tower::SessionLayer;
use signed_cookie_session::{Secret, Session, SignedCookieFactory, ValueError};

async fn page(session: Session) -> Result<String, ValueError> {
    let visits: u64 = session.get("visits")?.unwrap_or(0);
    session.insert("visits", visits + 1)?;
    let messages: Vec<String> = session.flash().pop()?;
    Ok(format!("Visits before: {visits}. {}", messages.join(" ")))
}

async fn add(session: Session) -> Result<Redirect, ValueError> {
    session.flash().push("Your item was added.")?;
    Ok(Redirect::to("/"))
}

pub fn app(secret: Secret) -> Router {
    let sessions = SignedCookieFactory::new(secret);
    Router::new().route("/", get(page).post(add)).layer(SessionLayer::new(sessions))
}
