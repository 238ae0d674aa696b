//! Compares the library with the floor and with `SignedJar` on mixed sessions. Prints the median of the classes of the
//! mix, and the worst class.
//!
//! ```text
//! cargo run --release --manifest-path benches/Cargo.toml --bin mixed
//! ```

use std::collections::BTreeMap;
use std::env;
use std::process::Command;

use signed_cookie_session_benches::mixed;
use signed_cookie_session_benches::spread::{Spread, median};

/// Each run is a separate process, because the addresses of its stack and heap change a ratio.
const RUNS: usize = 5;

fn main() {
    if env::args().nth(1).as_deref() == Some("--one-run") {
        for ((what, hash, size), classes) in mixed::run() {
            for (class, ratio) in classes {
                println!("{what}\t{hash}\t{size}\t{class:?}\t{ratio}");
            }
        }
        return;
    }
    let mut figures = BTreeMap::<(String, String, usize), BTreeMap<String, Vec<f64>>>::new();
    for run in 1..=RUNS {
        eprintln!("run {run} of {RUNS}");
        let program = env::current_exe().expect("a path to this program");
        let output = Command::new(program).arg("--one-run").output().expect("this program starts");
        assert!(output.status.success(), "run {run}: {}", String::from_utf8_lossy(&output.stderr));
        for line in String::from_utf8(output.stdout).expect("a table").lines() {
            let cells: Vec<&str> = line.split('\t').collect();
            let row = (cells[0].into(), cells[1].into(), cells[2].parse().expect("a size"));
            let of_class = figures.entry(row).or_default().entry(cells[3].into()).or_default();
            of_class.push(cells[4].parse().expect("a ratio"));
        }
    }
    println!("| what | hash | size | median of the mix | worst class |\n|---|---|---:|---:|---|");
    for ((what, hash, size), classes) in figures {
        let mut classes: Vec<(f64, String)> = classes.into_iter().map(|(class, runs)| (median(runs), class)).collect();
        classes.sort_by(|one, other| one.0.total_cmp(&other.0));
        let middle = Spread::new(classes.iter().map(|(ratio, _)| *ratio).collect()).median;
        // A low ratio to the floor is good, and a high ratio to a peer is good.
        let (worst, class) = if what.ends_with("floor") { &classes[classes.len() - 1] } else { &classes[0] };
        println!("| {what} | {hash} | {size} B | {middle:.2} | {worst:.2}, {class} |");
    }
}
