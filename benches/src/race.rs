//! Several contestants timed against each other.
//!
//! Every target is a ratio, and the machine may be shared and noisy. criterion and divan time one
//! contestant to its end and then the next, so whatever the machine does in between (another
//! build, a clock that drops) goes straight into the ratio. Here the contestants take turns in
//! batches of a fraction of a millisecond: a ratio is taken between neighbours of one round, and the
//! median of the rounds is the figure of a race.

use std::time::Duration;

use crate::contestant::Contestant;
use crate::spread::median;

/// Turns that every contestant has.
const ROUNDS: usize = 41;

/// About how long a turn takes.
const TURN: Duration = Duration::from_micros(200);

/// What came out of a race.
pub struct Standings {
    names: Vec<&'static str>,
    /// Nanoseconds for doing the job once: by round, by contestant.
    rounds: Vec<Vec<f64>>,
}

/// Lets the contestants take turns.
pub fn race(mut contestants: Vec<Contestant>) -> Standings {
    let times: Vec<u32> = contestants.iter_mut().map(times_in_a_turn).collect();
    let mut round = || {
        let turns = contestants.iter_mut().zip(&times);
        turns.map(|(contestant, &times)| nanos(contestant.run(times)) / f64::from(times)).collect()
    };
    let rounds = (0..ROUNDS).map(|_| round()).collect();
    Standings { names: contestants.iter().map(|contestant| contestant.name).collect(), rounds }
}

impl Standings {
    pub fn names(&self) -> &[&'static str] {
        &self.names
    }

    /// Nanoseconds for doing the job once.
    pub fn cost(&self, name: &str) -> f64 {
        let one = self.place(name);
        self.figure(|round| round[one])
    }

    /// How many times the cost of `base` the cost of `name` is.
    pub fn ratio(&self, name: &str, base: &str) -> f64 {
        let (one, other) = (self.place(name), self.place(base));
        self.figure(|round| round[one] / round[other])
    }

    fn figure(&self, of_round: impl Fn(&[f64]) -> f64) -> f64 {
        median(self.rounds.iter().map(|round| of_round(round)).collect())
    }

    fn place(&self, name: &str) -> usize {
        self.names.iter().position(|other| *other == name).unwrap_or_else(|| panic!("no contestant named {name}"))
    }
}

/// How often the job fits into a turn, once caches and branch predictors are warm.
fn times_in_a_turn(contestant: &mut Contestant) -> u32 {
    let mut times = 1;
    while contestant.run(times) < TURN && times < 1 << 20 {
        times *= 2;
    }
    times
}

fn nanos(duration: Duration) -> f64 {
    duration.as_nanos() as f64
}
