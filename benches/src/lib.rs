//! Compares `signed-cookie-session` with its peers, with the frameworks alone, and with the floor, which is only the
//! signature.
//!
//! [`race`] and [`summary`] measure, [`groups`] has the comparisons and their targets, and [`sample`] has the sessions.

pub mod advice;
pub mod contestant;
pub mod encrypted;
pub mod frameworks;
pub mod groups;
pub mod growth;
pub mod mix;
pub mod mixed;
pub mod race;
pub mod random;
pub mod report;
pub mod sample;
pub mod spread;
pub mod summary;

// Libraries that sign cookies.
pub mod floor;
pub mod header;
pub mod hostile;
pub mod jar;
pub mod jwt;
pub mod ours;
pub mod peer;
pub mod pyramid;
pub mod untouched;

// Libraries that keep sessions in a framework.
pub mod actix_app;
pub mod actix_session_store;
pub mod axum_app;
pub mod axum_extra_jar;
pub mod ours_in_actix;
pub mod ours_in_axum;
pub mod seshcookie_layer;
pub mod tower_sessions;
