//! Each web framework, from one browser's point of view.

#[cfg(feature = "actix-web")]
mod actix_web;
#[cfg(feature = "axum")]
mod axum;
#[cfg(any(feature = "actix-web", feature = "axum"))]
mod csrf;
#[cfg(feature = "device-bound")]
mod device_bound;
#[cfg(any(feature = "actix-web", feature = "axum"))]
mod jar;
#[cfg(not(feature = "tracing"))]
mod reported_errors;
mod tower;
