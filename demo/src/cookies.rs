//! Reads the cookies of a request and of a response, to show them.

use axum::http::HeaderMap;
use axum::http::header::{COOKIE, SET_COOKIE};

/// Returns the names and values of the cookies that a browser sent.
pub fn sent(headers: &HeaderMap) -> Vec<(String, String)> {
    let lines = headers.get_all(COOKIE).iter().map(|line| String::from_utf8_lossy(line.as_bytes()).into_owned());
    let pairs = lines.flat_map(|line| {
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=')?;
            Some((name.trim().to_owned(), value.trim().to_owned()))
        };
        line.split(';').filter_map(pair).collect::<Vec<_>>()
    });
    pairs.collect()
}

/// Returns the value of the first cookie with this name that a browser sent.
pub fn value(headers: &HeaderMap, name: &str) -> Option<String> {
    sent(headers).into_iter().find(|(sent, _)| sent == name).map(|(_, value)| value)
}

/// Returns the `Set-Cookie` lines of a response.
pub fn set(headers: &HeaderMap) -> Vec<String> {
    headers.get_all(SET_COOKIE).iter().map(|line| String::from_utf8_lossy(line.as_bytes()).into_owned()).collect()
}

/// Returns the value of the browser's cookie with this name, after a response with these `Set-Cookie` lines. Returns
/// `None` if they remove the cookie.
pub fn value_after(sent: &[(String, String)], set: &[String], name: &str) -> Option<String> {
    let value_in = |line: &String| Some(line.strip_prefix(name)?.strip_prefix('=')?.split(';').next()?.to_owned());
    let value_sent = || sent.iter().find(|(sent, _)| sent == name).map(|(_, value)| value.clone());
    set.iter().find_map(value_in).or_else(value_sent).filter(|value| !value.is_empty())
}
