//! Programs of other people that a test talks to, and what is done where one is missing.

use std::env;

/// Says that a test is skipped, and why; with `REQUIRE_PEERS=1` that is a failure.
pub fn skip(missing: &str) {
    assert!(env::var_os("REQUIRE_PEERS").is_none_or(|value| value != "1"), "{missing}");
    eprintln!("skipped: {missing}");
}
