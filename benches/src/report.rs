//! What the races are printed as: a table of costs each, and one table of targets at the end.

use std::fmt;

use crate::race::{Spread, Standings};

/// The targets met and missed so far.
#[derive(Default)]
pub struct Report {
    claims: Vec<Claim>,
}

struct Claim {
    what: &'static str,
    sample: String,
    target: Target,
    measured: Spread,
    /// What the floor would have measured in our place: nothing can do better.
    best: Option<f64>,
}

#[derive(Clone, Copy)]
enum Target {
    AtMost(f64),
    AtLeast(f64),
}

impl Report {
    /// Prints what everybody took, and how many times what `base` took.
    pub fn costs(&self, title: &str, sample: &str, standings: &Standings, base: &str) {
        println!("\n{title}: {sample}\n");
        println!("| contestant | ns | times {base} |\n|---|---:|---:|");
        for name in standings.names() {
            let (cost, ratio) = (standings.cost(name).median, standings.ratio(name, base).median);
            println!("| {name} | {cost:.0} | {ratio:.2} |");
        }
    }

    /// Holds a ratio of two costs against the most it may be.
    pub fn at_most(&mut self, what: &'static str, sample: &str, most: f64, measured: Spread) {
        let sample = sample.to_owned();
        self.claims.push(Claim { what, sample, target: Target::AtMost(most), measured, best: None });
    }

    /// Holds a ratio of two costs against the least it has to be.
    pub fn at_least(&mut self, what: &'static str, sample: &str, least: f64, measured: Spread) {
        let sample = sample.to_owned();
        self.claims.push(Claim { what, sample, target: Target::AtLeast(least), measured, best: None });
    }

    /// The same, with what the floor in our place would have measured.
    pub fn at_least_of(&mut self, what: &'static str, sample: &str, least: f64, measured: Spread, best: Spread) {
        self.at_least(what, sample, least, measured);
        if let Some(claim) = self.claims.last_mut() {
            claim.best = Some(best.median);
        }
    }
}

/// The table of targets.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| what | session | target | median of runs | lowest … highest | |")?;
        writeln!(f, "|---|---|---:|---:|---:|---|")?;
        for claim in &self.claims {
            let Claim { what, sample, target, measured, .. } = claim;
            let Spread { lowest, median, highest } = measured;
            writeln!(
                f,
                "| {what} | {sample} | {target} | {median:.2} | {lowest:.2} … {highest:.2} | {} |",
                claim.verdict()
            )?;
        }
        Ok(())
    }
}

impl Claim {
    fn verdict(&self) -> String {
        match self.best {
            _ if self.target.is_met(self.measured.median) => "met".into(),
            Some(best) if !self.target.is_met(best) => format!("out of reach: the floor alone gets {best:.2}"),
            _ => "**missed**".into(),
        }
    }
}

impl Target {
    fn is_met(self, measured: f64) -> bool {
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
