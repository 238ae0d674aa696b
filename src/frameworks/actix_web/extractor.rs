//! [`Session`] as an actix-web extractor, and the responses for the errors of a handler.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, ResponseError};

use super::failed;
use crate::session::Session;
use crate::session::value::ValueError;

/// The error of a handler that takes a [`Session`] if no [`SessionMiddleware`](super::SessionMiddleware) is around its
/// route. The response is a 500 whose body says so.
///
/// # Example
/// ```
/// use signed_cookie_session::actix_web::MissingSessionMiddleware;
///
/// assert!(MissingSessionMiddleware.to_string().contains(".wrap(SessionMiddleware::new(sessions.clone()))"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no session in this request: add .wrap(SessionMiddleware::new(sessions.clone())) to the App \
     (signed_cookie_session::actix_web::SessionMiddleware)"
)]
pub struct MissingSessionMiddleware;

// The default response is a 500 with the error's text.
impl ResponseError for MissingSessionMiddleware {}

/// Lets a handler return `Result<_, ValueError>`. The response is a 500. Its extensions hold the error, and in a debug
/// build its body holds the error's text.
impl ResponseError for ValueError {
    fn error_response(&self) -> HttpResponse {
        failed(self.clone())
    }
}

/// Extracts the session that [`SessionMiddleware`](super::SessionMiddleware) put into the request.
impl FromRequest for Session {
    type Error = MissingSessionMiddleware;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(request.extensions().get::<Self>().cloned().ok_or(MissingSessionMiddleware))
    }
}
