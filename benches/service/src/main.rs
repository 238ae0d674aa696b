//! What a session costs a service: requests per second, and processor time a request.
//!
//! ```text
//! cargo run --release --manifest-path benches/service/Cargo.toml            # the table
//! cargo run --manifest-path benches/service/Cargo.toml -- check             # every answer, some seconds
//! ```
//!
//! Each server is a process of its own with one thread, on 127.0.0.1. The servers take turns of some hundred requests,
//! in an order drawn anew for each round, so that what else the machine does falls on all alike.

mod client;
mod measure;
mod page;
mod process;
mod servers;
mod table;

// The other benches' session, chance and figures.
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

/// Each run starts its servers anew: where a process's stack and heap lie moves a ratio.
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
