//! Chromium binds its sessions over HTTPS, with keys in software. It registers, renews and forgets while pages load. A
//! thief then copies its cookies.
//!
//! This needs `chromium`, `chromium-driver`, `nginx-light` (for HTTPS), `openssl` and `libnss3-tools` (Debian). The
//! browser does not bind sessions over plain HTTP, or on a site whose certificate it does not trust.

#[path = "../common/mod.rs"]
mod common;
#[path = "../browser/chromium/driver.rs"]
mod driver;
mod https;
mod site;

use std::thread::sleep;
use std::time::{Duration, Instant};

use common::client::Client;
use driver::{Browser, Cookie};
use https::Https;
use site::{LIFETIME, Server, Site};

/// DBSC, with keys in software where there is no hardware for them, and without the limit of six signatures in nine
/// minutes, which a lifetime of seconds would meet.
const BOUND: &str = "--enable-features=DeviceBoundSessions:RefreshQuota/false,\
                     EnableBoundSessionCredentialsSoftwareKeysForManualTesting";
const NOT_BOUND: &str = "--disable-features=DeviceBoundSessions";

/// How long the browser may take for its work in the background.
const PATIENCE: Duration = Duration::from_secs(20);

fn start(flag: &str, https: &Https) -> Option<Browser> {
    Browser::start_with(&[flag, "--host-resolver-rules=MAP other.test 127.0.0.1"], Some(https.home()))
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "{what} has not happened");
        sleep(Duration::from_millis(20));
    }
}

fn log_in(browser: &Browser, https: &Https, host: &str) {
    browser.open(&https.page(host, "/login"));
    assert_eq!(browser.text("h1"), "Hello, ada.");
}

/// Returns the user that a page sees in the browser.
fn who(browser: &Browser, https: &Https, host: &str) -> String {
    browser.open(&https.page(host, "/"));
    browser.text("h1")
}

fn cookies<'c>(jar: &'c [Cookie], host: &str) -> Vec<&'c Cookie> {
    jar.iter().filter(|cookie| cookie.domain == host).collect()
}

/// Returns the user that a page sees for these cookies, without the browser.
fn thief(server: &Server, cookies: &[&Cookie]) -> String {
    let mut client = Client::new(server.address);
    client.jar = cookies.iter().map(|cookie| (cookie.name.clone(), cookie.value.clone())).collect();
    client.get("/").body
}

#[test]
fn a_browser_binds_its_session_and_a_copy_soon_expires() {
    let site = Site::new();
    let mut servers = vec![site.serve(0)];
    let Some(https) = Https::start([servers[0].address, https::free_address()]) else { return };
    let Some(browser) = start(BOUND, &https) else { return };

    log_in(&browser, &https, "other.test");
    wait_until("the other site's registration", || site.registrations("other.test") == 1);
    log_in(&browser, &https, "localhost");
    wait_until("the registration", || site.registrations("localhost") == 1);
    // The server has answered, and the browser may not have stored it yet.
    wait_until("the cookies of the registration", || {
        let mut names: Vec<_> = cookies(&browser.jar(), "localhost").iter().map(|cookie| cookie.name.clone()).collect();
        names.sort();
        names == ["session", "session.bound", "session.key"]
    });

    // A page sends requests all the time, over several lifetimes.
    browser.open(&https.page("localhost", "/busy"));
    let begun = Instant::now();
    while begun.elapsed() < LIFETIME * 2 {
        sleep(Duration::from_millis(500));
        assert_eq!(browser.text("h1"), "Hello, ada.");
    }
    // In the meantime, other servers with other secrets take over.
    let rotated = site.rotated();
    servers.push(rotated.serve_at(https.second()));
    servers.remove(0).stop();
    while begun.elapsed() < LIFETIME * 5 {
        sleep(Duration::from_millis(500));
        assert_eq!(browser.text("h1"), "Hello, ada.");
    }
    let (asked, failed) = (browser.run("return window.asked"), browser.run("return window.failed"));
    assert!(asked.as_u64() > Some(30), "{asked}");
    assert_eq!(failed, serde_json::json!([]), "of {asked}");
    let renewed = site.renewals("localhost");
    assert!(renewed >= 4, "{renewed}");

    // After a lifetime without requests, the next page waits for a renewal.
    browser.open("about:blank");
    sleep(LIFETIME + Duration::from_secs(1));
    assert!(cookies(&browser.jar(), "localhost").iter().all(|cookie| cookie.name != "session.bound"));
    assert_eq!(who(&browser, &https, "localhost"), "Hello, ada.");
    assert!(site.renewals("localhost") > renewed);

    // A thief copies all cookies.
    let server = &servers[0];
    let jar = browser.jar();
    let copied = cookies(&jar, "localhost");
    assert!(thief(server, &copied).contains("Hello, ada."));
    let without: Vec<_> = copied.iter().copied().filter(|cookie| cookie.name != "session.bound").collect();
    assert!(thief(server, &without).contains("Hello, stranger."));
    sleep(LIFETIME);
    assert!(thief(server, &copied).contains("Hello, stranger."));
    assert_eq!(who(&browser, &https, "localhost"), "Hello, ada.", "the visitor stays logged in");

    // The logout holds, and the browser is told to forget.
    browser.open(&https.page("localhost", "/logout"));
    assert_eq!(who(&browser, &https, "localhost"), "Hello, stranger.");
    sleep(LIFETIME + Duration::from_secs(1));
    assert_eq!(who(&browser, &https, "localhost"), "Hello, stranger.");
    let renewed = site.renewals("localhost");
    sleep(LIFETIME);
    assert_eq!(who(&browser, &https, "localhost"), "Hello, stranger.");
    assert_eq!(site.renewals("localhost"), renewed, "it no longer renews a proof");
    let jar = browser.jar();
    // A renewal that crossed the logout may have left the public key of the session that is over.
    let left = cookies(&jar, "localhost");
    assert!(left.iter().all(|cookie| cookie.name == "session.ended" || cookie.name == "session.key"), "{jar:?}");

    // The other site did not see any of these requests.
    assert_eq!(who(&browser, &https, "other.test"), "Hello, ada.");
}

#[test]
fn a_browser_without_support_works_as_before() {
    let site = Site::new();
    let server = site.serve(0);
    let Some(https) = Https::start([server.address, https::free_address()]) else { return };
    let Some(browser) = start(NOT_BOUND, &https) else { return };
    log_in(&browser, &https, "localhost");
    browser.open(&https.page("localhost", "/busy"));
    sleep(LIFETIME + Duration::from_secs(2));
    assert_eq!(browser.text("h1"), "Hello, ada.");
    assert_eq!(browser.run("return window.failed"), serde_json::json!([]));
    assert_eq!(who(&browser, &https, "localhost"), "Hello, ada.");
    let jar = browser.jar();
    assert_eq!(jar.iter().map(|cookie| &*cookie.name).collect::<Vec<_>>(), ["session"]);
    assert_eq!((site.registrations("localhost"), site.renewals("localhost")), (0, 0));
    browser.open(&https.page("localhost", "/logout"));
    assert_eq!(who(&browser, &https, "localhost"), "Hello, stranger.");
}
