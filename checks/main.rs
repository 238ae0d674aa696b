//! Tests that need large crates of their own: random sessions, and the list of the public API.

mod properties;
mod public_api;
