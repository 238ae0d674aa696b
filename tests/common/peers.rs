//! Other programs that a test needs, and what happens if one is missing.

use std::env;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;

/// Skips a test because a program is missing. With `REQUIRE_PEERS=1`, the test fails instead.
///
/// `cargo test` does not show the output of a test that passes, so the reason is written to a file for `skipped.rs`,
/// which runs last.
pub fn skip(missing: &str) {
    assert!(env::var_os("REQUIRE_PEERS").is_none_or(|value| value != "1"), "{missing}");
    eprintln!("skipped: {missing}");
    let file = OpenOptions::new().create(true).append(true).open(skipped_in_this_run());
    // Each line is one write, so that the lines of several processes do not mix.
    file.and_then(|mut file| file.write_all(format!("{missing}\n").as_bytes())).expect("the reason is kept");
}

/// The file of the reasons. All test programs of one `cargo test` have cargo as their parent.
pub fn skipped_in_this_run() -> PathBuf {
    #[cfg(unix)]
    let run = std::os::unix::process::parent_id();
    #[cfg(not(unix))]
    let run = 0;
    env::temp_dir().join(format!("signed-cookie-session-skipped-{run}"))
}
