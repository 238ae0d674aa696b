//! The headers that saving adds to a response: `Set-Cookie`, `Vary` and `Cache-Control`, together with the app's own.

use crate::common::*;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, SET_COOKIE, VARY};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use signed_cookie_session::{Session, SignedCookieFactory};

/// Returns a session that saving will write.
fn changed() -> Session {
    let session = load_dict("{}");
    session.insert("a", 1).unwrap();
    session
}

fn save_beside(sessions: &SignedCookieFactory, session: &Session, app: &[(HeaderName, &[u8])]) -> HeaderMap {
    let mut response = Response::new(());
    for (name, value) in app {
        response.headers_mut().append(name, HeaderValue::from_bytes(value).unwrap());
    }
    sessions.save(session, &mut response).unwrap();
    response.headers().clone()
}

#[test]
fn a_written_session_sets_one_cookie_and_both_cache_headers() {
    let headers = saved(&sessions(), &changed()).headers().clone();
    assert_eq!(headers.len(), 3);
    assert_eq!(lines(&headers, SET_COOKIE).len(), 1);
    assert_eq!(lines(&headers, VARY), ["Cookie"]);
    assert_eq!(lines(&headers, CACHE_CONTROL), ["private"]);
}

#[test]
fn a_session_that_was_only_read_sets_only_vary() {
    let session = load_dict(r#"{"a": 1}"#);
    assert!(session.contains_key("a"));
    let app: [(HeaderName, &[u8]); 1] = [(CACHE_CONTROL, b"public, max-age=60")];
    let headers = save_beside(&quiet(), &session, &app);
    assert_eq!(lines(&headers, VARY), ["Cookie"]);
    assert_eq!(lines(&headers, CACHE_CONTROL), ["public, max-age=60"]);
    assert_eq!(lines(&headers, SET_COOKIE).len(), 0);
}

#[test]
fn vary_is_appended_unless_it_covers_the_cookie() {
    let vary = |app: &[&str]| {
        let app: Vec<_> = app.iter().map(|line| (VARY, line.as_bytes())).collect();
        lines(&save_beside(&sessions(), &changed(), &app), VARY)
    };
    assert_eq!(vary(&["Accept-Encoding"]), ["Accept-Encoding", "Cookie"]);
    assert_eq!(vary(&["Accept", "Origin"]), ["Accept", "Origin", "Cookie"]);
    assert_eq!(vary(&["X-Cookie, Cookie2"]), ["X-Cookie, Cookie2", "Cookie"]);
    assert_eq!(vary(&[""]), ["", "Cookie"]);
    for covered in ["Cookie", "cookie", "COOKIE", "Accept, Cookie", "Accept ,\tcookie ", ",Cookie,", "*", "Accept, *"] {
        assert_eq!(vary(&[covered]), [covered]);
        assert_eq!(vary(&["Accept", covered]), ["Accept", covered]);
    }
}

#[test]
fn cache_control_becomes_private_and_is_never_loosened() {
    for (app, merged) in [
        (&[][..], "private"),
        (&[""], "private"),
        (&[" , ,"], "private"),
        (&["public"], "private"),
        (&["PUBLIC"], "private"),
        (&["max-age=60"], "max-age=60, private"),
        (&["public, max-age=60"], "max-age=60, private"),
        (&["max-age=60, S-MaxAge=600"], "max-age=60, private"),
        (&["s-maxage=\"600\""], "private"),
        (&["s-maxage = 600, no-cache"], "no-cache, private"),
        (&["no-cache"], "no-cache, private"),
        (&["no-cache=\"set-cookie\""], "no-cache=\"set-cookie\", private"),
        (&["must-revalidate, max-age=0"], "must-revalidate, max-age=0, private"),
        (&["public, no-store"], "no-store"),
        (&["private, s-maxage=60"], "private"),
        (&["private=\"x-secret\""], "private=\"x-secret\", private"),
        (&["private=\"x-secret, public\", max-age=1"], "private=\"x-secret, public\", max-age=1, private"),
        (&["ext=\"a \\\" , public\", max-age=1"], "ext=\"a \\\" , public\", max-age=1, private"),
        (&["ext=\"no-store, private\""], "ext=\"no-store, private\", private"),
        // Outside of quotes, a backslash does not escape.
        (&["ext=a\\, public"], "ext=a\\, private"),
        (&["community=public"], "community=public, private"),
        (&["max-age=60", "public"], "max-age=60, private"),
        (&["public", "max-age=60", "s-maxage=1"], "max-age=60, private"),
        (&["stale-while-revalidate=30,,max-age=1,"], "stale-while-revalidate=30, max-age=1, private"),
        // A cache that knows must-understand ignores the no-store beside it (RFC 9111 section 5.2.2.3).
        (&["must-understand, no-store"], "must-understand, no-store, private"),
        (&["no-store, Must-Understand, public"], "no-store, Must-Understand, private"),
    ] {
        let app: Vec<_> = app.iter().map(|line| (CACHE_CONTROL, line.as_bytes())).collect();
        let headers = save_beside(&sessions(), &changed(), &app);
        assert_eq!(lines(&headers, CACHE_CONTROL), [merged], "{app:?}");
    }
}

#[test]
fn cache_control_that_forbids_shared_caching_stays() {
    for app in [
        &["private"][..],
        &["PRIVATE"],
        &["no-store"],
        &["No-Store,max-age=0"],
        &["max-age=60 ,private"],
        &["max-age=60", "private"],
        &["no-cache,,no-store"],
        &["must-understand, no-store, private"],
    ] {
        let given: Vec<_> = app.iter().map(|line| (CACHE_CONTROL, line.as_bytes())).collect();
        assert_eq!(lines(&save_beside(&sessions(), &changed(), &given), CACHE_CONTROL), app);
    }
}

#[test]
fn cache_control_with_an_open_quote_becomes_no_store() {
    for odd in ["max-age=60, ext=\"open", "\"", "private, x=\"\\\"", "public, \""] {
        let headers = save_beside(&sessions(), &changed(), &[(CACHE_CONTROL, odd.as_bytes())]);
        assert_eq!(lines(&headers, CACHE_CONTROL), ["no-store"], "{odd}");
    }
}

#[test]
fn bytes_that_are_not_text_are_kept_in_cache_control() {
    let app: [(HeaderName, &[u8]); 3] =
        [(CACHE_CONTROL, b"public, ext=\xff\xfe"), (VARY, b"\xff"), (SET_COOKIE, b"session=\xff; Path=/")];
    let headers = save_beside(&sessions(), &changed(), &app);
    assert_eq!(headers[CACHE_CONTROL].as_bytes(), b"ext=\xff\xfe, private");
    assert_eq!(headers.get_all(VARY).iter().count(), 2);
    assert_eq!(headers.get_all(SET_COOKIE).iter().count(), 2);
}

#[test]
fn cache_headers_off_leaves_both_to_the_app() {
    let sessions = builder().cache_headers(false).build().unwrap();
    let headers = save_beside(&sessions, &changed(), &[(CACHE_CONTROL, b"public")]);
    assert_eq!(headers.len(), 2);
    assert_eq!(lines(&headers, CACHE_CONTROL), ["public"]);
    assert_eq!(lines(&headers, SET_COOKIE).len(), 1);
    let session = load(&sessions, sign_dict("{}"));
    assert!(session.is_empty());
    assert!(saved(&sessions, &session).headers().is_empty());
    session.invalidate();
    let headers = saved(&sessions, &session).headers().clone();
    assert_eq!((headers.keys().count(), lines(&headers, SET_COOKIE).len()), (1, 2));
}

#[test]
fn saving_twice_is_saving_once() {
    for app in [&[][..], &[(VARY, b"Accept".as_slice()), (CACHE_CONTROL, b"public, max-age=1")]] {
        let session = changed();
        let once = save_beside(&quiet(), &session, app);
        let mut twice = once.clone();
        quiet().save_headers(&session, &mut twice).unwrap();
        assert_eq!(twice, once);
        session.invalidate();
        quiet().save_headers(&session, &mut twice).unwrap();
        let removed = twice.clone();
        quiet().save_headers(&session, &mut twice).unwrap();
        assert_eq!(twice, removed);
        assert_eq!(lines(&twice, SET_COOKIE).len(), 2, "the removal and the end mark");
    }
}

#[test]
fn a_second_save_replaces_only_the_sessions_cookie() {
    let own = [
        "theme=dark; Path=/",
        "session=other; Path=/admin",
        "session=other; Path=/; Domain=other.example",
        "session=other",
        "session2=x; Path=/",
        "Session=x; Path=/",
        "session; Path=/",
    ];
    let app: Vec<_> = own.iter().map(|line| (SET_COOKIE, line.as_bytes())).collect();
    let session = changed();
    let mut headers = save_beside(&quiet(), &session, &app);
    assert_eq!(lines(&headers, SET_COOKIE)[..7], own);
    assert_eq!(lines(&headers, SET_COOKIE).len(), 8);

    headers.append(SET_COOKIE, "late=1".parse().unwrap());
    session.insert("a", 2).unwrap();
    quiet().save_headers(&session, &mut headers).unwrap();
    let after = lines(&headers, SET_COOKIE);
    assert_eq!(after[..7], own);
    assert_eq!(after[7], "late=1");
    assert_eq!(after.len(), 9);
    assert_eq!(dict(value_of(&after[8])), r#"{"a": 2}"#);
}

#[test]
fn another_programs_cookie_stays_until_the_session_is_touched() {
    let app: [(HeaderName, &[u8]); 1] = [(SET_COOKIE, b"session=pyramids; Path=/")];
    let session = load_dict(r#"{"a": 1}"#);
    let headers = save_beside(&quiet(), &session, &app);
    assert_eq!(lines(&headers, SET_COOKIE), ["session=pyramids; Path=/"]);
    assert!(session.contains_key("a"));
    let headers = save_beside(&quiet(), &session, &app);
    assert!(lines(&headers, SET_COOKIE).is_empty());
}

#[test]
fn a_second_save_replaces_the_cookie_with_any_settings() {
    let builders = [
        builder().path("/shop").domain(".Example.COM").max_age(seconds(60)),
        builder().path("/a b/c=d%20\"x\",y").same_site(None).secure(false).http_only(false),
        builder().cookie_name("!#$%&'*+-.^_`|~").path("//").domain("example.com").partitioned(true),
        builder().domain("localhost"),
    ];
    for builder in builders {
        let sessions = builder.build().unwrap();
        let session = sessions.decode(&sign_dict("{}")).unwrap();
        session.insert("a", 1).unwrap();
        let mut response = saved(&sessions, &session);
        session.insert("a", 2).unwrap();
        sessions.save(&session, &mut response).unwrap();
        assert_eq!(set_cookies(&response).len(), 1, "{response:?}");
        assert_eq!(dict(value_of(&set_cookies(&response)[0])), r#"{"a": 2}"#);
        session.invalidate();
        sessions.save(&session, &mut response).unwrap();
        sessions.save(&session, &mut response).unwrap();
        assert_eq!(set_cookies(&response).len(), 2, "{response:?}");
        assert_eq!(value_of(&set_cookies(&response)[0]), "");
        let name = sessions.cookie_name();
        assert!(set_cookies(&response)[1].starts_with(&format!("{name}.ended=")));
    }
}

#[test]
fn a_second_save_removes_headers_that_are_not_needed() {
    let sessions = builder().set_on_exception(false).build().unwrap();
    let session = new_session(&sessions);
    session.insert("a", 1).unwrap();
    let mut response = saved(&sessions, &session);
    assert_eq!(set_cookies(&response).len(), 1);
    *response.status_mut() = StatusCode::BAD_GATEWAY;
    sessions.save(&session, &mut response).unwrap();
    assert!(set_cookies(&response).is_empty(), "the page failed after all");

    *response.status_mut() = StatusCode::OK;
    sessions.save(&session, &mut response).unwrap();
    assert_eq!(set_cookies(&response).len(), 1);
    session.invalidate();
    sessions.save(&session, &mut response).unwrap();
    assert!(set_cookies(&response).is_empty(), "the client has no cookie to remove");
}

#[test]
fn two_sessions_with_different_names_are_independent() {
    let prefs = builder().cookie_name("prefs").build().unwrap();
    let (one, two) = (changed(), new_session(&prefs));
    two.insert("theme", "dark").unwrap();
    let mut response = saved(&sessions(), &one);
    prefs.save(&two, &mut response).unwrap();
    sessions().save(&one, &mut response).unwrap();
    let mut names: Vec<_> = set_cookies(&response).iter().map(|line| line[..5].to_owned()).collect();
    names.sort();
    assert_eq!(names, ["prefs", "sessi"]);
    assert_eq!(lines(response.headers(), VARY), ["Cookie"]);
    assert_eq!(lines(response.headers(), CACHE_CONTROL), ["private"]);
}

#[test]
fn the_apps_other_headers_stay() {
    let app: [(HeaderName, &[u8]); 2] = [(CONTENT_TYPE, b"text/html"), (HeaderName::from_static("x-own"), b"1")];
    let headers = save_beside(&sessions(), &changed(), &app);
    assert_eq!(headers[CONTENT_TYPE], "text/html");
    assert_eq!(headers["x-own"], "1");
    assert_eq!(headers.len(), 5);
}

#[test]
fn a_save_that_fails_leaves_the_response_as_it_was() {
    let session = changed();
    let app: [(HeaderName, &[u8]); 2] = [(VARY, b"Accept"), (CACHE_CONTROL, b"public")];
    let mut headers = save_beside(&quiet(), &session, &app);
    let before = headers.clone();
    session.insert("essay", "x".repeat(5000)).unwrap();
    assert!(quiet().save_headers(&session, &mut headers).is_err());
    assert_eq!(headers, before);
    session.remove("essay");
    quiet().save_headers(&session, &mut headers).unwrap();
    assert_eq!(lines(&headers, SET_COOKIE).len(), 1);
}

#[test]
fn a_response_without_space_for_a_header_is_an_error() {
    let mut headers = HeaderMap::new();
    let mut count = 0;
    while headers.try_append(HeaderName::try_from(format!("x-{count}")).unwrap(), HeaderValue::from_static("1")).is_ok()
    {
        count += 1;
    }
    for room in 0..4 {
        let before = headers.clone();
        let saved = quiet().save_headers(&changed(), &mut headers);
        if room < 3 {
            let error = saved.unwrap_err();
            assert!(error.to_string().contains("header"), "{error}");
            assert_eq!(headers, before);
        } else {
            saved.unwrap();
        }
        headers.remove(format!("x-{room}"));
    }
}

#[test]
fn response_headers_agrees_with_save_and_changes_nothing() {
    let session = changed();
    let planned = quiet().response_headers(&session, 200).unwrap();
    let response = saved(&quiet(), &session);
    assert_eq!(planned.set_cookies().next(), Some(&*set_cookies(&response)[0]));
    assert_eq!(planned.set_cookies().next(), quiet().set_cookies(&session).unwrap().into_iter().next().as_deref());
    assert_eq!(planned.vary([] as [&str; 0]), Some("Cookie"));
    assert_eq!(planned.vary(["Accept", "cookie"]), None);
    assert_eq!(planned.cache_control([] as [&str; 0]).as_deref(), Some(&b"private"[..]));
    assert_eq!(planned.cache_control(["public", "no-cache"]).as_deref(), Some(&b"no-cache, private"[..]));
    assert_eq!(planned.cache_control(["private"]), None);
    assert!(planned.replaces(&set_cookies(&response)[0]));
    assert!(!planned.replaces("session=x; Path=/admin"));

    let untouched = quiet().response_headers(&load_dict("{}"), 200).unwrap();
    assert_eq!(untouched.set_cookies().next(), None);
    assert_eq!(untouched.vary(["Accept"]), None);
    assert_eq!(untouched.cache_control(["public"]), None);
    assert!(!untouched.replaces(&set_cookies(&response)[0]));
}

#[test]
fn save_headers_writes_because_it_sees_no_status() {
    let sessions = builder().set_on_exception(false).build().unwrap();
    let mut headers = HeaderMap::new();
    sessions.save_headers(&changed(), &mut headers).unwrap();
    assert_eq!(lines(&headers, SET_COOKIE).len(), 1);
}
