//! Device-bound sessions: what holds for a visitor, what a thief can do, and what two tabs can do to each other. A real
//! browser does the same in `tests/device_browser/`.

#[path = "../common/mod.rs"]
mod common;
#[cfg(feature = "tracing")]
#[path = "../common/event_lines.rs"]
mod event_lines;

mod endpoints;
#[cfg(feature = "tracing")]
mod events;
mod life;
mod races;
mod site;
mod thief;
