//! Checks that the tables of `MIGRATING.md` agree with the real Pyramid. (`demo/tests/pyramid` runs its commands.)

use std::process::Command;

use crate::python;
use signed_cookie_session::{Secret, SignedCookieFactory};

const PAGE: &str = include_str!("../../MIGRATING.md");

/// Secret and salt as Python's text, the secret's bytes in hex and the Rust that makes them.
fn secrets() -> Vec<[&'static str; 4]> {
    let rows = PAGE.lines().filter_map(|line| line.strip_prefix("| ")?.split_once("Secret::legacy(").map(|_| line));
    rows.map(|row| {
        let cells: Vec<&str> = row.split(" | ").map(|cell| cell.trim_matches(['|', ' '])).collect();
        let code = |cell: &'static str| cell.split('`').nth(1).expect("a cell of code");
        [code(cells[0]), code(cells[1]), code(cells[2]), code(cells[3])]
    })
    .collect()
}

#[test]
fn pyramid_takes_each_secret_for_the_bytes_that_the_page_gives() {
    /// Makes a session with Pyramid, from a secret and a salt as text.
    const MAKE: &str = "import sys
from pyramid.request import Request
from pyramid.response import Response
from pyramid.session import SignedCookieSessionFactory
request, response = Request.blank('/'), Response()
SignedCookieSessionFactory(sys.argv[1], salt=sys.argv[2])(request)['user'] = 'ada'
request._process_response_callbacks(response)
print(response.headers['Set-Cookie'].split(';')[0].split('=', 1)[1])";

    let Some(python) = python::with("pyramid, webob") else { return };
    let secrets = secrets();
    assert_eq!(secrets.len(), 5);
    for [secret, salt, bytes, rust] in secrets {
        let mut make = Command::new(&python);
        let made = make.args(["-c", MAKE, secret, salt]).env("PYTHONUTF8", "1").output().expect("Python runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let cookie = String::from_utf8(made.stdout).expect("a cookie is ASCII");

        let bytes: Vec<u8> = bytes.split(' ').map(|byte| u8::from_str_radix(byte, 16).expect("hex")).collect();
        // A salt beyond ASCII is UTF-8 in every row of the table.
        let sessions = SignedCookieFactory::builder(Secret::legacy(&bytes).unwrap()).salt(salt).build().unwrap();
        let session = sessions.decode(cookie.trim()).unwrap_or_else(|error| panic!("{secret:?} {salt:?}: {error}"));
        assert_eq!(session.get::<String>("user").unwrap().as_deref(), Some("ada"));

        let literal = rust.strip_prefix("Secret::legacy(").and_then(|rest| rest.strip_suffix(")?")).expect("a call");
        let spelled = match literal.strip_prefix("b\"") {
            Some(literal) => literal.replace("\\xe9", "\u{e9}").chars().map(|byte| byte as u8).collect(),
            None => literal.trim_matches('"').as_bytes().to_vec(),
        };
        assert_eq!(spelled.strip_suffix(b"\"").unwrap_or(&spelled), bytes, "{rust}");
    }
}

#[test]
fn the_table_has_every_parameter_of_pyramid_and_its_default() {
    const LIST: &str = "import inspect
from pyramid.session import SignedCookieSessionFactory
for name, parameter in inspect.signature(SignedCookieSessionFactory).parameters.items():
    default = '' if parameter.default is parameter.empty else f'`{parameter.default!r}` '
    print(f'| `{name}` | {default}|')";

    let Some(python) = python::with("pyramid") else { return };
    let listed = Command::new(&python).args(["-c", LIST]).output().expect("Python runs");
    let listed = String::from_utf8(listed.stdout).expect("names and defaults are ASCII");
    assert_eq!(listed.lines().count(), 14);
    let missing: Vec<&str> = listed.lines().filter(|row| !PAGE.contains(row)).collect();
    assert_eq!(missing, [""; 0]);
}
