//! The cookies of a request and of a response, to show them. The site itself leaves cookies to its sessions.

use axum::http::HeaderMap;
use axum::http::header::{COOKIE, SET_COOKIE};

/// The names and values of the cookies that a browser sent.
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

/// The value of the first cookie of that name that a browser sent.
pub fn value(headers: &HeaderMap, name: &str) -> Option<String> {
    sent(headers).into_iter().find(|(sent, _)| sent == name).map(|(_, value)| value)
}

/// The `Set-Cookie` lines of a response.
pub fn set(headers: &HeaderMap) -> Vec<String> {
    headers.get_all(SET_COOKIE).iter().map(|line| String::from_utf8_lossy(line.as_bytes()).into_owned()).collect()
}

/// The value of the cookie of that name in the browser, after a response with these `Set-Cookie` lines. One that they remove
/// has none.
pub fn value_after(sent: &[(String, String)], set: &[String], name: &str) -> Option<String> {
    let value_in = |line: &String| Some(line.strip_prefix(name)?.strip_prefix('=')?.split(';').next()?.to_owned());
    let value_sent = || sent.iter().find(|(sent, _)| sent == name).map(|(_, value)| value.clone());
    set.iter().find_map(value_in).or_else(value_sent).filter(|value| !value.is_empty())
}
