//! Measures how a session's cost grows, and prints comma-separated values for `plot_growth.py`.
//!
//! ```text
//! cargo run --release --manifest-path benches/Cargo.toml --bin growth > benches/growth.csv
//! ```

use signed_cookie_session_benches::growth::CHARTS;
use signed_cookie_session_benches::spread::Spread;

fn main() {
    println!("chart,series,x,lowest_ns,median_ns,highest_ns");
    for point in CHARTS.iter().flat_map(|chart| chart.points()) {
        let Spread { lowest, median, highest } = point.nanoseconds;
        println!("{},\"{}\",{},{lowest:.1},{median:.1},{highest:.1}", point.chart, point.series, point.x);
    }
}
