//! The real Pyramid, in a Python process, with the same cookies.
//!
//! `pyramid_peer.py` does a batch on request and answers how long it took, so it takes turns in a race like all other
//! contestants.

use std::env;
use std::fmt::Debug;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::str::FromStr;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::contestant::Contestant;
use crate::floor;
use crate::header;
use crate::sample::{SECRET, Sample};

/// The variable that names a Python with Pyramid.
pub const PYTHON: &str = "PYRAMID_PYTHON";

pub const DECODE: &str = "Pyramid, decode";
pub const REQUEST: &str = "Pyramid, request";

/// Returns the Python with Pyramid, if there is one.
pub fn python() -> Option<String> {
    env::var(PYTHON).ok()
}

/// Decodes a cookie value to a dict, with WebOb's `SignedSerializer`.
pub fn decode(python: &str, sample: &Sample) -> Contestant {
    let mut pyramid = Pyramid::start(python, "decode", &floor::cookie(sample));
    assert_eq!(pyramid.dict, sample.dict, "{DECODE}");
    Contestant::batched(DECODE, move |times| pyramid.run(times))
}

/// One request to a WSGI application whose view counts one more visit.
pub fn request(python: &str, sample: &Sample) -> Contestant {
    let cookies = header::five_cookies(&format!("{}={}", header::SESSION, floor::cookie(sample)));
    let cookies = cookies.to_str().expect("visible ASCII");
    let mut pyramid = Pyramid::start(python, "request", cookies);
    assert_eq!(pyramid.dict, sample.changed_dict(), "{REQUEST}");
    Contestant::batched(REQUEST, move |times| pyramid.run(times))
}

struct Pyramid {
    /// The result of doing the job once.
    dict: Map<String, Value>,
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Pyramid {
    fn start(python: &str, job: &str, cookie: &str) -> Pyramid {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/pyramid_peer.py");
        let mut child = Command::new(python)
            .arg(script)
            .args([job, std::str::from_utf8(SECRET).expect("a secret in ASCII"), cookie])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{PYTHON}={python} does not start: {error}"));
        let orders = child.stdin.take().expect("a pipe");
        let answers = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut pyramid = Pyramid { dict: Map::new(), child, orders, answers };
        pyramid.dict = serde_json::from_str(&pyramid.answer::<String>()).expect("a dict");
        pyramid
    }

    fn run(&mut self, times: u32) -> Duration {
        writeln!(self.orders, "{times}").expect("a script that listens");
        Duration::from_nanos(self.answer())
    }

    fn answer<T: FromStr<Err: Debug>>(&mut self) -> T {
        let mut line = String::new();
        let length = self.answers.read_line(&mut line).expect("a script that answers");
        assert_ne!(length, 0, "pyramid_peer.py ended; it needs: pip install pyramid==2.1");
        line.trim_end().parse().expect("an answer of the kind asked for")
    }
}

impl Drop for Pyramid {
    fn drop(&mut self) {
        // Nothing is lost, because the process has no state of its own.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
