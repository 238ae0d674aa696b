//! Measures the cost of a session that is bound to a device: bytes, and processor time as a ratio to a page whose
//! session is not bound.
//!
//! ```text
//! cargo run --release --manifest-path benches/device/Cargo.toml
//! ```

use std::hint::black_box;
use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use signed_cookie_session::{DeviceBound, Secret, SignedCookieFactory};

const ROUNDS: usize = 400;
const REGISTER: &str = "/session/device/register";
const REFRESH: &str = "/session/device/refresh";

/// A device's key, which signs its proofs.
struct Device(SigningKey);

impl Device {
    fn sign(&self, header: &str, challenge: &str) -> String {
        let payload = format!(r#"{{"jti":"{challenge}"}}"#);
        let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
        let signature: Signature = self.0.sign(text.as_bytes());
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }

    fn registration(&self, challenge: &str) -> String {
        let point = self.0.verifying_key().to_sec1_point(false);
        let [x, y] = [point.x(), point.y()].map(|coordinate| URL_SAFE_NO_PAD.encode(coordinate.expect("it has both")));
        let jwk = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        self.sign(&format!(r#"{{"alg":"ES256","jwk":{jwk},"typ":"dbsc+jwt"}}"#), challenge)
    }

    fn proof(&self, challenge: &str) -> String {
        self.sign(r#"{"alg":"ES256","typ":"dbsc+jwt"}"#, challenge)
    }
}

/// Returns `name=value` of each `Set-Cookie` line.
fn pairs<'l>(lines: impl Iterator<Item = &'l str>) -> Vec<String> {
    lines.map(|line| line.split(';').next().expect("split gives one").to_owned()).collect()
}

fn quoted(text: &str) -> &str {
    text.split('"').nth(1).expect("something stands in quotes")
}

fn nanoseconds(times: u32, mut run: impl FnMut()) -> f64 {
    let begun = Instant::now();
    (0..times).for_each(|_| run());
    begun.elapsed().as_nanos() as f64 / f64::from(times)
}

fn main() {
    let secret = || Secret::new("the secret of the benches, of more than 32 bytes").expect("it is long enough");
    let plain = SignedCookieFactory::new(secret());
    let sessions =
        SignedCookieFactory::builder(secret()).device_bound(DeviceBound::new()).build().expect("it can work");

    // A session of about 300 bytes.
    let session = sessions.load_cookies([""]);
    for key in 0..12 {
        session.insert(&format!("key_{key}"), "a short value").expect("it fits");
    }
    session.bind_to_device();
    let headers = sessions.response_headers(&session, 200).expect("it fits");
    let unbound = pairs(headers.set_cookies()).remove(0);
    let offer = headers.device_registration().expect("it is offered").to_owned();
    let device = Device(SigningKey::from_slice(&[7; 32]).expect("it is a key"));
    let challenge = quoted(offer.split("challenge=").nth(1).expect("there is a challenge"));
    let proof = device.registration(challenge);
    let register_headers =
        [("cookie", &*unbound), ("sec-fetch-site", "same-origin"), ("secure-session-response", &*proof)];
    let register = || sessions.device_answer("POST", REGISTER, register_headers).expect("it is an endpoint");
    let registered = register();
    assert_eq!(registered.status(), 200);

    let lines = |answer: &signed_cookie_session::DeviceAnswer| {
        let lines = answer.headers().filter(|(name, _)| *name == "set-cookie");
        lines.map(|(_, line)| line.to_owned()).collect::<Vec<_>>()
    };
    let jar = pairs(lines(&registered).iter().map(String::as_str));
    let all = jar.join("; ");
    let page = jar.iter().filter(|pair| !pair.starts_with("session.key")).cloned().collect::<Vec<_>>().join("; ");
    let body = registered.body();
    let id = body.split("\"session_identifier\":\"").nth(1).expect("it has an id").split('"').next().expect("it ends");
    let asked = [("cookie", &*all), ("sec-fetch-site", "same-origin"), ("sec-secure-session-id", id)];
    let first = sessions.device_answer("POST", REFRESH, asked).expect("it is an endpoint");
    assert_eq!(first.status(), 403);
    let challenge = first.headers().find(|(name, _)| *name == "secure-session-challenge").expect("there is one").1;
    let proof = device.proof(quoted(challenge));
    let headers = [asked[0], asked[1], asked[2], ("secure-session-response", &*proof)];
    let refresh = || sessions.device_answer("POST", REFRESH, headers).expect("it is an endpoint");
    let refreshed = refresh();
    assert_eq!(refreshed.status(), 200);

    println!("| bytes | |\n|---|---:|");
    println!("| the session's cookie, not bound and bound | {} and {} |", unbound.len(), jar[0].len());
    println!("| `Cookie` of a page more than without | {} |", page.len() - unbound.len());
    println!("| `Cookie` of an endpoint more than of a page | {} |", all.len() - page.len());
    println!("| `Secure-Session-Registration` | {} |", offer.len());
    println!("| `Set-Cookie` lines of a renewal | {} |", lines(&refreshed).iter().map(String::len).sum::<usize>());

    let load = |sessions: &SignedCookieFactory, cookies: &str| {
        let session = sessions.load_cookies([cookies]);
        assert!(!session.is_new());
        black_box(session.get::<String>("key_3").expect("it is a text"));
    };
    // The lowest of many short measurements, because other work of the machine only adds time.
    let mut lowest = [f64::INFINITY; 5];
    for _ in 0..ROUNDS {
        let round = [
            nanoseconds(500, || load(&plain, &unbound)),
            nanoseconds(500, || load(&sessions, &unbound)),
            nanoseconds(500, || load(&sessions, &page)),
            nanoseconds(5, || drop(black_box(register()))),
            nanoseconds(5, || drop(black_box(refresh()))),
        ];
        lowest = std::array::from_fn(|at| lowest[at].min(round[at]));
    }
    println!("\n| processor time | reading a session that is not bound = 1 |\n|---|---:|");
    let names = ["not bound, in a factory that binds", "bound", "a registration", "a renewal"];
    for (name, time) in names.into_iter().zip(&lowest[1..]) {
        println!("| {name} | {:.2} |", time / lowest[0]);
    }
}
