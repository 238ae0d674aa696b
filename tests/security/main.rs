//! What an attacker may try, and what must not be told. `memory.rs` is a program of its own: it looks
//! through all of its process.

#[path = "../common/mod.rs"]
mod common;

mod hostile;
mod odd_json;
mod secrecy;
mod security;
mod timing;
