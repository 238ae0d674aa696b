//! What one cookie holds: two moments and a dict.

use std::fmt::{self, Write};
use std::time::Duration;

use crate::format::timestamp::Timestamp;
use crate::json::dict::Dict;
#[cfg(feature = "device-bound")]
use crate::json::dict::Member;
use crate::json::span::Span;

/// Where a session's own lifetime stands in the dict, in whole seconds. No method of the dict shows it.
pub(crate) const LIFETIME: &str = "_lifetime_";

/// Where a session says that it is bound to a device. No method of the dict shows it.
#[cfg(feature = "device-bound")]
pub(crate) const BOUND: &str = "_bound_";

/// A session as it stands in a cookie.
///
/// What makes one is inlined into what keeps it: handed from function to function it would be copied
/// each time, which cost a short session a twentieth of its signature.
pub(crate) struct Record {
    pub(crate) renewed: Moment,
    pub(crate) created: Moment,
    pub(crate) dict: Dict,
}

/// A moment, with the text it was read as, so that it can go back as it came.
#[derive(Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) at: Timestamp,
    read: Option<Span>,
}

impl Moment {
    #[inline(always)] // see `Record`
    pub(crate) fn read(text: &str, span: Span) -> Option<Self> {
        Some(Self { at: Timestamp::parse(span.of(text))?, read: Some(span) })
    }

    /// A moment of ours, in microseconds.
    pub(crate) fn now(now: Timestamp) -> Self {
        Self { at: now.whole_micros(), read: None }
    }
}

/// What `renewed` becomes when a session is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Renewal {
    /// The session lives on from now.
    Now(Timestamp),
    /// Only its signature is new: its life is not extended.
    Keep,
}

impl Record {
    /// A session that begins now.
    pub(crate) fn new(now: Timestamp) -> Self {
        Self { renewed: Moment::now(now), created: Moment::now(now), dict: Dict::new() }
    }

    /// The session's own lifetime, where it has one.
    pub(crate) fn lifetime(&self) -> Option<Duration> {
        let seconds = self.dict.get(LIFETIME)?.parse().ok().filter(|seconds| *seconds > 0)?;
        Some(Duration::from_secs(seconds))
    }

    /// Whether it says that it is bound to a device.
    #[cfg(feature = "device-bound")]
    pub(crate) fn is_bound(&self) -> bool {
        self.dict.contains(BOUND)
    }

    /// Makes it say that it is bound to a device.
    #[cfg(feature = "device-bound")]
    pub(crate) fn bind(&mut self) {
        // Its few bytes are never refused: without them a copy of the session would be good anywhere.
        let _ = self.dict.insert(BOUND, Member::new(BOUND, "1"), usize::MAX);
    }

    /// As much room as [`write`](Self::write) needs, and a little more.
    pub(crate) fn text_len(&self) -> usize {
        /// The brackets and the two moments, however they are spelled.
        const FRAME: usize = 64;
        FRAME + self.dict.text_len()
    }

    /// Writes the JSON text of the session, as Pyramid's `json.dumps` lays it out.
    pub(crate) fn write(&self, renewal: Renewal, text: &mut impl Write) -> fmt::Result {
        text.write_char('[')?;
        match renewal {
            Renewal::Now(now) => now.write_seconds(text)?,
            Renewal::Keep => self.moment(self.renewed, text)?,
        }
        text.write_str(", ")?;
        self.moment(self.created, text)?;
        text.write_str(", {")?;
        let mut written = Ok(());
        self.dict.pieces(|piece| written = written.and_then(|()| text.write_str(piece)));
        written?;
        text.write_str("}]")
    }

    fn moment(&self, moment: Moment, text: &mut impl Write) -> fmt::Result {
        match moment.read {
            Some(span) => text.write_str(span.of(self.dict.read())),
            None => write!(text, "{}", moment.at),
        }
    }
}
