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
//! [`SessionMiddleware`] puts the [`Session`] into the request's extensions and saves it when the response comes back.
//! It starts no task and boxes no future. If nobody touches the session, it does no work. Handlers, `from_fn`
//! middleware and your own extractors can all take the session as an argument. Within one request they share one
//! session.
//!
//! A handler may return a [`ValueError`](crate::ValueError). The response is a 500. Its extensions hold the error, and
//! in a debug build its body holds the error's text.
//!
//! # A session that cannot be saved
//! The response is replaced by a new 500 without the app's own headers, so that no client mistakes a response whose
//! session was lost for success. In a debug build, its body says what to change. In a release build, its body is
//! empty. The program writes one line to standard error the first time that each reason occurs;
//! [`report_errors(false)`](SessionMiddleware::report_errors) turns this off. With the feature `tracing`, there is an
//! event at level error every time instead. None of these contains a value, a cookie or a secret.
//!
//! The response's extensions hold the reason, a [`SaveError`]. A middleware around this one (one that you `wrap` after
//! it) can log it and answer with your own page:
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
//! An app can have a short session for the login and a long one for preferences. Give each session its own cookie name
//! and salt. Give the second one its own type, which actix-web's `ReqData` extracts:
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
//! Without its own type, the handler sees only the session of the innermost middleware, although both are saved. Two
//! middlewares must not have the same cookie name: the first request that passes through both gets the 500, with a
//! `SaveError` that names the cookie.
//!
//! # Special cases
//! - **The response streams its body.** The session is saved when the head of the response is ready. Changes that the
//!   body's stream makes later are lost, because the cookie has already been sent. Change the session before you
//!   return the response. If the body still holds the session, it can read it. Such a response gets `Vary: Cookie`
//!   and `Cache-Control: private`, like a response whose session was changed.
//! - **The handler panics.** actix-web closes the connection. Nothing is saved.
//! - **The response is a 5xx.** Changes are saved, as in Pyramid. With
//!   [`set_on_exception(false)`](crate::Builder::set_on_exception) they are not: the browser keeps the cookie that it
//!   has, with its flash messages.
//! - **A handler or an extractor returns `Err`.** actix-web turns the error into a response before it reaches this
//!   middleware, so the session is saved as usual.
//! - **A middleware inside this one returns `Err`.** The error is passed on. There is no response to save into, so
//!   changes are lost. To keep them, let such a middleware return a response instead, with
//!   `ServiceRequest::error_response`.
//! - **The response is a redirect.** The session is saved as with any response: push a flash message, redirect, and
//!   pop the message on the next page.
//! - **The response already has a session cookie,** for example because the route forwards to a Pyramid application
//!   that shares the session. If your code has touched the session, the middleware sends its own cookie and removes
//!   the other one. Put such routes outside the middleware, or do not touch the session in them.
//! - **The connection is upgraded** (websockets, status 101). Changes that the handler makes before it returns the
//!   101 are sent with it, and browsers store them. Changes over the upgraded connection are lost: let the page send
//!   an ordinary request for them.
//! - **Two requests of one browser run at once.** Each has its own copy of the session, and the browser keeps the
//!   `Set-Cookie` that arrives last. The changes are not merged. A page that only reads also writes the cookie if a
//!   reissue is due, by default after a tenth of the timeout ([`reissue_time`](crate::Builder::reissue_time)). It can
//!   then undo a change that another request made in the meantime. Keep data that must not be lost (an order, a
//!   balance) in a database, under an id from the session. Keep data that changes independently in a second session
//!   with its own cookie.

mod csrf_form;
mod csrf_origin;
mod extractor;

use std::borrow::Cow;
use std::fmt;
use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, COOKIE, HeaderMap, HeaderName, HeaderValue, SET_COOKIE, VARY};
use actix_web::{HttpMessage, HttpResponse};
use pin_project_lite::pin_project;

#[cfg(feature = "device-bound")]
use crate::device_bound::answer::DeviceAnswer;
use crate::factory::SignedCookieFactory;
use crate::frameworks::claimed_name::ClaimedName;
use crate::frameworks::failure::{self, Failure};
use crate::frameworks::layer::{Extensions, RequestSession, Told};
#[cfg(feature = "device-bound")]
use crate::headers::header_map::SECURE_SESSION_REGISTRATION;
use crate::headers::header_map::{Name, ResponseHeaderMap};
use crate::session::Session;
use crate::session::save_error::SaveError;
use crate::session::value::ValueError;

pub use csrf_form::CsrfForm;
pub use csrf_origin::{CsrfOriginMiddleware, CsrfOriginService};
pub use extractor::MissingSessionMiddleware;

/// Puts the [`Session`] into the request's extensions, and saves it into the response.
///
/// If the session cannot be saved, the response is a 500 whose extensions hold the [`SaveError`]. See the
/// [module](self) for special cases.
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
    report_errors: bool,
}

impl SessionMiddleware {
    /// Creates a middleware for the sessions of this factory.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # use signed_cookie_session::actix_web::SessionMiddleware;
    /// let middleware = SessionMiddleware::new(SignedCookieFactory::new(Secret::generate()));
    /// ```
    pub fn new(sessions: SignedCookieFactory) -> Self {
        Self { sessions, into_extension: std::convert::identity, report_errors: true }
    }

    /// Puts your own type into the request's extensions instead of the [`Session`], for a second session in one app.
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
        SessionMiddleware { sessions: self.sessions, into_extension, report_errors: self.report_errors }
    }
}

impl<F> SessionMiddleware<F> {
    /// Sets whether the middleware reports errors on standard error. Default: `true`.
    ///
    /// It reports a session that cannot be saved, a [`ValueError`](crate::ValueError) that a handler returned, and two
    /// middlewares with one cookie name. It writes one line for each of these reasons, the first time it occurs. With
    /// the feature `tracing`, there is an event at level error every time instead.
    ///
    /// # Example
    /// ```
    /// use signed_cookie_session::actix_web::SessionMiddleware;
    /// use signed_cookie_session::{Secret, SignedCookieFactory};
    ///
    /// let middleware = SessionMiddleware::new(SignedCookieFactory::new(Secret::generate())).report_errors(false);
    /// ```
    #[must_use]
    pub fn report_errors(mut self, report_errors: bool) -> Self {
        self.report_errors = report_errors;
        self
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

/// A service inside a [`SessionMiddleware`]. actix-web makes one for each worker.
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
        let SessionMiddleware { sessions, into_extension, report_errors } = &self.middleware;
        #[cfg(feature = "device-bound")]
        if let Some(answer) = sessions.device_answer(request.method().as_str(), request.path(), request.headers()) {
            return ResponseFuture {
                state: State::Answered { request: Some(request), answer: Answer::Device(answer) },
            };
        }
        let outer = request.extensions_mut().remove::<ClaimedName>();
        let claim = match ClaimedName::within(outer, sessions) {
            Ok(claim) => claim,
            Err(error) => {
                error.report(sessions.cookie_name(), *report_errors);
                return ResponseFuture {
                    state: State::Answered { request: Some(request), answer: Answer::Refused(error) },
                };
            }
        };
        let session = sessions.load_cookies(request.headers().get_all(COOKIE).map(HeaderValue::as_bytes));
        let extension = into_extension(session.clone());
        {
            let mut extensions = request.extensions_mut();
            extensions.insert(claim);
            extensions.insert(extension);
        }
        // The response holds the request, so the handle in the request's extensions is not the app's.
        let own_handles = session.handles();
        let session = Some(RequestSession::new(sessions, session, own_handles, *report_errors));
        let response = self.inner.call(request);
        ResponseFuture { state: State::Running { response, session } }
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
        Running { #[pin] response: R, session: Option<RequestSession> },
        Answered { request: Option<ServiceRequest>, answer: Answer },
        Done,
    }
}

/// An answer of the middleware itself, to a request that does not reach the app.
enum Answer {
    /// Two middlewares have one cookie name.
    Refused(SaveError),
    /// The request was for an endpoint of `device-bound`.
    #[cfg(feature = "device-bound")]
    Device(DeviceAnswer),
}

#[cfg(feature = "device-bound")]
fn of_device(answer: &DeviceAnswer) -> HttpResponse {
    let mut response = HttpResponse::build(StatusCode::from_u16(answer.status()).expect("it is one of ours"));
    for (name, value) in answer.headers() {
        response.append_header((name, value));
    }
    response.body(answer.body().to_owned())
}

impl<R, B> Future for ResponseFuture<R>
where
    R: Future<Output = Result<ServiceResponse<B>, actix_web::Error>>,
    B: MessageBody,
{
    type Output = Result<ServiceResponse<EitherBody<B>>, actix_web::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        let (response, session) = match state.as_mut().project() {
            StateProjection::Running { response, session } => {
                let response = ready!(response.poll(cx));
                (response, session.take().expect("it is taken once, when the response is there"))
            }
            StateProjection::Answered { request, answer } => {
                let request = request.take().expect("it is taken once");
                let response = match answer {
                    Answer::Refused(error) => failed(error.clone()),
                    #[cfg(feature = "device-bound")]
                    Answer::Device(answer) => of_device(answer),
                };
                let response = request.into_response(response).map_into_right_body();
                state.set(State::Done);
                return Poll::Ready(Ok(response));
            }
            StateProjection::Done => panic!("a future must not be polled again when it is done"),
        };
        // Drops the app's future first. Otherwise a handle that the future holds would look like one that the body
        // holds.
        state.set(State::Done);
        let mut response = response?;
        session.report_once(&mut *response.response_mut().extensions_mut());
        let status = response.status().as_u16();
        Poll::Ready(Ok(match session.save(status, response.headers_mut()) {
            Ok(()) => response.map_into_left_body(),
            Err(error) => response.into_response(failed(error)).map_into_right_body(),
        }))
    }
}

/// actix-web uses another version of `http`, so header values are converted through bytes.
impl ResponseHeaderMap for HeaderMap {
    fn values(&self, name: Name) -> impl Iterator<Item = &[u8]> {
        self.get_all(HeaderName::from(name)).map(HeaderValue::as_bytes)
    }

    fn append(&mut self, name: Name, value: Cow<'static, [u8]>) {
        let value = HeaderValue::from_bytes(&value).expect("it is made of header values");
        HeaderMap::append(self, HeaderName::from(name), value);
    }

    fn remove(&mut self, name: Name) {
        HeaderMap::remove(self, HeaderName::from(name));
    }
}

impl From<Name> for HeaderName {
    fn from(name: Name) -> Self {
        match name {
            Name::SetCookie => SET_COOKIE,
            Name::Vary => VARY,
            Name::CacheControl => CACHE_CONTROL,
            #[cfg(feature = "device-bound")]
            Name::SecureSessionRegistration => HeaderName::from_static(SECURE_SESSION_REGISTRATION),
        }
    }
}

impl Extensions for actix_web::dev::Extensions {
    fn value_error(&self) -> Option<ValueError> {
        self.get::<ValueError>().cloned()
    }

    fn tell_once(&mut self) -> bool {
        self.insert(Told).is_none()
    }
}

/// Returns a new 500, so that nothing of the app's response is sent with it.
fn failed<E: Failure + 'static>(error: E) -> HttpResponse {
    let mut response = HttpResponse::build(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = match error.body() {
        Some(sentence) => response.content_type(failure::TEXT).body(sentence),
        None => response.finish(),
    };
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
