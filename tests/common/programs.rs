//! Programs that a package of the system brings.

use std::env;
use std::path::PathBuf;

use super::peers::skip;

/// Where the program is. Without it the test is to be [skipped](skip).
pub fn installed(program: &str, package: &str) -> Option<PathBuf> {
    // Servers live in a folder that only root has in its PATH.
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
