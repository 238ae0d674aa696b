//! The events about devices.

use signed_cookie_session::Outcome;

use crate::event_lines;
use crate::site::{Browser, Device, REFRESH, Site};

/// Returns the events of `run` above level debug, without their targets.
fn told(run: impl FnOnce()) -> Vec<String> {
    let lines = event_lines::told(run).into_iter();
    let lines = lines.filter(|line| !line.starts_with("DEBUG") && !line.starts_with("TRACE"));
    lines.map(|line| line.replacen(" signed_cookie_session ", " ", 1)).collect()
}

#[test]
fn registrations_and_wrong_proofs_are_reported() {
    let site = Site::new();
    let mut browser = Browser::new();
    let page = browser.log_in(&site);
    let lines = told(|| drop(browser.register(&site, &page)));
    assert_eq!(lines, [r#"INFO message=the session is bound to a device cookie="session""#]);
    browser.try_refresh(&site);
    assert!(told(|| drop(browser.refresh(&site))).is_empty());

    let copied = browser.cookies_but("/", "session.bound");
    let lines = told(|| assert_eq!(site.outcome(&copied), Outcome::Unproven));
    assert!(lines.len() == 1 && lines[0].starts_with("WARN") && lines[0].contains("Unproven"), "{lines:?}");

    let thief = Browser { device: Device::new(), ..browser.clone() };
    let lines = told(|| drop(thief.send_refresh(&site)));
    assert!(lines.len() == 1 && lines[0].starts_with("ERROR message=another device"), "{lines:?}");

    let id = browser.id.clone().unwrap();
    let headers = [("sec-secure-session-id", &*id), ("secure-session-response", "x")];
    let lines = told(|| drop(site.device(REFRESH, &browser.cookies(REFRESH), &headers)));
    assert!(lines.len() == 1 && lines[0].starts_with("WARN message=a device's proof was refused"), "{lines:?}");
}
