//! Several contestants timed against each other.
//!
//! Every target is a ratio, and the machine may be shared and noisy. criterion and divan time one
//! contestant to its end and then the next, so whatever the machine does in between (another
//! build, a clock that drops) goes straight into the ratio. Here the contestants take turns in
//! batches of a fraction of a millisecond: a ratio is taken between neighbours of one round, and the
//! median of the rounds is the figure of a race.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::contestant::Contestant;
use crate::random::Random;
use crate::spread::median;

/// Turns that every contestant has.
const ROUNDS: usize = 41;

/// About how long a turn takes.
const TURN: Duration = Duration::from_micros(200);

/// Rounds of a shuffled race, and those before them that do not count.
const SHUFFLED: usize = 201;
const WARM_UP: usize = 5;

/// Whether races only check their contestants.
static CHECK_ONLY: AtomicBool = AtomicBool::new(false);

/// Makes each race of this process one round of one job each: enough to see that every contestant works.
pub fn check_only() {
    CHECK_ONLY.store(true, Ordering::Relaxed);
}

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
    let rounds = (0..rounds(ROUNDS)).map(|_| round()).collect();
    Standings { names: contestants.iter().map(|contestant| contestant.name).collect(), rounds }
}

/// Lets each contestant do its job once a round, in an order drawn anew: no branch predictor has learned the text that
/// is timed. Contestants of one name are one contestant with several texts.
pub fn shuffled(contestants: Vec<Contestant>) -> Standings {
    let mut names: Vec<&'static str> = Vec::new();
    let mut turns = Vec::new();
    for contestant in contestants {
        let place = names.iter().position(|name| *name == contestant.name).unwrap_or_else(|| {
            names.push(contestant.name);
            names.len() - 1
        });
        turns.push((place, contestant));
    }
    let clock = median((0..1000).map(|_| nanos(Instant::now().elapsed())).collect());
    let mut random = Random::new(1);
    let mut round = |_| {
        random.shuffle(&mut turns);
        let mut times = vec![Vec::new(); names.len()];
        for (place, contestant) in &mut turns {
            times[*place].push(nanos(contestant.run(1)) - clock);
        }
        times.into_iter().map(|times| times.iter().sum::<f64>() / times.len() as f64).collect()
    };
    let rounds: Vec<Vec<f64>> = (0..WARM_UP + rounds(SHUFFLED)).map(&mut round).skip(WARM_UP).collect();
    Standings { names, rounds }
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

    /// The same of what each costs above `alone`.
    pub fn ratio_above(&self, name: &str, base: &str, alone: &str) -> f64 {
        let (one, other, alone) = (self.place(name), self.place(base), self.place(alone));
        self.figure(|round| (round[one] - round[alone]) / (round[other] - round[alone]))
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
    if CHECK_ONLY.load(Ordering::Relaxed) {
        return times;
    }
    while contestant.run(times) < TURN && times < 1 << 20 {
        times *= 2;
    }
    times
}

fn rounds(usual: usize) -> usize {
    if CHECK_ONLY.load(Ordering::Relaxed) { 1 } else { usual }
}

fn nanos(duration: Duration) -> f64 {
    duration.as_nanos() as f64
}
