//! A switch between the signed and the encrypted format. The visitor keeps the session.

use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use signed_cookie_session::axum::CsrfForm;
use signed_cookie_session::{Session, SignedCookieFactory};

use crate::cards::Form;
use crate::cookies;
use crate::failure::Failure;
use crate::site::Site;

/// The page shows the settings: each factory writes one format and reads both.
pub const SOURCE: &str = include_str!("../sessions.rs");

/// The format that the visitor has chosen. It is stored in a separate cookie, which is not secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Choice {
    Signed,
    Encrypted,
}

impl Choice {
    /// Returns the format in the request's cookie, or `Signed` without such a cookie.
    pub fn of(headers: &HeaderMap, cookie_name: &str) -> Self {
        match cookies::value(headers, cookie_name).as_deref() {
            Some("encrypted") => Self::Encrypted,
            _ => Self::Signed,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Signed => "signed",
            Self::Encrypted => "encrypted",
        }
    }

    pub fn other(self) -> Self {
        match self {
            Self::Signed => Self::Encrypted,
            Self::Encrypted => Self::Signed,
        }
    }
}

#[derive(Deserialize)]
pub struct Switch {
    format: Choice,
}

pub fn cookie_name(sessions: &SignedCookieFactory) -> String {
    format!("{}.format", sessions.cookie_name())
}

pub async fn choose(
    axum::extract::State(site): axum::extract::State<Site>,
    session: Session,
    form: Form<Switch>,
) -> Result<Response, Failure> {
    let CsrfForm(Switch { format }) = form?;
    session.flash().push(format!("The cookie is {} from now on. The session is the same.", format.as_str()))?;
    let name = cookie_name(&site.sessions);
    let secure = if site.https || name.starts_with("__") { "; Secure" } else { "" };
    let line = format!("{name}={}; HttpOnly; SameSite=Lax; Path=/{secure}", format.as_str());
    // The layer adds the session's own cookie.
    Ok(([(SET_COOKIE, line)], Redirect::to("/")).into_response())
}
