//! The session in Rocket: a fairing and a request guard.
//!
//! ```toml
//! signed-cookie-session = { version = "0.1", features = ["rocket"] }
//! ```
//!
//! ```
//! use rocket::response::Redirect;
//! use rocket::{get, post, routes, uri};
//! use signed_cookie_session::rocket::SessionFairing;
//! use signed_cookie_session::{Secret, Session, SignedCookieFactory, ValueError};
//!
//! #[get("/")]
//! fn page(session: Session) -> Result<String, ValueError> {
//!     let messages: Vec<String> = session.flash().pop()?;
//!     Ok(messages.join("\n"))
//! }
//!
//! #[post("/")]
//! fn add(session: Session) -> Result<Redirect, ValueError> {
//!     session.flash().push("Your item was added.")?;
//!     Ok(Redirect::to(uri!(page)))
//! }
//!
//! let sessions = SignedCookieFactory::new(Secret::generate());
//! let app = rocket::build().attach(SessionFairing::new(sessions)).mount("/", routes![page, add]);
//! ```
//!
//! [`SessionFairing`] loads the [`Session`] when the request arrives and saves it when the response is ready. If nobody
//! touches the session, it does no work. Handlers, your own guards and other fairings can all use the session
//! (`request.guard::<Session>().await`). Within one request they share one session. You need Rocket 0.5.
//!
//! # A session that cannot be saved
//! The response is replaced by a new 500 without the app's own headers, so that no client mistakes a response whose
//! session was lost for success. In a debug build, its body says what to change. In a release build, its body is
//! empty. The program writes one line to standard error the first time that each reason occurs;
//! [`report_errors(false)`](SessionFairing::report_errors) turns this off. With the feature `tracing`, there is an
//! event at level error every time instead. None of these contains a value, a cookie or a secret. [`save_error`]
//! returns the reason. A fairing that is attached after this one can use it to answer with your own page.
//!
//! # Two sessions in one app
//! Give each session its own cookie name and salt. Give the second one its own type with
//! [`into_cache`](SessionFairing::into_cache). If two fairings have the same cookie name, Rocket does not launch.
//!
//! # Special cases
//! - **A handler or a guard fails.** Its catcher makes the response, and the session is saved with it.
//! - **The response is a 5xx.** Changes are saved, as in Pyramid. With
//!   [`set_on_exception(false)`](crate::Builder::set_on_exception) they are not: the browser keeps the cookie that it
//!   has, with its flash messages.
//! - **The handler panics.** Rocket answers with a 500. Changes that were made before the panic are saved with it,
//!   like with any 5xx.
//! - **The response streams its body.** The session is saved when the head of the response is ready. Changes that the
//!   body's stream makes later are lost, because the cookie has already been sent. Change the session before you
//!   return the response. If the body still holds the session, it can read it. Such a response gets `Vary: Cookie`
//!   and `Cache-Control: private`, like a response whose session was changed.
//! - **The response already has a session cookie,** as a header or from Rocket's `CookieJar`. If your code has
//!   touched the session, the fairing sends its own cookie and removes the other one.
//! - **Redirects, upgrades, two requests at once:** these work as in the other frameworks. The module of the feature
//!   `tower` has the details.

use std::borrow::Cow;
use std::io::Cursor;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rocket::fairing::{self, Fairing, Info, Kind};
use rocket::http::{Header, Status};
use rocket::request::{FromRequest, Outcome};
use rocket::response::{self, Responder, Response};
use rocket::{Build, Data, Request, Rocket, async_trait};

use crate::factory::SignedCookieFactory;
use crate::frameworks::failure::{Failure, TEXT};
use crate::frameworks::layer::{Extensions, RequestSession};
use crate::headers::header_map::{Name, ResponseHeaderMap};
use crate::session::Session;
use crate::session::save_error::{ErrorKind, SaveError};
use crate::session::value::ValueError;

/// Loads the [`Session`] when a request comes in, and saves it into the response.
///
/// If the session cannot be saved, the response is a 500. See the [module](self) for special cases.
///
/// # Example
/// ```
/// use signed_cookie_session::rocket::SessionFairing;
/// use signed_cookie_session::{Secret, SignedCookieFactory};
///
/// let sessions = SignedCookieFactory::new(Secret::generate());
/// let app = rocket::build().attach(SessionFairing::new(sessions));
/// ```
#[derive(Clone)]
pub struct SessionFairing<F = fn(Session) -> Session> {
    sessions: SignedCookieFactory,
    into_cache: F,
    report_errors: bool,
}

impl SessionFairing {
    /// Creates a fairing for the sessions of this factory.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # use signed_cookie_session::rocket::SessionFairing;
    /// let fairing = SessionFairing::new(SignedCookieFactory::new(Secret::generate()));
    /// ```
    pub fn new(sessions: SignedCookieFactory) -> Self {
        Self { sessions, into_cache: std::convert::identity, report_errors: true }
    }

    /// Puts an `Option` of your own type into the request's local cache instead of the [`Session`], for a second
    /// session in one app. The request guard of your type reads it there.
    ///
    /// # Example
    /// ```
    /// use rocket::http::Status;
    /// use rocket::request::{FromRequest, Outcome, Request};
    /// use signed_cookie_session::rocket::SessionFairing;
    /// use signed_cookie_session::{Secret, Session, SignedCookieFactory};
    ///
    /// #[derive(Clone)]
    /// struct Prefs(Session);
    ///
    /// #[rocket::async_trait]
    /// impl<'r> FromRequest<'r> for Prefs {
    ///     type Error = ();
    ///
    ///     async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
    ///         match request.local_cache(|| None::<Prefs>).clone() {
    ///             Some(prefs) => Outcome::Success(prefs),
    ///             None => Outcome::Error((Status::InternalServerError, ())),
    ///         }
    ///     }
    /// }
    ///
    /// let prefs = SignedCookieFactory::builder(Secret::generate()).cookie_name("prefs").salt("prefs.").build()?;
    /// let fairing = SessionFairing::new(prefs).into_cache(Prefs);
    /// # Ok::<(), signed_cookie_session::ConfigError>(())
    /// ```
    pub fn into_cache<E, F>(self, into_cache: F) -> SessionFairing<F>
    where
        F: Fn(Session) -> E,
        E: Clone + Send + Sync + 'static,
    {
        SessionFairing { sessions: self.sessions, into_cache, report_errors: self.report_errors }
    }
}

impl<F> SessionFairing<F> {
    /// Sets whether the fairing reports errors on standard error. Default: `true`.
    ///
    /// It reports a session that cannot be saved, and a [`ValueError`] that a handler returned. It writes one line for
    /// each of these reasons, the first time it occurs. With the feature `tracing`, there is an event at level error
    /// every time instead.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # use signed_cookie_session::rocket::SessionFairing;
    /// let fairing = SessionFairing::new(SignedCookieFactory::new(Secret::generate())).report_errors(false);
    /// ```
    #[must_use]
    pub fn report_errors(mut self, report_errors: bool) -> Self {
        self.report_errors = report_errors;
        self
    }
}

/// Returns why the session of a request was not saved, or `None`. Call it in the `on_response` of a fairing that is
/// attached after [`SessionFairing`]: the reason is not known earlier.
///
/// # Example
/// ```
/// use rocket::fairing::AdHoc;
/// use signed_cookie_session::rocket::{SessionFairing, save_error};
/// # use signed_cookie_session::{Secret, SignedCookieFactory};
///
/// # let sessions = SignedCookieFactory::new(Secret::generate());
/// let explain = AdHoc::on_response("Full cart", |request, response| {
///     Box::pin(async move {
///         if save_error(request).is_some() {
///             let page = "Your cart is full.";
///             response.set_sized_body(page.len(), std::io::Cursor::new(page));
///         }
///     })
/// });
/// let app = rocket::build().attach(SessionFairing::new(sessions)).attach(explain);
/// ```
pub fn save_error(request: &Request<'_>) -> Option<SaveError> {
    cache(request).save_error.clone()
}

/// The data that the fairings keep in the request.
#[derive(Default)]
struct Cache {
    /// The sessions by cookie name, each with the number of handles that the request itself holds.
    sessions: Vec<(String, Session, usize)>,
    value_error: Option<ValueError>,
    save_error: Option<SaveError>,
}

impl Extensions for Cache {
    fn value_error(&self) -> Option<ValueError> {
        self.value_error.clone()
    }

    fn tell_once(&mut self) -> bool {
        self.value_error.take().is_some()
    }
}

fn cache<'r>(request: &'r Request<'_>) -> MutexGuard<'r, Cache> {
    request.local_cache(Mutex::<Cache>::default).lock().unwrap_or_else(PoisonError::into_inner)
}

/// The cookie names that fairings have taken.
#[derive(Default)]
struct Names(Mutex<Vec<String>>);

#[async_trait]
impl<F, E> Fairing for SessionFairing<F>
where
    F: Fn(Session) -> E + Send + Sync + 'static,
    E: Clone + Send + Sync + 'static,
{
    fn info(&self) -> Info {
        Info { name: "Signed cookie session", kind: Kind::Ignite | Kind::Request | Kind::Response }
    }

    async fn on_ignite(&self, rocket: Rocket<Build>) -> fairing::Result {
        let rocket = if rocket.state::<Names>().is_some() { rocket } else { rocket.manage(Names::default()) };
        let name = self.sessions.cookie_name().to_owned();
        let taken = {
            let names = rocket.state::<Names>().expect("it is managed since the line above");
            let mut names = names.0.lock().unwrap_or_else(PoisonError::into_inner);
            let taken = names.contains(&name);
            names.push(name.clone());
            taken
        };
        if taken {
            rocket::error!("{}", SaveError::from(ErrorKind::CookieNameTaken(name)));
            return Err(rocket);
        }
        Ok(rocket)
    }

    async fn on_request(&self, request: &mut Request<'_>, _data: &mut Data<'_>) {
        let session = {
            let mut lines: Vec<Cow<'_, str>> = request.headers().get("cookie").map(Cow::from).collect();
            if lines.is_empty() {
                // Rocket's local client puts its cookies into the jar only.
                lines = request.cookies().iter().map(|cookie| cookie.stripped().to_string().into()).collect();
            }
            self.sessions.load_cookies(lines.iter().map(|line| line.as_bytes()))
        };
        request.local_cache(|| Some((self.into_cache)(session.clone())));
        let name = self.sessions.cookie_name().to_owned();
        // The request keeps these handles until the response is sent, so they are not the app's.
        let own_handles = session.handles();
        cache(request).sessions.push((name, session, own_handles));
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        let name = self.sessions.cookie_name();
        let found = {
            let mut cache = cache(request);
            let at = cache.sessions.iter().position(|(of, ..)| of == name);
            at.map(|at| cache.sessions.swap_remove(at))
        };
        let Some((_, session, own_handles)) = found else { return };
        let session = RequestSession::new(&self.sessions, session, own_handles, self.report_errors);
        session.report_once(&mut *cache(request));
        let status = response.status().code;
        if let Err(error) = session.save(status, &mut Headers(response)) {
            *response = failed(&error);
            cache(request).save_error = Some(error);
        }
    }
}

/// Gives access to the headers of Rocket's response, which has no header map.
struct Headers<'a, 'r>(&'a mut Response<'r>);

impl ResponseHeaderMap for Headers<'_, '_> {
    fn values(&self, name: Name) -> impl Iterator<Item = &[u8]> {
        self.0.headers().get(text(name)).map(str::as_bytes)
    }

    fn append(&mut self, name: Name, value: Cow<'static, [u8]>) {
        let value = String::from_utf8(value.into_owned()).expect("Rocket's headers and ours are text");
        self.0.adjoin_header(Header::new(text(name), value));
    }

    fn remove(&mut self, name: Name) {
        self.0.remove_header(text(name));
    }
}

fn text(name: Name) -> &'static str {
    match name {
        Name::SetCookie => "Set-Cookie",
        Name::Vary => "Vary",
        Name::CacheControl => "Cache-Control",
        #[cfg(feature = "device-bound")]
        Name::SecureSessionRegistration => crate::headers::header_map::SECURE_SESSION_REGISTRATION,
    }
}

/// Returns a new 500, so that nothing of the app's response is sent with it.
fn failed(error: &impl Failure) -> Response<'static> {
    let mut response = Response::build();
    response.status(Status::InternalServerError);
    if let Some(sentence) = error.body() {
        response.raw_header("Content-Type", TEXT).sized_body(sentence.len(), Cursor::new(sentence));
    }
    response.finalize()
}

/// The error of a handler that takes a [`Session`] if no [`SessionFairing`] is attached. Rocket logs its text, and the
/// catcher for status 500 answers.
///
/// # Example
/// ```
/// use signed_cookie_session::rocket::MissingSessionFairing;
///
/// assert!(MissingSessionFairing.to_string().contains(".attach(SessionFairing::new(sessions))"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no session in this request: add .attach(SessionFairing::new(sessions)) to rocket::build() \
     (signed_cookie_session::rocket::SessionFairing)"
)]
pub struct MissingSessionFairing;

/// Writes the error's text, because Rocket logs the `Debug` output of a guard's error.
impl std::fmt::Debug for MissingSessionFairing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

/// Extracts the session that [`SessionFairing`] loaded.
#[async_trait]
impl<'r> FromRequest<'r> for Session {
    type Error = MissingSessionFairing;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, MissingSessionFairing> {
        match request.local_cache(|| None::<Self>) {
            Some(session) => Outcome::Success(session.clone()),
            None => Outcome::Error((Status::InternalServerError, MissingSessionFairing)),
        }
    }
}

/// Lets a handler return `Result<_, ValueError>`. The response is a 500, whose body holds the error's text in a debug
/// build.
impl<'r> Responder<'r, 'static> for ValueError {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let response = failed(&self);
        cache(request).value_error = Some(self);
        Ok(response)
    }
}

impl<F> std::fmt::Debug for SessionFairing<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionFairing").field("sessions", &self.sessions).finish_non_exhaustive()
    }
}
