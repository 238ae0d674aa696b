//! A small program with each of the crates in `COMPARE.md`. It counts visits, and shows a message once on the next page.
//!
//! `tests/programs.rs` runs all programs and compares their text with `COMPARE.md`.

pub mod actix_session;
pub mod ours;
pub mod seshcookie;
pub mod signed_cookie_jar;
pub mod tower_sessions_cookie_store;
