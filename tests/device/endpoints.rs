//! The two endpoints, request by request.

use crate::site::{Browser, REFRESH, REGISTER, Site};

#[test]
fn no_answer_is_stored_or_read_by_another_site() {
    let site = Site::new();
    let mut browser = Browser::new();
    let page = browser.log_in(&site);
    let answers = [
        site.device_raw("GET", REGISTER, &[]),
        site.device_raw("POST", REFRESH, &[]),
        browser.register(&site, &page),
        browser.try_refresh(&site),
        browser.try_refresh(&site),
    ];
    assert_eq!(answers.each_ref().map(|answer| answer.status), [405, 403, 200, 403, 200]);
    for answer in answers {
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("x-frame-options"), Some("DENY"));
        assert_eq!(answer.header("cross-origin-resource-policy"), Some("same-origin"));
        assert!(!answer.headers.iter().any(|(name, _)| name.starts_with("access-control")));
    }
}

#[test]
fn only_post_requests_to_the_two_paths_are_answered() {
    let site = Site::new();
    for method in ["GET", "HEAD", "PUT", "OPTIONS", "post"] {
        let answer = site.device_raw(method, REFRESH, &[]);
        assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")), "{method}");
    }
    for path in ["/", "/session/device", "/session/device/", "/session/device/refresh/", "/session/device/registers"] {
        assert!(site.sessions.device_answer("POST", path, [("", ""); 0]).is_none(), "{path}");
    }
}

#[test]
fn the_answer_to_a_registration_describes_the_cookie() {
    let site = Site::new();
    let mut browser = Browser::new();
    let page = browser.log_in(&site);
    let answer = browser.register(&site, &page);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert!(answer.challenge().is_none());
    let json: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(json["refresh_url"], REFRESH);
    assert_eq!(json["scope"]["include_site"], false);
    assert_eq!(json["scope"]["scope_specification"][0]["path"], "/session/device");
    let credential = &json["credentials"][0];
    let line = answer.set_cookies().into_iter().find(|line| line.starts_with("session.bound=")).unwrap();
    assert_eq!(credential["name"], "session.bound");
    let (_, attributes) = line.split_once("; ").unwrap();
    assert_eq!(attributes.rsplit_once("; Max-Age=").unwrap().0, credential["attributes"]);
}

#[test]
fn a_renewal_that_is_not_from_a_browser_is_refused() {
    let site = Site::new();
    let browser = Browser::logged_in(&site);
    let (cookies, id) = (browser.cookies(REFRESH), browser.id.clone().unwrap());
    let cookie = ("cookie", &*cookies);
    let id = ("sec-secure-session-id", &*id);
    let same = ("sec-fetch-site", "same-origin");
    let requests: [&[(&str, &str)]; 7] = [
        &[cookie, id],
        &[cookie, same],
        &[cookie, id, ("sec-fetch-site", "same-site")],
        &[cookie, id, ("sec-fetch-site", "cross-site")],
        &[cookie, id, ("sec-fetch-site", "none")],
        &[cookie, id, same, same],
        &[cookie, id, id, same],
    ];
    for headers in requests {
        let answer = site.device_raw("POST", REFRESH, headers);
        assert_eq!((answer.status, answer.challenge()), (403, None), "{headers:?}");
    }
    let answer = site.device_raw("POST", REFRESH, &[cookie, id, same]);
    assert!(answer.challenge().is_some());
    // The draft writes the string with quotes.
    let id = format!("\"{}\"", id.1);
    let quoted = site.device_raw("POST", REFRESH, &[cookie, ("sec-secure-session-id", &id), same]);
    assert!(quoted.challenge().is_some());
}

#[test]
fn a_proof_is_accepted_with_and_without_quotes() {
    let site = Site::new();
    let mut browser = Browser::logged_in(&site);
    browser.try_refresh(&site);
    let proof = format!("\"{}\"", browser.device.proof(browser.challenge.as_deref().unwrap()));
    let id = browser.id.clone().unwrap();
    let headers = [("sec-secure-session-id", &*id), ("secure-session-response", &*proof)];
    assert!(site.device(REFRESH, &browser.cookies(REFRESH), &headers).proves());
}

#[test]
fn a_registration_from_another_site_is_refused() {
    let site = Site::new();
    let mut browser = Browser::new();
    let page = browser.log_in(&site);
    let challenge = crate::site::quoted(page.registration.as_deref().unwrap().split("challenge=").nth(1).unwrap());
    let proof = browser.device.registration(&challenge);
    let (cookies, proof) = (browser.cookies(REGISTER), ("secure-session-response", &*proof));
    for from in ["cross-site", "same-site", "none"] {
        let headers = [("cookie", &*cookies), ("sec-fetch-site", from), proof];
        assert_eq!(site.device_raw("POST", REGISTER, &headers).status, 403, "{from}");
    }
    assert_eq!(site.device_raw("POST", REGISTER, &[("cookie", &*cookies), proof, proof]).status, 400);
    assert_eq!(site.device_raw("POST", REGISTER, &[("cookie", &*cookies)]).status, 400);
    assert_eq!(site.device_raw("POST", REGISTER, &[proof]).status, 403, "there is no session");
    assert_eq!(site.device_raw("POST", REGISTER, &[("cookie", &*cookies), proof]).status, 200);
}

#[test]
fn a_renewal_under_an_old_challenge_is_asked_for_again() {
    let site = Site::new();
    let mut browser = Browser::logged_in(&site);
    browser.try_refresh(&site);
    site.wait(661);
    let answer = browser.try_refresh(&site);
    assert_eq!((answer.status, answer.set_cookies().len()), (403, 0));
    assert_eq!(browser.try_refresh(&site).status, 200);
}

#[test]
fn a_response_without_room_for_the_registration_is_an_error() {
    let site = Site::new();
    let session = site.sessions.load_cookies([""]);
    session.insert("user", "ada").unwrap();
    session.bind_to_device();
    let mut headers = http::HeaderMap::new();
    let name = |number: usize| http::HeaderName::try_from(format!("x-{number}")).unwrap();
    let one = || http::HeaderValue::from_static("1");
    (0..).map_while(|number| headers.try_append(name(number), one()).ok()).for_each(drop);
    // The cookie, `Vary`, `Cache-Control` and the registration.
    for room in 0..=4 {
        let before = headers.clone();
        assert_eq!(site.sessions.save_headers(&session, &mut headers).is_ok(), room == 4, "{room}");
        assert_eq!(headers == before, room < 4);
        headers.remove(name(room));
    }
}

#[test]
fn debug_of_an_answer_shows_its_status_and_no_cookie() {
    let site = Site::new();
    let browser = Browser::logged_in(&site);
    let headers = [("cookie", browser.cookies(REFRESH)), ("sec-secure-session-id", browser.id.clone().unwrap())];
    let headers = headers.iter().map(|(name, value)| (*name, &**value));
    let answer = site.sessions.device_answer("POST", REFRESH, headers).unwrap();
    let shown = format!("{answer:?}");
    assert!(shown.starts_with("DeviceAnswer") && shown.contains("403"), "{shown}");
    assert!(!shown.contains(&browser.cookie("session").unwrap()[..20]), "{shown}");
}
