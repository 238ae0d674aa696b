//! The policy, which decides which of a request's cookies is its session, if any.
//!
//! It combines the formats and the timeouts. It must not depend on the source of the cookies.

use std::time::Duration;

#[cfg(feature = "flask")]
use crate::format::FlashStyle;
use crate::format::outcome::{Outcome, Refusal};
use crate::format::record::{Moment, Record};
use crate::format::timestamp::Timestamp;
use crate::format::{Codec, Dates, Verified, end_mark};
use crate::session::clock::Clock;
#[cfg(feature = "device-bound")]
use crate::session::device::{DevicePolicy, DeviceState, Unproven};
use crate::session::events::{Events, Loaded};
use crate::session::expiry::Expiry;
#[cfg(feature = "flask")]
use crate::session::flask_flashes;
use crate::session::random::Random;
use crate::session::state::Origin;

/// How many session cookies of one request are tried. A browser sends one for each path and domain. A hostile client
/// may send any number.
pub(crate) const MAX_VALUES: usize = 8;

/// How many of the factory's other cookies are read in one request.
pub(crate) const MAX_OTHERS: usize = 16;

/// The role of a cookie in a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Role {
    #[default]
    Session,
    EndMark,
    /// The second cookie of the session, if the format has one.
    Signature,
    /// A cookie of a former format, by the number of its name. The next two are its second cookie and its end mark.
    Former(u8),
    FormerSignature(u8),
    FormerEndMark(u8),
    /// The cookie that proves the session's device, for a short time.
    #[cfg(feature = "device-bound")]
    Bound,
    /// The cookie with the public key of the session's device.
    #[cfg(feature = "device-bound")]
    DeviceKey,
}

/// The maximum number of former formats. Each has one bit in [`Carried::formers`].
pub(crate) const MAX_FORMERS: usize = 32;

/// The roles of one format's cookies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Roles {
    pub(crate) session: Role,
    pub(crate) signature: Role,
    pub(crate) end_mark: Role,
}

impl Roles {
    /// The roles of the present format's cookies. A former format has the same ones if its cookies have the same name.
    pub(crate) const PRESENT: Self =
        Self { session: Role::Session, signature: Role::Signature, end_mark: Role::EndMark };
}

/// A format whose cookies are read, and how long its sessions are valid.
pub(crate) struct Reader {
    pub(crate) codec: Codec,
    pub(crate) expiry: Expiry,
    pub(crate) roles: Roles,
}

/// A valid session.
struct Found {
    record: Record,
    verified: Verified,
    /// The length of its cookie value.
    size: usize,
}

/// Why a cookie is refused, and the length of its value.
type Refused = (Refusal, usize);

/// The cookies that a removal must remove.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Carried {
    pub(crate) session: bool,
    /// One bit for each former format.
    pub(crate) formers: u32,
}

impl Carried {
    pub(crate) fn any(self) -> bool {
        self.session || self.formers != 0
    }
}

/// The session of a request, and how it was found.
pub(crate) struct Chosen {
    pub(crate) record: Record,
    pub(crate) origin: Origin,
    pub(crate) loaded: Loaded,
    #[cfg(feature = "device-bound")]
    pub(crate) device: DeviceState,
}

pub(crate) struct Policy {
    /// The format that is written.
    pub(crate) present: Reader,
    /// Formats that are only read, in this order, if no cookie of the present format is valid.
    pub(crate) formers: Box<[Reader]>,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    pub(crate) events: Events,
    /// Whether end marks are written and read.
    pub(crate) end_mark: bool,
    pub(crate) flash_limit: Option<usize>,
    /// Set if the factory binds sessions to devices.
    #[cfg(feature = "device-bound")]
    pub(crate) device: Option<DevicePolicy>,
}

impl Policy {
    /// Returns the format that is written.
    pub(crate) fn codec(&self) -> &Codec {
        &self.present.codec
    }

    /// Returns the session of a request, which is the first of these:
    /// - the newest valid session in the cookies of the present format,
    /// - the newest valid session of the first former format that has one,
    /// - a new session, whose outcome is the greatest [`Refusal`] of all cookies.
    ///
    /// The caller reports the event.
    #[inline(always)] // see `Record`
    pub(crate) fn choose<'v>(&self, cookies: impl Iterator<Item = (Role, &'v [u8])> + Clone, now: Timestamp) -> Chosen {
        self.choose_if(cookies, now, true)
    }

    /// Returns a session as [`choose`](Self::choose) does. If `needs_proof` is `false`, a session that is bound to a
    /// device is valid without the device's proof.
    #[inline]
    #[cfg_attr(not(feature = "device-bound"), allow(unused_variables))]
    pub(crate) fn choose_if<'v>(
        &self,
        cookies: impl Iterator<Item = (Role, &'v [u8])> + Clone,
        now: Timestamp,
        needs_proof: bool,
    ) -> Chosen {
        #[cfg(feature = "device-bound")]
        let unproven = Unproven::default();
        let refuse = |record: &Record| {
            if self.has_ended(record.created.at, cookies.clone(), now) {
                return Some(Refusal::Ended);
            }
            #[cfg(feature = "device-bound")]
            if needs_proof && self.is_unproven(record, cookies.clone(), now) {
                unproven.note(record, &self.present.expiry);
                return Some(Refusal::Unproven);
            }
            None
        };

        let mut gravest = match self.present.choose(cookies.clone(), refuse, now) {
            Ok(found) => {
                let outcome = Outcome::from_secret_index(found.verified.secret_index);
                return self.use_session(found, outcome, Duration::ZERO, cookies, now);
            }
            Err(refused) => refused,
        };
        let mut ended_formers = 0;
        for (at, former) in self.formers.iter().enumerate() {
            match former.choose_former(cookies.clone(), refuse, now) {
                Ok(mut found) => {
                    self.adopt(&mut found.record, former, now);
                    let life = former.expiry.longest_life(found.record.lifetime());
                    return self.use_session(found, Outcome::ValidFormer, life, cookies, now);
                }
                Err(refused) => {
                    let has_ended = matches!(refused, Some((Refusal::Ended, _)));
                    ended_formers |= u32::from(has_ended) << at;
                    gravest = gravest.max(refused);
                }
            }
        }

        let (outcome, size) = gravest.map_or((Outcome::Absent, 0), |(refusal, size)| (refusal.into(), size));
        // If two sessions began in the same microsecond, the end mark of one would end the other.
        let mut created = now.whole_micros();
        while self.has_ended(created, cookies.clone(), now) {
            created = created.next_micro();
        }
        Chosen {
            record: Record::new(created),
            origin: Origin { outcome, dates: Dates::Both, former_life: Duration::ZERO, ended_formers },
            loaded: Loaded::refused(outcome, size),
            #[cfg(feature = "device-bound")]
            device: DeviceState::of_unproven(unproven.session(), cookies),
        }
    }

    #[inline(always)] // see `Record`
    #[cfg_attr(not(feature = "device-bound"), allow(unused_variables))]
    fn use_session<'v>(
        &self,
        Found { record, verified: Verified { secret_index, dates }, size }: Found,
        outcome: Outcome,
        former_life: Duration,
        cookies: impl Iterator<Item = (Role, &'v [u8])> + Clone,
        now: Timestamp,
    ) -> Chosen {
        Chosen {
            #[cfg(feature = "device-bound")]
            device: self.device_of(&record, cookies, now),
            record,
            origin: Origin { outcome, dates, former_life, ended_formers: 0 },
            loaded: Loaded::used(outcome, size, secret_index),
        }
    }

    /// Returns whether an end mark names the session with this `created`. An end mark of a former format counts as long
    /// as that format is read, so that a change of the format does not bring the session back.
    pub(crate) fn has_ended<'v>(
        &self,
        created: Timestamp,
        cookies: impl Iterator<Item = (Role, &'v [u8])> + Clone,
        now: Timestamp,
    ) -> bool {
        let is_marked = |reader: &Reader| {
            let mut marks = cookies.clone().filter(|(role, _)| *role == reader.roles.end_mark);
            marks.any(|(_, value)| reader.codec.is_end_mark_of(value, created, now))
        };
        is_marked(&self.present) || self.formers.iter().any(is_marked)
    }

    /// Returns the sessions to name in the end mark of the session `ended`: that session, and the newest ones from the
    /// marks of the request. It never returns the `present` session.
    pub(crate) fn sessions_to_mark<'v>(
        &self,
        ended: Timestamp,
        present: Timestamp,
        cookies: impl Iterator<Item = (Role, &'v [u8])> + Clone,
        now: Timestamp,
    ) -> Vec<Timestamp> {
        let mut earlier: Vec<Timestamp> = Vec::new();
        for reader in std::iter::once(&self.present).chain(&self.formers) {
            let marks = cookies.clone().filter(|(role, _)| *role == reader.roles.end_mark);
            let marks = marks.filter_map(|(_, value)| reader.codec.ended_sessions(value, now));
            marks.for_each(|mark| earlier.extend(mark.times()));
        }
        earlier.retain(|session| ![ended, present].contains(session));
        earlier.sort_unstable_by(|one, other| other.cmp(one));
        earlier.dedup();
        earlier.truncate(end_mark::MAX_SESSIONS - 1);
        earlier.insert(0, ended);
        earlier
    }

    /// Changes what the present format needs in a former session: moves its flash messages to the place where this
    /// format stores them, and sets a `renewed` in the future to now, because other frameworks refuse such a cookie.
    #[cfg_attr(not(feature = "flask"), allow(unused_variables))]
    fn adopt(&self, record: &mut Record, former: &Reader, now: Timestamp) {
        if record.renewed.at > now {
            record.renewed = Moment::now(now);
        }
        #[cfg(feature = "flask")]
        match (former.codec.flash_style(), self.codec().flash_style()) {
            (FlashStyle::Flask, FlashStyle::Pyramid) => flask_flashes::to_queues(&mut record.dict),
            (FlashStyle::Pyramid, FlashStyle::Flask) => flask_flashes::from_queues(&mut record.dict),
            _ => {}
        }
    }

    /// Returns the cookies of the request that may hold a session.
    pub(crate) fn carried<'v>(&self, cookies: impl Iterator<Item = (Role, &'v [u8])> + Clone) -> Carried {
        let has = |wanted| cookies.clone().any(|(role, _)| role == wanted);
        let formers = self.formers.iter().enumerate().filter(|(_, former)| has(former.roles.session));
        Carried { session: has(Role::Session), formers: formers.fold(0, |bits, (at, _)| bits | 1 << at) }
    }
}

impl Reader {
    /// Reads one cookie value, and its second cookie's if the format has one. Refuses a session that has expired.
    #[inline(always)] // see `Record`
    pub(crate) fn read(
        &self,
        value: &[u8],
        signature: Option<&[u8]>,
        now: Timestamp,
    ) -> Result<(Record, Verified), Refusal> {
        let (record, verified) = self.codec.read(value, signature, now)?;
        self.expiry.check(record.renewed.at, record.created.at, record.lifetime(), now)?;
        Ok((record, verified))
    }

    /// Returns the newest valid session of this format's cookies for which `refuse` returns `None`. Of two that are
    /// equally new, returns the first. If there is none, returns the greatest refusal.
    #[inline(always)] // see `Record`
    fn choose<'v>(
        &self,
        cookies: impl Iterator<Item = (Role, &'v [u8])> + Clone,
        refuse: impl Fn(&Record) -> Option<Refusal>,
        now: Timestamp,
    ) -> Result<Found, Option<Refused>> {
        let age = |record: &Record| (record.renewed.at, record.created.at);
        let mut youngest: Option<Found> = None;
        let mut gravest = None;
        for (_, value) in cookies.clone().filter(|(role, _)| *role == self.roles.session).take(MAX_VALUES) {
            let read = if self.codec.has_signature_cookie() {
                self.read_with_any(signatures(cookies.clone(), self.roles.signature), value, now)
            } else {
                self.read(value, None, now)
            };
            let refused = match read {
                Ok((record, verified)) => match refuse(&record) {
                    None => {
                        if youngest.as_ref().is_none_or(|other| age(&other.record) < age(&record)) {
                            youngest = Some(Found { record, verified, size: value.len() });
                        }
                        continue;
                    }
                    Some(refusal) => refusal,
                },
                Err(refusal) => refusal,
            };
            gravest = gravest.max(Some((refused, value.len())));
        }
        youngest.ok_or(gravest)
    }

    /// Calls `choose`, but is not inlined, because few requests carry a former cookie.
    #[inline(never)]
    fn choose_former<'v>(
        &self,
        cookies: impl Iterator<Item = (Role, &'v [u8])> + Clone,
        refuse: impl Fn(&Record) -> Option<Refusal>,
        now: Timestamp,
    ) -> Result<Found, Option<Refused>> {
        self.choose(cookies, refuse, now)
    }

    /// Reads a value with the first signature that is valid. If there is none, returns the greatest refusal.
    #[inline(never)]
    fn read_with_any<'v>(
        &self,
        signatures: impl Iterator<Item = &'v [u8]>,
        value: &[u8],
        now: Timestamp,
    ) -> Result<(Record, Verified), Refusal> {
        first_usable(signatures, |signature| self.read(value, signature, now))
    }
}

/// Returns the values of the second cookies with this role.
fn signatures<'v>(cookies: impl Iterator<Item = (Role, &'v [u8])>, wanted: Role) -> impl Iterator<Item = &'v [u8]> {
    cookies.filter(move |(role, _)| *role == wanted).map(|(_, value)| value).take(MAX_VALUES)
}

/// Returns the result of `read` for the first signature that is valid. If there is none, returns the greatest refusal.
fn first_usable<'v, R>(
    mut signatures: impl Iterator<Item = &'v [u8]>,
    read: impl Fn(Option<&'v [u8]>) -> Result<R, Refusal>,
) -> Result<R, Refusal> {
    let Some(first) = signatures.next() else { return read(None) };
    let mut refusal = match read(Some(first)) {
        Ok(usable) => return Ok(usable),
        Err(refusal) => refusal,
    };
    for signature in signatures {
        match read(Some(signature)) {
            Ok(usable) => return Ok(usable),
            Err(other) => refusal = refusal.max(other),
        }
    }
    Err(refusal)
}
