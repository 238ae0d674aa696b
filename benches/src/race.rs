//! Times several contestants in turns.
//!
//! Every target is a ratio, and other programs may use the machine at the same time. criterion and divan time one
//! contestant completely and then the next, so anything that happens in between (another build, a lower clock rate)
//! changes the ratio. Here, the contestants take turns in batches of a fraction of a millisecond. A ratio compares
//! neighbours in one round, and the figure of a race is the median of its rounds.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::contestant::Contestant;
use crate::random::Random;
use crate::spread::median;

/// The number of turns of each contestant.
const ROUNDS: usize = 41;

/// About how long a turn takes.
const TURN: Duration = Duration::from_micros(200);

/// The rounds of a shuffled race. The rounds of the warm-up come before them and do not count.
const SHUFFLED: usize = 201;
const WARM_UP: usize = 5;

/// Whether races only check their contestants.
static CHECK_ONLY: AtomicBool = AtomicBool::new(false);

/// Limits each race of this process to one round of one job each, which shows that every contestant works.
pub fn check_only() {
    CHECK_ONLY.store(true, Ordering::Relaxed);
}

/// The result of a race.
pub struct Standings {
    names: Vec<&'static str>,
    /// Nanoseconds for doing the job once, by round and contestant.
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

/// Lets each contestant do its job once per round, in a new random order, so that no branch predictor has learned the
/// text that is timed. Contestants with the same name are one contestant with several texts.
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

    /// Returns the nanoseconds for doing the job once.
    pub fn cost(&self, name: &str) -> f64 {
        let one = self.place(name);
        self.figure(|round| round[one])
    }

    /// Returns the cost of `name` divided by the cost of `base`.
    pub fn ratio(&self, name: &str, base: &str) -> f64 {
        let (one, other) = (self.place(name), self.place(base));
        self.figure(|round| round[one] / round[other])
    }

    /// Returns the same ratio, with the cost of `alone` subtracted from both.
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

/// Returns how often the job fits into a turn, after caches and branch predictors have warmed up.
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
