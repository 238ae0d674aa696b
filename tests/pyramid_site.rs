//! One site, half of it on the real Pyramid under waitress and half on the demo, with one secret and
//! one visitor. Needs a Python with Pyramid; `tests/pyramid/python.rs` says what happens without.

#[path = "pyramid/python.rs"]
mod python;

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use signed_cookie_session::{Secret, Session, SignedCookieFactory};

const SECRET: &str = "a secret for tests, which both halves of the site have";
const ADDED: &str = "Your item was added.";

/// A server on 127.0.0.1, ended when it is dropped.
struct Server {
    child: Child,
    address: String,
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
        let address = line.strip_prefix("listening on http://").and_then(|rest| rest.strip_suffix("/\n"));
        Self { address: address.unwrap_or_else(|| panic!("its address: {line:?}")).to_owned(), child }
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
    demo_program: PathBuf,
    pyramid: Server,
    demo: Server,
}

impl Site {
    fn start() -> Option<Self> {
        let python = python::with("pyramid, waitress")?;
        let Some(demo) = demo() else {
            python::skip("the demo is not built: cargo build --example demo");
            return None;
        };
        Some(Self { pyramid: start_pyramid(&python), demo: start_demo(&demo), python, demo_program: demo })
    }

    fn restart_pyramid(&mut self) {
        self.pyramid = start_pyramid(&self.python);
    }

    fn restart_demo(&mut self) {
        self.demo = start_demo(&self.demo_program);
    }
}

fn start_pyramid(python: &OsStr) -> Server {
    Server::start(Command::new(python).arg(python::script("site.py")))
}

/// The example stands beside the folder of the test's own program; `cargo test` builds both.
fn demo() -> Option<PathBuf> {
    let test = env::current_exe().expect("the test's own path");
    let demo = test.parent()?.parent()?.join("examples").join("demo").with_extension(env::consts::EXE_EXTENSION);
    demo.exists().then_some(demo)
}

fn start_demo(program: &Path) -> Server {
    Server::start(&mut Command::new(program))
}

/// A browser with one cookie in its jar: cookies go to every port of a host.
#[derive(Default)]
struct Visitor {
    cookie: Option<String>,
}

impl Visitor {
    fn get(&mut self, server: &Server, path: &str) -> Page {
        let page = self.request(server, "GET", path, "");
        assert!(page.head.starts_with("HTTP/1.1 200 "), "{}", page.head);
        page
    }

    /// Fills in the form, and does not follow the redirect.
    fn add_item(&mut self, server: &Server, item: &str) {
        let page = self.request(server, "POST", "/items", &format!("item={item}"));
        assert!(page.head.starts_with("HTTP/1.1 303 "), "{}", page.head);
    }

    fn request(&mut self, server: &Server, method: &str, path: &str, form: &str) -> Page {
        let mut stream = TcpStream::connect(&server.address).expect("the server listens");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
        let cookie = self.cookie.as_ref().map(|cookie| format!("Cookie: {cookie}\r\n")).unwrap_or_default();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{cookie}\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
            server.address,
            form.len()
        );
        stream.write_all(request.as_bytes()).expect("the server reads");
        let mut response = String::new();
        stream.read_to_string(&mut response).expect("the server answers");
        let (head, body) = response.split_once("\r\n\r\n").expect("a head");
        for line in head.lines() {
            let (name, value) = line.split_once(": ").unwrap_or_default();
            if name.eq_ignore_ascii_case("set-cookie") {
                self.cookie = value.split(';').next().map(str::to_owned);
            }
        }
        Page { head: head.to_owned(), body: body.to_owned() }
    }

    /// What the visitor's cookie holds.
    fn session(&self) -> Session {
        SignedCookieFactory::new(Secret::new(SECRET).unwrap()).load_cookies(&self.cookie)
    }
}

struct Page {
    head: String,
    body: String,
}

impl Page {
    fn counter(&self) -> u64 {
        let (_, rest) = self.body.split_once(r#"id="counter">"#).expect("a counter");
        rest.split_once('<').expect("its end").0.parse().expect("a number")
    }

    fn messages(&self) -> usize {
        self.body.matches(ADDED).count()
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
fn what_pyramid_does_not_know_of_stays_in_the_session_while_it_counts() {
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
    assert!(visitor.get(&site.demo, "/").body.contains("café \u{1f36a}"));
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
    assert!(page.body.contains("apples"));
    assert_eq!(visitor.get(&site.pyramid, "/").counter(), 4);
}
