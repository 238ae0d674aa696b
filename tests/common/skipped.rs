//! Runs after all other test programs and says in one line which tests were skipped, and why.

#[allow(dead_code, reason = "the tests use the rest")]
mod peers;

use std::collections::BTreeSet;

fn main() {
    let file = peers::skipped_in_this_run();
    let text = std::fs::read_to_string(&file).unwrap_or_default();
    let _ = std::fs::remove_file(&file);
    let missing: Vec<_> = text.lines().collect::<BTreeSet<_>>().into_iter().collect();
    if !missing.is_empty() {
        println!("\n{} tests were skipped: {}\n", text.lines().count(), missing.join("; "));
    }
}
