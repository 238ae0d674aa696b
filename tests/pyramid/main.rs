//! Pyramid's cookies: those that the real Pyramid wrote, and the real Pyramid together with this library.

#[path = "../common/mod.rs"]
mod common;

mod differences;
mod live;
#[cfg(all(unix, feature = "getrandom"))]
mod migrating;
mod peer;
mod python;
mod random;
mod suite;
mod vectors;
