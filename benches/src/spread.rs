//! A figure of several runs.

/// How many runs make a figure.
pub const RUNS: usize = 9;

#[derive(Clone, Copy, Debug)]
pub struct Spread {
    pub lowest: f64,
    pub median: f64,
    pub highest: f64,
}

impl Spread {
    /// Returns the spread of at least one figure.
    pub fn new(mut figures: Vec<f64>) -> Spread {
        figures.sort_by(f64::total_cmp);
        Spread { lowest: figures[0], median: figures[figures.len() / 2], highest: figures[figures.len() - 1] }
    }
}

pub fn median(figures: Vec<f64>) -> f64 {
    Spread::new(figures).median
}
