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
//! let session = sessions.load(request.headers());          // never fails, never blocks
//! let visits: u64 = session.get("visits")?.unwrap_or(0);
//! session.insert("visits", visits + 1)?;
//! session.flash().push("Your item was added.")?;
//! sessions.save(&session, &mut response)?;                 // any http::Response
//! # Ok(())
//! # }
//! ```
//!
//! # Where to look
//! - [`Secret`] and [`Secrets`]: what signs, and how it is rotated.
//! - [`SignedCookieFactory`] and its [`Builder`]: settings, loading, saving.
//! - [`Session`]: the dict, its life, its flash messages and its CSRF token.
//! - [`CsrfOrigin`]: whether a request was sent by one of the site's own pages.
//! - [`Outcome`]: why a session is what it is, for logs.
//!
//! # Features
//! - `clock` (default): the system's clock.
//! - `getrandom` (default): the operating system's random bytes, for CSRF tokens and
//!   [`Secret::generate`].
//!
//! Without these two, a factory is made by its [`Builder`] alone, which must be given another
//! [`clock`](Builder::clock) and [`random`](Builder::random) source and says so otherwise: nothing
//! then asks the platform for anything, as on `wasm32-unknown-unknown`, where there is nobody to ask.

#![forbid(unsafe_code)]
#![deny(missing_docs, missing_debug_implementations)]
#![cfg_attr(docsrs, feature(doc_cfg))]

// From the top down; imports go the other way only.
mod builder;
mod factory;

mod caching;
mod decode_error;
mod headers;
mod request_cookie;
mod save_error;
mod set_cookie;
mod settings;

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
mod lifetime;
mod policy;
mod random;
mod record;
mod wire;

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
pub use settings::{ConfigError, SameSite};
pub use signature::HashAlgorithm;
pub use value::ValueError;

/// The README's example, compiled as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
