//! A session that is full, and how to make room in it.

use askama::Template;
use axum::extract::State;
use axum::response::Redirect;
use serde::Deserialize;
use signed_cookie_session::Session;
use signed_cookie_session::axum::CsrfForm;

use crate::cards::{Form, NoFields, values};
use crate::failure::Failure;
use crate::page::Page;
use crate::seen::{self, Row};
use crate::site::Site;

pub const SOURCE: &str = include_str!("room.rs");

#[derive(Template)]
#[template(path = "room.html")]
struct Room {
    rows: Vec<Row>,
    /// `None` if there is no space even for the token.
    token: Option<String>,
}

#[derive(Deserialize)]
pub struct Removal {
    #[serde(default)]
    key: String,
}

// --- shown on the page ---
pub async fn fill(session: Session, form: Form<NoFields>) -> Result<Redirect, Failure> {
    form?;
    let filling: String = session.get_or_remove("filling").unwrap_or_default();
    session.insert("filling", filling + &"x".repeat(1000))?;
    Ok(Redirect::to("/")) // if it does not fit: 413, and the old session stays
}

pub async fn remove(session: Session, form: Form<Removal>) -> Result<Redirect, Failure> {
    let CsrfForm(Removal { key }) = form?;
    values::refuse_reserved(&key)?;
    session.remove(&key);
    Ok(Redirect::to("/"))
}
// --- shown on the page ---

/// Lists what can be removed. It must work even if the session is completely full.
pub async fn room(State(site): State<Site>, session: Session) -> Result<Page, Failure> {
    let had_token = session.contains_key(TOKEN);
    let token = session.csrf_token();
    let fits = site.sessions.size(&session)? <= site.sessions.max_size();
    if !fits && !had_token {
        session.remove(TOKEN);
    }
    let mut rows = seen::rows(&session);
    rows.retain(|row| !row.key.starts_with('_'));
    rows.sort_by_key(|row| std::cmp::Reverse(row.json.as_ref().map_or(0, String::len)));
    let token = (fits || had_token).then_some(token);
    Ok(Page::new("Make room", Room { rows, token }.render()?))
}

/// The key of the session's token.
const TOKEN: &str = "_csrft_";
