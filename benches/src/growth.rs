//! Measures how a session's cost grows.

use std::hint::black_box;
use std::iter;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use cpu_time::ThreadTime;
use http::HeaderMap;
use http::header::{COOKIE, HeaderValue};
use signed_cookie_session::{Secret, Secrets, SignedCookieFactory};

use crate::contestant::Contestant;
use crate::ours::{self, Ours};
use crate::peer::{self, Peer};
use crate::race::{Standings, race};
use crate::sample::{Sample, Shape, VISITS_BEFORE};
use crate::spread::{RUNS, Spread};
use crate::{floor, header, hostile};

/// The cost of one series at one place of a chart.
pub struct Point {
    pub chart: &'static str,
    pub series: &'static str,
    pub x: usize,
    pub nanoseconds: Spread,
}

/// What varies, the places where it is measured, and the contestants that are timed at each place.
pub struct Chart {
    name: &'static str,
    places: &'static [usize],
    contestants: fn(usize) -> Vec<Contestant>,
}

pub const CHARTS: &[Chart] = &[
    Chart {
        name: "size",
        places: &[60, 150, 300, 600, 900, 1200, 1500, 1800, 2100, 2400, 2700, 2900],
        contestants: by_size,
    },
    Chart { name: "keys", places: &[2, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110], contestants: by_keys },
    Chart { name: "cookies", places: &[1, 2, 4, 6, 8, 10, 12, 16, 20, 25, 30], contestants: by_cookies },
    Chart { name: "secrets", places: &[0, 1, 2, 3, 4, 5, 6, 7, 8], contestants: by_secrets },
    Chart { name: "threads", places: &[1, 2, 3, 4, 6, 8], contestants: by_threads },
];

impl Chart {
    /// Every run measures all places. If the machine is slow for some seconds, this affects one run of many places, and
    /// not all runs of one place.
    pub fn points(&self) -> Vec<Point> {
        let run = |_| self.places.iter().map(|&x| race((self.contestants)(x))).collect();
        let runs: Vec<Vec<Standings>> = (0..RUNS).map(run).collect();
        let points = self.places.iter().enumerate().flat_map(|(place, &x)| {
            let runs = &runs;
            runs[0][place].names().iter().map(move |&series| {
                let costs = runs.iter().map(|run| run[place].cost(series)).collect();
                Point { chart: self.name, series, x, nanoseconds: Spread::new(costs) }
            })
        });
        points.collect()
    }
}

/// Bytes of JSON text. The flat dict has one key for every 25 bytes.
fn by_size(bytes: usize) -> Vec<Contestant> {
    let flat = Sample::new(Shape::Flat { keys: bytes / 25 }, bytes);
    let mut contestants = vec![
        peer::decode::<Ours>(&flat).named("decode, flat"),
        peer::encode::<Ours>(&flat).named("encode, flat"),
        floor::decode(&flat).named("decode: signature and base64 alone"),
        floor::encode(&flat).named("encode: signature and base64 alone"),
    ];
    // A cart with an address does not fit into fewer bytes.
    if bytes >= 300 {
        let nested = Sample::new(Shape::Nested, bytes);
        contestants.push(peer::decode::<Ours>(&nested).named("decode, nested"));
    }
    contestants
}

/// Keys of a dict that stays at 2.9 KB.
fn by_keys(keys: usize) -> Vec<Contestant> {
    let sample = Sample::new(Shape::Flat { keys }, 2900);
    vec![
        peer::decode::<Ours>(&sample).named("decode, last key read"),
        peer::encode::<Ours>(&sample).named("encode, last key changed"),
        floor::decode(&sample).named("decode: signature and base64 alone"),
    ]
}

/// Cookies in the header, including the session's.
fn by_cookies(cookies: usize) -> Vec<Contestant> {
    let value = floor::cookie(&medium());
    let session = format!("{}={value}", header::SESSION);
    let foreign: String = (1..cookies).map(|index| format!("cookie{index:02}=of-24-characters-or-so; ")).collect();
    let forged = format!("; {}={}", header::SESSION, hostile::forge(&value));
    vec![
        load("the others of other names", &format!("{foreign}{session}")),
        load("the others forged", &format!("{session}{}", forged.repeat(cookies - 1))),
    ]
}

/// Secrets that only verify.
fn by_secrets(verify_only: usize) -> Vec<Contestant> {
    let others = || (0..verify_only as u8).map(ours::old_secret);
    let ours = || iter::once(ours::secret());
    vec![
        decoders("signed by the newest", vec![factory(ours().chain(others()))]),
        decoders("signed by the oldest", vec![factory(others().chain(ours()))]),
    ]
}

/// Threads that decode at the same time.
fn by_threads(threads: usize) -> Vec<Contestant> {
    let shared = factory(iter::once(ours::secret()));
    let separate = || factory(iter::once(ours::secret()));
    vec![
        decoders("one factory for all", vec![shared; threads]),
        decoders("a factory each", iter::repeat_with(separate).take(threads).collect()),
    ]
}

/// Returns the session of the charts that vary something else.
pub fn medium() -> Sample {
    Sample::new(Shape::Flat { keys: 12 }, 300)
}

/// Returns a factory whose first secret signs.
fn factory(mut secrets: impl Iterator<Item = Secret>) -> Arc<SignedCookieFactory> {
    let signing = secrets.next().expect("at least one secret");
    Arc::new(ours::factory(secrets.fold(Secrets::new(signing), Secrets::verify_only)))
}

/// Finds the session in a `Cookie` header and reads one key.
fn load(name: &'static str, cookies: &str) -> Contestant {
    let sessions = ours::factory(ours::secret());
    let mut request = HeaderMap::new();
    request.insert(COOKIE, HeaderValue::from_str(cookies).expect("visible ASCII"));
    let job = move || Ours::visits(&sessions.load(&request));
    assert_eq!(job(), VISITS_BEFORE, "{name}");
    Contestant::new(name, job)
}

fn decoders(name: &'static str, factories: Vec<Arc<SignedCookieFactory>>) -> Contestant {
    let cookie = floor::cookie(&medium());
    let decode =
        move |sessions: &SignedCookieFactory| Ours::visits(&sessions.decode(&cookie).expect("a cookie that verifies"));
    assert_eq!(decode(&factories[0]), VISITS_BEFORE, "{name}");
    crowd(name, Clock::Wall, factories, move |sessions| {
        black_box(decode(sessions));
    })
}

/// How the time of several threads is measured.
#[derive(Clone, Copy)]
pub enum Clock {
    /// From the first start to the last end. It depends on the number of cores and on other work of the machine.
    Wall,
    /// The processor time of all threads. It does not contain other work of the machine.
    Processor,
}

/// Runs one thread for each factory, all with the same job. The time of one job is the total time divided by the
/// number of jobs.
pub fn crowd(
    name: &'static str,
    clock: Clock,
    factories: Vec<Arc<SignedCookieFactory>>,
    job: impl Fn(&SignedCookieFactory) + Sync + 'static,
) -> Contestant {
    /// How many jobs are done for each requested job, because a thread must run much longer than it takes to start.
    const BUNDLE: u32 = 8;

    Contestant::batched(name, move |times| {
        let together = Barrier::new(factories.len());
        let run = |sessions: &SignedCookieFactory| {
            together.wait();
            let (start, processor) = (Instant::now(), ThreadTime::now());
            for _ in 0..times * BUNDLE {
                job(sessions);
            }
            (start, Instant::now(), processor.elapsed())
        };
        let laps: Vec<(Instant, Instant, Duration)> = thread::scope(|scope| {
            let threads: Vec<_> = factories.iter().map(|sessions| scope.spawn(|| run(sessions))).collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
        });
        let start = laps.iter().map(|lap| lap.0).min().expect("a thread");
        let end = laps.iter().map(|lap| lap.1).max().expect("a thread");
        let time = match clock {
            Clock::Wall => end - start,
            Clock::Processor => laps.iter().map(|lap| lap.2).sum(),
        };
        time / (BUNDLE * factories.len() as u32)
    })
}
