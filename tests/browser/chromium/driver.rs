//! Chromium, driven by its own driver over WebDriver (<https://www.w3.org/TR/webdriver2/>).
#![allow(dead_code, reason = "no test file uses all of it")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::common::client::Client;
use crate::common::folder::Folder;
use crate::common::programs::installed;

/// What Chromium needs to run anywhere, as root too, and what keeps it from calling home.
const FLAGS: [&str; 10] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1100,900",
    // A host like any other: plain HTTP there is no secure context, as it is on localhost.
    "--host-resolver-rules=MAP plain.test 127.0.0.1",
];

/// How long a page may take on a machine with other work to do.
const PATIENCE: Duration = Duration::from_secs(30);

/// How the specification spells "an element's id".
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser with an empty jar, closed when it is dropped.
pub struct Browser {
    driver: Child,
    address: SocketAddr,
    session: String,
    /// What it was started with.
    capabilities: Value,
    _profile: Folder,
}

/// A cookie as the browser keeps it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cookie {
    pub name: String,
    pub value: String,
    pub domain: String,
    pub path: String,
    pub http_only: bool,
    pub secure: bool,
    pub same_site: Option<String>,
    pub partition_key: Option<Value>,
}

impl Browser {
    /// None where Chromium or its driver is not installed.
    pub fn start() -> Option<Self> {
        Self::start_with(&[], None)
    }

    /// The same with more flags and a home of its own, from which it takes the certificates that it trusts.
    pub fn start_with(more: &[&str], home: Option<&Path>) -> Option<Self> {
        let chromium = installed("chromium", "chromium")?;
        let driver = installed("chromedriver", "chromium-driver")?;
        let mut driver = Command::new(driver);
        if let Some(home) = home {
            driver.env("HOME", home);
        }
        let mut driver = driver.arg("--port=0").stdout(Stdio::piped()).spawn().expect("it starts");
        let port = port(&mut driver);
        let profile = Folder::new();
        let mut flags = FLAGS.map(str::to_owned).to_vec();
        flags.extend(more.iter().map(|flag| (*flag).to_owned()));
        flags.push(format!("--user-data-dir={}", profile.path().display()));
        let options = json!({ "binary": chromium, "args": flags });
        let mut browser = Self {
            driver,
            address: (Ipv4Addr::LOCALHOST, port).into(),
            session: String::new(),
            capabilities: json!({ "capabilities": { "alwaysMatch": { "goog:chromeOptions": options } } }),
            _profile: profile,
        };
        browser.begin();
        Some(browser)
    }

    fn begin(&mut self) {
        let answer = self.call("POST", "", self.capabilities.clone());
        self.session = format!("/{}", answer["sessionId"].as_str().expect("a session has an id"));
    }

    /// Ends the browser and starts it again with what it kept on disk.
    pub fn restart(&mut self) {
        // It writes its cookies to disk when it closes, and the driver answers once it has.
        self.call("DELETE", "", Value::Null);
        self.session.clear();
        self.begin();
    }

    /// Asks for an address in the background of the open page.
    pub fn fetch(&self, address: &str) {
        let script = "window.answer = fetch(arguments[0]).then(answer => answer.text())";
        self.call("POST", "/execute/sync", json!({ "script": script, "args": [address] }));
    }

    /// Waits for the answer to [`fetch`](Self::fetch).
    pub fn fetched(&self) -> String {
        let script = "const done = arguments[0]; window.answer.then(done)";
        text(self.call("POST", "/execute/async", json!({ "script": script, "args": [] })))
    }

    /// Asks for an address in the background and waits for the answer.
    pub fn fetch_now(&self, address: &str) -> String {
        let script = "const done = arguments[1]; fetch(arguments[0]).then(answer => answer.text()).then(done)";
        text(self.call("POST", "/execute/async", json!({ "script": script, "args": [address] })))
    }

    /// Opens an address and waits until the page is there.
    pub fn open(&self, address: &str) {
        self.call("POST", "/url", json!({ "url": address }));
    }

    pub fn reload(&self) {
        self.call("POST", "/refresh", json!({}));
    }

    pub fn address(&self) -> String {
        text(self.call("GET", "/url", Value::Null))
    }

    /// What a person reads in the first element that the selector finds.
    pub fn text(&self, selector: &str) -> String {
        text(self.call("GET", &format!("{}/text", self.element(selector)), Value::Null))
    }

    /// Clicks on what leads to another page, and waits until that page is there. The driver's own
    /// click only waits for what has begun when it looks, which on a busy machine may be nothing yet.
    pub fn follow(&self, selector: &str) {
        let left = self.element("html");
        self.call("POST", &format!("{}/click", self.element(selector)), json!({}));
        let begun = Instant::now();
        // An element of a page that is gone is an error; one of a page that is here has a name.
        while self.try_call("GET", &format!("{left}/name"), &Value::Null).is_ok() || !self.is_loaded() {
            assert!(begun.elapsed() < PATIENCE, "{selector} led to no other page");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Clicks on what changes the page that is open.
    pub fn click(&self, selector: &str) {
        self.call("POST", &format!("{}/click", self.element(selector)), json!({}));
    }

    /// What a script returns that runs in the page.
    pub fn run(&self, script: &str) -> Value {
        self.call("POST", "/execute/sync", json!({ "script": script, "args": [] }))
    }

    fn is_loaded(&self) -> bool {
        let script = json!({ "script": "return document.readyState", "args": [] });
        self.try_call("POST", "/execute/sync", &script).is_ok_and(|state| state == "complete")
    }

    pub fn fill_in(&self, selector: &str, text: &str) {
        self.call("POST", &format!("{}/value", self.element(selector)), json!({ "text": text }));
    }

    /// Everything in the browser's jar, whatever page is open.
    pub fn jar(&self) -> Vec<Cookie> {
        let all = json!({ "cmd": "Storage.getCookies", "params": {} });
        let mut answer = self.call("POST", "/goog/cdp/execute", all);
        serde_json::from_value(answer["cookies"].take()).expect("a list of cookies")
    }

    /// Puts another value into a cookie of the page that is open, as a visitor can.
    pub fn tamper(&self, cookie: &Cookie, value: &str) {
        let Cookie { name, path, http_only, secure, .. } = cookie;
        let cookie = json!({ "name": name, "value": value, "path": path, "httpOnly": http_only, "secure": secure });
        self.call("POST", "/cookie", json!({ "cookie": cookie }));
    }

    /// Keeps a picture of the page as NAME.png in the folder `SCREENSHOTS`, if that is set.
    pub fn picture(&self, name: &str) {
        let Some(folder) = std::env::var_os("SCREENSHOTS") else { return };
        let picture = STANDARD.decode(text(self.call("GET", "/screenshot", Value::Null))).expect("a picture");
        std::fs::write(Path::new(&folder).join(name).with_extension("png"), picture).expect("it can be kept");
    }

    fn element(&self, selector: &str) -> String {
        let answer = self.call("POST", "/element", json!({ "using": "css selector", "value": selector }));
        format!("/element/{}", answer[ELEMENT].as_str().expect("an element has an id"))
    }

    /// One command, and the value it is answered with.
    fn call(&self, method: &str, command: &str, body: Value) -> Value {
        let answer = self.try_call(method, command, &body);
        answer.unwrap_or_else(|error| panic!("{method} {command} {body}: {error}"))
    }

    /// One command, and the value or the error it is answered with.
    fn try_call(&self, method: &str, command: &str, body: &Value) -> Result<Value, Value> {
        let path = format!("/session{}{command}", self.session);
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = Client::new(self.address).send(method, &path, "Content-Type: application/json\r\n", &body);
        let mut body: Value = serde_json::from_str(&answer.body).expect("the driver answers with JSON");
        if answer.status == 200 { Ok(body["value"].take()) } else { Err(body["value"].take()) }
    }
}

impl Drop for Browser {
    /// The browser first: nothing else would end it once its driver is gone. A failing test comes by
    /// here too, so nothing of this may panic.
    fn drop(&mut self) {
        let close =
            format!("DELETE /session{} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.session, self.address);
        if let Ok(mut stream) = TcpStream::connect(self.address) {
            let _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
            let _ = stream.write_all(close.as_bytes());
            // It answers once the browser has ended, and then keeps the connection open.
            let _ = stream.read(&mut [0]);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// The port that a driver says it was started on.
fn port(driver: &mut Child) -> u16 {
    let mut output = BufReader::new(driver.stdout.as_mut().expect("its output is ours"));
    let mut said = String::new();
    while output.read_line(&mut said).expect("it writes text") > 0 {
        let line = said.lines().last().expect("a line was read");
        if let Some((_, port)) = line.split_once("started successfully on port ") {
            return port.trim_end_matches('.').parse().expect("a port is a number");
        }
    }
    panic!("chromedriver did not start: {said}")
}

fn text(value: Value) -> String {
    value.as_str().expect("the driver answers with a text").into()
}
