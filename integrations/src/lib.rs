//! Tests of the library with frameworks and crates that are too many to build for each of its own test runs: see
//! `tests/`, a file for each, and `examples/`.
