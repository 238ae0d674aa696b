//! The cards of the page, one by one.

use std::thread;
use std::time::Duration;

use signed_cookie_session::{Secret, SignedCookieFactory};

use super::{Client, Demo, Response, SECRET, counter, csrf_token, demo, log_in, submit};

/// Returns the text of a page between two pieces of HTML, without escapes and tags.
fn text_between(page: &Response, before: &str, after: &str) -> String {
    let (_, rest) = page.body.split_once(before).unwrap_or_else(|| panic!("{before}: {}", page.body));
    let html = rest.split_once(after).expect("it ends").0;
    let outside_tags = html.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text));
    outside_tags
        .collect::<String>()
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

fn raw_cookie(page: &Response) -> String {
    text_between(page, "id=\"raw\"><code>", "</code>")
}

/// Returns a factory that reads the demo's cookies.
fn sessions() -> SignedCookieFactory {
    SignedCookieFactory::new(Secret::new(SECRET).unwrap())
}

/// Presses the button of the card "Signed or encrypted".
fn switch(visitor: &mut Client, format: &str) {
    let answer = submit(visitor, "/format", &format!("format={format}"));
    assert_eq!((answer.status, answer.header("location")), (303, Some("/")));
}

#[test]
fn the_cookie_is_shown_with_its_parts_told_apart() {
    let demo = demo();
    let mut visitor = demo.visitor();
    visitor.get("/set/color/teal");
    let page = visitor.get("/");
    assert_eq!(raw_cookie(&page), visitor.jar["session"]);
    for kind in ["signature", "times", "data"] {
        assert!(
            page.body.contains(&format!("<code><span class=\"{kind}\">"))
                || page.body.contains(&format!("</span><span class=\"{kind}\">")),
            "{kind}"
        );
    }
    let said = text_between(&page, "It says:</p>\n<p class=\"raw\"><code>", "</code>");
    let data = &said[said.find('{').unwrap()..said.len() - 1];
    let session = sessions().decode(&visitor.jar["session"]).unwrap();
    assert_eq!(serde_json::from_str::<serde_json::Map<_, _>>(data).unwrap(), session.to_map().unwrap());
    // A page that does not change the session shows the cookie that the browser sent.
    let queue = visitor.get("/queue");
    assert_eq!((raw_cookie(&queue), queue.header("set-cookie")), (visitor.jar["session"].clone(), None));
    // A page that removes the session shows no cookie.
    let cookie = visitor.jar["session"].clone();
    submit(&mut visitor, "/logout", "");
    visitor.jar.insert("session".into(), cookie);
    let queue = visitor.get("/queue");
    assert!(queue.body.contains("session=; ") && !queue.body.contains("id=\"raw\""), "{}", queue.body);
}

#[test]
fn the_set_cookie_lines_are_those_of_the_response() {
    let demo = demo();
    let mut visitor = demo.visitor();
    for format in ["signed", "encrypted"] {
        switch(&mut visitor, format);
        let page = visitor.get("/");
        let shown = text_between(&page, "<ul class=\"lines\" id=\"set-cookie\">", "</ul>");
        let lines: Vec<&str> = shown.lines().filter(|line| !line.is_empty()).collect();
        assert_eq!(lines, page.all("set-cookie").collect::<Vec<_>>(), "{format}");
        assert_eq!(lines.len(), 1);
    }
}

#[test]
fn each_card_shows_its_own_rust() {
    let demo = demo();
    let page = demo.visitor().get("/");
    let cards: Vec<_> = page.body.split("<section class=\"card\">").skip(1).collect();
    assert_eq!(cards.len(), 10);
    for card in cards {
        let code =
            card.split_once("<pre tabindex=\"0\"><code>").expect("it has code").1.split("</code>").next().unwrap();
        assert!(code.to_lowercase().contains("session"), "{card}");
        assert!((5..=22).contains(&code.lines().count()), "{code}");
    }
}

#[test]
fn a_message_waits_in_the_queue_until_the_start_page_shows_it() {
    let demo = demo();
    let mut visitor = demo.visitor();
    for message in ["one", "two"] {
        let answer = submit(&mut visitor, "/flash", &format!("message={message}"));
        assert_eq!((answer.status, answer.header("location")), (303, Some("/queue")));
    }
    for _ in 0..2 {
        let queue = visitor.get("/queue");
        assert!(text_between(&queue, "id=\"queue\">", "</ul>").contains("\"one\"\n\"two\""), "{}", queue.body);
    }
    let page = visitor.get("/");
    let shown: Vec<_> =
        page.body.split("role=\"status\">").skip(1).map(|rest| rest.split('<').next().unwrap()).collect();
    assert_eq!(shown, ["one", "two"]);
    assert!(visitor.get("/queue").body.contains("No message is waiting."));
}

#[test]
fn a_switch_of_the_format_keeps_the_session() {
    let demo = demo();
    let mut visitor = demo.visitor();
    assert_eq!(counter(&visitor.get("/")), 1);
    log_in(&mut visitor, "Ada");
    for (expected, (format, begins)) in (2..).zip([("encrypted", "e1."), ("signed", ""), ("encrypted", "e1.")]) {
        switch(&mut visitor, format);
        let page = visitor.get("/");
        assert!(page.body.contains("the session is valid in a former format"), "{format}");
        assert!(page.body.contains(&format!("<strong id=\"format\">{format}</strong>")), "{format}");
        assert!(page.body.contains("Hello, Ada."), "{format}");
        assert_eq!(counter(&page), expected * 2 - 2, "{format}");
        assert_eq!(raw_cookie(&page), visitor.jar["session"]);
        assert!(visitor.jar["session"].starts_with(begins), "{format}");
        let next = visitor.get("/");
        assert!(next.body.contains("the session is valid</dd>"), "{format}");
        assert_eq!(next.body.contains("sealed: only the server can read it"), format == "encrypted");
        assert_eq!(next.body.contains("It says:"), format == "signed");
    }
    submit(&mut visitor, "/logout", "");
    assert!(!visitor.jar.contains_key("session"));
}

#[test]
fn one_changed_character_is_told_and_harms_nothing() {
    let demo = demo();
    for format in ["signed", "encrypted"] {
        let mut visitor = demo.visitor();
        switch(&mut visitor, format);
        visitor.get("/");
        submit(&mut visitor, "/items", "");
        let cookie = visitor.jar["session"].clone();
        for at in [0, 5, 100, cookie.len() - 1] {
            let page = submit(&mut visitor, "/flip", &format!("at={at}"));
            assert_eq!((page.status, page.header("set-cookie")), (200, None), "{at}");
            let outcome = text_between(&page, "<strong id=\"outcome\">", "</strong>");
            assert!(["bad_signature", "malformed"].contains(&&*outcome), "{at}: {outcome}");
            assert_eq!(text_between(&page, "id=\"keys\">", "</dd>"), "0");
            let changed = text_between(&page, "id=\"changed\"><code>", "</code>");
            let differences = changed.bytes().zip(cookie.bytes()).filter(|(one, other)| one != other).count();
            assert_eq!((changed.len(), differences), (cookie.len(), 1), "{at}");
        }
        let page = submit(&mut visitor, "/flip", &format!("at={}", cookie.len()));
        assert_eq!(page.status, 400);
        assert!(page.body.contains(&format!("Choose a character from 0 to {}.", cookie.len() - 1)));
        assert_eq!(counter(&visitor.get("/")), 2);
    }
}

#[test]
fn a_logout_while_a_slow_page_is_loading_holds() {
    let demo = demo();
    for format in ["signed", "encrypted"] {
        let mut visitor = demo.visitor();
        switch(&mut visitor, format);
        log_in(&mut visitor, "Ada");
        assert_eq!(visitor.get("/who").body, "Ada, valid\n");
        let mut slow = demo.returning(&visitor.jar);
        let slow = thread::spawn(move || (slow.get("/slow").body, slow.jar));
        thread::sleep(Duration::from_millis(500));
        submit(&mut visitor, "/logout", "");
        assert_eq!(visitor.get("/who").body, "stranger, absent\n");
        let (body, jar) = slow.join().unwrap();
        assert_eq!(body, "Ada, valid\n");
        // The browser stores the cookie of the slow page.
        visitor.jar.insert("session".into(), jar["session"].clone());
        let page = visitor.get("/");
        assert!(page.body.contains("Hello, stranger.") && page.body.contains("that holds"), "{format}");
        assert!(page.body.contains("the session has ended with a logout or a login"), "{format}");
        assert_eq!(counter(&page), 1);
        assert!(visitor.get("/").body.contains("the session is valid"));
    }
}

#[test]
fn a_full_session_has_a_way_out() {
    let demo = demo();
    let mut visitor = demo.visitor();
    visitor.get("/set/color/teal");
    assert_eq!([(); 3].map(|()| submit(&mut visitor, "/fill", "").status), [303, 303, 413]);
    let full = submit(&mut visitor, "/fill", "");
    assert!(full.body.contains("Nothing was saved: the session needs a 4"), "{}", full.body);
    assert!(full.body.contains("&quot;filling&quot; with 3002 bytes"), "{}", full.body);
    let room = visitor.get("/room");
    let keys: Vec<_> =
        room.body.split("name=\"key\" value=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(keys, ["filling", "color"], "the largest value comes first");
    assert_eq!(submit(&mut visitor, "/remove", "key=filling").status, 303);
    assert_eq!(submit(&mut visitor, "/fill", "").status, 303);
    assert_eq!(submit(&mut visitor, "/remove", "key=_csrft_").status, 403);
}

#[test]
fn a_session_without_room_for_a_token_has_a_way_out_too() {
    let demo = demo();
    let mut visitor = demo.visitor();
    let sessions = sessions();
    let session = sessions.load_cookies([""]);
    session.insert("a b/ä", "").unwrap();
    let room = (sessions.max_size() - sessions.size(&session).unwrap()) / 4 * 3;
    session.insert("a b/ä", "x".repeat(room)).unwrap();
    visitor.jar.insert("session".into(), sessions.encode(&session).unwrap());
    assert_eq!([visitor.get("/").status, visitor.get("/login").status], [413, 413]);
    let page = visitor.get("/room");
    assert_eq!(page.status, 200);
    let link = text_between(&page, "<li class=\"line-of\">\n<a href=\"", "\"");
    assert_eq!(link, "/set/a%20b%2F%C3%A4/-");
    assert_eq!([visitor.get(&link).status, visitor.get("/").status], [200, 200]);
}

#[test]
fn only_the_right_one_of_log_in_and_log_out_is_there() {
    let demo = demo();
    let mut visitor = demo.visitor();
    let links = |page: &Response| {
        let menu = text_between(page, "<nav aria-label=\"Pages\">", "</nav>");
        let logs = |action: &str| page.body.contains(&format!("<form method=\"post\" action=\"{action}\">\n"));
        (menu, logs("/login"), logs("/logout"))
    };
    for path in ["/", "/howdy"] {
        assert_eq!(links(&visitor.get(path)), ("HelloHowdyLog in".into(), true, false), "{path}");
    }
    log_in(&mut visitor, "Ada");
    for path in ["/", "/howdy"] {
        assert_eq!(links(&visitor.get(path)), ("HelloHowdyLog out".into(), false, true), "{path}");
    }
    for path in ["/nothing", "/queue", "/goodbye"] {
        assert_eq!(links(&visitor.get(path)).0, "HelloHowdyLog out", "{path}");
    }
}

#[test]
fn the_current_page_is_marked_in_the_menu() {
    let demo = demo();
    for path in ["/", "/howdy", "/login"] {
        let page = demo.visitor().get(path);
        assert_eq!(page.body.matches("aria-current=").count(), 1, "{path}");
        assert!(page.body.contains(&format!("<a href=\"{path}\" aria-current=\"page\">")), "{path}");
    }
    assert!(!demo.visitor().get("/queue").body.contains("aria-current="));
}

#[test]
fn every_form_has_the_sessions_token() {
    let demo = demo();
    let mut visitor = demo.visitor();
    for logged_in in [false, true] {
        if logged_in {
            log_in(&mut visitor, "Ada");
        }
        let token = csrf_token(&visitor.get("/login"));
        for path in ["/", "/howdy", "/login", "/logout", "/room", "/set/a/b", "/get/a"] {
            let page = visitor.get(path);
            let forms: Vec<_> = page.body.split("<form ").skip(1).collect();
            assert!(!forms.is_empty() || path == "/room", "{path}");
            for form in forms {
                let form = form.split("</form>").next().unwrap();
                assert!(form.starts_with("method=\"post\""), "{path}: {form}");
                assert!(form.contains(&format!("name=\"csrf_token\" value=\"{token}\"")), "{path}: {form}");
            }
        }
    }
}

#[test]
fn a_link_changes_nothing_but_the_counter_and_what_set_stores() {
    let demo = demo();
    let mut visitor = demo.visitor();
    log_in(&mut visitor, "Ada");
    submit(&mut visitor, "/items", "item=figs");
    let session = |visitor: &Client| sessions().decode(&visitor.jar["session"]).unwrap().to_map().unwrap();
    let before = session(&visitor);
    for path in ["/login", "/logout", "/goodbye", "/queue", "/room", "/who", "/get/items", "/nothing", "/favicon.ico"] {
        assert!(visitor.get(path).status < 500);
        assert_eq!(session(&visitor), before, "{path}");
    }
    for path in ["/items", "/flash", "/format", "/flip", "/fill", "/remove", "/theft"] {
        assert_eq!(visitor.get(path).status, 405, "{path}");
    }
    let page = visitor.get("/set/color/teal");
    assert!(page.body.contains("A <code>GET</code> has changed your session"), "it says so");
}

#[test]
fn a_form_of_another_site_is_refused_whatever_its_token() {
    let demo = demo();
    let mut visitor = demo.visitor();
    let body = format!("csrf_token={}&item=figs", csrf_token(&visitor.get("/login")));
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let own = format!("Origin: http://{}\r\n", demo.address);
    let localhost = format!("Origin: http://localhost:{}\r\n", demo.address.port());
    for (origin, status) in [
        ("Origin: https://evil.example\r\n", 403),
        ("Sec-Fetch-Site: cross-site\r\n", 403),
        ("Origin: null\r\n", 403),
        (&own, 303),
        (&localhost, 303),
        ("Sec-Fetch-Site: same-origin\r\n", 303),
        ("", 303),
    ] {
        let page = visitor.send("POST", "/items", &format!("{form}{origin}"), &body);
        assert_eq!(page.status, status, "{origin}");
        assert_eq!(page.body.contains("Another site sent this form."), status == 403, "{origin}");
    }
}

#[test]
fn over_plain_http_the_device_card_says_what_is_missing() {
    let demo: Demo = demo();
    let mut visitor = demo.visitor();
    log_in(&mut visitor, "Ada");
    let page = visitor.get("/");
    assert!(page.body.contains("over HTTPS only"));
    assert!(!page.body.contains("action=\"/theft\""));
}
