//! Forms whose CSRF token is checked before their fields are read. The `CsrfForm` extractors share this code.

use serde::de::DeserializeOwned;

use crate::session::Session;

/// The name of the field that holds the token.
const FIELD: &str = "csrf_token";
/// The content type of a form, without parameters.
const URL_ENCODED: &str = "application/x-www-form-urlencoded";

/// The error if a form is refused or cannot be read. The response has the error's [`status`](Self::status) and text.
///
/// # Example
/// ```
/// use signed_cookie_session::CsrfFormError;
///
/// fn answer(error: &CsrfFormError) -> String {
///     if error.is_forged() { "Please load the page again.".into() } else { error.to_string() }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct CsrfFormError(#[from] ErrorKind);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum ErrorKind {
    #[error("there is no session in this request: put {0} around the route")]
    NoSession(&'static str),
    #[error("the form has no csrf_token field: add one to the page, with the value of session.csrf_token()")]
    NoToken,
    #[error("the form's csrf_token is not this session's: reload the page and send the form again")]
    WrongToken,
    #[error("the request's Content-Type must be {URL_ENCODED}")]
    NotAForm,
    #[error("the request's body could not be read: {message}")]
    Body { status: u16, message: String },
    #[error("the form's fields do not fit: {0}")]
    Fields(String),
}

impl CsrfFormError {
    /// Returns the status of the response: 403 if the token is missing or wrong, 415 if the body is not a form, 422 if
    /// its fields do not fit, 500 if there is no session, and the framework's own status if the body cannot be read
    /// (413 if it is too long).
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::CsrfFormError;
    /// fn is_the_users_mistake(error: &CsrfFormError) -> bool {
    ///     error.status() < 500
    /// }
    /// ```
    pub fn status(&self) -> u16 {
        match self.0 {
            ErrorKind::NoSession(_) => 500,
            ErrorKind::NoToken | ErrorKind::WrongToken => 403,
            ErrorKind::NotAForm => 415,
            ErrorKind::Body { status, .. } => status,
            ErrorKind::Fields(_) => 422,
        }
    }

    /// Returns whether the token is missing or is not the session's.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::CsrfFormError;
    /// fn should_be_logged(error: &CsrfFormError) -> bool {
    ///     error.is_forged()
    /// }
    /// ```
    pub fn is_forged(&self) -> bool {
        matches!(self.0, ErrorKind::NoToken | ErrorKind::WrongToken)
    }

    /// Creates the error of a request without a session. `layer` is the type that would add one.
    pub(crate) fn no_session(layer: &'static str) -> Self {
        ErrorKind::NoSession(layer).into()
    }

    pub(crate) fn body(status: u16, message: String) -> Self {
        ErrorKind::Body { status, message }.into()
    }
}

/// Checks by its content type that a request's body is a form.
pub(crate) fn check_content_type(content_type: Option<&[u8]>) -> Result<(), CsrfFormError> {
    let essence = content_type.and_then(|value| value.split(|byte| *byte == b';').next()).unwrap_or_default();
    if essence.trim_ascii().eq_ignore_ascii_case(URL_ENCODED.as_bytes()) {
        Ok(())
    } else {
        Err(ErrorKind::NotAForm.into())
    }
}

/// Checks the token of a form, and returns the other fields.
pub(crate) fn read<T: DeserializeOwned>(session: &Session, body: &[u8]) -> Result<T, CsrfFormError> {
    let (mut token, mut fields) = (None, form_urlencoded::Serializer::new(String::new()));
    for (name, value) in form_urlencoded::parse(body) {
        if name == FIELD {
            token.get_or_insert(value);
        } else {
            fields.append_pair(&name, &value);
        }
    }
    let token = token.ok_or(ErrorKind::NoToken)?;
    if !session.verify_csrf_token(&token) {
        return Err(ErrorKind::WrongToken.into());
    }
    serde_html_form::from_str(&fields.finish()).map_err(|error| ErrorKind::Fields(error.to_string()).into())
}
