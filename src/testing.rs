//! Helps an app test its use of sessions: it makes cookies, has a clock that the test moves, and
//! reads what a response did to the session. It needs the feature `testing`.
//!
//! Turn the feature on for tests only:
//! ```toml
//! [dev-dependencies]
//! signed-cookie-session = { version = "0.1", features = ["testing"] }
//! ```
//!
//! If a call here fails, it panics at the line of the test that made the call.
//!
//! # Example
//! ```
//! use std::time::Duration;
//! use http::{HeaderMap, Response};
//! use signed_cookie_session::testing::{Forge, Saved, TestClock, assert_flash};
//! use signed_cookie_session::{Secret, SignedCookieFactory};
//!
//! // The app greets by name and adds a flash message.
//! fn greet(sessions: &SignedCookieFactory, request: &HeaderMap) -> Response<String> {
//!     let session = sessions.load(request);
//!     let name: String = session.get("user").unwrap().unwrap_or("stranger".into());
//!     session.flash().push("You were greeted.").unwrap();
//!     let mut response = Response::new(format!("Hello, {name}."));
//!     sessions.save(&session, &mut response).unwrap();
//!     response
//! }
//!
//! let clock = TestClock::new();
//! let sessions = SignedCookieFactory::builder(Secret::generate()).clock(clock.as_fn()).build()?;
//!
//! let ada = Forge::new(&sessions).with("user", "ada").request_headers();
//! let response = greet(&sessions, &ada);
//! assert_eq!(response.body(), "Hello, ada.");
//! assert_flash(&Saved::by(&sessions, response.headers()).session(), ["You were greeted."]);
//!
//! clock.advance(Duration::from_secs(1201));
//! assert_eq!(greet(&sessions, &ada).body(), "Hello, stranger.");
//! # Ok::<(), signed_cookie_session::ConfigError>(())
//! ```

#[cfg(feature = "actix-web")]
mod actix_client;
#[cfg(feature = "tower")]
mod client;
mod clock;
mod flash;
mod forge;
#[cfg(any(feature = "actix-web", feature = "tower"))]
mod form;
mod jar;
mod saved;

#[cfg(feature = "actix-web")]
#[cfg_attr(docsrs, doc(cfg(feature = "actix-web")))]
pub use actix_client::ActixClient;
#[cfg(feature = "tower")]
#[cfg_attr(docsrs, doc(cfg(feature = "tower")))]
pub use client::Client;
pub use clock::TestClock;
pub use flash::{assert_flash, assert_flash_queue};
pub use forge::Forge;
pub use jar::Jar;
pub use saved::Saved;
