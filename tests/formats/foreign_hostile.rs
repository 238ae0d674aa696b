//! Values that are signed with the right secret but are not sessions.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use signed_cookie_session::{Format, Outcome, Secret, SignedCookieFactory};
use std::io::Write;

use crate::common::{NOW, at};
use crate::jar::Jar;

const SECRET: &str = "one secret for a hostile Django and this library, of many bytes";

/// Signs any body as Django does.
fn signed(body: &str) -> String {
    let key = Sha256::new()
        .chain_update("django.contrib.sessions.backends.signed_cookies")
        .chain_update("signer")
        .chain_update(SECRET)
        .finalize();
    let signed = format!("{body}:1x8elk");
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(signed.as_bytes());
    format!("{signed}:{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

fn outcome(value: &str) -> Outcome {
    let builder = SignedCookieFactory::builder(Secret::legacy(SECRET).unwrap()).format(Format::Django);
    let sessions = builder.clock(|| at(NOW)).build().unwrap();
    Jar::of(&[("sessionid", value)]).load(&sessions).outcome()
}

fn compressed(text: &[u8]) -> String {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text).unwrap();
    format!(".{}", URL_SAFE_NO_PAD.encode(encoder.finish().unwrap()))
}

#[test]
fn a_bomb_under_a_valid_signature_is_malformed() {
    let object = |len: usize| format!("{{\"a\":\"{}\"}}", "0".repeat(len));
    assert_eq!(outcome(&signed(&compressed(object(500_000).as_bytes()))), Outcome::Valid);
    let bomb = signed(&compressed(object(2_500_000).as_bytes()));
    assert!(bomb.len() < 4096, "{}", bomb.len());
    assert_eq!(outcome(&bomb), Outcome::Malformed);
}

#[test]
fn a_text_that_is_not_a_json_object_is_malformed() {
    for json in ["[]", "null", "1", "\"{}\"", "", "{", "{}{}", "{\"a\":}", "\u{fffd}"] {
        assert_eq!(outcome(&signed(&URL_SAFE_NO_PAD.encode(json))), Outcome::Malformed, "{json}");
        assert_eq!(outcome(&signed(&compressed(json.as_bytes()))), Outcome::Malformed, "{json}");
    }
    assert_eq!(outcome(&signed(&URL_SAFE_NO_PAD.encode(b"\x80\x04}\x94."))), Outcome::Malformed, "a pickle");
    assert_eq!(outcome(&signed(&URL_SAFE_NO_PAD.encode(b"{\"a\":\"\xff\"}"))), Outcome::Malformed, "not UTF-8");
    assert_eq!(outcome(&signed(".AAAA")), Outcome::Malformed, "not zlib");
    assert_eq!(outcome(&signed("!!!")), Outcome::Malformed, "not base64");
    assert_eq!(outcome(&signed(&URL_SAFE_NO_PAD.encode("{}"))), Outcome::Valid);
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(outcome(&signed(&compressed(deep.as_bytes()))), Outcome::Valid, "depth is no danger");
}
