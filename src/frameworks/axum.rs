//! The session as an axum extractor.
//!
//! Add [`SessionLayer`](crate::tower::SessionLayer) to the router after the last route. Handlers, `from_fn` middleware
//! and your own extractors can then take a [`Session`] as an argument. Within one request they share one session.
//!
//! ```toml
//! signed-cookie-session = { version = "0.1", features = ["axum"] }
//! ```
//!
//! ```
//! use axum::Router;
//! use axum::response::Redirect;
//! use axum::routing::get;
//! use signed_cookie_session::tower::SessionLayer;
//! use signed_cookie_session::{Secret, Session, SignedCookieFactory, ValueError};
//!
//! async fn page(session: Session) -> Result<String, ValueError> {
//!     let messages: Vec<String> = session.flash().pop()?;
//!     Ok(messages.join("\n"))
//! }
//!
//! async fn add(session: Session) -> Result<Redirect, ValueError> {
//!     session.flash().push("Your item was added.")?;
//!     Ok(Redirect::to("/"))
//! }
//!
//! let sessions = SignedCookieFactory::new(Secret::generate());
//! let app: Router = Router::new().route("/", get(page).post(add)).layer(SessionLayer::new(sessions));
//! ```
//!
//! A handler may return a [`ValueError`]. The response is a 500. Its extensions hold the error, and in a debug build
//! its body holds the error's text.
//!
//! Every part of a request that holds the session sees the changes of the others. The methods of [`Session`] never wait
//! for a handler.
//!
//! The module [`tower`](crate::tower#special-cases) describes redirects, panics, streams and upgrades.
//!
//! # An error page
//! If the session cannot be saved, the response is a 500, whose extensions hold a [`SaveError`](crate::SaveError): see
//! [`tower`](crate::tower#a-session-that-cannot-be-saved). A layer around [`SessionLayer`](crate::tower::SessionLayer),
//! which is one that you add after it, can log this error, or a [`ValueError`] from a handler, and answer with your own
//! page. It keeps the headers: the response with a [`ValueError`] carries the session's cookie.
//!
//! ```
//! use axum::body::Body;
//! use axum::extract::Request;
//! use axum::middleware::{Next, from_fn};
//! use axum::response::Response;
//! # use axum::{Router, routing::get};
//! # use signed_cookie_session::tower::SessionLayer;
//! # use signed_cookie_session::{Secret, Session, SignedCookieFactory};
//! use signed_cookie_session::{SaveError, ValueError};
//!
//! async fn explain(request: Request, next: Next) -> Response {
//!     let response = next.run(request).await;
//!     let page = if let Some(error) = response.extensions().get::<SaveError>() {
//!         eprintln!("session not saved: {error}");
//!         "Your cart is full."
//!     } else if let Some(error) = response.extensions().get::<ValueError>() {
//!         eprintln!("session not read: {error}");
//!         "Something went wrong."
//!     } else {
//!         return response;
//!     };
//!     response.map(|_| Body::from(page))
//! }
//!
//! # async fn add(session: Session) { session.insert("essay", "x".repeat(5000)).unwrap() }
//! # async fn odd(session: Session) -> Result<(), ValueError> {
//! #     session.insert("user", "ada")?;
//! #     session.get::<u64>("user").map(drop)
//! # }
//! # let sessions = SignedCookieFactory::new(Secret::generate());
//! # let routes = Router::new().route("/add", get(add)).route("/odd", get(odd));
//! let app = routes.layer(SessionLayer::new(sessions)).layer(from_fn(explain));
//! # let mut app: Router = app;
//! # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
//! # let mut get = |path| {
//! #     let request = axum::http::Request::get(path).body(Body::empty()).unwrap();
//! #     let response = runtime.block_on(tower_service::Service::call(&mut app, request)).unwrap();
//! #     let (parts, body) = response.into_parts();
//! #     (parts, runtime.block_on(axum::body::to_bytes(body, 100)).unwrap())
//! # };
//! # let (full, page) = get("/add");
//! # assert_eq!((full.status.as_u16(), &page[..]), (500, &b"Your cart is full."[..]));
//! # let (odd, page) = get("/odd");
//! # assert_eq!((odd.status.as_u16(), &page[..]), (500, &b"Something went wrong."[..]));
//! # assert!(odd.headers.contains_key("set-cookie") && !full.headers.contains_key("set-cookie"));
//! # Ok::<(), signed_cookie_session::BoxError>(())
//! ```
//!
//! # Two sessions in one app
//! An app can have a short session for the login and a long one for preferences. Give each session its own cookie name
//! and salt. Give the second one its own type, which axum's `Extension` extracts:
//!
//! ```
//! use std::time::Duration;
//! use axum::{Extension, Router, routing::post};
//! use signed_cookie_session::tower::SessionLayer;
//! use signed_cookie_session::{Secret, Session, SignedCookieFactory, ValueError};
//!
//! #[derive(Clone)]
//! struct Prefs(Session);
//!
//! async fn login(session: Session, Extension(Prefs(prefs)): Extension<Prefs>) -> Result<String, ValueError> {
//!     session.regenerate();
//!     session.insert("user", "ada")?;
//!     Ok(prefs.get("theme")?.unwrap_or("light".to_owned()))
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
//! let app: Router = Router::new()
//!     .route("/login", post(login))
//!     .layer(SessionLayer::new(sessions))
//!     .layer(SessionLayer::new(prefs).into_extension(Prefs));
//! # Ok::<(), signed_cookie_session::ConfigError>(())
//! ```

mod csrf_form;

use std::future::{Future, ready};

use axum_core::extract::FromRequestParts;
use axum_core::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;

use crate::frameworks::failure::Failure;
use crate::session::Session;
use crate::session::value::ValueError;

pub use csrf_form::CsrfForm;

/// The error of a handler that takes a [`Session`] if no [`SessionLayer`](crate::tower::SessionLayer) is around its
/// route. The response is a 500 whose body says so.
///
/// # Example
/// ```
/// use signed_cookie_session::axum::MissingSessionLayer;
///
/// assert!(MissingSessionLayer.to_string().contains(".layer(SessionLayer::new(sessions))"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no session in this request: add .layer(SessionLayer::new(sessions)) to the Router, after the routes \
     that use a session (signed_cookie_session::tower::SessionLayer)"
)]
pub struct MissingSessionLayer;

impl IntoResponse for MissingSessionLayer {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, self.to_string()).into_response()
    }
}

/// Extracts the session that [`SessionLayer`](crate::tower::SessionLayer) put into the request.
impl<S> FromRequestParts<S> for Session {
    type Rejection = MissingSessionLayer;

    fn from_request_parts(parts: &mut Parts, _state: &S) -> impl Future<Output = Result<Self, Self::Rejection>> + Send {
        ready(parts.extensions.get::<Self>().cloned().ok_or(MissingSessionLayer))
    }
}

/// Lets a handler return `Result<_, ValueError>`. The response is a 500. Its extensions hold the error, and in a debug
/// build its body holds the error's text.
impl IntoResponse for ValueError {
    fn into_response(self) -> Response {
        let mut response = match self.body() {
            Some(sentence) => sentence.into_response(),
            None => ().into_response(),
        };
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response.extensions_mut().insert(self);
        response
    }
}
