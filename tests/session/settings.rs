//! Every setting: its effect on the `Set-Cookie` line, and the settings that are refused because they cannot work.

use std::time::Duration;

use crate::common::*;
use signed_cookie_session::{Builder, Format, Former, HashAlgorithm, Outcome, SameSite, SignedCookieFactory};

const DAY: u64 = 24 * 60 * 60;

/// Returns the attributes of the cookie that these settings write.
fn attributes(builder: Builder) -> Vec<String> {
    let sessions = builder.build().unwrap();
    let session = new_session(&sessions);
    session.insert("a", 1).unwrap();
    let line = sessions.set_cookies(&session).unwrap().remove(0);
    let mut attributes: Vec<_> = line.split("; ").skip(1).map(str::to_owned).collect();
    attributes.sort();
    attributes
}

/// Returns the setting because of which these settings are refused.
fn refused(builder: Builder) -> &'static str {
    let error = builder.build().unwrap_err();
    let sentence = error.to_string();
    assert!(sentence.contains(error.setting()), "{sentence}");
    assert!(sentence.contains(": ") && sentence.len() > 30, "{sentence}");
    error.setting()
}

#[test]
fn the_defaults_are_secure_http_only_lax_and_the_root() {
    assert_eq!(attributes(builder()), ["HttpOnly", "Path=/", "SameSite=Lax", "Secure"]);
    let sessions = SignedCookieFactory::new(secret());
    let session = new_session(&sessions);
    session.insert("a", 1).unwrap();
    let line = sessions.set_cookies(&session).unwrap().remove(0);
    assert!(line.starts_with("session="));
    assert!(line.ends_with("; HttpOnly; SameSite=Lax; Secure; Path=/"));
}

#[test]
fn every_attribute_is_written_as_it_was_set() {
    assert_eq!(attributes(builder().secure(false)), ["HttpOnly", "Path=/", "SameSite=Lax"]);
    assert_eq!(attributes(builder().http_only(false)), ["Path=/", "SameSite=Lax", "Secure"]);
    assert_eq!(attributes(builder().same_site(None)), ["HttpOnly", "Path=/", "Secure"]);
    assert_eq!(attributes(builder().same_site(SameSite::Strict)), ["HttpOnly", "Path=/", "SameSite=Strict", "Secure"]);
    assert_eq!(attributes(builder().same_site(SameSite::None)), ["HttpOnly", "Path=/", "SameSite=None", "Secure"]);
    assert_eq!(attributes(builder().path("/shop")), ["HttpOnly", "Path=/shop", "SameSite=Lax", "Secure"]);
    for domain in ["example.com", ".example.com"] {
        assert_eq!(
            attributes(builder().domain(domain)),
            ["Domain=example.com", "HttpOnly", "Path=/", "SameSite=Lax", "Secure"]
        );
    }
    assert_eq!(
        attributes(builder().max_age(Duration::from_millis(60_999))),
        ["HttpOnly", "Max-Age=60", "Path=/", "SameSite=Lax", "Secure"]
    );
    assert_eq!(
        attributes(builder().partitioned(true)),
        ["HttpOnly", "Partitioned", "Path=/", "SameSite=Lax", "Secure"]
    );
    assert_eq!(attributes(builder().max_age(seconds(60)).max_age(None)).len(), 4);
}

#[test]
fn none_turns_a_limit_off_and_a_value_turns_it_on() {
    assert!(
        builder()
            .timeout(None)
            .reissue_time(None)
            .max_age(None)
            .absolute_timeout(None)
            .same_site(None)
            .timeout(seconds(1))
            .reissue_time(Duration::ZERO)
            .max_age(seconds(1))
            .absolute_timeout(seconds(1))
            .same_site(SameSite::Lax)
            .timeout(Some(seconds(1)))
            .valid_since(at(0))
            .build()
            .is_ok()
    );
}

#[test]
fn a_cookie_name_must_be_a_token() {
    for name in [
        "", " ", "a b", "a=b", "a;b", "a,b", "a\"b", "a\nb", "a\0b", "\u{7f}", "größe", "a/b", "a@b", "(a)", "{", "a\t",
    ] {
        assert_eq!(refused(builder().cookie_name(name)), "cookie_name", "{name:?}");
    }
    for name in ["a", "_", "session.id", "!#$%&'*+-.^_`|~09azAZ"] {
        let sessions = builder().cookie_name(name).build().unwrap();
        let session = new_session(&sessions);
        session.insert("a", 1).unwrap();
        assert!(sessions.set_cookies(&session).unwrap().remove(0).starts_with(&format!("{name}=")));
    }
    assert_eq!(refused(builder().cookie_name("n".repeat(4090))), "cookie_name");
    assert_eq!(refused(builder().cookie_name("n".repeat(10_000))), "cookie_name");
}

#[test]
fn a_path_must_begin_with_a_slash_and_hold_nothing_that_ends_it() {
    for path in
        ["", "shop", " /", "/a;b", "/a\nb", "/a\r", "/\0", "/\u{7f}", "/größe", "/a ", "/a; Domain=evil.example"]
    {
        assert_eq!(refused(builder().path(path)), "path", "{path:?}");
    }
    assert_eq!(refused(builder().path(format!("/{}", "a".repeat(1024)))), "path");
    assert!(builder().path(format!("/{}", "a".repeat(1023))).build().is_ok());
    assert!(builder().path("/gr%C3%B6%C3%9Fe/a,b").build().is_ok());
}

#[test]
fn a_domain_must_be_a_host_name() {
    for domain in [
        "",
        ".",
        "..example.com",
        "example..com",
        "example.com.",
        "https://example.com",
        "example.com:80",
        "example.com/",
        "a b",
        "a;b",
        "größe.example",
        "a\n",
        "*.example.com",
        "example.com ",
    ] {
        assert_eq!(refused(builder().domain(domain)), "domain", "{domain:?}");
    }
    assert_eq!(refused(builder().domain(format!("{}.com", "a".repeat(64)))), "domain");
    for domain in ["example.com", ".example.com", "localhost", "127.0.0.1", "xn--gre-6ka8i.example", "EXAMPLE.com"] {
        assert!(builder().domain(domain).build().is_ok(), "{domain:?}");
    }
}

#[test]
fn a_host_prefix_in_any_case_needs_secure_root_and_no_domain() {
    for name in ["__Host-a", "__host-a", "__HOST-a", "__hOsT-a"] {
        assert!(builder().cookie_name(name).build().is_ok());
        assert_eq!(refused(builder().cookie_name(name).secure(false)), "secure");
        assert_eq!(refused(builder().cookie_name(name).path("/a")), "path");
        assert_eq!(refused(builder().cookie_name(name).domain("example.com")), "domain");
    }
}

#[test]
fn an_http_prefix_in_any_case_needs_secure_and_http_only() {
    for name in ["__Http-a", "__http-a", "__Host-Http-a", "__HOST-HTTP-a"] {
        assert!(builder().cookie_name(name).build().is_ok());
        assert_eq!(refused(builder().cookie_name(name).secure(false)), "secure");
        assert_eq!(refused(builder().cookie_name(name).http_only(false)), "http_only");
    }
    assert!(builder().cookie_name("__Http-a").path("/a").domain("example.com").build().is_ok());
    assert_eq!(refused(builder().cookie_name("__Host-Http-a").path("/a")), "path");
    assert_eq!(refused(builder().cookie_name("__Host-Http-a").domain("example.com")), "domain");
    assert!(builder().cookie_name("__Host-a").http_only(false).build().is_ok());
    // The error names the prefix that needs this attribute, which `__Host-` alone does not.
    let error = builder().cookie_name("__Host-Http-a").http_only(false).build().unwrap_err().to_string();
    assert!(error.contains("\"__Host-Http-…\" unless it is HttpOnly"), "{error}");
}

#[test]
fn a_secure_prefix_in_any_case_needs_secure() {
    for name in ["__Secure-a", "__secure-a", "__SECURE-a"] {
        assert!(builder().cookie_name(name).path("/a").domain("example.com").build().is_ok());
        assert_eq!(refused(builder().cookie_name(name).secure(false)), "secure");
    }
    assert!(builder().cookie_name("_Host-a").secure(false).path("/a").build().is_ok());
}

#[test]
fn same_site_none_and_partitioned_need_secure() {
    assert_eq!(refused(builder().same_site(SameSite::None).secure(false)), "same_site");
    assert_eq!(refused(builder().partitioned(true).secure(false)), "partitioned");
    assert!(builder().same_site(SameSite::None).partitioned(true).build().is_ok());
}

#[test]
fn max_age_is_a_second_to_400_days() {
    assert_eq!(refused(builder().max_age(Duration::ZERO)), "max_age");
    assert_eq!(refused(builder().max_age(Duration::from_millis(999))), "max_age");
    assert_eq!(refused(builder().max_age(seconds(400 * DAY + 1))), "max_age");
    assert_eq!(refused(builder().max_age(Duration::MAX)), "max_age");
    assert!(attributes(builder().max_age(seconds(400 * DAY))).contains(&"Max-Age=34560000".to_owned()));
    assert!(attributes(builder().max_age(seconds(1))).contains(&"Max-Age=1".to_owned()));
}

#[test]
fn a_timeout_of_zero_is_refused() {
    for builder in [builder().timeout(Duration::ZERO), builder().timeout(Some(Duration::ZERO)).reissue_time(None)] {
        assert_eq!(refused(builder), "timeout");
    }
    assert_eq!(refused(builder().absolute_timeout(Duration::ZERO)), "absolute_timeout");
    let sentence = builder().timeout(Duration::ZERO).build().unwrap_err().to_string();
    assert!(sentence.contains("turn it off (\"off\" in a file, None in code)"), "{sentence}");
    assert!(builder().timeout(Duration::from_nanos(1)).absolute_timeout(Duration::from_nanos(1)).build().is_ok());
}

#[test]
fn a_reissue_time_must_be_shorter_than_the_timeout() {
    for age in [seconds(1200), seconds(1201), Duration::MAX] {
        assert_eq!(refused(builder().reissue_time(age)), "reissue_time", "{age:?}");
        assert!(builder().reissue_time(age).timeout(None).build().is_ok(), "{age:?}");
    }
    assert!(builder().reissue_time(Duration::from_millis(1_199_999)).build().is_ok());
    assert!(builder().reissue_time(Duration::ZERO).build().is_ok());
    assert_eq!(refused(builder().timeout(seconds(60)).reissue_time(seconds(60))), "reissue_time");
    // The default follows the timeout.
    assert!(builder().timeout(Duration::from_nanos(1)).build().is_ok());
}

#[test]
fn a_flash_limit_of_zero_is_refused() {
    assert_eq!(refused(builder().flash_limit(0)), "flash_limit");
    assert!(builder().flash_limit(1).build().is_ok());
    assert!(builder().flash_limit(None).build().is_ok());
}

#[test]
fn no_domain_removes_the_domain() {
    assert_eq!(attributes(builder().domain("example.com").no_domain()), attributes(builder()));
    let host = builder().cookie_name("__Host-a").domain("example.com");
    let sentence = host.build().unwrap_err().to_string();
    assert!(sentence.contains("`no_domain()`"), "{sentence}");
    assert!(builder().cookie_name("__Host-a").domain("example.com").no_domain().build().is_ok());
}

#[test]
fn pyramids_settings_are_those_of_its_factory() {
    let settings = || builder().clock(|| at(NOW + 1)).settings(signed_cookie_session::Settings::pyramid());
    assert_eq!(attributes(settings()), ["Path=/", "SameSite=Lax"]);
    let sessions = settings().build().unwrap();
    let session = load(&sessions, sign_dict("{}"));
    session.len();
    assert!(!sessions.set_cookies(&session).unwrap().is_empty(), "a page that reads writes the cookie");
    for number in 0..100 {
        session.flash().push(number).unwrap();
    }
    assert_eq!(session.flash().pop::<u8>().unwrap().len(), 100, "no flash message is dropped");
    session.invalidate();
    assert_eq!(sessions.set_cookies(&session).unwrap().len(), 1, "a logout leaves no end mark");
}

#[test]
fn a_site_may_have_32_former_formats_that_can_work() {
    let former = || Former::new(Format::Signed, secret());
    let many = |count| (0..count).fold(builder(), |builder, _| builder.former(former()));
    assert!(many(32).build().is_ok());
    assert_eq!(refused(many(33)), "former");
    assert!(builder().former(former().domain("example.com")).build().is_ok());
    for cannot in [former().domain("example com"), former().path("shop"), former().cookie_name("a b")] {
        assert_eq!(refused(builder().former(cannot)), "former");
    }
}

#[test]
fn every_setting_named_in_an_error_is_a_method_of_the_builder() {
    let source = include_str!("../../src/settings/mod.rs");
    let mut names = 0;
    for part in source.split("ConfigError::new(").skip(1) {
        let Some(name) = part.trim_start().strip_prefix('"') else { continue };
        let name = name.split('"').next().unwrap();
        assert!(include_str!("../../src/factory/builder.rs").contains(&format!("pub fn {name}(")), "{name}");
        names += 1;
    }
    assert!(names > 10, "{names}");
}

#[test]
fn max_cookie_size_must_hold_a_signature_and_fit_a_browser() {
    for size in [0, 1, 85, 86, 4097, usize::MAX] {
        assert_eq!(refused(builder().max_cookie_size(size)), "max_cookie_size", "{size}");
    }
    let error = builder().max_cookie_size(86).build().unwrap_err().to_string();
    assert_eq!(error, "max_cookie_size: the signature alone takes 86 bytes: set more, such as the default of 4064");
    assert!(builder().max_cookie_size(87).build().is_ok());
    assert!(builder().max_cookie_size(4096).build().is_ok());
    assert!(builder().max_cookie_size(87).build().is_ok());
}

#[test]
fn a_cookie_name_must_leave_space_for_a_signature() {
    assert_eq!(refused(builder().cookie_name("n".repeat(4096 - 86))), "cookie_name");
    assert!(builder().cookie_name("n".repeat(4096 - 87)).build().is_ok());
}

#[test]
fn the_hash_the_salt_and_the_name_each_make_another_cookie() {
    let value = sign_dict("{}");
    let outcome = |builder: Builder| load(&builder.build().unwrap(), &value).outcome();
    assert_eq!(outcome(builder()), Outcome::Valid);
    assert_eq!(outcome(builder().salt("pyramid.session.")), Outcome::Valid);
    assert_eq!(outcome(builder().salt(b"pyramid.session.")), Outcome::Valid);
    assert_eq!(outcome(builder().hash_algorithm(HashAlgorithm::Sha512)), Outcome::Valid);
    assert_eq!(outcome(builder().hash_algorithm(HashAlgorithm::Sha384)), Outcome::BadSignature);
    assert_eq!(outcome(builder().hash_algorithm(HashAlgorithm::Sha256)), Outcome::BadSignature);
    assert_eq!(outcome(builder().salt("")), Outcome::BadSignature);
    assert_eq!(outcome(builder().salt(b"\xff")), Outcome::BadSignature);
    assert_eq!(outcome(builder().cookie_name("other")), Outcome::Absent);
}

#[test]
fn every_hash_and_salt_reads_what_it_writes() {
    for hash in [HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512] {
        for salt in [&b""[..], b"a", b"\x00\xff", &[7; 300]] {
            let sessions = builder().hash_algorithm(hash).salt(salt).build().unwrap();
            let session = new_session(&sessions);
            session.insert("a", 1).unwrap();
            assert_eq!(load(&sessions, written(&sessions, &session)).get("a").unwrap(), Some(1));
        }
    }
}

#[test]
fn salt_and_secret_are_one_key_as_in_pyramid() {
    // The HMAC key is the salt followed by the secret, and does not depend on where the salt ends.
    let value = sign_with("et, long enough for anything at all", "salt and secr", format!("[{NOW}, {NOW}, {{}}]"));
    let secret = signed_cookie_session::Secret::new("secret, long enough for anything at all").unwrap();
    let sessions = SignedCookieFactory::builder(secret).salt("salt and ").clock(|| at(NOW)).build().unwrap();
    assert_eq!(load(&sessions, value).outcome(), Outcome::Valid);
}
