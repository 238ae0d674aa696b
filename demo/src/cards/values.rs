//! BottleSessions' example: `/set` stores a text, and `/get` shows it. Both are GET requests, so a link alone can
//! change the session. The page says that a site should not do that.

use askama::Template;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::StatusCode;
use serde_json::value::RawValue;
use signed_cookie_session::Session;

use crate::cards::flash::text;
use crate::failure::Failure;
use crate::page::Page;

pub const SOURCE: &str = include_str!("values.rs");

#[derive(Template)]
#[template(path = "value.html")]
struct Value<'v> {
    verb: &'v str,
    key: &'v str,
    value: &'v str,
    token: String,
}

type Segments<T> = Result<Path<T>, PathRejection>;

// --- shown on the page ---
pub async fn set(session: Session, path: Segments<(String, String)>) -> Result<Page, Failure> {
    let Path((key, value)) = path?;
    refuse_empty(&[&key, &value])?;
    refuse_reserved(&key)?;
    session.insert(&key, &value)?;
    page(&session, "Stored", &key, &value)
}

pub async fn get(session: Session, path: Segments<String>) -> Result<Page, Failure> {
    let Path(key) = path?;
    refuse_empty(&[&key])?;
    let value: Box<RawValue> = session.get(&key)?.ok_or_else(|| missing(&key))?;
    page(&session, "Found", &key, &text(&value))
}
// --- shown on the page ---

fn page(session: &Session, verb: &str, key: &str, value: &str) -> Result<Page, Failure> {
    let html = Value { verb, key, value, token: session.csrf_token() }.render()?;
    Ok(Page::new(verb, html))
}

/// Refuses an address like `/set//x`.
fn refuse_empty(segments: &[&str]) -> Result<(), Failure> {
    if segments.contains(&"") { Err(Failure::not_found()) } else { Ok(()) }
}

/// Refuses the keys of the flash messages and of the CSRF token.
pub fn refuse_reserved(key: &str) -> Result<(), Failure> {
    if !key.starts_with('_') {
        return Ok(());
    }
    let sentence = "Keys that begin with \"_\" are the session's own: flash messages and the CSRF token. Take another.";
    Err(Failure::new(StatusCode::FORBIDDEN, sentence))
}

fn missing(key: &str) -> Failure {
    let sentence = format!("Nothing is stored under {key:?}. Store something with /set/<key>/<value>.");
    Failure::new(StatusCode::NOT_FOUND, sentence)
}
