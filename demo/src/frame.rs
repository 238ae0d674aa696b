//! The frame around every page. It is drawn last, outside the session's layer, because the page shows the `Set-Cookie`
//! lines of its own response, and because the layer's errors must become pages too.

use std::sync::LazyLock;
use std::time::Duration;

use askama::Template;
use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use signed_cookie_session::{CsrfOriginError, SaveError};
use tokio::time::timeout;

use crate::anatomy::Anatomy;
use crate::cookies;
use crate::failure::Failure;
use crate::page::Page;
use crate::seen::Seen;
use crate::site::Site;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// How long a request may take, including its body.
const PATIENCE: Duration = Duration::from_secs(10);

/// Allows only this page, its stylesheet, its script and its icon. Forms and requests can only go to this site.
static POLICY: LazyLock<Option<HeaderValue>> = LazyLock::new(|| {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text));
    let (style, script) = (hash(STYLE), hash(SCRIPT));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; connect-src 'self'; \
         img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).ok()
});

#[derive(Template)]
#[template(path = "frame.html")]
struct Frame<'p> {
    page: &'p Page,
    path: &'p str,
    style: &'static str,
    script: &'static str,
    seen: Option<&'p Seen>,
    /// The session's cookie after this response.
    anatomy: Option<Anatomy>,
    /// The names of the cookies that the browser sent, with the lengths of their values.
    sent: Vec<(String, usize)>,
    set: Vec<String>,
}

/// Answers a request, and draws the page if the answer is a page.
pub async fn draw(State(site): State<Site>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let sent = cookies::sent(request.headers());
    let mut response = match timeout(PATIENCE, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Failure::new(StatusCode::REQUEST_TIMEOUT, "The request did not arrive in time.").into_response(),
    };
    response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let Some(page) = page_of(&mut response) else { return response };
    let seen = response.extensions_mut().remove::<Seen>();

    let set = cookies::set(response.headers());
    let value = cookies::value_after(&sent, &set, site.sessions.cookie_name());
    let frame = Frame {
        page: &page,
        path: &path,
        style: STYLE,
        script: SCRIPT,
        seen: seen.as_ref(),
        anatomy: value.and_then(|value| Anatomy::of(&value)),
        sent: sent.into_iter().map(|(name, value)| (name, value.len())).collect(),
        set,
    };
    let html = match frame.render() {
        Ok(html) => html,
        Err(error) => return (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    };
    *response.status_mut() = page.status;
    add_headers(response.headers_mut());
    let (head, _) = response.into_parts();
    Response::from_parts(head, html.into())
}

/// Returns the page of a handler's answer, or a page for the error of a layer.
fn page_of(response: &mut Response) -> Option<Page> {
    let extensions = response.extensions_mut();
    let error = extensions.remove::<SaveError>().map(Failure::from);
    let error = error.or_else(|| extensions.remove::<CsrfOriginError>().map(Failure::from));
    error.map(|error| error.page()).or_else(|| extensions.remove::<Page>())
}

fn add_headers(headers: &mut HeaderMap) {
    // It was the length of the page without the frame.
    headers.remove(CONTENT_LENGTH);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    if let Some(policy) = POLICY.clone() {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    // The page shows cookies, so a shared cache must not store it.
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("private"));
}
