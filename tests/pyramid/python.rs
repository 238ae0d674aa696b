//! The Python that has Pyramid, for the tests that talk to it.

use std::env;
use std::ffi::OsString;
use std::process::{Command, Stdio};

pub use crate::common::peers::skip;

/// Returns an interpreter that can import these modules: `PYRAMID_PYTHON`, or `python3`.
///
/// Without one, the test must be [skipped](skip).
pub fn with(modules: &str) -> Option<OsString> {
    let asked_for = env::var_os("PYRAMID_PYTHON");
    let python = asked_for.clone().unwrap_or_else(|| "python3".into());
    let import = Command::new(&python).arg("-c").arg(format!("import {modules}")).stderr(Stdio::null()).status();
    if import.is_ok_and(|status| status.success()) {
        return Some(python);
    }
    assert!(asked_for.is_none(), "{python:?} cannot import {modules}: see tests/pyramid/requirements.txt");
    skip("python3 has no Pyramid: set PYRAMID_PYTHON to a Python with tests/pyramid/requirements.txt");
    None
}
