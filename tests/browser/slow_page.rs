//! The life of a session in a real browser: a logout and a login during a slow page, "remember me" over a restart of
//! the browser, and a full session.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use signed_cookie_session::{Builder, Secret, SignedCookieFactory};

use crate::chromium::driver::Browser;
use crate::chromium::server::Server;

/// How long a test waits at most.
const PATIENCE: Duration = Duration::from_secs(30);

fn builder() -> Builder {
    // With this setting, every page that reads writes the cookie again, which is the worst case for a logout.
    SignedCookieFactory::builder(Secret::new(crate::SECRET).unwrap()).reissue_time(Duration::ZERO)
}

/// A door at which `/slow` waits until the test opens it.
#[derive(Default)]
struct Door {
    state: Mutex<(bool, bool)>,
    changed: Condvar,
}

impl Door {
    fn change(&self, change: impl Fn(&mut (bool, bool))) {
        change(&mut self.state.lock().unwrap());
        self.changed.notify_all();
    }

    fn wait(&self, until: impl Fn(&(bool, bool)) -> bool) {
        let state = self.state.lock().unwrap();
        let waited = self.changed.wait_timeout_while(state, PATIENCE, |state| !until(state)).unwrap().1;
        assert!(!waited.timed_out(), "no request reached the door");
    }

    /// Waits until the door is open.
    fn pass(&self) {
        self.change(|(has_come, _)| *has_come = true);
        self.wait(|(_, is_open)| *is_open);
    }
}

/// A site with a slow page, which reads the session before it waits at the door, and then answers.
fn site(sessions: SignedCookieFactory, door: Arc<Door>) -> Server {
    Server::serving(move |path, cookies| {
        let session = sessions.load_cookies(cookies);
        let user = session.get::<String>("user").unwrap().unwrap_or("nobody".into());
        match path {
            "/slow" => door.pass(),
            "/login" => {
                session.regenerate();
                session.insert("user", "ada").unwrap();
            }
            "/logout" => session.invalidate(),
            "/visit" => session.insert("visited", true).unwrap(),
            _ => {}
        }
        (200, sessions.set_cookies(&session).unwrap(), format!("{user}, {}", session.outcome().as_str()))
    })
}

#[test]
fn a_logout_during_a_slow_page_holds() {
    let Some(browser) = Browser::start() else { return };
    for (end_mark, later) in [(true, "nobody, ended"), (false, "ada, valid")] {
        let door = Arc::new(Door::default());
        let server = site(builder().end_mark(end_mark).build().unwrap(), Arc::clone(&door));
        let page = |path: &str| server.page("localhost", path);
        browser.open(&page("/login"));
        std::thread::sleep(Duration::from_millis(1100)); // A cookie of this second is not renewed.
        browser.open(&page("/"));
        assert_eq!(browser.text("body"), "ada, valid");
        std::thread::sleep(Duration::from_millis(1100));

        browser.fetch(&page("/slow"));
        door.wait(|(has_come, _)| *has_come);
        browser.fetch_now(&page("/logout"));
        assert!(browser.fetch_now(&page("/")).starts_with("nobody"), "the logout is there");
        door.change(|(_, is_open)| *is_open = true);
        assert_eq!(browser.fetched(), "ada, valid", "the slow page was sent before the logout");

        browser.open(&page("/"));
        assert_eq!(browser.text("body"), later, "with the end mark: {end_mark}");
        browser.open(&page("/logout"));
    }
}

#[test]
fn a_login_during_a_slow_page_leaves_nobody_in_the_old_session() {
    let Some(browser) = Browser::start() else { return };
    let door = Arc::new(Door::default());
    let server = site(builder().build().unwrap(), Arc::clone(&door));
    let page = |path: &str| server.page("localhost", path);
    browser.open(&page("/visit"));
    std::thread::sleep(Duration::from_millis(1100));
    browser.fetch(&page("/slow"));
    door.wait(|(has_come, _)| *has_come);
    browser.fetch_now(&page("/login"));
    assert_eq!(browser.fetch_now(&page("/")), "ada, valid");
    door.change(|(_, is_open)| *is_open = true);
    browser.fetched();
    // The slow page's cookie belongs to the session before the login. It is not used, and is removed.
    browser.open(&page("/"));
    assert_eq!(browser.text("body"), "nobody, ended");
    browser.open(&page("/"));
    assert_eq!(browser.text("body"), "nobody, absent");
    browser.open(&page("/login"));
    browser.open(&page("/"));
    assert_eq!(browser.text("body"), "ada, valid");
}

#[test]
fn remember_me_outlives_the_browser_and_others_do_not() {
    let Some(mut browser) = Browser::start() else { return };
    let sessions = |name: &str| builder().cookie_name(name).salt(name).build().unwrap();
    let (remembered, forgotten) = (sessions("remembered"), sessions("forgotten"));
    let server = Server::serving(move |path, cookies| {
        let [remember, forget] = [&remembered, &forgotten].map(|sessions| sessions.load_cookies(cookies));
        if path == "/login" {
            remember.insert("user", "ada").unwrap();
            remember.set_lifetime(Duration::from_secs(30 * 24 * 60 * 60));
            forget.insert("user", "ada").unwrap();
        }
        let text = format!("{}, {}", remember.contains_key("user"), forget.contains_key("user"));
        let lines = [remembered.set_cookies(&remember).unwrap(), forgotten.set_cookies(&forget).unwrap()].concat();
        (200, lines, text)
    });
    browser.open(&server.page("localhost", "/login"));
    browser.open(&server.page("localhost", "/"));
    assert_eq!(browser.text("body"), "true, true");
    browser.restart();
    browser.open(&server.page("localhost", "/"));
    assert_eq!(browser.text("body"), "true, false");
}

#[test]
fn a_full_session_is_an_error_and_the_visitor_can_continue() {
    let Some(browser) = Browser::start() else { return };
    let sessions = builder().build().unwrap();
    let server = Server::serving(move |path, cookies| {
        let session = sessions.load_cookies(cookies);
        if let Some(len) = path.strip_prefix("/keep/") {
            session.insert("essay", "x".repeat(len.parse().unwrap())).unwrap();
        }
        let kept = session.get::<String>("essay").unwrap().map_or(0, |essay| essay.len());
        match sessions.set_cookies(&session) {
            Ok(lines) => (200, lines, format!("{kept} letters are kept")),
            Err(error) => (507, Vec::new(), format!("Your essay is too long: {error}")),
        }
    });
    browser.open(&server.page("localhost", "/keep/2000"));
    browser.open(&server.page("localhost", "/keep/4000"));
    let body = browser.text("body");
    assert!(body.starts_with("Your essay is too long: ") && body.contains("\"essay\""), "{body}");
    browser.open(&server.page("localhost", "/"));
    assert_eq!(browser.text("body"), "2000 letters are kept", "the browser keeps what it had");
}
