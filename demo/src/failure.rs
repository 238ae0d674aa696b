//! Requests that are answered with an error page, and the reason.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use signed_cookie_session::{CsrfFormError, CsrfOriginError, SaveError, ValueError};

use crate::page::Page;

#[derive(Template)]
#[template(path = "failure.html")]
pub struct Failure {
    status: StatusCode,
    /// The text for the visitor.
    sentence: String,
    /// Whether the session is too full.
    is_full: bool,
}

impl Failure {
    pub fn new(status: StatusCode, sentence: impl Into<String>) -> Self {
        Self { status, sentence: sentence.into(), is_full: false }
    }

    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "There is no such page.")
    }

    fn reason(&self) -> &'static str {
        self.status.canonical_reason().unwrap_or("Error")
    }

    pub fn page(&self) -> Page {
        Page::plain(self.status, self.reason(), self.render().unwrap_or_else(|_| self.sentence.clone()))
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        self.page().into_response()
    }
}

/// The session does not fit into a cookie. No cookie is sent, so the browser keeps its previous session.
impl From<SaveError> for Failure {
    fn from(error: SaveError) -> Self {
        let is_full = error.too_large().is_some();
        let status = if is_full { StatusCode::PAYLOAD_TOO_LARGE } else { StatusCode::INTERNAL_SERVER_ERROR };
        let sentence = format!("Nothing was saved: {error}. Your session is as it was before.");
        Self { status, sentence, is_full }
    }
}

impl From<ValueError> for Failure {
    fn from(error: ValueError) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, format!("A value cannot be stored or read: {error}."))
    }
}

/// A form without the session's token, or one that cannot be read.
impl From<CsrfFormError> for Failure {
    fn from(error: CsrfFormError) -> Self {
        let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
        if error.is_forged() {
            let sentence = "The form does not belong to this session, or the session has ended meanwhile. \
                            Open the page with the form again, with cookies allowed.";
            return Self::new(status, sentence);
        }
        Self::new(status, format!("The form was not accepted: {error}."))
    }
}

/// A request that another site's page sent.
impl From<CsrfOriginError> for Failure {
    fn from(_: CsrfOriginError) -> Self {
        let sentence = "Another site sent this form. Send it from a page of this site, at 127.0.0.1 or localhost.";
        Self::new(StatusCode::FORBIDDEN, sentence)
    }
}

impl From<PathRejection> for Failure {
    fn from(_: PathRejection) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "The address is not percent-encoded UTF-8.")
    }
}

/// A template that could not be filled in.
impl From<askama::Error> for Failure {
    fn from(error: askama::Error) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, format!("The page could not be drawn: {error}."))
    }
}
