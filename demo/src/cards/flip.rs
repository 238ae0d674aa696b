//! Shows what happens if one character of the cookie is changed.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use signed_cookie_session::axum::CsrfForm;
use signed_cookie_session::{Outcome, SignedCookieFactory};

use crate::cards::Form;
use crate::cookies;
use crate::failure::Failure;
use crate::page::Page;
use crate::site::Site;

pub const SOURCE: &str = include_str!("flip.rs");

#[derive(Deserialize)]
pub struct Place {
    /// The position of the character, from 0.
    at: usize,
}

#[derive(Template)]
#[template(path = "flip.html")]
struct Flipped<'c> {
    at: usize,
    before: &'c str,
    old: char,
    new: char,
    after: &'c str,
    outcome: Outcome,
    keys: usize,
}

// --- shown on the page ---
/// Returns what a request with this cookie would find.
fn try_out(sessions: &SignedCookieFactory, cookie: &str) -> (Outcome, usize) {
    let session = sessions.load_cookies([format!("{}={cookie}", sessions.cookie_name())]);
    (session.outcome(), session.len()) // the request does not fail: it gets a new session
}
// --- shown on the page ---

/// Tries a changed copy of the visitor's cookie. The visitor's own cookie is not changed.
pub async fn flip(State(site): State<Site>, headers: HeaderMap, form: Form<Place>) -> Result<Page, Failure> {
    let CsrfForm(Place { at }) = form?;
    let name = site.sessions.cookie_name();
    let cookie = cookies::value(&headers, name).filter(|cookie| cookie.is_ascii());
    let cookie = cookie.ok_or_else(|| refused("Your browser sent no session cookie that could be changed."))?;
    let old = cookie.as_bytes().get(at).copied().map(char::from);
    let old =
        old.ok_or_else(|| refused(&format!("Choose a character from 0 to {}.", cookie.len().saturating_sub(1))))?;
    let new = if old == 'A' { 'B' } else { 'A' };

    let (before, after) = (&cookie[..at], &cookie[at + 1..]);
    let (outcome, keys) = try_out(&site.sessions, &format!("{before}{new}{after}"));
    let flipped = Flipped { at, before, old, new, after, outcome, keys };
    Ok(Page::new("One character changed", flipped.render()?))
}

fn refused(sentence: &str) -> Failure {
    Failure::new(StatusCode::BAD_REQUEST, sentence)
}
