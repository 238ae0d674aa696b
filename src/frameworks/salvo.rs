//! The session in salvo: a handler to hoop, and an extractor.
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
//! [`SessionHandler`] puts the [`Session`] into the `Depot` and saves it when the handlers behind it are done. A page
//! whose session nobody touches costs nothing. Handlers and hoops further in may all ask for the session, as an argument
//! or with `depot.get_typed::<Session>()`; in one request they hold the same one. salvo 1 is needed, and with it Rust 1.95.
//!
//! # A session that cannot be saved
//! The response becomes a 500: none of the app's own headers and cookies go out with it, so that no client mistakes a
//! response whose session was lost for success. In a debug build its body says what to change; in a release build it is
//! empty, and salvo's catcher puts its page there. The program writes one line to standard error the first time for each
//! reason ([`report_errors(false)`](SessionHandler::report_errors) turns it off), or with the feature `tracing` an event
//! at level error every time. The reason, a [`SaveError`](crate::SaveError), is in the response's `extensions`, where a hoop around this
//! one finds it after `ctrl.call_next`.
//!
//! # Two sessions in one app
//! Give each its own cookie name and salt, and the second a type of its own with
//! [`into_extension`](SessionHandler::into_extension), found with `depot.get_typed::<Prefs>()`. Two of these with one cookie
//! name are a mistake: the first request that passes through both gets the 500, with a [`SaveError`](crate::SaveError) that names the
//! cookie.
//!
//! # What happens when
//! - **A handler or an extractor returns `Err`.** It writes a response, and the session is saved with it.
//! - **The response is a 5xx.** Changes are saved, as in Pyramid, unless
//!   [`set_on_exception(false)`](crate::Builder::set_on_exception) is set: then the browser keeps the cookie it has, and
//!   its flash messages.
//! - **The response streams its body.** The session is saved when the response's head is there. What the body's stream
//!   changes in it afterwards is lost. A body that still holds the session may read it; such a response gets
//!   `Vary: Cookie` and `Cache-Control: private`, like a response whose session was changed.
//! - **The handler panics.** Nothing is saved, unless a hoop further in catches the panic.
//! - **The response has a session cookie already**, as a header or from `response.add_cookie`. Once anything on this side
//!   has touched the session, this side's is sent, and the other one is removed.
//! - **Redirects, upgrades, two requests at once**: these work as in every other framework; the module of the
//!   feature `tower` has the details.

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
/// A session that cannot be saved becomes a 500 of its own, whose extensions hold the [`SaveError`](crate::SaveError); the
/// [module](self) says what happens when.
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

    /// Puts a type of your own into the `Depot`, in the place of the [`Session`]: for a second session in one app.
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
    /// Sets whether a line is written to standard error when a session cannot be saved, a handler returned a
    /// [`ValueError`], or two of these have one cookie name: the first time for each of these reasons. Default: `true`.
    /// With the feature `tracing` there is an event at level error instead, every time, and no line.
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
        // The depot is there until the response is sent.
        let own_handles = session.handles();
        ctrl.call_next(request, depot, response).await;

        let session = RequestSession::new(sessions, session, own_handles, *report_errors);
        session.report_once(&mut response.extensions);
        let status = status(response);
        let before = response.headers.len();
        match session.save(status, &mut response.headers) {
            // salvo writes its jar after this: a cookie of ours in there would come last.
            Ok(()) if response.headers.len() > before => response.cookies.force_remove(sessions.cookie_name()),
            Ok(()) => {}
            Err(error) => fail(response, error),
        }
    }
}

/// The status that salvo will send.
fn status(response: &Response) -> u16 {
    let status = response.status_code.unwrap_or(match &response.body {
        ResBody::None => StatusCode::NOT_FOUND,
        ResBody::Error(error) => error.code,
        _ => StatusCode::OK,
    });
    status.as_u16()
}

/// Builds a new response: nothing that the app put into the first one may be sent with it.
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

/// A handler asks for a [`Session`], and no [`SessionHandler`] is hooped around its route. The response is a 500 whose
/// body says so.
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

/// The session of the request, as [`SessionHandler`] put it there.
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

/// Becomes a 500 with the error in its extensions, so that a handler may return `Result<_, ValueError>`. The body says
/// what is wrong in a debug build, and is empty in a release build.
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
