//! The state of a session after its cookie was verified, and the decision what to save.
//!
//! This is a plain state machine. [`Session`](crate::Session) adds the lock, and verifies the cookie only when it is
//! needed.

use std::time::Duration;

use crate::format::Dates;
use crate::format::outcome::Outcome;
use crate::format::record::{Moment, Record, Renewal};
use crate::format::timestamp::Timestamp;
use crate::json::dict::Dict;
#[cfg(feature = "device-bound")]
use crate::session::device::{DeviceSave, DeviceState};
use crate::session::expiry::Expiry;
use crate::session::policy::Carried;
use crate::session::reserved_keys;

/// The state of a session after its cookie was verified.
pub(crate) struct State {
    pub(crate) record: Record,
    pub(crate) outcome: Outcome,
    pub(crate) is_new: bool,
    /// The cookies of the client that a removal must remove.
    carried: Carried,
    /// How long a copy of the request's cookie could be valid. A change of the lifetime does not change this.
    life: Duration,
    /// The former cookies whose session has ended, one bit for each.
    ended_formers: u32,
    invalidated: bool,
    access: Access,
    change: Change,
    ended: Option<EndedSession>,
    #[cfg(feature = "device-bound")]
    pub(crate) device: DeviceState,
}

/// Where the session of a request comes from.
#[derive(Clone, Copy)]
pub(crate) struct Origin {
    pub(crate) outcome: Outcome,
    /// Which dates its cookie contains.
    pub(crate) dates: Dates,
    /// How long a copy of its former cookie could be valid; zero if the cookie was of the present format.
    pub(crate) former_life: Duration,
    /// The former cookies whose session has ended, one bit for each.
    pub(crate) ended_formers: u32,
}

/// Whether the response depends on the session.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Access {
    None,
    /// Only the outcome was read.
    Outcome,
    Read,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    None,
    /// Only the signature is outdated. Writing does not extend the session's life.
    SignatureOutdated,
    /// Nothing was changed, but the cookie is old enough to be renewed.
    Due,
    Written,
}

/// A session that the request carried and that ended during it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EndedSession {
    pub(crate) created: Timestamp,
    /// How long a copy of its cookie could still be valid.
    pub(crate) life: Duration,
}

/// The kind of response that a session is saved into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResponseKind {
    Normal,
    /// A 5xx. Changes are written, but a renewal is not.
    Failed,
    /// A 5xx with `set_on_exception(false)`. Only the end of a session is written.
    FailedKeepingCookie,
}

/// What saving does to the session's cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nobody touched the session, so the response does not depend on it.
    Untouched,
    /// The response depends on the session, and the cookie stays as it is.
    Unchanged,
    Remove,
    Write {
        renewal: Renewal,
        /// Whether no data is lost if the session cannot be written.
        is_optional: bool,
    },
}

impl State {
    /// Creates the state of a session that was read at `now`. A due renewal takes effect only when the session is
    /// [`touch`](Self::touch)ed.
    #[inline(always)] // see `Record`
    pub(crate) fn new(record: Record, origin: Origin, carried: Carried, expiry: &Expiry, now: Timestamp) -> Self {
        let Origin { outcome, dates, former_life, ended_formers } = origin;
        let is_new = !outcome.is_valid();
        let lifetime = record.lifetime();
        let change = match outcome {
            _ if !is_new && expiry.reissues(record.renewed.at, lifetime, now) => Change::Due,
            // A former timeout may be longer than the present one. Without a renewal, the session would then expire at
            // once.
            Outcome::ValidFormer if expiry.is_over(record.renewed.at, lifetime, now) => Change::Due,
            Outcome::ValidUnderOldSecret | Outcome::ValidFormer => Change::SignatureOutdated,
            _ if expiry.needs_dates(dates) => Change::SignatureOutdated,
            _ => Change::None,
        };
        Self {
            record,
            outcome,
            is_new,
            carried,
            life: expiry.longest_life(lifetime).max(former_life),
            ended_formers,
            invalidated: false,
            access: Access::None,
            change,
            ended: None,
            #[cfg(feature = "device-bound")]
            device: DeviceState::default(),
        }
    }

    /// Adds the state of the session's device.
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

    /// Makes saving write the session without extending its life.
    #[cfg(feature = "device-bound")]
    pub(crate) fn write_keeping_life(&mut self) {
        self.change = Change::SignatureOutdated;
    }

    /// Returns what saving does to the device's cookies if it does `verdict` to the session's cookie.
    #[cfg(feature = "device-bound")]
    pub(crate) fn device_save(&self, verdict: Verdict, response: ResponseKind) -> DeviceSave {
        let is_in_the_browser = match verdict {
            Verdict::Write { .. } => true,
            Verdict::Unchanged => !self.is_new,
            Verdict::Untouched | Verdict::Remove => false,
        };
        // After a failed response, it is not certain which session the browser has.
        let offers = self.device.offer && is_in_the_browser && response == ResponseKind::Normal;
        DeviceSave {
            offer: (offers && self.record.bound_to().is_none()).then_some(self.record.created.at),
            remove: self.invalidated && self.device.has_cookies && verdict != Verdict::Untouched,
        }
    }

    /// Counts as reading the session.
    pub(crate) fn touch(&mut self) {
        self.access = Access::Read;
    }

    /// Counts as reading only the outcome.
    pub(crate) fn look(&mut self) {
        self.access = self.access.max(Access::Outcome);
    }

    /// Ends the session and drops its data. Values that are inserted later begin another session, created at `now`.
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

    /// Ends the session and begins another one with the same data, created at `now`.
    pub(crate) fn regenerate(&mut self, now: Timestamp, expiry: &Expiry) {
        self.end(expiry);
        // The session stays bound: otherwise a thief could get an unbound one from any page that regenerates.
        #[cfg(feature = "device-bound")]
        if let Some(registered) = self.record.bound_to() {
            self.record.bind_to(registered);
        }
        let created = self.not_ended(now);
        // To avoid an end mark, a session that began with this request may have a time later than the clock's.
        let is_later = !self.is_new || created > self.record.created.at;
        self.record.created = Moment::now(if is_later { created } else { self.record.created.at.next_micro() });
        self.change = Change::Written;
    }

    /// Records that the session of the request has ended. A session that began with this request has never been sent,
    /// so it needs no end mark.
    fn end(&mut self, expiry: &Expiry) {
        if self.outcome.is_valid() && self.ended.is_none() {
            let life = expiry.longest_life(self.record.lifetime()).max(self.life);
            self.ended = Some(EndedSession { created: self.record.created.at.whole_micros(), life });
        }
        #[cfg(feature = "device-bound")]
        if let Some(unproven) = self.device.unproven.take() {
            self.ended = Some(unproven);
        }
    }

    /// Returns a time of creation that differs from the one in the end mark, even if the clock stands still.
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

    /// Returns whether the methods of the dict show no keys.
    pub(crate) fn is_empty(&self) -> bool {
        self.record.dict.all_keys(reserved_keys::is_hidden)
    }

    /// Returns how many keys the methods of the dict show.
    pub(crate) fn visible_len(&self) -> usize {
        self.record.dict.distinct().iter().filter(|(key, _)| !reserved_keys::is_hidden(key)).count()
    }

    /// Returns the session that ended during this request, if a page that is still loading could bring it back.
    pub(crate) fn ended(&self) -> Option<EndedSession> {
        self.ended
    }

    /// Returns the former cookies that must not bring back a session that ended, one bit for each.
    pub(crate) fn ended_formers(&self) -> u32 {
        if self.invalidated { self.carried.formers } else { self.ended_formers }
    }

    /// Returns the former cookies that the request carried, one bit for each.
    pub(crate) fn carried_formers(&self) -> u32 {
        self.carried.formers
    }

    /// Returns what saving the session now does to its cookie.
    pub(crate) fn verdict(&self, response: ResponseKind, now: impl FnOnce() -> Timestamp) -> Verdict {
        match self.access {
            Access::None => return Verdict::Untouched,
            Access::Outcome => return Verdict::Unchanged,
            Access::Read => {}
        }
        // The browser may be about to send its proof, so only a logout or a login may replace its session.
        if self.outcome == Outcome::Unproven && self.ended.is_none() {
            return Verdict::Unchanged;
        }
        let ended = self.invalidated || self.outcome == Outcome::Ended;
        // The end of a session is sent even with a failed response, so that a logout holds.
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
