//! The results of one run, in a form that another process can read.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::race::Standings;

/// The races of one run, and their targets.
#[derive(Default, Deserialize, Serialize)]
pub struct Report {
    pub costs: Vec<Costs>,
    pub claims: Vec<Claim>,
}

/// The times of all contestants in one race.
#[derive(Deserialize, Serialize)]
pub struct Costs {
    pub title: String,
    pub sample: String,
    pub base: String,
    pub contestants: Vec<Cost>,
}

#[derive(Deserialize, Serialize)]
pub struct Cost {
    pub name: String,
    pub nanoseconds: f64,
    /// The time divided by the time of the base.
    pub ratio: f64,
}

/// A ratio of two costs, and its target.
#[derive(Deserialize, Serialize)]
pub struct Claim {
    pub what: String,
    pub sample: String,
    pub target: Target,
    pub measured: f64,
    /// The ratio of the floor in place of the library. No library can do better.
    pub best: Option<f64>,
}

#[derive(Clone, Copy, Deserialize, Serialize)]
pub enum Target {
    AtMost(f64),
    AtLeast(f64),
}

impl Report {
    /// Stores the times of all contestants, and their ratios to `base`.
    pub fn costs(&mut self, title: &str, sample: &str, standings: &Standings, base: &str) {
        self.all_costs(title, sample, standings, base, |name| standings.ratio(name, base));
    }

    /// Stores the same, with the time of the framework alone subtracted.
    pub fn costs_above(&mut self, title: &str, sample: &str, standings: &Standings, base: &str, alone: &str) {
        self.all_costs(title, sample, standings, base, |name| standings.ratio_above(name, base, alone));
    }

    fn all_costs(&mut self, title: &str, sample: &str, standings: &Standings, base: &str, ratio: impl Fn(&str) -> f64) {
        let cost = |name: &&str| Cost { name: (*name).into(), nanoseconds: standings.cost(name), ratio: ratio(name) };
        let contestants = standings.names().iter().map(cost).collect();
        self.costs.push(Costs { title: title.into(), sample: sample.into(), base: base.into(), contestants });
    }

    /// Stores a ratio of two costs, and its maximum.
    pub fn at_most(&mut self, what: &str, sample: &str, most: f64, measured: f64) {
        self.claim(what, sample, Target::AtMost(most), measured, None);
    }

    /// Stores a ratio of two costs, and its minimum.
    pub fn at_least(&mut self, what: &str, sample: &str, least: f64, measured: f64) {
        self.claim(what, sample, Target::AtLeast(least), measured, None);
    }

    /// Stores the same, and the ratio of the floor in place of the library.
    pub fn at_least_of(&mut self, what: &str, sample: &str, least: f64, measured: f64, best: f64) {
        self.claim(what, sample, Target::AtLeast(least), measured, Some(best));
    }

    fn claim(&mut self, what: &str, sample: &str, target: Target, measured: f64, best: Option<f64>) {
        self.claims.push(Claim { what: what.into(), sample: sample.into(), target, measured, best });
    }
}

impl Target {
    pub fn is_met(self, measured: f64) -> bool {
        match self {
            Target::AtMost(most) => measured <= most,
            Target::AtLeast(least) => measured >= least,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::AtMost(most) => write!(f, "≤ {most:.2}"),
            Target::AtLeast(least) => write!(f, "≥ {least:.2}"),
        }
    }
}
