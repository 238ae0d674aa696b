//! The factory's part in device-bound sessions: the header that offers registration, and the two endpoints.
//!
//! Nothing is kept between requests. A challenge says itself when and for which session it was made, and the device's key
//! comes back in a cookie.

use std::sync::Arc;

use serde_json::json;

use crate::device_bound::answer::DeviceAnswer;
use crate::device_bound::jwt::{ProofError, PublicKey};
use crate::device_bound::{DeviceBound, challenge, fields, jwt};
use crate::factory::SignedCookieFactory;
use crate::format::signature::Signer;
use crate::format::timestamp::Timestamp;
use crate::headers::request_cookie::Cookies;
use crate::headers::set_cookie::SetCookie;
use crate::secret::Secrets;
use crate::session::Session;
use crate::session::device::{DevicePolicy, DeviceSession};
use crate::session::expiry::MAX_COOKIE_AGE;
use crate::session::state::ResponseKind;

/// The longest session identifier that is answered.
const MAX_ID_LEN: usize = 256;

/// An endpoint below the path of [`DeviceBound`].
enum Endpoint {
    Register,
    Refresh,
}

/// The headers of a request that an endpoint looks at.
#[derive(Default)]
struct Request {
    cookies: Vec<Vec<u8>>,
    proof: Field,
    session_id: Field,
    fetch_site: Field,
}

/// A header that may stand in a request once.
#[derive(Default)]
enum Field {
    #[default]
    Absent,
    One(Vec<u8>),
    Several,
}

impl SignedCookieFactory {
    /// The same factory, which binds sessions to devices. The settings were checked before.
    pub(crate) fn with_device_bound(mut self, device_bound: &DeviceBound, secrets: &Secrets) -> Self {
        const FRESH: &str = "a fresh factory is nobody else's";
        // The signature's own secrets, salt and hash. What is signed tells the two apart.
        let signer = Signer::new(self.settings.hash_algorithm, &self.settings.salt.0, secrets);
        let policy = Arc::get_mut(&mut self.policy).expect(FRESH);
        policy.device = Some(DevicePolicy { signer });
        let cookies = Arc::get_mut(&mut self.cookies).expect(FRESH);
        cookies.add_device(&self.settings, device_bound.device_path());
        self.names = Arc::new(self.cookies.names().0);
        self.device_bound = Some(Arc::new(device_bound.clone()));
        self
    }

    /// Answers a request for one of the two endpoints of device-bound sessions; `None` for any other request, and for a
    /// factory without [`device_bound`](crate::Builder::device_bound).
    ///
    /// The tower layer and the actix-web middleware call it themselves. In a handler of your own call it before anything
    /// else, and send what it returns. `path` is the path of the request's URL, as the browser sees it.
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

    /// The value of the header that asks a browser to bind the session that was created then.
    pub(super) fn registration(&self, created: Timestamp) -> Option<String> {
        let path = self.device_bound.as_deref()?.device_path();
        let challenge = challenge::issue(self.challenger(), created, self.policy.clock.now(), None);
        Some(format!("(ES256);path=\"{path}/register\";challenge=\"{challenge}\""))
    }

    /// A device shows its key for the first time.
    fn register(&self, device_bound: &DeviceBound, request: &Request) -> DeviceAnswer {
        // What another site causes is refused. A browser that does not say where a request comes from is not.
        if !matches!(request.fetch_site, Field::Absent) && !request.is_same_origin() {
            return DeviceAnswer::new(403);
        }
        let now = self.policy.clock.now();
        let Some(session) = self.device_session(request, now) else { return DeviceAnswer::new(403) };
        // Whoever has copied the cookies of a bound session must not bind it to a device of his own.
        if session.is_bound || session.proven_until.is_some() {
            return DeviceAnswer::new(403);
        }
        let Some(proof) = request.proof() else { return DeviceAnswer::new(400) };
        let (key, proof) = match jwt::verify_registration(&proof) {
            Ok(verified) => verified,
            Err(error) => return self.refuse(error),
        };
        let created = session.record.created.at;
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
            // There is no room for the word that it is bound: it stays as it is. The event was told.
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

    /// A device proves that it still has its key.
    fn refresh(&self, device_bound: &DeviceBound, request: &Request) -> DeviceAnswer {
        // Only a browser's own renewal has both: no page can send them, of this site or of another.
        let id = request.session_id.one().and_then(fields::text).filter(|id| id.len() <= MAX_ID_LEN);
        let Some(id) = id.filter(|_| request.is_same_origin()) else { return DeviceAnswer::new(403) };
        let now = self.policy.clock.now();
        // A session that is over, or another one since: the browser is to forget it. No cookie is removed, since those of
        // the session that took its place may be on their way.
        let over = || DeviceAnswer::new(200).with_json(&json!({ "session_identifier": id, "continue": false }));
        let Some(session) = self.device_session(request, now) else { return over() };
        let created = session.record.created.at;
        if id != self.device_session_id(created) {
            return over();
        }
        let Some(key) = session.key.and_then(|coordinates| PublicKey::new(coordinates).ok()) else {
            // Nobody can prove this session any more. One that is not bound goes on without.
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
            // The device's own signature under another challenge is a race, or has taken too long.
            let (name, value) = again(None);
            return DeviceAnswer::new(403).with(name, value);
        }
        let mut lines = vec![self.bound_line(device_bound, &session, now), self.key_line(device_bound, &session, &key)];
        if !session.is_bound {
            // A page that was under way when the device registered has written the session without the word of it.
            let session = Session::of_device(&self.policy, session, now);
            session.touch(|state| state.rebind());
            if let Ok(headers) = self.headers_for(&session, ResponseKind::Normal) {
                lines.extend(headers.set_cookies().map(str::to_owned));
            }
        }
        let (name, value) = again(last);
        DeviceAnswer::new(200).with_cookies(lines).with(name, value)
    }

    /// The session of a request, proven or not.
    fn device_session(&self, request: &Request, now: Timestamp) -> Option<DeviceSession> {
        let cookies = Cookies::find(&self.names, request.cookies.iter().map(Vec::as_slice));
        self.policy.device_session(cookies.iter(), now)
    }

    /// What the browser knows a session by. It tells two sessions of one site apart, and is no secret.
    fn device_session_id(&self, created: Timestamp) -> String {
        format!("{}.{}", self.settings.cookie_name, created.micros())
    }

    fn bound_line(&self, device_bound: &DeviceBound, session: &DeviceSession, now: Timestamp) -> String {
        let created = session.record.created.at;
        let mut until = now.after(device_bound.proof_lifetime()).whole_micros();
        // A browser takes a cookie that did not change for a renewal that failed.
        if session.proven_until.is_some_and(|last| last.whole_micros() == until) {
            until = until.next_micro();
        }
        let (bound, _) = self.device_cookies();
        bound.line(&self.policy.codec().seal_bound(created, until), device_bound.cookie_age())
    }

    /// Every renewal writes the key anew, so that it lives on and is signed with the secret of today.
    fn key_line(&self, device_bound: &DeviceBound, session: &DeviceSession, key: &PublicKey) -> String {
        let record = &session.record;
        let life = self.policy.present.expiry.longest_life(record.lifetime());
        let life = life.saturating_add(device_bound.challenge_age()).min(MAX_COOKIE_AGE);
        let (_, cookie) = self.device_cookies();
        cookie.line(&self.policy.codec().seal_device_key(record.created.at, key.coordinates()), life)
    }

    /// Ends a session whose device cannot be the one that asks, for whoever asks.
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

    /// The cookie that proves the device, and the one that keeps its key.
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
