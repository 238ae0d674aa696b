//! [`Session`] as an actix-web extractor, and the errors a handler may meet, as responses.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, ResponseError};

use super::failed;
use crate::session::Session;
use crate::session::value::ValueError;

/// A handler asks for a [`Session`], and no [`SessionMiddleware`](super::SessionMiddleware) is around its route. The response is a
/// 500 whose body says so.
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

// What it says by default: 500, and the sentence.
impl ResponseError for MissingSessionMiddleware {}

/// Becomes a 500 with the error in its extensions, so that a handler may return `Result<_, ValueError>`. The body says
/// what is wrong in a debug build, and is empty in a release build.
impl ResponseError for ValueError {
    fn error_response(&self) -> HttpResponse {
        failed(self.clone())
    }
}

/// The session of the request, as [`SessionMiddleware`](super::SessionMiddleware) put it there.
impl FromRequest for Session {
    type Error = MissingSessionMiddleware;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(request.extensions().get::<Self>().cloned().ok_or(MissingSessionMiddleware))
    }
}
