//! Writes times for people.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// `2026-07-31 12:00:00 UTC`
pub fn utc(at: SystemTime) -> String {
    let seconds = match at.duration_since(UNIX_EPOCH) {
        Ok(after) => after.as_secs() as i64,
        Err(before) => -(before.duration().as_secs() as i64) - i64::from(before.duration().subsec_nanos() > 0),
    };
    let Ok(at) = time::OffsetDateTime::from_unix_timestamp(seconds) else {
        return "beyond the year 9999".into();
    };
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC",
        at.year(),
        at.month() as u8,
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

/// `3 hours ago`, `in 12 minutes`
pub fn from_now(at: SystemTime, now: SystemTime) -> String {
    match now.duration_since(at) {
        Ok(ago) if ago.as_secs() == 0 => "just now".into(),
        Ok(ago) => format!("{} ago", span(ago)),
        Err(ahead) => format!("in {}", span(ahead.duration())),
    }
}

/// `90 seconds`, `2 hours 5 minutes`: the two largest units.
pub fn span(duration: Duration) -> String {
    const UNITS: [(u64, &str); 5] =
        [(365 * 86_400, "year"), (86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")];
    let seconds = duration.as_secs();
    let Some(largest) = UNITS.iter().position(|(unit, _)| seconds >= *unit) else { return "0 seconds".into() };
    let count = |(unit, name): (u64, &str), seconds: u64| {
        let count = seconds / unit;
        (count > 0).then(|| format!("{count} {name}{}", if count == 1 { "" } else { "s" }))
    };
    let first = count(UNITS[largest], seconds);
    let second = UNITS.get(largest + 1).and_then(|unit| count(*unit, seconds % UNITS[largest].0));
    first.into_iter().chain(second).collect::<Vec<_>>().join(" ")
}

/// Unix seconds, to the microsecond.
pub fn unix(at: SystemTime) -> f64 {
    let micros = match at.duration_since(UNIX_EPOCH) {
        Ok(after) => after.as_micros() as f64,
        Err(before) => -(before.duration().as_micros() as f64),
    };
    micros / 1e6
}
