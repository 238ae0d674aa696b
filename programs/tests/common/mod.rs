//! Shared code for the tests of several programs.

use http::Response;

/// Returns the CSRF token of the first form of a page.
#[track_caller]
pub fn csrf_token(page: &Response<String>) -> String {
    let (_, rest) = page.body().split_once(r#"name="csrf_token" value=""#).expect("a form with a CSRF token");
    rest.split('"').next().unwrap().to_owned()
}

/// Returns the address to which a response redirects.
#[track_caller]
pub fn location(response: &Response<String>) -> &str {
    assert!(response.status().is_redirection(), "{response:?}");
    response.headers()["location"].to_str().unwrap()
}
