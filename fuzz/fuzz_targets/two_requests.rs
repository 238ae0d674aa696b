//! Two requests of one browser in any order, with any settings, and a clock that only the test moves. A session that
//! has ended must not be used again as long as its end mark is kept.

#![no_main]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use signed_cookie_session::{Secret, Session, SignedCookieFactory};
use signed_cookie_session_fuzz::NOW;

#[derive(Arbitrary, Debug)]
struct Case {
    timeout: Option<u16>,
    /// The time in tenths of the timeout.
    reissue: Option<u8>,
    steps: Vec<Step>,
}

#[derive(Arbitrary, Debug)]
enum Step {
    /// Sends the request with this number, unless it is already waiting for its answer.
    Send(bool),
    Do(bool, Page),
    /// Answers the request.
    Answer(bool),
    Wait(u16),
}

#[derive(Arbitrary, Debug)]
enum Page {
    Outcome,
    Read,
    Write(u8),
    Flash,
    Remember(Option<u16>),
    Login,
    Logout,
}

/// The cookies of a browser, each with the second when it expires.
#[derive(Default)]
struct Jar(BTreeMap<String, (String, u64)>);

impl Jar {
    fn header(&self, now: u64) -> String {
        let there = self.0.iter().filter(|(_, (_, gone))| now < *gone);
        there.map(|(name, (value, _))| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    fn store(&mut self, line: &str, now: u64) {
        let (pair, attributes) = line.split_once(';').unwrap();
        let (name, value) = pair.split_once('=').unwrap();
        let max_age = attributes.split("; ").find_map(|attribute| attribute.strip_prefix("Max-Age="));
        let gone = max_age.map_or(u64::MAX, |seconds| now + seconds.parse::<u64>().unwrap());
        self.0.insert(name.into(), (value.into(), gone));
    }
}

fuzz_target!(|case: Case| {
    let clock = Arc::new(AtomicU64::new(NOW));
    let timeout = case.timeout.map(|timeout| u64::from(timeout).max(20));
    let seconds = |seconds: u64| Duration::from_secs(seconds);
    let reissue = case.reissue.map(|tenths| seconds(timeout.unwrap_or(1200) * u64::from(tenths % 10) / 10));
    let reads = Arc::clone(&clock);
    let sessions = SignedCookieFactory::builder(Secret::legacy("seekrit").unwrap())
        .clock(move || UNIX_EPOCH + Duration::from_secs(reads.load(Ordering::Relaxed)))
        .random(|bytes| bytes.fill(0xc5))
        .timeout(timeout.map(seconds))
        .reissue_time(reissue)
        .build()
        .unwrap();

    let mut jar = Jar::default();
    let mut under_way: [Option<Session>; 2] = [None, None];
    // For each session that ended: its `created`, and until when its mark is sent.
    let mut ended: Option<(std::time::SystemTime, u64)> = None;
    for step in case.steps.iter().take(200) {
        let now = clock.load(Ordering::Relaxed);
        match step {
            Step::Wait(by) => _ = clock.fetch_add(u64::from(*by), Ordering::Relaxed),
            Step::Send(which) => {
                let place = &mut under_way[usize::from(*which)];
                if place.is_none() {
                    let session = sessions.load_cookies([jar.header(now)]);
                    if let Some((created, until)) = ended {
                        assert!(now >= until || !session.outcome().is_valid() || session.created() != created);
                    }
                    *place = Some(session);
                }
            }
            Step::Do(which, page) => {
                let Some(session) = &under_way[usize::from(*which)] else { continue };
                match page {
                    Page::Outcome => _ = session.outcome(),
                    Page::Read => _ = session.get::<String>("user"),
                    Page::Write(value) => session.insert("value", value).unwrap(),
                    Page::Flash => session.flash().push("Hello.").unwrap(),
                    Page::Remember(lifetime) => session.set_lifetime(lifetime.map(|lifetime| seconds(lifetime.into()))),
                    Page::Login => {
                        session.regenerate();
                        session.insert("user", "ada").unwrap();
                    }
                    Page::Logout => session.invalidate(),
                }
            }
            Step::Answer(which) => {
                let Some(session) = under_way[usize::from(*which)].take() else { continue };
                let lines = sessions.set_cookies(&session).unwrap();
                for line in &lines {
                    jar.store(line, now);
                    if let Some(mark) = line.strip_prefix("session.ended=") {
                        let created = created_in(mark.split(';').next().unwrap());
                        ended = Some((created, jar.0["session.ended"].1));
                    }
                }
            }
        }
    }
});

/// Returns the `created` of the session that a mark names.
fn created_in(mark: &str) -> std::time::SystemTime {
    use base64::Engine;
    let sealed = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(mark).unwrap();
    let (name, created): (String, f64) = serde_json::from_slice(&sealed[64..]).unwrap();
    assert_eq!(name, "ended");
    UNIX_EPOCH + Duration::from_micros((created * 1e6).round() as u64)
}
