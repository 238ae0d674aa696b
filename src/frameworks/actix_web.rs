//! The session in actix-web: a middleware and an extractor.
//!
//! ```toml
//! signed-cookie-session = { version = "0.1", features = ["actix-web"] }
//! ```
//!
//! ```
//! use actix_web::{App, web};
//! use signed_cookie_session::actix_web::SessionMiddleware;
//! use signed_cookie_session::{Secret, Session, SignedCookieFactory, ValueError};
//!
//! async fn page(session: Session) -> Result<String, ValueError> {
//!     let messages: Vec<String> = session.flash().pop()?;
//!     Ok(messages.join("\n"))
//! }
//!
//! async fn add(session: Session) -> Result<web::Redirect, ValueError> {
//!     session.flash().push("Your item was added.")?;
//!     Ok(web::Redirect::to("/").see_other())
//! }
//!
//! let sessions = SignedCookieFactory::new(Secret::generate()); // outside HttpServer::new: one secret for all
//! let app = move || {
//!     App::new()
//!         .wrap(SessionMiddleware::new(sessions.clone()))
//!         .route("/", web::get().to(page))
//!         .route("/", web::post().to(add))
//! };
//! # let _ = app();
//! ```
//!
//! [`SessionMiddleware`] does what the tower layer does: it puts the [`Session`] into the request's
//! extensions and saves it when the response comes back. It adds no task, boxes no future, and does
//! nothing for a request whose session nobody touches. Handlers, `from_fn` middleware and extractors of
//! your own may all ask for the session; in one request they hold the same one. A handler may return a
//! [`ValueError`](crate::ValueError): it is an empty 500, whose extensions hold it.
//!
//! # A session that cannot be saved
//! The response becomes an empty 500: none of the app's own headers go out with it, so that no client
//! takes a response for good whose session is lost. The reason, a [`SaveError`], is in
//! the response's extensions. A middleware around this one, so one that is wrapped after it, can log it
//! and answer with a page of yours:
//!
//! ```
//! use actix_web::body::MessageBody;
//! use actix_web::dev::{ServiceRequest, ServiceResponse};
//! use actix_web::middleware::{Next, from_fn};
//! use actix_web::{App, Error, HttpResponse};
//! # use signed_cookie_session::actix_web::SessionMiddleware;
//! # use signed_cookie_session::{Secret, SignedCookieFactory};
//! use signed_cookie_session::SaveError;
//!
//! async fn explain(
//!     request: ServiceRequest,
//!     next: Next<impl MessageBody + 'static>,
//! ) -> Result<ServiceResponse<impl MessageBody>, Error> {
//!     let response = next.call(request).await?.map_into_boxed_body();
//!     let Some(error) = response.response().extensions().get::<SaveError>().cloned() else { return Ok(response) };
//!     eprintln!("session not saved: {error}");
//!     Ok(response.into_response(HttpResponse::InternalServerError().body("Your cart is full.")))
//! }
//!
//! # let sessions = SignedCookieFactory::new(Secret::generate());
//! # let _ =
//! App::new().wrap(SessionMiddleware::new(sessions)).wrap(from_fn(explain));
//! ```
//!
//! # Two sessions in one app
//! A short one for the login and a long one for preferences, say. Give each its own cookie name and
//! salt, and the second a type of its own, which actix-web's `ReqData` extracts:
//!
//! ```
//! use std::time::Duration;
//! use actix_web::{App, web};
//! use signed_cookie_session::actix_web::SessionMiddleware;
//! use signed_cookie_session::{Secret, Session, SignedCookieFactory, ValueError};
//!
//! #[derive(Clone)]
//! struct Prefs(Session);
//!
//! async fn login(session: Session, prefs: web::ReqData<Prefs>) -> Result<String, ValueError> {
//!     session.regenerate();
//!     session.insert("user", "ada")?;
//!     Ok(prefs.0.get("theme")?.unwrap_or("light".to_owned()))
//! }
//!
//! let month = Duration::from_secs(30 * 24 * 60 * 60);
//! let sessions = SignedCookieFactory::new(Secret::generate());
//! let prefs = SignedCookieFactory::builder(Secret::generate())
//!     .cookie_name("prefs")
//!     .salt("prefs.")
//!     .timeout(month)
//!     .max_age(month)
//!     .build()?;
//! # let _ =
//! App::new()
//!     .wrap(SessionMiddleware::new(sessions))
//!     .wrap(SessionMiddleware::new(prefs).into_extension(Prefs))
//!     .route("/login", web::post().to(login));
//! # Ok::<(), signed_cookie_session::ConfigError>(())
//! ```
//!
//! Without a type of its own the handler sees the session of the innermost middleware; both are saved
//! all the same. Two middlewares with one cookie name are a mistake: the first request that passes
//! through both gets the empty 500, with a `SaveError` that names the cookie.
//!
//! # What happens when
//! - **The response streams its body.** The session is saved when the response's head is there. What
//!   the body's stream changes in it afterwards is lost: the cookie has gone out. Change the session
//!   before you return the response.
//! - **The handler panics.** actix-web closes the connection. Nothing is saved.
//! - **The response is a 5xx.** What was changed is saved, as in Pyramid, unless
//!   [`set_on_exception(false)`](crate::Builder::set_on_exception) is set: then the browser keeps the
//!   cookie it has, and its flash messages.
//! - **A handler or an extractor returns `Err`.** actix-web makes a response of it before it comes here,
//!   so it is saved like any other.
//! - **A middleware further in returns `Err`.** It is passed on as it is. There is no response to save
//!   into, so changes are lost; let such a middleware return a response instead, with
//!   `ServiceRequest::error_response`.
//! - **The response is a redirect.** It is saved as in any response: push a flash message, redirect, and
//!   pop it on the next page.
//! - **The response has a session cookie already** (the route is passed on to a Pyramid application that
//!   shares the session). Once anything on this side has touched the session, this side's is the one that
//!   counts, and the other is taken out. Leave such routes outside the middleware, or the session alone on them.
//! - **The connection is upgraded** (websockets, status 101). What the handler changed before it returned
//!   the 101 goes out with it, and browsers keep it. What is changed over the upgraded connection is lost:
//!   let the page send an ordinary request for it.
//! - **Two requests of one browser run at once.** Each has its own copy of the session, and the last
//!   `Set-Cookie` to arrive wins whole: there is no store where two changes could meet. Mind that reading
//!   rewrites the cookie as well while [`reissue_time`](crate::Builder::reissue_time) is at its default,
//!   zero, so that a slow page that only reads can undo what a form changed meanwhile. Set it to a minute
//!   or more, and only requests that change something write. Keep what may not be lost (an order, a
//!   balance) in a database under an id from the session, and what changes independently in a second
//!   session with a cookie of its own.

mod extractor;

use std::fmt;
use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, COOKIE, HeaderMap, HeaderValue, SET_COOKIE, VARY};
use actix_web::{HttpMessage, HttpResponse};
use pin_project_lite::pin_project;

use crate::factory::SignedCookieFactory;
use crate::frameworks::claimed_name::ClaimedName;
use crate::headers::SessionHeaders;
use crate::session::Session;
use crate::session::save_error::SaveError;

pub use extractor::MissingSessionMiddleware;

/// Puts the [`Session`] into the request's extensions, and saves it into the response.
///
/// A session that cannot be saved becomes an empty 500 whose extensions hold the
/// [`SaveError`]; the [module](self) says what happens when.
///
/// # Example
/// ```
/// use actix_web::App;
/// use signed_cookie_session::actix_web::SessionMiddleware;
/// use signed_cookie_session::{Secret, SignedCookieFactory};
///
/// let sessions = SignedCookieFactory::new(Secret::generate());
/// let app = App::new().wrap(SessionMiddleware::new(sessions));
/// ```
#[derive(Clone)]
pub struct SessionMiddleware<F = fn(Session) -> Session> {
    sessions: SignedCookieFactory,
    into_extension: F,
}

impl SessionMiddleware {
    /// A middleware for the sessions of this factory.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # use signed_cookie_session::actix_web::SessionMiddleware;
    /// let middleware = SessionMiddleware::new(SignedCookieFactory::new(Secret::generate()));
    /// ```
    pub fn new(sessions: SignedCookieFactory) -> Self {
        Self { sessions, into_extension: std::convert::identity }
    }

    /// Puts a type of your own into the request's extensions, in the place of the [`Session`]: for a
    /// second session in one app.
    ///
    /// # Example
    /// ```
    /// use signed_cookie_session::actix_web::SessionMiddleware;
    /// use signed_cookie_session::{Secret, Session, SignedCookieFactory};
    ///
    /// #[derive(Clone)]
    /// struct Prefs(Session);
    ///
    /// let prefs = SignedCookieFactory::builder(Secret::generate()).cookie_name("prefs").salt("prefs.").build()?;
    /// let middleware = SessionMiddleware::new(prefs).into_extension(Prefs); // web::ReqData<Prefs>
    /// # Ok::<(), signed_cookie_session::ConfigError>(())
    /// ```
    pub fn into_extension<E, F>(self, into_extension: F) -> SessionMiddleware<F>
    where
        F: Fn(Session) -> E,
        E: Clone + 'static,
    {
        SessionMiddleware { sessions: self.sessions, into_extension }
    }
}

impl<S, B, F, E> Transform<S, ServiceRequest> for SessionMiddleware<F>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error>,
    B: MessageBody,
    F: Fn(Session) -> E + Clone,
    E: Clone + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = actix_web::Error;
    type Transform = SessionService<S, F>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(SessionService { inner, middleware: self.clone() }))
    }
}

/// A service within a [`SessionMiddleware`]: actix-web makes it, one a worker.
pub struct SessionService<S, F = fn(Session) -> Session> {
    inner: S,
    middleware: SessionMiddleware<F>,
}

impl<S, B, F, E> Service<ServiceRequest> for SessionService<S, F>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error>,
    B: MessageBody,
    F: Fn(Session) -> E,
    E: Clone + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = actix_web::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let SessionMiddleware { sessions, into_extension } = &self.middleware;
        let outer = request.extensions_mut().remove::<ClaimedName>();
        let claim = match ClaimedName::within(outer, sessions) {
            Ok(claim) => claim,
            Err(error) => return ResponseFuture { state: State::Refused { request: Some(request), error } },
        };
        let session = sessions.load_cookies(request.headers().get_all(COOKIE).map(HeaderValue::as_bytes));
        let extension = into_extension(session.clone());
        {
            let mut extensions = request.extensions_mut();
            extensions.insert(claim);
            extensions.insert(extension);
        }
        let response = self.inner.call(request);
        ResponseFuture { state: State::Running { response, sessions: sessions.clone(), session } }
    }
}

pin_project! {
    /// The response of a [`SessionService`], with its session saved.
    pub struct ResponseFuture<R> {
        #[pin]
        state: State<R>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<R> {
        Running { #[pin] response: R, sessions: SignedCookieFactory, session: Session },
        Refused { request: Option<ServiceRequest>, error: SaveError },
    }
}

impl<R, B> Future for ResponseFuture<R>
where
    R: Future<Output = Result<ServiceResponse<B>, actix_web::Error>>,
    B: MessageBody,
{
    type Output = Result<ServiceResponse<EitherBody<B>>, actix_web::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(match self.project().state.project() {
            StateProjection::Running { response, sessions, session } => {
                let mut response = ready!(response.poll(cx))?;
                match sessions.response_headers(session, response.status().as_u16()) {
                    Ok(saved) => {
                        apply(&saved, response.headers_mut());
                        Ok(response.map_into_left_body())
                    }
                    Err(error) => Ok(response.into_response(failed(error)).map_into_right_body()),
                }
            }
            StateProjection::Refused { request, error } => {
                let request = request.take().expect("a future is not polled once it is done");
                Ok(request.into_response(failed(error.clone())).map_into_right_body())
            }
        })
    }
}

/// actix-web's headers are of another version of `http`: only bytes go from one to the other.
fn apply(saved: &SessionHeaders, headers: &mut HeaderMap) {
    if saved.is_empty() {
        return;
    }
    let value = |bytes: &[u8]| HeaderValue::from_bytes(bytes).expect("it is made of header values");
    let vary = saved.vary(headers.get_all(VARY));
    let cache_control = saved.cache_control(headers.get_all(CACHE_CONTROL));

    if headers.get_all(SET_COOKIE).any(|line| saved.replaces(line)) {
        for line in headers.remove(SET_COOKIE).filter(|line| !saved.replaces(line)) {
            headers.append(SET_COOKIE, line);
        }
    }
    for line in saved.set_cookies() {
        headers.append(SET_COOKIE, value(line.as_bytes()));
    }
    if let Some(vary) = vary {
        headers.append(VARY, HeaderValue::from_static(vary));
    }
    if let Some(cache_control) = cache_control {
        headers.insert(CACHE_CONTROL, value(&cache_control));
    }
}

/// A response of its own: nothing that the app put into the other one may go out with it.
fn failed<E: 'static>(error: E) -> HttpResponse {
    let mut response = HttpResponse::new(StatusCode::INTERNAL_SERVER_ERROR);
    response.extensions_mut().insert(error);
    response
}

impl<F> fmt::Debug for SessionMiddleware<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionMiddleware").field("sessions", &self.sessions).finish_non_exhaustive()
    }
}

impl<S, F> fmt::Debug for SessionService<S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionService").field("middleware", &self.middleware).finish_non_exhaustive()
    }
}

impl<R> fmt::Debug for ResponseFuture<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
