//! A moment as it stands in a cookie: unix seconds, a JSON number.
//!
//! Knows the two spellings Pyramid writes (an int, a float of microseconds) and reads every number
//! that could be a time. The clock is the caller's.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const NANOS: i128 = 1_000_000_000;
/// 0001-01-01, the first day of Python's calendar.
const FIRST: i128 = -62_135_596_800 * NANOS;
/// 10000-01-01, the first day past it.
const END: i128 = 253_402_300_800 * NANOS;

/// Nanoseconds since 1970, between the years 1 and 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Timestamp(i128);

impl Timestamp {
    /// Reads a JSON number of seconds. `None` for what is no number by JSON's grammar (`NaN`, `01`,
    /// `true`) and for what is beyond the calendar.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        let whole_len = digits.bytes().take_while(u8::is_ascii_digit).count();
        let (whole, rest) = digits.split_at(whole_len);
        if whole.is_empty() || (whole.len() > 1 && whole.starts_with('0')) {
            return None;
        }
        let fraction = match rest.strip_prefix('.') {
            Some(rest) => {
                let fraction = &rest[..rest.bytes().take_while(u8::is_ascii_digit).count()];
                (!fraction.is_empty()).then_some(fraction)?
            }
            None => "",
        };
        let exponent = &rest[if fraction.is_empty() { 0 } else { fraction.len() + 1 }..];
        let nanos = if exponent.is_empty() {
            // Digit by digit, so that a microsecond written is the same microsecond read: a float
            // has no room for it in the far future. Twelve digits are beyond the calendar.
            let seconds: i128 = if whole.len() > 12 { return None } else { whole.parse().ok()? };
            seconds * NANOS + nanos_of(fraction)
        } else {
            if !is_exponent(exponent) {
                return None;
            }
            let seconds: f64 = digits.parse().ok()?;
            if seconds > 1e12 {
                return None;
            }
            // Exact to the microsecond for every date Pyramid may write.
            (seconds * 1e6).round() as i128 * 1000
        };
        Self::new(if negative { -nanos } else { nanos })
    }

    /// The moment a clock shows; a clock beyond the calendar stands at its end.
    pub(crate) fn from_system(time: SystemTime) -> Self {
        let nanos = match time.duration_since(UNIX_EPOCH) {
            Ok(after) => after.as_nanos() as i128,
            Err(before) => -(before.duration().as_nanos() as i128),
        };
        Self(nanos.clamp(FIRST, END - 1))
    }

    pub(crate) fn to_system(self) -> Option<SystemTime> {
        let distance = self.0.unsigned_abs();
        let distance = Duration::new((distance / NANOS as u128) as u64, (distance % NANOS as u128) as u32);
        if self.0 < 0 { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) }
    }

    /// The last whole second before it, as Pyramid's `int(time.time())`.
    pub(crate) fn whole_seconds(self) -> Self {
        Self(self.0.div_euclid(NANOS) * NANOS)
    }

    /// The last whole microsecond before it, which is what [`Display`](fmt::Display) writes.
    pub(crate) fn whole_micros(self) -> Self {
        Self(self.0.div_euclid(1000) * 1000)
    }

    /// How long ago `earlier` was; nothing for a time in the future, so that a node whose clock is
    /// behind does not end the sessions of one whose clock is ahead.
    pub(crate) fn since(self, earlier: Self) -> Duration {
        let nanos = (self.0 - earlier.0).max(0);
        Duration::new((nanos / NANOS) as u64, (nanos % NANOS) as u32)
    }

    fn new(nanos: i128) -> Option<Self> {
        let timestamp = Self(nanos);
        // Not every platform's clock reaches as far back as the calendar.
        ((FIRST..END).contains(&nanos) && timestamp.to_system().is_some()).then_some(timestamp)
    }
}

/// The digits behind the point as nanoseconds; what is finer is cut.
fn nanos_of(fraction: &str) -> i128 {
    let digits = fraction.bytes().map(|digit| i128::from(digit - b'0'));
    digits.chain(std::iter::repeat(0)).take(9).fold(0, |nanos, digit| nanos * 10 + digit)
}

fn is_exponent(text: &str) -> bool {
    let Some(digits) = text.strip_prefix(['e', 'E']) else { return false };
    let digits = digits.strip_prefix(['+', '-']).unwrap_or(digits);
    !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit())
}

/// Whole unix seconds, without a point: how `renewed` is written.
pub(crate) struct WholeSeconds(pub(crate) Timestamp);

impl fmt::Display for WholeSeconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.0.div_euclid(NANOS))
    }
}

/// As Python writes a float: `1790000000.25`, `1790000000.0`; at most microseconds.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = (self.0 / 1000).unsigned_abs();
        let (seconds, mut fraction) = (micros / 1_000_000, micros % 1_000_000);
        let mut digits = 6;
        while digits > 1 && fraction % 10 == 0 {
            fraction /= 10;
            digits -= 1;
        }
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}{seconds}.{fraction:0digits$}")
    }
}
