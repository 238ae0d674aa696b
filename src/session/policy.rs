//! The policy: of the cookies that a request carried, which one is its session, if any.
//!
//! Puts the format and the timeouts together. Knows nothing of where the cookies came from.

use crate::format::Codec;
use crate::format::outcome::{Outcome, Refusal};
use crate::format::record::Record;
use crate::format::timestamp::Timestamp;
use crate::session::clock::Clock;
use crate::session::events::{Events, Loaded};
use crate::session::expiry::Expiry;
use crate::session::random::Random;

/// How many session cookies of one request are tried: a browser sends one for each path and domain, a hostile client
/// as many as it likes.
pub(crate) const MAX_VALUES: usize = 8;

/// How many other cookies of ours are looked at in one request.
pub(crate) const MAX_OTHERS: usize = 16;

/// What a cookie of a request is to us.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Role {
    #[default]
    Session,
    EndMark,
}

pub(crate) struct Policy {
    pub(crate) codec: Codec,
    pub(crate) expiry: Expiry,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    pub(crate) events: Events,
    /// Whether the end of a session leaves a mark, and marks are heeded.
    pub(crate) end_mark: bool,
    pub(crate) flash_limit: Option<usize>,
}

impl Policy {
    /// The session of one value, as it is now.
    #[inline(always)] // see `Record`
    pub(crate) fn read(&self, value: &[u8], now: Timestamp) -> Result<(Record, Outcome), Refusal> {
        let (record, secret_index) = self.open(value, now)?;
        Ok((record, Outcome::from_secret_index(secret_index)))
    }

    /// The same with the secret that signed it, 0 for the signing one.
    #[inline(always)] // see `Record`
    fn open(&self, value: &[u8], now: Timestamp) -> Result<(Record, usize), Refusal> {
        let (record, secret_index) = self.codec.read(value)?;
        self.expiry.check(record.renewed.at, record.created.at, record.lifetime(), now)?;
        Ok((record, secret_index))
    }

    /// The youngest usable session of the cookies, the first of them on a tie; or else a new session, and the gravest
    /// reason why. The caller reports it.
    #[inline(always)] // see `Record`
    pub(crate) fn choose<'v>(
        &self,
        cookies: impl Iterator<Item = (Role, &'v [u8])> + Clone,
        now: Timestamp,
    ) -> (Record, Outcome, Loaded) {
        let age = |record: &Record| (record.renewed.at, record.created.at);
        let has_ended = |created| {
            let mut marks = cookies.clone().filter(|(role, _)| *role == Role::EndMark);
            marks.any(|(_, value)| self.codec.is_end_mark_of(value, created))
        };
        let mut chosen: Option<(Record, usize, usize)> = None;
        let mut gravest = None;
        for (_, value) in cookies.clone().filter(|(role, _)| *role == Role::Session) {
            match self.open(value, now) {
                Ok((record, _)) if has_ended(record.created.at) => {
                    gravest = gravest.max(Some((Refusal::Ended, value.len())));
                }
                Ok((record, secret_index)) if chosen.as_ref().is_none_or(|(best, ..)| age(best) < age(&record)) => {
                    chosen = Some((record, secret_index, value.len()));
                }
                Ok(_) => {}
                Err(refusal) => gravest = gravest.max(Some((refusal, value.len()))),
            }
        }
        if let Some((record, secret_index, size)) = chosen {
            let outcome = Outcome::from_secret_index(secret_index);
            return (record, outcome, Loaded::used(outcome, size, secret_index));
        }
        let (outcome, size) = gravest.map_or((Outcome::Absent, 0), |(refusal, size)| (refusal.into(), size));
        // Of two sessions that begin in one microsecond the mark of one would end the other.
        let mut created = now.whole_micros();
        while has_ended(created) {
            created = created.next_micro();
        }
        (Record::new(created), outcome, Loaded::refused(outcome, size))
    }
}
