//! How long a session lives: what its two times mean at a third one.

use std::time::Duration;

use crate::format::outcome::Refusal;
use crate::format::timestamp::{MAX_CLOCK_SKEW, Timestamp};

/// What browsers allow a cookie at most (RFC 6265bis section 5.5): 400 days.
pub(crate) const MAX_COOKIE_AGE: Duration = Duration::from_secs(400 * 24 * 60 * 60);

pub(crate) struct Expiry {
    pub(crate) timeout: Option<Duration>,
    pub(crate) reissue_time: Option<Duration>,
    pub(crate) absolute_timeout: Option<Duration>,
    pub(crate) valid_since: Option<Timestamp>,
}

impl Expiry {
    /// Whether a session of these times may be used now. `own` is the session's own lifetime, in place of the timeout.
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
        // Whoever once had a secret must not be able to write a session that never ends.
        if renewed.since(now).max(created.since(now)) > MAX_CLOCK_SKEW {
            return Err(Refusal::Future);
        }
        Ok(())
    }

    /// Whether a session is past its timeout.
    pub(crate) fn is_over(&self, renewed: Timestamp, own: Option<Duration>, now: Timestamp) -> bool {
        own.or(self.timeout).is_some_and(|limit| now.since(renewed) > limit)
    }

    /// Whether a session ends by itself some day.
    pub(crate) fn limits_age(&self) -> bool {
        self.timeout.is_some() || self.absolute_timeout.is_some()
    }

    /// Whether reading a session now makes it due for a fresh cookie. Pyramid counts whole seconds here, so that a
    /// second request within the same second sets no second cookie.
    pub(crate) fn reissues(&self, renewed: Timestamp, own: Option<Duration>, now: Timestamp) -> bool {
        // A session whose own lifetime is short must still be renewed before it ends.
        let limit = self.reissue_time.map(|limit| own.map_or(limit, |own| limit.min(own / 10)));
        limit.is_some_and(|limit| now.whole_seconds().since(renewed) > limit)
    }

    /// How long a cookie that is out there could still be used, at most.
    pub(crate) fn longest_life(&self, own: Option<Duration>) -> Duration {
        own.or(self.timeout).or(self.absolute_timeout).unwrap_or(MAX_COOKIE_AGE).min(MAX_COOKIE_AGE)
    }
}
