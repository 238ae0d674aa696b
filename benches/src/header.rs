//! Makes `Cookie` headers that also contain other cookies, and reads `Set-Cookie` headers.

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};

/// The cookie name of every contestant that lets us choose.
pub const SESSION: &str = "session";

/// Returns a `Cookie` header of five cookies. The third one is the session's, given as `name=value`.
pub fn five_cookies(session: &str) -> HeaderValue {
    let header = format!("theme=dark; _ga=GA1.1.1209600000.1790000000; {session}; lang=en-GB; consent=analytics");
    HeaderValue::from_str(&header).expect("cookies of visible ASCII")
}

/// Returns request headers with five cookies, and with the headers that a browser always sends.
pub fn request(session: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("host", HeaderValue::from_static("example.com"));
    headers.insert("accept", HeaderValue::from_static("text/html"));
    headers.insert(COOKIE, five_cookies(session));
    headers
}

/// Returns `name=value` of a `Set-Cookie` header. It takes bytes, because the frameworks use two versions of `http`.
pub fn pair(set_cookie: impl AsRef<[u8]>) -> String {
    let line = std::str::from_utf8(set_cookie.as_ref()).expect("a cookie of visible ASCII");
    line.split(';').next().unwrap_or_default().to_owned()
}

/// Returns the session cookie's value, as it is sent.
pub fn find(request: &HeaderMap) -> String {
    let line = request[COOKIE].to_str().expect("cookies of visible ASCII");
    line.split("; ")
        .find_map(|pair| pair.strip_prefix(SESSION)?.strip_prefix('='))
        .expect("the session's cookie")
        .to_owned()
}
