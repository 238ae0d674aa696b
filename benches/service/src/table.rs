//! The table, and the numbers for the plot.

use std::fs;

use crate::measure::{Cost, Run};
use crate::page::{self, PAGES};
use crate::servers::{SERVERS, Server};
use crate::spread::{Spread, median};

/// What `plot_service.py` draws.
const CSV: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../service.csv");

/// Prints a row for each server, as times of its framework alone, and writes the numbers for the plot.
pub fn print(runs: &[Run]) {
    println!("Times of the framework alone, medians of {} runs; lowest … highest in brackets\n", runs.len());
    println!("| server | page | processor time a request | requests per second | Set-Cookie a page |");
    println!("|---|---|---:|---:|---:|");
    let mut csv = String::from("framework,server,page,lowest,median,highest,requests\n");
    for (place, server) in SERVERS.iter().enumerate() {
        let alone = SERVERS.iter().position(|other| other.name == server.framework).expect("the framework alone");
        for (index, page) in PAGES.iter().enumerate() {
            let figure = |of: fn(Cost) -> f64| {
                let ratio = |run: &Run| {
                    median(run.0.iter().map(|round| of(round[place][index]) / of(round[alone][index])).collect())
                };
                Spread::new(runs.iter().map(ratio).collect())
            };
            let processor = figure(|cost| cost.processor);
            let requests = figure(|cost| 1.0 / cost.time);
            let Server { name, framework, .. } = server;
            let set_cookies = u8::from(server.set_cookie[index]);
            println!("| {name} | {} | {} | {} | {set_cookies} |", page.name, cell(processor), cell(requests));
            let Spread { lowest, median, highest } = processor;
            let row = format!(
                "{framework},\"{name}\",{},{lowest:.3},{median:.3},{highest:.3},{:.3}\n",
                page.name, requests.median
            );
            csv.push_str(&row);
        }
    }
    println!("\nWhat the session adds to the framework's processor time, ours = 1\n");
    println!("| server | {} | {} |\n|---|---:|---:|", page::READ.name, page::WRITTEN.name);
    for (place, server) in SERVERS.iter().enumerate().filter(|(_, server)| server.name != server.framework) {
        let find = |name: &str| SERVERS.iter().position(|other| other.name == name).expect("a server of that name");
        let (alone, ours) = (find(server.framework), find(&format!("{}, ours", server.framework)));
        let figure = |page: usize| {
            let above = |round: &[[Cost; 3]], place: usize| round[place][page].processor - round[alone][page].processor;
            let ratio =
                |run: &Run| median(run.0.iter().map(|round| above(round, place) / above(round, ours)).collect());
            cell(Spread::new(runs.iter().map(ratio).collect()))
        };
        println!("| {} | {} | {} |", server.name, figure(1), figure(2));
    }
    println!("\nFor orientation, the frameworks alone on this machine:");
    for (place, server) in SERVERS.iter().enumerate().filter(|(_, server)| server.name == server.framework) {
        let middle =
            |of: fn(Cost) -> f64| median(runs.iter().flat_map(|run| &run.0).map(|round| of(round[place][1])).collect());
        let (requests, processor) = (middle(|cost| 1.0 / cost.time), middle(|cost| cost.processor * 1e6));
        println!("{}: {requests:.0} requests per second on one thread, {processor:.1} µs a request", server.name);
    }
    fs::write(CSV, csv).expect("a file for the plot");
}

fn cell(Spread { lowest, median, highest }: Spread) -> String {
    format!("{median:.2} ({lowest:.2} … {highest:.2})")
}
