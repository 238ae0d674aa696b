//! The session as an axum extractor.
//!
//! Put [`SessionLayer`](crate::tower::SessionLayer) around the routes, after the last of them, and ask
//! for a [`Session`] where you need one: in handlers, in `from_fn` middleware, in extractors of your
//! own. In one request they all hold the same session.
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
//! A handler may return a [`ValueError`]: it becomes a 500, whose extensions hold it and whose body has the sentence in
//! a debug build.
//!
//! A handler may run while other parts of the request hold the session too: no method of it blocks on
//! anything but another one's few instructions, and what one changes the others see.
//!
//! What happens to the session in redirects, panics, streams, upgrades and the like stands in
//! [`tower`](crate::tower).
//!
//! # A session that cannot be saved
//! The response becomes a 500, and the reason is in its extensions: [`tower`](crate::tower#a-session-that-cannot-be-saved)
//! has the details. A layer around [`SessionLayer`](crate::tower::SessionLayer) (one that is added after it) can log it
//! and answer with a page of yours:
//!
//! ```
//! use axum::extract::Request;
//! use axum::http::StatusCode;
//! use axum::middleware::{Next, from_fn};
//! use axum::response::{IntoResponse, Response};
//! # use axum::{Router, routing::get};
//! # use signed_cookie_session::tower::SessionLayer;
//! # use signed_cookie_session::{Secret, Session, SignedCookieFactory};
//! use signed_cookie_session::SaveError;
//!
//! async fn explain(request: Request, next: Next) -> Response {
//!     let response = next.run(request).await;
//!     let Some(error) = response.extensions().get::<SaveError>() else { return response };
//!     eprintln!("session not saved: {error}");
//!     (StatusCode::INTERNAL_SERVER_ERROR, "Your cart is full.").into_response()
//! }
//!
//! # async fn add(session: Session) { session.insert("essay", "x".repeat(5000)).unwrap() }
//! # let sessions = SignedCookieFactory::new(Secret::generate());
//! # let app: Router =
//! Router::new().route("/", get(add)).layer(SessionLayer::new(sessions)).layer(from_fn(explain));
//! ```
//!
//! # Two sessions in one app
//! An app can have a short session for the login and a long one for preferences. The second has a type of its own, and
//! axum's `Extension` extracts it:
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

/// A handler asks for a [`Session`], and no [`SessionLayer`](crate::tower::SessionLayer) is around its
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

/// The session of the request, as [`SessionLayer`](crate::tower::SessionLayer) put it there.
impl<S> FromRequestParts<S> for Session {
    type Rejection = MissingSessionLayer;

    fn from_request_parts(parts: &mut Parts, _state: &S) -> impl Future<Output = Result<Self, Self::Rejection>> + Send {
        ready(parts.extensions.get::<Self>().cloned().ok_or(MissingSessionLayer))
    }
}

/// Becomes a 500 with the error in its extensions, so that a handler may return `Result<_, ValueError>`. The body says
/// what is wrong in a debug build, and is empty in a release build.
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
