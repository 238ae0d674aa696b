//! The content of one cookie: two times and a dict.

use std::time::Duration;

use crate::format::timestamp::Timestamp;
use crate::json::dict::Dict;
#[cfg(feature = "device-bound")]
use crate::json::dict::Member;
use crate::json::span::Span;

/// The key of a session's own lifetime, in whole seconds. The methods of the dict hide it.
pub(crate) const LIFETIME: &str = "_lifetime_";

/// The longest life of a cookie in browsers (RFC 6265bis section 5.5): 400 days.
pub(crate) const MAX_COOKIE_AGE: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// The key that marks a session as bound to a device. Its value is 1 if the device registered for this session, and
/// otherwise the `created` of the session that it registered for. The methods of the dict hide it.
#[cfg(feature = "device-bound")]
pub(crate) const BOUND: &str = "_bound_";

/// The content of a session's cookie.
///
/// What returns a record is `inline(always)`, so that the record is not copied. For a session of 60 bytes, with `inline`
/// the copies take 2 % of the time of its signature with SHA-512, and 5 % with SHA-256. With neither, 7 % and 18 %.
pub(crate) struct Record {
    pub(crate) renewed: Moment,
    pub(crate) created: Moment,
    pub(crate) dict: Dict,
}

/// A time, with the text from which it was read, so that it can be written back unchanged.
#[derive(Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) at: Timestamp,
    /// An empty span if it was not read. An `Option` would make a [`Record`] too long to be copied without a call.
    read: Span,
}

impl Moment {
    #[inline(always)] // see `Record`
    pub(crate) fn read(text: &[u8], span: Span) -> Option<Self> {
        Some(Self { at: Timestamp::parse(span.of_bytes(text))?, read: span })
    }

    /// Creates the moment `now`, rounded down to a microsecond.
    pub(crate) fn now(now: Timestamp) -> Self {
        Self { at: now.whole_micros(), read: Span::new(0, 0) }
    }
}

/// How `renewed` changes when a session is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Renewal {
    /// `renewed` is set to this time.
    Now(Timestamp),
    /// `renewed` is kept, so that only the signature changes.
    Keep,
}

impl Record {
    /// Creates an empty session that begins now.
    pub(crate) fn new(now: Timestamp) -> Self {
        Self { renewed: Moment::now(now), created: Moment::now(now), dict: Dict::new() }
    }

    /// Returns the session's own lifetime, if it has one. It is at most 400 days, because another application may have
    /// written any number.
    pub(crate) fn lifetime(&self) -> Option<Duration> {
        let seconds = self.dict.get(LIFETIME)?.parse().ok().filter(|seconds| *seconds > 0)?;
        Some(Duration::from_secs(seconds).min(MAX_COOKIE_AGE))
    }

    /// Returns the `created` of the session that the device registered for, or `None` if the session is not bound.
    #[cfg(feature = "device-bound")]
    pub(crate) fn bound_to(&self) -> Option<Timestamp> {
        let registered = self.dict.get(BOUND)?;
        Some(if registered == "1" { None } else { Timestamp::parse(registered) }.unwrap_or(self.created.at))
    }

    /// Marks the session as bound to the device that registers for it now.
    #[cfg(feature = "device-bound")]
    pub(crate) fn bind(&mut self) {
        self.write_bound("1");
    }

    /// Marks the session as bound to the device that registered for the session with this `created`.
    #[cfg(feature = "device-bound")]
    pub(crate) fn bind_to(&mut self, registered: Timestamp) {
        self.write_bound(&registered.to_string());
    }

    #[cfg(feature = "device-bound")]
    fn write_bound(&mut self, json: &str) {
        // There is no size limit here, because without the mark a copy of the session would be valid on any device.
        let _ = self.dict.insert(BOUND, Member::new(BOUND, json), usize::MAX);
    }

    /// Returns the space that [`write`](Self::write) needs, or a little more.
    pub(crate) fn text_len(&self) -> usize {
        /// The brackets and the two times in any spelling.
        const FRAME: usize = 64;
        FRAME + self.dict.text_len()
    }

    /// Writes the JSON text of the session in the layout of Pyramid's `json.dumps`, piece by piece.
    #[inline]
    pub(crate) fn write(&self, renewal: Renewal, mut piece: impl FnMut(&[u8])) {
        let moment = |before: &[u8], moment: Moment, piece: &mut dyn FnMut(&[u8])| {
            piece(before);
            match moment.read.of_bytes(self.dict.read()) {
                [] => piece(moment.at.text().as_bytes()),
                read => piece(read),
            }
        };
        match renewal {
            Renewal::Now(now) => {
                piece(b"[");
                piece(now.text_of_seconds().as_bytes());
            }
            Renewal::Keep => moment(b"[", self.renewed, &mut piece),
        }
        moment(b", ", self.created, &mut piece);
        piece(b", {");
        self.dict.pieces(&mut piece);
        piece(b"}]");
    }
}
