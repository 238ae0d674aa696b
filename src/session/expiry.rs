//! How long a session lives: what its two moments mean at a third one.

use std::time::Duration;

use crate::format::outcome::Refusal;
use crate::format::timestamp::Timestamp;

pub(crate) struct Expiry {
    pub(crate) timeout: Option<Duration>,
    pub(crate) reissue_time: Option<Duration>,
    pub(crate) absolute_timeout: Option<Duration>,
    pub(crate) valid_since: Option<Timestamp>,
}

impl Expiry {
    /// Whether a session of these moments may be used now.
    pub(crate) fn check(&self, renewed: Timestamp, created: Timestamp, now: Timestamp) -> Result<(), Refusal> {
        if self.valid_since.is_some_and(|since| created < since) {
            return Err(Refusal::Revoked);
        }
        let over = |limit: Option<Duration>, since| limit.is_some_and(|limit| now.since(since) > limit);
        if over(self.timeout, renewed) || over(self.absolute_timeout, created) {
            return Err(Refusal::Expired);
        }
        Ok(())
    }

    /// Whether reading a session now makes it due for a fresh cookie. Pyramid counts whole seconds
    /// here, so that a second request within the same second sets no second cookie.
    pub(crate) fn reissues(&self, renewed: Timestamp, now: Timestamp) -> bool {
        self.reissue_time.is_some_and(|limit| now.whole_seconds().since(renewed) > limit)
    }
}
