//! The table, and the numbers for the plot.

use std::fs;

use crate::measure::{Cost, Run};
use crate::page::{PAGES, READ, WRITTEN};
use crate::servers::{SERVERS, Server};
use crate::spread::{Spread, median};

/// The file that `plot_service.py` draws.
const CSV: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../service.csv");

/// The measurements of one round, by server and page.
type Round = [[Cost; 3]];

/// Prints all times, and writes the numbers for the plot.
pub fn print(runs: &[Run]) {
    beside_the_framework(runs);
    beside_ours(runs);
    println!("\nFor orientation, the frameworks alone on this machine:");
    for (place, Server { name, .. }) in SERVERS.iter().enumerate().filter(|(_, server)| server.name == server.framework)
    {
        let processor = figure(runs, |round| round[place][1].processor * 1e6).median;
        let requests = figure(runs, |round| 1.0 / round[place][1].time).median;
        println!("{name}: {requests:.0} requests per second on one thread, {processor:.1} µs a request");
    }
}

/// Prints a row for each server and page, as multiples of the framework alone.
fn beside_the_framework(runs: &[Run]) {
    println!("Times of the framework alone, medians of {} runs; lowest … highest in brackets\n", runs.len());
    println!("| server | page | processor time a request | requests per second | Set-Cookie a page |");
    println!("|---|---|---:|---:|---:|");
    let mut csv = String::from("framework,server,page,lowest,median,highest,requests\n");
    for (place, Server { name, framework, set_cookie, .. }) in SERVERS.iter().enumerate() {
        let alone = find(framework);
        for (index, page) in PAGES.iter().enumerate() {
            let processor = figure(runs, |round| round[place][index].processor / round[alone][index].processor);
            let requests = figure(runs, |round| round[alone][index].time / round[place][index].time);
            let (page, set_cookies) = (page.name, u8::from(set_cookie[index]));
            println!("| {name} | {page} | {} | {} | {set_cookies} |", cell(processor), cell(requests));
            let (Spread { lowest, median, highest }, requests) = (processor, requests.median);
            let row = format!("{framework},\"{name}\",{page},{lowest:.3},{median:.3},{highest:.3},{requests:.3}\n");
            csv.push_str(&row);
        }
    }
    fs::write(CSV, csv).expect("a file for the plot");
}

/// Prints what each server adds to the framework's processor time, as a multiple of what the library adds.
fn beside_ours(runs: &[Run]) {
    println!("\nWhat the session adds to the framework's processor time, ours = 1\n");
    println!("| server | {} | {} |\n|---|---:|---:|", READ.name, WRITTEN.name);
    for (place, Server { name, framework, .. }) in SERVERS.iter().enumerate() {
        if name == framework {
            continue;
        }
        let (alone, ours) = (find(framework), find(&format!("{framework}, ours")));
        let added = |page: usize| {
            let above = |round: &Round, place: usize| round[place][page].processor - round[alone][page].processor;
            cell(figure(runs, |round| above(round, place) / above(round, ours)))
        };
        println!("| {name} | {} | {} |", added(1), added(2));
    }
}

/// Returns the median of each run's rounds.
fn figure(runs: &[Run], of_round: impl Fn(&Round) -> f64) -> Spread {
    Spread::new(runs.iter().map(|run| median(run.0.iter().map(|round| of_round(round)).collect())).collect())
}

fn find(name: &str) -> usize {
    SERVERS.iter().position(|server| server.name == name).expect("a server of that name")
}

fn cell(Spread { lowest, median, highest }: Spread) -> String {
    format!("{median:.2} ({lowest:.2} … {highest:.2})")
}
