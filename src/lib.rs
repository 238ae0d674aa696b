//! A web session kept in a signed cookie: Pyramid's, byte for byte, around any HTTP handler.
//!
//! The session is a dict, written as JSON, signed with HMAC and sent to the browser: no database, no
//! shared store, nothing to clean up. The user can read it, and cannot change it. It reads and writes
//! the very cookies of Pyramid's `SignedCookieSessionFactory`, so that a Rust service and a Python one
//! can serve one site.
//!
//! ```
//! use signed_cookie_session::{Secret, SignedCookieFactory};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let secret = Secret::generate();
//! # let (request, mut response) = (http::Request::new(()), http::Response::new(()));
//! # /*
//! let secret = Secret::from_env("SESSION_SECRET")?;
//! # */
//! let sessions = SignedCookieFactory::new(secret);
//!
//! let session = sessions.load(request.headers());  // never fails, never blocks
//! let visits: u64 = session.get("visits")?.unwrap_or(0);
//! session.insert("visits", visits + 1)?;
//! session.flash().push("Your item was added.")?;
//! sessions.save(&session, &mut response)?;         // any http::Response
//! # Ok(())
//! # }
//! ```
//!
//! # Where to look
//! - [`guide`]: a page for each question, from the first session to login, rotation and CSRF.
//! - [`Secret`] and [`Secrets`]: what signs, and how it is rotated.
//! - [`SignedCookieFactory`] and its [`Builder`]: settings, loading, saving.
//! - [`Settings`]: the same settings from a file or the environment.
//! - [`Session`]: the dict, its life, its flash messages and its CSRF token.
//! - [`CsrfOrigin`]: whether a request was sent by one of the site's own pages.
//! - [`Outcome`]: why a session is what it is, for logs.
//!
//! # Features
//! - `getrandom` (default): [`Secret::generate`] and new CSRF tokens, from the operating system. A source
//!   of your own goes into [`Builder::random`].
//! - `tower`: the module `tower` with `SessionLayer`, for hyper, axum, tonic and every other tower service
//!   over `http` 1.
//! - `axum` (brings `tower`): [`Session`] as an extractor, and the module `axum`.
//! - `actix-web`: [`Session`] as an extractor, and the module `actix_web` with `SessionMiddleware`.
//! - `cli`: the command `session-cookie`, to inspect, verify, sign and rotate cookies by hand.
//! - `testing`: the module `testing`, for the tests of an app.
//! - `tracing`: what became of each cookie, as events of the crate `tracing` with the target
//!   `signed_cookie_session` and the fields `cookie` (its name), `outcome`, `size`, `limit`, `secret` (0
//!   for the one that signs, 1 for the first that only verifies) and `keys`, never with a value or a key. A bad
//!   signature and a malformed cookie are warnings, a session that could not be saved is an error.
//!
//! None of the features changes the oldest Rust this crate builds with, 1.85. actix-web's newest releases ask
//! for a newer one; on an older one Cargo picks an older actix-web 4.

#![forbid(unsafe_code)]
#![deny(missing_docs, missing_debug_implementations)]
#![cfg_attr(docsrs, feature(doc_cfg))]

// Pages to read, and no code: only rustdoc has a use for it.
#[cfg(doc)]
pub mod guide;

// From the top down; imports go the other way only.
#[cfg(feature = "actix-web")]
pub mod actix_web;
#[cfg(feature = "axum")]
pub mod axum;
#[cfg(feature = "tower")]
pub mod tower;

#[cfg(feature = "testing")]
#[cfg_attr(docsrs, doc(cfg(feature = "testing")))]
pub mod testing;

#[cfg(any(feature = "tower", feature = "actix-web"))]
mod claim;

#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod unverified;

mod builder;
mod factory;

mod caching;
mod decode_error;
mod headers;
mod request_cookie;
mod set_cookie;
mod setting_value;
mod settings;
mod settings_serde;

mod csrf;
mod csrf_origin;
mod csrf_token;
mod flash;
mod items;
mod life;
mod reserved;
mod session;
mod value;

mod clock;
mod events;
mod lifetime;
mod policy;
mod random;
mod record;
mod save_error;
mod wire;

mod config_error;
mod dict;
mod envelope;
mod key;
mod outcome;
mod scan;
mod secret;
mod serializer;
mod signature;
mod span;
mod timestamp;

pub use builder::Builder;
pub use config_error::ConfigError;
pub use csrf_origin::{CsrfOrigin, CsrfOriginError};
pub use decode_error::DecodeError;
pub use factory::SignedCookieFactory;
pub use flash::FlashQueue;
pub use headers::SessionHeaders;
pub use outcome::Outcome;
pub use save_error::SaveError;
pub use secret::{Secret, SecretError, Secrets, WeakSecret};
pub use serializer::{BoxError, Serializer};
pub use session::Session;
pub use settings::{SameSite, Settings};
pub use signature::HashAlgorithm;
pub use value::ValueError;

/// The README's example, compiled as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// The code of the migration guide, likewise; its commands are run by `tests/migrating.rs`.
#[cfg(doctest)]
#[doc = include_str!("../MIGRATING.md")]
struct Migrating;
