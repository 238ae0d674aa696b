//! The answer of a handler: a page that `frame.rs` draws later.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

/// A page without its frame. The response's extensions pass it to `frame.rs`, which draws it.
#[derive(Clone)]
pub struct Page {
    pub status: StatusCode,
    pub title: String,
    /// HTML above the panel.
    pub top: String,
    /// HTML below the panel, or beside it on a wide screen.
    pub main: String,
    /// Whether to show the content of the session.
    pub has_panel: bool,
    /// Whether something on the page needs the script.
    pub has_script: bool,
}

impl Page {
    /// A page with the panel, and nothing above it.
    pub fn new(title: impl Into<String>, main: String) -> Self {
        let (status, title) = (StatusCode::OK, title.into());
        Self { status, title, top: String::new(), main, has_panel: true, has_script: false }
    }

    /// A page of one card, without the panel.
    pub fn plain(status: StatusCode, title: impl Into<String>, main: String) -> Self {
        Self { status, has_panel: false, ..Self::new(title, main) }
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
