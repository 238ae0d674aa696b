//! Does one job several times. `instructions.py` counts its instructions under valgrind.
//!
//! ```text
//! instructions decode|encode ours|floor 300|2900 TIMES
//! instructions decode|encode ours|floor CLASS BYTES TIMES
//! ```
//!
//! With a class of the mix, the job is done for several sessions of this class.

use std::env;
use std::process::ExitCode;

use signed_cookie_session_benches::contestant::Contestant;
use signed_cookie_session_benches::mix::{self, CLASSES};
use signed_cookie_session_benches::ours::Ours;
use signed_cookie_session_benches::sample::{Sample, Shape};
use signed_cookie_session_benches::{floor, peer};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let Some((contestants, times)) = parse(&arguments) else {
        eprintln!("usage: instructions decode|encode ours|floor 300|2900|CLASS BYTES TIMES");
        return ExitCode::FAILURE;
    };
    for mut contestant in contestants {
        contestant.run(times);
    }
    ExitCode::SUCCESS
}

fn parse(arguments: &[&str]) -> Option<(Vec<Contestant>, u32)> {
    /// The number of sessions of a class.
    const SESSIONS: u64 = 8;

    let (samples, job, who, times): (Vec<Sample>, _, _, _) = match *arguments {
        [job, who, "300", times] => (vec![Sample::new(Shape::Flat { keys: 12 }, 300)], job, who, times),
        [job, who, "2900", times] => (vec![Sample::new(Shape::Flat { keys: 100 }, 2900)], job, who, times),
        [job, who, class, bytes, times] => {
            let class = CLASSES.into_iter().find(|other| format!("{other:?}") == class)?;
            let bytes = bytes.parse().ok()?;
            let samples: Vec<Sample> = (0..SESSIONS).map(|seed| mix::sample(class, bytes, seed)).collect();
            println!("{}", samples.iter().map(|sample| sample.json.len()).sum::<usize>());
            (samples, job, who, times)
        }
        _ => return None,
    };
    let contestant = |sample: &Sample| {
        Some(match (job, who) {
            ("decode", "ours") => peer::decode::<Ours>(sample),
            ("decode", "floor") => floor::decode(sample),
            ("encode", "ours") => peer::encode::<Ours>(sample),
            ("encode", "floor") => floor::encode(sample),
            _ => return None,
        })
    };
    Some((samples.iter().map(contestant).collect::<Option<_>>()?, times.parse().ok()?))
}
