//! Talks to the real Pyramid over a pipe. `peer.py` describes the requests and answers.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use signed_cookie_session::{HashAlgorithm, Secret, Session, SignedCookieFactory};

use crate::python;

/// A running `peer.py`. Dropping it ends the process.
pub struct Peer {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// A request to the peer, answered by a [`Seen`].
#[derive(Serialize)]
pub struct Visit<'v> {
    pub settings: &'v Settings,
    pub now: f64,
    pub cookie: Option<&'v str>,
    pub steps: Vec<Value>,
    pub remember: Option<&'v str>,
    pub recall: Option<&'v str>,
    pub besides: Vec<&'v str>,
}

/// The answer of Pyramid: what it read, and what it wrote.
#[derive(Debug, Deserialize)]
pub struct Seen {
    pub new: bool,
    pub created: f64,
    pub renewed: f64,
    /// The keys, each with its value as JSON text.
    pub members: Vec<(String, String)>,
    pub results: Vec<Value>,
    pub cookie: Option<String>,
    #[serde(default)]
    pub differences: Vec<String>,
}

/// Settings for both sides, under Pyramid's names.
#[derive(Clone, Serialize)]
pub struct Settings {
    pub secret: String,
    pub salt: String,
    pub hashalg: &'static str,
    pub timeout: Option<u64>,
    pub reissue_time: Option<u64>,
}

impl Peer {
    /// Starts the peer. Returns `None` if there is no Python with Pyramid.
    pub fn start() -> Option<Self> {
        let mut child = Command::new(python::with("pyramid, webob")?)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pyramid/peer.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("an interpreter that has just run");
        let requests = child.stdin.take().expect("a pipe");
        let answers = BufReader::new(child.stdout.take().expect("a pipe"));
        Some(Self { child, requests, answers })
    }

    pub fn visit(&mut self, visit: &Visit<'_>) -> Seen {
        let request = serde_json::to_string(visit).expect("a request is plain JSON");
        writeln!(self.requests, "{request}").expect("the peer reads");
        let mut answer = String::new();
        self.answers.read_line(&mut answer).expect("the peer answers");
        serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error}: {request} -> {answer:?}"))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // The process ends with its input. This is for a test that fails before that.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl<'v> Visit<'v> {
    pub fn new(settings: &'v Settings, now: f64, cookie: Option<&'v str>) -> Self {
        Self { settings, now, cookie, steps: Vec::new(), remember: None, recall: None, besides: Vec::new() }
    }

    pub fn steps(self, steps: impl IntoIterator<Item = Value>) -> Self {
        Self { steps: steps.into_iter().collect(), ..self }
    }
}

impl Default for Settings {
    /// Returns Pyramid's own settings with a secret.
    fn default() -> Self {
        Self {
            secret: hex(b"a secret that Pyramid and Rust both have, for tests"),
            salt: hex(b"pyramid.session."),
            hashalg: "sha512",
            timeout: Some(1200),
            reissue_time: Some(0),
        }
    }
}

impl Settings {
    /// Builds our factory with these settings, at a fixed time.
    pub fn ours(&self, now: f64) -> SignedCookieFactory {
        let now = moment(now);
        SignedCookieFactory::builder(Secret::legacy(unhex(&self.secret)).unwrap())
            .salt(unhex(&self.salt))
            .hash_algorithm(match self.hashalg {
                "sha256" => HashAlgorithm::Sha256,
                "sha384" => HashAlgorithm::Sha384,
                _ => HashAlgorithm::Sha512,
            })
            // We refuse zero. Ages are whole seconds here, so a short timeout is equivalent.
            .timeout(self.timeout.map(|timeout| Duration::from_secs(timeout).max(Duration::from_nanos(1))))
            .reissue_time(self.reissue_time.map(Duration::from_secs))
            .clock(move || now)
            .build()
            .expect("settings that work")
    }
}

/// Returns our session of a request with this cookie.
pub fn load(sessions: &SignedCookieFactory, cookie: Option<&str>) -> Session {
    sessions.load_cookies(cookie.map(|value| format!("other=1; session={value}")))
}

/// Returns the value of our `Set-Cookie`, if there is one.
pub fn written(sessions: &SignedCookieFactory, session: &Session) -> Option<String> {
    let line = sessions.set_cookies(session).expect("a session that fits").into_iter().next()?;
    let pair = line.split(';').next().expect("a pair");
    Some(pair.strip_prefix("session=").expect("our cookie's name").to_owned())
}

/// Converts unix seconds to a time, exact to the microsecond.
pub fn moment(seconds: f64) -> SystemTime {
    UNIX_EPOCH + Duration::from_micros((seconds * 1e6).round() as u64)
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(hex: &str) -> Vec<u8> {
    let pairs = (0..hex.len()).step_by(2).map(|at| &hex[at..at + 2]);
    pairs.map(|pair| u8::from_str_radix(pair, 16).expect("hex")).collect()
}
