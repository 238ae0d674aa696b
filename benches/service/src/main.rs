//! Measures the cost of a session for a service: requests per second, and processor time per request.
//!
//! ```text
//! cargo run --release --manifest-path benches/service/Cargo.toml            # the table
//! cargo run --manifest-path benches/service/Cargo.toml -- check             # every answer, some seconds
//! ```
//!
//! Each server is a separate process with one thread, on 127.0.0.1. The servers take turns of some hundred requests, in
//! a new random order in each round, so that other work of the machine affects all of them equally.

mod client;
mod measure;
mod page;
mod process;
mod servers;
mod table;

// The sessions, random numbers and figures of the other benches.
#[path = "../../src/random.rs"]
#[allow(dead_code)]
mod random;
#[path = "../../src/sample.rs"]
#[allow(dead_code)]
mod sample;
#[path = "../../src/spread.rs"]
#[allow(dead_code)]
mod spread;

use std::env;
use std::process::ExitCode;

use measure::Run;
use process::Process;
use servers::SERVERS;

/// Each run starts new servers, because the addresses of a process's stack and heap change a ratio.
const RUNS: usize = 5;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match *arguments {
        [process::SERVE, name] => {
            let server = SERVERS.iter().find(|server| server.name == name).expect("a server of that name");
            servers::serve(server);
        }
        ["check"] => {
            let processes: Vec<Process> = SERVERS.iter().map(Process::start).collect();
            processes.iter().for_each(page::check);
            println!("{} servers answer as they should, on {} pages each", processes.len(), page::PAGES.len());
        }
        [] => {
            let runs: Vec<Run> = (1..=RUNS)
                .map(|number| {
                    eprintln!("run {number} of {RUNS}");
                    measure::run(number as u64)
                })
                .collect();
            table::print(&runs);
        }
        _ => {
            eprintln!("usage: signed-cookie-session-service-bench [check]");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
