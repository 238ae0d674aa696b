//! Two tabs of one browser whose requests cross: registrations, renewals, writes and a logout, in every order.

use signed_cookie_session::Outcome;

use crate::site::{Browser, Page, REGISTER, Site, quoted};

/// A request that was sent and not yet answered.
enum Step {
    /// A page that writes the session.
    Write,
    /// A page that only reads the session, like most pages.
    Read,
    Register,
    Refresh,
    Logout,
}

impl Step {
    /// Returns the `Set-Cookie` lines with which the server answers the browser's present cookies.
    fn send(&self, browser: &Browser, site: &Site, login: &Page) -> Vec<String> {
        let page = |run: &dyn Fn(&signed_cookie_session::Session)| site.page(&browser.cookies("/"), run).set_cookies;
        match self {
            Self::Write => page(&|session| session.insert("n", 1).unwrap()),
            Self::Read => page(&|session| assert!(session.get::<String>("user").is_ok())),
            Self::Logout => page(&|session| session.invalidate()),
            Self::Register => {
                let challenge = quoted(login.registration.as_deref().unwrap().split("challenge=").nth(1).unwrap());
                let proof = browser.device.registration(&challenge);
                let headers = [("secure-session-response", &*proof)];
                site.device(REGISTER, &browser.cookies(REGISTER), &headers).set_cookies()
            }
            Self::Refresh => {
                let mut browser = browser.clone();
                browser.id.get_or_insert_with(|| "session.0".into());
                browser.try_refresh(site);
                browser.send_refresh(site).set_cookies()
            }
        }
    }
}

/// Returns all orders in which the answers of `count` requests may arrive.
fn orders(requests: usize) -> Vec<Vec<usize>> {
    if requests == 0 {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for order in orders(requests - 1) {
        for at in 0..=order.len() {
            let mut order = order.clone();
            order.insert(at, requests - 1);
            all.push(order);
        }
    }
    all
}

/// Renews the proof and loads pages, as a browser does after the crossing requests.
fn settles(browser: &mut Browser, site: &Site) -> Option<String> {
    for _ in 0..2 {
        if site.outcome(&browser.cookies("/")) == Outcome::Unproven && browser.id.is_some() {
            browser.refresh(site);
        }
        browser.visit(site, |session| session.insert("after", 1).unwrap_or(()));
    }
    browser.visit(site, |_| ()).user
}

#[test]
fn the_session_is_bound_whatever_crosses_a_registration() {
    for steps in [
        [Step::Register, Step::Write, Step::Read],
        [Step::Register, Step::Write, Step::Write],
        [Step::Register, Step::Read, Step::Read],
    ] {
        for order in orders(steps.len()) {
            let site = Site::new();
            let mut browser = Browser::new();
            let login = browser.log_in(&site);
            // All requests were sent before the first answer arrived.
            let answers: Vec<_> = steps.iter().map(|step| step.send(&browser, &site, &login)).collect();
            for at in &order {
                browser.keep(&answers[*at]);
            }
            browser.id = Some(format!("session.{}", micros(&browser, &site)));
            assert_eq!(settles(&mut browser, &site).as_deref(), Some("ada"), "{order:?}");
            // The session is bound again in every order.
            let copied = browser.cookies_but("/", "session.bound");
            assert_eq!(site.outcome(&copied), Outcome::Unproven, "{order:?}");
        }
    }
}

/// Returns when the browser's session was created, which identifies it.
fn micros(browser: &Browser, site: &Site) -> u128 {
    let session = site.sessions.load_cookies([browser.cookies("/")]);
    session.created().duration_since(std::time::UNIX_EPOCH).unwrap().as_micros()
}

#[test]
fn the_session_stays_whatever_crosses_a_renewal() {
    for steps in [[Step::Refresh, Step::Write, Step::Read], [Step::Refresh, Step::Refresh, Step::Write]] {
        for order in orders(steps.len()) {
            for expired in [false, true] {
                let site = Site::new();
                let mut browser = Browser::new();
                let login = browser.log_in(&site);
                browser.register(&site, &login);
                if expired {
                    site.wait(600);
                    browser.expire();
                }
                let answers: Vec<_> = steps.iter().map(|step| step.send(&browser, &site, &login)).collect();
                for at in &order {
                    browser.keep(&answers[*at]);
                }
                assert_eq!(settles(&mut browser, &site).as_deref(), Some("ada"), "{order:?} {expired}");
                assert_eq!(site.outcome(&browser.cookies_but("/", "session.bound")), Outcome::Unproven);
            }
        }
    }
}

#[test]
fn the_session_ends_whatever_crosses_a_logout() {
    for steps in [
        [Step::Logout, Step::Refresh, Step::Write],
        [Step::Logout, Step::Refresh, Step::Read],
        [Step::Logout, Step::Write, Step::Write],
    ] {
        for order in orders(steps.len()) {
            for expired in [false, true] {
                let site = Site::new();
                let mut browser = Browser::new();
                let login = browser.log_in(&site);
                browser.register(&site, &login);
                if expired {
                    site.wait(600);
                    browser.expire();
                }
                let answers: Vec<_> = steps.iter().map(|step| step.send(&browser, &site, &login)).collect();
                for at in &order {
                    browser.keep(&answers[*at]);
                }
                assert_eq!(site.user(&browser.cookies("/")), None, "{order:?} {expired}");
                assert_eq!(settles(&mut browser, &site), None, "{order:?} {expired}");
            }
        }
    }
}

#[test]
fn a_logout_that_crosses_the_registration_holds() {
    let steps = [Step::Logout, Step::Register, Step::Write];
    for order in orders(steps.len()) {
        let site = Site::new();
        let mut browser = Browser::new();
        let login = browser.log_in(&site);
        let answers: Vec<_> = steps.iter().map(|step| step.send(&browser, &site, &login)).collect();
        for at in &order {
            browser.keep(&answers[*at]);
        }
        assert_eq!(site.user(&browser.cookies("/")), None, "{order:?}");
    }
}

#[test]
fn of_two_registrations_that_cross_one_device_stays() {
    for order in orders(2) {
        let site = Site::new();
        let mut browser = Browser::new();
        let login = browser.log_in(&site);
        let offered = browser.visit(&site, |session| session.bind_to_device());
        let other = Browser { device: crate::site::Device::new(), ..browser.clone() };
        let answers = [Step::Register.send(&browser, &site, &login), Step::Register.send(&other, &site, &offered)];
        for at in &order {
            browser.keep(&answers[*at]);
        }
        // The browser keeps the key of the answer that arrived last, and so does its jar.
        browser.device = if order[1] == 0 { browser.device } else { other.device };
        browser.id = Some(format!("session.{}", micros(&browser, &site)));
        assert_eq!(browser.refresh(&site).status, 200, "{order:?}");
        assert_eq!(browser.visit(&site, |_| ()).user.as_deref(), Some("ada"));
    }
}

#[test]
fn a_renewal_binds_a_session_again_that_a_crossing_page_had_unbound() {
    let site = Site::new();
    let mut browser = Browser::new();
    let login = browser.log_in(&site);
    let slow = Step::Write.send(&browser, &site, &login);
    assert_eq!(browser.register(&site, &login).status, 200);
    browser.keep(&slow);
    assert_eq!(site.outcome(&browser.cookies_but("/", "session.bound")), Outcome::Valid, "it is not bound for now");
    // A page that only reads does so as well: the browser sends it the proof.
    let mut reader = browser.clone();
    reader.visit(&site, |_| ());
    assert_eq!(site.outcome(&reader.cookies_but("/", "session.bound")), Outcome::Unproven);
    assert_eq!(browser.refresh(&site).status, 200);
    assert_eq!(site.outcome(&browser.cookies_but("/", "session.bound")), Outcome::Unproven);
}
