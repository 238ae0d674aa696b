//! The policy: of the values a request carried, which one is its session, if any.
//!
//! Puts the wire and the lifetime together. Knows nothing of where the values came from.

use crate::clock::Clock;
use crate::lifetime::Lifetime;
use crate::outcome::{Outcome, Refusal};
use crate::random::Random;
use crate::record::Record;
use crate::timestamp::Timestamp;
use crate::wire::Wire;

/// How many values of one request are tried: a browser sends one for each path and domain, a hostile
/// client as many as it likes.
pub(crate) const MOST_VALUES: usize = 8;

pub(crate) struct Policy {
    pub(crate) wire: Wire,
    pub(crate) lifetime: Lifetime,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
}

impl Policy {
    /// The session of one value, as it is now.
    pub(crate) fn read(&self, value: &[u8], now: Timestamp) -> Result<(Record, Outcome), Refusal> {
        let (record, key) = self.wire.read(value)?;
        self.lifetime.check(record.renewed.at, record.created.at, now)?;
        Ok((record, if key == 0 { Outcome::Valid } else { Outcome::ValidUnderOldSecret }))
    }

    /// The youngest usable session of several values, the first of them on a tie; or else a new
    /// session, and the gravest reason why.
    pub(crate) fn choose<'v>(&self, values: impl Iterator<Item = &'v [u8]>, now: Timestamp) -> (Record, Outcome) {
        let age = |record: &Record| (record.renewed.at, record.created.at);
        let mut chosen: Option<(Record, Outcome)> = None;
        let mut gravest = None;
        for value in values {
            match self.read(value, now) {
                Ok(read) if chosen.as_ref().is_none_or(|(best, _)| age(best) < age(&read.0)) => chosen = Some(read),
                Ok(_) => {}
                Err(refusal) => gravest = gravest.max(Some(refusal)),
            }
        }
        chosen.unwrap_or_else(|| (Record::new(now), gravest.map_or(Outcome::Absent, Outcome::from)))
    }
}
