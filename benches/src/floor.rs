//! The floor: only the signature and base64, without a session.
//!
//! HMAC gets its key once, there is one buffer, and no JSON is read. Nothing that signs the same bytes with the same
//! crates can be faster, so the library is compared with this.

use std::hint::black_box;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::Simd;
use base64::engine::general_purpose::NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha512;

use crate::contestant::Contestant;
use crate::sample::{SECRET, Sample};

pub const NAME: &str = "floor";

const SALT: &[u8] = b"pyramid.session.";
const MAC_LENGTH: usize = 64;

/// Base64, HMAC, comparison.
pub fn decode(sample: &Sample) -> Contestant {
    let floor = Floor::new();
    let cookie = floor.sign(&mut Floor::payload(&sample.json));
    let payload = floor.verify(&cookie).expect("our own signature");
    assert_eq!(&payload[MAC_LENGTH..], sample.json.as_bytes());
    Contestant::new(NAME, move || floor.verify(&cookie).expect("our own signature"))
}

/// HMAC, base64.
pub fn encode(sample: &Sample) -> Contestant {
    let floor = Floor::new();
    let mut payload = Floor::payload(&sample.json);
    assert!(floor.verify(&floor.sign(&mut payload)).is_some());
    Contestant::new(NAME, move || floor.sign(&mut payload))
}

/// Both, which every request that changes its session needs.
pub fn decode_and_encode(sample: &Sample) -> Contestant {
    let floor = Floor::new();
    let mut payload = Floor::payload(&sample.json);
    let cookie = floor.sign(&mut payload);
    Contestant::new(NAME, move || (floor.verify(&cookie).expect("our own signature"), floor.sign(&mut payload)))
}

/// Returns a function that does both, for a handler that does nothing else in a framework's request.
pub fn in_a_handler(sample: &Sample) -> impl Fn() + Clone + Send + Sync + 'static {
    let floor = Arc::new((Floor::new(), cookie(sample)));
    move || {
        let (floor, cookie) = &*floor;
        let mut payload = floor.verify(cookie).expect("our own signature");
        black_box(floor.sign(&mut payload));
    }
}

/// Returns the cookie value of a sample, in Pyramid's format.
pub fn cookie(sample: &Sample) -> String {
    Floor::new().sign(&mut Floor::payload(&sample.json))
}

struct Floor {
    keyed: Hmac<Sha512>,
    alphabet: Simd,
}

impl Floor {
    fn new() -> Floor {
        let key = [SALT, SECRET.as_slice()].concat();
        Floor {
            keyed: Hmac::new_from_slice(&key).expect("HMAC takes a key of any length"),
            alphabet: Simd::url_safe(NO_PAD),
        }
    }

    /// Returns space for the signature, and then the text.
    fn payload(json: &str) -> Vec<u8> {
        [&[0; MAC_LENGTH], json.as_bytes()].concat()
    }

    fn sign(&self, payload: &mut [u8]) -> String {
        let (mac, json) = payload.split_at_mut(MAC_LENGTH);
        mac.copy_from_slice(&self.keyed.clone().chain_update(&*json).finalize().into_bytes());
        self.alphabet.encode(payload)
    }

    /// Returns the signature and the text, if the signature is right.
    fn verify(&self, cookie: &str) -> Option<Vec<u8>> {
        let payload = self.alphabet.decode(cookie).ok()?;
        let (mac, json) = payload.split_at(MAC_LENGTH);
        self.keyed.clone().chain_update(json).verify_slice(mac).ok()?;
        Some(payload)
    }
}
