//! Device-bound sessions: their life, attacks of a thief, and requests of two tabs at the same time.
//! `tests/device_browser/` uses a real browser.

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
