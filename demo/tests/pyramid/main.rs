//! The demo beside the real Pyramid: one site, and the commands of `MIGRATING.md`.

#[path = "../common/mod.rs"]
mod common;
#[cfg(unix)]
mod migrating;
#[path = "../../../tests/pyramid/python.rs"]
mod python;
mod site;

/// Returns the script of Pyramid's half of the site.
fn script() -> std::path::PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "..", "tests", "pyramid", "site.py"].iter().collect()
}
