//! Measures the turns of the servers.

use std::time::Instant;

use crate::client::Connection;
use crate::page::{self, PAGES, Page};
use crate::process::Process;
use crate::random::Random;
use crate::servers::SERVERS;

/// Requests that wait for their answers at the same time.
const CONNECTIONS: usize = 8;

/// Requests of a turn on each connection.
const REQUESTS: usize = 60;

const ROUNDS: usize = 31;

/// The times of one request in a turn, in seconds.
#[derive(Clone, Copy, Default)]
pub struct Cost {
    pub time: f64,
    pub processor: f64,
}

/// The measurements of one run, by round, server and page.
pub struct Run(pub Vec<Vec<[Cost; 3]>>);

pub fn run(seed: u64) -> Run {
    let processes: Vec<Process> = SERVERS.iter().map(Process::start).collect();
    processes.iter().for_each(page::check);
    // Each page has its own visitor, so that a write of one page does not change what another page reads.
    let visitors = |process: &Process| PAGES.map(|_| page::cookies(process));
    let visitors: Vec<[Vec<String>; 3]> = processes.iter().map(visitors).collect();
    let mut turns: Vec<(usize, usize)> =
        (0..processes.len()).flat_map(|server| (0..PAGES.len()).map(move |page| (server, page))).collect();
    let mut random = Random::new(seed);
    let round = |_| {
        random.shuffle(&mut turns);
        let mut costs = vec![[Cost::default(); 3]; processes.len()];
        for &(server, page) in &turns {
            costs[server][page] = turn(&processes[server], PAGES[page], &visitors[server][page]);
        }
        costs
    };
    // The first round warms up.
    Run((0..ROUNDS + 1).map(round).skip(1).collect())
}

/// Sends some hundred requests for one page to one server, and checks each answer.
fn turn(process: &Process, page: Page, cookies: &[String]) -> Cost {
    let mut connections: Vec<Connection> =
        (0..CONNECTIONS).map(|_| Connection::open(process.address, cookies)).collect();
    let mut ask_all = || {
        for connection in &mut connections {
            connection.ask(page.path);
        }
        for connection in &mut connections {
            let answer = connection.answer();
            assert!(page.is_right(process, &answer), "{}, {}: {answer:?}", process.server.name, page.name);
        }
    };
    // The cost of a new connection is not part of the page's cost.
    ask_all();
    let (before, start) = (process.processor_time(), Instant::now());
    for _ in 0..REQUESTS {
        ask_all();
    }
    let (time, processor) = (start.elapsed(), process.processor_time() - before);
    let each = (CONNECTIONS * REQUESTS) as f64;
    Cost { time: time.as_secs_f64() / each, processor: processor.as_secs_f64() / each }
}
