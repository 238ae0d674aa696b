//! The session in poem: a middleware and an extractor.
//!
//! ```toml
//! signed-cookie-session = { version = "0.1", features = ["poem"] }
//! ```
//!
//! ```
//! use poem::{EndpointExt, Route, get, handler, web::Redirect};
//! use signed_cookie_session::poem::SessionMiddleware;
//! use signed_cookie_session::{Secret, Session, SignedCookieFactory, ValueError};
//!
//! #[handler]
//! fn page(session: Session) -> Result<String, ValueError> {
//!     let messages: Vec<String> = session.flash().pop()?;
//!     Ok(messages.join("\n"))
//! }
//!
//! #[handler]
//! fn add(session: Session) -> Result<Redirect, ValueError> {
//!     session.flash().push("Your item was added.")?;
//!     Ok(Redirect::see_other("/"))
//! }
//!
//! let sessions = SignedCookieFactory::new(Secret::generate());
//! let app = Route::new().at("/", get(page).post(add)).with(SessionMiddleware::new(sessions));
//! # fn is_endpoint(_: impl poem::IntoEndpoint) {}
//! # is_endpoint(app);
//! ```
//!
//! [`SessionMiddleware`] puts the [`Session`] into the request's extensions and saves it when the response comes back.
//! If nobody touches the session, it does no work. Handlers, inner middleware and your own extractors can all use the
//! session. Within one request they share one session.
//!
//! # A session that cannot be saved
//! The response is replaced by a new 500 without the app's own headers, so that no client mistakes a response whose
//! session was lost for success. In a debug build, its body says what to change. In a release build, its body is
//! empty. The program writes one line to standard error the first time that each reason occurs;
//! [`report_errors(false)`](SessionMiddleware::report_errors) turns this off. With the feature `tracing`, there is an
//! event at level error every time instead. None of these contains a value, a cookie or a secret. The response's
//! extensions hold the reason, a [`SaveError`](crate::SaveError). A middleware around this one reads it with
//! `response.data::<SaveError>()`.
//!
//! # Two sessions in one app
//! Give each session its own cookie name and salt. Give the second one its own type with
//! [`into_extension`](SessionMiddleware::into_extension); poem's `Data<&Prefs>` extracts it. Two middlewares must not
//! have the same cookie name: the first request that passes through both gets the 500, with a
//! [`SaveError`](crate::SaveError) that names the cookie.
//!
//! # Special cases
//! - **A handler, an extractor or a middleware inside this one returns `Err`.** This middleware turns the error into
//!   a response, so that it can save the session. Put `catch_error` and similar middleware inside this one: around
//!   it, they see a response and no error.
//! - **The response is a 5xx.** Changes are saved, as in Pyramid. With
//!   [`set_on_exception(false)`](crate::Builder::set_on_exception) they are not: the browser keeps the cookie that it
//!   has, with its flash messages.
//! - **The response streams its body.** The session is saved when the head of the response is ready. Changes that the
//!   body's stream makes later are lost, because the cookie has already been sent. Change the session before you
//!   return the response. If the body still holds the session, it can read it. Such a response gets `Vary: Cookie`
//!   and `Cache-Control: private`, like a response whose session was changed.
//! - **The handler panics.** Nothing is saved, unless a `CatchPanic` inside this middleware makes a response.
//! - **The response already has a session cookie.** If your code has touched the session, the middleware sends its
//!   own cookie and removes the other one.
//! - **Redirects, upgrades, two requests at once:** these work as in the other frameworks. The module of the feature
//!   `tower` has the details.

use poem::error::ResponseError;
use poem::http::StatusCode;
use poem::{Endpoint, FromRequest, IntoResponse, Middleware, Request, RequestBody, Response};

use crate::factory::SignedCookieFactory;
use crate::frameworks::claimed_name::ClaimedName;
use crate::frameworks::failure::{Failure, TEXT};
use crate::frameworks::layer::RequestSession;
use crate::session::Session;
use crate::session::value::ValueError;

/// Puts the [`Session`] into the request's extensions, and saves it into the response.
///
/// If the session cannot be saved, the response is a 500 whose extensions hold the [`SaveError`](crate::SaveError). See
/// the [module](self) for special cases.
///
/// # Example
/// ```
/// use poem::{EndpointExt, Route};
/// use signed_cookie_session::poem::SessionMiddleware;
/// use signed_cookie_session::{Secret, SignedCookieFactory};
///
/// let sessions = SignedCookieFactory::new(Secret::generate());
/// let app = Route::new().with(SessionMiddleware::new(sessions));
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
    /// # use signed_cookie_session::poem::SessionMiddleware;
    /// let middleware = SessionMiddleware::new(SignedCookieFactory::new(Secret::generate()));
    /// ```
    pub fn new(sessions: SignedCookieFactory) -> Self {
        Self { sessions, into_extension: std::convert::identity, report_errors: true }
    }

    /// Puts your own type into the request's extensions instead of the [`Session`], for a second session in one app.
    ///
    /// # Example
    /// ```
    /// use signed_cookie_session::poem::SessionMiddleware;
    /// use signed_cookie_session::{Secret, Session, SignedCookieFactory};
    ///
    /// #[derive(Clone)]
    /// struct Prefs(Session);
    ///
    /// let prefs = SignedCookieFactory::builder(Secret::generate()).cookie_name("prefs").salt("prefs.").build()?;
    /// let middleware = SessionMiddleware::new(prefs).into_extension(Prefs); // poem::web::Data<&Prefs>
    /// # Ok::<(), signed_cookie_session::ConfigError>(())
    /// ```
    pub fn into_extension<E, F>(self, into_extension: F) -> SessionMiddleware<F>
    where
        F: Fn(Session) -> E,
        E: Clone + Send + Sync + 'static,
    {
        SessionMiddleware { sessions: self.sessions, into_extension, report_errors: self.report_errors }
    }
}

impl<F> SessionMiddleware<F> {
    /// Sets whether the middleware reports errors on standard error. Default: `true`.
    ///
    /// It reports a session that cannot be saved, a [`ValueError`] that a handler returned, and two middlewares with
    /// one cookie name. It writes one line for each of these reasons, the first time it occurs. With the feature
    /// `tracing`, there is an event at level error every time instead.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # use signed_cookie_session::poem::SessionMiddleware;
    /// let middleware = SessionMiddleware::new(SignedCookieFactory::new(Secret::generate())).report_errors(false);
    /// ```
    #[must_use]
    pub fn report_errors(mut self, report_errors: bool) -> Self {
        self.report_errors = report_errors;
        self
    }
}

impl<I, F, E> Middleware<I> for SessionMiddleware<F>
where
    I: Endpoint,
    F: Fn(Session) -> E + Clone + Send + Sync,
    E: Clone + Send + Sync + 'static,
{
    type Output = SessionEndpoint<I, F>;

    fn transform(&self, inner: I) -> Self::Output {
        SessionEndpoint { inner, middleware: self.clone() }
    }
}

/// An endpoint inside a [`SessionMiddleware`].
pub struct SessionEndpoint<I, F = fn(Session) -> Session> {
    inner: I,
    middleware: SessionMiddleware<F>,
}

impl<I, F, E> Endpoint for SessionEndpoint<I, F>
where
    I: Endpoint,
    F: Fn(Session) -> E + Send + Sync,
    E: Clone + Send + Sync + 'static,
{
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        let SessionMiddleware { sessions, into_extension, report_errors } = &self.middleware;
        let outer = request.extensions_mut().remove::<ClaimedName>();
        let claim = match ClaimedName::within(outer, sessions) {
            Ok(claim) => claim,
            Err(error) => {
                error.report(sessions.cookie_name(), *report_errors);
                return Ok(failed(error));
            }
        };
        let session = sessions.load(request.headers());
        request.extensions_mut().insert(claim);
        request.extensions_mut().insert(into_extension(session.clone()));
        let mut response = match self.inner.call(request).await {
            Ok(response) => response.into_response(),
            Err(error) => error.into_response(),
        };
        // The request and its extensions have been dropped, so only the middleware's handle is left.
        let session = RequestSession::new(sessions, session, 1, *report_errors);
        session.report_once(response.extensions_mut());
        let status = response.status().as_u16();
        Ok(match session.save(status, response.headers_mut()) {
            Ok(()) => response,
            Err(error) => failed(error),
        })
    }
}

/// Returns a new 500, so that nothing of the app's response is sent with it.
fn failed<E>(error: E) -> Response
where
    E: Failure + Clone + Send + Sync + 'static,
{
    let response = Response::builder().status(StatusCode::INTERNAL_SERVER_ERROR);
    let response = match error.body() {
        Some(sentence) => response.content_type(TEXT).body(sentence),
        None => response.finish(),
    };
    let mut response = response;
    response.extensions_mut().insert(error);
    response
}

/// The error of a handler that takes a [`Session`] if no [`SessionMiddleware`] is around its route. The response is a
/// 500 whose body says so.
///
/// # Example
/// ```
/// use signed_cookie_session::poem::MissingSessionMiddleware;
///
/// assert!(MissingSessionMiddleware.to_string().contains(".with(SessionMiddleware::new(sessions))"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no session in this request: add .with(SessionMiddleware::new(sessions)) to the Route \
     (signed_cookie_session::poem::SessionMiddleware)"
)]
pub struct MissingSessionMiddleware;

impl ResponseError for MissingSessionMiddleware {
    fn status(&self) -> StatusCode {
        StatusCode::INTERNAL_SERVER_ERROR
    }
}

/// Extracts the session that [`SessionMiddleware`] put into the request.
impl<'a> FromRequest<'a> for Session {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> poem::Result<Self> {
        Ok(request.extensions().get::<Self>().cloned().ok_or(MissingSessionMiddleware)?)
    }
}

/// Lets a handler return `Result<_, ValueError>`. The response is a 500. Its extensions hold the error, and in a debug
/// build its body holds the error's text.
impl ResponseError for ValueError {
    fn status(&self) -> StatusCode {
        StatusCode::INTERNAL_SERVER_ERROR
    }

    fn as_response(&self) -> Response {
        failed(self.clone())
    }
}

impl<F> std::fmt::Debug for SessionMiddleware<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionMiddleware").field("sessions", &self.sessions).finish_non_exhaustive()
    }
}

impl<I, F> std::fmt::Debug for SessionEndpoint<I, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionEndpoint").field("middleware", &self.middleware).finish_non_exhaustive()
    }
}
