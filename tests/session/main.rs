//! The content of a session, its life, and the headers that save it.

#[path = "../common/mod.rs"]
mod common;
#[cfg(feature = "tracing")]
#[path = "../common/event_lines.rs"]
mod event_lines;

mod cookie_choice;
#[cfg(feature = "getrandom")]
mod csrf;
#[cfg(feature = "getrandom")]
mod csrf_masked;
mod csrf_origin;
mod dict;
mod end_mark;
#[cfg(feature = "tracing")]
mod events;
mod flash;
mod growth;
mod life;
mod lifetime;
mod limits;
mod response_headers;
mod rotation;
mod serializer;
mod settings;
mod settings_file;
#[cfg(feature = "testing")]
mod testing;
mod time;
mod values;
