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
    pub(crate) fn parse(text: impl AsRef<[u8]>) -> Option<Self> {
        let text = text.as_ref();
        let unsigned = text.strip_prefix(b"-").unwrap_or(text);
        let (whole, whole_len) = digits(unsigned);
        if whole_len == 0 || (whole_len > 1 && unsigned[0] == b'0') {
            return None;
        }
        let rest = &unsigned[whole_len..];
        let (fraction, exponent) = match rest {
            [b'.', rest @ ..] => {
                let (fraction, len) = digits(rest);
                (len > 0).then_some(())?;
                // In nanoseconds, rounded down.
                let nanos = match POWERS_OF_TEN.get(len) {
                    Some(power) => fraction * (u64::from(NANOS) / power),
                    None => digits(&rest[..9]).0,
                };
                (nanos, &rest[len..])
            }
            rest => (0, rest),
        };
        let distance = if exponent.is_empty() {
            // Read from the digits, so that every microsecond is read back exactly. A float is not precise enough for
            // times in the far future.
            Duration::new(whole, fraction as u32)
        } else {
            // The rest must be an exponent; otherwise Rust does not read a float either. The time is rounded to the
            // microsecond, because a float is precise enough for that today.
            let micros = (std::str::from_utf8(unsigned).ok()?.parse::<f64>().ok()? * 1e6).round();
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

    /// Returns the whole seconds without a decimal point, as `renewed` is written.
    pub(crate) fn text_of_seconds(self) -> Text {
        let mut text = Text::default();
        text.push(itoa::Buffer::new().format(self.seconds).as_bytes());
        text
    }

    /// Returns a float as Python writes it, with at most microseconds: `1790000000.25`, `1790000000.0`.
    pub(crate) fn text(self) -> Text {
        let (mut seconds, mut fraction) = (self.seconds, self.nanos / 1000);
        let mut text = Text::default();
        // The nanoseconds count forward, but a negative number counts backward from zero.
        if seconds < 0 {
            text.push(b"-");
            if fraction > 0 {
                (seconds, fraction) = (seconds + 1, 1_000_000 - fraction);
            }
        }
        text.push(itoa::Buffer::new().format(seconds.unsigned_abs()).as_bytes());
        let mut digits = [b'0'; 6];
        for digit in digits.iter_mut().rev() {
            *digit += (fraction % 10) as u8;
            fraction /= 10;
        }
        let len = digits.iter().rposition(|digit| *digit != b'0').unwrap_or(0) + 1;
        text.push(b".");
        text.push(&digits[..len]);
        text
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
        let seconds = (self.seconds - earlier.seconds).unsigned_abs();
        match self.nanos.checked_sub(earlier.nanos) {
            Some(nanos) => Duration::new(seconds, nanos),
            None => Duration::new(seconds - 1, NANOS - (earlier.nanos - self.nanos)),
        }
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

/// The powers of ten, by their number of zeros.
const POWERS_OF_TEN: [u64; 10] = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000];

/// Returns the number at the start of a text, and how many digits it has. A number that does not fit into 64 bits
/// becomes the largest one, which is outside the calendar.
fn digits(text: &[u8]) -> (u64, usize) {
    /// A number with at most this many digits fits into 64 bits.
    const SHORT: usize = 18;
    let digit = |byte: &u8| Some(byte.wrapping_sub(b'0')).filter(|digit| *digit <= 9).map(u64::from);
    let (mut number, mut len) = match text.first_chunk().and_then(eight_digits) {
        Some(number) => (number, 8),
        None => (0, 0),
    };
    for digit in text[len..].iter().take(SHORT - len).map_while(digit) {
        number = number * 10 + digit;
        len += 1;
    }
    if len < SHORT {
        return (number, len);
    }
    let rest = text[SHORT..].iter().map_while(digit);
    rest.fold((number, len), |(number, len): (u64, usize), digit| {
        (number.saturating_mul(10).saturating_add(digit), len + 1)
    })
}

/// Returns the number that eight digits mean, and reads them at once. Returns `None` if one of them is not a digit.
fn eight_digits(text: &[u8; 8]) -> Option<u64> {
    const fn every(byte: u8) -> u64 {
        u64::from_ne_bytes([byte; 8])
    }
    let text = u64::from_le_bytes(*text);
    // A digit has 3 in its upper half, and still does after 6 is added.
    if (text & every(0xf0)) | ((text.wrapping_add(every(6)) & every(0xf0)) >> 4) != every(0x33) {
        return None;
    }
    // The first digit is the lowest byte: tens and ones become pairs, pairs become fours, fours become the number.
    let pairs = (text & every(0x0f)).wrapping_mul(10 << 8 | 1) >> 8 & 0x00ff_00ff_00ff_00ff;
    let fours = pairs.wrapping_mul(100 << 16 | 1) >> 16 & 0x0000_ffff_0000_ffff;
    Some(fours.wrapping_mul(10_000 << 32 | 1) >> 32)
}

/// The text of a time.
#[derive(Default)]
pub(crate) struct Text {
    /// The longest text: a sign, twelve digits, a point and six digits.
    bytes: [u8; 20],
    len: usize,
}

impl Text {
    fn push(&mut self, text: &[u8]) {
        self.bytes[self.len..][..text.len()].copy_from_slice(text);
        self.len += text.len();
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).expect("digits are ASCII")
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text().as_str())
    }
}

#[cfg(test)]
mod tests;
