//! A site whose sessions are bound to devices, and a browser that speaks the protocol.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use signed_cookie_session::{Builder, DeviceBound, Outcome, Secret, Secrets, Session, SignedCookieFactory};

use crate::common::{Clock, NOW, secret};

pub const LIFETIME: Duration = Duration::from_secs(600);
pub const REGISTER: &str = "/session/device/register";
pub const REFRESH: &str = "/session/device/refresh";

/// The servers of one site. Their clock moves by a microsecond with every request.
pub struct Site {
    pub sessions: SignedCookieFactory,
    pub clock: Clock,
}

impl Site {
    pub fn new() -> Self {
        Self::with(secret(), |builder| builder)
    }

    pub fn with(secrets: impl Into<Secrets>, change: impl Fn(Builder) -> Builder) -> Self {
        let clock = Clock::at(NOW);
        Self { sessions: Self::factory(secrets, &clock, change), clock }
    }

    fn factory(secrets: impl Into<Secrets>, clock: &Clock, change: impl Fn(Builder) -> Builder) -> SignedCookieFactory {
        let builder = SignedCookieFactory::builder(secrets).clock(clock.read()).device_bound(DeviceBound::new());
        change(builder).build().unwrap()
    }

    /// Returns other servers of the same site with other settings.
    #[cfg(feature = "encrypted")]
    pub fn rebuilt(&self, change: impl Fn(Builder) -> Builder) -> Self {
        Self { sessions: Self::factory(secret(), &self.clock, change), clock: self.clock.clone() }
    }

    /// Returns the same site after a restart with these secrets.
    pub fn restarted(&self, secrets: impl Into<Secrets>) -> Self {
        Self { sessions: Self::factory(secrets, &self.clock, |builder| builder), clock: self.clock.clone() }
    }

    pub fn wait(&self, seconds: u64) {
        self.clock.forward(Duration::from_secs(seconds));
    }

    /// Answers a request with these cookies by a page that uses the session.
    pub fn page(&self, cookies: &str, page: impl Fn(&Session)) -> Page {
        self.clock.forward(Duration::from_micros(1));
        let session = self.sessions.load_cookies([cookies]);
        page(&session);
        let user = session.get("user").unwrap();
        let headers = self.sessions.response_headers(&session, 200).unwrap();
        Page {
            outcome: session.outcome(),
            user,
            set_cookies: headers.set_cookies().map(str::to_owned).collect(),
            registration: headers.device_registration().map(str::to_owned),
        }
    }

    /// Returns the user that a page sees for these cookies.
    pub fn user(&self, cookies: &str) -> Option<String> {
        self.page(cookies, |_| ()).user
    }

    pub fn outcome(&self, cookies: &str) -> Outcome {
        self.page(cookies, |_| ()).outcome
    }

    /// Sends a request to an endpoint as a browser does.
    pub fn device(&self, path: &str, cookies: &str, headers: &[(&str, &str)]) -> Answer {
        self.device_raw("POST", path, &[&[("cookie", cookies), ("sec-fetch-site", "same-origin")], headers].concat())
    }

    pub fn device_raw(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.clock.forward(Duration::from_micros(1));
        let answer = self.sessions.device_answer(method, path, headers.iter().copied()).expect("it is an endpoint");
        let headers = answer.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Answer { status: answer.status(), headers, body: answer.body().to_owned() }
    }
}

pub struct Page {
    pub outcome: Outcome,
    pub user: Option<String>,
    pub set_cookies: Vec<String>,
    pub registration: Option<String>,
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    pub fn set_cookies(&self) -> Vec<String> {
        self.all("set-cookie").map(str::to_owned).collect()
    }

    /// Returns the challenge for the next proof.
    pub fn challenge(&self) -> Option<String> {
        Some(quoted(self.header("secure-session-challenge")?))
    }

    /// Returns whether the answer sets the cookie that proves the device.
    pub fn proves(&self) -> bool {
        self.all("set-cookie").any(|line| line.contains(".bound=") && !line.contains("Max-Age=0"))
    }
}

/// Returns the text between the first two quotes.
pub fn quoted(value: &str) -> String {
    value.split('"').nth(1).unwrap().to_owned()
}

/// A device: its key, and the proofs that it signs.
#[derive(Clone)]
pub struct Device(SigningKey);

impl Device {
    pub fn new() -> Self {
        thread_local!(static MADE: Cell<u8> = const { Cell::new(1) });
        let number = MADE.replace(MADE.get() + 1);
        Self(SigningKey::from_slice(&[number; 32]).unwrap())
    }

    pub fn jwk(&self) -> String {
        let point = self.0.verifying_key().to_sec1_point(false);
        let [x, y] = [point.x(), point.y()].map(|coordinate| URL_SAFE_NO_PAD.encode(coordinate.unwrap()));
        format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#)
    }

    pub fn sign(&self, header: &str, payload: &str) -> String {
        let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
        let signature: Signature = self.0.sign(text.as_bytes());
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }

    pub fn registration(&self, challenge: &str) -> String {
        let header = format!(r#"{{"alg":"ES256","jwk":{},"typ":"dbsc+jwt"}}"#, self.jwk());
        self.sign(&header, &format!(r#"{{"jti":"{challenge}"}}"#))
    }

    pub fn proof(&self, challenge: &str) -> String {
        self.sign(r#"{"alg":"ES256","typ":"dbsc+jwt"}"#, &format!(r#"{{"jti":"{challenge}"}}"#))
    }
}

/// A browser with its jar, on a device with its key.
#[derive(Clone)]
pub struct Browser {
    /// The cookie values by name and path.
    pub jar: BTreeMap<(String, String), String>,
    pub device: Device,
    pub id: Option<String>,
    pub challenge: Option<String>,
}

impl Browser {
    pub fn new() -> Self {
        Self { jar: BTreeMap::new(), device: Device::new(), id: None, challenge: None }
    }

    /// Returns a browser that has logged in, and that has registered if `registers` is `true`.
    pub fn logged_in(site: &Site) -> Self {
        let mut browser = Self::new();
        let page = browser.log_in(site);
        assert_eq!(browser.register(site, &page).status, 200);
        browser
    }

    pub fn log_in(&mut self, site: &Site) -> Page {
        self.visit(site, |session| {
            session.regenerate();
            session.insert("user", "ada").unwrap();
            session.bind_to_device();
        })
    }

    pub fn visit(&mut self, site: &Site, page: impl Fn(&Session)) -> Page {
        let page = site.page(&self.cookies("/"), page);
        self.keep(&page.set_cookies);
        page
    }

    /// Registers, if a page asks for it.
    pub fn register(&mut self, site: &Site, page: &Page) -> Answer {
        let registration = page.registration.as_deref().expect("registration is offered");
        let proof = self.device.registration(&registration.split("challenge=").nth(1).map(quoted).unwrap());
        let answer = site.device(REGISTER, &self.cookies(REGISTER), &[("secure-session-response", &proof)]);
        self.keep(&answer.set_cookies());
        if answer.status == 200 {
            let json: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
            self.id = json["session_identifier"].as_str().map(str::to_owned);
        }
        answer
    }

    /// Renews the proof, in one or two rounds.
    pub fn refresh(&mut self, site: &Site) -> Answer {
        let mut answer = self.try_refresh(site);
        if answer.status == 403 && answer.challenge().is_some() {
            answer = self.try_refresh(site);
        }
        answer
    }

    pub fn try_refresh(&mut self, site: &Site) -> Answer {
        let answer = self.send_refresh(site);
        self.keep(&answer.set_cookies());
        self.challenge = answer.challenge().or(self.challenge.take());
        answer
    }

    /// Sends the request of a renewal, and does not store its answer.
    pub fn send_refresh(&self, site: &Site) -> Answer {
        let id = self.id.clone().expect("it has registered");
        let proof = self.challenge.as_ref().map(|challenge| self.device.proof(challenge));
        let mut headers = vec![("sec-secure-session-id", &*id)];
        headers.extend(proof.as_deref().map(|proof| ("secure-session-response", proof)));
        site.device(REFRESH, &self.cookies(REFRESH), &headers)
    }

    pub fn keep(&mut self, lines: &[String]) {
        for line in lines {
            let (pair, attributes) = line.split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            let path = attributes.split("Path=").nth(1).unwrap().split(';').next().unwrap();
            let key = (name.to_owned(), path.to_owned());
            if attributes.contains("Max-Age=0") {
                self.jar.remove(&key);
            } else {
                self.jar.insert(key, value.to_owned());
            }
        }
    }

    /// Drops the cookie of a proof, as a browser does when it expires.
    pub fn expire(&mut self) {
        self.jar.retain(|(name, _), _| !name.ends_with(".bound"));
    }

    /// Returns the `Cookie` header for a path.
    pub fn cookies(&self, path: &str) -> String {
        self.cookies_but(path, "none")
    }

    /// Returns the `Cookie` header for a path, without one cookie.
    pub fn cookies_but(&self, path: &str, without: &str) -> String {
        let sent = self.jar.iter().filter(|((name, at), _)| path.starts_with(&**at) && name != without);
        sent.map(|((name, _), value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.jar.iter().find(|((other, _), _)| other == name).map(|(_, value)| value.as_str())
    }
}

pub fn other_secret() -> Secret {
    Secret::new("another obvious secret for tests, of more than 32 bytes").unwrap()
}
