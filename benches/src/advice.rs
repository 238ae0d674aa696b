//! Measures the cost of choices: the hash, old secrets, the number of keys, a page that only reads, threads.

use std::hint::black_box;
use std::iter;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue};
use signed_cookie_session::{Builder, Secret, Secrets, SignedCookieFactory};

use crate::contestant::Contestant;
use crate::growth::{Clock, crowd, medium};
use crate::ours::{self, Encrypted, Kind, Ours, OursSha256, Sha256, Sha512};
use crate::peer::{self, Peer};
use crate::race::{Standings, race};
use crate::report::Report;
use crate::sample::{Sample, Shape, TIMEOUT, VISITS_AFTER, VISITS_BEFORE, samples_by_size};
use crate::{floor, header, hostile};

/// SHA-256 or SHA-512.
pub fn hash(report: &mut Report) {
    for sample in samples_by_size() {
        let decode = race(vec![peer::decode::<Ours>(&sample), peer::decode::<OursSha256>(&sample)]);
        report.costs("Decode, one get", &sample.label, &decode, OursSha256::NAME);
        let encode = race(vec![peer::encode::<Ours>(&sample), peer::encode::<OursSha256>(&sample)]);
        report.costs("Encode after one key changed", &sample.label, &encode, OursSha256::NAME);
        let path = race(vec![peer::http_path::<Ours>(&sample), peer::http_path::<OursSha256>(&sample)]);
        report.costs("HTTP path, one key changed", &sample.label, &path, OursSha256::NAME);
    }
}

/// Ten secrets that only verify.
pub fn secrets(report: &mut Report) {
    for sample in samples_by_size() {
        of_hash::<Sha512>(report, &sample, "SHA-512");
        of_hash::<Sha256>(report, &sample, "SHA-256");
    }
}

fn of_hash<K: Kind>(report: &mut Report, sample: &Sample, hash: &str) {
    const ALONE: &str = "one secret";

    let old = || (0..10).map(ours::old_secret);
    let sessions = |secrets: &mut dyn Iterator<Item = Secret>| {
        let signing = secrets.next().expect("at least one secret");
        ours::of_kind::<K>(secrets.fold(Secrets::new(signing), Secrets::verify_only))
    };
    let ours = || iter::once(ours::secret());
    let valid = K::mint(&sessions(&mut ours()), sample);
    let forged = hostile::forge(&valid);
    let standings = race(vec![
        reading(ALONE, sessions(&mut ours()), &valid, true),
        reading("ten old ones, cookie under the newest", sessions(&mut ours().chain(old())), &valid, true),
        reading("ten old ones, cookie under the oldest", sessions(&mut old().chain(ours())), &valid, true),
        reading("one secret, forged cookie", sessions(&mut ours()), &forged, false),
        reading("ten old ones, forged cookie", sessions(&mut ours().chain(old())), &forged, false),
    ]);
    report.costs(&format!("Secrets that only verify, {hash}"), &sample.label, &standings, ALONE);
}

/// Decodes one cookie and reads one key.
fn reading(name: &'static str, sessions: SignedCookieFactory, cookie: &str, is_valid: bool) -> Contestant {
    let cookie = cookie.to_owned();
    let job = move || {
        let session = sessions.decode(&cookie).ok()?;
        let visits = Ours::visits(&session);
        Some((session, visits))
    };
    assert_eq!(job().map(|(_, visits)| visits), is_valid.then_some(VISITS_BEFORE), "{name}");
    Contestant::new(name, job)
}

/// The same number of bytes in few keys and in many.
pub fn keys(report: &mut Report) {
    for (bytes, few, many, names) in [(300, 2, 12, ["2 keys", "12 keys"]), (2900, 12, 100, ["12 keys", "100 keys"])] {
        let sample = |keys| Sample::new(Shape::Flat { keys }, bytes);
        let (few, many, label) = (sample(few), sample(many), format!("{bytes} B"));
        let mut both = |title, entry: fn(&Sample) -> Contestant| {
            let standings = race(vec![entry(&few).named(names[0]), entry(&many).named(names[1])]);
            report.costs(title, &label, &standings, names[0]);
        };
        both("Keys, decode and one get, SHA-512", peer::decode::<Ours>);
        both("Keys, decode and one get, SHA-256", peer::decode::<OursSha256>);
        both("Keys, encode after one key changed, SHA-512", peer::encode::<Ours>);
        both("Keys, encode after one key changed, SHA-256", peer::encode::<OursSha256>);
    }
}

/// A page that only reads, with the default `reissue_time` and with Pyramid's.
pub fn reads(report: &mut Report) {
    const UNTOUCHED: &str = "session never touched";
    const READ: &str = "one key read";

    let builder = || SignedCookieFactory::builder(ours::secret());
    let default = || builder().timeout(TIMEOUT).build().expect("sound settings");
    let pyramid = || builder().timeout(TIMEOUT).reissue_time(Duration::ZERO).build().expect("sound settings");
    for sample in samples_by_size() {
        let pages = [
            (UNTOUCHED, default(), Page::Untouched, false),
            (READ, default(), Page::Read, false),
            ("one key read, reissue_time 0", pyramid(), Page::Read, true),
            ("one key written", default(), Page::Written, true),
        ];
        let request = request(&floor::cookie(&aged(&sample)));
        let contestant = |(name, sessions, page, writes): (_, SignedCookieFactory, Page, bool)| {
            let request = request.clone();
            let job = move || page.answer(&sessions, &request);
            assert_eq!(job().contains_key(SET_COOKIE), writes, "{name}");
            Contestant::new(name, job)
        };
        let standings = race(pages.map(contestant).into());
        report.costs("A page by what it does with the session", &sample.label, &standings, READ);
    }
    let mut hour = |what, most, builder| {
        let set_cookies = set_cookies_of_an_hour(builder);
        report.at_most("Set-Cookie in an hour of pages that read, one every 10 s", what, most, set_cookies);
    };
    hour("default", 30.0, builder());
    hour("reissue_time 0", 360.0, builder().reissue_time(Duration::ZERO));
}

/// Returns how many cookies are set in an hour for a visitor who loads a page that only reads every ten seconds.
fn set_cookies_of_an_hour(builder: Builder) -> f64 {
    let clock = Arc::new(AtomicU64::new(1_800_000_000));
    let shown = Arc::clone(&clock);
    let now = move || UNIX_EPOCH + Duration::from_secs(shown.load(Ordering::Relaxed));
    let sessions = builder.clock(now).build().expect("sound settings");
    let session = sessions.load(&HeaderMap::new());
    Ours::set_visits(&mut session.clone(), VISITS_BEFORE);
    let mut request = request(&sessions.encode(&session).expect("a session below the limit"));
    let mut sent = 0;
    for _ in 0..360 {
        clock.fetch_add(10, Ordering::Relaxed);
        if let Some(line) = Page::Read.answer(&sessions, &request).get(SET_COOKIE) {
            request.insert(COOKIE, HeaderValue::from_str(&header::pair(line)).expect("visible ASCII"));
            sent += 1;
        }
    }
    f64::from(sent)
}

/// Threads that answer at the same time, with one factory.
pub fn threads(report: &mut Report) {
    let label = medium().label;
    for (clock, time) in [(Clock::Processor, "processor time"), (Clock::Wall, "time by the clock")] {
        let mut costs = |page: &str, standings: Standings| {
            report.costs(&format!("Threads on one factory, {page}, {time}"), &label, &standings, ONE_THREAD);
        };
        costs("untouched", answering::<Sha512>(Page::Untouched, clock));
        costs("one key read", answering::<Sha512>(Page::Read, clock));
        costs("one key written", answering::<Sha512>(Page::Written, clock));
        costs("encrypted, one key written", answering::<Encrypted>(Page::Written, clock));
    }
}

const ONE_THREAD: &str = "1 thread";

fn answering<K: Kind>(page: Page, clock: Clock) -> Standings {
    let separate = || Arc::new(ours::of_kind::<K>(ours::secret()));
    let shared = separate();
    let request = request(&K::mint(&shared, &medium()));
    let crowd = |name, factories| {
        let request = request.clone();
        crowd(name, clock, factories, move |sessions| drop(black_box(page.answer(sessions, &request))))
    };
    race(vec![
        crowd(ONE_THREAD, vec![separate()]),
        crowd("2 threads", vec![shared.clone(); 2]),
        crowd("4 threads", vec![shared.clone(); 4]),
        crowd("16 threads", vec![shared.clone(); 16]),
        crowd("16 threads, a factory each", iter::repeat_with(separate).take(16).collect()),
    ])
}

/// What a page does with its session.
#[derive(Clone, Copy)]
enum Page {
    Untouched,
    Read,
    Written,
}

impl Page {
    /// Returns the response headers for request headers.
    fn answer(self, sessions: &SignedCookieFactory, request: &HeaderMap) -> HeaderMap {
        let mut session = sessions.load(request);
        match self {
            Page::Untouched => {}
            Page::Read => assert_eq!(Ours::visits(&session), VISITS_BEFORE),
            Page::Written => {
                assert_eq!(Ours::visits(&session), VISITS_BEFORE);
                Ours::set_visits(&mut session, VISITS_AFTER);
            }
        }
        let mut response = HeaderMap::new();
        sessions.save_headers(&session, &mut response).expect("a session below the limit");
        response
    }
}

fn request(cookie: &str) -> HeaderMap {
    header::request(&format!("{}={cookie}", header::SESSION))
}

/// Returns the same session, last written a minute ago.
fn aged(sample: &Sample) -> Sample {
    let renewed = sample.renewed - 60;
    let json = sample.json.replacen(&sample.renewed.to_string(), &renewed.to_string(), 1);
    Sample { renewed, json, ..sample.clone() }
}
