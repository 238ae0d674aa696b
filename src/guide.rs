//! The guide: one page for each topic. All its code is compiled and run by the tests.
//!
//! - [`start`]: the first session, step by step.
//! - [`concepts`]: what the signature guarantees, when a session is read and written, how long it is valid.
//! - [`flash`]: messages that the next page shows once.
//! - [`login`]: logging in, logging out, "remember me", logging out everywhere.
#![cfg_attr(
    feature = "device-bound",
    doc = "- [`device_bound`]: binding a session to a device, so that a stolen cookie is valid for a few minutes only."
)]
//! - [`csrf`]: protection against requests that other sites forge.
//! - [`size`]: what fits into a cookie, and what to do if something does not.
//! - [`rotation`]: changing the secret without logging anybody out.
#![cfg_attr(
    feature = "testing",
    doc = "- [`testing`]: testing your app, with logged-in visitors and a clock you control."
)]
//!
//! By framework:
//! - [`hyper`], and every framework without a page of its own
#![cfg_attr(feature = "tower", doc = "- [`tower`]")]
#![cfg_attr(feature = "axum", doc = "- [`axum`]")]
#![cfg_attr(
    feature = "tower-sessions",
    doc = "- [`tower_sessions`](crate::tower_sessions): axum-login, axum-messages and their family"
)]
#![cfg_attr(feature = "actix-web", doc = "- [`actix_web`]")]
#![cfg_attr(feature = "rocket", doc = "- [`rocket`]")]
#![cfg_attr(feature = "poem", doc = "- [`poem`]")]
#![cfg_attr(feature = "salvo", doc = "- [`salvo`]")]
//! - [`edge`]: WebAssembly in a JavaScript host, such as Cloudflare Workers
//! - [`your_own`]: any other framework, for example warp, tonic or lambda

#[doc = include_str!("guide/start.md")]
pub mod start {}

#[doc = include_str!("guide/concepts.md")]
pub mod concepts {}

#[doc = include_str!("guide/flash.md")]
pub mod flash {}

#[doc = include_str!("guide/login.md")]
pub mod login {}

#[cfg(feature = "device-bound")]
#[doc = include_str!("guide/device_bound.md")]
pub mod device_bound {}

#[doc = include_str!("guide/csrf.md")]
pub mod csrf {}

#[doc = include_str!("guide/size.md")]
pub mod size {}

#[doc = include_str!("guide/rotation.md")]
pub mod rotation {}

#[doc = include_str!("guide/hyper.md")]
pub mod hyper {}

#[doc = include_str!("guide/edge.md")]
pub mod edge {}

#[doc = include_str!("guide/your_own.md")]
pub mod your_own {}

#[cfg(feature = "rocket")]
#[doc = include_str!("guide/rocket.md")]
pub mod rocket {}

#[cfg(feature = "poem")]
#[doc = include_str!("guide/poem.md")]
pub mod poem {}

#[cfg(feature = "salvo")]
#[doc = include_str!("guide/salvo.md")]
pub mod salvo {}

#[cfg(feature = "tower")]
#[doc = include_str!("guide/tower.md")]
pub mod tower {}

#[cfg(feature = "axum")]
#[doc = include_str!("guide/axum.md")]
pub mod axum {}

#[cfg(feature = "actix-web")]
#[doc = include_str!("guide/actix_web.md")]
pub mod actix_web {}

#[cfg(feature = "testing")]
#[doc = include_str!("guide/testing.md")]
pub mod testing {}
