//! One small program with each of the crates that `COMPARE.md` compares: it counts visits, and shows
//! a message once, on the page after the one that left it.
//!
//! `tests/programs.rs` runs them all and holds the text of each against the one in `COMPARE.md`.

pub mod actix_session;
pub mod ours;
pub mod seshcookie;
pub mod signed_cookie_jar;
pub mod tower_sessions_cookie_store;
