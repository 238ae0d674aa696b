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
//! A page whose session nobody touches costs nothing. Handlers, middleware further in and extractors of your own may all
//! ask for the session; in one request they hold the same one.
//!
//! # A session that cannot be saved
//! The response becomes a 500: none of the app's own headers go out with it, so that no client mistakes a response
//! whose session was lost for success. In a debug build its body says what to change; in a release build it is empty.
//! The program writes one line to standard error the first time for each reason
//! ([`report_errors(false)`](SessionMiddleware::report_errors) turns it off), or with the feature `tracing` an event at
//! level error every time. The reason, a [`SaveError`](crate::SaveError), is in the response's extensions, where a middleware around this
//! one finds it: `response.data::<SaveError>()`.
//!
//! # Two sessions in one app
//! Give each its own cookie name and salt, and the second a type of its own with
//! [`into_extension`](SessionMiddleware::into_extension); poem's `Data<&Prefs>` extracts it. Two middlewares with one
//! cookie name are a mistake: the first request that passes through both gets the 500, with a [`SaveError`](crate::SaveError) that names
//! the cookie.
//!
//! # What happens when
//! - **A handler, an extractor or a middleware further in returns `Err`.** The error becomes a response here, so that
//!   the session can be saved with it. Put `catch_error` and the like further in: around this middleware they see a
//!   response and no error.
//! - **The response is a 5xx.** Changes are saved, as in Pyramid, unless
//!   [`set_on_exception(false)`](crate::Builder::set_on_exception) is set: then the browser keeps the cookie it has, and
//!   its flash messages.
//! - **The response streams its body.** The session is saved when the response's head is there. What the body's stream
//!   changes in it afterwards is lost. A body that still holds the session may read it; such a response gets
//!   `Vary: Cookie` and `Cache-Control: private`, like a response whose session was changed.
//! - **The handler panics.** Nothing is saved, unless `CatchPanic` stands further in and makes a response of it.
//! - **The response has a session cookie already.** Once anything on this side has touched the session, this side's is
//!   sent, and the other one is removed.
//! - **Redirects, upgrades, two requests at once**: these work as in every other framework; the module of the
//!   feature `tower` has the details.

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
/// A session that cannot be saved becomes a 500 of its own, whose extensions hold the [`SaveError`](crate::SaveError); the
/// [module](self) says what happens when.
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

    /// Puts a type of your own into the request's extensions, in the place of the [`Session`]: for a second session in
    /// one app.
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
    /// Sets whether the middleware writes a line to standard error when a session cannot be saved, a handler returned a
    /// [`ValueError`], or two middlewares have one cookie name: the first time for each of these reasons. Default:
    /// `true`. With the feature `tracing` there is an event at level error instead, every time, and no line.
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

/// An endpoint within a [`SessionMiddleware`].
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
        // The request is gone, and its extensions with it: one handle is the middleware's.
        let session = RequestSession::new(sessions, session, 1, *report_errors);
        session.report_once(response.extensions_mut());
        let status = response.status().as_u16();
        Ok(match session.save(status, response.headers_mut()) {
            Ok(()) => response,
            Err(error) => failed(error),
        })
    }
}

/// Builds a new response: nothing that the app put into the first one may be sent with it.
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

/// A handler asks for a [`Session`], and no [`SessionMiddleware`] is around its route. The response is a 500 whose
/// body says so.
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

/// The session of the request, as [`SessionMiddleware`] put it there.
impl<'a> FromRequest<'a> for Session {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> poem::Result<Self> {
        Ok(request.extensions().get::<Self>().cloned().ok_or(MissingSessionMiddleware)?)
    }
}

/// Becomes a 500 with the error in its extensions, so that a handler may return `Result<_, ValueError>`. The body says
/// what is wrong in a debug build, and is empty in a release build.
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
