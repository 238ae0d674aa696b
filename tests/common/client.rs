//! A small HTTP client for the tests. It opens one connection per request and keeps cookies.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// The cookies by name.
pub type Jar = BTreeMap<String, String>;

/// One visitor.
pub struct Client {
    address: SocketAddr,
    /// The cookies that the visitor received.
    pub jar: Jar,
}

pub struct Response {
    pub status: u16,
    /// The names are in lower case.
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

    /// Sends bytes unchanged, without cookies.
    pub fn raw(&self, request: impl AsRef<[u8]>) -> Response {
        let mut stream = TcpStream::connect(self.address).expect("the server listens");
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout can be set");
        stream.write_all(request.as_ref()).expect("the request goes out");
        let mut text = Vec::new();
        let mut piece = [0; 16 * 1024];
        // Not every server closes the connection when it is asked to.
        while !is_whole(&text) {
            match stream.read(&mut piece) {
                Ok(0) => break,
                Ok(len) => text.extend_from_slice(&piece[..len]),
                // The machine was suspended meanwhile.
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // A server that refuses a request may close the connection before it has read everything.
                Err(error) => {
                    assert!(!text.is_empty(), "the response comes in: {error}");
                    break;
                }
            }
        }
        Response::parse(&String::from_utf8(text).expect("the response is UTF-8"))
    }
}

/// Returns whether a response has all the bytes that its headers announce.
fn is_whole(text: &[u8]) -> bool {
    let Some(end) = text.windows(4).position(|window| window == b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(&text[..end]).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
    length.is_some_and(|length| text.len() >= end + 4 + length)
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

    /// Returns the first header with this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    pub fn all<'r>(&'r self, name: &'r str) -> impl Iterator<Item = &'r str> {
        self.headers.iter().filter(move |(header, _)| header == name).map(|(_, value)| value.as_str())
    }
}
