//! Races the library against its peers and prints the table of targets.
//!
//! ```text
//! cargo run --release --manifest-path benches/Cargo.toml [GROUP]...
//! ```

use std::env;
use std::process::ExitCode;

use signed_cookie_session_benches::groups::GROUPS;
use signed_cookie_session_benches::report::Report;

fn main() -> ExitCode {
    let wanted: Vec<String> = env::args().skip(1).collect();
    let known = |name: &String| GROUPS.iter().any(|group| group.name == name);
    if let Some(name) = wanted.iter().find(|name| !known(name)) {
        let names: Vec<&str> = GROUPS.iter().map(|group| group.name).collect();
        eprintln!("no group named {name}; there are: {}", names.join(", "));
        return ExitCode::FAILURE;
    }

    let mut report = Report::default();
    for group in GROUPS {
        if wanted.is_empty() || wanted.iter().any(|name| name == group.name) {
            (group.run)(&mut report);
        }
    }
    println!("\nTargets: each a ratio of two costs, taken between neighbours within one run\n");
    println!("{report}");
    ExitCode::SUCCESS
}
