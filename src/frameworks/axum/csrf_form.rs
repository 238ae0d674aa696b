//! A form with a CSRF token as an axum extractor.

use axum_core::extract::{FromRequest, Request};
use axum_core::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;

use crate::frameworks::csrf_form::{self, CsrfFormError};
use crate::session::Session;

/// Extracts a form and checks that its field `csrf_token` is the session's token. If the token is missing or wrong, the
/// response is a 403 whose body says so, and the handler is not called.
///
/// Put the token into the page, [plain](Session::csrf_token) or [masked](Session::masked_csrf_token). `T` holds the
/// other fields, without `csrf_token`; for none use `CsrfForm<()>`. Take `Result<CsrfForm<T>, CsrfFormError>` to answer
/// with your own page.
///
/// The body is read as `axum::Form` reads a `POST` form, with axum's limit for its length. A file upload
/// (`multipart/form-data`) is refused with a 415: for uploads, call [`verify_csrf_token`](Session::verify_csrf_token)
/// yourself.
///
/// # Example
/// ```
/// use axum::{Router, response::Html, routing::get};
/// use signed_cookie_session::axum::CsrfForm;
/// use signed_cookie_session::tower::SessionLayer;
/// use signed_cookie_session::{Secret, Session, SignedCookieFactory, ValueError};
///
/// #[derive(serde::Deserialize)]
/// struct NewItem {
///     item: String,
/// }
///
/// async fn page(session: Session) -> Html<String> {
///     Html(format!(
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
/// let app: Router = Router::new().route("/", get(page).post(add)).layer(SessionLayer::new(sessions));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CsrfForm<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for CsrfForm<T> {
    type Rejection = CsrfFormError;

    async fn from_request(request: Request, state: &S) -> Result<Self, CsrfFormError> {
        let session = request.extensions().get::<Session>().cloned();
        let session = session.ok_or_else(|| CsrfFormError::no_session("SessionLayer"))?;
        csrf_form::check_content_type(request.headers().get(CONTENT_TYPE).map(|value| value.as_bytes()))?;
        // A form is ASCII, so it can be read as a `String`.
        let body = String::from_request(request, state)
            .await
            .map_err(|error| CsrfFormError::body(error.status().as_u16(), error.body_text()))?;
        csrf_form::read(&session, body.as_bytes()).map(Self)
    }
}

impl IntoResponse for CsrfFormError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status()).unwrap_or(StatusCode::BAD_REQUEST);
        (status, self.to_string()).into_response()
    }
}
