//! The program `log_out_everywhere`.

mod common;

#[allow(dead_code)] // main
#[path = "../src/bin/log_out_everywhere.rs"]
mod log_out_everywhere;

use std::time::Duration;

use axum::Router;
use common::{csrf_token, location};
use log_out_everywhere::{CHECK_EVERY, Users, app, settings};
use signed_cookie_session::testing::{Client, Saved, TestClock};
use signed_cookie_session::{Secret, SignedCookieFactory};

struct Site {
    app: Router,
    users: Users,
    clock: TestClock,
    sessions: SignedCookieFactory,
}

impl Site {
    fn new() -> Self {
        let (clock, users) = (TestClock::new(), Users::new(["ada", "charles"]));
        let sessions = settings(Secret::generate()).clock(clock.as_fn()).build().unwrap();
        Self { app: app(sessions.clone(), users.clone(), clock.as_fn()), users, clock, sessions }
    }

    /// Returns a browser in which this user is logged in.
    async fn browser_of(&self, name: &str) -> Client<Router> {
        let mut browser = Client::new(self.app.clone());
        let token = csrf_token(&browser.get("/login").await);
        let response = browser.form("/login", &[("csrf_token", &token), ("name", name)]).await;
        assert_eq!(location(&response), "/");
        assert!(is_logged_in(&mut browser).await);
        browser
    }
}

async fn is_logged_in(browser: &mut Client<Router>) -> bool {
    let response = browser.get("/").await;
    response.status() == 200 || {
        assert_eq!(location(&response), "/login");
        false
    }
}

async fn press(browser: &mut Client<Router>, path: &str) {
    let token = csrf_token(&browser.get("/").await);
    assert_eq!(location(&browser.form(path, &[("csrf_token", &token)]).await), "/login");
}

#[tokio::test]
async fn other_browsers_are_logged_out_within_the_interval() {
    let site = Site::new();
    let (mut desk, mut phone) = (site.browser_of("ada").await, site.browser_of("ada").await);
    let mut charles = site.browser_of("charles").await;

    press(&mut desk, "/logout/everywhere").await;
    assert!(!is_logged_in(&mut desk).await, "this browser is logged out at once");
    assert!(is_logged_in(&mut phone).await, "the phone's next check is not due");

    site.clock.advance(CHECK_EVERY);
    assert!(!is_logged_in(&mut phone).await);
    assert!(phone.get("/login").await.body().contains("You were logged out."));
    assert!(is_logged_in(&mut charles).await, "another user stays");
}

#[tokio::test]
async fn a_copied_cookie_ends_too() {
    let site = Site::new();
    let mut desk = site.browser_of("ada").await;
    let mut thief = desk.clone();
    press(&mut desk, "/logout/everywhere").await;
    site.clock.advance(CHECK_EVERY);
    assert!(!is_logged_in(&mut thief).await);
}

#[tokio::test]
async fn an_ordinary_logout_leaves_other_browsers_logged_in() {
    let site = Site::new();
    let (mut desk, mut phone) = (site.browser_of("ada").await, site.browser_of("ada").await);
    press(&mut desk, "/logout").await;
    site.clock.advance(CHECK_EVERY);
    assert!(!is_logged_in(&mut desk).await);
    assert!(is_logged_in(&mut phone).await);
}

#[tokio::test]
async fn a_new_login_after_it_is_valid() {
    let site = Site::new();
    let mut desk = site.browser_of("ada").await;
    press(&mut desk, "/logout/everywhere").await;
    let mut again = site.browser_of("ada").await;
    site.clock.advance(CHECK_EVERY);
    assert!(is_logged_in(&mut again).await);
}

#[tokio::test]
async fn the_cookie_is_written_once_an_interval_and_no_more() {
    let site = Site::new();
    let mut browser = site.browser_of("ada").await;
    let mut writes = 0;
    // An hour, with a request every ten seconds.
    for _ in 0..360 {
        site.clock.advance(Duration::from_secs(10));
        let response = browser.get("/").await;
        assert_eq!(response.status(), 200);
        if !Saved::by(&site.sessions, response.headers()).is_nothing() {
            writes += 1;
        }
    }
    assert_eq!(writes, 3600 / CHECK_EVERY.as_secs());
}

#[tokio::test]
async fn a_deleted_user_is_logged_out_at_the_next_check() {
    let site = Site::new();
    let mut browser = site.browser_of("ada").await;
    site.users.table().remove("ada");
    site.clock.advance(CHECK_EVERY - Duration::from_secs(1));
    assert!(is_logged_in(&mut browser).await, "the table is not asked before");
    site.clock.advance(Duration::from_secs(1));
    assert!(!is_logged_in(&mut browser).await);
}

#[tokio::test]
async fn an_unknown_name_is_refused() {
    let mut browser = Client::new(Site::new().app);
    let token = csrf_token(&browser.get("/login").await);
    browser.form("/login", &[("csrf_token", &token), ("name", "eve")]).await;
    assert!(browser.get("/login").await.body().contains("There is no such user."));
    assert!(!is_logged_in(&mut browser).await);
}

#[tokio::test]
async fn logging_out_everywhere_needs_the_csrf_token() {
    let site = Site::new();
    let mut browser = site.browser_of("ada").await;
    assert_eq!(browser.form("/logout/everywhere", &[]).await.status(), 403);
    site.clock.advance(CHECK_EVERY);
    assert!(is_logged_in(&mut browser).await);
    let token = site.sessions.load_cookies([browser.jar().header()]).csrf_token();
    let response = browser.form("/logout/everywhere", &[("csrf_token", &token)]).await;
    assert_eq!(location(&response), "/login");
    assert!(!is_logged_in(&mut browser).await);
}
