//! Programs from packages of the system.

use std::env;
use std::path::PathBuf;

use super::peers::skip;

/// Returns the path of a program. Without it, the test must be [skipped](skip).
pub fn installed(program: &str, package: &str) -> Option<PathBuf> {
    // Servers are in a folder that only root has in its PATH.
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/usr/local/sbin".into()])
        .map(|folder| folder.join(program))
        .find(|file| file.is_file());
    if found.is_none() {
        skip(&format!("{program} is not installed: apt-get install {package}"));
    }
    found
}
