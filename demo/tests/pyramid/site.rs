//! One site, half of it on the real Pyramid under waitress and half on the demo, with one secret and one visitor. This
//! needs a Python with Pyramid; `tests/pyramid/python.rs` describes what happens without it.

use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use crate::common::client::{Client, Jar, Response};
use crate::{python, script};
use signed_cookie_session::{Secret, Session, SignedCookieFactory};

const SECRET: &str = "a secret for tests, which both halves of the site have";
const ADDED: &str = "Your item was added.";

/// A server on 127.0.0.1. Dropping it ends the process.
struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    /// Starts a program that prints `listening on http://ADDRESS/` first.
    fn start(program: &mut Command) -> Self {
        for name in ["SESSION_SECRET_OLD", "COOKIE_NAME", "CLOCK_OFFSET"] {
            program.env_remove(name);
        }
        let program = program.env("PORT", "0").env("SESSION_SECRET", SECRET).stdout(Stdio::piped());
        let mut child = program.spawn().expect("a server to start");
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().expect("a pipe")).read_line(&mut line).expect("a first line");
        let address = line.strip_prefix("listening on http://").and_then(|rest| rest.trim_end().strip_suffix('/'));
        let address = address.and_then(|address| address.parse().ok());
        Self { address: address.unwrap_or_else(|| panic!("its first line names no address: {line:?}")), child }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Both halves of the site.
struct Site {
    python: OsString,
    pyramid: Server,
    demo: Server,
}

impl Site {
    fn start() -> Option<Self> {
        let python = python::with("pyramid, waitress")?;
        Some(Self { pyramid: start_pyramid(&python), demo: start_demo(), python })
    }

    fn restart_pyramid(&mut self) {
        self.pyramid = start_pyramid(&self.python);
    }

    fn restart_demo(&mut self) {
        self.demo = start_demo();
    }
}

fn start_pyramid(python: &OsStr) -> Server {
    Server::start(Command::new(python).arg(script()))
}

fn start_demo() -> Server {
    Server::start(&mut Command::new(env!("CARGO_BIN_EXE_demo")))
}

/// One browser, whose cookies go to every port of a host.
#[derive(Default)]
struct Visitor {
    jar: Jar,
}

impl Visitor {
    fn get(&mut self, server: &Server, path: &str) -> Page {
        let response = self.visit(server, |client| client.get(path));
        assert_eq!(response.status, 200, "{path}");
        Page(response.body)
    }

    /// Fills in the form, and does not follow the redirect.
    fn add_item(&mut self, server: &Server, item: &str) {
        let response = self.visit(server, |client| {
            // Pyramid's half has no login page, and needs no token.
            let form = client.get("/login").body;
            let token = form.split("name=\"csrf_token\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
            client.post("/items", &format!("csrf_token={}&item={item}", token.unwrap_or_default()))
        });
        assert_eq!(response.status, 303);
        assert!(response.header("location").is_some_and(|location| location.ends_with('/')));
    }

    fn visit(&mut self, server: &Server, request: impl FnOnce(&mut Client) -> Response) -> Response {
        let mut client = Client::new(server.address);
        client.jar = std::mem::take(&mut self.jar);
        let response = request(&mut client);
        self.jar = client.jar;
        response
    }

    /// Returns the session in the visitor's cookie.
    fn session(&self) -> Session {
        let cookies = self.jar.iter().map(|(name, value)| format!("{name}={value}"));
        SignedCookieFactory::new(Secret::new(SECRET).unwrap()).load_cookies(cookies)
    }
}

/// A page that shows the counter.
struct Page(String);

impl Page {
    fn counter(&self) -> u64 {
        let (_, rest) = self.0.split_once(r#"id="counter">"#).expect("a counter");
        rest.split_once('<').expect("its end").0.parse().expect("a number")
    }

    fn messages(&self) -> usize {
        self.0.matches(ADDED).count()
    }

    fn shows(&self, text: &str) -> bool {
        self.0.contains(text)
    }
}

#[test]
fn one_counter_is_counted_by_both_halves_of_the_site() {
    let Some(site) = Site::start() else { return };
    let mut visitor = Visitor::default();
    for visit in 0..40 {
        let server = if visit % 3 == 0 { &site.pyramid } else { &site.demo };
        let page = visitor.get(server, if visit % 2 == 0 { "/" } else { "/howdy" });
        assert_eq!(page.counter(), visit + 1);
    }
}

#[test]
fn a_flash_message_of_one_half_shows_once_on_the_other() {
    let Some(site) = Site::start() else { return };
    let mut visitor = Visitor::default();
    for (one, other) in [(&site.pyramid, &site.demo), (&site.demo, &site.pyramid)] {
        visitor.add_item(one, "");
        visitor.add_item(other, "");
        assert_eq!(visitor.get(other, "/").messages(), 2);
        assert_eq!(visitor.get(other, "/").messages(), 0);
        assert_eq!(visitor.get(one, "/").messages(), 0);
    }
}

#[test]
fn values_of_ours_stay_in_the_session_while_pyramid_counts() {
    let Some(site) = Site::start() else { return };
    let mut visitor = Visitor::default();
    visitor.add_item(&site.demo, "caf%C3%A9+%F0%9F%8D%AA");
    visitor.get(&site.demo, "/set/a.key/one%20value");
    let before = visitor.session();
    for _ in 0..3 {
        visitor.get(&site.pyramid, "/");
    }
    let after = visitor.session();
    assert_eq!(after.get("items"), Ok(Some(vec!["café \u{1f36a}".to_owned()])));
    assert_eq!(after.get("a.key"), Ok(Some("one value".to_owned())));
    assert_eq!(after.created(), before.created());
    assert!(visitor.get(&site.demo, "/").shows("café \u{1f36a}"));
}

#[test]
fn nothing_is_lost_when_either_half_is_restarted() {
    let Some(mut site) = Site::start() else { return };
    let mut visitor = Visitor::default();
    visitor.get(&site.demo, "/");
    visitor.add_item(&site.demo, "apples");
    site.restart_demo();
    visitor.add_item(&site.pyramid, "");
    site.restart_pyramid();
    let page = visitor.get(&site.pyramid, "/howdy");
    assert_eq!((page.counter(), page.messages()), (2, 2));
    visitor.add_item(&site.pyramid, "");
    site.restart_pyramid();
    site.restart_demo();
    let page = visitor.get(&site.demo, "/");
    assert_eq!((page.counter(), page.messages()), (3, 1));
    assert!(page.shows("apples"));
    assert_eq!(visitor.get(&site.pyramid, "/").counter(), 4);
}
