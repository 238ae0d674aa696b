//! Checks that documents match the code, and that the number of dependencies does not grow. `allocations.rs` is a
//! separate program, because it counts allocations.

mod documents;
mod feature_set;
