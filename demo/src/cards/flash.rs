//! Messages that are shown once.

use askama::Template;
use axum::response::Redirect;
use serde::Deserialize;
use serde_json::value::RawValue;
use signed_cookie_session::axum::CsrfForm;
use signed_cookie_session::{Session, ValueError};

use crate::cards::Form;
use crate::failure::Failure;
use crate::page::Page;

pub const SOURCE: &str = include_str!("flash.rs");

#[derive(Deserialize)]
pub struct NewMessage {
    #[serde(default)]
    message: String,
}

#[derive(Template)]
#[template(path = "queue.html")]
struct Queue {
    messages: Vec<String>,
}

// --- shown on the page ---
pub async fn push(session: Session, form: Form<NewMessage>) -> Result<Redirect, Failure> {
    let CsrfForm(new) = form?;
    session.flash().push(new.message.trim())?;
    Ok(Redirect::to("/queue"))
}

pub async fn queue(session: Session) -> Result<Page, Failure> {
    let messages = session.flash().peek::<Box<RawValue>>()?; // removes nothing
    page(&messages)
}

pub fn pop(session: &Session) -> Result<Vec<String>, ValueError> {
    let messages = session.flash().pop::<Box<RawValue>>()?; // removes them, so they are shown once
    Ok(messages.iter().map(|message| text(message)).collect())
}
// --- shown on the page ---

fn page(messages: &[Box<RawValue>]) -> Result<Page, Failure> {
    let messages = messages.iter().map(|message| message.get().to_owned()).collect();
    Ok(Page::new("The flash queue", Queue { messages }.render()?))
}

/// Returns the text of a JSON string, and any other value as JSON.
pub fn text(json: &RawValue) -> String {
    serde_json::from_str(json.get()).unwrap_or_else(|_| json.get().to_owned())
}
