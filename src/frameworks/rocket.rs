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
//! [`SessionFairing`] loads the [`Session`] when the request comes in and saves it when the response is there. A page
//! whose session nobody touches costs nothing. Handlers, guards of your own and other fairings may all ask for the
//! session (`request.guard::<Session>().await`); in one request they hold the same one. Rocket 0.5 is needed.
//!
//! # A session that cannot be saved
//! The response becomes a 500: none of the app's own headers go out with it, so that no client mistakes a response
//! whose session was lost for success. In a debug build its body says what to change; in a release build it is empty.
//! The program writes one line to standard error the first time for each reason
//! ([`report_errors(false)`](SessionFairing::report_errors) turns it off), or with the feature `tracing` an event at
//! level error every time. [`save_error`] has the reason: for a fairing that is attached after this one, and that may
//! answer with a page of yours.
//!
//! # Two sessions in one app
//! Give each its own cookie name and salt, and the second a type of its own with
//! [`into_cache`](SessionFairing::into_cache). Two fairings with one cookie name are a mistake, and Rocket does not
//! launch.
//!
//! # What happens when
//! - **A handler or a guard fails.** Its catcher makes the response, and the session is saved with it.
//! - **The response is a 5xx.** Changes are saved, as in Pyramid, unless
//!   [`set_on_exception(false)`](crate::Builder::set_on_exception) is set: then the browser keeps the cookie it has, and
//!   its flash messages.
//! - **The handler panics.** Rocket answers with its 500, and what was changed before is saved with it, as above.
//! - **The response streams its body.** The session is saved when the response's head is there. What the body's stream
//!   changes in it afterwards is lost. A body that still holds the session may read it; such a response gets
//!   `Vary: Cookie` and `Cache-Control: private`, like a response whose session was changed.
//! - **The response has a session cookie already**, as a header or from Rocket's `CookieJar`. Once anything on this side
//!   has touched the session, this side's is sent, and the other one is removed.
//! - **Redirects, upgrades, two requests at once**: these work as in every other framework; the module of the
//!   feature `tower` has the details.

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
/// A session that cannot be saved becomes a 500 of its own; the [module](self) says what happens when.
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

    /// Puts `Option` of a type of your own into the request's local cache, in the place of the [`Session`]: for a second
    /// session in one app. Your type's own guard takes it out of there.
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
    /// Sets whether a line is written to standard error when a session cannot be saved or a handler returned a
    /// [`ValueError`]: the first time for each of these reasons. Default: `true`. With the feature `tracing` there is an
    /// event at level error instead, every time, and no line.
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

/// Returns why the session of a request was not saved; otherwise `None`. It is known after [`SessionFairing`] has
/// seen the response: to fairings that were attached after it, in their `on_response`.
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

/// What the fairings keep in the request.
#[derive(Default)]
struct Cache {
    /// The sessions by cookie name, with the handles that the request itself has.
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
                // Rocket's local client puts its cookies into the jar alone.
                lines = request.cookies().iter().map(|cookie| cookie.stripped().to_string().into()).collect();
            }
            self.sessions.load_cookies(lines.iter().map(|line| line.as_bytes()))
        };
        request.local_cache(|| Some((self.into_cache)(session.clone())));
        let name = self.sessions.cookie_name().to_owned();
        // The request is there until the response is sent: what it holds already, and what is put in here.
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

/// The headers of Rocket's response, which takes them one by one.
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

/// Builds a new response: nothing that the app put into the first one may be sent with it.
fn failed(error: &impl Failure) -> Response<'static> {
    let mut response = Response::build();
    response.status(Status::InternalServerError);
    if let Some(sentence) = error.body() {
        response.raw_header("Content-Type", TEXT).sized_body(sentence.len(), Cursor::new(sentence));
    }
    response.finalize()
}

/// A handler asks for a [`Session`], and no [`SessionFairing`] is attached. Rocket's log has the sentence that says so,
/// and the 500's catcher answers.
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

/// Shows the sentence: Rocket logs a guard's error so.
impl std::fmt::Debug for MissingSessionFairing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

/// The session of the request, as [`SessionFairing`] loaded it.
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

/// A 500, so that a handler may return `Result<_, ValueError>`. Its body holds the sentence in a debug build and nothing
/// in a release build.
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
