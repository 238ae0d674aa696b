//! Sessions that are bound to a device.
//!
//! A bound session has a mark in its dict, which is signed. It is valid only together with a second cookie, which the
//! device renews. This module must not depend on proofs and keys: the code that writes the second cookie checks them.

use std::cell::Cell;
use std::time::SystemTime;

use crate::format::Codec;
use crate::format::record::Record;
use crate::format::signature::Signer;
use crate::format::timestamp::Timestamp;
use crate::session::Session;
use crate::session::expiry::Expiry;
use crate::session::policy::{Chosen, Policy, Role};
use crate::session::state::{EndedSession, Origin, State};

/// The policy of a factory that binds sessions to devices.
pub(crate) struct DevicePolicy {
    /// The signer of the challenges.
    pub(crate) signer: Signer,
}

/// The state of a session's device.
#[derive(Default)]
pub(crate) struct DeviceState {
    /// Whether the response asks the browser to bind the session.
    pub(crate) offer: bool,
    /// Whether the browser may have a device's cookies. The end of the session removes them.
    pub(crate) has_cookies: bool,
    /// Whether the session was bound but had lost the mark.
    pub(crate) rebound: bool,
    /// The session of the request, if it was not proven.
    pub(crate) unproven: Option<EndedSession>,
}

/// What saving a session does to its device's cookies.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct DeviceSave {
    /// The `created` of the session to bind, if the response asks for it.
    pub(crate) offer: Option<Timestamp>,
    /// Whether to remove the device's cookies.
    pub(crate) remove: bool,
}

/// A session in a request to a device's endpoint. The endpoint checks whether it is proven.
pub(crate) struct DeviceSession {
    pub(crate) record: Record,
    pub(crate) origin: Origin,
    /// Whether the session's dict has the mark.
    pub(crate) is_bound: bool,
    /// The `created` in the device's cookies: that of this session, or of the session that it was regenerated from.
    pub(crate) registered: Timestamp,
    /// Until when its device is proven, if it is.
    pub(crate) proven_until: Option<Timestamp>,
    /// The public key of its device.
    pub(crate) key: Option<([u8; 32], [u8; 32])>,
}

impl Policy {
    /// Returns until when the device of the session with this `created` is proven, if it still is.
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

    /// Returns the codecs of the present format and of the former formats. A proof in a former format is still valid.
    fn codecs(&self) -> impl Iterator<Item = &Codec> {
        std::iter::once(self.codec()).chain(self.formers.iter().map(|former| &former.codec))
    }

    /// Returns whether a session is bound to a device and the cookies contain no valid proof of that device.
    pub(crate) fn is_unproven<'v>(
        &self,
        record: &Record,
        cookies: impl Iterator<Item = (Role, &'v [u8])>,
        now: Timestamp,
    ) -> bool {
        let is_proven = |registered| self.proven_until(registered, cookies, now).is_some();
        self.device.is_some() && record.bound_to().is_some_and(|registered| !is_proven(registered))
    }

    /// Returns the state of the device of a request's session.
    pub(crate) fn device_of<'v>(
        &self,
        record: &Record,
        cookies: impl Iterator<Item = (Role, &'v [u8])> + Clone,
        now: Timestamp,
    ) -> DeviceState {
        let has_proof = cookies.clone().any(|(role, _)| role == Role::Bound);
        let is_bound = self.device.is_some() && record.bound_to().is_some();
        DeviceState {
            // A bound session is here only with its proof.
            has_cookies: has_proof,
            // A page that was still loading when the device registered may have written the session without the mark.
            rebound: has_proof && !is_bound && self.proven_until(record.created.at, cookies, now).is_some(),
            ..DeviceState::default()
        }
    }

    /// Returns the newest valid session of a request, proven or not.
    pub(crate) fn device_session<'v>(
        &self,
        cookies: impl Iterator<Item = (Role, &'v [u8])> + Clone,
        now: Timestamp,
    ) -> Option<DeviceSession> {
        let Chosen { record, origin, .. } = self.choose_if(cookies.clone(), now, false);
        if !origin.outcome.is_valid() {
            return None;
        }
        let bound_to = record.bound_to();
        let registered = bound_to.unwrap_or(record.created.at);
        let mut keys = cookies.clone().filter(|(role, _)| *role == Role::DeviceKey);
        Some(DeviceSession {
            is_bound: bound_to.is_some(),
            registered,
            proven_until: self.proven_until(registered, cookies, now),
            key: keys.find_map(|(_, value)| self.codecs().find_map(|codec| codec.device_key(value, registered))),
            record,
            origin,
        })
    }
}

/// The newest session of a request that is bound to a device and has no valid proof.
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
    /// Returns the state for a request without a valid session. It may carry one that was not proven.
    pub(crate) fn of_unproven<'v>(
        unproven: Option<EndedSession>,
        mut cookies: impl Iterator<Item = (Role, &'v [u8])>,
    ) -> Self {
        let has_cookies = unproven.is_some() || cookies.any(|(role, _)| role == Role::Bound);
        Self { has_cookies, unproven, ..Self::default() }
    }
}

impl State {
    /// Marks the session as bound, without extending its life.
    pub(crate) fn rebind(&mut self) {
        self.touch();
        self.record.bind();
        self.write_keeping_life();
    }
}

impl Session {
    /// Asks the browser to bind this session to its device, so that a copied cookie is valid for a few minutes only.
    ///
    /// Call it after [`regenerate`](Self::regenerate) at a login. Saving the session then adds a header, which the
    /// browser answers with its key. Browsers that do not support this ignore the header.
    ///
    /// It has no effect if the session is already bound, or without [`device_bound`](crate::Builder::device_bound). A
    /// page may call it again if the browser did not answer. A bound session stays bound after
    /// [`regenerate`](Self::regenerate).
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
    /// Call it before an action that only the visitor's own device may cause, or to show that the session is bound.
    /// Each call verifies the proof.
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
        // No proof names the time of creation of a session that began with this request.
        let registered = self.touch(|state| state.record.bound_to().unwrap_or(state.record.created.at));
        let policy = &self.0.policy;
        policy.proven_until(registered, self.0.cookies(), policy.clock.now())?.to_system()
    }
}
