//! A list, and a form that adds to it.

use axum::response::Redirect;
use serde::Deserialize;
use signed_cookie_session::Session;
use signed_cookie_session::axum::CsrfForm;

use crate::cards::Form;
use crate::failure::Failure;

pub const SOURCE: &str = include_str!("items.rs");

const ADDED: &str = "Your item was added.";

#[derive(Deserialize)]
pub struct NewItem {
    #[serde(default)]
    item: String,
}

pub fn list(session: &Session) -> Vec<String> {
    session.get_or_remove("items").unwrap_or_default()
}

// --- shown on the page ---
pub async fn add(session: Session, form: Form<NewItem>) -> Result<Redirect, Failure> {
    let CsrfForm(new) = form?; // a form without the session's token is a 403
    if !new.item.trim().is_empty() {
        let mut items: Vec<String> = session.get_or_remove("items").unwrap_or_default();
        items.push(new.item.trim().into());
        session.insert("items", items)?;
    }
    session.flash().push(ADDED)?; // shown once, by the next page
    Ok(Redirect::to("/"))
}
// --- shown on the page ---
