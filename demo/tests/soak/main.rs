//! Runs servers under load for some minutes. Checks that there are no errors and that memory does not grow, and
//! measures the cost of the session layer.
//!
//! ```text
//! cargo test --release -p demo --test soak -- --seconds 180
//! ```
//!
//! The pages take turns in rounds of two seconds, so that other work of the machine affects all of them equally:
//! - the demo's page `/`, whose session is read, changed and written, and its `/favicon.ico`, which does not touch it;
//! - in a minimal server, one page with a session and the same page without: the same body, the same headers, as many
//!   bytes, but no `load`, `insert` and `save`. The difference between the two is the cost of the session layer.
//!
//! Other work of the machine changes the requests per second a lot, and the processor time of a request only a little.
//!
//! Every connection is a visitor with its own cookie, whose counter must count each visit. The test fails if a status
//! is not 200, if a visit is not counted, or if a server's memory grows by more than [`MOST_GROWTH`] after the first
//! round. The load comes from this process. The servers are separate processes on 127.0.0.1.

#[path = "../common/mod.rs"]
mod common;
mod floor;
mod server;
mod visitor;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use server::Server;
use visitor::Visitor;

const ROUND: Duration = Duration::from_secs(2);
const VISITORS: usize = 8;

/// The limit in KiB. An allocator may keep a little more memory from one round to the next. A leak of one byte per
/// request exceeds this limit within three minutes.
const MOST_GROWTH: u64 = 1024;

/// A page of one of the servers, which is measured.
struct Route {
    name: &'static str,
    server: usize,
    path: &'static str,
    /// Whether the page shows the session's counter of visits.
    counted: bool,
    /// The requests per second, one number for each round.
    rates: Vec<f64>,
    /// The server's processor time for all rounds, in seconds.
    cpu: f64,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let run = match arguments[..] {
        ["--floor"] => floor::serve(),
        [] => soak(Duration::from_secs(180)),
        ["--seconds", seconds] => match seconds.parse() {
            Ok(seconds) => soak(Duration::from_secs(seconds)),
            Err(_) => Err(format!("--seconds {seconds}: give a whole number")),
        },
        _ => Err("there is one option, --seconds N, and its default is 180".into()),
    };
    match run {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("soak: {sentence}");
            ExitCode::FAILURE
        }
    }
}

fn soak(time: Duration) -> Result<(), String> {
    let servers = [Server::demo()?, Server::floor()?];
    let route = |name, server, path, counted| Route { name, server, path, counted, rates: Vec::new(), cpu: 0.0 };
    let mut routes = [
        route("demo, page with a session", 0, "/", true),
        route("demo, icon", 0, "/favicon.ico", false),
        route("page with a session", 1, "/with", true),
        route("same page without", 1, "/without", false),
    ];
    let mut visitors: Vec<Vec<Visitor>> = routes
        .iter()
        .map(|route| {
            (0..VISITORS).map(|_| Visitor::new(servers[route.server].address, route.path, route.counted)).collect()
        })
        .collect::<Result<_, _>>()?;

    let mut memory: [Vec<u64>; 2] = Default::default();
    let start = Instant::now();
    let mut rounds = 0;
    // At least two rounds, because the first one warms up.
    while start.elapsed() < time || rounds < 2 {
        for (route, visitors) in routes.iter_mut().zip(&mut visitors) {
            let server = &servers[route.server];
            let before = server.cpu()?;
            route.rates.push(round(visitors)?);
            route.cpu += server.cpu()? - before;
        }
        for (memory, server) in memory.iter_mut().zip(&servers) {
            memory.push(server.memory()?);
        }
        rounds += 1;
    }

    println!("{rounds} rounds of {ROUND:?} a page, {VISITORS} connections, {:.0?}", start.elapsed());
    let mut costs = [0.0; 4];
    for ((route, visitors), cost) in routes.iter_mut().zip(&visitors).zip(&mut costs) {
        let requests: u64 = visitors.iter().map(Visitor::visits).sum();
        *cost = route.cpu / requests as f64 * 1e6;
        route.rates.sort_by(f64::total_cmp);
        let [least, .., most] = route.rates[..] else { unreachable!("there are two rounds at least") };
        let median = route.rates[route.rates.len() / 2];
        println!(
            "{:26} {median:6.0} requests/s ({least:.0} to {most:.0}), {cost:.1} µs of CPU time each, {requests} in all",
            route.name
        );
    }
    println!("the session layer alone: {:.1} µs a request", costs[2] - costs[3]);

    let mut grown = Ok(());
    for (memory, server) in memory.iter().zip(&servers) {
        // The first round is for warming up.
        let (warm, last) = (memory[0], memory[memory.len() - 1]);
        println!("{:5} memory: {warm} KiB after the first round, {last} KiB after the last", server.name);
        if last > warm + MOST_GROWTH {
            grown = Err(format!("the {}'s memory grew by {} KiB, above {MOST_GROWTH}", server.name, last - warm));
        }
    }
    grown
}

/// Lets all visitors send requests at the same time. Returns how many were answered per second.
fn round(visitors: &mut [Visitor]) -> Result<f64, String> {
    let before: u64 = visitors.iter().map(Visitor::visits).sum();
    let start = Instant::now();
    std::thread::scope(|scope| {
        let rounds: Vec<_> = visitors.iter_mut().map(|visitor| scope.spawn(|| visitor.visit_for(ROUND))).collect();
        rounds.into_iter().try_for_each(|round| round.join().expect("a visitor does not panic"))
    })?;
    let after: u64 = visitors.iter().map(Visitor::visits).sum();
    Ok((after - before) as f64 / start.elapsed().as_secs_f64())
}
