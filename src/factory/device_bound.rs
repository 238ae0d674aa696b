//! The factory's part in device-bound sessions: the header that asks for a registration, and the two endpoints.
//!
//! The server stores nothing between requests. A challenge contains its time and names its session, and the browser
//! sends the device's key back in a cookie.

use std::sync::Arc;

use serde_json::json;

use crate::device_bound::answer::DeviceAnswer;
use crate::device_bound::jwt::{ProofError, PublicKey};
use crate::device_bound::{DeviceBound, challenge, fields, jwt};
use crate::factory::SignedCookieFactory;
use crate::format::record::MAX_COOKIE_AGE;
use crate::format::signature::Signer;
use crate::format::timestamp::Timestamp;
use crate::headers::request_cookie::Cookies;
use crate::headers::set_cookie::SetCookie;
use crate::secret::Secrets;
use crate::session::Session;
use crate::session::device::{DevicePolicy, DeviceSession};
use crate::session::state::ResponseKind;

/// The length of the dot and the microseconds in a session identifier, which begins with the cookie's name. Longer
/// identifiers are refused.
const MAX_ID_SUFFIX_LEN: usize = 21;

/// An endpoint below the path of [`DeviceBound`].
enum Endpoint {
    Register,
    Refresh,
}

/// The request headers that an endpoint reads.
#[derive(Default)]
struct Request {
    cookies: Vec<Vec<u8>>,
    proof: Field,
    session_id: Field,
    fetch_site: Field,
}

/// A header that may occur once in a request.
#[derive(Default)]
enum Field {
    #[default]
    Absent,
    One(Vec<u8>),
    Several,
}

impl SignedCookieFactory {
    /// Makes the factory bind sessions to devices. The settings must have been checked.
    pub(crate) fn with_device_bound(mut self, device_bound: &DeviceBound, secrets: &Secrets) -> Self {
        const FRESH: &str = "a fresh factory is nobody else's";
        // The secrets, the salt and the hash are those of the sessions. The signed texts cannot be confused.
        let signer = Signer::new(self.settings.hash_algorithm, &self.settings.salt.0, secrets);
        let policy = Arc::get_mut(&mut self.policy).expect(FRESH);
        policy.device = Some(DevicePolicy { signer });
        let cookies = Arc::get_mut(&mut self.cookies).expect(FRESH);
        cookies.add_device(&self.settings, device_bound.device_path());
        self.names = Arc::new(self.cookies.names().0);
        self.device_bound = Some(Arc::new(device_bound.clone()));
        self
    }

    /// Answers a request for one of the two endpoints of device-bound sessions. Returns `None` for any other request,
    /// and for a factory without [`device_bound`](crate::Builder::device_bound).
    ///
    /// The tower layers and the actix-web middleware call it for you. Otherwise, call it before anything else, and send
    /// the answer. `path` is the path of the request's URL, as the browser sees it.
    ///
    /// # Example
    /// ```
    /// use http::{Request, Response};
    /// use signed_cookie_session::{DeviceBound, Secret, SignedCookieFactory};
    ///
    /// fn handle(sessions: &SignedCookieFactory, request: &Request<()>) -> Response<String> {
    ///     let (method, path) = (request.method().as_str(), request.uri().path());
    ///     match sessions.device_answer(method, path, request.headers()) {
    ///         Some(answer) => answer.into_response(),
    ///         None => Response::new("Hello.".to_owned()),
    ///     }
    /// }
    ///
    /// # let sessions = SignedCookieFactory::builder(Secret::generate()).device_bound(DeviceBound::new()).build()?;
    /// assert_eq!(handle(&sessions, &Request::get("/").body(())?).body(), "Hello.");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn device_answer<N: AsRef<str>, V: AsRef<[u8]>>(
        &self,
        method: &str,
        path: &str,
        headers: impl IntoIterator<Item = (N, V)>,
    ) -> Option<DeviceAnswer> {
        let device_bound = self.device_bound.as_deref()?;
        let endpoint = match path.strip_prefix(device_bound.device_path())? {
            "/register" => Endpoint::Register,
            "/refresh" => Endpoint::Refresh,
            _ => return None,
        };
        if method != "POST" {
            return Some(DeviceAnswer::new(405).with("allow", "POST".into()));
        }
        let mut request = Request::default();
        for (name, value) in headers {
            request.add(name.as_ref(), value.as_ref());
        }
        Some(match endpoint {
            Endpoint::Register => self.register(device_bound, &request),
            Endpoint::Refresh => self.refresh(device_bound, &request),
        })
    }

    /// Returns the value of the header that asks a browser to bind the session with this `created`.
    pub(super) fn registration(&self, created: Timestamp) -> Option<String> {
        let path = self.device_bound.as_deref()?.device_path();
        let challenge = challenge::issue(self.challenger(), created, self.policy.clock.now(), None);
        Some(format!("(ES256);path=\"{path}/register\";challenge=\"{challenge}\""))
    }

    /// Answers a registration, in which a device sends its key for the first time.
    fn register(&self, device_bound: &DeviceBound, request: &Request) -> DeviceAnswer {
        // A request from another site is refused. A browser that sends no `Sec-Fetch-Site` is accepted.
        if !matches!(request.fetch_site, Field::Absent) && !request.is_same_origin() {
            return DeviceAnswer::new(403);
        }
        let now = self.policy.clock.now();
        let Some(session) = self.device_session(request, now) else { return DeviceAnswer::new(403) };
        // Somebody who copied the cookies of a bound session must not be able to bind it to another device.
        if session.is_bound || session.proven_until.is_some() {
            return DeviceAnswer::new(403);
        }
        let Some(proof) = request.proof() else { return DeviceAnswer::new(400) };
        let (key, proof) = match jwt::verify_registration(&proof) {
            Ok(verified) => verified,
            Err(error) => return self.refuse(error),
        };
        let created = session.registered;
        if challenge::check(self.challenger(), &proof.challenge, created, now, device_bound.challenge_age()).is_none() {
            return DeviceAnswer::new(403);
        }
        let mut lines = vec![self.bound_line(device_bound, &session, now), self.key_line(device_bound, &session, &key)];
        let id = self.device_session_id(created);
        let session = Session::of_device(&self.policy, session, now);
        session.touch(|state| state.change(|_| ()));
        session.touch(|state| state.record.bind());
        match self.headers_for(&session, ResponseKind::Normal) {
            Ok(headers) => lines.splice(0..0, headers.set_cookies().map(str::to_owned)).for_each(drop),
            // The mark does not fit into the cookie, so the session stays unbound. The error was reported.
            Err(_) => return DeviceAnswer::new(500),
        };
        self.policy.events.device_registered();
        let path = device_bound.device_path();
        let (bound, _) = self.device_cookies();
        DeviceAnswer::new(200).with_cookies(lines).with_json(&json!({
            "session_identifier": id,
            "refresh_url": format!("{path}/refresh"),
            "scope": {
                "include_site": false,
                "scope_specification": [{ "type": "exclude", "path": path }],
            },
            "credentials": [{
                "type": "cookie",
                "name": bound.name(),
                "attributes": bound.attributes(),
            }],
        }))
    }

    /// Answers a renewal, in which a device proves that it still has its key.
    fn refresh(&self, device_bound: &DeviceBound, request: &Request) -> DeviceAnswer {
        // Only the browser itself can send these two headers; a page of any site cannot.
        let max_len = self.cookie_name().len() + MAX_ID_SUFFIX_LEN;
        let id = request.session_id.one().and_then(fields::text).filter(|id| id.len() <= max_len);
        let Some(id) = id.filter(|_| request.is_same_origin()) else { return DeviceAnswer::new(403) };
        let now = self.policy.clock.now();
        // The session has ended or was replaced, so the browser must forget it. Its cookies are not removed, because
        // the cookies of the new session may have been sent already.
        let over = || DeviceAnswer::new(200).with_json(&json!({ "session_identifier": id, "continue": false }));
        let Some(session) = self.device_session(request, now) else { return over() };
        let created = session.registered;
        if id != self.device_session_id(created) {
            return over();
        }
        let Some(key) = session.key.and_then(|coordinates| PublicKey::new(coordinates).ok()) else {
            // Without a key, nobody can prove this session any more. A session that is not bound continues.
            return if session.is_bound { self.end(session, now) } else { over() };
        };
        let again = |last| {
            let challenge = challenge::issue(self.challenger(), created, now, last);
            ("secure-session-challenge", format!("\"{challenge}\";id=\"{id}\""))
        };
        if matches!(request.proof, Field::Absent) {
            let (name, value) = again(None);
            return DeviceAnswer::new(403).with(name, value);
        }
        let Some(proof) = request.proof() else { return DeviceAnswer::new(400) };
        let proof = match jwt::verify_refresh(&proof, &key) {
            Ok(proof) => proof,
            Err(error @ ProofError::BadSignature) => {
                self.policy.events.wrong_device(&error);
                return self.end(session, now);
            }
            Err(error) => return self.refuse(error),
        };
        let last = challenge::check(self.challenger(), &proof.challenge, created, now, device_bound.challenge_age());
        if last.is_none() {
            // The device signed another challenge: two requests crossed, or the device took too long.
            let (name, value) = again(None);
            return DeviceAnswer::new(403).with(name, value);
        }
        let mut lines = vec![self.bound_line(device_bound, &session, now), self.key_line(device_bound, &session, &key)];
        if !session.is_bound {
            // A page that was still loading when the device registered may have written the session without the mark.
            let session = Session::of_device(&self.policy, session, now);
            session.touch(|state| state.rebind());
            if let Ok(headers) = self.headers_for(&session, ResponseKind::Normal) {
                lines.extend(headers.set_cookies().map(str::to_owned));
            }
        }
        let (name, value) = again(last);
        DeviceAnswer::new(200).with_cookies(lines).with(name, value)
    }

    /// Returns the session of a request, proven or not.
    fn device_session(&self, request: &Request, now: Timestamp) -> Option<DeviceSession> {
        let cookies = Cookies::find(&self.names, request.cookies.iter().map(Vec::as_slice));
        self.policy.device_session(cookies.iter(), now)
    }

    /// Returns the identifier of a session for the browser. It distinguishes the sessions of one site, and is not
    /// secret.
    fn device_session_id(&self, created: Timestamp) -> String {
        format!("{}.{}", self.settings.cookie_name, created.micros())
    }

    fn bound_line(&self, device_bound: &DeviceBound, session: &DeviceSession, now: Timestamp) -> String {
        let mut until = now.after(device_bound.proof_lifetime()).whole_micros();
        // Browsers treat a cookie that did not change as a failed renewal.
        if session.proven_until.is_some_and(|last| last.whole_micros() == until) {
            until = until.next_micro();
        }
        let (bound, _) = self.device_cookies();
        bound.line(&self.policy.codec().seal_bound(session.registered, until), device_bound.cookie_age())
    }

    /// Returns the line of the cookie with the key. Every renewal writes it, so that it does not expire and is signed
    /// with the present secret.
    fn key_line(&self, device_bound: &DeviceBound, session: &DeviceSession, key: &PublicKey) -> String {
        let life = self.policy.present.expiry.longest_life(session.record.lifetime());
        let life = life.saturating_add(device_bound.challenge_age()).min(MAX_COOKIE_AGE);
        let (_, cookie) = self.device_cookies();
        cookie.line(&self.policy.codec().seal_device_key(session.registered, key.coordinates()), life)
    }

    /// Ends a session for a client that has its cookies but not its device.
    fn end(&self, session: DeviceSession, now: Timestamp) -> DeviceAnswer {
        let session = Session::of_device(&self.policy, session, now);
        session.touch(|state| state.device.has_cookies = true);
        session.invalidate();
        let headers = self.headers_for(&session, ResponseKind::Normal);
        let lines: Vec<String> = headers.iter().flat_map(|headers| headers.set_cookies()).map(str::to_owned).collect();
        DeviceAnswer::new(401).with_cookies(lines)
    }

    fn refuse(&self, error: ProofError) -> DeviceAnswer {
        self.policy.events.proof_refused(&error);
        DeviceAnswer::new(if error == ProofError::BadSignature { 401 } else { 400 })
    }

    fn challenger(&self) -> &Signer {
        &self.policy.device.as_ref().expect("there is no endpoint without").signer
    }

    /// Returns the cookie that proves the device, and the cookie with its key.
    fn device_cookies(&self) -> (&SetCookie, &SetCookie) {
        let device = self.cookies.device.as_ref().expect("there is no endpoint without");
        (&device.bound, &device.key)
    }
}

impl Request {
    fn add(&mut self, name: &str, value: &[u8]) {
        let field = match name.to_ascii_lowercase().as_str() {
            "cookie" => return self.cookies.push(value.to_owned()),
            "secure-session-response" => &mut self.proof,
            "sec-secure-session-id" => &mut self.session_id,
            "sec-fetch-site" => &mut self.fetch_site,
            _ => return,
        };
        *field = match field {
            Field::Absent => Field::One(value.to_owned()),
            _ => Field::Several,
        };
    }

    fn is_same_origin(&self) -> bool {
        self.fetch_site.one() == Some(b"same-origin")
    }

    fn proof(&self) -> Option<String> {
        self.proof.one().filter(|proof| fields::is_short_enough(proof)).and_then(fields::text)
    }
}

impl Field {
    fn one(&self) -> Option<&[u8]> {
        match self {
            Self::One(value) => Some(value),
            _ => None,
        }
    }
}
