//! A client of an actix-web app that keeps its cookies.

use std::fmt::Debug;

use actix_web::body::{MessageBody, to_bytes};
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use actix_web::test::TestRequest;

use crate::testing::form;
use crate::testing::jar::Jar;

/// A client of an actix-web app that `actix_web::test::init_service` made. It keeps its cookies between requests as a
/// browser does.
///
/// It returns each response as an `http` 1 response with the whole body as text, so that
/// [`Saved::by`](super::Saved::by) can read the session from the headers.
///
/// # Example
/// ```
/// use actix_web::{App, test::init_service, web};
/// use signed_cookie_session::actix_web::SessionMiddleware;
/// use signed_cookie_session::testing::{ActixClient, Saved};
/// use signed_cookie_session::{Secret, Session, SignedCookieFactory, ValueError};
///
/// async fn count(session: Session) -> Result<String, ValueError> {
///     let visits: u64 = session.get("visits")?.unwrap_or(0) + 1;
///     session.insert("visits", visits)?;
///     Ok(visits.to_string())
/// }
///
/// # actix_web::rt::System::new().block_on(async {
/// let sessions = SignedCookieFactory::new(Secret::generate());
/// let app = App::new().wrap(SessionMiddleware::new(sessions.clone())).route("/", web::get().to(count));
/// let mut client = ActixClient::new(init_service(app).await);
/// assert_eq!(client.get("/").await.body(), "1");
/// let response = client.get("/").await;
/// assert_eq!(response.body(), "2");
/// assert_eq!(Saved::by(&sessions, response.headers()).session().get("visits"), Ok(Some(2)));
/// # });
/// ```
#[derive(Clone, Debug)]
pub struct ActixClient<S> {
    app: S,
    jar: Jar,
}

impl<S> ActixClient<S> {
    /// Creates a client with an empty jar.
    ///
    /// # Example
    /// ```
    /// # let app = ();
    /// let client = signed_cookie_session::testing::ActixClient::new(app);
    /// ```
    pub fn new(app: S) -> Self {
        Self { app, jar: Jar::new() }
    }

    /// Puts cookies into the jar: those of a `Cookie` header, such as [`Forge::cookie`](super::Forge::cookie).
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::testing::{ActixClient, Forge};
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let app = ();
    /// let sessions = SignedCookieFactory::new(Secret::generate());
    /// let client = ActixClient::new(app).with_cookies(Forge::new(&sessions).with("user", "ada").cookie());
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
    /// # use signed_cookie_session::testing::ActixClient;
    /// # let app = ();
    /// assert_eq!(ActixClient::new(app).jar().header(), "");
    /// ```
    pub fn jar(&self) -> &Jar {
        &self.jar
    }

    /// Returns the cookies, to change them.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::testing::ActixClient;
    /// # let app = ();
    /// let mut client = ActixClient::new(app);
    /// client.jar_mut().store("theme=dark");
    /// client.jar_mut().clear(); // another browser
    /// ```
    pub fn jar_mut(&mut self) -> &mut Jar {
        &mut self.jar
    }

    /// Sends a `GET` request.
    ///
    /// # Panics
    /// If the path is not a URI, the app or the body fails, or the body is not text.
    ///
    /// # Example
    /// ```
    /// # use actix_web::{App, test::init_service};
    /// # use signed_cookie_session::testing::ActixClient;
    /// # actix_web::rt::System::new().block_on(async {
    /// let mut client = ActixClient::new(init_service(App::new()).await);
    /// assert_eq!(client.get("/nowhere").await.status(), 404);
    /// # });
    /// ```
    pub async fn get<B>(&mut self, path: &str) -> http::Response<String>
    where
        S: Service<actix_http::Request, Response = ServiceResponse<B>, Error: Debug>,
        B: MessageBody,
    {
        self.send(TestRequest::get().uri(path)).await
    }

    /// Sends a `POST` request without a body.
    ///
    /// # Panics
    /// If [`get`](Self::get) would panic.
    ///
    /// # Example
    /// ```
    /// # use actix_web::{App, test::init_service};
    /// # use signed_cookie_session::testing::ActixClient;
    /// # actix_web::rt::System::new().block_on(async {
    /// let mut client = ActixClient::new(init_service(App::new()).await);
    /// assert_eq!(client.post("/logout").await.status(), 404);
    /// # });
    /// ```
    pub async fn post<B>(&mut self, path: &str) -> http::Response<String>
    where
        S: Service<actix_http::Request, Response = ServiceResponse<B>, Error: Debug>,
        B: MessageBody,
    {
        self.send(TestRequest::with_uri(path).method(Method::POST)).await
    }

    /// Sends a form by `POST`.
    ///
    /// # Panics
    /// If [`get`](Self::get) would panic.
    ///
    /// # Example
    /// ```
    /// # use actix_web::{App, test::init_service, web};
    /// # use signed_cookie_session::testing::ActixClient;
    /// # actix_web::rt::System::new().block_on(async {
    /// let app = App::new().route("/", web::post().to(async |body: String| body));
    /// let mut client = ActixClient::new(init_service(app).await);
    /// assert_eq!(client.form("/", &[("item", "figs & dates")]).await.body(), "item=figs+%26+dates");
    /// # });
    /// ```
    pub async fn form<B>(&mut self, path: &str, fields: &[(&str, &str)]) -> http::Response<String>
    where
        S: Service<actix_http::Request, Response = ServiceResponse<B>, Error: Debug>,
        B: MessageBody,
    {
        let request = TestRequest::post().uri(path).insert_header((CONTENT_TYPE, form::CONTENT_TYPE));
        self.send(request.set_payload(form::encode(fields))).await
    }

    /// Sends any request, with the jar's cookies.
    ///
    /// # Panics
    /// If [`get`](Self::get) would panic.
    ///
    /// # Example
    /// ```
    /// # use actix_web::{App, test::{TestRequest, init_service}};
    /// # use signed_cookie_session::testing::ActixClient;
    /// # actix_web::rt::System::new().block_on(async {
    /// let mut client = ActixClient::new(init_service(App::new()).await);
    /// let response = client.send(TestRequest::put().uri("/item").set_payload("figs")).await;
    /// assert_eq!(response.status(), 404);
    /// # });
    /// ```
    pub async fn send<B>(&mut self, request: TestRequest) -> http::Response<String>
    where
        S: Service<actix_http::Request, Response = ServiceResponse<B>, Error: Debug>,
        B: MessageBody,
    {
        let cookies = self.jar.header();
        let request = if cookies.is_empty() { request } else { request.append_header((COOKIE, cookies)) };
        let response = self.app.call(request.to_request()).await.expect("the app answers");
        for line in response.headers().get_all(SET_COOKIE) {
            self.jar.store(line.to_str().expect("a Set-Cookie header is text"));
        }
        let mut copy = http::Response::builder().status(response.status().as_u16());
        for (name, value) in response.headers() {
            copy = copy.header(name.as_str(), value.as_bytes());
        }
        let body = to_bytes(response.into_body()).await.unwrap_or_else(|_| panic!("the body is not whole"));
        copy.body(String::from_utf8(body.into()).expect("the body is text")).expect("it is a copy of a response")
    }
}
