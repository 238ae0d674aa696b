//! The policy: of the cookies that a request carried, which one is its session, if any.
//!
//! Puts the format and the timeouts together. Knows nothing of where the cookies came from.

#[cfg(feature = "device-bound")]
use std::cell::Cell;

#[cfg(feature = "flask")]
use crate::format::FlashStyle;
use crate::format::outcome::{Outcome, Refusal};
use crate::format::record::Record;
use crate::format::timestamp::Timestamp;
use crate::format::{Codec, Verified};
use crate::session::clock::Clock;
#[cfg(feature = "device-bound")]
use crate::session::device::{DevicePolicy, DeviceState};
use crate::session::events::{Events, Loaded};
use crate::session::expiry::Expiry;
#[cfg(feature = "flask")]
use crate::session::flask_flashes;
use crate::session::random::Random;
#[cfg(feature = "device-bound")]
use crate::session::state::EndedSession;

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
    /// The second cookie of the session, where the format has one.
    Signature,
    /// A cookie of a former name, by the number of the name, its second cookie, and its end mark.
    Former(u8),
    FormerSignature(u8),
    FormerEndMark(u8),
    /// Proves the session's device, for a short time.
    #[cfg(feature = "device-bound")]
    Bound,
    /// Keeps the public key of the session's device.
    #[cfg(feature = "device-bound")]
    DeviceKey,
}

/// The most former formats a factory reads: each has one bit in [`Carried::formers`].
pub(crate) const MAX_FORMERS: usize = 32;

/// A format that is read and no longer written.
pub(crate) struct FormerFormat {
    pub(crate) codec: Codec,
    pub(crate) expiry: Expiry,
    pub(crate) roles: FormerRoles,
}

/// What the cookies of a former format are to us: the same as those of the present one where they have its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FormerRoles {
    pub(crate) session: Role,
    pub(crate) signature: Role,
    pub(crate) end_mark: Role,
}

/// Which cookies a removal has to take away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Carried {
    pub(crate) session: bool,
    /// A bit for each former format.
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
    pub(crate) outcome: Outcome,
    pub(crate) is_undated: bool,
    pub(crate) loaded: Loaded,
    #[cfg(feature = "device-bound")]
    pub(crate) device: DeviceState,
}

pub(crate) struct Policy {
    pub(crate) codec: Codec,
    /// What is read where no cookie of the present format can be used, in this order.
    pub(crate) formers: Box<[FormerFormat]>,
    pub(crate) expiry: Expiry,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    pub(crate) events: Events,
    /// Whether the end of a session leaves a mark, and marks are heeded.
    pub(crate) end_mark: bool,
    pub(crate) flash_limit: Option<usize>,
    /// For a factory that binds sessions to devices.
    #[cfg(feature = "device-bound")]
    pub(crate) device: Option<DevicePolicy>,
}

impl Policy {
    /// The session of one value, as it is now.
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

    /// The youngest usable session of the cookies, the first of them on a tie; or else that of the first former format
    /// that has one; or else a new session, and the gravest reason why. The caller reports it.
    #[inline(always)] // see `Record`
    pub(crate) fn choose<'v>(&self, cookies: impl Iterator<Item = (Role, &'v [u8])> + Clone, now: Timestamp) -> Chosen {
        self.choose_if(cookies, now, true)
    }

    /// The same, also without the proof that a session which is bound to a device needs.
    #[inline(always)]
    #[cfg_attr(not(feature = "device-bound"), allow(unused_variables))]
    pub(crate) fn choose_if<'v>(
        &self,
        cookies: impl Iterator<Item = (Role, &'v [u8])> + Clone,
        now: Timestamp,
        needs_proof: bool,
    ) -> Chosen {
        let age = |record: &Record| (record.renewed.at, record.created.at);
        let has_ended = |created| self.has_ended(created, cookies.clone(), now);
        let mut chosen: Option<(Record, Verified, usize)> = None;
        let mut gravest = None;
        #[cfg(feature = "device-bound")]
        let unproven = Cell::new(None);
        #[cfg(feature = "device-bound")]
        let is_unproven = |record: &Record| {
            let is = needs_proof && self.is_unproven(record, cookies.clone(), now);
            if is {
                let life = self.expiry.longest_life(record.lifetime());
                let session = EndedSession { created: record.created.at.whole_micros(), life };
                let younger = unproven.get().filter(|other: &EndedSession| other.created > session.created);
                unproven.set(younger.or(Some(session)));
            }
            is
        };
        #[cfg(not(feature = "device-bound"))]
        let is_unproven = |_: &Record| false;
        for (_, value) in cookies.clone().filter(|(role, _)| *role == Role::Session) {
            let read = if self.codec.has_signature_cookie() {
                self.read_with_any(signatures(cookies.clone(), Role::Signature), value, now)
            } else {
                self.read(value, None, now)
            };
            match read {
                Ok((record, _)) if has_ended(record.created.at) => {
                    gravest = gravest.max(Some((Refusal::Ended, value.len())));
                }
                #[cfg(feature = "device-bound")]
                Ok((record, _)) if is_unproven(&record) => {
                    gravest = gravest.max(Some((Refusal::Unproven, value.len())));
                }
                Ok((record, verified)) if chosen.as_ref().is_none_or(|(best, ..)| age(best) < age(&record)) => {
                    chosen = Some((record, verified, value.len()));
                }
                Ok(_) => {}
                Err(refusal) => gravest = gravest.max(Some((refusal, value.len()))),
            }
        }
        if let Some((record, Verified { secret_index, is_undated }, size)) = chosen {
            let outcome = Outcome::from_secret_index(secret_index);
            return Chosen {
                #[cfg(feature = "device-bound")]
                device: self.device_of(&record, cookies, now),
                record,
                outcome,
                is_undated,
                loaded: Loaded::used(outcome, size, secret_index),
            };
        }
        if !self.formers.is_empty() {
            let is_refused = |record: &Record| has_ended(record.created.at) || is_unproven(record);
            let found = self.formers.iter().find_map(|former| {
                let (record, verified, size) = former.choose(cookies.clone(), is_refused, now)?;
                Some((self.adopt(record, former), verified, size))
            });
            if let Some((record, Verified { secret_index, is_undated }, size)) = found {
                let outcome = Outcome::ValidFormer;
                return Chosen {
                    #[cfg(feature = "device-bound")]
                    device: self.device_of(&record, cookies, now),
                    record,
                    outcome,
                    is_undated,
                    loaded: Loaded::used(outcome, size, secret_index),
                };
            }
            #[cfg(feature = "device-bound")]
            if unproven.get().is_some() {
                gravest = gravest.max(Some((Refusal::Unproven, 0)));
            }
        }
        let (outcome, size) = gravest.map_or((Outcome::Absent, 0), |(refusal, size)| (refusal.into(), size));
        // Of two sessions that begin in one microsecond the mark of one would end the other.
        let mut created = now.whole_micros();
        while has_ended(created) {
            created = created.next_micro();
        }
        Chosen {
            record: Record::new(created),
            outcome,
            is_undated: false,
            loaded: Loaded::refused(outcome, size),
            #[cfg(feature = "device-bound")]
            device: DeviceState::of_unproven(unproven.get(), cookies.clone()),
        }
    }

    /// Whether an end mark says that the session which was created then has ended. A mark of a former format counts as
    /// long as that format is read: its session must not come back by a change of the site.
    pub(crate) fn has_ended<'v>(
        &self,
        created: Timestamp,
        cookies: impl Iterator<Item = (Role, &'v [u8])> + Clone,
        now: Timestamp,
    ) -> bool {
        let is_marked = |wanted: Role, codec: &Codec| {
            let mut marks = cookies.clone().filter(|(role, _)| *role == wanted);
            marks.any(|(_, value)| codec.is_end_mark_of(value, created, now))
        };
        is_marked(Role::EndMark, &self.codec)
            || self.formers.iter().any(|former| is_marked(former.roles.end_mark, &former.codec))
    }

    /// The session of a value whose signature is one of those, or the gravest reason why there is none.
    #[inline(never)]
    fn read_with_any<'v>(
        &self,
        signatures: impl Iterator<Item = &'v [u8]>,
        value: &[u8],
        now: Timestamp,
    ) -> Result<(Record, Verified), Refusal> {
        first_usable(signatures, |signature| self.read(value, signature, now))
    }

    /// A session of a former format, with its flash messages where the present one looks for them.
    #[cfg_attr(not(feature = "flask"), allow(unused_mut, unused_variables))]
    fn adopt(&self, mut record: Record, former: &FormerFormat) -> Record {
        #[cfg(feature = "flask")]
        match (former.codec.flash_style(), self.codec.flash_style()) {
            (FlashStyle::Flask, FlashStyle::Pyramid) => flask_flashes::to_queues(&mut record.dict),
            (FlashStyle::Pyramid, FlashStyle::Flask) => flask_flashes::from_queues(&mut record.dict),
            _ => {}
        }
        record
    }

    /// Which cookies that may hold a session the request carried.
    pub(crate) fn carried<'v>(&self, cookies: impl Iterator<Item = (Role, &'v [u8])> + Clone) -> Carried {
        let has = |wanted| cookies.clone().any(|(role, _)| role == wanted);
        let formers = self.formers.iter().enumerate().filter(|(_, former)| has(former.roles.session));
        Carried { session: has(Role::Session), formers: formers.fold(0, |bits, (at, _)| bits | 1 << at) }
    }
}

impl FormerFormat {
    /// The youngest usable session of its cookies.
    #[inline(never)]
    fn choose<'v>(
        &self,
        cookies: impl Iterator<Item = (Role, &'v [u8])> + Clone,
        is_refused: impl Fn(&Record) -> bool,
        now: Timestamp,
    ) -> Option<(Record, Verified, usize)> {
        let age = |record: &Record| (record.renewed.at, record.created.at);
        let mut chosen: Option<(Record, Verified, usize)> = None;
        for (_, value) in cookies.clone().filter(|(role, _)| *role == self.roles.session).take(MAX_VALUES) {
            let signatures = signatures(cookies.clone(), self.roles.signature);
            let read = if self.codec.has_signature_cookie() {
                first_usable(signatures, |signature| self.read(value, signature, now))
            } else {
                self.read(value, None, now)
            };
            if let Ok((record, verified)) = read {
                if !is_refused(&record) && chosen.as_ref().is_none_or(|(best, ..)| age(best) < age(&record)) {
                    chosen = Some((record, verified, value.len()));
                }
            }
        }
        chosen
    }

    fn read(&self, value: &[u8], signature: Option<&[u8]>, now: Timestamp) -> Result<(Record, Verified), Refusal> {
        let (record, verified) = self.codec.read(value, signature, now)?;
        self.expiry.check(record.renewed.at, record.created.at, record.lifetime(), now)?;
        Ok((record, verified))
    }
}

/// The second cookies of that role.
fn signatures<'v>(cookies: impl Iterator<Item = (Role, &'v [u8])>, wanted: Role) -> impl Iterator<Item = &'v [u8]> {
    cookies.filter(move |(role, _)| *role == wanted).map(|(_, value)| value).take(MAX_VALUES)
}

/// What `read` makes of the first signature that holds, or the gravest reason why none does.
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
