//! Times the library and its peers, and prints all times and the table of targets.
//!
//! ```text
//! cargo run --release --manifest-path benches/Cargo.toml [GROUP]...
//! cargo run --release --manifest-path benches/Cargo.toml check
//! ```
//!
//! `check` times nothing. It checks in some seconds whether every contestant does its job.
//!
//! Each run is a separate process, because the addresses of a process's stack and heap change a ratio by a few
//! hundredths, and stay the same until the process ends.

use std::env;
use std::process::{Command, ExitCode, Stdio};

use signed_cookie_session_benches::groups::GROUPS;
use signed_cookie_session_benches::growth::CHARTS;
use signed_cookie_session_benches::pyramid::{self, PYTHON};
use signed_cookie_session_benches::race;
use signed_cookie_session_benches::report::Report;
use signed_cookie_session_benches::spread::RUNS;
use signed_cookie_session_benches::summary::Summary;

/// The argument that makes a process do one run.
const ONE_RUN: &str = "--one-run";

/// The argument that checks all contestants.
const CHECK: &str = "check";

fn main() -> ExitCode {
    let mut wanted: Vec<String> = env::args().skip(1).collect();
    let one_run = wanted.first().is_some_and(|first| first == ONE_RUN);
    if one_run {
        wanted.remove(0);
    }
    if wanted == [CHECK] {
        race::check_only();
        run(&[]);
        let points: usize = CHARTS.iter().map(|chart| chart.points().len()).sum();
        println!("{} groups and {points} points of the charts work", GROUPS.len());
        return ExitCode::SUCCESS;
    }
    let known = |name: &String| GROUPS.iter().any(|group| group.name == name);
    if let Some(name) = wanted.iter().find(|name| !known(name)) {
        let names: Vec<&str> = GROUPS.iter().map(|group| group.name).collect();
        eprintln!("no group named {name}; there are: {}", names.join(", "));
        return ExitCode::FAILURE;
    }
    if one_run {
        println!("{}", serde_json::to_string(&run(&wanted)).expect("numbers and texts"));
        return ExitCode::SUCCESS;
    }
    if pyramid::python().is_none() {
        println!("Pyramid is left out: {PYTHON} does not name a Python with Pyramid.");
    }
    print!("{}", Summary((1..=RUNS).map(|number| run_apart(number, &wanted)).collect()));
    ExitCode::SUCCESS
}

/// Runs the wanted groups once, or all groups if none is wanted.
fn run(wanted: &[String]) -> Report {
    let mut report = Report::default();
    for group in GROUPS {
        if wanted.is_empty() || wanted.iter().any(|name| name == group.name) {
            (group.run)(&mut report);
        }
    }
    report
}

/// Does the same in a separate process.
fn run_apart(number: usize, wanted: &[String]) -> Report {
    eprintln!("run {number} of {RUNS}");
    let program = env::current_exe().expect("a path to this program");
    let output = Command::new(program).arg(ONE_RUN).args(wanted).stderr(Stdio::inherit()).output();
    let output = output.expect("this program starts");
    assert!(output.status.success(), "run {number}: {}", output.status);
    serde_json::from_slice(&output.stdout).expect("a report")
}
