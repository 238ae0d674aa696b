//! Pyramid's cookies: what the real one wrote, and the real one beside this library.

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
