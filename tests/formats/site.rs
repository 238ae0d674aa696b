//! One site of which another framework serves a half. A visitor switches between the halves.

use signed_cookie_session::{Format, Session, SignedCookieFactory};

use crate::jar::Jar;
use crate::peer::Peer;

const SECRET: &str = "one secret for both halves of a site, long enough";

fn sessions(format: Format) -> SignedCookieFactory {
    let secret = signed_cookie_session::Secret::new(SECRET).unwrap();
    SignedCookieFactory::builder(secret).format(format).build().unwrap()
}

/// A page of the Rust half.
fn page<R>(jar: &mut Jar, sessions: &SignedCookieFactory, handle: impl FnOnce(&Session) -> R) -> R {
    let session = jar.load(sessions);
    let returned = handle(&session);
    jar.save(sessions, &session);
    returned
}

fn count(session: &Session) -> String {
    session.update("count", |count: Option<u64>| count.unwrap_or(0) + 1).unwrap();
    session.get::<u64>("count").unwrap().unwrap().to_string()
}

#[test]
fn flask_and_rust_share_a_counter_and_a_login() {
    let Some(mut flask) = Peer::python("flask", SECRET) else { return };
    let sessions = sessions(Format::Flask);
    let mut jar = Jar::default();
    for round in 0..4 {
        assert_eq!(flask.visit(&mut jar, "/count"), (2 * round + 1).to_string());
        assert_eq!(page(&mut jar, &sessions, count), (2 * round + 2).to_string());
    }
    // The visitor logs in at Flask, and Rust shows Flask's messages.
    flask.visit(&mut jar, "/login/ada");
    let (user, messages, warnings) = page(&mut jar, &sessions, |session| {
        let user = session.get::<String>("_user_id").unwrap();
        let messages = session.flash().pop::<String>().unwrap();
        (user, messages, session.flash_queue("warning").pop::<String>().unwrap())
    });
    assert_eq!(user.as_deref(), Some("ada"));
    assert_eq!(messages, ["Welcome, ada."]);
    assert_eq!(warnings, ["Your password is old."]);
    assert_eq!(flask.visit(&mut jar, "/flashes"), "[]");

    // Flask shows a message of Rust, and the visitor logs out at Rust.
    page(&mut jar, &sessions, |session| {
        session.flash().push("Saved.").unwrap();
        session.flash_queue("error").push("No.").unwrap();
    });
    assert_eq!(flask.visit(&mut jar, "/flashes"), r#"[["message", "Saved."], ["error", "No."]]"#);
    assert_eq!(flask.visit(&mut jar, "/me"), "ada");
    page(&mut jar, &sessions, |session| session.invalidate());
    assert_eq!(flask.visit(&mut jar, "/me"), "nobody");

    // The visitor logs in at Rust and logs out at Flask.
    page(&mut jar, &sessions, |session| {
        session.regenerate();
        session.insert("_user_id", "eve").unwrap();
    });
    assert_eq!(flask.visit(&mut jar, "/me"), "eve");
    flask.visit(&mut jar, "/logout");
    assert_eq!(page(&mut jar, &sessions, |session| session.get::<String>("_user_id").unwrap()), None);
}

#[test]
fn express_and_rust_share_a_counter_and_a_login() {
    let Some(mut express) = Peer::node("express", &[SECRET]) else { return };
    let sessions = sessions(Format::Express);
    let mut jar = Jar::default();
    for round in 0..4 {
        assert_eq!(express.visit(&mut jar, "/count"), (2 * round + 1).to_string());
        assert_eq!(page(&mut jar, &sessions, count), (2 * round + 2).to_string());
    }
    express.visit(&mut jar, "/login/ada");
    let user = page(&mut jar, &sessions, |session| session.get::<String>("user").unwrap());
    assert_eq!(user.as_deref(), Some("ada"));
    page(&mut jar, &sessions, |session| session.invalidate());
    assert_eq!(express.visit(&mut jar, "/me"), "nobody");
    page(&mut jar, &sessions, |session| {
        session.regenerate();
        session.insert("user", "eve").unwrap();
    });
    assert_eq!(express.visit(&mut jar, "/me"), "eve");
    express.visit(&mut jar, "/logout");
    assert_eq!(page(&mut jar, &sessions, |session| session.get::<String>("user").unwrap()), None);
}

#[test]
fn the_frameworks_refuse_an_end_mark_sent_as_a_session() {
    let Some(mut flask) = Peer::python("flask", SECRET) else { return };
    let sessions = sessions(Format::Flask);
    let mut jar = Jar::default();
    page(&mut jar, &sessions, |session| session.insert("_user_id", "ada").unwrap());
    page(&mut jar, &sessions, |session| session.invalidate());
    let mark = jar.0["session.ended"].clone();
    assert_eq!(flask.visit(&mut Jar::of(&[("session", &mark)]), "/me"), "nobody");
}
