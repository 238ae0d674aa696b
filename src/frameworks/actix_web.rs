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
//! [`ValueError`](crate::ValueError): it becomes a 500 as well, whose extensions hold it.
//!
//! # A session that cannot be saved
//! The response becomes a 500: none of the app's own headers go out with it, so that no client mistakes a response
//! whose session was lost for success. In a debug build its body says what to change; in a release build it is empty.
//! The program writes one line to standard error the first time for each reason
//! ([`report_errors(false)`](SessionMiddleware::report_errors) turns it off), or with the feature `tracing` an event at level
//! error every time. None of them holds a value, a cookie or a secret.
//!
//! The reason, a [`SaveError`], is in the response's extensions. A middleware around this one (one that is
//! wrapped after it) can log it and answer with a page of yours:
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
//! An app can have a short session for the login and a long one for preferences. Give each its own cookie name and
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
//! through both gets the 500, with a `SaveError` that names the cookie.
//!
//! # What happens when
//! - **The response streams its body.** The session is saved when the response's head is there. What
//!   the body's stream changes in it afterwards is lost: the cookie has gone out. Change the session
//!   before you return the response. A body that still holds the session may read it; such a response gets
//!   `Vary: Cookie` and `Cache-Control: private`, like a response whose session was changed.
//! - **The handler panics.** actix-web closes the connection. Nothing is saved.
//! - **The response is a 5xx.** Changes are saved, as in Pyramid, unless
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
//!   is sent, and the other one is removed. Leave such routes outside the middleware, or the session alone on them.
//! - **The connection is upgraded** (websockets, status 101). What the handler changed before it returned
//!   the 101 is sent with it, and browsers store it. Changes over the upgraded connection are lost:
//!   let the page send an ordinary request for them.
//! - **Two requests of one browser run at once.** Each has its own copy of the session, and the last
//!   `Set-Cookie` to arrive wins whole: no store merges the two changes. A page that only reads writes
//!   the cookie when a reissue is due, after a tenth of the timeout
//!   ([`reissue_time`](crate::Builder::reissue_time)), and can then undo what a form changed in the meantime. Keep what must
//!   not be lost (an order, a balance) in a database under an id from the session, and what changes independently in a
//!   second session with a cookie of its own.

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
/// A session that cannot be saved becomes a 500 of its own, whose extensions hold the
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
        SessionMiddleware { sessions: self.sessions, into_extension, report_errors: self.report_errors }
    }
}

impl<F> SessionMiddleware<F> {
    /// Sets whether the middleware writes a line to standard error when a session cannot be saved, a handler returned
    /// a [`ValueError`](crate::ValueError), or two middlewares have one cookie name: the first time for each of these
    /// reasons. Default: `true`. With the feature `tracing` there is an event at level error instead, every time, and
    /// no line.
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
        // The response holds the request, and its extensions with it.
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

/// The middleware's own answer to a request that does not reach the app.
enum Answer {
    /// Two middlewares have one cookie name.
    Refused(SaveError),
    /// The request was a device's.
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
        // A handle that the app's future still has is not one that its body will read.
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

/// actix-web's headers are of another version of `http`: only bytes go from one to the other.
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

/// Builds a new response: nothing that the app put into the first one may be sent with it.
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
