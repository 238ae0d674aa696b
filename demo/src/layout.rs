//! What every page has in common: its frame, its stylesheet and its headers.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Response, StatusCode};
use sha2::{Digest, Sha256};

use crate::html::escaped;

const STYLE: &str = include_str!("style.css");

/// Nothing but this page, its one stylesheet and its icon; forms go to this site only.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let style = STANDARD.encode(Sha256::digest(STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; img-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).expect("base64 can stand in a header")
});

/// A whole page around `main`, which is HTML; `title` is text.
pub fn page(status: StatusCode, title: &str, main: &str) -> Response<String> {
    let title = escaped(title);
    let mut response = Response::new(format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title} · signed-cookie-session</title>
<link rel="icon" href="/favicon.ico" type="image/svg+xml">
<style>{STYLE}</style>
</head>
<body>
<header>
<a class="brand" href="/"><img src="/favicon.ico" alt="" width="28" height="28">signed-cookie-session</a>
<nav><a href="/">Hello</a><a href="/howdy">Howdy</a><a href="/login">Log in</a><a href="/logout">Log out</a></nav>
</header>
<main>
{main}</main>
<footer>Everything this site knows of you is in one signed cookie: no database, no script.</footer>
</body>
</html>
"#
    ));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CONTENT_SECURITY_POLICY, POLICY.clone());
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}
