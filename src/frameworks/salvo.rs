//! The session in salvo: a handler for `hoop`, and an extractor.
//!
//! ```toml
//! signed-cookie-session = { version = "0.1", features = ["salvo"] }
//! ```
//!
//! ```
//! use salvo_core::prelude::*; // the same as salvo::prelude::*
//! use signed_cookie_session::salvo::SessionHandler;
//! use signed_cookie_session::{Secret, Session, SignedCookieFactory, ValueError};
//!
//! #[handler]
//! async fn page(session: Session) -> Result<String, ValueError> {
//!     let messages: Vec<String> = session.flash().pop()?;
//!     Ok(messages.join("\n"))
//! }
//!
//! #[handler]
//! async fn add(session: Session, response: &mut Response) -> Result<(), ValueError> {
//!     session.flash().push("Your item was added.")?;
//!     response.render(Redirect::other("/"));
//!     Ok(())
//! }
//!
//! let sessions = SignedCookieFactory::new(Secret::generate());
//! let router = Router::new().hoop(SessionHandler::new(sessions)).get(page).post(add);
//! ```
//!
//! [`SessionHandler`] puts the [`Session`] into the `Depot` and saves it when the inner handlers are done. If nobody
//! touches the session, it does no work. Handlers and inner hoops can all use the session, as an argument or with
//! `depot.get_typed::<Session>()`. Within one request they share one session. You need salvo 1, which needs Rust 1.95.
//!
//! # A session that cannot be saved
//! The response is replaced by a new 500 without the app's own headers, so that no client mistakes a response whose
//! session was lost for success. In a debug build, its body says what to change. In a release build, its body is
//! empty, and salvo's catcher fills it with its own page. The program writes one line to standard error the first
//! time that each reason occurs; [`report_errors(false)`](SessionHandler::report_errors) turns this off. With the
//! feature `tracing`, there is an event at level error every time instead. None of these contains a value, a cookie
//! or a secret. The response's `extensions` hold the reason, a [`SaveError`](crate::SaveError). A hoop around this
//! one finds it after `ctrl.call_next`.
//!
//! # Two sessions in one app
//! Give each session its own cookie name and salt. Give the second one its own type with
//! [`into_extension`](SessionHandler::into_extension); `depot.get_typed::<Prefs>()` returns it. Two handlers must not
//! have the same cookie name: the first request that passes through both gets the 500, with a
//! [`SaveError`](crate::SaveError) that names the cookie.
//!
//! # Special cases
//! - **A handler or an extractor returns `Err`.** salvo turns the error into a response, and the session is saved
//!   with it.
//! - **The response is a 5xx.** Changes are saved, as in Pyramid. With
//!   [`set_on_exception(false)`](crate::Builder::set_on_exception) they are not: the browser keeps the cookie that it
//!   has, with its flash messages.
//! - **The response streams its body.** The session is saved when the head of the response is ready. Changes that the
//!   body's stream makes later are lost, because the cookie has already been sent. Change the session before you
//!   return the response. If the body still holds the session, it can read it. Such a response gets `Vary: Cookie`
//!   and `Cache-Control: private`, like a response whose session was changed.
//! - **The handler panics.** Nothing is saved, unless a hoop inside this one catches the panic.
//! - **The response already has a session cookie,** as a header or from `response.add_cookie`. If your code has
//!   touched the session, the handler sends its own cookie and removes the other one.
//! - **Redirects, upgrades, two requests at once:** these work as in the other frameworks. The module of the feature
//!   `tower` has the details.

use salvo_core::extract::{Extractible, Metadata};
use salvo_core::http::header::{CONTENT_TYPE, HeaderValue};
use salvo_core::http::{ResBody, StatusCode};
use salvo_core::writing::Writer;
use salvo_core::{Depot, FlowCtrl, Handler, Request, Response, async_trait};

use crate::factory::SignedCookieFactory;
use crate::frameworks::claimed_name::ClaimedName;
use crate::frameworks::failure::{Failure, TEXT};
use crate::frameworks::layer::RequestSession;
use crate::session::Session;
use crate::session::value::ValueError;

/// Puts the [`Session`] into the `Depot`, and saves it into the response.
///
/// If the session cannot be saved, the response is a 500 whose extensions hold the [`SaveError`](crate::SaveError). See
/// the [module](self) for special cases.
///
/// # Example
/// ```
/// use salvo_core::Router;
/// use signed_cookie_session::salvo::SessionHandler;
/// use signed_cookie_session::{Secret, SignedCookieFactory};
///
/// let sessions = SignedCookieFactory::new(Secret::generate());
/// let router = Router::new().hoop(SessionHandler::new(sessions));
/// ```
#[derive(Clone)]
pub struct SessionHandler<F = fn(Session) -> Session> {
    sessions: SignedCookieFactory,
    into_extension: F,
    report_errors: bool,
}

impl SessionHandler {
    /// Creates a handler for the sessions of this factory.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # use signed_cookie_session::salvo::SessionHandler;
    /// let hoop = SessionHandler::new(SignedCookieFactory::new(Secret::generate()));
    /// ```
    pub fn new(sessions: SignedCookieFactory) -> Self {
        Self { sessions, into_extension: std::convert::identity, report_errors: true }
    }

    /// Puts your own type into the `Depot` instead of the [`Session`], for a second session in one app.
    ///
    /// # Example
    /// ```
    /// use signed_cookie_session::salvo::SessionHandler;
    /// use signed_cookie_session::{Secret, Session, SignedCookieFactory};
    ///
    /// #[derive(Clone)]
    /// struct Prefs(Session);
    ///
    /// let prefs = SignedCookieFactory::builder(Secret::generate()).cookie_name("prefs").salt("prefs.").build()?;
    /// let hoop = SessionHandler::new(prefs).into_extension(Prefs); // depot.get_typed::<Prefs>()
    /// # Ok::<(), signed_cookie_session::ConfigError>(())
    /// ```
    pub fn into_extension<E, F>(self, into_extension: F) -> SessionHandler<F>
    where
        F: Fn(Session) -> E,
        E: Clone + Send + Sync + 'static,
    {
        SessionHandler { sessions: self.sessions, into_extension, report_errors: self.report_errors }
    }
}

impl<F> SessionHandler<F> {
    /// Sets whether the handler reports errors on standard error. Default: `true`.
    ///
    /// It reports a session that cannot be saved, a [`ValueError`] that a handler returned, and two session handlers
    /// with one cookie name. It writes one line for each of these reasons, the first time it occurs. With the feature
    /// `tracing`, there is an event at level error every time instead.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # use signed_cookie_session::salvo::SessionHandler;
    /// let hoop = SessionHandler::new(SignedCookieFactory::new(Secret::generate())).report_errors(false);
    /// ```
    #[must_use]
    pub fn report_errors(mut self, report_errors: bool) -> Self {
        self.report_errors = report_errors;
        self
    }
}

#[async_trait]
impl<F, E> Handler for SessionHandler<F>
where
    F: Fn(Session) -> E + Send + Sync + 'static,
    E: Clone + Send + Sync + 'static,
{
    async fn handle(&self, request: &mut Request, depot: &mut Depot, response: &mut Response, ctrl: &mut FlowCtrl) {
        let Self { sessions, into_extension, report_errors } = self;
        let outer = request.extensions_mut().remove::<ClaimedName>();
        let claim = match ClaimedName::within(outer, sessions) {
            Ok(claim) => claim,
            Err(error) => {
                error.report(sessions.cookie_name(), *report_errors);
                ctrl.skip_rest();
                return fail(response, error);
            }
        };
        let session = sessions.load(request.headers());
        request.extensions_mut().insert(claim);
        depot.insert_typed(into_extension(session.clone()));
        // The depot keeps its handle until the response is sent.
        let own_handles = session.handles();
        ctrl.call_next(request, depot, response).await;

        let session = RequestSession::new(sessions, session, own_handles, *report_errors);
        session.report_once(&mut response.extensions);
        let status = status(response);
        let before = response.headers.len();
        match session.save(status, &mut response.headers) {
            // salvo writes its jar after this, so a session cookie in the jar would replace ours.
            Ok(()) if response.headers.len() > before => response.cookies.force_remove(sessions.cookie_name()),
            Ok(()) => {}
            Err(error) => fail(response, error),
        }
    }
}

/// Returns the status that salvo will send.
fn status(response: &Response) -> u16 {
    let status = response.status_code.unwrap_or(match &response.body {
        ResBody::None => StatusCode::NOT_FOUND,
        ResBody::Error(error) => error.code,
        _ => StatusCode::OK,
    });
    status.as_u16()
}

/// Returns a new 500, so that nothing of the app's response is sent with it.
fn fail<E>(response: &mut Response, error: E)
where
    E: Failure + Clone + Send + Sync + 'static,
{
    *response = Response::new();
    response.status_code(StatusCode::INTERNAL_SERVER_ERROR);
    if let Some(sentence) = error.body() {
        response.headers.insert(CONTENT_TYPE, HeaderValue::from_static(TEXT));
        response.body(sentence);
    }
    response.extensions.insert(error);
}

/// The error of a handler that takes a [`Session`] if no [`SessionHandler`] is around its route. The response is a 500
/// whose body says so.
///
/// # Example
/// ```
/// use signed_cookie_session::salvo::MissingSessionHandler;
///
/// assert!(MissingSessionHandler.to_string().contains(".hoop(SessionHandler::new(sessions))"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no session in this request: add .hoop(SessionHandler::new(sessions)) to the Router \
     (signed_cookie_session::salvo::SessionHandler)"
)]
pub struct MissingSessionHandler;

#[async_trait]
impl Writer for MissingSessionHandler {
    async fn write(self, _request: &mut Request, _depot: &mut Depot, response: &mut Response) {
        response.status_code(StatusCode::INTERNAL_SERVER_ERROR);
        response.headers.insert(CONTENT_TYPE, HeaderValue::from_static(TEXT));
        response.body(self.to_string());
    }
}

/// Extracts the session that [`SessionHandler`] put into the `Depot`.
impl<'ex> Extractible<'ex> for Session {
    fn metadata() -> &'static Metadata {
        static METADATA: Metadata = Metadata::new("");
        &METADATA
    }

    #[allow(refining_impl_trait)]
    async fn extract(_request: &'ex mut Request, depot: &'ex mut Depot) -> Result<Self, MissingSessionHandler> {
        depot.get_typed::<Self>().ok().cloned().ok_or(MissingSessionHandler)
    }
}

/// Lets a handler return `Result<_, ValueError>`. The response is a 500. Its extensions hold the error, and in a debug
/// build its body holds the error's text.
#[async_trait]
impl Writer for ValueError {
    async fn write(self, _request: &mut Request, _depot: &mut Depot, response: &mut Response) {
        fail(response, self);
    }
}

impl<F> std::fmt::Debug for SessionHandler<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionHandler").field("sessions", &self.sessions).finish_non_exhaustive()
    }
}
