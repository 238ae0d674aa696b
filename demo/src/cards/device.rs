//! A session that is bound to the visitor's device, and what a thief who copies its cookies can do.

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use signed_cookie_session::{Outcome, Session};

use crate::cards::{Form, NoFields};
use crate::cookies;
use crate::failure::Failure;
use crate::page::Page;
use crate::site::Site;
use crate::user::User;

pub const SOURCE: &str = include_str!("device.rs");

/// Whether the session is bound to a device.
pub enum Device {
    /// This site is served over plain HTTP.
    NoHttps,
    Nobody,
    NotBound,
    Bound {
        seconds: u64,
    },
    Unproven,
}

// --- shown on the page ---
pub fn device_of(site: &Site, session: &Session) -> Device {
    match session.proven_until() {
        Some(until) => Device::Bound { seconds: site.seconds_until(until) },
        None if !site.https => Device::NoHttps,
        None if session.outcome() == Outcome::Unproven => Device::Unproven,
        None if User::of(session).is_some() => Device::NotBound, // the login asked the browser to bind it
        None => Device::Nobody,
    }
}
// --- shown on the page ---

#[derive(Template)]
#[template(path = "theft.html")]
struct Theft {
    cookies: String,
    origin: String,
    /// How long the copied cookies are valid, if the session is bound.
    seconds: Option<u64>,
}

/// Shows a command that sends the visitor's own cookies from another program.
pub async fn theft(
    State(site): State<Site>,
    session: Session,
    headers: HeaderMap,
    form: Form<NoFields>,
) -> Result<Response, Failure> {
    form?;
    let name = site.sessions.cookie_name();
    let is_ours = |sent: &str| sent.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    let ours = cookies::sent(&headers).into_iter().filter(|(sent, value)| is_ours(sent) && is_plain(value));
    let cookies: Vec<String> = ours.map(|(name, value)| format!("{name}={value}")).collect();
    let seconds = session.proven_until().map(|until| site.seconds_until(until));
    let theft = Theft { cookies: cookies.join("; "), origin: site.origin.to_string(), seconds };
    let page = Page { has_script: true, ..Page::new("A theft", theft.render()?) };
    Ok(([(CACHE_CONTROL, "no-store")], page).into_response())
}

/// Returns whether a value can be put between a shell's single quotes.
fn is_plain(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}
