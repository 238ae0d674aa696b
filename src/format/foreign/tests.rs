//! Compares the codecs with cookies that the frameworks made: `tests/vectors/foreign/`.
#![allow(dead_code, unused_imports, reason = "each format uses some of the helpers")]

use serde_json::Value;

use super::*;
use crate::secret::{Secret, Secrets};

const AT: i64 = 1_790_000_000;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds).unwrap()
}

fn vectors(framework: &str) -> Value {
    let path = format!("{}/tests/vectors/foreign/{framework}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn string(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn secrets(signing: &str) -> Secrets {
    Secrets::new(Secret::legacy(signing).unwrap())
}

fn cases(vectors: &Value) -> impl Iterator<Item = (&String, &Value)> {
    vectors["cases"].as_object().unwrap().iter()
}

/// Opens the framework's value of each JSON text, and makes the same value from the text.
fn agrees(codec: &dyn Framework, vectors: &Value, signed_at: Option<Timestamp>) {
    let mut count = 0;
    for (name, case) in cases(vectors) {
        let (value, json) = (string(&case["value"]), string(&case["json"]));
        let opened = codec.open(value.as_bytes(), None, at(AT)).unwrap();
        assert_eq!(opened, Opened { json: json.into(), signed_at, secret_index: 0 }, "{name}");
        let sealed = codec.seal(json, at(AT), None);
        if case["compressed"] == true {
            // Our compression may be worse than that of zlib, or none.
            assert!(sealed.value.starts_with('.') || json.len() < 100, "{name}");
            assert_eq!(codec.open(sealed.value.as_bytes(), None, at(AT)).unwrap().json, json, "{name}");
        } else {
            assert_eq!(sealed, Sealed { value: value.into(), signature: None }, "{name}");
        }
        count += 1;
    }
    assert!(count >= 7, "{count}");
}

/// Checks that a valid value with one changed byte is refused.
fn refuses_every_change(codec: &dyn Framework, value: &str) {
    for at_byte in 0..value.len() {
        for bit in 0..8 {
            let mut changed = value.as_bytes().to_vec();
            changed[at_byte] ^= 1 << bit;
            let opened = codec.open(&changed, None, at(AT));
            assert!(matches!(opened, Err(Refusal::Malformed | Refusal::BadSignature)), "{at_byte} {bit}: {opened:?}");
        }
        assert!(codec.open(&value.as_bytes()[..at_byte], None, at(AT)).is_err());
    }
    assert!(codec.open(format!("{value}A").as_bytes(), None, at(AT)).is_err());
}

/// Checks that one secret signs and all secrets verify.
fn rotates(codec: impl Fn(&Secrets) -> Box<dyn Framework>) {
    let (old, new) = (codec(&secrets("old")), codec(&secrets("new")));
    let both = codec(&secrets("new").verify_only(Secret::legacy("old").unwrap()));
    let open = |codec: &dyn Framework, sealed: &Sealed| {
        codec.open(sealed.value.as_bytes(), sealed.signature.as_deref().map(str::as_bytes), at(AT))
    };
    let by_old = old.seal("{}", at(AT), None);
    assert_eq!(open(&*both, &by_old).unwrap().secret_index, 1);
    assert_eq!(open(&*both, &new.seal("{}", at(AT), None)).unwrap().secret_index, 0);
    assert_eq!(open(&*new, &by_old), Err(Refusal::BadSignature));
    assert_eq!(open(&*new, &both.seal("{}", at(AT), None)).unwrap().secret_index, 0);
}

/// Checks that a session of the framework keeps its text, and that only the times are added.
fn keeps_what_is_not_touched(codec: &dyn Framework, json: &str) {
    let sealed = codec.seal(json, at(AT), None);
    let signature = sealed.signature.as_deref().map(str::as_bytes);
    let (record, verified) = read(codec, sealed.value.as_bytes(), signature, at(AT + 5)).unwrap();
    assert_eq!(verified.dates, if codec.has_time() { Dates::Renewed } else { Dates::None });
    let back = write(codec, &record, at(AT + 9));
    let signature = back.signature.as_deref().map(str::as_bytes);
    let opened = codec.open(back.value.as_bytes(), signature, at(AT + 9)).unwrap();
    let (first_seen, style) = (if codec.has_time() { AT } else { AT + 5 }, codec.style());
    let created = format!("\"_created_\"{}{first_seen}.0", style.colon);
    let renewed = format!("{}\"_renewed_\"{}{}", style.comma, style.colon, AT + 9);
    let json = json.strip_suffix('}').unwrap();
    let renewed = if codec.has_time() { String::new() } else { renewed };
    let comma = if json == "{" { "" } else { style.comma };
    if style.sorted {
        assert!(opened.json.contains(&created), "{}", opened.json);
        let rest = opened.json.replacen(&created, "", 1).replace("{,", "{").replace(",}", "}").replace(",,", ",");
        assert_eq!(rest.strip_suffix('}').unwrap(), json);
    } else {
        assert_eq!(opened.json, format!("{json}{comma}{created}{renewed}}}"));
    }
    let (again, verified) = read(codec, back.value.as_bytes(), signature, at(AT + 20)).unwrap();
    assert_eq!(verified.dates, Dates::Both);
    assert_eq!(again.created.at, at(first_seen));
    assert_eq!(again.renewed.at, at(AT + 9));
    assert!(!again.dict.contains(CREATED) && !again.dict.contains(RENEWED));
}

fn write(framework: &dyn Framework, record: &Record, now: Timestamp) -> Sealed {
    framework.seal(&text(framework, record, now), now, None)
}

#[cfg(feature = "flask")]
mod flask {
    use super::*;
    use crate::format::flask::{Flask, SALT};
    use crate::format::signature::HashAlgorithm;

    fn codec(secrets: &Secrets) -> Flask {
        Flask::new(secrets, SALT, None, None)
    }

    #[test]
    fn it_reads_and_writes_what_flask_does() {
        let vectors = vectors("flask");
        let flask = codec(&secrets(string(&vectors["secret"])));
        agrees(&flask, &vectors, Some(at(AT)));
        let value = string(&vectors["flash_call"]["value"]);
        assert!(flask.open(value.as_bytes(), None, at(AT)).unwrap().json.starts_with(r#"{"_flashes":[{" t""#));
        for (case, signed_at) in [("expired", AT - 2_678_401), ("oldest_good", AT - 2_678_400), ("future", AT + 1)] {
            let opened = flask.open(string(&vectors[case]["value"]).as_bytes(), None, at(AT)).unwrap();
            assert_eq!(opened.signed_at, Some(at(signed_at)), "{case}");
        }
    }

    #[test]
    fn a_secret_is_its_bytes() {
        let vectors = vectors("flask");
        for (secret, case) in [
            (b"new key".as_slice(), "rotation_signed_by_new"),
            (b"old key", "rotation_signed_by_old"),
            ("clé".as_bytes(), "unicode_secret"),
            (b"\x00\xffbinary", "bytes_secret"),
        ] {
            let flask = codec(&Secrets::new(Secret::legacy(secret).unwrap()));
            assert_eq!(flask.seal(r#"{"user":"ada"}"#, at(AT), None).value, string(&vectors[case]["value"]));
        }
    }

    #[test]
    fn another_value_secret_salt_or_hash_is_refused() {
        let vectors = vectors("flask");
        let secrets = secrets(string(&vectors["secret"]));
        let value = string(&vectors["cases"]["uuid"]["value"]).as_bytes();
        refuses_every_change(&codec(&secrets), string(&vectors["cases"]["uuid"]["value"]));
        let other = Flask::new(&secrets, b"other", None, None);
        assert_eq!(other.open(value, None, at(AT)), Err(Refusal::BadSignature));
        let other = Flask::new(&secrets, SALT, Some(HashAlgorithm::Sha256), None);
        assert_eq!(other.open(value, None, at(AT)), Err(Refusal::Malformed));
        let sealed = other.seal("{}", at(AT), None);
        assert_eq!(other.open(sealed.value.as_bytes(), None, at(AT)).unwrap().json, "{}");
        rotates(|secrets| Box::new(codec(secrets)));
    }

    #[test]
    fn untouched_values_keep_their_text() {
        let vectors = vectors("flask");
        for (_, case) in cases(&vectors) {
            keeps_what_is_not_touched(&codec(&secrets("secret")), string(&case["json"]));
        }
    }

    #[test]
    fn new_values_have_the_layout_of_flask() {
        let flask = codec(&secrets("secret"));
        let sealed = flask.seal(r#"{"b":1,"user":{"y":1,"x": 2}}"#, at(AT), None);
        let (mut record, _) = read(&flask, sealed.value.as_bytes(), None, at(AT)).unwrap();
        for (key, json) in [("größe", r#"{"z":[1, 2],"a":"é"}"#), ("a", "1e30")] {
            record.dict.insert(key, crate::json::dict::Member::new(key, json), 1000).unwrap();
        }
        let sealed = write(&flask, &record, at(AT + 1));
        assert_eq!(
            flask.open(sealed.value.as_bytes(), None, at(AT)).unwrap().json,
            r#"{"_created_":1790000000.0,"a":1e30,"b":1,"gr\u00f6\u00dfe":{"a":"\u00e9","z":[1,2]},"user":{"y":1,"x": 2}}"#
        );
    }

    #[test]
    fn a_time_a_little_ahead_counts_as_now() {
        let flask = codec(&secrets("secret"));
        for (ahead, renewed) in [(0, AT), (1, AT), (300, AT), (301, AT + 301)] {
            let value = flask.seal("{}", at(AT + ahead), None).value;
            let (record, _) = read(&flask, value.as_bytes(), None, at(AT)).unwrap();
            assert_eq!(record.renewed.at, at(renewed), "{ahead}");
        }
    }

    #[test]
    fn a_text_without_an_object_or_times_is_malformed() {
        let flask = codec(&secrets("secret"));
        for json in ["null", "[]", "1", "\"{}\"", "{", "", "{}x", r#"{"_created_":"x"}"#, r#"{"_created_":NaN}"#] {
            let sealed = flask.seal(json, at(AT), None);
            assert_eq!(read(&flask, sealed.value.as_bytes(), None, at(AT)).err(), Some(Refusal::Malformed), "{json}");
        }
        for value in ["", ".", "..", "...", "e30", "e30.arE7gA", "e30..AAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
            assert!(flask.open(value.as_bytes(), None, at(AT)).is_err(), "{value}");
        }
    }
}

#[cfg(feature = "django")]
mod django {
    use super::*;
    use crate::format::django::{Django, SALT};

    #[test]
    fn it_reads_and_writes_what_django_does() {
        let vectors = vectors("django");
        let django = Django::new(&secrets(string(&vectors["secret"])), SALT);
        agrees(&django, &vectors, Some(at(AT)));
        for case in ["messages_in_session", "set_expiry_300"] {
            assert!(django.open(string(&vectors[case]["value"]).as_bytes(), None, at(AT)).is_ok(), "{case}");
        }
        for (case, signed_at) in [("expired", AT - 1_209_601), ("oldest_good", AT - 1_209_600)] {
            let opened = django.open(string(&vectors[case]["value"]).as_bytes(), None, at(AT)).unwrap();
            assert_eq!(opened.signed_at, Some(at(signed_at)), "{case}");
        }
        let old = string(&vectors["rotation_signed_by_old"]["value"]).as_bytes();
        let old_secret = Secret::legacy(string(&vectors["rotation_signed_by_old"]["secret"])).unwrap();
        let both = Django::new(&secrets(string(&vectors["secret"])).verify_only(old_secret), SALT);
        assert_eq!(both.open(old, None, at(AT)).unwrap().secret_index, 1);
        assert_eq!(django.open(old, None, at(AT)), Err(Refusal::BadSignature));
    }

    #[test]
    fn another_value_secret_or_salt_is_refused() {
        let vectors = vectors("django");
        let secrets = secrets(string(&vectors["secret"]));
        refuses_every_change(&Django::new(&secrets, SALT), string(&vectors["cases"]["unicode"]["value"]));
        let value = string(&vectors["cases"]["plain"]["value"]).as_bytes();
        let other = Django::new(&secrets, b"django.contrib.sessions.SessionStore");
        assert_eq!(other.open(value, None, at(AT)), Err(Refusal::BadSignature));
        rotates(|secrets| Box::new(Django::new(secrets, SALT)));
    }

    #[test]
    fn untouched_values_keep_their_text() {
        for (_, case) in cases(&vectors("django")) {
            keeps_what_is_not_touched(&Django::new(&secrets("secret"), SALT), string(&case["json"]));
        }
    }

    #[test]
    fn a_pickle_is_malformed() {
        let django = Django::new(&secrets("secret"), SALT);
        // pickle.dumps({"user": "ada"}), protocol 4.
        let pickle = b"\x80\x04\x95\x14\x00\x00\x00\x00\x00\x00\x00}\x94\x8c\x04user\x94\x8c\x03ada\x94s.";
        let mut value = base64::encode(&base64::URL, pickle);
        timed::seal(&signer("secret"), timed::DJANGO, &mut value, at(AT));
        assert_eq!(django.open(value.as_bytes(), None, at(AT)), Err(Refusal::Malformed));
    }

    #[test]
    fn the_first_second_of_1970_is_a_time() {
        let django = Django::new(&secrets("secret"), SALT);
        let sealed = django.seal("{}", at(0), None);
        assert!(sealed.value.contains(":0:"), "{}", sealed.value);
        assert_eq!(django.open(sealed.value.as_bytes(), None, at(AT)).unwrap().signed_at, Some(at(0)));
    }

    fn signer(secret: &str) -> mac::Signer {
        use sha2::Digest;
        let key = sha2::Sha256::new().chain_update(SALT).chain_update("signer").chain_update(secret).finalize();
        mac::Signer::new(mac::Hash::SHA256, std::iter::once(zeroize::Zeroizing::new(key.to_vec())))
    }
}

#[cfg(feature = "starlette")]
mod starlette {
    use super::*;
    use crate::format::starlette::{SALT, Starlette};

    #[test]
    fn it_reads_and_writes_what_starlette_does() {
        let vectors = vectors("starlette");
        let starlette = Starlette::new(&secrets(string(&vectors["secret"])), SALT);
        agrees(&starlette, &vectors, Some(at(AT)));
        refuses_every_change(&starlette, string(&vectors["cases"]["padding0"]["value"]));
        assert_eq!(starlette.open(b"null", None, at(AT)), Err(Refusal::Malformed));
        rotates(|secrets| Box::new(Starlette::new(secrets, SALT)));
    }

    #[test]
    fn untouched_values_keep_their_text() {
        for (_, case) in cases(&vectors("starlette")) {
            keeps_what_is_not_touched(&Starlette::new(&secrets("secret"), SALT), string(&case["json"]));
        }
    }
}

#[cfg(feature = "express")]
mod express {
    use super::*;
    use crate::format::express::Express;
    use crate::format::signature::HashAlgorithm;

    fn cookies<'v>(case: &'v Value, name: &str) -> (&'v [u8], Option<&'v [u8]>) {
        let cookies = &case["cookies"];
        (string(&cookies[name]).as_bytes(), cookies[format!("{name}.sig")].as_str().map(str::as_bytes))
    }

    #[test]
    fn it_reads_and_writes_what_cookie_session_does() {
        let vectors = vectors("express");
        let express = Express::new(&secrets(string(&vectors["keys"][0])), "session", None);
        for (name, case) in cases(&vectors) {
            let (value, signature) = cookies(case, "session");
            let json = string(&case["json"]);
            let opened = express.open(value, signature, at(AT)).unwrap();
            assert_eq!(opened, Opened { json: json.into(), signed_at: None, secret_index: 0 }, "{name}");
            let sealed = express.seal(json, at(AT), None);
            assert_eq!((sealed.value.as_bytes(), sealed.signature.as_deref().map(str::as_bytes)), (value, signature));
        }
        let rotation = &vectors["rotation"]["signed_by_second"];
        let (value, signature) = (string(&rotation["session"]).as_bytes(), string(&rotation["session.sig"]).as_bytes());
        let both =
            secrets(string(&vectors["keys"][0])).verify_only(Secret::legacy(string(&vectors["keys"][1])).unwrap());
        let both = Express::new(&both, "session", None);
        assert_eq!(both.open(value, Some(signature), at(AT)).unwrap().secret_index, 1);
        assert_eq!(express.open(value, Some(signature), at(AT)), Err(Refusal::BadSignature));
    }

    #[test]
    fn a_keygrip_of_its_own_is_read() {
        let vectors = vectors("express");
        let secrets = secrets(string(&vectors["keys"][0]));
        for (case, hash) in [
            ("keygrip_sha256_base64", HashAlgorithm::Sha256),
            ("keygrip_sha512_base64", HashAlgorithm::Sha512),
            ("keygrip_sha256_hex", HashAlgorithm::Sha256),
        ] {
            let express = Express::new(&secrets, "sid", Some(hash));
            let (value, signature) = cookies(&vectors[case], "sid");
            assert_eq!(express.open(value, signature, at(AT)).unwrap().json, r#"{"user":"ada"}"#, "{case}");
            let sealed = express.seal(r#"{"user":"ada"}"#, at(AT), None);
            if !case.ends_with("hex") {
                assert_eq!(sealed.signature.as_deref().map(str::as_bytes), signature);
            }
        }
    }

    #[test]
    fn another_value_name_or_signature_is_refused() {
        let vectors = vectors("express");
        let secrets = secrets(string(&vectors["keys"][0]));
        let express = Express::new(&secrets, "session", None);
        let (value, signature) = cookies(&vectors["cases"]["plain"], "session");
        assert_eq!(express.open(value, None, at(AT)), Err(Refusal::BadSignature));
        assert_eq!(Express::new(&secrets, "other", None).open(value, signature, at(AT)), Err(Refusal::BadSignature));
        let signature = signature.unwrap();
        for at_byte in 0..signature.len() {
            let mut changed = signature.to_vec();
            changed[at_byte] ^= 1;
            assert!(express.open(value, Some(&changed), at(AT)).is_err());
            assert!(express.open(value, Some(&signature[..at_byte]), at(AT)).is_err());
        }
        for at_byte in 0..value.len() {
            let mut changed = value.to_vec();
            changed[at_byte] ^= 1;
            assert_eq!(express.open(&changed, Some(signature), at(AT)), Err(Refusal::BadSignature));
        }
        rotates(|secrets| Box::new(Express::new(secrets, "session", None)));
    }

    #[test]
    fn untouched_values_keep_their_text() {
        for (_, case) in cases(&vectors("express")) {
            keeps_what_is_not_touched(&Express::new(&secrets("secret"), "session", None), string(&case["json"]));
        }
    }
}

#[cfg(feature = "react-router")]
mod react_router {
    use super::*;
    use crate::format::react_router::ReactRouter;

    fn value(case: &Value) -> &str {
        string(&case["set_cookie"]).split(['=', ';']).nth(1).unwrap()
    }

    #[test]
    fn the_longest_value_that_a_browser_stores_is_read_and_no_longer_one() {
        let codec = || ReactRouter::new(&secrets("secret"));
        let foreign = Foreign::new(codec(), codec());
        let mut lengths = std::collections::BTreeSet::new();
        for len in 2900..3100 {
            let value = codec().seal(&format!(r#"{{"a":"{}"}}"#, "x".repeat(len)), at(AT), None).value;
            lengths.insert(value.len());
            assert_eq!(foreign.read(value.as_bytes(), None, at(AT)).is_ok(), value.len() <= 4096, "{}", value.len());
        }
        assert!(lengths.contains(&4096) && lengths.last() > Some(&4096), "{lengths:?}");
    }

    #[test]
    fn it_reads_and_writes_what_react_router_and_remix_do() {
        let vectors = vectors("react-router");
        let codec = ReactRouter::new(&secrets(string(&vectors["secrets"][0])));
        let mut count = 0;
        for (name, case) in cases(&vectors) {
            let opened = codec.open(value(case).as_bytes(), None, at(AT));
            let Some(json) = case["json"].as_str() else {
                assert_eq!(opened, Err(Refusal::Malformed), "{name}");
                continue;
            };
            assert_eq!(opened, Ok(Opened { json: json.into(), signed_at: None, secret_index: 0 }), "{name}");
            assert_eq!(codec.seal(json, at(AT), None).value, value(case), "{name}");
            count += 1;
        }
        assert_eq!(count, 8);
        rotates(|secrets| Box::new(ReactRouter::new(secrets)));
    }

    #[test]
    fn another_value_is_refused() {
        let vectors = vectors("react-router");
        let codec = ReactRouter::new(&secrets(string(&vectors["secrets"][0])));
        let value = value(&vectors["cases"]["react-router_plain"]);
        for at_byte in 0..value.len() {
            for byte in [b'A', b'%', b'.', b'z', b'=', b'9'] {
                let mut changed = value.as_bytes().to_vec();
                changed[at_byte] = byte;
                if changed != value.as_bytes() {
                    assert!(codec.open(&changed, None, at(AT)).is_err());
                }
            }
        }
        // The same value with another percent-encoding.
        let plain = value.replace("%3D", "=").replace("%2F", "/").replace("%2B", "+");
        assert!(codec.open(plain.as_bytes(), None, at(AT)).is_ok());
        assert!(codec.open(value.replace("%3D", "%3d").as_bytes(), None, at(AT)).is_ok());
    }

    #[test]
    fn untouched_values_keep_their_text() {
        for (_, case) in cases(&vectors("react-router")).filter(|(_, case)| case["json"].is_string()) {
            keeps_what_is_not_touched(&ReactRouter::new(&secrets("secret")), string(&case["json"]));
        }
    }
}

#[cfg(feature = "rails")]
mod rails {
    use super::*;
    use crate::format::kind::FillRandom;
    use crate::format::rails::{KeyHash, Rails, SALT};

    fn random() -> FillRandom {
        Arc::new(|bytes: &mut [u8]| bytes.fill(7))
    }

    fn codec(secret: &str, hash: KeyHash) -> Rails {
        Rails::new(&secrets(secret), SALT, "_shop_session", hash, random())
    }

    const GOOD: [&str; 3] = ["rails_7_0_to_8_new_app", "rails_6_defaults_json", "rails_5_2_no_metadata"];

    #[test]
    fn it_reads_what_rails_5_2_to_8_write() {
        let vectors = vectors("rails");
        let secret = string(&vectors["secret_key_base"]);
        for (hash, other) in [(KeyHash::Sha256, "SHA1"), (KeyHash::Sha1, "SHA256")] {
            let rails = codec(secret, hash);
            for name in GOOD {
                let case = &vectors["cases"][name];
                let index = usize::from(case["kdf_hash"] == other);
                for value in [&case["value"], &case["sent_as"]] {
                    let opened = rails.open(string(value).as_bytes(), None, at(AT)).unwrap();
                    assert_eq!(opened.secret_index, index, "{name}");
                    assert_eq!(serde_json::from_str::<Value>(&opened.json).unwrap(), vectors["values"], "{name}");
                }
            }
        }
    }

    #[test]
    fn a_written_value_has_the_envelope_of_rails() {
        for (hash, secret) in [(KeyHash::Sha256, "a"), (KeyHash::Sha1, "b")] {
            let rails = codec(secret, hash);
            let sealed = rails.seal(r#"{"user_id":42}"#, at(AT), None);
            assert!(!sealed.value.contains(['+', '/', '=']));
            assert_eq!(
                rails.open(sealed.value.as_bytes(), None, at(AT)),
                Ok(Opened { json: r#"{"user_id":42}"#.into(), signed_at: None, secret_index: 0 })
            );
            refuses_every_change_of_base64(&rails, &percent::decode(sealed.value.as_bytes()).unwrap());
        }
        rotates(|secrets| Box::new(Rails::new(secrets, SALT, "_shop_session", KeyHash::Sha256, random())));
    }

    /// Checks changes that do not affect the percent-encoding.
    fn refuses_every_change_of_base64(codec: &dyn Framework, value: &[u8]) {
        for at_byte in 0..value.len() {
            for byte in *b"AQgw+/=-" {
                let mut changed = value.to_vec();
                changed[at_byte] = byte;
                assert!(changed == value || codec.open(&changed, None, at(AT)).is_err(), "{at_byte}");
            }
            assert!(codec.open(&value[..at_byte], None, at(AT)).is_err());
        }
    }

    #[test]
    fn marshal_another_name_and_older_formats_are_refused() {
        let vectors = vectors("rails");
        let secret = string(&vectors["secret_key_base"]);
        let rails = codec(secret, KeyHash::Sha256);
        let open = |name: &str| {
            let value = string(&vectors["cases"][name]["value"]);
            read(&rails, value.as_bytes(), None, at(AT)).err()
        };
        assert_eq!(open("rails_6_marshal"), Some(Refusal::Malformed));
        assert_eq!(open("rails_5_1_cbc_hmac_sha1"), Some(Refusal::Malformed));
        assert_eq!(open("signed_7_0"), Some(Refusal::Malformed));
        let other = Rails::new(&secrets(secret), SALT, "_other", KeyHash::Sha256, random());
        let value = string(&vectors["cases"]["rails_7_0_to_8_new_app"]["value"]).as_bytes();
        assert_eq!(other.open(value, None, at(AT)), Err(Refusal::Malformed));
        assert_eq!(codec("another", KeyHash::Sha256).open(value, None, at(AT)), Err(Refusal::BadSignature));
    }

    #[test]
    fn an_expiry_in_the_envelope_is_checked() {
        let vectors = vectors("rails");
        let rails = codec(string(&vectors["secret_key_base"]), KeyHash::Sha256);
        let value = string(&vectors["cases"]["with_expiry"]["value"]);
        let expires = (AT - 400 * 86_400..AT + 800 * 86_400)
            .step_by(86_400)
            .find(|now| rails.open(value.as_bytes(), None, at(*now)).is_err())
            .expect("it expires some day");
        assert_eq!(rails.open(value.as_bytes(), None, at(expires)), Err(Refusal::Expired));
        let sealed = rails.seal("{}", at(AT), Some(Duration::from_secs(90)));
        assert!(rails.open(sealed.value.as_bytes(), None, at(AT + 89)).is_ok());
        assert_eq!(rails.open(sealed.value.as_bytes(), None, at(AT + 90)), Err(Refusal::Expired));
    }

    #[test]
    fn untouched_values_keep_their_text() {
        let vectors = vectors("rails");
        let rails = codec(string(&vectors["secret_key_base"]), KeyHash::Sha256);
        let value = string(&vectors["cases"][GOOD[0]]["value"]);
        let json = rails.open(value.as_bytes(), None, at(AT)).unwrap().json;
        keeps_what_is_not_touched(&rails, &json);
    }
}
