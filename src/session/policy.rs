//! The policy: of the cookies that a request carried, which one is its session, if any.
//!
//! Puts the format and the timeouts together. Knows nothing of where the cookies came from.

#[cfg(feature = "flask")]
use crate::format::FlashStyle;
use crate::format::outcome::{Outcome, Refusal};
use crate::format::record::Record;
use crate::format::timestamp::Timestamp;
use crate::format::{Codec, Verified};
use crate::session::clock::Clock;
#[cfg(feature = "device-bound")]
use crate::session::device::{DevicePolicy, DeviceState, Unproven};
use crate::session::events::{Events, Loaded};
use crate::session::expiry::Expiry;
#[cfg(feature = "flask")]
use crate::session::flask_flashes;
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

/// What the cookies of one format are to us.
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

/// A session that can be used.
struct Found {
    record: Record,
    verified: Verified,
    /// The length of its cookie value.
    size: usize,
}

/// Why a cookie cannot be used, and the length of its value.
type Refused = (Refusal, usize);

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
    /// The format that is written.
    pub(crate) present: Reader,
    /// Formats that are only read, in this order, if no cookie of the present one can be used.
    pub(crate) formers: Box<[Reader]>,
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
    /// Returns the format that is written.
    pub(crate) fn codec(&self) -> &Codec {
        &self.present.codec
    }

    /// Returns the youngest usable session of the cookies, the first of them on a tie; else that of the first former
    /// format that has one; else a new session, with the gravest reason why. The caller reports the event.
    #[inline(always)] // see `Record`
    pub(crate) fn choose<'v>(&self, cookies: impl Iterator<Item = (Role, &'v [u8])> + Clone, now: Timestamp) -> Chosen {
        self.choose_if(cookies, now, true)
    }

    /// Chooses a session. Without `needs_proof` a session that is bound to a device is usable before the device has
    /// proved itself.
    #[inline(always)]
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

        let gravest = match self.present.choose(cookies.clone(), refuse, now) {
            Ok(found) => {
                let outcome = Outcome::from_secret_index(found.verified.secret_index);
                return self.use_session(found, outcome, cookies, now);
            }
            Err(refused) => refused,
        };
        for former in &self.formers {
            if let Ok(mut found) = former.choose_former(cookies.clone(), refuse, now) {
                self.adopt(&mut found.record, former);
                return self.use_session(found, Outcome::ValidFormer, cookies, now);
            }
        }
        #[cfg(feature = "device-bound")]
        let gravest = gravest.max(unproven.session().map(|_| (Refusal::Unproven, 0)));

        let (outcome, size) = gravest.map_or((Outcome::Absent, 0), |(refusal, size)| (refusal.into(), size));
        // If two sessions began in the same microsecond, the end mark of one would end the other.
        let mut created = now.whole_micros();
        while self.has_ended(created, cookies.clone(), now) {
            created = created.next_micro();
        }
        Chosen {
            record: Record::new(created),
            outcome,
            is_undated: false,
            loaded: Loaded::refused(outcome, size),
            #[cfg(feature = "device-bound")]
            device: DeviceState::of_unproven(unproven.session(), cookies),
        }
    }

    #[inline(always)] // see `Record`
    #[cfg_attr(not(feature = "device-bound"), allow(unused_variables))]
    fn use_session<'v>(
        &self,
        Found { record, verified: Verified { secret_index, is_undated }, size }: Found,
        outcome: Outcome,
        cookies: impl Iterator<Item = (Role, &'v [u8])> + Clone,
        now: Timestamp,
    ) -> Chosen {
        Chosen {
            #[cfg(feature = "device-bound")]
            device: self.device_of(&record, cookies, now),
            record,
            outcome,
            is_undated,
            loaded: Loaded::used(outcome, size, secret_index),
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
        let is_marked = |reader: &Reader| {
            let mut marks = cookies.clone().filter(|(role, _)| *role == reader.roles.end_mark);
            marks.any(|(_, value)| reader.codec.is_end_mark_of(value, created, now))
        };
        is_marked(&self.present) || self.formers.iter().any(is_marked)
    }

    /// Moves the flash messages of a former session to where the present format looks for them.
    #[cfg_attr(not(feature = "flask"), allow(unused_variables))]
    fn adopt(&self, record: &mut Record, former: &Reader) {
        #[cfg(feature = "flask")]
        match (former.codec.flash_style(), self.codec().flash_style()) {
            (FlashStyle::Flask, FlashStyle::Pyramid) => flask_flashes::to_queues(&mut record.dict),
            (FlashStyle::Pyramid, FlashStyle::Flask) => flask_flashes::from_queues(&mut record.dict),
            _ => {}
        }
    }

    /// Which cookies that may hold a session the request carried.
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

    /// Returns the youngest session of this format's cookies that can be read and that `refuse` lets pass, the first
    /// of them on a tie; else the gravest reason why there is none.
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

    /// `choose`, once more and out of the way: few requests carry a former cookie.
    #[inline(never)]
    fn choose_former<'v>(
        &self,
        cookies: impl Iterator<Item = (Role, &'v [u8])> + Clone,
        refuse: impl Fn(&Record) -> Option<Refusal>,
        now: Timestamp,
    ) -> Result<Found, Option<Refused>> {
        self.choose(cookies, refuse, now)
    }

    /// Reads a value with the first signature that holds; else returns the gravest refusal.
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
