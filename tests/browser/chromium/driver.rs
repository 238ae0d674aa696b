//! Controls Chromium with its driver over WebDriver (<https://www.w3.org/TR/webdriver2/>).
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

/// Options with which Chromium runs anywhere, even as root, and without connections to its vendor.
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
    // On this host, plain HTTP is not a secure context. On localhost, it would be.
    "--host-resolver-rules=MAP plain.test 127.0.0.1",
];

/// How long a page may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// The key of an element's id in the specification.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser that starts without cookies. Dropping it closes it.
pub struct Browser {
    driver: Child,
    address: SocketAddr,
    session: String,
    /// The options with which it was started.
    capabilities: Value,
    _profile: Folder,
}

/// A cookie in the browser.
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
    /// Starts a browser. Returns `None` if Chromium or its driver is not installed.
    pub fn start() -> Option<Self> {
        Self::start_with(&[], None)
    }

    /// Starts a browser with more options and with its own home, which contains the certificates that it trusts.
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

    /// Closes the browser and starts it again with its data on disk.
    pub fn restart(&mut self) {
        // The browser writes its cookies to disk when it closes, and then the driver answers.
        self.call("DELETE", "", Value::Null);
        self.session.clear();
        self.begin();
    }

    /// Requests an address in the background of the open page.
    pub fn fetch(&self, address: &str) {
        let script = "window.answer = fetch(arguments[0]).then(answer => answer.text())";
        self.call("POST", "/execute/sync", json!({ "script": script, "args": [address] }));
    }

    /// Waits for the answer to [`fetch`](Self::fetch).
    pub fn fetched(&self) -> String {
        let script = "const done = arguments[0]; window.answer.then(done)";
        text(self.call("POST", "/execute/async", json!({ "script": script, "args": [] })))
    }

    /// Requests an address in the background and waits for the answer.
    pub fn fetch_now(&self, address: &str) -> String {
        let script = "const done = arguments[1]; fetch(arguments[0]).then(answer => answer.text()).then(done)";
        text(self.call("POST", "/execute/async", json!({ "script": script, "args": [address] })))
    }

    /// Opens an address and waits until the page is loaded.
    pub fn open(&self, address: &str) {
        self.call("POST", "/url", json!({ "url": address }));
    }

    pub fn reload(&self) {
        self.call("POST", "/refresh", json!({}));
    }

    pub fn address(&self) -> String {
        text(self.call("GET", "/url", Value::Null))
    }

    /// Returns the visible text of the first element that the selector finds.
    pub fn text(&self, selector: &str) -> String {
        text(self.call("GET", &format!("{}/text", self.element(selector)), Value::Null))
    }

    /// Clicks an element that leads to another page, and waits until that page is loaded. The driver's own click only
    /// waits if the new page has begun to load, which may not be true yet on a busy machine.
    pub fn follow(&self, selector: &str) {
        let left = self.element("html");
        self.call("POST", &format!("{}/click", self.element(selector)), json!({}));
        let begun = Instant::now();
        // For an element of a previous page the driver returns an error, and for one of the present page a name.
        while self.try_call("GET", &format!("{left}/name"), &Value::Null).is_ok() || !self.is_loaded() {
            assert!(begun.elapsed() < PATIENCE, "{selector} led to no other page");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Clicks an element that changes the open page.
    pub fn click(&self, selector: &str) {
        self.call("POST", &format!("{}/click", self.element(selector)), json!({}));
    }

    /// Runs a script in the page and returns its result.
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

    /// Returns all cookies of the browser, for all pages.
    pub fn jar(&self) -> Vec<Cookie> {
        let all = json!({ "cmd": "Storage.getCookies", "params": {} });
        let mut answer = self.call("POST", "/goog/cdp/execute", all);
        serde_json::from_value(answer["cookies"].take()).expect("a list of cookies")
    }

    /// Changes the value of a cookie of the open page, as a visitor can.
    pub fn tamper(&self, cookie: &Cookie, value: &str) {
        let Cookie { name, path, http_only, secure, .. } = cookie;
        let cookie = json!({ "name": name, "value": value, "path": path, "httpOnly": http_only, "secure": secure });
        self.call("POST", "/cookie", json!({ "cookie": cookie }));
    }

    /// Saves a picture of the page as NAME.png in the folder `SCREENSHOTS`, if that is set.
    pub fn picture(&self, name: &str) {
        let Some(folder) = std::env::var_os("SCREENSHOTS") else { return };
        let picture = STANDARD.decode(text(self.call("GET", "/screenshot", Value::Null))).expect("a picture");
        std::fs::write(Path::new(&folder).join(name).with_extension("png"), picture).expect("it can be kept");
    }

    fn element(&self, selector: &str) -> String {
        let answer = self.call("POST", "/element", json!({ "using": "css selector", "value": selector }));
        format!("/element/{}", answer[ELEMENT].as_str().expect("an element has an id"))
    }

    /// Sends a command and returns the value of the answer.
    fn call(&self, method: &str, command: &str, body: Value) -> Value {
        let answer = self.try_call(method, command, &body);
        answer.unwrap_or_else(|error| panic!("{method} {command} {body}: {error}"))
    }

    /// Sends a command and returns the value or the error of the answer.
    fn try_call(&self, method: &str, command: &str, body: &Value) -> Result<Value, Value> {
        let path = format!("/session{}{command}", self.session);
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = Client::new(self.address).send(method, &path, "Content-Type: application/json\r\n", &body);
        let mut body: Value = serde_json::from_str(&answer.body).expect("the driver answers with JSON");
        if answer.status == 200 { Ok(body["value"].take()) } else { Err(body["value"].take()) }
    }
}

impl Drop for Browser {
    /// Closes the browser before its driver, because nothing else would close it. This must not panic, because it also
    /// runs when a test fails.
    fn drop(&mut self) {
        let close =
            format!("DELETE /session{} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.session, self.address);
        if let Ok(mut stream) = TcpStream::connect(self.address) {
            let _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
            let _ = stream.write_all(close.as_bytes());
            // The driver answers when the browser has closed, and then keeps the connection open.
            let _ = stream.read(&mut [0]);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// Returns the port that a driver prints when it starts.
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
