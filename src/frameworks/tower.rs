//! The session as a tower layer: for hyper, axum, tonic and every other tower service over `http` 1.
//!
//! [`SessionLayer`] puts the [`Session`] into the request's extensions and saves it when the response comes back. It
//! starts no task and boxes no future. If nobody touches the session, it does no work.
//!
//! ```toml
//! signed-cookie-session = { version = "0.1", features = ["tower"] }
//! ```
//!
//! ```
//! use http::{Request, Response};
//! use signed_cookie_session::tower::SessionLayer;
//! use signed_cookie_session::{Secret, Session, SignedCookieFactory, ValueError};
//! use tower_layer::Layer; // the same as tower::Layer
//!
//! fn visits(request: &Request<()>) -> Result<Response<String>, ValueError> {
//!     let session: &Session = request.extensions().get().expect("SessionLayer is around this service");
//!     let visits: u64 = session.get("visits")?.unwrap_or(0);
//!     session.insert("visits", visits + 1)?;
//!     Ok(Response::new(format!("You were here {visits} times before.")))
//! }
//!
//! # struct App;
//! # impl tower_service::Service<Request<()>> for App {
//! #     type Response = Response<String>;
//! #     type Error = ValueError;
//! #     type Future = std::future::Ready<Result<Response<String>, ValueError>>;
//! #     fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), ValueError>> {
//! #         std::task::Poll::Ready(Ok(()))
//! #     }
//! #     fn call(&mut self, request: Request<()>) -> Self::Future { std::future::ready(visits(&request)) }
//! # }
//! # let app = App; /*
//! let app = tower::service_fn(async |request: Request<()>| visits(&request));
//! # */
//! let sessions = SignedCookieFactory::new(Secret::generate());
//! let app = SessionLayer::new(sessions).layer(app); // or ServiceBuilder::new().layer(…).service(app)
//! # let mut app = app;
//! # let future = tower_service::Service::call(&mut app, Request::new(()));
//! # let response = tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)?;
//! # assert!(response.headers().contains_key("set-cookie"));
//! # Ok::<(), ValueError>(())
//! ```
//!
//! # A session that cannot be saved
//! The response is replaced by a new 500 without the app's own headers, so that no client mistakes a response whose
//! session was lost for success. In a debug build, its body says what to change. In a release build, its body is
//! empty. The program writes one line to standard error the first time that each reason occurs;
//! [`report_errors(false)`](SessionLayer::report_errors) turns this off. With the feature `tracing`, there is an
//! event at level error every time instead. None of these contains a value, a cookie or a secret.
//!
//! The response's extensions hold the reason, a [`SaveError`]. A layer **around** `SessionLayer` can log it, or answer
//! with your own page. (The module `axum` shows such a layer.)
//!
//! The body of every response is a [`SessionBody`]: either the app's body or the text of such a 500.
//!
//! # Two sessions in one app
//! Give each session its own cookie name and salt. Give the second one its own type with
//! [`into_extension`](SessionLayer::into_extension): without it, the handler sees only the session of the innermost
//! layer, although both are saved. Two layers must not have the same cookie name: the first request that passes
//! through both gets the 500, with a `SaveError` that names the cookie.
//!
//! # Special cases
//! - **The response streams its body.** The session is saved when the head of the response is ready. Changes that the
//!   body's stream makes later are lost, because the cookie has already been sent. Change the session before you
//!   return the response. If the body still holds the session, it can read it. Such a response gets `Vary: Cookie`
//!   and `Cache-Control: private`, like a response whose session was changed.
//! - **The handler panics.** If a layer inside `SessionLayer` catches the panic and makes a response, usually a 500,
//!   the session is saved with that response. Otherwise nothing is saved.
//! - **The response is a 5xx.** Changes are saved, as in Pyramid. With
//!   [`set_on_exception(false)`](crate::Builder::set_on_exception) they are not: the browser keeps the cookie that it
//!   has, with its flash messages.
//! - **The inner service returns `Err`.** The error is passed on. There is no response to save into, so changes are
//!   lost. To keep them, turn errors into responses in a layer inside this one.
//! - **The response is a redirect.** The session is saved as with any response: push a flash message, redirect, and
//!   pop the message on the next page.
//! - **The response already has a session cookie,** for example because the route forwards to a Pyramid application
//!   that shares the session. If your code has touched the session, the layer sends its own cookie and removes the
//!   other one. Put such routes outside the layer, or do not touch the session in them.
//! - **The connection is upgraded** (websockets, status 101). Changes that the handler makes before it returns the
//!   101 are sent with it, and browsers store them. Changes over the upgraded connection are lost: let the page send
//!   an ordinary request for them.
//! - **Two requests of one browser run at once.** Each has its own copy of the session, and the browser keeps the
//!   `Set-Cookie` that arrives last. The changes are not merged. A page that only reads also writes the cookie if a
//!   reissue is due, by default after a tenth of the timeout ([`reissue_time`](crate::Builder::reissue_time)). It can
//!   then undo a change that another request made in the meantime. Keep data that must not be lost (an order, a
//!   balance) in a database, under an id from the session. Keep data that changes independently in a second session
//!   with its own cookie.

mod body;
mod csrf_origin;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Request, Response, StatusCode};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

#[cfg(feature = "device-bound")]
use crate::device_bound::answer::DeviceAnswer;
use crate::factory::SignedCookieFactory;
use crate::frameworks::claimed_name::ClaimedName;
use crate::frameworks::failure::{self, Failure};
use crate::frameworks::layer::RequestSession;
use crate::session::Session;
use crate::session::save_error::SaveError;

pub use body::SessionBody;
pub use csrf_origin::{CsrfOriginFuture, CsrfOriginLayer, CsrfOriginService};

/// Puts the [`Session`] into the request's extensions, and saves it into the response.
///
/// If the session cannot be saved, the response is a 500 whose extensions hold the [`SaveError`]. See the
/// [module](self) for special cases.
///
/// # Example
/// ```
/// use signed_cookie_session::tower::SessionLayer;
/// use signed_cookie_session::{Secret, SignedCookieFactory};
///
/// let layer = SessionLayer::new(SignedCookieFactory::new(Secret::generate()));
/// ```
#[derive(Clone)]
pub struct SessionLayer<F = fn(Session) -> Session> {
    sessions: SignedCookieFactory,
    into_extension: F,
    report_errors: bool,
}

impl SessionLayer {
    /// Creates a layer for the sessions of this factory.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # use signed_cookie_session::tower::SessionLayer;
    /// let layer = SessionLayer::new(SignedCookieFactory::new(Secret::generate()));
    /// ```
    pub fn new(sessions: SignedCookieFactory) -> Self {
        Self { sessions, into_extension: std::convert::identity, report_errors: true }
    }

    /// Puts your own type into the request's extensions instead of the [`Session`], for a second session in one app.
    ///
    /// # Example
    /// ```
    /// use std::time::Duration;
    /// use signed_cookie_session::tower::SessionLayer;
    /// use signed_cookie_session::{Secret, Session, SignedCookieFactory};
    ///
    /// #[derive(Clone)]
    /// struct Prefs(Session);
    ///
    /// let month = Duration::from_secs(30 * 24 * 60 * 60);
    /// let prefs = SignedCookieFactory::builder(Secret::generate())
    ///     .cookie_name("prefs")
    ///     .salt("prefs.")
    ///     .timeout(month)
    ///     .max_age(month)
    ///     .build()?;
    /// let layer = SessionLayer::new(prefs).into_extension(Prefs); // request.extensions().get::<Prefs>()
    /// # Ok::<(), signed_cookie_session::ConfigError>(())
    /// ```
    pub fn into_extension<E, F>(self, into_extension: F) -> SessionLayer<F>
    where
        F: Fn(Session) -> E,
        E: Clone + Send + Sync + 'static,
    {
        SessionLayer { sessions: self.sessions, into_extension, report_errors: self.report_errors }
    }
}

impl<F> SessionLayer<F> {
    /// Sets whether the layer reports errors on standard error. Default: `true`.
    ///
    /// It reports a session that cannot be saved, a [`ValueError`](crate::ValueError) that a handler returned, and two
    /// layers with one cookie name. It writes one line for each of these reasons, the first time it occurs. With the
    /// feature `tracing`, there is an event at level error every time instead.
    ///
    /// # Example
    /// ```
    /// use signed_cookie_session::tower::SessionLayer;
    /// use signed_cookie_session::{Secret, SignedCookieFactory};
    ///
    /// let layer = SessionLayer::new(SignedCookieFactory::new(Secret::generate())).report_errors(false);
    /// ```
    #[must_use]
    pub fn report_errors(mut self, report_errors: bool) -> Self {
        self.report_errors = report_errors;
        self
    }
}

impl<S, F: Clone> Layer<S> for SessionLayer<F> {
    type Service = SessionService<S, F>;

    fn layer(&self, inner: S) -> Self::Service {
        SessionService { inner, layer: self.clone() }
    }
}

/// A service inside a [`SessionLayer`].
///
/// # Example
/// ```
/// # use signed_cookie_session::{Secret, SignedCookieFactory};
/// use signed_cookie_session::tower::{SessionLayer, SessionService};
/// use tower_layer::Layer;
///
/// # let app = ();
/// let app: SessionService<_> = SessionLayer::new(SignedCookieFactory::new(Secret::generate())).layer(app);
/// ```
#[derive(Clone)]
pub struct SessionService<S, F = fn(Session) -> Session> {
    inner: S,
    layer: SessionLayer<F>,
}

impl<S, F, E, ReqBody, ResBody> Service<Request<ReqBody>> for SessionService<S, F>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    F: Fn(Session) -> E,
    E: Clone + Send + Sync + 'static,
{
    type Response = Response<SessionBody<ResBody>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        let SessionLayer { sessions, into_extension, report_errors } = &self.layer;
        #[cfg(feature = "device-bound")]
        {
            let (method, path) = (request.method().as_str(), request.uri().path());
            if let Some(answer) = sessions.device_answer(method, path, request.headers()) {
                return ResponseFuture { state: State::Answered { answer: Answer::Device(answer) } };
            }
        }
        let outer = request.extensions_mut().remove::<ClaimedName>();
        let claim = match ClaimedName::within(outer, sessions) {
            Ok(claim) => claim,
            Err(error) => {
                error.report(sessions.cookie_name(), *report_errors);
                return ResponseFuture { state: State::Answered { answer: Answer::Refused(error) } };
            }
        };
        let session = sessions.load(request.headers());
        let extensions = request.extensions_mut();
        extensions.insert(claim);
        extensions.insert(into_extension(session.clone()));
        let response = self.inner.call(request);
        // When the response is ready, the request and its extensions have been dropped, so only the layer's handle is
        // left.
        let session = Some(RequestSession::new(sessions, session, 1, *report_errors));
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
        Answered { answer: Answer },
        Done,
    }
}

/// An answer of the layer itself, to a request that does not reach the inner service.
enum Answer {
    /// Two layers have one cookie name.
    Refused(SaveError),
    /// The request was for an endpoint of `device-bound`.
    #[cfg(feature = "device-bound")]
    Device(DeviceAnswer),
}

impl<R, ResBody, E> Future for ResponseFuture<R>
where
    R: Future<Output = Result<Response<ResBody>, E>>,
{
    type Output = Result<Response<SessionBody<ResBody>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        let (response, session) = match state.as_mut().project() {
            StateProjection::Running { response, session } => {
                let response = ready!(response.poll(cx));
                (response, session.take().expect("it is taken once, when the response is there"))
            }
            StateProjection::Answered { answer } => {
                let response = match answer {
                    Answer::Refused(error) => failed(error.clone()),
                    #[cfg(feature = "device-bound")]
                    Answer::Device(answer) => answer.clone().into_response().map(SessionBody::sentence),
                };
                state.set(State::Done);
                return Poll::Ready(Ok(response));
            }
            StateProjection::Done => panic!("a future must not be polled again when it is done"),
        };
        // Drops the app's future first. Otherwise a handle that the future holds would look like one that the body
        // holds.
        state.set(State::Done);
        let mut response = response?;
        session.report_once(response.extensions_mut());
        let status = response.status().as_u16();
        Poll::Ready(Ok(match session.save(status, response.headers_mut()) {
            Ok(()) => response.map(SessionBody::from),
            Err(error) => failed(error),
        }))
    }
}

/// Returns a new 500, so that nothing of the app's response is sent with it.
pub(crate) fn failed<E, B>(error: E) -> Response<SessionBody<B>>
where
    E: Failure + Clone + Send + Sync + 'static,
{
    let text = error.body();
    let mut response = Response::new(SessionBody::sentence(text.clone().unwrap_or_default()));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    if text.is_some() {
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(failure::TEXT));
    }
    response.extensions_mut().insert(error);
    response
}

impl<F> fmt::Debug for SessionLayer<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionLayer").field("sessions", &self.sessions).finish_non_exhaustive()
    }
}

impl<S: fmt::Debug, F> fmt::Debug for SessionService<S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionService").field("inner", &self.inner).field("layer", &self.layer).finish()
    }
}

impl<R> fmt::Debug for ResponseFuture<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
