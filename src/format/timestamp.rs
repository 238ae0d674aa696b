//! The times in a cookie: unix seconds, written as a JSON number.
//!
//! Writes the two forms that Pyramid writes (an int, and a float with microseconds), and reads every number that can be
//! a time. It does not read a clock.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const NANOS: u32 = 1_000_000_000;
/// 0001-01-01, the first day of Python's calendar.
const FIRST: i64 = -62_135_596_800;
/// 10000-01-01, the first day after Python's calendar.
const END: i64 = 253_402_300_800;

/// How far in the future a time in a cookie may be, because the clocks of servers differ. Such a time counts as now.
pub(crate) const MAX_CLOCK_SKEW: Duration = Duration::from_secs(5 * 60);

/// A time between the years 1 and 9999, as seconds since 1970 and nanoseconds.
///
/// It is not one number of 128 bits, because dividing such a number took longer than everything else in reading a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Timestamp {
    seconds: i64,
    nanos: u32,
}

impl Timestamp {
    /// Reads a JSON number of seconds. Returns `None` if the text is not a JSON number (`NaN`, `01`, `true`) or is
    /// outside the calendar.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (whole, whole_len) = digits(unsigned.as_bytes());
        if whole_len == 0 || (whole_len > 1 && unsigned.starts_with('0')) {
            return None;
        }
        let rest = &unsigned[whole_len..];
        let (fraction, exponent) = match rest.strip_prefix('.') {
            Some(rest) => {
                let (fraction, len) = digits(rest.as_bytes());
                (len > 0).then_some(())?;
                // In nanoseconds, rounded down.
                (
                    if len <= 9 { fraction * 10_u64.pow(9 - len as u32) } else { digits(&rest.as_bytes()[..9]).0 },
                    &rest[len..],
                )
            }
            None => (0, rest),
        };
        let distance = if exponent.is_empty() {
            // Read from the digits, so that every microsecond is read back exactly. A float is not precise enough for
            // times in the far future.
            Duration::new(whole, fraction as u32)
        } else {
            // The rest must be an exponent; otherwise Rust does not read a float either. The time is rounded to the
            // microsecond, because a float is precise enough for that today.
            let micros = (unsigned.parse::<f64>().ok()? * 1e6).round();
            Duration::from_micros(if micros < END as f64 * 1e6 { micros as u64 } else { return None })
        };
        if text.len() == unsigned.len() {
            Self::after_1970(distance)
        } else {
            // On some platforms, the clock's type does not reach as far back as the calendar.
            Self::before(distance).filter(|timestamp| timestamp.to_system().is_some())
        }
    }

    /// Returns the time of a clock. A time outside the calendar becomes the first or last time of the calendar.
    pub(crate) fn from_system(time: SystemTime) -> Self {
        match time.duration_since(UNIX_EPOCH) {
            Ok(after) => Self::after_1970(after).unwrap_or(Self { seconds: END - 1, nanos: NANOS - 1 }),
            Err(before) => Self::before(before.duration()).unwrap_or(Self { seconds: FIRST, nanos: 0 }),
        }
    }

    pub(crate) fn to_system(self) -> Option<SystemTime> {
        let nanos = Duration::from_nanos(self.nanos.into());
        match u64::try_from(self.seconds) {
            Ok(after) => UNIX_EPOCH.checked_add(Duration::from_secs(after) + nanos),
            Err(_) => UNIX_EPOCH.checked_sub(Duration::from_secs(self.seconds.unsigned_abs()))?.checked_add(nanos),
        }
    }

    /// Returns the time `seconds` after 1970, or `None` if it is outside the calendar.
    #[allow(dead_code, reason = "for other frameworks' formats")]
    pub(crate) fn from_seconds(seconds: i64) -> Option<Self> {
        (FIRST..END).contains(&seconds).then_some(Self { seconds, nanos: 0 })
    }

    /// Returns the whole seconds since 1970.
    #[allow(dead_code, reason = "for other frameworks' formats")]
    pub(crate) fn seconds(self) -> i64 {
        self.seconds
    }

    /// Rounds down to a whole second, like Pyramid's `int(time.time())`.
    pub(crate) fn whole_seconds(self) -> Self {
        Self { nanos: 0, ..self }
    }

    /// Writes the whole seconds without a decimal point, as `renewed` is written.
    pub(crate) fn write_seconds(self, text: &mut impl fmt::Write) -> fmt::Result {
        text.write_str(itoa::Buffer::new().format(self.seconds))
    }

    /// Rounds down to a whole microsecond, which [`Display`](fmt::Display) writes.
    pub(crate) fn whole_micros(self) -> Self {
        Self { nanos: self.nanos / 1000 * 1000, ..self }
    }

    /// Returns the next microsecond.
    pub(crate) fn next_micro(self) -> Self {
        let nanos = self.nanos + 1000;
        Self { seconds: self.seconds + i64::from(nanos / NANOS), nanos: nanos % NANOS }
    }

    /// Returns the time that is later by `later`, or the last time of the calendar.
    #[cfg(feature = "device-bound")]
    pub(crate) fn after(self, later: Duration) -> Self {
        let nanos = self.nanos + later.subsec_nanos();
        let seconds = self.seconds.saturating_add_unsigned(later.as_secs()).saturating_add(i64::from(nanos / NANOS));
        if seconds < END { Self { seconds, nanos: nanos % NANOS } } else { Self { seconds: END - 1, nanos: NANOS - 1 } }
    }

    /// Returns the whole microseconds since 1970.
    #[cfg(feature = "device-bound")]
    pub(crate) fn micros(self) -> i64 {
        // The calendar of 10,000 years has fewer than 2^59 microseconds.
        self.seconds * 1_000_000 + i64::from(self.nanos / 1000)
    }

    /// Returns the time `micros` after 1970, or before it if negative. Returns `None` if it is outside the calendar.
    #[cfg(feature = "device-bound")]
    pub(crate) fn from_micros(micros: i64) -> Option<Self> {
        let seconds = micros.div_euclid(1_000_000);
        let nanos = (micros.rem_euclid(1_000_000) * 1000) as u32;
        (FIRST..END).contains(&seconds).then_some(Self { seconds, nanos })
    }

    /// Returns how long ago `earlier` was. Returns zero for a time in the future, so that a server whose clock is
    /// behind does not end the sessions of a server whose clock is ahead.
    pub(crate) fn since(self, earlier: Self) -> Duration {
        if self <= earlier {
            return Duration::ZERO;
        }
        let seconds = Duration::from_secs((self.seconds - earlier.seconds).unsigned_abs());
        (seconds + Duration::from_nanos(self.nanos.into())) - Duration::from_nanos(earlier.nanos.into())
    }

    fn after_1970(after_1970: Duration) -> Option<Self> {
        let seconds = i64::try_from(after_1970.as_secs()).ok().filter(|seconds| *seconds < END)?;
        Some(Self { seconds, nanos: after_1970.subsec_nanos() })
    }

    fn before(before_1970: Duration) -> Option<Self> {
        let seconds = -i64::try_from(before_1970.as_secs()).ok()?;
        let timestamp = match before_1970.subsec_nanos() {
            0 => Self { seconds, nanos: 0 },
            nanos => Self { seconds: seconds - 1, nanos: NANOS - nanos },
        };
        (timestamp.seconds >= FIRST).then_some(timestamp)
    }
}

/// Returns the number at the start of a text, and how many digits it has. A number that does not fit into 64 bits
/// becomes the largest one, which is outside the calendar.
fn digits(text: &[u8]) -> (u64, usize) {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold((0, 0), |(number, len): (u64, usize), digit| {
        (number.saturating_mul(10).saturating_add(u64::from(digit - b'0')), len + 1)
    })
}

/// Writes a float as Python does, with at most microseconds: `1790000000.25`, `1790000000.0`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut seconds, mut fraction) = (self.seconds, self.nanos / 1000);
        // The nanoseconds count forward, but a negative number counts backward from zero.
        let sign = if seconds < 0 { "-" } else { "" };
        if seconds < 0 && fraction > 0 {
            (seconds, fraction) = (seconds + 1, 1_000_000 - fraction);
        }
        let mut digits = 6;
        while digits > 1 && fraction % 10 == 0 {
            fraction /= 10;
            digits -= 1;
        }
        write!(f, "{sign}{}.{fraction:0digits$}", seconds.unsigned_abs())
    }
}

#[cfg(test)]
mod tests;
