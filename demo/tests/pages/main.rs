//! The demo from a visitor's point of view: the real program, over HTTP.

#[path = "../common/mod.rs"]
mod common;

mod cards;

use std::io::Read;
use std::process::Command;

use common::client::{Client, Jar, Response};
use common::demo::{Demo, command};

const SECRET: &str = "a secret for the tests of the demo, and for nothing else";

/// Starts the demo with the secret of these tests.
fn demo() -> Demo {
    Demo::with(&[("SESSION_SECRET", SECRET)])
}

/// Returns the cookies of a visitor after one visit.
fn jar_of(demo: &Demo) -> Jar {
    let mut visitor = demo.visitor();
    assert_eq!(counter(&visitor.get("/")), 1);
    visitor.jar
}

/// Returns the error of a demo that does not start.
fn refusal(variables: &[(&str, &str)]) -> String {
    let output = command(variables).output().expect("the demo starts");
    let stderr = String::from_utf8(output.stderr).expect("it writes UTF-8");
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
    stderr
}

fn counter(page: &Response) -> u64 {
    let after = page.body.split("id=\"counter\">").nth(1).expect("the page shows a counter");
    after.split('<').next().and_then(|count| count.parse().ok()).expect("the counter is a number")
}

fn csrf_token(page: &Response) -> String {
    let after = page.body.split("name=\"csrf_token\" value=\"").nth(1).expect("the form has a token");
    after.split('"').next().expect("it is quoted").into()
}

/// Sends a form with the session's token.
fn submit(visitor: &mut Client, path: &str, fields: &str) -> Response {
    let token = csrf_token(&visitor.get("/login"));
    visitor.post(path, &format!("csrf_token={token}&{fields}"))
}

fn log_in(visitor: &mut Client, name: &str) -> Response {
    submit(visitor, "/login", &format!("user={name}"))
}

#[test]
fn one_counter_is_shared_by_two_pages() {
    let demo = demo();
    let mut visitor = demo.visitor();
    let first = visitor.get("/");
    assert_eq!((first.status, first.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert!(first.body.contains("there was no session cookie"));
    let second = visitor.get("/howdy");
    assert!(second.body.contains("Howdy, stranger.") && second.body.contains("the session is valid"));
    let counters = [counter(&first), counter(&second), counter(&visitor.get("/")), counter(&demo.visitor().get("/"))];
    assert_eq!(counters, [1, 2, 3, 1]);
}

#[test]
fn the_counter_is_kept_over_a_restart_with_the_same_secret() {
    let mut jar = Jar::new();
    for expected in 1..=3 {
        let demo = demo();
        let mut visitor = demo.returning(&jar);
        assert_eq!(counter(&visitor.get("/")), expected);
        jar = visitor.jar;
    }
}

#[test]
fn the_counter_survives_a_rotation_but_not_another_secret() {
    let before = jar_of(&demo());
    let new = "another secret for the tests of the demo, newer than the first";

    let rotated = Demo::with(&[("SESSION_SECRET", new), ("SESSION_SECRET_OLD", SECRET)]);
    let mut visitor = rotated.returning(&before);
    assert_eq!(counter(&visitor.get("/")), 2);

    let other = Demo::with(&[("SESSION_SECRET", new)]);
    assert_eq!(counter(&other.returning(&visitor.jar).get("/")), 3);
    let page = other.returning(&before).get("/");
    assert_eq!(counter(&page), 1);
    assert!(page.body.contains("signature was made with another secret"));
}

#[test]
fn servers_with_different_clocks_share_a_session() {
    let node = |offset| Demo::with(&[("SESSION_SECRET", SECRET), ("CLOCK_OFFSET", offset)]);
    let ahead = jar_of(&node("90"));
    assert_eq!(counter(&node("-90").returning(&ahead).get("/")), 2);
    let far_behind = jar_of(&node("-1300"));
    let page = node("0").returning(&far_behind).get("/");
    assert_eq!(counter(&page), 1);
    assert!(page.body.contains("the session has timed out"));
}

#[test]
fn what_set_keeps_get_shows() {
    let demo = demo();
    let mut visitor = demo.visitor();
    let kept = visitor.get("/set/gr%C3%B6%C3%9Fe/b%2Fc%20%E2%82%AC");
    assert_eq!(kept.status, 200);
    let found = visitor.get("/get/gr%C3%B6%C3%9Fe");
    assert!(found.body.contains("id=\"value\">b/c €</p>"), "{}", found.body);
    assert_eq!(visitor.get("/get/nothing").status, 404);
    assert_eq!(demo.visitor().get("/get/gr%C3%B6%C3%9Fe").status, 404);
}

#[test]
fn the_sessions_own_keys_cannot_be_set() {
    let demo = demo();
    let mut visitor = demo.visitor();
    let token = csrf_token(&visitor.get("/login"));
    assert_eq!(visitor.get("/set/_csrft_/known").status, 403);
    assert_eq!(csrf_token(&visitor.get("/login")), token);
}

#[test]
fn nobody_is_logged_in_by_a_link() {
    let demo = demo();
    let mut visitor = demo.visitor();
    assert_eq!(visitor.get("/set/user/eve").status, 200);
    assert!(visitor.get("/").body.contains("You are not logged in."));
}

#[test]
fn a_page_recovers_from_a_value_of_another_type() {
    let demo = demo();
    let mut visitor = demo.visitor();
    visitor.get("/set/counter/many");
    visitor.get("/set/items/none");
    assert_eq!(counter(&visitor.get("/")), 1);
    assert_eq!(submit(&mut visitor, "/items", "item=figs").status, 303);
    assert!(visitor.get("/").body.contains("<li>figs</li>"));
}

#[test]
fn an_item_is_added_and_its_message_shows_once() {
    let demo = demo();
    let mut visitor = demo.visitor();
    let added = submit(&mut visitor, "/items", "item=figs+%26+dates");
    assert_eq!((added.status, added.header("location")), (303, Some("/")));
    let page = visitor.get("/");
    assert_eq!(page.body.matches("Your item was added.").count(), 1);
    assert!(page.body.contains("<li>figs &amp; dates</li>"));
    assert!(!visitor.get("/").body.contains("Your item was added."));
    // A form without an item has the same message.
    assert_eq!(submit(&mut visitor, "/items", "").status, 303);
    assert_eq!(visitor.get("/howdy").body.matches("Your item was added.").count(), 1);
}

#[test]
fn a_login_regenerates_and_a_logout_leaves_no_cookie() {
    let demo = demo();
    let mut visitor = demo.visitor();
    visitor.get("/");
    let before = csrf_token(&visitor.get("/login"));
    let welcome = visitor.post("/login", &format!("csrf_token={before}&user=Ada"));
    assert_eq!((welcome.status, welcome.header("location")), (303, Some("/")));
    let page = visitor.get("/");
    assert!(page.body.contains("Welcome, Ada.") && page.body.contains("Hello, Ada."));
    assert_eq!(counter(&page), 2);

    let form = visitor.get("/logout");
    let token = csrf_token(&form);
    assert_ne!(token, before);
    assert_eq!(visitor.post("/logout", &format!("csrf_token={before}")).status, 403);
    let goodbye = visitor.post("/logout", &format!("csrf_token={token}"));
    assert_eq!((goodbye.status, goodbye.header("location")), (303, Some("/goodbye")));
    assert_eq!(visitor.jar.keys().collect::<Vec<_>>(), ["session.ended"]);
    let message = visitor.get("/goodbye");
    assert!(message.body.contains("You are logged out.") && message.header("set-cookie").is_none());
    let page = visitor.get("/");
    assert_eq!(counter(&page), 1);
    assert!(page.body.contains("You are not logged in."));
}

#[test]
fn a_form_without_the_sessions_token_is_refused() {
    let demo = demo();
    let mut visitor = demo.visitor();
    log_in(&mut visitor, "Ada");
    let strangers = csrf_token(&demo.visitor().get("/login"));
    let forms = [
        ("/login", "user=Eve"),
        ("/logout", ""),
        ("/items", "item=figs"),
        ("/flash", "message=x"),
        ("/format", "format=encrypted"),
        ("/flip", "at=1"),
        ("/fill", ""),
        ("/remove", "key=user"),
        ("/theft", ""),
    ];
    for token in ["", "csrf_token=", "csrf_token=known", &format!("csrf_token={strangers}")] {
        for (path, fields) in forms {
            let page = visitor.post(path, &format!("{token}&{fields}"));
            assert_eq!((page.status, page.header("set-cookie")), (403, None), "{path} {token}");
            assert!(page.body.contains("The form does not belong to this session"), "{path} {token}");
        }
    }
    assert!(visitor.get("/").body.contains("Hello, Ada."));
}

#[test]
fn a_login_wants_a_name() {
    let demo = demo();
    let mut visitor = demo.visitor();
    for name in ["", "+++", &"x".repeat(65)] {
        let answer = log_in(&mut visitor, name);
        assert_eq!(answer.status, 400, "{name}");
        assert!(answer.body.contains("Give a name of 1 to 64 characters."), "{name}");
    }
}

#[test]
fn a_tampered_cookie_is_a_new_session() {
    let demo = demo();
    let mut visitor = demo.visitor();
    visitor.get("/");
    visitor.get("/");
    let whole = visitor.jar["session"].clone();
    let another = |letter: char| if letter == 'A' { "B" } else { "A" };
    for at in [0, 40, 90, whole.len() - 1] {
        let mut tampered = whole.clone();
        tampered.replace_range(at..=at, another(whole.as_bytes()[at].into()));
        visitor.jar.insert("session".into(), tampered);
        assert_eq!(counter(&visitor.get("/")), 1, "the letter at {at}");
    }
    for odd in ["", "x", "=", "%00", &"A".repeat(20_000)] {
        visitor.jar.insert("session".into(), odd.into());
        let page = visitor.get("/");
        assert_eq!(counter(&page), 1, "{odd}");
        assert!(page.body.contains("the cookie does not hold a session"), "{odd}");
    }
    visitor.jar.insert("session".into(), whole);
    assert_eq!(counter(&visitor.get("/")), 3);
}

#[test]
fn whatever_a_visitor_sends_is_escaped() {
    let demo = demo();
    let mut visitor = demo.visitor();
    let evil = "%3Cscript%3E%22%27%26%00";
    let shown = "&lt;script&gt;&quot;&#39;&amp;";
    log_in(&mut visitor, evil);
    submit(&mut visitor, "/items", &format!("item={evil}"));
    let set = visitor.get(&format!("/set/k{evil}/v{evil}"));
    let (home, get) = (visitor.get("/"), visitor.get(&format!("/get/k{evil}")));
    let missing = visitor.get(&format!("/get/none{evil}"));
    let logout = visitor.get("/logout");
    for page in [set, home, get, missing, logout] {
        assert!(!page.body.contains("<script>\"'"), "{}", page.body);
        assert!(!page.body.contains('\0'));
        assert!(page.body.contains("&lt;script&gt;"));
    }
    assert!(visitor.get("/").body.contains(&format!("Hello, {shown}")));
}

#[test]
fn what_does_not_fit_is_told_and_the_session_stays() {
    let demo = demo();
    let mut visitor = demo.visitor();
    visitor.get("/");
    submit(&mut visitor, "/items", "item=figs");
    let jar = visitor.jar.clone();
    let essay = "x".repeat(5000);
    let kept = visitor.get(&format!("/set/x/{essay}"));
    assert!(kept.body.contains("the limit is 4064: store less in it. Largest keys: &quot;x&quot; with 5002 bytes"));
    let added = submit(&mut visitor, "/items", &format!("item={essay}"));
    for answer in [kept, added] {
        assert_eq!((answer.status, answer.header("set-cookie")), (413, None));
        assert!(answer.body.contains("Your session is as it was before."));
        assert!(answer.body.contains("<a href=\"/room\">Make room</a>"));
    }
    assert_eq!(visitor.jar, jar);
    let page = visitor.get("/");
    assert_eq!(counter(&page), 2);
    assert!(page.body.contains("Your item was added."));
}

#[test]
fn a_page_shows_the_session_and_its_size() {
    let demo = demo();
    let mut visitor = demo.visitor();
    let page = visitor.get("/set/color/teal");
    assert!(page.body.contains("<code>color</code></th><td><code>&quot;teal&quot;</code></td><td>6</td>"));
    let size = visitor.jar["session"].len();
    assert!(page.body.contains(&format!("<strong>{size}</strong> of 4064 bytes")), "{size}");
}

#[test]
fn a_form_that_cannot_be_read_is_refused() {
    let demo = demo();
    let mut visitor = demo.visitor();
    let urlencoded = "Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n";
    let large = "x".repeat(20_000);
    for (headers, body, status) in [
        (urlencoded, "item=%ff", 403),
        (urlencoded, "item=%zz", 403),
        (urlencoded, "", 403),
        ("Content-Type: application/json\r\n", "{}", 415),
        ("", "item=figs", 415),
        (urlencoded, &large, 413),
    ] {
        let page = visitor.send("POST", "/items", headers, body);
        assert_eq!(page.status, status, "{headers}{body:.20}");
        assert!(page.body.contains(&format!("<p class=\"status\">{status}</p>")), "{}", page.body);
    }
    let chunked = format!(
        "POST /items HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{urlencoded}Transfer-Encoding: chunked\r\n\r\n"
    );
    assert_eq!(visitor.raw(format!("{chunked}zz\r\n")).status, 400);
    assert_eq!(visitor.raw(format!("{chunked}0\r\n\r\n")).status, 403);
    assert!(visitor.jar.is_empty());
    let flip = submit(&mut visitor, "/flip", "at=somewhere");
    assert_eq!(flip.status, 422);
    assert!(flip.body.contains("The form was not accepted"), "{}", flip.body);
}

#[test]
fn a_page_that_is_not_there_is_a_404_and_a_wrong_method_a_405() {
    let demo = demo();
    let mut visitor = demo.visitor();
    for path in ["/nope", "//", "/set", "/set/a", "/set/a/", "/set//a", "/set/a/b/c", "/get/", "/howdy/"] {
        let page = visitor.get(path);
        assert_eq!(page.status, 404, "{path}");
        assert!(page.body.contains("There is no such page."), "{path}");
    }
    for (method, path, allowed) in [
        ("POST", "/", "GET,HEAD"),
        ("DELETE", "/howdy", "GET,HEAD"),
        ("PUT", "/set/a/b", "GET,HEAD"),
        ("GET", "/items", "POST"),
        ("OPTIONS", "/logout", "GET,HEAD,POST"),
    ] {
        let page = visitor.send(method, path, "", "");
        assert_eq!((page.status, page.header("allow")), (405, Some(allowed)), "{method} {path}");
        assert!(page.body.contains("This page does not take that method."), "{method} {path}");
    }
    assert_eq!(visitor.get("/set/k/%ff").status, 400);
    assert!(visitor.jar.is_empty(), "none of these requests touches a session");
}

#[test]
fn the_icon_is_no_visit() {
    let demo = demo();
    let mut visitor = demo.visitor();
    visitor.get("/");
    let icon = visitor.get("/favicon.ico");
    assert_eq!((icon.status, icon.header("content-type")), (200, Some("image/svg+xml")));
    assert_eq!((icon.header("set-cookie"), icon.header("vary")), (None, None));
    assert_eq!(counter(&visitor.get("/")), 2);
}

#[test]
fn head_is_get_without_the_page() {
    let demo = demo();
    let mut visitor = demo.visitor();
    let head = visitor.send("HEAD", "/", "", "");
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(counter(&visitor.get("/")), 2);
}

#[test]
fn a_page_may_load_nothing_and_is_kept_from_shared_caches() {
    let demo = demo();
    let page = demo.visitor().get("/");
    let policy = page.header("content-security-policy").expect("there is a policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    assert!(!policy.contains("unsafe") && !policy.contains("http") && !policy.contains('*'), "{policy}");
    for path in ["/", "/who", "/favicon.ico", "/nothing"] {
        assert_eq!(demo.visitor().get(path).header("x-content-type-options"), Some("nosniff"), "{path}");
    }
    assert_eq!((page.header("vary"), page.header("cache-control")), (Some("Cookie"), Some("private")));
}

#[test]
fn a_name_with_a_prefix_makes_the_cookie_secure() {
    let plain = demo().visitor().get("/");
    let cookie = plain.header("set-cookie").expect("a cookie is set");
    assert!(cookie.starts_with("session=") && cookie.contains("; HttpOnly; SameSite=Lax; Path=/"), "{cookie}");
    let demo = Demo::with(&[("COOKIE_NAME", "__Host-demo")]);
    let mut visitor = demo.visitor();
    let page = visitor.get("/");
    let cookie = page.header("set-cookie").expect("a cookie is set");
    assert!(cookie.starts_with("__Host-demo=") && cookie.contains("; Secure"), "{cookie}");
    assert_eq!(counter(&visitor.get("/")), 2);
}

#[test]
fn without_a_secret_one_is_generated_and_the_demo_says_so() {
    let mut demo = Demo::with(&[]);
    assert_eq!(counter(&demo.visitor().get("/")), 1);
    demo.process.kill().expect("the demo runs");
    let mut stderr = String::new();
    demo.process.stderr.take().expect("its errors are ours").read_to_string(&mut stderr).expect("it writes UTF-8");
    assert!(stderr.starts_with("SESSION_SECRET is not set: a secret was generated"), "{stderr}");
    assert!(stderr.contains("openssl rand -hex 32"), "{stderr}");
}

#[test]
fn an_unknown_option_is_a_sentence_and_exit_status_2() {
    let run = |arguments: &[&str]| command(&[]).args(arguments).output().expect("the demo starts");
    for (arguments, sentence) in [
        (&["--http"][..], "demo: there is no option \"--http\": --help lists those that there are"),
        (&["8080"], "demo: there is no option \"8080\""),
        (&["--https", "--certificate"], "--certificate needs the name of a file"),
        (&["--certificate", "x.pem"], "add --https"),
    ] {
        let output = run(arguments);
        let stderr = String::from_utf8(output.stderr).expect("it writes UTF-8");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{stderr}");
        assert!(stderr.contains(sentence), "{stderr}");
    }
    let help = run(&["--help"]);
    assert!(help.status.success());
    assert_eq!(help.stdout, run(&["-h"]).stdout);
    let text = String::from_utf8(help.stdout).expect("it writes UTF-8");
    for word in
        ["--https", "--certificate FILE", "PORT", "SESSION_SECRET", "SESSION_SECRET_OLD", "COOKIE_NAME", "CLOCK_OFFSET"]
    {
        assert!(text.contains(word), "{word}");
    }
}

#[test]
fn what_cannot_work_is_a_sentence_and_exit_status_1() {
    let demo = demo();
    let port = demo.address.port().to_string();
    assert!(refusal(&[("SESSION_SECRET", "short")]).contains("the secret has 5 bytes and needs at least 32"));
    assert!(refusal(&[("SESSION_SECRET", SECRET), ("SESSION_SECRET_OLD", "old")]).contains("SESSION_SECRET_OLD"));
    assert!(refusal(&[("PORT", &port)]).contains(&format!("port {port} is in use")));
    assert!(refusal(&[("PORT", "http")]).contains("PORT is \"http\", and it must be a number from 0 to 65535"));
    assert!(refusal(&[("CLOCK_OFFSET", "soon")]).contains("CLOCK_OFFSET is \"soon\""));
    assert!(refusal(&[("COOKIE_NAME", "a b")]).contains("COOKIE_NAME cannot be used"));
}

#[cfg(unix)]
#[test]
fn it_stops_in_good_order_when_told_to() {
    let mut demo = demo();
    demo.visitor().get("/");
    let told = Command::new("sh").args(["-c", "kill -TERM $0", &demo.process.id().to_string()]).status();
    assert!(told.expect("there is a shell").success());
    assert!(demo.process.wait().expect("it ends").success());
}
