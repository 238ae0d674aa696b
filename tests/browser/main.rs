//! Checks how a real browser, Chromium, handles the cookies of a small server. The tests of the demo contain more. This
//! needs Chromium and its driver (Debian: `chromium`, `chromium-driver`).

#[path = "../common/mod.rs"]
mod common;
mod chromium {
    pub mod driver;
    pub mod server;
}

mod slow_page;

use chromium::driver::{Browser, Cookie};
use chromium::server::Server;
use signed_cookie_session::{Secret, SignedCookieFactory};

const SECRET: &str = "a secret for the tests with a browser, and for nothing else";

/// The maximum length of name and value that browsers store (RFC 6265bis section 5.6).
const LARGEST: usize = 4096;

/// Returns the only cookie in the browser's jar that is not an end mark.
fn only_cookie(browser: &Browser) -> Cookie {
    let mut jar = sessions_in_jar(browser);
    assert_eq!(jar.len(), 1, "{jar:?}");
    jar.remove(0)
}

/// Returns the cookies in the browser's jar that are not end marks.
fn sessions_in_jar(browser: &Browser) -> Vec<Cookie> {
    let mut jar = browser.jar();
    jar.retain(|cookie| !cookie.name.ends_with(".ended"));
    jar
}

#[test]
fn a_removal_works_for_all_settings_and_from_any_page() {
    let Some(browser) = Browser::start() else { return };
    let secret = || Secret::new(SECRET).unwrap();
    for (what, sessions) in [
        ("as it comes", SignedCookieFactory::builder(secret())),
        ("plain", SignedCookieFactory::builder(secret()).secure(false).http_only(false).same_site(None)),
        ("of the host", SignedCookieFactory::builder(secret()).cookie_name("__Host-id")),
        ("of a path", SignedCookieFactory::builder(secret()).path("/account")),
        ("partitioned", SignedCookieFactory::builder(secret()).partitioned(true)),
        ("to be kept", SignedCookieFactory::builder(secret()).max_age(std::time::Duration::from_secs(86_400))),
    ] {
        let sessions = sessions.build().unwrap();
        let server = Server::answering(move |path, cookies| {
            let session = sessions.load_cookies(cookies);
            match path {
                "/account/deep/login" => session.insert("user", "Ada").unwrap(),
                "/account/deep/logout" => session.invalidate(),
                _ => unreachable!("{path}"),
            }
            sessions.set_cookies(&session).unwrap()
        });
        browser.open(&server.page("localhost", "/account/deep/login"));
        let cookie = only_cookie(&browser);
        assert_eq!(cookie.partition_key.is_some(), what == "partitioned", "{what}: {cookie:?}");
        browser.open(&server.page("localhost", "/account/deep/logout"));
        assert!(browser.text("body").contains(&cookie.value), "{what}: the browser sent it");
        assert!(sessions_in_jar(&browser).is_empty(), "{what}: {:?}", browser.jar());
    }
}

#[test]
fn a_browser_stores_a_cookie_of_4096_bytes_and_drops_4097() {
    let Some(browser) = Browser::start() else { return };
    let server = Server::answering(|_, _| {
        let cookie = |name: &str, len: usize| format!("{name}={}; Path=/", "x".repeat(len - name.len()));
        vec![cookie("stored", LARGEST), cookie("dropped", LARGEST + 1)]
    });
    browser.open(&server.page("localhost", "/"));
    let cookie = only_cookie(&browser);
    assert_eq!((&*cookie.name, cookie.name.len() + cookie.value.len()), ("stored", LARGEST));
    browser.open(&server.page("localhost", "/"));
    let sent = browser.text("body");
    assert!(sent.starts_with("stored=x") && !sent.contains("dropped"), "{sent}");
}
