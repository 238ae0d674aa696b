//! Decides from its two times whether a session is still valid, and whether it must be renewed.

use std::time::Duration;

use crate::format::Dates;
use crate::format::outcome::Refusal;
use crate::format::record::MAX_COOKIE_AGE;
use crate::format::timestamp::{MAX_CLOCK_SKEW, Timestamp};

pub(crate) struct Expiry {
    pub(crate) timeout: Option<Duration>,
    pub(crate) reissue_time: Option<Duration>,
    pub(crate) absolute_timeout: Option<Duration>,
    pub(crate) valid_since: Option<Timestamp>,
}

impl Expiry {
    /// Checks that a session with these times is valid now. `own` is the session's own lifetime, which replaces the
    /// timeout.
    pub(crate) fn check(
        &self,
        renewed: Timestamp,
        created: Timestamp,
        own: Option<Duration>,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        if self.valid_since.is_some_and(|since| created < since) {
            return Err(Refusal::Revoked);
        }
        let is_past = self.absolute_timeout.is_some_and(|limit| now.since(created) > limit);
        if is_past || self.is_over(renewed, own, now) {
            return Err(Refusal::Expired);
        }
        // Somebody who once had a secret must not be able to write a session that never ends.
        if renewed.since(now).max(created.since(now)) > MAX_CLOCK_SKEW {
            return Err(Refusal::Future);
        }
        Ok(())
    }

    /// Returns whether a session has exceeded its timeout.
    pub(crate) fn is_over(&self, renewed: Timestamp, own: Option<Duration>, now: Timestamp) -> bool {
        own.or(self.timeout).is_some_and(|limit| now.since(renewed) > limit)
    }

    /// Returns whether a limit needs a date that the cookie does not contain. Without it the session would never expire.
    pub(crate) fn needs_dates(&self, dates: Dates) -> bool {
        let needs_created = self.absolute_timeout.is_some() || self.valid_since.is_some();
        match dates {
            Dates::Both => false,
            Dates::Renewed => needs_created,
            Dates::None => needs_created || self.timeout.is_some(),
        }
    }

    /// Returns whether reading a session now must renew its cookie. This counts whole seconds, as Pyramid does, so that
    /// a second request within the same second sets no second cookie.
    pub(crate) fn reissues(&self, renewed: Timestamp, own: Option<Duration>, now: Timestamp) -> bool {
        // A session whose own lifetime is short must still be renewed before it ends.
        let limit = self.reissue_time.map(|limit| own.map_or(limit, |own| limit.min(own / 10)));
        limit.is_some_and(|limit| now.whole_seconds().since(renewed) > limit)
    }

    /// Returns how long a cookie that a browser has could still be valid, at most, in whole seconds.
    pub(crate) fn longest_life(&self, own: Option<Duration>) -> Duration {
        let life = own.or(self.timeout).or(self.absolute_timeout).unwrap_or(MAX_COOKIE_AGE).min(MAX_COOKIE_AGE);
        Duration::from_secs(life.as_secs() + u64::from(life.subsec_nanos() > 0))
    }
}
