//! Tests of the library with frameworks and crates that would take too long to build in each of its own test runs: see
//! `tests/`, a file for each, and `examples/`.
