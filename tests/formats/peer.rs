//! Talks to the real frameworks over a pipe. `peer.py` and `peer.js` describe the requests and answers.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::common::peers::skip;
use crate::jar::Jar;

/// A running peer. Dropping it ends the process.
pub struct Peer {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// The fields of every request.
    about: Value,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Answer {
    pub cookies: BTreeMap<String, String>,
    /// JSON as text.
    pub json: Option<String>,
    pub difference: Option<String>,
    pub body: String,
    pub set_cookies: Vec<String>,
}

fn script(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "formats", name].iter().collect()
}

impl Peer {
    /// Starts a Python framework. Returns `None` if it is not installed.
    pub fn python(framework: &str, secret: &str) -> Option<Self> {
        let asked_for = env::var_os("FORMATS_PYTHON");
        let python = asked_for.clone().unwrap_or_else(|| "python3".into());
        let import = format!("import {framework}, itsdangerous");
        let found = Command::new(&python).arg("-c").arg(import).stderr(Stdio::null()).status();
        if !found.is_ok_and(|status| status.success()) {
            let missing = format!(
                "{python:?} cannot import {framework}: set FORMATS_PYTHON=/path/to/venv/bin/python, made with \
                 tests/formats/requirements.txt"
            );
            assert!(asked_for.is_none(), "{missing}");
            skip(&missing);
            return None;
        }
        let mut command = Command::new(python);
        command.arg(script("peer.py"));
        Some(Self::start(command, json!({"framework": framework, "secret": secret})))
    }

    /// Starts a framework of Node. Returns `None` if it is not installed.
    pub fn node(framework: &str, secrets: &[&str]) -> Option<Self> {
        let modules = env::var_os("FORMATS_NODE_MODULES");
        let node = |arguments: &[OsString]| {
            let mut command = Command::new("node");
            command.args(arguments).env("NODE_PATH", modules.clone().unwrap_or_default());
            command
        };
        let require = format!("require('{framework}')");
        let found = node(&["-e".into(), require.into()]).stderr(Stdio::null()).status();
        if !found.is_ok_and(|status| status.success()) {
            let missing = format!(
                "node cannot load {framework}: set FORMATS_NODE_MODULES=/path/to/node_modules, made with \
                 tests/formats/package.json"
            );
            assert!(modules.is_none(), "{missing}");
            skip(&missing);
            return None;
        }
        let command = node(&[script("peer.js").into()]);
        Some(Self::start(command, json!({"framework": framework, "secrets": secrets})))
    }

    fn start(mut command: Command, about: Value) -> Self {
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("an interpreter that has just run");
        let requests = child.stdin.take().expect("a pipe");
        let answers = BufReader::new(child.stdout.take().expect("a pipe"));
        Self { child, requests, answers, about }
    }

    pub fn ask(&mut self, asked: Value) -> Answer {
        let mut request = self.about.clone();
        request.as_object_mut().unwrap().extend(asked.as_object().unwrap().clone());
        writeln!(self.requests, "{request}").expect("the peer reads");
        let mut answer = String::new();
        self.answers.read_line(&mut answer).expect("the peer answers");
        serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error}: {request} -> {answer:?}"))
    }

    pub fn make(&mut self, seed: u64) -> Answer {
        self.ask(json!({"do": "make", "seed": seed}))
    }

    /// Returns the session that the framework reads from the cookies, as JSON text.
    pub fn read(&mut self, jar: &Jar) -> Option<String> {
        self.ask(json!({"do": "read", "cookies": jar.0})).json
    }

    /// Returns the cookies after the framework has set a key.
    pub fn set(&mut self, jar: &Jar, key: &str, json: &str) -> Jar {
        Jar(self.ask(json!({"do": "set", "cookies": jar.0, "key": key, "json": json})).cookies)
    }

    /// Returns the body of a page of the framework's site, and stores its cookies in the jar.
    pub fn visit(&mut self, jar: &mut Jar, path: &str) -> String {
        let answer = self.ask(json!({"do": "page", "path": path, "cookies": jar.0}));
        answer.set_cookies.iter().for_each(|line| jar.take(line));
        answer.body
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
