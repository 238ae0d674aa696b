use actix_session::config::CookieContentSecurity;
use actix_session::storage::CookieSessionStore;
use actix_session::{Session, SessionMiddleware};
use actix_web::{Result, cookie::Key, web};

async fn page(session: Session) -> Result<String> {
    let visits: u64 = session.get("visits")?.unwrap_or(0);
    session.insert("visits", visits + 1)?;
    let messages: Vec<String> = session.get("messages")?.unwrap_or_default();
    session.remove("messages");
    Ok(format!("Visits before: {visits}. {}", messages.join(" ")))
}

async fn add(session: Session) -> Result<web::Redirect> {
    let mut messages: Vec<String> = session.get("messages")?.unwrap_or_default();
    messages.push("Your item was added.".into());
    session.insert("messages", messages)?;
    Ok(web::Redirect::to("/").see_other())
}

pub fn sessions(key: Key) -> SessionMiddleware<CookieSessionStore> {
    SessionMiddleware::builder(CookieSessionStore::default(), key)
        .cookie_content_security(CookieContentSecurity::Signed)
        .build()
}

/// `App::new().wrap(sessions(key)).configure(routes)`
pub fn routes(config: &mut web::ServiceConfig) {
    config.route("/", web::get().to(page)).route("/", web::post().to(add));
}
