//! One way to do a job, which can be timed.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// A job that can be repeated, and that returns how long a batch of it took.
pub struct Contestant {
    pub name: &'static str,
    batch: Box<dyn FnMut(u32) -> Duration>,
}

impl Contestant {
    /// Returns a job that is timed around a plain loop.
    pub fn new<T>(name: &'static str, mut job: impl FnMut() -> T + 'static) -> Contestant {
        Contestant::batched(name, move |times| {
            let start = Instant::now();
            for _ in 0..times {
                black_box(job());
            }
            start.elapsed()
        })
    }

    /// Returns a job that times its own batches, inside an executor or in another process.
    pub fn batched(name: &'static str, batch: impl FnMut(u32) -> Duration + 'static) -> Contestant {
        Contestant { name, batch: Box::new(batch) }
    }

    /// Returns the same contestant with another name, for a race of several contestants of its kind.
    pub fn named(self, name: &'static str) -> Contestant {
        Contestant { name, ..self }
    }

    /// Does the job `times` times.
    pub fn run(&mut self, times: u32) -> Duration {
        (self.batch)(times)
    }
}
