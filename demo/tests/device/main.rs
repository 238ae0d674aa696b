//! Chromium visits the demo over HTTPS and binds its session to its device, so that a copy of its cookies soon stops
//! working. Another test turns this feature of Chromium off.
//!
//! This needs `chromium`, `chromium-driver`, `libnss3-tools` and `curl` (Debian).

#[path = "../common/mod.rs"]
mod common;
#[path = "../../../tests/browser/chromium/driver.rs"]
mod driver;
#[allow(dead_code, reason = "the demo needs no proxy for its HTTPS")]
#[path = "../../../tests/device_browser/https.rs"]
mod https;

use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use common::demo::Demo;
use common::folder::Folder;
use common::programs::installed;
use driver::Browser;

const SECRET: &str = "a secret for the tests with a device, and for nothing else";

/// DBSC, with keys in software, and without the limit of six signatures in nine minutes.
const BOUND: &str = "--enable-features=DeviceBoundSessions:RefreshQuota/false,\
                     EnableBoundSessionCredentialsSoftwareKeysForManualTesting";
const NOT_BOUND: &str = "--disable-features=DeviceBoundSessions";

/// How long a proof is valid, in seconds.
const LIFETIME: u64 = 8;

/// How long the browser may take for its work in the background.
const PATIENCE: Duration = Duration::from_secs(20);

/// The demo, and a browser that trusts its certificate.
struct Visit {
    browser: Browser,
    demo: Demo,
    _home: Folder,
}

impl Visit {
    fn start(flag: &str) -> Option<Self> {
        let certutil = installed("certutil", "libnss3-tools")?;
        installed("curl", "curl")?;
        let home = Folder::new();
        let variables = [("SESSION_SECRET", SECRET), ("DEVICE_LIFETIME", &LIFETIME.to_string())];
        let demo = Demo::with_https(&variables, &home.path().join("cert.pem"));
        https::trust_it(&certutil, home.path());
        let browser = Browser::start_with(&[flag], Some(home.path()))?;
        Some(Self { browser, demo, _home: home })
    }

    fn open(&self, path: &str) {
        self.browser.open(&format!("https://localhost:{}{path}", self.demo.address.port()));
    }

    fn log_in(&self) {
        self.open("/login");
        self.browser.fill_in("#user", "Ada");
        self.browser.follow(".card form button");
        assert_eq!(self.browser.text("h1"), "Hello, Ada.");
    }

    /// Loads the page again, and returns what the card says about the device.
    fn device(&self) -> String {
        self.open("/");
        self.browser.text("#device")
    }

    fn wait_until_it_is_bound(&self) {
        let begun = Instant::now();
        while self.device() != "This session is bound to this device." {
            assert!(begun.elapsed() < PATIENCE, "{}", self.browser.text("#device"));
            sleep(Duration::from_millis(100));
        }
    }

    /// Returns the command that the demo shows for stealing the visitor's cookies, after it has worked once.
    fn theft(&self) -> Theft {
        let begun = Instant::now();
        loop {
            self.open("/");
            self.browser.follow("form[action='/theft'] button");
            let theft = Theft(self.browser.text("#curl"));
            let answer = theft.run();
            if answer == "Ada, valid\n" {
                return theft;
            }
            // On a busy machine, the proof may have expired before the command ran.
            assert!(answer == "stranger, unproven\n" && begun.elapsed() < PATIENCE, "{answer}");
        }
    }
}

struct Theft(String);

impl Theft {
    /// Runs the command, and returns what the site answers the thief.
    fn run(&self) -> String {
        let output = Command::new("bash").args(["-c", &format!("{} --silent", self.0)]).output().expect("bash runs");
        assert!(output.status.success(), "{}: {}", self.0, String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("it is text")
    }
}

#[test]
fn a_session_is_bound_to_the_device_and_stolen_cookies_soon_end() {
    let Some(visit) = Visit::start(BOUND) else { return };
    let browser = &visit.browser;
    assert!(visit.device().starts_with("Log in, and your browser is asked"));
    visit.log_in();
    visit.wait_until_it_is_bound();
    browser.picture("bound");
    let seconds = || browser.text("#proof").parse::<u64>().expect("a number");
    let first = seconds();
    assert!((1..=LIFETIME).contains(&first), "{first}");
    sleep(Duration::from_millis(1500));
    assert!(seconds() < first, "the seconds are counted down");

    for format in ["signed", "encrypted"] {
        assert_eq!(visit.device(), "This session is bound to this device.");
        assert_eq!(browser.text("#format"), format);
        let theft = visit.theft();
        browser.picture(&format!("theft-{format}"));
        let left: u64 = browser.text("#proof").parse().expect("a number");
        assert!(left <= LIFETIME);
        sleep(Duration::from_secs(LIFETIME + 1));
        assert_eq!(theft.run(), "stranger, unproven\n", "{format}");
        // Without the proof, the copied cookies never worked.
        let without = Theft(theft.0.replace("session.bound=", "other="));
        assert_eq!(without.run(), "stranger, unproven\n", "{format}");
        let page = Theft(without.0.replace("/who", "/")).run();
        assert!(page.contains("This session belongs to another device: it is empty here"), "{page}");
        visit.open("/");
        assert_eq!(browser.text("h1"), "Hello, Ada.", "the visitor stays logged in");
        browser.follow("form[action='/format'] button");
    }

    visit.open("/logout");
    browser.follow("main form button");
    assert!(browser.text("main").contains("You are logged out."));
    sleep(Duration::from_secs(LIFETIME + 1));
    visit.open("/");
    assert_eq!(browser.text("h1"), "Hello, stranger.");
}

#[test]
fn a_logout_while_a_slow_page_is_loading_holds_for_a_bound_session() {
    let Some(visit) = Visit::start(BOUND) else { return };
    visit.log_in();
    visit.wait_until_it_is_bound();
    visit.browser.click("#race button");
    let begun = Instant::now();
    while !visit.browser.text("main").contains("The logout holds.") {
        assert!(begun.elapsed() < PATIENCE, "{}", visit.browser.text("#steps"));
        sleep(Duration::from_millis(100));
    }
    visit.open("/");
    assert_eq!(visit.browser.text("h1"), "Hello, stranger.");
}

#[test]
fn a_browser_without_device_bound_sessions_is_told_so() {
    let Some(visit) = Visit::start(NOT_BOUND) else { return };
    visit.log_in();
    sleep(Duration::from_secs(2));
    let note = visit.device();
    assert!(note.starts_with("This session is not bound to this device."), "{note}");
    assert!(note.contains("your browser has no device-bound sessions"), "{note}");
    let theft = visit.theft();
    assert!(visit.browser.text("main").contains("this session is not bound to a device"));
    sleep(Duration::from_secs(LIFETIME + 1));
    assert_eq!(theft.run(), "Ada, valid\n");
}
