//! What an operator is told of devices.

use std::cell::RefCell;
use std::fmt::{Debug, Write};
use std::sync::Once;

use signed_cookie_session::Outcome;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::site::{Browser, Device, REFRESH, Site};

thread_local!(static LINES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) });

/// For the whole process, since other tests come by the same events: each thread writes down its own.
struct Lines;

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

impl Subscriber for Lines {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        LINES.with_borrow_mut(|lines| lines.push(line.0));
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// What is told while `run` runs, above level debug.
fn told(run: impl FnOnce()) -> Vec<String> {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing::subscriber::set_global_default(Lines).expect("there is no other"));
    LINES.take();
    run();
    LINES.take().into_iter().filter(|line| !line.starts_with("DEBUG") && !line.starts_with("TRACE")).collect()
}

#[test]
fn an_operator_hears_of_registrations_and_of_wrong_proofs() {
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
