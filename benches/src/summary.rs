//! The results of several runs, as tables.

use std::fmt;

use crate::report::{Claim, Costs, Report, Target};
use crate::spread::{Spread, median};

/// Reports of the same races.
pub struct Summary(pub Vec<Report>);

/// A table of costs for each race, and one table of targets.
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Summary(reports) = self;
        for (race, Costs { title, sample, base, contestants }) in reports[0].costs.iter().enumerate() {
            writeln!(f, "\n{title}: {sample}\n")?;
            writeln!(f, "| contestant | ns | times {base} | lowest … highest |\n|---|---:|---:|---:|")?;
            for (place, contestant) in contestants.iter().enumerate() {
                let costs = || reports.iter().map(|report| &report.costs[race].contestants[place]);
                let nanoseconds = median(costs().map(|cost| cost.nanoseconds).collect());
                let Spread { lowest, median, highest } = Spread::new(costs().map(|cost| cost.ratio).collect());
                let name = &contestant.name;
                writeln!(f, "| {name} | {nanoseconds:.0} | {median:.2} | {lowest:.2} … {highest:.2} |")?;
            }
        }
        if reports[0].claims.is_empty() {
            return Ok(());
        }
        writeln!(f, "\nTargets: each a ratio of two costs, taken between neighbours within one run\n")?;
        writeln!(f, "| what | session | target | median of runs | lowest … highest | |")?;
        writeln!(f, "|---|---|---:|---:|---:|---|")?;
        for (place, Claim { what, sample, target, .. }) in reports[0].claims.iter().enumerate() {
            let claims = || reports.iter().map(|report| &report.claims[place]);
            let Spread { lowest, median: middle, highest } =
                Spread::new(claims().map(|claim| claim.measured).collect());
            let best: Vec<f64> = claims().filter_map(|claim| claim.best).collect();
            let best = (!best.is_empty()).then(|| median(best));
            let verdict = verdict(*target, middle, best);
            writeln!(f, "| {what} | {sample} | {target} | {middle:.2} | {lowest:.2} … {highest:.2} | {verdict} |")?;
        }
        Ok(())
    }
}

fn verdict(target: Target, measured: f64, best: Option<f64>) -> String {
    match best {
        _ if target.is_met(measured) => "met".into(),
        Some(best) if !target.is_met(best) => format!("out of reach: the floor alone gets {best:.2}"),
        _ => "**missed**".into(),
    }
}
