//! Each web framework has one file. It loads the session, puts it where handlers find it, and saves it.
//!
//! These files must not depend on the purpose of a session or on the content of a cookie.

#[cfg(feature = "actix-web")]
pub mod actix_web;
#[cfg(feature = "axum")]
pub mod axum;
#[cfg(feature = "poem")]
pub mod poem;
#[cfg(feature = "rocket")]
pub mod rocket;
#[cfg(feature = "salvo")]
pub mod salvo;
#[cfg(feature = "tower")]
pub mod tower;
#[cfg(feature = "tower-sessions")]
pub mod tower_sessions;

// Shared by several frameworks.
#[cfg(any(feature = "actix-web", feature = "poem", feature = "salvo", feature = "tower"))]
mod claimed_name;
#[cfg(any(feature = "actix-web", feature = "axum"))]
pub mod csrf_form;
#[cfg(any(feature = "actix-web", feature = "poem", feature = "rocket", feature = "salvo", feature = "tower"))]
mod failure;
#[cfg(any(feature = "actix-web", feature = "poem", feature = "rocket", feature = "salvo", feature = "tower"))]
mod layer;
