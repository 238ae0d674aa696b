//! Does one job a number of times, for `instructions.py` to count its instructions under valgrind.
//!
//! ```text
//! instructions decode|encode ours|floor 300|2900 TIMES
//! ```

use std::env;
use std::process::ExitCode;

use signed_cookie_session_benches::contestant::Contestant;
use signed_cookie_session_benches::ours::Ours;
use signed_cookie_session_benches::sample::{Sample, Shape};
use signed_cookie_session_benches::{floor, peer};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let Some((mut contestant, times)) = parse(&arguments) else {
        eprintln!("usage: instructions decode|encode ours|floor 300|2900 TIMES");
        return ExitCode::FAILURE;
    };
    contestant.run(times);
    ExitCode::SUCCESS
}

fn parse(arguments: &[&str]) -> Option<(Contestant, u32)> {
    let &[job, who, bytes, times] = arguments else { return None };
    let sample = match bytes {
        "300" => Sample::new(Shape::Flat { keys: 12 }, 300),
        "2900" => Sample::new(Shape::Flat { keys: 100 }, 2900),
        _ => return None,
    };
    let contestant = match (job, who) {
        ("decode", "ours") => peer::decode::<Ours>(&sample),
        ("decode", "floor") => floor::decode(&sample),
        ("encode", "ours") => peer::encode::<Ours>(&sample),
        ("encode", "floor") => floor::encode(&sample),
        _ => return None,
    };
    Some((contestant, times.parse().ok()?))
}
