//! Attacks, and secrets that must not be shown. `memory.rs` is a separate program, because it searches its whole
//! process.

#[path = "../common/mod.rs"]
mod common;

mod hostile;
mod odd_json;
mod secrecy;
mod security;
mod timing;
