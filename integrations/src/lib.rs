//! Tests of the library with frameworks and crates that take too long to build in each of its own test runs. Each file
//! in `tests/` has one subject.
