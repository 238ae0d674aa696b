//! A client of a tower service that keeps its cookies.

use std::fmt::Debug;
use std::future::poll_fn;
use std::pin::pin;

use bytes::Buf;
use http::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use http::request::Builder;
use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use crate::testing::form;
use crate::testing::jar::Jar;

/// A client of an axum `Router` or any other tower service. It keeps its cookies between requests as a browser does,
/// and does not use the network.
///
/// It returns each response with the whole body as text. [`Saved::by`](super::Saved::by) reads the session from the
/// headers.
///
/// # Example
/// ```
/// use axum::{Router, routing::get};
/// use signed_cookie_session::testing::Client;
/// use signed_cookie_session::tower::SessionLayer;
/// use signed_cookie_session::{Secret, Session, SignedCookieFactory, ValueError};
///
/// async fn count(session: Session) -> Result<String, ValueError> {
///     let visits: u64 = session.get("visits")?.unwrap_or(0) + 1;
///     session.insert("visits", visits)?;
///     Ok(visits.to_string())
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let sessions = SignedCookieFactory::new(Secret::generate());
/// let app: Router = Router::new().route("/", get(count)).layer(SessionLayer::new(sessions));
/// let mut client = Client::new(app);
/// assert_eq!(client.get("/").await.body(), "1");
/// assert_eq!(client.get("/").await.body(), "2");
/// # });
/// ```
#[derive(Clone, Debug)]
pub struct Client<S> {
    app: S,
    jar: Jar,
}

impl<S> Client<S> {
    /// Creates a client with an empty jar.
    ///
    /// # Example
    /// ```
    /// # let app = ();
    /// let client = signed_cookie_session::testing::Client::new(app);
    /// ```
    pub fn new(app: S) -> Self {
        Self { app, jar: Jar::new() }
    }

    /// Puts cookies into the jar: those of a `Cookie` header, such as [`Forge::cookie`](super::Forge::cookie).
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::testing::{Client, Forge};
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let app = ();
    /// let sessions = SignedCookieFactory::new(Secret::generate());
    /// let client = Client::new(app).with_cookies(Forge::new(&sessions).with("user", "ada").cookie());
    /// assert!(client.jar().get("session").is_some());
    /// ```
    #[must_use]
    pub fn with_cookies(mut self, cookies: impl AsRef<str>) -> Self {
        self.jar.add(cookies.as_ref());
        self
    }

    /// Returns the cookies as they are now.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::testing::Client;
    /// # let app = ();
    /// assert_eq!(Client::new(app).jar().header(), "");
    /// ```
    pub fn jar(&self) -> &Jar {
        &self.jar
    }

    /// Returns the cookies, to change them.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::testing::Client;
    /// # let app = ();
    /// let mut client = Client::new(app);
    /// client.jar_mut().store("theme=dark");
    /// client.jar_mut().clear(); // another browser
    /// ```
    pub fn jar_mut(&mut self) -> &mut Jar {
        &mut self.jar
    }

    /// Sends a `GET` request.
    ///
    /// # Panics
    /// If the path is not a URI, the service or the body fails, or the body is not text.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::testing::Client;
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// # let app: axum::Router = axum::Router::new();
    /// let response = Client::new(app).get("/nowhere").await;
    /// assert_eq!(response.status(), 404);
    /// # });
    /// ```
    pub async fn get<R>(&mut self, path: &str) -> Response<String>
    where
        S: Service<Request<String>, Response = Response<R>, Error: Debug>,
        R: Body<Error: Debug>,
    {
        self.send(Request::get(path), String::new()).await
    }

    /// Sends a `POST` request without a body.
    ///
    /// # Panics
    /// If [`get`](Self::get) would panic.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::testing::Client;
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// # let app: axum::Router = axum::Router::new();
    /// assert_eq!(Client::new(app).post("/logout").await.status(), 404);
    /// # });
    /// ```
    pub async fn post<R>(&mut self, path: &str) -> Response<String>
    where
        S: Service<Request<String>, Response = Response<R>, Error: Debug>,
        R: Body<Error: Debug>,
    {
        self.send(Request::post(path), String::new()).await
    }

    /// Sends a form by `POST`.
    ///
    /// # Panics
    /// If [`get`](Self::get) would panic.
    ///
    /// # Example
    /// ```
    /// # use axum::{Router, routing::post};
    /// # use signed_cookie_session::testing::Client;
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let app: Router = Router::new().route("/", post(async |body: String| body));
    /// let response = Client::new(app).form("/", &[("item", "figs & dates")]).await;
    /// assert_eq!(response.body(), "item=figs+%26+dates");
    /// # });
    /// ```
    pub async fn form<R>(&mut self, path: &str, fields: &[(&str, &str)]) -> Response<String>
    where
        S: Service<Request<String>, Response = Response<R>, Error: Debug>,
        R: Body<Error: Debug>,
    {
        let request = Request::post(path).header(CONTENT_TYPE, form::CONTENT_TYPE);
        self.send(request, form::encode(fields)).await
    }

    /// Sends any request with the jar's cookies, and with a body of the type that the service takes.
    /// [`get`](Self::get), [`post`](Self::post) and [`form`](Self::form) send a `String`, which axum's `Router` takes.
    ///
    /// # Panics
    /// If [`get`](Self::get) would panic, or if the request is not valid.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::testing::Client;
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// # let app: axum::Router = axum::Router::new();
    /// let request = http::Request::put("/item").header("x-csrf-token", "…");
    /// # let request = http::Request::put("/item");
    /// let response = Client::new(app).send(request, axum::body::Body::from("figs")).await;
    /// # });
    /// ```
    pub async fn send<B, R>(&mut self, request: Builder, body: B) -> Response<String>
    where
        S: Service<Request<B>, Response = Response<R>, Error: Debug>,
        R: Body<Error: Debug>,
    {
        let cookies = self.jar.header();
        let request = if cookies.is_empty() { request } else { request.header(COOKIE, cookies) };
        let request = request.body(body).expect("the request is one");
        poll_fn(|cx| self.app.poll_ready(cx)).await.expect("the app is ready");
        let response = self.app.call(request).await.expect("the app answers");
        for line in response.headers().get_all(SET_COOKIE) {
            self.jar.store(line.to_str().expect("a Set-Cookie header is text"));
        }
        let (head, body) = response.into_parts();
        Response::from_parts(head, text(body).await)
    }
}

async fn text<R: Body<Error: Debug>>(body: R) -> String {
    let (mut body, mut bytes) = (pin!(body), Vec::new());
    while let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        if let Ok(mut data) = frame.expect("the body is whole").into_data() {
            while data.has_remaining() {
                let chunk = data.chunk();
                bytes.extend_from_slice(chunk);
                let len = chunk.len();
                data.advance(len);
            }
        }
    }
    String::from_utf8(bytes).expect("the body is text")
}
