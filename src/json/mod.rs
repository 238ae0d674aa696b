//! Finds the members in JSON text without parsing the values, and keeps them as a dict.
//!
//! This module must not depend on time, cookies or Rust types.

pub(crate) mod dict;
pub(crate) mod scan;
pub(crate) mod span;
pub(crate) mod string;
