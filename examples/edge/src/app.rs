//! The app. It counts visits, stores an item, and confirms it on the next page.

use http::header::LOCATION;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use signed_cookie_session::{BoxError, Session, SignedCookieFactory};

/// Answers `{"method": …, "path": …, "headers": [[name, value], …]}` with `{"status": …, "headers": …, "body": …}`.
pub fn answer(sessions: &SignedCookieFactory, request: &[u8]) -> Result<String, BoxError> {
    let request: Value = serde_json::from_slice(request)?;
    let headers = read_headers(&request["headers"])?;
    let session = sessions.load(&headers);

    let mut response = HeaderMap::new();
    let (status, body) = match (request["method"].as_str(), request["path"].as_str()) {
        (Some("GET"), Some("/")) => (200, page(&session)?),
        (Some("POST"), Some("/items")) => {
            let token = headers.get("x-csrf-token").and_then(|token| token.to_str().ok()).unwrap_or_default();
            if session.verify_csrf_token(token) {
                session.flash().push("Your item was added.")?;
                response.insert(LOCATION, HeaderValue::from_static("/"));
                (303, String::new())
            } else {
                (403, "The form is out of date: load the page again.".into())
            }
        }
        (Some("POST"), Some("/logout")) => {
            session.invalidate();
            response.insert(LOCATION, HeaderValue::from_static("/"));
            (303, String::new())
        }
        _ => (404, "There is no such page.".into()),
    };
    sessions.save_headers(&session, &mut response)?;
    Ok(json!({ "status": status, "headers": write_headers(&response), "body": body }).to_string())
}

fn page(session: &Session) -> Result<String, BoxError> {
    let visits: u64 = session.get("visits")?.unwrap_or(0) + 1;
    session.insert("visits", visits)?;
    let messages: Vec<String> = session.flash().pop()?;
    Ok(json!({ "visits": visits, "messages": messages, "csrf_token": session.csrf_token() }).to_string())
}

fn read_headers(list: &Value) -> Result<HeaderMap, BoxError> {
    let mut headers = HeaderMap::new();
    for pair in list.as_array().into_iter().flatten() {
        let [name, value] = [&pair[0], &pair[1]].map(|text| text.as_str().unwrap_or_default());
        headers.append(name.parse::<HeaderName>()?, value.parse()?);
    }
    Ok(headers)
}

fn write_headers(headers: &HeaderMap) -> Value {
    let text = |value: &HeaderValue| value.to_str().unwrap_or_default().to_owned();
    headers.iter().map(|(name, value)| json!([name.as_str(), text(value)])).collect()
}
