//! Device-bound sessions: what holds for a visitor, what a thief can do, and what two tabs can do to each other. A real
//! browser does the same in `device-test/`.

#[path = "../common/mod.rs"]
mod common;

mod endpoints;
#[cfg(feature = "tracing")]
mod events;
mod life;
mod races;
mod site;
mod thief;
