//! A form with a CSRF token as an actix-web extractor.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, ResponseError};
use serde::de::DeserializeOwned;

use crate::frameworks::csrf_form::{self, CsrfFormError};
use crate::frameworks::failure::TEXT;
use crate::session::Session;

/// Extracts a form and checks that its field `csrf_token` is the session's token. If the token is missing or wrong, the
/// response is a 403 whose body says so, and the handler is not called.
///
/// Put the token into the page, [plain](Session::csrf_token) or [masked](Session::masked_csrf_token). `T` holds the
/// other fields, without `csrf_token`; for none use `CsrfForm<()>`. Take `Result<CsrfForm<T>, CsrfFormError>` to answer
/// with your own page.
///
/// The length of the body is limited by actix-web's `PayloadConfig`. A file upload (`multipart/form-data`) is refused
/// with a 415: for uploads, call [`verify_csrf_token`](Session::verify_csrf_token) yourself.
///
/// # Example
/// ```
/// use actix_web::{App, web};
/// use signed_cookie_session::actix_web::{CsrfForm, SessionMiddleware};
/// use signed_cookie_session::{Secret, Session, SignedCookieFactory, ValueError};
///
/// #[derive(serde::Deserialize)]
/// struct NewItem {
///     item: String,
/// }
///
/// async fn page(session: Session) -> web::Html {
///     web::Html::new(format!(
///         r#"<form method="post"><input type="hidden" name="csrf_token" value="{}"><input name="item"></form>"#,
///         session.csrf_token()
///     ))
/// }
///
/// async fn add(session: Session, CsrfForm(new): CsrfForm<NewItem>) -> Result<String, ValueError> {
///     session.flash().push(format!("{} was added.", new.item))?;
///     Ok("Thank you.".into())
/// }
///
/// let sessions = SignedCookieFactory::new(Secret::generate());
/// # let _ =
/// App::new()
///     .wrap(SessionMiddleware::new(sessions))
///     .route("/", web::get().to(page))
///     .route("/", web::post().to(add));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CsrfForm<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for CsrfForm<T> {
    type Error = CsrfFormError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, CsrfFormError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let session = request.extensions().get::<Session>().cloned();
        let is_form = csrf_form::check_content_type(request.headers().get(CONTENT_TYPE).map(|value| value.as_bytes()));
        let body = Bytes::from_request(request, payload);
        Box::pin(async move {
            let session = session.ok_or_else(|| CsrfFormError::no_session("SessionMiddleware"))?;
            is_form?;
            let body = body.await.map_err(|error| {
                CsrfFormError::body(error.as_response_error().status_code().as_u16(), error.to_string())
            })?;
            csrf_form::read(&session, &body).map(Self)
        })
    }
}

impl ResponseError for CsrfFormError {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status()).unwrap_or(StatusCode::BAD_REQUEST)
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::build(self.status_code()).content_type(TEXT).body(self.to_string())
    }
}
