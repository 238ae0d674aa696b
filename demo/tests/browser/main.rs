//! Uses the demo in a real browser, Chromium, as a visitor does. This needs Chromium and its driver (Debian:
//! `chromium`, `chromium-driver`). With `SCREENSHOTS=folder`, it saves a picture of each page in that folder.

#[path = "../common/mod.rs"]
mod common;
#[path = "../../../tests/browser/chromium/driver.rs"]
mod driver;

use std::thread::sleep;
use std::time::{Duration, Instant};

use common::demo::Demo;
use driver::{Browser, Cookie};

const SECRET: &str = "a secret for the tests with a browser, and for nothing else";
const ADDED: &str = "Your item was added.";

/// The maximum length of name and value that browsers store (RFC 6265bis section 5.6).
const LARGEST: usize = 4096;

fn demo() -> Demo {
    Demo::with(&[("SESSION_SECRET", SECRET)])
}

/// Returns the address of a page of the demo, on a host that a browser resolves to this machine.
fn page(demo: &Demo, host: &str, path: &str) -> String {
    format!("http://{host}:{}{path}", demo.address.port())
}

fn counter(browser: &Browser) -> u64 {
    browser.text("#counter").parse().expect("the counter is a number")
}

/// Returns the only cookie in the browser's jar that is not an end mark.
fn only_cookie(browser: &Browser) -> Cookie {
    let mut jar = browser.jar();
    jar.retain(|cookie| !cookie.name.ends_with(".ended"));
    assert_eq!(jar.len(), 1, "{jar:?}");
    jar.remove(0)
}

fn log_in(browser: &Browser, demo: &Demo, name: &str) {
    browser.open(&page(demo, "127.0.0.1", "/login"));
    browser.fill_in("#user", name);
    browser.picture("log-in");
    browser.follow("form button");
}

#[test]
fn a_browser_is_counted_over_two_pages_and_a_reload() {
    let Some(browser) = Browser::start() else { return };
    let demo = demo();
    browser.open(&page(&demo, "127.0.0.1", "/"));
    assert!(browser.text("main").contains("there was no session cookie"));
    assert_eq!(counter(&browser), 1);
    browser.picture("first-visit");
    browser.follow("nav a[href='/howdy']");
    assert_eq!((browser.text("h1"), counter(&browser)), ("Howdy, stranger.".into(), 2));
    browser.reload();
    assert_eq!(counter(&browser), 3);
    browser.follow(".brand");
    assert_eq!(counter(&browser), 4);

    let cookie = only_cookie(&browser);
    assert_eq!((&*cookie.name, &*cookie.domain, &*cookie.path), ("session", "127.0.0.1", "/"));
    assert!(cookie.http_only && !cookie.secure);
    assert_eq!(cookie.same_site.as_deref(), Some("Lax"));
}

#[test]
fn a_message_shows_once_after_the_form_and_not_after_a_reload() {
    let Some(browser) = Browser::start() else { return };
    let demo = demo();
    browser.open(&page(&demo, "127.0.0.1", "/"));
    for item in ["figs & <b>dates</b>", "été \u{1f36a}", "pears"] {
        browser.fill_in("#item", item);
        browser.follow("form[action='/items'] button");
        assert_eq!(browser.text(".top").matches(ADDED).count(), 1, "{item}");
        assert!(browser.text(".items").contains(item), "{item}");
    }
    browser.picture("item-added");
    browser.reload();
    assert!(!browser.text(".top").contains(ADDED), "the redirect prevents the form from being sent again");
    assert_eq!(browser.text(".items").lines().count(), 3);
}

#[test]
fn a_login_lasts_until_the_logout_which_leaves_no_cookie() {
    let Some(browser) = Browser::start() else { return };
    let demo = demo();
    log_in(&browser, &demo, "Ada");
    assert!(browser.text("main").contains("Welcome, Ada."));
    browser.picture("logged-in");
    browser.reload();
    assert_eq!((browser.text("h1"), counter(&browser)), ("Hello, Ada.".into(), 2));
    let before = only_cookie(&browser);

    browser.follow("nav a[href='/logout']");
    browser.picture("log-out");
    browser.follow("form button");
    assert_eq!(browser.address(), page(&demo, "127.0.0.1", "/goodbye"));
    assert!(browser.text("main").contains("You are logged out."));
    assert!(browser.jar().iter().all(|cookie| cookie.name == "session.ended"));
    browser.picture("goodbye");
    browser.follow(".brand");
    // This page begins a new session, because its request had no cookie.
    assert!(browser.text("main").contains("there was no session cookie"));
    assert_eq!((browser.text("h1"), counter(&browser)), ("Hello, stranger.".into(), 1));
    assert_ne!(only_cookie(&browser).value, before.value);
}

#[test]
fn a_logout_while_a_slow_page_is_loading_holds() {
    let Some(browser) = Browser::start() else { return };
    let demo = demo();
    for format in ["signed", "encrypted"] {
        log_in(&browser, &demo, "Ada");
        browser.click("#race button");
        let begun = Instant::now();
        while !browser.text("main").contains("The logout holds.") {
            assert!(begun.elapsed() < Duration::from_secs(20), "{format}: {}", browser.text("#steps"));
            sleep(Duration::from_millis(100));
        }
        let steps = browser.text("#steps");
        let found: Vec<_> =
            ["stranger, absent", "Ada, valid", "stranger, ended"].iter().map(|found| steps.find(found)).collect();
        assert!(found[0].is_some() && found.is_sorted(), "{steps}");
        browser.picture(&format!("slow-page-{format}"));
        browser.follow("#held a");
        assert_eq!(browser.text("h1"), "Hello, stranger.", "{format}");
        browser.follow("form[action='/format'] button");
    }
}

#[test]
fn the_session_lives_through_a_switch_of_its_format() {
    let Some(browser) = Browser::start() else { return };
    let demo = demo();
    log_in(&browser, &demo, "Ada");
    for (format, begins) in [("encrypted", "e1."), ("signed", "")] {
        browser.follow("form[action='/format'] button");
        assert_eq!((browser.text("h1"), browser.text("#format")), ("Hello, Ada.".into(), format.into()));
        let jar = browser.jar();
        let cookie = jar.iter().find(|cookie| cookie.name == "session").expect("it has a session");
        assert!(cookie.value.starts_with(begins), "{}", cookie.value);
        assert_eq!(browser.text("#raw"), cookie.value, "the page shows the cookie that the browser has");
        browser.picture(format);
    }
}

#[test]
fn one_changed_character_is_shown_with_what_comes_of_it() {
    let Some(browser) = Browser::start() else { return };
    let demo = demo();
    log_in(&browser, &demo, "Ada");
    browser.follow("form[action='/flip'] button");
    assert_eq!((browser.text("#outcome"), browser.text("#keys")), ("bad_signature".into(), "0".into()));
    assert_eq!(browser.text("mark").len(), 1);
    browser.picture("changed");
    browser.follow(".brand");
    assert_eq!(browser.text("h1"), "Hello, Ada.");
}

#[test]
fn the_panel_is_in_sight_on_a_phone() {
    let Some(browser) = Browser::start_with(&["--window-size=390,844"], None) else { return };
    let demo = demo();
    log_in(&browser, &demo, "Ada");
    let seen = browser.run(
        "const panel = document.querySelector('.panel').getBoundingClientRect();
         return [panel.top, document.querySelector('#raw').getBoundingClientRect().bottom, innerHeight,
                 document.documentElement.scrollWidth - innerWidth]",
    );
    let [top, raw, height, overflow] = [0, 1, 2, 3].map(|at| seen[at].as_f64().expect("a number"));
    assert!(top < height / 2.0 && raw < height, "{seen}");
    assert!(overflow <= 0.0, "nothing is wider than the screen: {seen}");
}

#[test]
fn a_tampered_cookie_is_a_new_session() {
    let Some(browser) = Browser::start() else { return };
    let demo = demo();
    log_in(&browser, &demo, "Ada");
    let whole = only_cookie(&browser);
    for at in [10, 100] {
        let mut value = whole.value.clone();
        value.replace_range(at..=at, if &value[at..=at] == "A" { "B" } else { "A" });
        browser.tamper(&whole, &value);
        browser.open(&page(&demo, "127.0.0.1", "/"));
        assert_eq!((browser.text("h1"), counter(&browser)), ("Hello, stranger.".into(), 1), "the letter at {at}");
        assert!(browser.text("main").contains("signature was made with another secret"), "the letter at {at}");
    }
    browser.tamper(&whole, "nonsense");
    browser.open(&page(&demo, "127.0.0.1", "/"));
    assert!(browser.text("main").contains("the cookie does not hold a session"));
    browser.picture("tampered");
    browser.tamper(&whole, &whole.value);
    browser.open(&page(&demo, "127.0.0.1", "/"));
    assert_eq!((browser.text("h1"), counter(&browser)), ("Hello, Ada.".into(), 2));
}

#[test]
fn a_secure_cookie_over_plain_http_is_kept_on_localhost_only() {
    let Some(browser) = Browser::start() else { return };
    for name in ["__Host-demo", "__Secure-demo"] {
        let demo = Demo::with(&[("SESSION_SECRET", SECRET), ("COOKIE_NAME", name)]);
        for host in ["localhost", "127.0.0.1"] {
            for visit in 1..=3 {
                browser.open(&page(&demo, host, "/"));
                assert_eq!(counter(&browser), visit, "{name} on {host}");
            }
            let jar = browser.jar();
            let cookie = jar.iter().find(|cookie| cookie.name == name && cookie.domain == host);
            assert!(cookie.is_some_and(|cookie| cookie.secure && cookie.path == "/"), "{jar:?}");
        }
        for _ in 0..2 {
            browser.open(&page(&demo, "plain.test", "/"));
            assert_eq!(counter(&browser), 1, "{name} on plain.test");
        }
        assert!(browser.jar().iter().all(|cookie| cookie.domain != "plain.test"));
    }
}

#[test]
fn the_largest_session_is_stored_and_a_byte_more_is_refused() {
    let Some(browser) = Browser::start() else { return };
    // 32 bytes of a name and 4064 of a value.
    let name = "__Host-a-name-of-thirty-two-byte";
    let demo = Demo::with(&[("SESSION_SECRET", SECRET), ("COOKIE_NAME", name)]);
    let keep = |len: usize| browser.open(&page(&demo, "localhost", &format!("/set/fill/{}", "x".repeat(len))));
    keep(1);
    // Three bytes of a session are four characters of its cookie.
    let room = (LARGEST - name.len()) / 4 * 3 - only_cookie(&browser).value.len() * 3 / 4;

    keep(1 + room);
    let full = only_cookie(&browser);
    assert_eq!(full.name.len() + full.value.len(), LARGEST);
    browser.picture("full");
    browser.open(&page(&demo, "localhost", "/get/fill"));
    assert_eq!(browser.text("#value").len(), 1 + room, "the whole value is stored");

    keep(2 + room);
    assert!(
        browser.text("main").contains("Nothing was saved: the session needs a 4066-byte cookie; the limit is 4064")
    );
    browser.picture("too-large");
    browser.open(&page(&demo, "localhost", "/get/fill"));
    assert_eq!(browser.text("#value").len(), 1 + room, "the session is unchanged");
}

#[test]
fn the_other_pages_have_their_picture_taken() {
    let Some(browser) = Browser::start() else { return };
    let demo = demo();
    for (path, name, heading) in [
        ("/set/color/teal", "kept", "Stored: color"),
        ("/get/color", "found", "Found: color"),
        ("/nothing/here", "not-found", "Not Found"),
        ("/set/_f_/x", "forbidden", "Forbidden"),
    ] {
        browser.open(&page(&demo, "127.0.0.1", path));
        browser.picture(name);
        assert_eq!(browser.text("h1"), heading);
    }
}
