use axum::{Router, response::Redirect, routing::get};
use serde::{Deserialize, Serialize};
use seshcookie::{BuildError, Session, SessionConfig, SessionKeys, SessionLayer};

#[derive(Clone, Default, Deserialize, Serialize)]
struct Visitor {
    visits: u64,
    messages: Vec<String>,
}

async fn page(session: Session<Visitor>) -> String {
    let visitor = session.get().await.unwrap_or_default();
    session.insert(Visitor { visits: visitor.visits + 1, messages: Vec::new() }).await;
    format!("Visits before: {}. {}", visitor.visits, visitor.messages.join(" "))
}

async fn add(session: Session<Visitor>) -> Redirect {
    session.modify(|visitor| visitor.get_or_insert_default().messages.push("Your item was added.".into())).await;
    Redirect::to("/")
}

pub fn app(secret: &[u8]) -> Result<Router, BuildError> {
    let sessions = SessionLayer::<Visitor>::new(SessionKeys::new(secret)?, SessionConfig::default())?;
    Ok(Router::new().route("/", get(page).post(add)).layer(sessions))
}
