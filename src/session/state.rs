//! What is known of a session once its cookie was verified, and what saving it will mean.
//!
//! A plain state machine: the lock around it, and the laziness, are the session's.

use crate::format::outcome::Outcome;
use crate::format::record::{Record, Renewal};
use crate::format::timestamp::Timestamp;
use crate::json::dict::Dict;
use crate::session::expiry::Expiry;

/// What is known once the cookie was verified.
pub(crate) struct State {
    pub(crate) record: Record,
    pub(crate) outcome: Outcome,
    pub(crate) is_new: bool,
    /// Whether the client holds a cookie that a removal would take away.
    carried: bool,
    invalidated: bool,
    /// Whether anybody read it.
    pub(crate) touched: bool,
    change: Change,
}

#[derive(Clone, Copy)]
enum Change {
    None,
    /// Only its signature is out of date.
    SignatureOutdated,
    Written,
}

/// What saving a session means for the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SaveAction {
    /// Nobody touched it: the response has nothing to do with it.
    Untouched,
    /// The response depends on it, and the cookie stays as it is.
    Read,
    Write(Renewal),
    Remove,
}

impl State {
    /// A session as it was read at this moment; what reading it makes it due for counts once it is
    /// [`touched`](Self::touched).
    #[inline(always)] // see `Record`
    pub(crate) fn new(record: Record, outcome: Outcome, carried: bool, expiry: &Expiry, now: Timestamp) -> Self {
        let is_new = !outcome.is_valid();
        let change = match outcome {
            _ if !is_new && expiry.reissues(record.renewed.at, now) => Change::Written,
            Outcome::ValidUnderOldSecret => Change::SignatureOutdated,
            _ => Change::None,
        };
        Self { record, outcome, is_new, carried, invalidated: false, touched: false, change }
    }

    /// Everything gone: what is put in from now on is another session.
    pub(crate) fn invalidate(&mut self, now: Timestamp) {
        self.record = Record::new(now);
        self.is_new = true;
        self.invalidated = true;
        self.change = Change::None;
    }

    /// Changes the dict, and marks it as changed.
    pub(crate) fn change<R>(&mut self, change: impl FnOnce(&mut Dict) -> R) -> R {
        self.change = Change::Written;
        change(&mut self.record.dict)
    }

    /// Changes the dict, and marks it as changed where `change` says that it was.
    pub(crate) fn change_if(&mut self, change: impl FnOnce(&mut Dict) -> bool) -> bool {
        let changed = change(&mut self.record.dict);
        if changed {
            self.change = Change::Written;
        }
        changed
    }

    /// What saving it now means.
    pub(crate) fn plan(&self, now: impl FnOnce() -> Timestamp) -> SaveAction {
        match self.change {
            _ if !self.touched => SaveAction::Untouched,
            _ if self.is_new && self.record.dict.is_empty() => {
                if self.invalidated && self.carried {
                    SaveAction::Remove
                } else {
                    SaveAction::Read
                }
            }
            Change::None => SaveAction::Read,
            Change::SignatureOutdated => SaveAction::Write(Renewal::Keep),
            Change::Written => SaveAction::Write(Renewal::Now(now())),
        }
    }
}
