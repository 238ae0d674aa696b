//! JSON text, kept as text: where things stand in it, and a dict of what was found.
//!
//! Knows nothing of time, cookies or Rust types.

pub(crate) mod dict;
pub(crate) mod scan;
pub(crate) mod span;
pub(crate) mod string;
