//! Attacks of somebody who has copied cookies from a browser.

use signed_cookie_session::Outcome;

use crate::common::{payload, sign};
use crate::site::{Browser, Device, REFRESH, REGISTER, Site};

/// Checks that a theft does not affect the visitor.
fn is_still_logged_in(browser: &mut Browser, site: &Site) {
    browser.expire();
    assert_eq!(browser.refresh(site).status, 200);
    assert_eq!(browser.visit(site, |_| ()).user.as_deref(), Some("ada"));
}

#[test]
fn copied_cookies_are_valid_until_the_proof_ends() {
    let site = Site::new();
    let mut browser = Browser::logged_in(&site);
    let copied = browser.cookies(REFRESH);
    assert_eq!(site.user(&copied).as_deref(), Some("ada"));
    site.wait(599);
    assert_eq!(site.user(&copied).as_deref(), Some("ada"));
    // The clock has moved by a few microseconds since the registration.
    site.wait(1);
    let page = site.page(&copied, |session| session.insert("user", "eve").unwrap());
    assert_eq!((page.outcome, page.set_cookies.len()), (Outcome::Unproven, 0));
    is_still_logged_in(&mut browser, &site);
}

#[test]
fn a_proof_is_over_in_the_microsecond_that_it_names() {
    let site = Site::new();
    let browser = Browser::logged_in(&site);
    let text = payload(browser.cookie("session.bound").unwrap());
    let until = text.rsplit(", ").next().unwrap().trim_end_matches(']');
    let (seconds, micros) = until.split_once('.').unwrap();
    let until: i64 = format!("{seconds}{micros:0<6}").parse().unwrap();
    // Each page moves the clock by one microsecond.
    site.clock.set_micros(until - 2);
    assert_eq!(site.outcome(&browser.cookies("/")), Outcome::Valid);
    assert_eq!(site.outcome(&browser.cookies("/")), Outcome::Unproven);
}

#[test]
fn a_thief_gains_nothing_from_a_page_that_regenerates() {
    let site = Site::new();
    let mut browser = Browser::logged_in(&site);
    let mut thief = browser.clone();
    let page = thief.visit(&site, |session| {
        session.regenerate();
        session.bind_to_device();
    });
    assert_eq!((page.registration, page.user.as_deref()), (None, Some("ada")));
    site.wait(600);
    assert_eq!(site.outcome(&thief.cookies("/")), Outcome::Unproven);
    is_still_logged_in(&mut browser, &site);
}

#[test]
fn a_bound_session_is_empty_without_its_own_proof() {
    let site = Site::new();
    let mut browser = Browser::logged_in(&site);
    let mallory = Browser::logged_in(&site);
    let session = browser.cookies_but("/", "session.bound");
    assert_eq!(site.outcome(&session), Outcome::Unproven);
    let created = created_in(browser.id.as_deref().unwrap());
    for bound in [
        mallory.cookie("session.bound").unwrap().to_owned(),
        browser.cookie("session.key").unwrap().to_owned(),
        browser.cookie("session").unwrap().to_owned(),
        String::new(),
        "AAAA".into(),
        // A text of another kind that we signed is not a proof.
        sign(format!(r#"["bound", {created}]"#)),
        sign(format!(r#"["ended", {created}]"#)),
        sign(format!(r#"["bound", {created}, 1.0]"#)),
        sign(format!(r#"["bound", {created}, NaN]"#)),
        sign(format!(r#"["bound", {created}, "9999999999.0"]"#)),
        sign(format!(r#"["key", {created}, 9999999999.0]"#)),
        sign(r#"["bound", 1.0, 9999999999.0]"#),
    ] {
        let cookies = format!("{session}; session.bound={bound}");
        assert_eq!(site.outcome(&cookies), Outcome::Unproven, "{bound}");
        // The right cookie is found after any other.
        let cookies = format!("{cookies}; session.bound={}", browser.cookie("session.bound").unwrap());
        assert_eq!(site.outcome(&cookies), Outcome::Valid);
    }
    let forged =
        crate::common::sign_with("a guess", "pyramid.session.", format!(r#"["bound", {created}, 9999999999.0]"#));
    assert_eq!(site.outcome(&format!("{session}; session.bound={forged}")), Outcome::Unproven);
    // If we signed this text, it would be a proof, so the test uses the right grammar.
    let ours = sign(format!(r#"["bound", {created}, 9999999999.0]"#));
    assert_eq!(site.outcome(&format!("{session}; session.bound={ours}")), Outcome::Valid);
    is_still_logged_in(&mut browser, &site);
}

/// Returns the time of creation in the browser's identifier of a session.
fn created_in(id: &str) -> String {
    let micros: u64 = id.rsplit('.').next().unwrap().parse().unwrap();
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

#[test]
fn a_cookie_of_the_device_is_not_a_session() {
    let site = Site::new();
    let browser = Browser::logged_in(&site);
    for name in ["session.bound", "session.key"] {
        assert_eq!(site.outcome(&format!("session={}", browser.cookie(name).unwrap())), Outcome::Malformed);
    }
}

#[test]
fn a_thief_cannot_renew_without_the_key() {
    let site = Site::new();
    let mut browser = Browser::logged_in(&site);
    browser.try_refresh(&site);
    let thief = Browser { device: Device::new(), ..browser.clone() };
    let answer = thief.send_refresh(&site);
    assert_eq!(answer.status, 401);
    assert!(!answer.proves());
    // Only the session in the thief's own browser ends.
    assert!(answer.set_cookies().iter().any(|line| line.starts_with("session=;") && line.contains("Max-Age=0")));
    is_still_logged_in(&mut browser, &site);
}

#[test]
fn a_renewal_without_its_own_key_cookie_is_refused() {
    let site = Site::new();
    let mut browser = Browser::logged_in(&site);
    let mut mallory = Browser::logged_in(&site);
    mallory.try_refresh(&site);
    browser.try_refresh(&site);
    let id = browser.id.clone().unwrap();
    let challenge = browser.challenge.clone().unwrap();
    let session = browser.cookies_but(REFRESH, "session.key");
    let created = created_in(&id);
    let jwk: serde_json::Value = serde_json::from_str(&mallory.device.jwk()).unwrap();
    let [x, y] = ["x", "y"].map(|name| jwk[name].as_str().unwrap());
    let forged = format!(r#"["key", {created}, "{x}", "{y}"]"#);
    for key in [
        String::new(),
        mallory.cookie("session.key").unwrap().to_owned(),
        browser.cookie("session.bound").unwrap().to_owned(),
        crate::common::sign_with("a guess", "pyramid.session.", &forged),
        sign(format!(r#"["key", {created}, "{x}"]"#)),
        // A point that is not on the curve is refused even if it is signed.
        sign(format!(r#"["key", {created}, "{x}", "{x}"]"#)),
    ] {
        let proof = mallory.device.proof(&challenge);
        let headers = [("sec-secure-session-id", &*id), ("secure-session-response", &*proof)];
        let answer = site.device(REFRESH, &format!("{session}; session.key={key}"), &headers);
        assert_eq!((answer.status, answer.proves()), (401, false), "{key}");
    }
    is_still_logged_in(&mut browser, &site);
}

#[test]
fn a_proof_for_another_session_or_an_old_one_is_refused() {
    let site = Site::new();
    let mut browser = Browser::logged_in(&site);
    let mut mallory = Browser::logged_in(&site);
    mallory.try_refresh(&site);
    let id = browser.id.clone().unwrap();
    let send = |browser: &Browser, challenge: &str| {
        let proof = browser.device.proof(challenge);
        let headers = [("sec-secure-session-id", &*id), ("secure-session-response", &*proof)];
        site.device(REFRESH, &browser.cookies(REFRESH), &headers)
    };
    for challenge in [mallory.challenge.as_deref().unwrap(), "", "c", "\u{e9}", &"A".repeat(32)] {
        let answer = send(&browser, challenge);
        assert_eq!((answer.status, answer.proves()), (403, false), "{challenge}");
    }
    browser.try_refresh(&site);
    let replayed = browser.challenge.clone().unwrap();
    assert!(send(&browser, &replayed).proves());
    site.wait(661);
    let answer = send(&browser, &replayed);
    assert_eq!((answer.status, answer.proves()), (403, false));
    is_still_logged_in(&mut browser, &site);
}

#[test]
fn a_proof_of_any_other_form_is_refused_and_ends_nothing() {
    let site = Site::new();
    let mut browser = Browser::logged_in(&site);
    browser.try_refresh(&site);
    let challenge = browser.challenge.clone().unwrap();
    let payload = format!(r#"{{"jti":"{challenge}"}}"#);
    let device = &browser.device;
    let whole = device.proof(&challenge);
    let long = format!(r#"{{"jti":"{challenge}","x":"{}"}}"#, "x".repeat(6000));
    let id = browser.id.clone().unwrap();
    for proof in [
        device.sign(r#"{"alg":"none","typ":"dbsc+jwt"}"#, &payload),
        device.sign(r#"{"alg":"HS256","typ":"dbsc+jwt"}"#, &payload),
        device.sign(r#"{"alg":"ES256","typ":"JWT"}"#, &payload),
        device.sign(r#"{"alg":"ES256","typ":"dbsc+jwt"}"#, &long),
        device.registration(&challenge),
        whole[..whole.len() - 1].to_owned(),
        whole[..whole.rfind('.').unwrap() + 1].to_owned(),
        format!("{whole}.e30"),
        "x".into(),
    ] {
        let headers = [("sec-secure-session-id", &*id), ("secure-session-response", &*proof)];
        let answer = site.device(REFRESH, &browser.cookies(REFRESH), &headers);
        assert_eq!((answer.status, answer.set_cookies().len()), (400, 0), "{proof}");
    }
    is_still_logged_in(&mut browser, &site);
}

#[test]
fn a_thief_cannot_register_a_device_for_a_bound_session() {
    let site = Site::new();
    let mut browser = Browser::logged_in(&site);
    browser.try_refresh(&site);
    let device = Device::new();
    // The challenge of a renewal is valid for this session. The registration is refused because the session is bound.
    let proof = device.registration(browser.challenge.as_deref().unwrap());
    let headers = [("secure-session-response", &*proof)];
    for cookies in [browser.cookies(REGISTER), browser.cookies_but(REGISTER, "session.bound")] {
        let answer = site.device(REGISTER, &cookies, &headers);
        assert_eq!((answer.status, answer.proves()), (403, false));
    }
    is_still_logged_in(&mut browser, &site);
}

#[test]
fn a_copy_made_before_the_registration_can_bind_itself() {
    let site = Site::new();
    let mut browser = Browser::new();
    let page = browser.log_in(&site);
    let mut thief = Browser { device: Device::new(), ..browser.clone() };
    browser.register(&site, &page);
    // It works like any copied cookie, as SECURITY.md says.
    assert_eq!(site.user(&thief.cookies("/")).as_deref(), Some("ada"));
    assert_eq!(thief.register(&site, &page).status, 200);
    assert_eq!(site.user(&thief.cookies("/")).as_deref(), Some("ada"));
    is_still_logged_in(&mut browser, &site);
}

#[test]
fn a_registration_with_a_false_proof_binds_nothing() {
    let site = Site::new();
    let mut browser = Browser::new();
    let page = browser.log_in(&site);
    let challenge = crate::site::quoted(page.registration.as_deref().unwrap().split("challenge=").nth(1).unwrap());
    let (device, other) = (Device::new(), Device::new());
    let payload = format!(r#"{{"jti":"{challenge}"}}"#);
    let header = |jwk: &str| format!(r#"{{"alg":"ES256","jwk":{jwk},"typ":"dbsc+jwt"}}"#);
    let off = device.jwk().replace(r#""y":""#, r#""y":"A"#).replacen("A", "", 1);
    let tries = [
        (401, device.sign(&header(&other.jwk()), &payload)),
        (400, device.sign(&header(&off), &payload)),
        (400, device.sign(r#"{"alg":"ES256","typ":"dbsc+jwt"}"#, &payload)),
        (400, device.sign(&header(&device.jwk()).replace("ES256", "none"), &payload)),
        (403, device.registration("c")),
    ];
    for (status, proof) in tries {
        let answer = site.device(REGISTER, &browser.cookies(REGISTER), &[("secure-session-response", &proof)]);
        assert_eq!((answer.status, answer.set_cookies().len()), (status, 0), "{proof}");
    }
    assert_eq!(browser.visit(&site, |_| ()).user.as_deref(), Some("ada"));
}
