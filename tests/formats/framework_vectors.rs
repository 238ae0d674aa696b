//! Reads cookies of the frameworks through the public API, and refuses what the frameworks would refuse.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use signed_cookie_session::{Format, HashAlgorithm, Outcome, Secret, Secrets, Session, SignedCookieFactory};

use crate::common::at;
use crate::jar::Jar;

const AT: i64 = 1_790_000_000;

pub fn vectors(framework: &str) -> Value {
    let path = format!("{}/tests/vectors/foreign/{framework}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn legacy(secret: &Value) -> Secret {
    Secret::legacy(text(secret)).unwrap()
}

fn factory(format: Format, secrets: impl Into<Secrets>) -> SignedCookieFactory {
    SignedCookieFactory::builder(secrets).format(format).clock(|| at(AT)).build().unwrap()
}

fn assert_holds(session: &Session, json: &str, name: &str) {
    let expected: serde_json::Map<String, Value> = serde_json::from_str(json).unwrap();
    assert_eq!(session.outcome(), Outcome::Valid, "{name}");
    assert_eq!(session.to_map().unwrap(), expected, "{name}");
}

/// Returns the cookies of `{"user":"ada"}` that Express and React Router write, without a time.
pub fn undated(format: Format, cookies: &[(&str, &str)]) -> Jar {
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
    const KEY: &[u8] = b"a first key of enough letters";
    let body = STANDARD.encode(r#"{"user":"ada"}"#);
    match format {
        Format::Express => {
            let mut mac = Hmac::<sha1::Sha1>::new_from_slice(KEY).unwrap();
            mac.update(format!("session={body}").as_bytes());
            let signature = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
            Jar::of(&[(cookies[0].0, &body), (cookies[1].0, &signature)])
        }
        _ => {
            let mut mac = Hmac::<sha2::Sha256>::new_from_slice(KEY).unwrap();
            mac.update(body.as_bytes());
            let signature = STANDARD_NO_PAD.encode(mac.finalize().into_bytes());
            let value = format!("{body}.{signature}").replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
            Jar::of(&[(cookies[0].0, &value)])
        }
    }
}

#[test]
fn the_cookies_of_the_python_frameworks_are_read() {
    for (framework, format) in [("flask", Format::Flask), ("django", Format::Django), ("starlette", Format::Starlette)]
    {
        let vectors = vectors(framework);
        let sessions = factory(format, legacy(&vectors["secret"]));
        for (name, case) in vectors["cases"].as_object().unwrap() {
            let jar = Jar::of(&[(sessions.cookie_name(), text(&case["value"]))]);
            assert_holds(&jar.load(&sessions), text(&case["json"]), name);
        }
        for (case, outcome) in
            [("expired", Outcome::Expired), ("oldest_good", Outcome::Valid), ("future", Outcome::Valid)]
        {
            if let Some(value) = vectors[case]["value"].as_str() {
                let jar = Jar::of(&[(sessions.cookie_name(), value)]);
                assert_eq!(jar.load(&sessions).outcome(), outcome, "{framework} {case}");
            }
        }
    }
}

#[test]
fn both_cookies_of_express_are_read_and_written() {
    let vectors = vectors("express");
    let keys = || Secrets::new(legacy(&vectors["keys"][0])).verify_only(legacy(&vectors["keys"][1]));
    let sessions = factory(Format::Express, keys());
    for (name, case) in vectors["cases"].as_object().unwrap() {
        let (value, signature) = (text(&case["cookies"]["session"]), text(&case["cookies"]["session.sig"]));
        let mut jar = Jar::of(&[("session", value), ("session.sig", signature)]);
        assert_holds(&jar.load(&sessions), text(&case["json"]), name);
        assert_eq!(Jar::of(&[("session", value)]).load(&sessions).outcome(), Outcome::BadSignature);

        let session = jar.load(&sessions);
        session.insert("rust", true).unwrap();
        let lines = jar.save(&sessions, &session);
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[0].starts_with("session=") && lines[1].starts_with("session.sig="));
        assert_eq!(jar.load(&sessions).get("rust"), Ok(Some(true)));
        session.invalidate();
        let lines = jar.save(&sessions, &session);
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert_eq!(jar.0.keys().collect::<Vec<_>>(), ["session.ended"]);
    }
    let rotation = &vectors["rotation"]["signed_by_second"];
    let jar = Jar::of(&[("session", text(&rotation["session"])), ("session.sig", text(&rotation["session.sig"]))]);
    assert_eq!(jar.load(&sessions).outcome(), Outcome::ValidUnderOldSecret);

    // Of several cookies with each name, the two that belong together are used.
    let plain = &vectors["cases"]["plain"]["cookies"];
    let header = format!(
        "session={0}; session.sig=AAAAAAAAAAAAAAAAAAAAAAAAAAA; session=e30=; session.sig={1}",
        text(&plain["session"]),
        text(&plain["session.sig"])
    );
    assert_eq!(sessions.load_cookies([header]).get("visits"), Ok(Some(3)));

    for (case, hash) in [
        ("keygrip_sha256_base64", HashAlgorithm::Sha256),
        ("keygrip_sha512_base64", HashAlgorithm::Sha512),
        ("keygrip_sha256_hex", HashAlgorithm::Sha256),
    ] {
        let cookies = &vectors[case]["cookies"];
        let sessions =
            SignedCookieFactory::builder(keys()).format(Format::Express).cookie_name("sid").hash_algorithm(hash);
        let jar = Jar::of(&[("sid", text(&cookies["sid"])), ("sid.sig", text(&cookies["sid.sig"]))]);
        assert_holds(&jar.load(&sessions.build().unwrap()), r#"{"user":"ada"}"#, case);
    }
}

#[test]
fn react_router_and_remix_are_read() {
    let vectors = vectors("react-router");
    let sessions = factory(Format::ReactRouter, legacy(&vectors["secrets"][0]));
    for (name, case) in vectors["cases"].as_object().unwrap() {
        let value = text(&case["set_cookie"]).split(['=', ';']).nth(1).unwrap();
        let session = Jar::of(&[("__session", value)]).load(&sessions);
        match case["json"].as_str() {
            Some(json) => assert_holds(&session, json, name),
            None => assert_eq!(session.outcome(), Outcome::Malformed, "{name}"),
        }
    }
}

#[test]
fn rails_is_read_and_marshal_is_not() {
    let vectors = vectors("rails");
    let build = |format, name: &str| {
        let builder = SignedCookieFactory::builder(legacy(&vectors["secret_key_base"])).format(format);
        builder.cookie_name(name).clock(|| at(AT)).build().unwrap()
    };
    for (format, current) in [(Format::Rails, "SHA256"), (Format::RailsSha1, "SHA1")] {
        let sessions = build(format, "_shop_session");
        for (name, case) in vectors["cases"].as_object().unwrap() {
            for value in ["value", "sent_as"].into_iter().filter_map(|sent| case[sent].as_str()) {
                let session = Jar::of(&[("_shop_session", value)]).load(&sessions);
                if ["rails_7_0_to_8_new_app", "rails_6_defaults_json", "rails_5_2_no_metadata"].contains(&&**name) {
                    let expected = vectors["values"].as_object().unwrap();
                    assert_eq!(session.to_map().unwrap(), *expected, "{name}");
                    let is_current = text(&case["kdf_hash"]) == current;
                    let outcome = if is_current { Outcome::Valid } else { Outcome::ValidUnderOldSecret };
                    assert_eq!(session.outcome(), outcome, "{name}");
                    assert!(build(format, "_other").decode(value).is_err() || name.as_str() == "rails_5_2_no_metadata");
                } else if name != "with_expiry" {
                    assert_eq!(session.outcome(), Outcome::Malformed, "{name}");
                }
            }
        }
    }
}

#[test]
fn flash_messages_of_flask_are_read_and_written() {
    let vectors = vectors("flask");
    let sessions = factory(Format::Flask, legacy(&vectors["secret"]));
    let mut jar = Jar::of(&[("session", text(&vectors["flash_call"]["value"]))]);
    let session = jar.load(&sessions);
    assert_eq!(session.flash_queue("message").peek::<String>().unwrap(), ["Your item was added."]);
    assert_eq!(session.flash().pop::<String>().unwrap(), ["Your item was added."]);
    jar.save(&sessions, &session);
    let session = jar.load(&sessions);
    assert_eq!(session.get("_flashes"), Ok(Some(serde_json::json!([{" t": ["error", "No."]}]))));
    assert!(session.flash_queue("error").pop::<u8>().is_err());
    assert_eq!(session.flash_queue("error").pop::<String>().unwrap(), ["No."]);
    assert!(!session.contains_key("_flashes"));
    session.flash().push_unique("Once.").unwrap();
    session.flash().push_unique("Once.").unwrap();
    session.flash_queue("info").push(["a", "list"]).unwrap();
    let json = serde_json::json!([{" t": ["message", "Once."]}, {" t": ["info", ["a", "list"]]}]);
    assert_eq!(session.get("_flashes"), Ok(Some(json)));
    #[derive(serde::Serialize, serde::Deserialize, PartialEq, Debug)]
    struct Visitor {
        user: Option<String>,
    }
    session.replace(&Visitor { user: Some("ada".into()) }).unwrap();
    assert_eq!(session.keys(), ["_flashes", "user"]);
    // The oldest messages of a category are dropped.
    for number in 0..40 {
        session.flash().push(number).unwrap();
    }
    assert_eq!(session.flash().pop::<u64>().unwrap(), (8..40).collect::<Vec<_>>());
    assert_eq!(session.flash_queue("info").peek::<Vec<String>>().unwrap(), [["a", "list"]]);
}

#[test]
fn flasks_tags_are_read_as_typed_values() {
    use signed_cookie_session::flask::{Bytes, DateTime, Markup, Tuple, Untagged, Uuid};
    let vectors = vectors("flask");
    let sessions = factory(Format::Flask, legacy(&vectors["secret"]));
    let load = |case: &str| Jar::of(&[("session", text(&vectors["cases"][case]["value"]))]).load(&sessions);
    let Untagged(tuple) = load("tuple").get::<Untagged<(u8, String, (u8,))>>("t").unwrap().unwrap();
    assert_eq!(tuple, (1, "two".to_owned(), (3,)));
    assert!(load("tuple").get::<Tuple<Value>>("t").is_ok());
    assert_eq!(load("bytes").get("b"), Ok(Some(Bytes(vec![0, 255, 16]))));
    assert_eq!(load("uuid").get("u"), Ok(Some(Uuid("12345678-1234-5678-1234-567812345678".into()))));
    assert_eq!(load("datetime").get("d"), Ok(Some(DateTime("Mon, 21 Sep 2026 14:13:20 GMT".into()))));
    assert_eq!(load("markup").get("m"), Ok(Some(Markup("<b>hi</b>".into()))));
    let escaped = load("tag_escape").get::<Untagged<Value>>("x").unwrap().unwrap();
    assert_eq!(escaped.0, serde_json::json!({" t": [1]}));
    // When they are written, they are Flask's values again.
    let session = Jar::default().load(&sessions);
    session.insert("u", Uuid("12345678-1234-5678-1234-567812345678".into())).unwrap();
    session.insert("t", Tuple((1, "two", Tuple([3])))).unwrap();
    let map = session.to_map().unwrap();
    assert_eq!(map["u"], serde_json::json!({" u": "12345678123456781234567812345678"}));
    assert_eq!(map["t"], serde_json::json!({" t": [1, "two", {" t": [3]}]}));
}

#[test]
fn a_permanent_session_stays_permanent() {
    let vectors = vectors("flask");
    let flask = factory(Format::Flask, legacy(&vectors["secret"]));
    let lines = |sessions: &SignedCookieFactory, value: &Value| {
        let mut jar = Jar::of(&[(sessions.cookie_name(), text(value))]);
        let session = jar.load(sessions);
        session.insert("rust", 1).unwrap();
        jar.save(sessions, &session).remove(0)
    };
    assert!(lines(&flask, &vectors["cases"]["permanent"]["value"]).ends_with("; Max-Age=2678400"));
    assert!(!lines(&flask, &vectors["cases"]["plain"]["value"]).contains("Max-Age"));
    let vectors = self::vectors("django");
    let django = factory(Format::Django, legacy(&vectors["secret"]));
    assert!(lines(&django, &vectors["cases"]["plain"]["value"]).ends_with("; Max-Age=1209600"));
    assert!(lines(&django, &vectors["cases"]["expiry_seconds"]["value"]).ends_with("; Max-Age=300"));
    let session = Jar::default().load(&django);
    session.insert("_session_expiry", 0).unwrap();
    assert!(!Jar::default().save(&django, &session)[0].contains("Max-Age"));
}
