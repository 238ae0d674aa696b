//! The site: a session out of each request, a page, and the session into the response.

use http::header::ALLOW;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use signed_cookie_session::{SaveError, Session, SignedCookieFactory};

use crate::failure::Failure;
use crate::form::Form;
use crate::{page, percent, routes};

/// Answers one request.
pub async fn respond(sessions: &SignedCookieFactory, request: Request<Incoming>) -> Response<String> {
    let session = sessions.load(request.headers());
    let mut response = route(sessions, &session, request).await.unwrap_or_else(failed);
    match sessions.save(&session, &mut response) {
        Ok(()) => response,
        // The browser is sent no cookie and keeps the session it had.
        Err(error) => failed(error.into()),
    }
}

async fn route(
    sessions: &SignedCookieFactory,
    session: &Session,
    request: Request<Incoming>,
) -> Result<Response<String>, Failure> {
    let path = request.uri().path().to_owned();
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    let get = matches!(*request.method(), Method::GET | Method::HEAD);
    let post = request.method() == Method::POST;

    match segments[..] {
        [""] if get => routes::home(sessions, session, "Hello"),
        ["howdy"] if get => routes::home(sessions, session, "Howdy"),
        ["set", key, value] if get && !key.is_empty() && !value.is_empty() => {
            routes::set(sessions, session, &percent::decoded(key)?, &percent::decoded(value)?)
        }
        ["get", key] if get && !key.is_empty() => routes::get(sessions, session, &percent::decoded(key)?),
        ["items"] if post => routes::add_item(session, &Form::read(request).await?),
        ["login"] if get => Ok(routes::login_form(session)),
        ["login"] if post => routes::login(session, &Form::read(request).await?),
        ["logout"] if get => Ok(routes::logout_form(session)),
        ["logout"] if post => routes::logout(session, &Form::read(request).await?),
        ["favicon.ico"] if get => Ok(page::icon()),

        ["login" | "logout"] => Err(Failure::method("GET, HEAD, POST")),
        ["items"] => Err(Failure::method("POST")),
        ["" | "howdy" | "favicon.ico"] => Err(Failure::method("GET, HEAD")),
        ["set", key, value] if !key.is_empty() && !value.is_empty() => Err(Failure::method("GET, HEAD")),
        ["get", key] if !key.is_empty() => Err(Failure::method("GET, HEAD")),
        _ => Err(Failure::new(StatusCode::NOT_FOUND, "There is no such page.")),
    }
}

fn failed(failure: Failure) -> Response<String> {
    let mut response = page::failure(failure.status, &failure.sentence);
    if let Some(methods) = failure.allow {
        response.headers_mut().insert(ALLOW, HeaderValue::from_static(methods));
    }
    response
}

impl From<SaveError> for Failure {
    fn from(error: SaveError) -> Self {
        let status = match error.too_large() {
            Some(_) => StatusCode::PAYLOAD_TOO_LARGE,
            None => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let sentence = format!(
            "Nothing was saved: {error}. Your session is as it was before. \
             To make room in a full one, keep something short under its largest key with /set."
        );
        Self::new(status, sentence)
    }
}
