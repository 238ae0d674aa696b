//! A web session that is kept in a signed cookie, for any HTTP handler.
//!
//! The session is a dict, written as JSON, signed with HMAC and sent to the browser. You need no database, no shared
//! store and no cleanup job. The visitor can read the session and cannot change it. The cookies are those of Pyramid's
//! `SignedCookieSessionFactory`, byte for byte, so that a Rust service and a Python one can serve one site.
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
//! - [`guide`]: one page for each topic, from the first session to login, rotation and CSRF.
//! - [`Secret`] and [`Secrets`]: the keys that sign, and their rotation.
//! - [`SignedCookieFactory`] and its [`Builder`]: settings, loading, saving.
//! - [`Settings`]: the same settings from a file or the environment.
//! - [`Session`]: the dict, its lifetime, flash messages and the CSRF token.
//! - [`CsrfOrigin`]: a check that one of the site's own pages sent a request.
//! - [`Outcome`]: what became of a request's cookie, for logs.
//! - [`prelude`]: the names that most programs need, in one import.
//!
//! # Features
//! - `getrandom` (default): [`Secret::generate`] and new CSRF tokens, with random bytes from the operating system.
//!   [`Builder::random`] sets your own source.
//! - `tower`: the module `tower` with `SessionLayer`, for hyper, axum, tonic and every other tower service
//!   over `http` 1.
//! - `axum` (brings `tower`): [`Session`] as an extractor, and the module `axum`.
//! - `tower-sessions` (brings `tower`): the module `tower_sessions` with `CookieSessionLayer`, so that axum-login,
//!   axum-messages and the rest of that family run without a store.
//! - `actix-web`: [`Session`] as an extractor, and the module `actix_web` with `SessionMiddleware`.
//! - `rocket`: [`Session`] as a request guard of Rocket 0.5, and the module `rocket` with `SessionFairing`.
//! - `poem`: [`Session`] as an extractor of poem 3, and the module `poem` with `SessionMiddleware`.
//! - `salvo`: [`Session`] as an extractor of salvo 1, and the module `salvo` with `SessionHandler`.
//! - `encrypted`: [`Format`]`::Encrypted`, a session that its visitor cannot read.
//! - `flask`: [`Format`]`::Flask`, the session cookie of Flask and Quart, and the module `flask`, which reads its tags.
//! - `django`: [`Format`]`::Django`, the session cookie of Django's `signed_cookies` engine.
//! - `starlette`: [`Format`]`::Starlette`, the session cookie of Starlette and FastAPI.
//! - `express`: [`Format`]`::Express`, the two cookies of Express' `cookie-session`.
//! - `react-router`: [`Format`]`::ReactRouter`, the session cookie of React Router and Remix.
//! - `rails`: [`Format`]`::Rails`, the encrypted session cookie of Rails 5.2 to 8, with JSON in it.
//! - `cli`: the command `session-cookie`, to inspect, verify, sign and rotate cookies by hand, and the module
//!   `unverified`, with which it reads a cookie that no secret verifies.
//! - `device-bound` (experimental): sessions bound to a device, so that a stolen cookie is valid for a few minutes
//!   only. See the guide's page `device_bound`. It follows a draft of the W3C and may change with it in any minor
//!   release.
//! - `testing`: the module `testing`, for the tests of an app.
//! - `tracing`: an event of the crate `tracing` for each cookie that is read and each session that is saved. The target
//!   is `signed_cookie_session`. The fields are `cookie` (the name), `outcome`, `size`, `limit`, `secret` (0 for the
//!   secret that signs, 1 for the first that only verifies) and `keys` (their number). Events never contain values or
//!   keys. The outcomes `BadSignature`, `Malformed`, `Future` and `Unproven` are warnings. A session that could not be
//!   saved is an error.
//!
//! This crate needs Rust 1.85 or later. The feature `device-bound` needs 1.87, and `salvo` needs 1.95. The newest
//! releases of actix-web and Rocket need a newer Rust too; with an older Rust, Cargo selects an older actix-web 4 or
//! Rocket 0.5.

#![forbid(unsafe_code)]
#![deny(missing_docs, missing_debug_implementations)]
#![cfg_attr(docsrs, feature(doc_cfg))]

// The guide contains no code, so only rustdoc needs it.
#[cfg(doc)]
pub mod guide;

// The order matters: a module imports only from its own folder and from the modules below it.
pub mod prelude;

mod frameworks;

#[cfg(feature = "testing")]
#[cfg_attr(docsrs, doc(cfg(feature = "testing")))]
pub mod testing;

#[cfg(feature = "cli")]
#[cfg_attr(docsrs, doc(cfg(feature = "cli")))]
pub mod unverified;

mod factory;

#[cfg(feature = "device-bound")]
mod device_bound;

mod headers;

mod session;

mod settings;

#[cfg(feature = "flask")]
#[cfg_attr(docsrs, doc(cfg(feature = "flask")))]
pub mod flask;

mod format;

mod json;

mod secret;

#[cfg(feature = "actix-web")]
pub use frameworks::actix_web;
#[cfg(feature = "axum")]
pub use frameworks::axum;
#[cfg(feature = "poem")]
pub use frameworks::poem;
#[cfg(feature = "rocket")]
pub use frameworks::rocket;
#[cfg(feature = "salvo")]
pub use frameworks::salvo;
#[cfg(feature = "tower")]
pub use frameworks::tower;
#[cfg(feature = "tower-sessions")]
pub use frameworks::tower_sessions;

#[cfg(any(feature = "actix-web", feature = "axum"))]
pub use frameworks::csrf_form::CsrfFormError;

#[cfg(feature = "device-bound")]
pub use device_bound::{DeviceBound, answer::DeviceAnswer, fields::SkippedProof};
pub use factory::SignedCookieFactory;
pub use factory::builder::Builder;
pub use factory::former::Former;
pub use format::decode_error::DecodeError;
pub use format::kind::Format;
pub use format::outcome::Outcome;
pub use format::serializer::{BoxError, Serializer};
pub use format::signature::HashAlgorithm;
pub use headers::SessionHeaders;
pub use secret::{Secret, SecretError, Secrets, WeakSecret};
pub use session::Session;
pub use session::csrf_origin::{CsrfOrigin, CsrfOriginError};
pub use session::flash::FlashQueue;
pub use session::save_error::SaveError;
pub use session::value::ValueError;
pub use settings::error::ConfigError;
pub use settings::{SameSite, Settings};

/// Tests the code of the README.
#[cfg(all(doctest, feature = "axum"))]
#[doc = include_str!("../README.md")]
struct Readme;

/// Tests the code of the migration guide. `demo/tests/pyramid` runs its commands.
#[cfg(doctest)]
#[doc = include_str!("../MIGRATING.md")]
struct Migrating;

/// Tests the code of the page on Flask.
#[cfg(all(doctest, feature = "flask"))]
#[doc = include_str!("../docs/migrating/flask.md")]
struct MigratingFromFlask;

/// Tests the code of the page on Django.
#[cfg(all(doctest, feature = "django"))]
#[doc = include_str!("../docs/migrating/django.md")]
struct MigratingFromDjango;

/// Tests the code of the page on Starlette.
#[cfg(all(doctest, feature = "starlette"))]
#[doc = include_str!("../docs/migrating/starlette.md")]
struct MigratingFromStarlette;

/// Tests the code of the page on Express.
#[cfg(all(doctest, feature = "express"))]
#[doc = include_str!("../docs/migrating/express.md")]
struct MigratingFromExpress;

/// Tests the code of the page on Remix.
#[cfg(all(doctest, feature = "react-router"))]
#[doc = include_str!("../docs/migrating/remix.md")]
struct MigratingFromRemix;

/// Tests the code of the page on Rails.
#[cfg(all(doctest, feature = "rails"))]
#[doc = include_str!("../docs/migrating/rails.md")]
struct MigratingFromRails;
