//! Compares the origin that a browser names with the trusted origins.

use http::HeaderMap;
use http::header::HeaderName;
use signed_cookie_session::CsrfOrigin;

const FROM_EVIL: (&str, &str) = ("origin", "https://evil.example");

fn site() -> CsrfOrigin {
    CsrfOrigin::new(["https://example.com", "https://*.example.net", "http://localhost:8080", "https://[::1]:8443"])
        .unwrap()
}

/// Returns the headers of a request.
fn request<const N: usize>(headers: [(&str, &str); N]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
    }
    map
}

fn passes<const N: usize>(headers: [(&str, &str); N]) -> bool {
    site().check(&request(headers)).is_ok()
}

/// Returns whether an origin passes. `Origin` and `Referer` must give the same answer.
fn origin_passes(origin: &str) -> bool {
    let passes = passes([("origin", origin)]);
    assert_eq!(passes, self::passes([("sec-fetch-site", "cross-site"), ("origin", origin)]), "{origin}");
    assert_eq!(passes, self::passes([("referer", &format!("{origin}/a/page?of=it#all"))]), "{origin}");
    passes
}

#[test]
fn a_request_of_the_same_origin_passes() {
    assert!(passes([("sec-fetch-site", "same-origin")]));
    // With `Referrer-Policy: no-referrer`, a browser names no origin, even for the same site.
    assert!(passes([("sec-fetch-site", "same-origin"), ("origin", "null")]));
}

#[test]
fn a_request_that_the_user_started_passes() {
    assert!(passes([("sec-fetch-site", "none")]));
}

#[test]
fn a_request_of_another_site_fails() {
    assert!(!passes([("sec-fetch-site", "cross-site")]));
    assert!(!passes([("sec-fetch-site", "cross-site"), FROM_EVIL]));
    assert!(!passes([FROM_EVIL]));
}

#[test]
fn a_request_of_a_sibling_subdomain_fails_unless_it_is_trusted() {
    assert!(!passes([("sec-fetch-site", "same-site")]));
    assert!(!passes([("sec-fetch-site", "same-site"), ("origin", "https://blog.example.com")]));
    assert!(passes([("sec-fetch-site", "same-site"), ("origin", "https://shop.example.net")]));
}

#[test]
fn an_unknown_value_of_sec_fetch_site_does_not_pass() {
    for site in ["", "same-origin-ish", "Same-Origin", "same-origin, none", "trusted"] {
        assert!(!passes([("sec-fetch-site", site)]), "{site:?}");
    }
}

#[test]
fn a_browser_without_sec_fetch_site_passes_by_its_origin() {
    assert!(origin_passes("https://example.com"));
    assert!(!origin_passes("https://example.org"));
}

#[test]
fn a_browser_without_an_origin_passes_by_its_referer() {
    for referer in ["https://example.com", "https://example.com/", "https://example.com?q", "https://example.com#top"] {
        assert!(passes([("referer", referer)]), "{referer}");
    }
    assert!(!passes([("referer", "https://evil.example/https://example.com/")]));
    assert!(!passes([("referer", "https://evil.example?https://example.com")]));
}

#[test]
fn a_referer_of_a_short_host_is_read_to_its_end_as_well() {
    let site = CsrfOrigin::new(["https://t.co", "http://x"]).unwrap();
    for (referer, passes) in [
        ("https://t.co", true),
        ("https://t.co/", true),
        ("https://t.co/a/page", true),
        ("http://x", true),
        ("http://x/a/page", true),
        ("http://t.co/a/page", false),
        ("http://y/a/page", false),
    ] {
        assert_eq!(site.check(&request([("referer", referer)])).is_ok(), passes, "{referer}");
    }
}

#[test]
fn the_origin_counts_before_the_referer() {
    assert!(!passes([FROM_EVIL, ("referer", "https://example.com/")]));
    assert!(!passes([("origin", "null"), ("referer", "https://example.com/")]));
}

#[test]
fn an_opaque_origin_fails() {
    assert!(!passes([("origin", "null")]));
    assert!(!passes([("origin", "NULL")]));
    assert!(CsrfOrigin::new(["null"]).is_err());
}

#[test]
fn scheme_host_and_port_must_agree() {
    for origin in ["http://example.com", "https://example.com:8443", "https://example.co", "https://xexample.com"] {
        assert!(!origin_passes(origin), "{origin}");
    }
    assert!(origin_passes("http://localhost:8080"));
    for origin in ["http://localhost", "https://localhost:8080", "http://localhost:80801", "http://localhost:"] {
        assert!(!origin_passes(origin), "{origin}");
    }
    assert!(origin_passes("https://[::1]:8443"));
    assert!(!origin_passes("https://[::1]"));
}

#[test]
fn case_and_the_usual_port_make_no_difference() {
    for origin in ["HTTPS://Example.COM", "https://example.com:443", "https://SHOP.example.net"] {
        assert!(origin_passes(origin), "{origin}");
    }
    let spelled = CsrfOrigin::new(["HTTPS://EXAMPLE.com:443"]).unwrap();
    assert!(spelled.check(&request([("origin", "https://example.com")])).is_ok());
}

#[test]
fn a_star_stands_for_every_subdomain_and_not_for_the_domain() {
    for origin in ["https://a.example.net", "https://a.b.example.net"] {
        assert!(origin_passes(origin), "{origin}");
    }
    for origin in [
        "https://example.net",
        "https://.example.net",
        "https://evilexample.net",
        "https://a.example.net.evil.example",
        "https://a.example.net:8443",
        "http://a.example.net",
    ] {
        assert!(!origin_passes(origin), "{origin}");
    }
}

#[test]
fn an_origin_that_looks_like_a_trusted_one_fails() {
    for origin in [
        "https://example.com@evil.example",
        "https://example.com:x@evil.example",
        "https://evil.example\\.example.net",
        "https://evil.example%2f.example.net",
        "https://evil.example .example.net",
        "https://example.com.",
        "https://example.com https://example.com",
        "https:example.com",
        "//example.com",
        "example.com",
        "https://",
        "ftp://example.com",
        "https://example.com:+443",
        "https://example.com:65979",
        "https://[::1",
        "https://[::1]x:8443",
    ] {
        assert!(!origin_passes(origin), "{origin}");
    }
    assert!(!passes([("origin", "")]));
    assert!(!passes([("origin", "https://example.com/")]));
}

#[test]
fn only_a_port_may_follow_an_address() {
    let site = CsrfOrigin::new(["https://[::1]"]).unwrap();
    for (origin, passes) in [
        ("https://[::1]", true),
        ("https://[::1]:443", true),
        ("https://[::1].evil.example", false),
        ("https://[::1]443", false),
    ] {
        assert_eq!(site.check(&request([("origin", origin)])).is_ok(), passes, "{origin}");
    }
}

#[test]
fn header_values_are_enough_without_a_header_map() {
    let none: [&[u8]; 0] = [];
    let check = |site: &[&'static [u8]], origin: &[&'static [u8]], referer: &[&'static [u8]]| {
        self::site().check_values(site.iter().copied(), origin.iter().copied(), referer.iter().copied()).is_ok()
    };
    assert!(check(&[b"same-origin"], &none, &none));
    assert!(check(&none, &[b"https://example.com"], &none));
    assert!(check(&[b"same-site"], &none, &[b"https://example.com/page?a=b"]));
    assert!(!check(&none, &[b"https://evil.example"], &[b"https://example.com/"]));
    assert!(!check(&none, &[b"https://example.com", b"https://example.com"], &none));
    assert!(!check(&[b"same-origin", b"same-origin"], &none, &none));
    assert!(!check(&none, &[b"https://example.com\xff"], &none));
    assert!(!check(&none, &none, &none));
}

#[test]
fn a_header_that_occurs_twice_is_refused() {
    assert!(!passes([("origin", "https://example.com"), ("origin", "https://example.com")]));
    assert!(!passes([("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")]));
    assert!(!passes([("referer", "https://example.com/"), ("referer", "https://example.com/")]));
}

#[test]
fn a_request_without_headers_fails_unless_it_is_allowed() {
    assert!(!passes([]));
    let lenient = site().allow_no_origin(true);
    assert!(lenient.check(&HeaderMap::new()).is_ok());
    for (name, value) in
        [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), FROM_EVIL, ("origin", "null")]
    {
        assert!(lenient.check(&request([(name, value)])).is_err(), "{name}: {value}");
    }
}

#[test]
fn an_invalid_origin_cannot_be_trusted() {
    for origin in [
        "",
        "example.com",
        "*.example.com",
        "https://",
        "https://*",
        "https://*.",
        "https://*example.com",
        "https://a.*.example.com",
        "https://*.*.example.com",
        "https://*.com",
        "https://*.localhost",
        "https://*.0.0.1",
        "https://*.com.",
        "https://example.com/",
        "https://example.com/path",
        "https://user@example.com",
        "https://bücher.example",
        "chrome-extension://abc",
    ] {
        let error = CsrfOrigin::new([origin]).unwrap_err();
        assert_eq!(error.setting(), "CsrfOrigin::new", "{origin}");
        assert!(error.to_string().contains("https://*.example.com"), "{error}");
    }
}

#[test]
fn the_error_distinguishes_a_missing_and_an_untrusted_origin() {
    let error = |name: &str, value: &str| site().check(&request([(name, value)])).unwrap_err().to_string();
    let silent = site().check(&HeaderMap::new()).unwrap_err().to_string();
    assert!(silent.contains("does not say which site sent it"), "{silent}");
    for error in [error("sec-fetch-site", "cross-site"), error("origin", "null"), error("referer", "https://a.example")]
    {
        assert!(error.contains("untrusted origin"), "{error}");
    }
}

#[test]
fn the_error_quotes_no_header() {
    let error = site().check(&request([("origin", "https://evil.example")])).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("evil"));
}
