//! What is known of a session once its cookie was verified, and what saving it means.
//!
//! A plain state machine: the lock around it, and the laziness, are the session's.

use std::time::Duration;

use crate::format::outcome::Outcome;
#[cfg(feature = "device-bound")]
use crate::format::record::BOUND;
use crate::format::record::{Moment, Record, Renewal};
use crate::format::timestamp::Timestamp;
use crate::json::dict::Dict;
#[cfg(feature = "device-bound")]
use crate::session::device::{DeviceSave, DeviceState};
use crate::session::expiry::Expiry;
use crate::session::policy::Carried;
use crate::session::reserved_keys;

/// What is known once the cookie was verified.
pub(crate) struct State {
    pub(crate) record: Record,
    pub(crate) outcome: Outcome,
    pub(crate) is_new: bool,
    /// Which cookies the client holds that a removal would take away.
    carried: Carried,
    invalidated: bool,
    access: Access,
    change: Change,
    ended: Option<EndedSession>,
    #[cfg(feature = "device-bound")]
    pub(crate) device: DeviceState,
}

/// Whether the response depends on the session.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Access {
    None,
    /// Somebody asked for its outcome, and for nothing else.
    Outcome,
    Read,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    None,
    /// Only its signature is out of date: its life is not extended.
    SignatureOutdated,
    /// Nothing changed, but its cookie is old enough to be renewed.
    Due,
    Written,
}

/// A session that the request carried and that ended during it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EndedSession {
    pub(crate) created: Timestamp,
    /// How long a copy of its cookie could still be used.
    pub(crate) life: Duration,
}

/// What kind of response a session is saved into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResponseKind {
    Normal,
    /// The server failed. Changes are written, a renewal is not.
    Failed,
    /// The server failed, and nothing may be written but the end of a session.
    FailedKeepingCookie,
}

/// What becomes of the session's cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nobody touched it: the response has nothing to do with it.
    Untouched,
    /// The response depends on it, and the cookie stays as it is.
    Unchanged,
    Remove,
    Write {
        renewal: Renewal,
        /// Whether nothing is lost where it cannot be written.
        is_optional: bool,
    },
}

impl State {
    /// A session as it was read at this moment. A due renewal counts once the session is [`touch`](Self::touch)ed.
    #[inline(always)] // see `Record`
    pub(crate) fn new(
        record: Record,
        (outcome, is_undated): (Outcome, bool),
        carried: Carried,
        expiry: &Expiry,
        now: Timestamp,
    ) -> Self {
        let is_new = !outcome.is_valid();
        let change = match outcome {
            _ if !is_new && expiry.reissues(record.renewed.at, record.lifetime(), now) => Change::Due,
            // A former timeout may be longer than the present one, under which the session would be over at once.
            Outcome::ValidFormer if expiry.is_over(record.renewed.at, record.lifetime(), now) => Change::Due,
            Outcome::ValidUnderOldSecret | Outcome::ValidFormer => Change::SignatureOutdated,
            // Without a date in it the cookie would be young for ever.
            _ if is_undated && expiry.limits_age() => Change::SignatureOutdated,
            _ => Change::None,
        };
        Self {
            record,
            outcome,
            is_new,
            carried,
            invalidated: false,
            access: Access::None,
            change,
            ended: None,
            #[cfg(feature = "device-bound")]
            device: DeviceState::default(),
        }
    }

    /// The same with what its request says of a device.
    #[cfg(feature = "device-bound")]
    pub(crate) fn with_device(mut self, device: DeviceState) -> Self {
        if device.rebound {
            self.record.bind();
            if self.change == Change::None {
                self.change = Change::SignatureOutdated;
            }
        }
        self.device = device;
        self
    }

    /// Has the session written as it is. Its life is not extended.
    #[cfg(feature = "device-bound")]
    pub(crate) fn write_keeping_life(&mut self) {
        self.change = Change::SignatureOutdated;
    }

    /// What saving it means for its device, where this is what becomes of its cookie.
    #[cfg(feature = "device-bound")]
    pub(crate) fn device_save(&self, verdict: Verdict, response: ResponseKind) -> DeviceSave {
        let is_in_the_browser = match verdict {
            Verdict::Write { .. } => true,
            Verdict::Unchanged => !self.is_new,
            Verdict::Untouched | Verdict::Remove => false,
        };
        // Of a response that failed it is not sure which session the browser has.
        let offers = self.device.offer && is_in_the_browser && response == ResponseKind::Normal;
        DeviceSave {
            offer: (offers && !self.record.is_bound()).then_some(self.record.created.at),
            remove: self.invalidated && self.device.has_cookies && verdict != Verdict::Untouched,
        }
    }

    /// Counts as reading it.
    pub(crate) fn touch(&mut self) {
        self.access = Access::Read;
    }

    /// Counts as looking at its outcome alone.
    pub(crate) fn look(&mut self) {
        self.access = self.access.max(Access::Outcome);
    }

    /// Everything gone: what is put in from now on is another session, created at `now`.
    pub(crate) fn invalidate(&mut self, now: Timestamp, expiry: &Expiry) {
        self.end(expiry);
        self.record = Record::new(self.not_ended(now));
        self.is_new = true;
        self.invalidated = true;
        self.change = Change::None;
        #[cfg(feature = "device-bound")]
        {
            self.device.offer = false;
        }
    }

    /// The same data in another session, created at `now`.
    pub(crate) fn regenerate(&mut self, now: Timestamp, expiry: &Expiry) {
        self.end(expiry);
        // The device has signed for the session that ended: this one is to be bound anew.
        #[cfg(feature = "device-bound")]
        if self.record.dict.remove(BOUND) {
            self.device.offer = true;
        }
        let created = self.not_ended(now);
        // A session that began with this request may have been dated on to get out of the way of an end mark.
        let is_later = !self.is_new || created > self.record.created.at;
        self.record.created = Moment::now(if is_later { created } else { self.record.created.at.next_micro() });
        self.change = Change::Written;
    }

    /// Notes that the session which the request carried has ended. One that began with this request is known to
    /// nobody, and needs no mark.
    fn end(&mut self, expiry: &Expiry) {
        if self.outcome.is_valid() && self.ended.is_none() {
            let life = expiry.longest_life(self.record.lifetime());
            self.ended = Some(EndedSession { created: self.record.created.at.whole_micros(), life });
        }
        #[cfg(feature = "device-bound")]
        if let Some(unproven) = self.device.unproven.take() {
            self.ended = Some(unproven);
        }
    }

    /// A time of creation that the end mark does not mean, even on a clock that stands still.
    fn not_ended(&self, now: Timestamp) -> Timestamp {
        let now = now.whole_micros();
        if self.ended.is_some_and(|ended| ended.created == now) { now.next_micro() } else { now }
    }

    /// Changes the dict, and marks it as changed.
    pub(crate) fn change<R>(&mut self, change: impl FnOnce(&mut Dict) -> R) -> R {
        self.change = Change::Written;
        change(&mut self.record.dict)
    }

    /// Changes the dict, and marks it as changed if `change` succeeds.
    pub(crate) fn try_change<R, E>(&mut self, change: impl FnOnce(&mut Dict) -> Result<R, E>) -> Result<R, E> {
        let changed = change(&mut self.record.dict);
        if changed.is_ok() {
            self.change = Change::Written;
        }
        changed
    }

    /// Changes the dict, and marks it as changed if `change` says that it was.
    pub(crate) fn change_if(&mut self, change: impl FnOnce(&mut Dict) -> bool) -> bool {
        let changed = change(&mut self.record.dict);
        if changed {
            self.change = Change::Written;
        }
        changed
    }

    /// Whether no method of the dict shows anything.
    pub(crate) fn is_empty(&self) -> bool {
        self.record.dict.all_keys(reserved_keys::is_hidden)
    }

    /// How many keys the methods of the dict show.
    pub(crate) fn visible_len(&self) -> usize {
        self.record.dict.distinct().iter().filter(|(key, _)| !reserved_keys::is_hidden(key)).count()
    }

    /// The session that ended during this request, where a page still under way could bring it back.
    pub(crate) fn ended(&self) -> Option<EndedSession> {
        self.ended
    }

    /// The former cookies that must not bring back a session that ended, a bit for each.
    pub(crate) fn ended_formers(&self) -> u32 {
        if self.invalidated { self.carried.formers } else { 0 }
    }

    /// The former cookies that the request carried, a bit for each.
    pub(crate) fn carried_formers(&self) -> u32 {
        self.carried.formers
    }

    /// What saving it now means.
    pub(crate) fn verdict(&self, response: ResponseKind, now: impl FnOnce() -> Timestamp) -> Verdict {
        match self.access {
            Access::None => return Verdict::Untouched,
            Access::Outcome => return Verdict::Unchanged,
            Access::Read => {}
        }
        // The browser may be about to prove itself: only a logout or a login takes the place of its session.
        if self.outcome == Outcome::Unproven && self.ended.is_none() {
            return Verdict::Unchanged;
        }
        let ended = self.invalidated || self.outcome == Outcome::Ended;
        // Of a response that failed, the end of a session goes out all the same: a logout holds.
        let keeps_cookie = response == ResponseKind::FailedKeepingCookie;
        if self.is_new && (self.is_empty() || (keeps_cookie && self.invalidated)) {
            return if ended && self.carried.any() { Verdict::Remove } else { Verdict::Unchanged };
        }
        let is_optional = self.change != Change::Written;
        match self.change {
            Change::None => Verdict::Unchanged,
            _ if keeps_cookie || (is_optional && response == ResponseKind::Failed) => Verdict::Unchanged,
            Change::SignatureOutdated => Verdict::Write { renewal: Renewal::Keep, is_optional },
            Change::Due | Change::Written => Verdict::Write { renewal: Renewal::Now(now()), is_optional },
        }
    }
}
