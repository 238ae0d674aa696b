//! Device-bound sessions of a visitor whose browser supports them, and of one whose browser does not.

use std::time::Duration;

use signed_cookie_session::{Outcome, Secrets};

use crate::common::{secret, value_of};
use crate::site::{Browser, LIFETIME, REFRESH, Site, other_secret};

#[test]
fn a_bound_session_survives_many_renewals() {
    let site = Site::new();
    let mut browser = Browser::logged_in(&site);
    for round in 0..20 {
        assert_eq!(site.user(&browser.cookies("/")).as_deref(), Some("ada"), "{round}");
        site.wait(590);
        browser.expire();
        let answer = browser.refresh(&site);
        assert_eq!((answer.status, &*answer.body), (200, ""), "{round}");
        browser.visit(&site, |session| session.insert("round", round).unwrap());
    }
    assert_eq!(browser.visit(&site, |_| ()).user.as_deref(), Some("ada"));
}

#[test]
fn every_renewal_changes_the_cookie_and_the_challenge() {
    let site = Site::new();
    let mut browser = Browser::logged_in(&site);
    let mut seen = std::collections::BTreeSet::new();
    assert!(seen.insert(browser.cookie("session.bound").unwrap().to_owned()));
    for round in 0..10 {
        let answer = browser.refresh(&site);
        assert_eq!(answer.status, 200, "{round}");
        assert!(seen.insert(answer.challenge().unwrap()), "{round}");
        assert!(seen.insert(browser.cookie("session.bound").unwrap().to_owned()), "{round}");
    }
}

#[test]
fn the_second_renewal_takes_one_round() {
    let site = Site::new();
    let mut browser = Browser::logged_in(&site);
    assert_eq!(browser.try_refresh(&site).status, 403);
    for _ in 0..3 {
        site.wait(570);
        assert_eq!(browser.try_refresh(&site).status, 200);
    }
}

#[test]
fn an_unproven_session_is_empty_and_its_cookie_stays() {
    let site = Site::new();
    let mut browser = Browser::logged_in(&site);
    site.wait(595);
    browser.expire();
    let page = site.page(&browser.cookies("/"), |session| {
        assert!(session.is_new() && session.is_empty());
        session.insert("user", "eve").unwrap();
        session.flash().push("Hello.").unwrap();
        session.csrf_token();
        session.clear();
        session.insert("cart", [1]).unwrap();
        session.changed();
    });
    assert_eq!(page.outcome, Outcome::Unproven);
    assert_eq!(page.set_cookies, [""; 0]);
    assert_eq!(browser.refresh(&site).status, 200);
    assert_eq!(site.user(&browser.cookies("/")).as_deref(), Some("ada"));
}

#[test]
fn a_renewal_does_not_extend_the_sessions_life() {
    let site = Site::with(secret(), |builder| builder.timeout(Duration::from_secs(1200)));
    let mut browser = Browser::logged_in(&site);
    for _ in 0..2 {
        site.wait(560);
        assert_eq!(browser.refresh(&site).status, 200);
    }
    site.wait(100);
    let answer = browser.refresh(&site);
    assert_eq!((answer.status, answer.set_cookies().len()), (200, 0));
    assert!(answer.body.contains(r#""continue":false"#), "{answer:?}");
    assert_eq!(site.outcome(&browser.cookies("/")), Outcome::Expired);
}

#[test]
fn a_restart_and_a_rotation_end_no_session() {
    let mut site = Site::new();
    let mut browser = Browser::logged_in(&site);
    assert_eq!(browser.refresh(&site).status, 200);
    site = site.restarted(Secrets::new(other_secret()).verify_only(secret()));
    for _ in 0..3 {
        site.wait(560);
        assert_eq!(browser.visit(&site, |_| ()).user.as_deref(), Some("ada"));
        assert_eq!(browser.try_refresh(&site).status, 200);
        assert_eq!(browser.visit(&site, |_| ()).user.as_deref(), Some("ada"));
    }
    // The old secret is removed; everything was signed again before.
    site = site.restarted(other_secret());
    assert_eq!(browser.visit(&site, |_| ()).user.as_deref(), Some("ada"));
    assert_eq!(browser.try_refresh(&site).status, 200);
}

#[test]
fn a_logout_removes_the_three_cookies_and_ends_the_binding() {
    let site = Site::new();
    let mut browser = Browser::logged_in(&site);
    assert_eq!(browser.jar.len(), 3);
    let page = browser.visit(&site, |session| session.invalidate());
    assert_eq!(page.set_cookies.len(), 4, "three removals and the end mark");
    let left: Vec<_> = browser.jar.keys().map(|(name, _)| name.as_str()).collect();
    assert_eq!(left, ["session.ended"]);
    let answer = browser.refresh(&site);
    assert_eq!((answer.status, answer.set_cookies().len()), (200, 0));
    assert!(answer.body.contains(r#""continue":false"#));
}

#[test]
fn a_logout_or_a_login_replaces_an_unproven_session() {
    for logs_in in [false, true] {
        let site = Site::new();
        let mut browser = Browser::logged_in(&site);
        site.wait(600);
        browser.expire();
        let mut before = browser.clone();
        if logs_in {
            let page = browser.log_in(&site);
            assert_eq!(browser.register(&site, &page).status, 200);
            assert_eq!(browser.visit(&site, |_| ()).user.as_deref(), Some("ada"));
        } else {
            browser.visit(&site, |session| session.invalidate());
            assert!(browser.cookie("session").is_none() && browser.cookie("session.key").is_none());
        }
        // A page that was still loading sets the old cookie again, but the cookie is refused.
        before.jar.extend(browser.jar.clone().into_iter().filter(|((name, _), _)| name == "session.ended"));
        assert!(before.refresh(&site).body.contains(r#""continue":false"#));
    }
}

#[test]
fn a_login_page_that_ends_an_unproven_session_keeps_its_token() {
    let site = Site::new();
    let mut browser = Browser::logged_in(&site);
    site.wait(600);
    browser.expire();
    browser.visit(&site, |session| {
        if session.outcome() == Outcome::Unproven {
            session.invalidate();
        }
        session.csrf_token();
    });
    let page = browser.visit(&site, |session| assert!(!session.is_new()));
    assert_eq!(page.outcome, Outcome::Valid);
}

#[test]
fn a_regenerated_session_stays_bound_to_its_device() {
    let site = Site::new();
    let mut browser = Browser::logged_in(&site);
    for _ in 0..3 {
        let page = browser.log_in(&site);
        assert_eq!(page.registration, None, "it is bound already");
        site.wait(400);
        assert_eq!(browser.refresh(&site).status, 200);
        assert_eq!(browser.visit(&site, |_| ()).user.as_deref(), Some("ada"));
    }
    site.wait(600);
    browser.expire();
    assert_eq!(site.outcome(&browser.cookies("/")), Outcome::Unproven);
    assert_eq!(browser.refresh(&site).status, 200);
    assert_eq!(site.outcome(&browser.cookies("/")), Outcome::Valid);
}

#[test]
fn a_renewal_under_way_during_a_login_costs_nothing() {
    let site = Site::new();
    let mut browser = Browser::logged_in(&site);
    site.wait(500);
    browser.try_refresh(&site);
    let late = browser.send_refresh(&site);
    browser.log_in(&site);
    browser.keep(&late.set_cookies());
    assert_eq!(site.outcome(&browser.cookies("/")), Outcome::Valid);
    site.wait(570);
    browser.expire();
    assert_eq!(browser.refresh(&site).status, 200);
    assert_eq!(site.outcome(&browser.cookies("/")), Outcome::Valid);
}

#[test]
fn a_login_after_a_logout_is_offered_again() {
    let site = Site::new();
    let mut browser = Browser::logged_in(&site);
    let old = browser.clone();
    browser.visit(&site, |session| session.invalidate());
    let page = browser.log_in(&site);
    assert_eq!(browser.register(&site, &page).status, 200);
    assert_ne!(browser.id, old.id);
    assert_eq!(browser.visit(&site, |_| ()).user.as_deref(), Some("ada"));
    // The browser is told to forget the previous session, and no cookie changes.
    let id = old.id.unwrap();
    let answer = site.device(REFRESH, &browser.cookies(REFRESH), &[("sec-secure-session-id", &id)]);
    assert_eq!((answer.status, answer.set_cookies().len()), (200, 0));
    assert!(answer.body.contains(r#""continue":false"#));
}

#[test]
fn a_long_cookie_name_is_renewed_too() {
    let name = "n".repeat(245);
    let site = Site::with(secret(), |builder| builder.cookie_name(name.clone()));
    let mut browser = Browser::logged_in(&site);
    site.wait(570);
    browser.expire();
    assert_eq!(browser.refresh(&site).status, 200);
}

#[test]
fn a_browser_without_support_gets_one_more_header() {
    let bound = Site::new();
    let plain = Site::with(secret(), |builder| builder);
    let (mut one, mut other) = (Browser::new(), Browser::new());
    let offered = one.log_in(&bound);
    assert!(offered.registration.is_some());
    other.visit(&plain, |session| {
        session.regenerate();
        session.insert("user", "ada").unwrap();
    });
    let names = |browser: &Browser| browser.jar.keys().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&one), names(&other));
    for _ in 0..3 {
        bound.wait(700);
        let page = one.visit(&bound, |session| session.insert("seen", 1).unwrap());
        assert_eq!((page.user.as_deref(), page.registration), (Some("ada"), None));
    }
}

#[test]
fn the_methods_of_the_dict_hide_the_mark_of_binding() {
    let site = Site::new();
    let browser = Browser::logged_in(&site);
    site.page(&browser.cookies("/"), |session| {
        assert_eq!(session.keys(), ["user"]);
        assert_eq!((session.len(), session.contains_key("_bound_")), (1, false));
        assert!(!session.remove("_bound_"));
        assert_eq!(session.to_map().unwrap().len(), 1);
        session.clear();
    });
    assert_eq!(site.user(&browser.cookies_but("/", "session.bound")), None);
}

#[test]
fn binding_is_offered_only_for_a_session_that_is_saved() {
    let site = Site::new();
    assert!(
        site.page("", |session| session.bind_to_device()).registration.is_none(),
        "an empty session is not written"
    );
    let mut browser = Browser::logged_in(&site);
    assert!(browser.visit(&site, |session| session.bind_to_device()).registration.is_none(), "it is bound already");
    let page = browser.visit(&site, |session| {
        session.bind_to_device();
        session.invalidate();
    });
    assert!(page.registration.is_none());
    // For an existing session that was not bound, the response asks to bind it without writing it.
    let mut browser = Browser::new();
    browser.visit(&site, |session| session.insert("user", "ada").unwrap());
    let page = browser.visit(&site, |session| session.bind_to_device());
    assert!(page.registration.is_some() && page.set_cookies.is_empty());
    assert_eq!(browser.register(&site, &page).status, 200);
}

#[test]
fn a_bound_session_tells_until_when_its_device_is_proven() {
    let site = Site::new();
    let mut browser = Browser::new();
    let page = browser.log_in(&site);
    site.page(&browser.cookies("/"), |session| assert_eq!(session.proven_until(), None, "it is not bound yet"));
    browser.register(&site, &page);
    let left = |browser: &Browser| {
        let session = site.sessions.load_cookies([browser.cookies("/")]);
        Some(session.proven_until()?.duration_since(site.clock.read()()).unwrap().as_secs())
    };
    assert_eq!(left(&browser), Some(600));
    site.wait(400);
    assert_eq!(left(&browser), Some(200));
    browser.refresh(&site);
    assert_eq!(left(&browser), Some(600));
    site.page(&browser.cookies_but("/", "session.bound"), |session| assert_eq!(session.proven_until(), None));
    site.page(&browser.cookies("/"), |session| {
        let until = session.proven_until();
        session.regenerate();
        assert!(until.is_some() && session.proven_until() == until);
        session.invalidate();
        assert_eq!(session.proven_until(), None, "the device has proven another session");
    });
}

#[test]
fn the_proofs_cookie_ends_before_the_proof_and_the_keys_after() {
    let site = Site::new();
    let mut browser = Browser::new();
    let page = browser.log_in(&site);
    let answer = browser.register(&site, &page);
    let lines = answer.set_cookies();
    let line = |name: &str| lines.iter().find(|line| line.starts_with(name)).unwrap();
    assert!(line("session.bound=").ends_with("; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=570"));
    assert!(line("session.key=").ends_with("; Path=/session/device; Max-Age=1860"));
    assert!(LIFETIME.as_secs() > 570 && value_of(line("session.key=")).len() < 300);
}

#[test]
fn a_host_prefix_keeps_its_promise_for_all_three_cookies() {
    let site = Site::with(secret(), |builder| builder.cookie_name("__Host-id"));
    let mut browser = Browser::logged_in(&site);
    assert!(browser.jar.keys().all(|(name, path)| name.starts_with("__Host-id") && path == "/"));
    assert_eq!(browser.refresh(&site).status, 200);
    assert_eq!(browser.visit(&site, |_| ()).user.as_deref(), Some("ada"));
}

/// The encrypted format has the same life.
#[cfg(feature = "encrypted")]
#[test]
fn an_encrypted_session_can_be_bound() {
    let site = Site::with(secret(), |builder| builder.format(signed_cookie_session::Format::Encrypted));
    let mut browser = Browser::logged_in(&site);
    assert!(browser.jar.values().all(|value| value.starts_with("e1.")), "{:?}", browser.jar);
    let copied = browser.cookies("/");
    for _ in 0..3 {
        site.wait(590);
        browser.expire();
        assert_eq!(site.outcome(&browser.cookies("/")), Outcome::Unproven);
        assert_eq!(browser.refresh(&site).status, 200);
        assert_eq!(browser.visit(&site, |_| ()).user.as_deref(), Some("ada"));
    }
    assert_eq!(site.user(&copied), None);
    // A value is refused under the name of another cookie.
    let session = browser.cookies_but("/", "session.bound");
    for other in ["session", "session.key"] {
        let moved = format!("{session}; session.bound={}", browser.cookie(other).unwrap());
        assert_eq!(site.outcome(&moved), Outcome::Unproven, "{other}");
    }
    browser.visit(&site, |session| session.invalidate());
    assert_eq!(browser.jar.len(), 1);
}

/// A site that changes its format still requires a proof for former sessions, and accepts a proof in the former format.
#[cfg(feature = "encrypted")]
#[test]
fn a_session_of_a_former_format_stays_bound() {
    use signed_cookie_session::{Format, Former};

    let before = Site::new();
    let mut browser = Browser::logged_in(&before);
    browser.try_refresh(&before);
    let after =
        before.rebuilt(|builder| builder.format(Format::Encrypted).former(Former::new(Format::Signed, secret())));
    let page = after.page(&browser.cookies_but("/", "session.bound"), |session| session.changed());
    assert_eq!((page.outcome, page.set_cookies.len()), (Outcome::Unproven, 0));
    assert_eq!(after.outcome(&browser.cookies("/")), Outcome::ValidFormer);
    assert_eq!(browser.try_refresh(&after).status, 200);
    assert_eq!(browser.visit(&after, |_| ()).user.as_deref(), Some("ada"));
    assert!(browser.jar.values().all(|value| value.starts_with("e1.")), "{:?}", browser.jar);
    after.wait(590);
    browser.expire();
    assert_eq!(browser.refresh(&after).status, 200);
    assert_eq!(browser.visit(&after, |_| ()).user.as_deref(), Some("ada"));
}

#[test]
fn a_page_that_only_reads_a_bound_session_sets_no_cookie() {
    let site = Site::new();
    let mut browser = Browser::logged_in(&site);
    for _ in 0..2 {
        let page = browser.visit(&site, |_| ());
        assert_eq!((page.user.as_deref(), page.set_cookies), (Some("ada"), vec![]));
    }
}

#[test]
fn a_proof_of_another_session_binds_nothing() {
    let site = Site::new();
    let other = Browser::logged_in(&site);
    let mut browser = Browser::new();
    browser.log_in(&site);
    let proof = (("session.bound".to_owned(), "/".to_owned()), other.cookie("session.bound").unwrap().to_owned());
    browser.jar.extend([proof]);
    assert!(browser.visit(&site, |_| ()).set_cookies.is_empty());
    browser.visit(&site, |session| session.insert("seen", 1).unwrap());
    browser.expire();
    assert_eq!(browser.visit(&site, |_| ()).user.as_deref(), Some("ada"));
    // A logout also removes a proof that is left over from another session.
    browser
        .jar
        .extend([(("session.bound".to_owned(), "/".to_owned()), other.cookie("session.bound").unwrap().to_owned())]);
    browser.visit(&site, |session| session.invalidate());
    assert_eq!(browser.cookie("session.bound"), None);
}

#[test]
fn a_logout_of_a_session_without_a_device_touches_no_cookie_of_one() {
    let site = Site::new();
    let mut browser = Browser::new();
    browser.log_in(&site);
    let page = browser.visit(&site, |session| session.invalidate());
    assert_eq!(page.set_cookies.len(), 2, "a removal and the end mark: {:?}", page.set_cookies);
    let page = site.page("session=AAAA", |session| session.invalidate());
    assert_eq!(page.set_cookies.len(), 1, "a removal: {:?}", page.set_cookies);
}

#[test]
fn a_logout_without_a_proof_ends_the_younger_of_two_sessions() {
    let site = Site::new();
    let old = Browser::logged_in(&site);
    let young = Browser::logged_in(&site);
    let [old, young] = [old, young].map(|browser| format!("session={}", browser.cookie("session").unwrap()));
    for cookies in [format!("{old}; {young}"), format!("{young}; {old}")] {
        let page = site.page(&cookies, |session| session.invalidate());
        let mark = page.set_cookies.iter().find(|line| line.starts_with("session.ended=")).unwrap();
        let mark = format!("session.ended={}", value_of(mark));
        assert_eq!(site.outcome(&format!("{young}; {mark}")), Outcome::Ended);
        assert_eq!(site.outcome(&format!("{old}; {mark}")), Outcome::Unproven);
    }
}
