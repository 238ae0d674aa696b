//! The promises of the encrypted format alone.

use signed_cookie_session::{Format, Outcome, Secret, Secrets, SignedCookieFactory};

use crate::common::{NOW, at, secret};
use crate::jar::Jar;

fn sessions() -> SignedCookieFactory {
    SignedCookieFactory::builder(secret()).format(Format::Encrypted).clock(|| at(NOW)).build().unwrap()
}

#[test]
fn the_content_is_hidden_and_every_value_is_different() {
    let sessions = sessions();
    let session = Jar::default().load(&sessions);
    session.insert("card", "4111111111111111").unwrap();
    let (one, other) = (sessions.encode(&session).unwrap(), sessions.encode(&session).unwrap());
    assert_ne!(one, other);
    use base64::Engine;
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(one.strip_prefix("e1.").unwrap()).unwrap();
    assert!(!bytes.windows(4).any(|window| window == b"4111" || window == b"card"));
    let signed = SignedCookieFactory::builder(secret()).clock(|| at(NOW)).build().unwrap();
    let session = Jar::default().load(&signed);
    session.insert("card", "4111111111111111").unwrap();
    assert!(one.len() < signed.encode(&session).unwrap().len());
}

#[test]
fn a_value_belongs_to_its_cookie_name() {
    let build =
        |name| SignedCookieFactory::builder(secret()).format(Format::Encrypted).cookie_name(name).build().unwrap();
    let (one, other) = (build("one"), build("other"));
    let value = one.encode(&Jar::default().load(&one)).unwrap();
    assert!(one.decode(&value).is_ok());
    assert_eq!(other.decode(&value).unwrap_err().outcome(), Outcome::BadSignature);
}

#[test]
fn a_secret_that_can_be_guessed_is_refused() {
    for secrets in [
        Secrets::new(Secret::legacy("seekrit").unwrap()),
        Secrets::new(secret()).verify_only(Secret::legacy("seekrit").unwrap()),
    ] {
        let error = SignedCookieFactory::builder(secrets.clone()).format(Format::Encrypted).build().unwrap_err();
        assert_eq!(error.setting(), "secret");
        assert!(SignedCookieFactory::builder(secrets).build().is_ok());
    }
}

#[derive(serde::Deserialize)]
struct Vectors {
    secret: String,
    old_secret: String,
    cases: Vec<Case>,
}

#[derive(serde::Deserialize)]
struct Case {
    cookie_name: String,
    salt: String,
    nonce: u8,
    signed_by_old: bool,
    json: serde_json::Map<String, serde_json::Value>,
    value: String,
    end_mark: String,
}

/// These values must never change, because cookies of earlier releases must stay readable.
#[test]
fn the_frozen_values_are_read_and_written() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/encrypted.json");
    let vectors: Vectors = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert!(vectors.cases.len() >= 6);
    for case in &vectors.cases {
        let (new, old) = (Secret::new(&vectors.secret).unwrap(), Secret::new(&vectors.old_secret).unwrap());
        let nonce = case.nonce;
        let build = |secrets: Secrets| {
            SignedCookieFactory::builder(secrets)
                .format(Format::Encrypted)
                .cookie_name(&*case.cookie_name)
                .salt(&case.salt)
                .random(move |bytes| bytes.fill(nonce))
                .clock(|| at(NOW))
                .build()
                .unwrap()
        };
        let both = build(Secrets::new(new.clone()).verify_only(old.clone()));
        let session = both.decode(&case.value).unwrap();
        assert_eq!(session.outcome() == Outcome::ValidUnderOldSecret, case.signed_by_old);
        assert_eq!(session.to_map().unwrap(), case.json);
        let writer = build(if case.signed_by_old { old } else { new }.into());
        let session = Jar::default().load(&writer);
        for (key, value) in &case.json {
            session.insert(key, value).unwrap();
        }
        assert_eq!(writer.encode(&session).unwrap(), case.value);

        let mut jar = Jar::of(&[(&*case.cookie_name, &*case.value)]);
        let session = jar.load(&writer);
        session.invalidate();
        jar.save(&writer, &session);
        assert_eq!(jar.0[&format!("{}.ended", case.cookie_name)], case.end_mark);
    }
}
