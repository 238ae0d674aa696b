//! The answer of a device's endpoint, for any web framework.

use std::fmt;

/// The answer to a request for one of the two endpoints of device-bound sessions.
/// [`SignedCookieFactory::device_answer`](crate::SignedCookieFactory::device_answer) returns it.
///
/// # Example
/// ```
/// use signed_cookie_session::{DeviceBound, Secret, SignedCookieFactory};
///
/// let sessions = SignedCookieFactory::builder(Secret::generate()).device_bound(DeviceBound::new()).build()?;
/// let answer = sessions.device_answer("GET", "/session/device/refresh", [("", ""); 0]).expect("it is an endpoint");
/// assert_eq!(answer.status(), 405);
/// assert!(answer.headers().any(|(name, value)| (name, value) == ("cache-control", "no-store")));
/// # Ok::<(), signed_cookie_session::ConfigError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
#[must_use = "send this answer to the browser"]
pub struct DeviceAnswer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
}

/// The headers of every answer: it must not be stored, framed, or read by another site.
const ALWAYS: [(&str, &str); 3] =
    [("cache-control", "no-store"), ("x-frame-options", "DENY"), ("cross-origin-resource-policy", "same-origin")];

impl DeviceAnswer {
    pub(crate) fn new(status: u16) -> Self {
        let headers = ALWAYS.into_iter().map(|(name, value)| (name, value.to_owned()));
        Self { status, headers: headers.collect(), body: String::new() }
    }

    pub(crate) fn with(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(crate) fn with_cookies(mut self, lines: impl IntoIterator<Item = String>) -> Self {
        self.headers.extend(lines.into_iter().map(|line| ("set-cookie", line)));
        self
    }

    pub(crate) fn with_json(self, json: &serde_json::Value) -> Self {
        let body = json.to_string();
        Self { body, ..self.with("content-type", "application/json".into()) }
    }

    /// Returns the status code.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{DeviceBound, Secret, SignedCookieFactory};
    /// # let sessions = SignedCookieFactory::builder(Secret::generate()).device_bound(DeviceBound::new()).build()?;
    /// let answer = sessions.device_answer("POST", "/session/device/refresh", [("", ""); 0]).expect("an endpoint");
    /// assert_eq!(answer.status(), 403); // no browser asked for it
    /// # Ok::<(), signed_cookie_session::ConfigError>(())
    /// ```
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Returns the headers to send. The names are in lower case, and a name may occur more than once.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{DeviceBound, Secret, SignedCookieFactory};
    /// # let sessions = SignedCookieFactory::builder(Secret::generate()).device_bound(DeviceBound::new()).build()?;
    /// let answer = sessions.device_answer("GET", "/session/device/refresh", [("", ""); 0]).expect("an endpoint");
    /// for (name, value) in answer.headers() {
    ///     println!("{name}: {value}");
    /// }
    /// # Ok::<(), signed_cookie_session::ConfigError>(())
    /// ```
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.headers.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// Returns the body, which is JSON or empty.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{DeviceBound, Secret, SignedCookieFactory};
    /// # let sessions = SignedCookieFactory::builder(Secret::generate()).device_bound(DeviceBound::new()).build()?;
    /// let answer = sessions.device_answer("GET", "/session/device/refresh", [("", ""); 0]).expect("an endpoint");
    /// assert_eq!(answer.body(), "");
    /// # Ok::<(), signed_cookie_session::ConfigError>(())
    /// ```
    pub fn body(&self) -> &str {
        &self.body
    }

    /// Returns the answer as a response of the crate `http`.
    ///
    /// # Example
    /// ```
    /// use http::{Request, Response};
    /// use signed_cookie_session::{DeviceBound, Secret, SignedCookieFactory};
    ///
    /// fn handle(sessions: &SignedCookieFactory, request: &Request<()>) -> Response<String> {
    ///     let path = request.uri().path();
    ///     if let Some(answer) = sessions.device_answer(request.method().as_str(), path, request.headers()) {
    ///         return answer.into_response();
    ///     }
    ///     Response::new("Hello.".to_owned())
    /// }
    ///
    /// # let sessions = SignedCookieFactory::builder(Secret::generate()).device_bound(DeviceBound::new()).build()?;
    /// let request = Request::get("/session/device/refresh").body(())?;
    /// assert_eq!(handle(&sessions, &request).status(), 405);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn into_response(self) -> http::Response<String> {
        let mut response = http::Response::builder().status(self.status);
        for (name, value) in self.headers {
            response = response.header(name, value);
        }
        response.body(self.body).expect("its parts were checked in build(), or are ours")
    }
}

/// Does not show cookies or challenges.
impl fmt::Debug for DeviceAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceAnswer").field("status", &self.status).finish_non_exhaustive()
    }
}
