//! What must not drift: the documents, the crates that come along. `allocations.rs` is
//! a program of its own: it counts them.

mod documents;
mod feature_set;
