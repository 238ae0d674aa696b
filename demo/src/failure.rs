//! A request that gets no page of its own, and why.

use http::StatusCode;
use signed_cookie_session::ValueError;

pub struct Failure {
    pub status: StatusCode,
    /// For the visitor to read.
    pub sentence: String,
    /// The methods that would have done, where the method was the trouble.
    pub allow: Option<&'static str>,
}

impl Failure {
    pub fn new(status: StatusCode, sentence: impl Into<String>) -> Self {
        Self { status, sentence: sentence.into(), allow: None }
    }

    /// A method that the page does not know; `allow` lists those it does.
    pub fn method(allow: &'static str) -> Self {
        let sentence = format!("This page takes {allow} only.");
        Self { status: StatusCode::METHOD_NOT_ALLOWED, sentence, allow: Some(allow) }
    }
}

impl From<ValueError> for Failure {
    fn from(error: ValueError) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, format!("A value cannot be kept: {error}."))
    }
}
