//! Compares the library with the floor and with `SignedJar` on mixed sessions.
//!
//! Every operation is timed alone, among all the others in a new random order in each round, so that no branch
//! predictor has seen the same text just before. The figure of a class is the median of its times.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::hint::black_box;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use base64::Engine as _;
use base64::engine::Simd;
use base64::engine::general_purpose::NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use http::Response;
use sha2::{Sha256, Sha512};
use signed_cookie_session::{HashAlgorithm, SignedCookieFactory};

use crate::header::{SESSION, request};
use crate::jar::SignedJar;
use crate::mix::{CLASSES, Class, SIZES, sample};
use crate::ours::secret;
use crate::peer::Peer;
use crate::random::Random;
use crate::sample::{SECRET, Sample, TIMEOUT, VISITS, VISITS_AFTER};
use crate::spread::median;

/// The number of sessions of each class and size.
const SESSIONS: u64 = 12;

const ROUNDS: usize = 60;

/// A figure: the operation, the hash and the size.
pub type Row = (String, &'static str, usize);

/// The ratio of each class, by figure.
pub type Ratios = BTreeMap<Row, Vec<(Class, f64)>>;

/// What is timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Job {
    FloorDecode,
    /// The floor, and what a session cannot do without: the time, and memory for the session, its text and its keys.
    LeastDecode,
    Decode,
    FloorEncode,
    /// The floor and the time.
    LeastEncode,
    Encode,
    JarDecode,
    JarPath,
    Path,
}

/// Does one run. It measures one size after the other, because all sizes together would not fit into the caches.
pub fn run() -> Ratios {
    let mut ratios = Ratios::new();
    for size in SIZES {
        for (name, algorithm) in [("SHA-512", HashAlgorithm::Sha512), ("SHA-256", HashAlgorithm::Sha256)] {
            let times = times(size, algorithm);
            let figure = |class, job| times[&(class, job)];
            let mut row = |what: &str, one, others: &[Job]| {
                let of_class = |class| {
                    let others: f64 = others.iter().map(|job| figure(class as usize, *job)).sum();
                    (class, figure(class as usize, one) / others)
                };
                ratios.insert((what.into(), name, size), CLASSES.map(of_class).to_vec());
            };
            row("decode and one get / floor", Job::Decode, &[Job::FloorDecode]);
            row("encode, every key written / floor", Job::Encode, &[Job::FloorEncode]);
            row("signature, clock and three allocations / floor", Job::LeastDecode, &[Job::FloorDecode]);
            row("signature and clock / floor", Job::LeastEncode, &[Job::FloorEncode]);
            row("SignedJar / decode and one get", Job::JarDecode, &[Job::Decode]);
            row("SignedJar / HTTP path, one key changed", Job::JarPath, &[Job::Path]);
            // The row above, if everything but the two signatures took no time.
            row("SignedJar / the two signatures", Job::JarPath, &[Job::FloorDecode, Job::FloorEncode]);
        }
    }
    ratios
}

/// Returns the median time of each class and job, in nanoseconds.
fn times(size: usize, algorithm: HashAlgorithm) -> BTreeMap<(usize, Job), f64> {
    let contestants = Contestants::new(algorithm);
    let mut jobs = Vec::new();
    for class in CLASSES {
        for seed in 0..SESSIONS {
            let sample = sample(class, size, seed);
            for (job, run) in prepared(&sample, &contestants) {
                jobs.push((class as usize, job, run));
            }
        }
    }
    let mut random = Random::new(size as u64);
    let mut times = BTreeMap::<(usize, Job), Vec<f64>>::new();
    for round in 0..ROUNDS {
        random.shuffle(&mut jobs);
        for (class, job, run) in &jobs {
            let start = Instant::now();
            run();
            let time = start.elapsed().as_nanos() as f64;
            if round > 2 {
                times.entry((*class, *job)).or_default().push(time);
            }
        }
    }
    let clock = median((0..1000).map(|_| Instant::now().elapsed().as_nanos() as f64).collect());
    times.into_iter().map(|(key, times)| (key, median(times) - clock)).collect()
}

/// One of each for all sessions, as in a server. With one for each session, the times would contain the loading of their
/// settings from memory.
struct Contestants {
    ours: SignedCookieFactory,
    floor: Rc<dyn Floor>,
    jar: Rc<SignedJar>,
}

impl Contestants {
    fn new(algorithm: HashAlgorithm) -> Self {
        let ours = SignedCookieFactory::builder(secret()).timeout(TIMEOUT).hash_algorithm(algorithm);
        Contestants {
            ours: ours.build().expect("sound settings"),
            floor: match algorithm {
                HashAlgorithm::Sha256 => Rc::new(Keyed::<Hmac<Sha256>, 32>::new()),
                _ => Rc::new(Keyed::<Hmac<Sha512>, 64>::new()),
            },
            jar: Rc::new(SignedJar::new()),
        }
    }
}

fn prepared(sample: &Sample, contestants: &Contestants) -> [(Job, Box<dyn Fn()>); 9] {
    let Contestants { ours: sessions, floor, jar } = contestants;
    let cookie = floor.sign(&sample.json);

    let written = sessions.decode(&cookie).expect("a cookie that verifies");
    assert_eq!(written.to_map().expect("plain JSON"), sample.dict);
    for (key, value) in &sample.dict {
        written.insert(key, value).expect("a session below the limit");
    }
    let encoded = sessions.decode(&sessions.encode(&written).expect("a session below the limit"));
    assert_eq!(encoded.expect("a cookie that verifies").to_map().expect("plain JSON"), sample.dict);

    let jar_cookie = jar.mint(sample);
    let jar_request = request(&format!("{SESSION}={jar_cookie}"));
    let our_request = request(&format!("{SESSION}={cookie}"));
    let mut text = floor.room(&sample.json);
    floor.sign_in_place(&mut text);
    let (text, least_text) = (RefCell::new(text.clone()), RefCell::new(text));
    let [decoder, encoder, least_decoder, least_encoder] = std::array::from_fn(|_| Rc::clone(floor));
    let (jar_decoder, jar) = (Rc::clone(jar), Rc::clone(jar));
    let [cookie, floor_cookie, least_cookie] = std::array::from_fn(|_| cookie.clone());
    let keys = sample.dict.len();
    let (ours, ours_encode, ours_path) = (sessions.clone(), sessions.clone(), sessions.clone());
    [
        (Job::FloorDecode, Box::new(move || assert!(black_box(decoder.verify(&floor_cookie)).is_some()))),
        (
            Job::Decode,
            Box::new(move || {
                let session = ours.decode(&cookie).expect("a cookie that verifies");
                assert!(session.get::<u64>(VISITS).expect("a whole number").is_some());
            }),
        ),
        (
            Job::LeastDecode,
            Box::new(move || {
                let payload = least_decoder.verify(&least_cookie).expect("our own signature");
                black_box(SystemTime::now());
                black_box((Arc::<[u8]>::from(payload), Vec::<[u64; 2]>::with_capacity(keys), Box::new([0_u8; 256])));
            }),
        ),
        (
            Job::LeastEncode,
            Box::new(move || {
                black_box(SystemTime::now());
                black_box(least_encoder.sign_in_place(&mut least_text.borrow_mut()));
            }),
        ),
        (Job::FloorEncode, Box::new(move || drop(black_box(encoder.sign_in_place(&mut text.borrow_mut()))))),
        (Job::Encode, Box::new(move || drop(black_box(ours_encode.encode(&written).expect("below the limit"))))),
        (
            Job::JarDecode,
            Box::new(move || {
                let session = jar_decoder.decode(&jar_cookie).expect("a cookie that verifies");
                black_box(SignedJar::visits(&session));
            }),
        ),
        (Job::JarPath, Box::new(move || drop(black_box(jar.count_visit(&jar_request))))),
        (
            Job::Path,
            Box::new(move || {
                let session = ours_path.load(&our_request);
                assert!(session.get::<u64>(VISITS).expect("a whole number").is_some());
                session.insert(VISITS, VISITS_AFTER).expect("a session below the limit");
                let mut response = Response::new(());
                ours_path.save(&session, &mut response).expect("a session below the limit");
                black_box(response);
            }),
        ),
    ]
}

/// Only the signature and base64.
trait Floor {
    /// Returns space for the signature, and then the text.
    fn room(&self, json: &str) -> Vec<u8>;

    fn sign_in_place(&self, payload: &mut [u8]) -> String;

    fn verify(&self, cookie: &str) -> Option<Vec<u8>>;

    fn sign(&self, json: &str) -> String {
        self.sign_in_place(&mut self.room(json))
    }
}

struct Keyed<M, const TAG: usize> {
    keyed: M,
    alphabet: Simd,
}

impl<M: Mac + KeyInit + Clone, const TAG: usize> Keyed<M, TAG> {
    fn new() -> Self {
        let key = [b"pyramid.session.".as_slice(), SECRET].concat();
        let keyed = <M as KeyInit>::new_from_slice(&key).expect("HMAC takes a key of any length");
        Keyed { keyed, alphabet: Simd::url_safe(NO_PAD) }
    }
}

impl<M: Mac + Clone, const TAG: usize> Floor for Keyed<M, TAG> {
    fn room(&self, json: &str) -> Vec<u8> {
        [&[0; TAG], json.as_bytes()].concat()
    }

    fn sign_in_place(&self, payload: &mut [u8]) -> String {
        let (tag, json) = payload.split_at_mut(TAG);
        tag.copy_from_slice(&self.keyed.clone().chain_update(&*json).finalize().into_bytes());
        self.alphabet.encode(payload)
    }

    fn verify(&self, cookie: &str) -> Option<Vec<u8>> {
        let payload = self.alphabet.decode(cookie).ok()?;
        let (tag, json) = payload.split_at(TAG);
        self.keyed.clone().chain_update(json).verify_slice(tag).ok()?;
        Some(payload)
    }
}
