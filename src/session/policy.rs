//! The policy: of the values a request carried, which one is its session, if any.
//!
//! Puts the wire and the lifetime together. Knows nothing of where the values came from.

use crate::format::outcome::{Outcome, Refusal};
use crate::format::record::Record;
use crate::format::signed::Wire;
use crate::format::timestamp::Timestamp;
use crate::session::clock::Clock;
use crate::session::events::{Events, Loaded};
use crate::session::expiry::Expiry;
use crate::session::random::Random;

/// How many values of one request are tried: a browser sends one for each path and domain, a hostile
/// client as many as it likes.
pub(crate) const MAX_VALUES: usize = 8;

pub(crate) struct Policy {
    pub(crate) wire: Wire,
    pub(crate) expiry: Expiry,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    pub(crate) events: Events,
}

impl Policy {
    /// The session of one value, as it is now.
    #[inline(always)] // see `Record`
    pub(crate) fn read(&self, value: &[u8], now: Timestamp) -> Result<(Record, Outcome), Refusal> {
        let (record, key) = self.open(value, now)?;
        Ok((record, Outcome::from_secret_index(key)))
    }

    /// The same with the key that signed it, 0 for the signing one.
    #[inline(always)] // see `Record`
    fn open(&self, value: &[u8], now: Timestamp) -> Result<(Record, usize), Refusal> {
        let (record, key) = self.wire.read(value)?;
        self.expiry.check(record.renewed.at, record.created.at, now)?;
        Ok((record, key))
    }

    /// The youngest usable session of several values, the first of them on a tie; or else a new
    /// session, and the gravest reason why. What there is to tell of it is the caller's to tell.
    #[inline(always)] // see `Record`
    pub(crate) fn choose<'v>(
        &self,
        values: impl Iterator<Item = &'v [u8]>,
        now: Timestamp,
    ) -> (Record, Outcome, Loaded) {
        let age = |record: &Record| (record.renewed.at, record.created.at);
        let mut chosen: Option<(Record, usize, usize)> = None;
        let mut gravest = None;
        for value in values {
            match self.open(value, now) {
                Ok((record, key)) if chosen.as_ref().is_none_or(|(best, ..)| age(best) < age(&record)) => {
                    chosen = Some((record, key, value.len()));
                }
                Ok(_) => {}
                Err(refusal) => gravest = gravest.max(Some((refusal, value.len()))),
            }
        }
        if let Some((record, key, size)) = chosen {
            let outcome = Outcome::from_secret_index(key);
            let loaded = Loaded::used(outcome, size, key, &record);
            return (record, outcome, loaded);
        }
        let (outcome, size) = gravest.map_or((Outcome::Absent, 0), |(refusal, size)| (refusal.into(), size));
        (Record::new(now), outcome, Loaded::refused(outcome, size))
    }
}
