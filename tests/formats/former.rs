//! Former formats, which are read and no longer written.

use base64::Engine;
use signed_cookie_session::{Builder, Format, Former, HashAlgorithm, Outcome, Secret, SignedCookieFactory};

use crate::common::{Clock, NOW, OLD_SECRET, at, old_secret, seconds, secret, sign};
use crate::every_format::ALL;
use crate::jar::Jar;

fn builder(clock: &Clock) -> Builder {
    SignedCookieFactory::builder(secret()).cookie_name("__Host-shop").clock(clock.read())
}

/// Returns former sites, each with the [`Former`] that describes it.
fn sites(clock: &Clock) -> Vec<(&'static str, SignedCookieFactory, Former)> {
    let old = |format| SignedCookieFactory::builder(old_secret()).format(format).clock(clock.read());
    let former = |format| Former::new(format, old_secret());
    let mut sites: Vec<_> = ALL
        .into_iter()
        .map(|format| {
            (
                format.as_str(),
                old(format).timeout(seconds(1200)).build().unwrap(),
                former(format).timeout(seconds(1200)),
            )
        })
        .collect();
    let signed = || old(Format::Signed);
    sites.push(("salt", signed().salt("shop.").build().unwrap(), former(Format::Signed).salt("shop.")));
    let hash = HashAlgorithm::Sha256;
    sites.push(("hash", signed().hash_algorithm(hash).build().unwrap(), former(Format::Signed).hash_algorithm(hash)));
    sites.push(("name", signed().cookie_name("sid").build().unwrap(), former(Format::Signed).cookie_name("sid")));
    let same = signed().cookie_name("__Host-shop").salt("shop.").build().unwrap();
    sites.push(("same name", same, former(Format::Signed).cookie_name("__Host-shop").salt("shop.")));
    sites
}

fn started(sessions: &SignedCookieFactory) -> Jar {
    let mut jar = Jar::default();
    let session = jar.load(sessions);
    session.insert("user", "ada").unwrap();
    jar.save(sessions, &session);
    jar
}

#[test]
fn nobody_is_logged_out_by_a_change() {
    let clock = Clock::at(NOW);
    for (name, before, former) in sites(&clock) {
        let after = builder(&clock).former(former).build().unwrap();
        let mut jar = started(&before);
        clock.forward(seconds(60));
        let session = jar.load(&after);
        assert_eq!(session.get::<String>("user").unwrap().as_deref(), Some("ada"), "{name}");
        assert_eq!(session.outcome(), Outcome::ValidFormer, "{name}");
        assert!(!session.is_new());
        let (created, renewed) = (session.created(), session.renewed());
        jar.save(&after, &session);

        let session = jar.load(&after);
        assert_eq!(session.outcome(), Outcome::Valid, "{name}: it is written in the present format");
        assert_eq!(session.created(), created, "{name}");
        assert_eq!(session.renewed(), renewed, "{name}: its life is not extended");
        if before.cookie_name() != after.cookie_name() {
            assert!(jar.0.contains_key(before.cookie_name()), "{name}: the other application may need it");
        }
    }
}

#[test]
fn a_former_cookie_is_removed_with_remove() {
    let clock = Clock::at(NOW);
    for (name, before, former) in sites(&clock) {
        let after = builder(&clock).former(former.remove(true)).build().unwrap();
        let mut jar = started(&before);
        let session = jar.load(&after);
        assert!(session.contains_key("user"));
        jar.save(&after, &session);
        assert_eq!(jar.0.keys().collect::<Vec<_>>(), ["__Host-shop"], "{name}");
        assert_eq!(jar.load(&after).outcome(), Outcome::Valid, "{name}");
    }
}

#[test]
fn keys_of_a_former_session_that_this_format_keeps_for_itself_are_left_behind() {
    let clock = Clock::at(NOW);
    let before = SignedCookieFactory::builder(old_secret()).cookie_name("sid").clock(clock.read()).build().unwrap();
    for format in ALL {
        if matches!(format, Format::Signed | Format::Encrypted) {
            continue;
        }
        let mut jar = started(&before);
        let session = jar.load(&before);
        let created = session.created();
        session.extend([("_created_", "long ago"), ("_renewed_", "never")]).unwrap();
        jar.save(&before, &session);
        let former = Former::new(Format::Signed, old_secret()).cookie_name("sid");
        let after = builder(&clock).format(format).former(former).build().unwrap();
        let session = jar.load(&after);
        assert_eq!(session.get::<String>("user").unwrap().as_deref(), Some("ada"), "{format}");
        jar.save(&after, &session);
        let session = jar.load(&after);
        assert_eq!((session.outcome(), session.created()), (Outcome::Valid, created), "{format}");
    }
}

#[test]
fn a_former_cookie_that_did_not_come_is_not_removed() {
    let clock = Clock::at(NOW);
    for (name, _, former) in sites(&clock) {
        let after = builder(&clock).former(former.remove(true)).build().unwrap();
        let session = Jar::default().load(&after);
        session.insert("user", "eve").unwrap();
        assert_eq!(Jar::default().save(&after, &session).len(), 1, "{name}");
    }
}

#[test]
fn a_logout_removes_the_former_cookie() {
    let clock = Clock::at(NOW);
    let both = [false, true].map(|remove| {
        sites(&clock).into_iter().map(move |(name, before, former)| (name, before, former.remove(remove)))
    });
    for (name, before, former) in both.into_iter().flatten() {
        let after = builder(&clock).former(former).build().unwrap();
        for is_written_before in [false, true] {
            let mut jar = started(&before);
            clock.forward(seconds(1));
            if is_written_before {
                let session = jar.load(&after);
                assert!(session.contains_key("user"));
                jar.save(&after, &session);
            }
            let session = jar.load(&after);
            session.invalidate();
            jar.save(&after, &session);
            assert_eq!(jar.0.keys().collect::<Vec<_>>(), ["__Host-shop.ended"], "{name}");
            assert!(jar.load(&after).is_new(), "{name}");

            // The same holds if another session begins in the same request.
            let mut jar = started(&before);
            let session = jar.load(&after);
            session.invalidate();
            session.insert("user", "eve").unwrap();
            jar.save(&after, &session);
            assert_eq!(jar.0.keys().collect::<Vec<_>>(), ["__Host-shop", "__Host-shop.ended"], "{name}");
            assert_eq!(jar.load(&after).get::<String>("user").unwrap().as_deref(), Some("eve"), "{name}");
        }
    }
}

#[test]
fn a_logout_holds_against_a_page_that_rewrote_a_former_session() {
    let clock = Clock::at(NOW);
    for (name, before, former) in sites(&clock) {
        // Cookies of Express, React Router and Rails have no time until this library writes them.
        let after = builder(&clock).former(former).build().unwrap();
        let mut jar = started(&before);
        clock.forward(seconds(1));
        let late = jar.load(&after);
        assert!(late.contains_key("user"));
        let session = jar.load(&after);
        session.invalidate();
        jar.save(&after, &session);
        jar.save(&after, &late);
        assert_eq!(jar.load(&after).outcome(), Outcome::Ended, "{name}");
    }
}

#[test]
fn a_logout_before_the_change_holds_after_it() {
    let clock = Clock::at(NOW);
    for (name, before, former) in sites(&clock) {
        let mut jar = started(&before);
        clock.forward(seconds(1));
        let late = jar.load(&before);
        late.insert("page", "was under way").unwrap();
        let session = jar.load(&before);
        session.invalidate();
        jar.save(&before, &session);
        jar.save(&before, &late);
        assert!(jar.0.contains_key(before.cookie_name()), "{name}");

        let after = builder(&clock).former(former.clone()).build().unwrap();
        assert!(jar.load(&after).is_new(), "{name}");
        let unmarked = builder(&clock).former(former).end_mark(false).build().unwrap();
        assert_eq!(jar.load(&unmarked).outcome(), Outcome::ValidFormer, "{name}: end marks are ignored");
    }
}

#[test]
fn the_present_cookie_comes_first() {
    let clock = Clock::at(NOW);
    for (name, before, former) in sites(&clock).into_iter().filter(|(name, ..)| *name != "same name") {
        let after = builder(&clock).former(former).build().unwrap();
        let mut jar = started(&after);
        clock.forward(seconds(10));
        let mut other = Jar::default();
        let session = other.load(&before);
        session.insert("user", "eve").unwrap();
        other.save(&before, &session);
        jar.0.extend(other.0);
        assert_eq!(jar.load(&after).get::<String>("user").unwrap().as_deref(), Some("ada"), "{name}");
        // If it cannot be used, the former session is used.
        clock.forward(seconds(1195));
        let session = jar.load(&after);
        assert_eq!(session.outcome(), Outcome::ValidFormer, "{name}");
        assert_eq!(session.get::<String>("user").unwrap().as_deref(), Some("eve"), "{name}");
    }
}

#[test]
fn a_former_session_does_not_live_longer() {
    let clock = Clock::at(NOW);
    for (name, before, former) in sites(&clock) {
        let after = builder(&clock).former(former).reissue_time(None).build().unwrap();
        let mut jar = started(&before);
        clock.forward(seconds(1200));
        let session = jar.load(&after);
        assert_eq!(session.outcome(), Outcome::ValidFormer, "{name}");
        assert!(session.contains_key("user"));
        jar.save(&after, &session);
        clock.forward(seconds(1));
        assert!(jar.load(&after).is_new(), "{name}");
        assert!(matches!(jar.load(&after).outcome(), Outcome::Expired), "{name}");
    }
}

#[test]
fn limits_of_the_present_site_hold_for_former_sessions() {
    let clock = Clock::at(NOW);
    for (name, before, former) in sites(&clock) {
        let jar = started(&before);
        let revoked = builder(&clock).former(former.clone()).valid_since(at(NOW + 1_000_000)).build().unwrap();
        assert!(jar.load(&revoked).is_new(), "{name}");
        clock.forward(seconds(600));
        let absolute = builder(&clock).former(former).absolute_timeout(seconds(599)).build().unwrap();
        assert!(jar.load(&absolute).is_new(), "{name}");
    }
}

#[test]
fn flask_sessions_of_weeks_stay_usable_under_a_short_timeout() {
    let clock = Clock::at(NOW);
    let flask = SignedCookieFactory::builder(old_secret()).format(Format::Flask).clock(clock.read()).build().unwrap();
    for reissue in [Some(seconds(120)), None] {
        let after =
            builder(&clock).former(Former::new(Format::Flask, old_secret())).reissue_time(reissue).build().unwrap();
        let mut jar = started(&flask);
        clock.forward(seconds(20 * 86_400));
        let session = jar.load(&after);
        assert!(session.contains_key("user"));
        jar.save(&after, &session);
        assert_eq!(jar.load(&after).outcome(), Outcome::Valid);
        clock.forward(seconds(12 * 86_400));
        assert!(jar.load(&after).is_new(), "Flask's own limit");
    }
}

#[test]
fn waiting_flash_messages_are_found_in_the_other_format() {
    let clock = Clock::at(NOW);
    let build = |format: Format, former: Format| {
        let builder = SignedCookieFactory::builder(secret()).format(format).cookie_name("now").clock(clock.read());
        builder.former(Former::new(former, secret())).build().unwrap()
    };
    for (former, present) in [(Format::Flask, Format::Signed), (Format::Signed, Format::Flask)] {
        let before = SignedCookieFactory::builder(secret()).format(former).clock(clock.read()).build().unwrap();
        let after = build(present, former);
        let mut jar = Jar::default();
        let session = jar.load(&before);
        session.flash().push("Saved.").unwrap();
        session.flash_queue("error").push("No.").unwrap();
        session.flash_queue("error").push("Not either.").unwrap();
        jar.save(&before, &session);
        let session = jar.load(&after);
        assert_eq!(session.flash().pop::<String>().unwrap(), ["Saved."]);
        assert_eq!(session.flash_queue("error").pop::<String>().unwrap(), ["No.", "Not either."]);
        assert!(session.keys().is_empty(), "{:?}", session.keys());
    }
}

#[test]
fn several_former_formats_are_tried_in_order() {
    let clock = Clock::at(NOW);
    let (sites, mut all) = (sites(&clock), builder(&clock));
    for (.., former) in &sites {
        all = all.former(former.clone());
    }
    let after = all.build().unwrap();
    for (name, before, _) in &sites {
        let mut jar = started(before);
        let session = jar.load(&after);
        assert_eq!(session.get::<String>("user").unwrap().as_deref(), Some("ada"), "{name}");
        session.invalidate();
        jar.save(&after, &session);
        assert_eq!(jar.0.keys().collect::<Vec<_>>(), ["__Host-shop.ended"], "{name}");
    }
}

#[test]
fn a_removal_names_the_former_path_and_domain() {
    let clock = Clock::at(NOW);
    let before = SignedCookieFactory::builder(old_secret()).clock(clock.read()).build().unwrap();
    let former = Former::new(Format::Signed, old_secret()).path("/shop").domain("example.com").remove(true);
    let after = SignedCookieFactory::builder(secret()).clock(clock.read()).former(former).build().unwrap();
    let mut jar = started(&before);
    let session = jar.load(&after);
    assert!(session.contains_key("user"));
    let lines = jar.save(&after, &session);
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].contains("Path=/;") || lines[0].ends_with("Path=/"), "{lines:?}");
    assert!(lines[1].starts_with("session=;") && lines[1].contains("Max-Age=0"), "{lines:?}");
    assert!(lines[1].contains("Path=/shop") && lines[1].contains("Domain=example.com"), "{lines:?}");
}

#[test]
fn a_former_that_cannot_work_is_an_error_that_names_it() {
    let clock = Clock::at(NOW);
    let weak = || Secret::legacy("weak").unwrap();
    for former in [
        Former::new(Format::Express, secret()).salt("s"),
        Former::new(Format::Django, secret()).hash_algorithm(HashAlgorithm::Sha512),
        Former::new(Format::Signed, secret()).cookie_name("a b"),
        Former::new(Format::Signed, secret()).path("shop"),
        Former::new(Format::Encrypted, weak()),
    ] {
        let error = builder(&clock).former(former).build().unwrap_err();
        assert_eq!(error.setting(), "former", "{error}");
    }
    let mut many = builder(&clock);
    for _ in 0..33 {
        many = many.former(Former::new(Format::Signed, secret()));
    }
    assert_eq!(many.build().unwrap_err().setting(), "former");
    let shown = format!("{:?}", Former::new(Format::Flask, old_secret()));
    assert!(!shown.contains(OLD_SECRET), "{shown}");
}

#[test]
fn a_former_session_that_has_ended_is_told_and_its_cookie_removed() {
    let clock = Clock::at(NOW);
    for (name, before, former) in sites(&clock) {
        let after = builder(&clock).former(former).build().unwrap();
        let mut jar = started(&before);
        let late = jar.0.clone();
        clock.forward(seconds(1));
        let session = jar.load(&after);
        session.invalidate();
        jar.save(&after, &session);
        // A page of the former application was still loading, and sets the former cookie again.
        jar.0.extend(late);
        let session = jar.load(&after);
        assert_eq!(session.outcome(), Outcome::Ended, "{name}");
        assert_eq!(session.get::<String>("user").unwrap(), None, "{name}");
        jar.save(&after, &session);
        assert_eq!(jar.0.keys().collect::<Vec<_>>(), ["__Host-shop.ended"], "{name}");
    }
}

#[test]
fn the_reason_why_a_former_cookie_cannot_be_used_is_told() {
    let clock = Clock::at(NOW);
    let former = Former::new(Format::Signed, old_secret()).cookie_name("sid").timeout(seconds(60));
    let after = builder(&clock).former(former).build().unwrap();
    let before = SignedCookieFactory::builder(old_secret()).cookie_name("sid").clock(clock.read()).build().unwrap();
    let jar = started(&before);
    clock.forward(seconds(61));
    assert_eq!(jar.load(&after).outcome(), Outcome::Expired);
    let forged = sign("[1790000000, 1790000000.0, {}]");
    assert_eq!(Jar::of(&[("sid", &forged)]).load(&after).outcome(), Outcome::BadSignature);
}

#[test]
fn the_mark_of_a_former_session_lives_as_long_as_its_cookie() {
    let clock = Clock::at(NOW);
    let month = seconds(30 * 86_400);
    let former = Former::new(Format::Signed, old_secret()).cookie_name("sid").timeout(month);
    let after = builder(&clock).former(former).build().unwrap();
    let before = SignedCookieFactory::builder(old_secret()).cookie_name("sid").clock(clock.read()).build().unwrap();
    let mut jar = started(&before);
    let session = jar.load(&after);
    session.invalidate();
    let lines = jar.save(&after, &session);
    let mark = lines.iter().find(|line| line.starts_with("__Host-shop.ended=")).unwrap();
    assert!(mark.ends_with(&format!("; Max-Age={}", month.as_secs())), "{mark}");
}

#[test]
fn a_former_session_is_never_dated_in_the_future() {
    for format in ALL.into_iter().filter(|format| !["signed", "encrypted"].contains(&format.as_str())) {
        let (ahead, clock) = (Clock::at(NOW + 200), Clock::at(NOW));
        let before = SignedCookieFactory::builder(old_secret()).cookie_name("sid").clock(ahead.read()).build().unwrap();
        let after = SignedCookieFactory::builder(secret()).format(format).clock(clock.read());
        let after = after.former(Former::new(Format::Signed, old_secret()).cookie_name("sid")).build().unwrap();
        let mut jar = started(&before);
        let session = jar.load(&after);
        assert_eq!(session.get::<String>("user").unwrap().as_deref(), Some("ada"));
        jar.save(&after, &session);
        let session = jar.load(&after);
        assert_eq!((session.outcome(), session.renewed()), (Outcome::Valid, at(NOW)), "{format}");
    }
}

#[test]
fn letters_beyond_ascii_are_escaped_for_a_framework_that_reads_no_others() {
    let clock = Clock::at(NOW);
    let before = SignedCookieFactory::builder(old_secret()).cookie_name("sid").clock(clock.read()).build().unwrap();
    let mut jar = Jar::default();
    let session = jar.load(&before);
    session.insert("n\u{e9}", ["Zo\u{eb}", "\u{1f600}"]).unwrap();
    jar.save(&before, &session);
    let after = SignedCookieFactory::builder(secret()).format(Format::Django).clock(clock.read());
    let after = after.former(Former::new(Format::Signed, old_secret()).cookie_name("sid")).build().unwrap();
    let session = jar.load(&after);
    assert_eq!(session.outcome(), Outcome::ValidFormer);
    assert_eq!(session.len(), 1);
    jar.save(&after, &session);
    let data = jar.0["sessionid"].split(':').next().unwrap();
    let json = String::from_utf8(base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(data).unwrap()).unwrap();
    assert!(json.starts_with(r#"{"n\u00e9":["Zo\u00eb","\ud83d\ude00"],"#), "{json}");
}

#[test]
fn a_former_cookie_is_removed_whether_it_is_partitioned_or_not() {
    let clock = Clock::at(NOW);
    let former = Former::new(Format::Flask, old_secret()).remove(true);
    let after = builder(&clock).partitioned(true).former(former).build().unwrap();
    let flask = SignedCookieFactory::builder(old_secret()).format(Format::Flask).clock(clock.read()).build().unwrap();
    let session = started(&flask).load(&after);
    session.invalidate();
    let lines = after.set_cookies(&session).unwrap();
    let removals: Vec<_> = lines.iter().filter(|line| line.starts_with("session=;")).collect();
    assert_eq!(removals.len(), 2);
    assert_ne!(removals[0].contains("; Partitioned"), removals[1].contains("; Partitioned"));
}

#[test]
fn a_former_domain_is_the_same_in_any_case() {
    let clock = Clock::at(NOW);
    let signed = |secret| SignedCookieFactory::builder(secret).clock(clock.read());
    let before = signed(old_secret()).domain("Example.com").build().unwrap();
    let former = Former::new(Format::Signed, old_secret()).domain("Example.com").remove(true);
    let after = signed(secret()).domain("example.com").former(former).build().unwrap();
    let session = started(&before).load(&after);
    session.insert("a", 1).unwrap();
    let lines = after.set_cookies(&session).unwrap();
    assert_eq!(lines.len(), 1, "the session's own cookie is not removed: {lines:?}");
}

#[test]
fn a_former_timeout_of_zero_is_refused() {
    let clock = Clock::at(NOW);
    let former = Former::new(Format::Signed, old_secret()).timeout(std::time::Duration::ZERO);
    let error = builder(&clock).former(former).build().unwrap_err().to_string();
    assert!(error.contains("former") && error.contains("timeout: zero"), "{error}");
}
