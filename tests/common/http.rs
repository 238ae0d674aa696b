//! A small HTTP client for the tests: one request a connection, and a cookie jar.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Cookies by name.
pub type Jar = BTreeMap<String, String>;

/// One visitor.
pub struct Client {
    address: SocketAddr,
    /// The cookies it was sent.
    pub jar: Jar,
}

pub struct Response {
    pub status: u16,
    /// Names are in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Client {
    pub fn new(address: SocketAddr) -> Self {
        Self { address, jar: Jar::new() }
    }

    pub fn get(&mut self, path: &str) -> Response {
        self.send("GET", path, "", "")
    }

    /// Sends a form; `form` is urlencoded.
    pub fn post(&mut self, path: &str, form: &str) -> Response {
        self.send("POST", path, "Content-Type: application/x-www-form-urlencoded\r\n", form)
    }

    /// Sends a request; `headers` are whole lines.
    pub fn send(&mut self, method: &str, path: &str, headers: &str, body: &str) -> Response {
        let mut cookies = self.jar.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        if !cookies.is_empty() {
            cookies = format!("Cookie: {cookies}\r\n");
        }
        let (address, length) = (self.address, body.len());
        let response = self.raw(format!(
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {length}\r\n{cookies}{headers}\r\n{body}"
        ));
        for line in response.all("set-cookie") {
            let pair = line.split(';').next().expect("split gives one piece at least");
            let (name, value) = pair.split_once('=').expect("a cookie is name=value");
            if line.contains("Max-Age=0") {
                self.jar.remove(name);
            } else {
                self.jar.insert(name.into(), value.into());
            }
        }
        response
    }

    /// Sends bytes as they are; the jar has no part in it.
    pub fn raw(&self, request: impl AsRef<[u8]>) -> Response {
        let mut stream = TcpStream::connect(self.address).expect("the server listens");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout can be set");
        stream.write_all(request.as_ref()).expect("the request goes out");
        let mut text = Vec::new();
        // A server that refuses a request may close before it has read the whole of it.
        if let Err(error) = stream.read_to_end(&mut text) {
            assert!(!text.is_empty(), "the response comes in: {error}");
        }
        Response::parse(&String::from_utf8(text).expect("the response is UTF-8"))
    }
}

impl Response {
    fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").expect("a response has a head");
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).expect("a status line");
        let header = |line: &str| {
            let (name, value) = line.split_once(':').expect("a header is name: value");
            (name.to_ascii_lowercase(), value.trim().to_owned())
        };
        Self { status, headers: lines.map(header).collect(), body: body.into() }
    }

    /// The first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    pub fn all<'r>(&'r self, name: &'r str) -> impl Iterator<Item = &'r str> {
        self.headers.iter().filter(move |(header, _)| header == name).map(|(_, value)| value.as_str())
    }
}
