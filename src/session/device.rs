//! What it means for a session to be bound to a device.
//!
//! A bound session says so in its dict, inside the signature, and is good only with a second cookie that the device
//! renews. Knows nothing of proofs and keys: whoever writes that cookie has checked them.

use std::cell::Cell;
use std::time::SystemTime;

use crate::format::Codec;
use crate::format::outcome::Outcome;
use crate::format::record::Record;
use crate::format::signature::Signer;
use crate::format::timestamp::Timestamp;
use crate::session::expiry::Expiry;
use crate::session::policy::{Chosen, Policy, Role};
use crate::session::state::{EndedSession, State};
use crate::session::{Session, Shared};

/// What a factory that binds sessions to devices needs.
pub(crate) struct DevicePolicy {
    /// Signs the challenges.
    pub(crate) signer: Signer,
}

/// What a session has to do with a device.
#[derive(Default)]
pub(crate) struct DeviceState {
    /// Whether the browser is to be asked to bind it.
    pub(crate) offer: bool,
    /// Whether the browser may hold a device's cookies, which the end of the session removes.
    pub(crate) has_cookies: bool,
    /// Whether the session was bound and had lost the word of it.
    pub(crate) rebound: bool,
    /// The session that the request carried and did not prove.
    pub(crate) unproven: Option<EndedSession>,
}

/// What saving a session means for its device.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct DeviceSave {
    /// The session to bind, by its time of creation.
    pub(crate) offer: Option<Timestamp>,
    /// Whether the device's cookies are removed.
    pub(crate) remove: bool,
}

/// A session as its device's endpoints see it: whether it is proven is what they find out.
pub(crate) struct DeviceSession {
    pub(crate) record: Record,
    pub(crate) outcome: Outcome,
    pub(crate) is_undated: bool,
    /// Whether the session's dict says that it is bound.
    pub(crate) is_bound: bool,
    /// Until when its device is proven.
    pub(crate) proven_until: Option<Timestamp>,
    /// The public key of its device.
    pub(crate) key: Option<([u8; 32], [u8; 32])>,
}

impl Policy {
    /// Until when the device of the session that was created then is proven, if it still is.
    pub(crate) fn proven_until<'v>(
        &self,
        created: Timestamp,
        mut cookies: impl Iterator<Item = (Role, &'v [u8])>,
        now: Timestamp,
    ) -> Option<Timestamp> {
        cookies.find_map(|(role, value)| {
            let until = |codec: &Codec| codec.bound_until(value, created);
            if role == Role::Bound { self.codecs().find_map(until).filter(|until| now < *until) } else { None }
        })
    }

    /// The format that is written, and those that are read besides: a device that was proven in one of them still is.
    fn codecs(&self) -> impl Iterator<Item = &Codec> {
        std::iter::once(self.codec()).chain(self.formers.iter().map(|former| &former.codec))
    }

    /// Whether a session is bound to a device, and the cookies do not prove that they come from there.
    pub(crate) fn is_unproven<'v>(
        &self,
        record: &Record,
        cookies: impl Iterator<Item = (Role, &'v [u8])>,
        now: Timestamp,
    ) -> bool {
        self.device.is_some() && record.is_bound() && self.proven_until(record.created.at, cookies, now).is_none()
    }

    /// What the session that a request has may have to do with its device.
    pub(crate) fn device_of<'v>(
        &self,
        record: &Record,
        cookies: impl Iterator<Item = (Role, &'v [u8])> + Clone,
        now: Timestamp,
    ) -> DeviceState {
        let has_proof = cookies.clone().any(|(role, _)| role == Role::Bound);
        let is_bound = self.device.is_some() && record.is_bound();
        DeviceState {
            has_cookies: has_proof || is_bound,
            // A page that was under way when the device registered has written the session without the word of it.
            rebound: has_proof && !is_bound && self.proven_until(record.created.at, cookies, now).is_some(),
            ..DeviceState::default()
        }
    }

    /// The youngest session of a request that can be used, proven or not.
    pub(crate) fn device_session<'v>(
        &self,
        cookies: impl Iterator<Item = (Role, &'v [u8])> + Clone,
        now: Timestamp,
    ) -> Option<DeviceSession> {
        let Chosen { record, outcome, is_undated, .. } = self.choose_if(cookies.clone(), now, false);
        if !outcome.is_valid() {
            return None;
        }
        let created = record.created.at;
        let mut keys = cookies.clone().filter(|(role, _)| *role == Role::DeviceKey);
        Some(DeviceSession {
            is_bound: record.is_bound(),
            proven_until: self.proven_until(created, cookies, now),
            key: keys.find_map(|(_, value)| self.codecs().find_map(|codec| codec.device_key(value, created))),
            record,
            outcome,
            is_undated,
        })
    }
}

/// The youngest session of a request that is bound to a device which has not proved itself.
#[derive(Default)]
pub(crate) struct Unproven(Cell<Option<EndedSession>>);

impl Unproven {
    pub(crate) fn note(&self, record: &Record, expiry: &Expiry) {
        let life = expiry.longest_life(record.lifetime());
        let session = EndedSession { created: record.created.at.whole_micros(), life };
        if self.session().is_none_or(|other| other.created <= session.created) {
            self.0.set(Some(session));
        }
    }

    pub(crate) fn session(&self) -> Option<EndedSession> {
        self.0.get()
    }
}

impl DeviceState {
    /// For a request without a session that can be used, and perhaps with one that it did not prove.
    pub(crate) fn of_unproven<'v>(
        unproven: Option<EndedSession>,
        mut cookies: impl Iterator<Item = (Role, &'v [u8])>,
    ) -> Self {
        let has_cookies = unproven.is_some() || cookies.any(|(role, _)| role == Role::Bound);
        Self { has_cookies, unproven, ..Self::default() }
    }
}

impl State {
    /// Notes that the session is bound. Its life is not extended for it.
    pub(crate) fn rebind(&mut self) {
        self.touch();
        self.record.bind();
        self.write_keeping_life();
    }
}

impl Session {
    /// Asks the browser to bind this session to its device, so that a copy of its cookie is worth a few minutes. Call it
    /// after [`regenerate`](Self::regenerate) at a login: saving the session then adds the header that a browser answers
    /// with its key, and a browser that does not know it passes over.
    ///
    /// It does nothing to a session that is bound already, and nothing without
    /// [`device_bound`](crate::Builder::device_bound). A page may call it again for a browser that did not answer.
    /// [`regenerate`](Self::regenerate) asks again of its own accord if the session was bound.
    ///
    /// # Example
    /// ```
    /// use http::{HeaderMap, Response};
    /// use signed_cookie_session::{DeviceBound, Secret, SignedCookieFactory};
    ///
    /// let sessions = SignedCookieFactory::builder(Secret::generate()).device_bound(DeviceBound::new()).build()?;
    /// let session = sessions.load(&HeaderMap::new());
    /// session.regenerate();
    /// session.insert("user", "ada")?;
    /// session.bind_to_device();
    ///
    /// let mut response = Response::new(());
    /// sessions.save(&session, &mut response)?;
    /// assert!(response.headers().contains_key("secure-session-registration"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn bind_to_device(&self) {
        self.touch(|state| state.device.offer = true);
    }

    /// Returns until when the session's device is proven; `None` if the session is not bound to a device. The browser
    /// renews the proof before this time, as long as somebody uses the site.
    ///
    /// Ask for it before you do what only the visitor's own device may do, or to show that the session is bound. Each call
    /// verifies the proof.
    ///
    /// # Example
    /// ```
    /// # use http::HeaderMap;
    /// use signed_cookie_session::{DeviceBound, Secret, Session, SignedCookieFactory};
    ///
    /// fn may_change_the_password(session: &Session) -> bool {
    ///     session.proven_until().is_some()
    /// }
    ///
    /// let sessions = SignedCookieFactory::builder(Secret::generate()).device_bound(DeviceBound::new()).build()?;
    /// assert!(!may_change_the_password(&sessions.load(&HeaderMap::new())));
    /// # Ok::<(), signed_cookie_session::ConfigError>(())
    /// ```
    pub fn proven_until(&self) -> Option<SystemTime> {
        // A session that began with this request has a time of creation that no proof is for.
        let created = self.touch(|state| state.record.created.at);
        let Shared { policy, cookies, values, .. } = &*self.0;
        policy.proven_until(created, cookies.iter(values), policy.clock.now())?.to_system()
    }
}
