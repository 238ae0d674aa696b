//! A client that keeps its connections open and reads the answers.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// Each as `name=value`.
    pub set_cookies: Vec<String>,
    pub body: String,
}

pub struct Connection {
    stream: TcpStream,
    /// The headers after the first line.
    headers: String,
    buffer: Vec<u8>,
}

impl Connection {
    /// Opens a connection of a visitor with these cookies, among four with other names.
    pub fn open(address: SocketAddr, cookies: &[String]) -> Connection {
        let stream = TcpStream::connect(address).expect("a server that listens");
        stream.set_nodelay(true).expect("a TCP socket");
        let cookies: String = cookies.iter().map(|cookie| format!("{cookie}; ")).collect();
        let headers = format!(
            " HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: text/html\r\ncookie: theme=dark; _ga=GA1.1.1209600000.1790000000; \
             {cookies}lang=en-GB; consent=analytics\r\n\r\n"
        );
        Connection { stream, headers, buffer: Vec::new() }
    }

    pub fn get(&mut self, path: &str) -> Answer {
        self.ask(path);
        self.answer()
    }

    pub fn ask(&mut self, path: &str) {
        let request = format!("GET {path}{}", self.headers);
        self.stream.write_all(request.as_bytes()).expect("a server that reads");
    }

    /// Waits for the answer to the previous request.
    ///
    /// # Panics
    /// If it is not HTTP with a `Content-Length`.
    pub fn answer(&mut self) -> Answer {
        self.buffer.clear();
        let head = loop {
            if let Some(end) = self.buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break end + 4;
            }
            self.read();
        };
        let text = String::from_utf8(self.buffer[..head].to_vec()).expect("headers of ASCII");
        let mut lines = text.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).expect("a status");
        let (mut length, mut set_cookies) = (None, Vec::new());
        for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
            if name.eq_ignore_ascii_case("content-length") {
                length = value.parse::<usize>().ok();
            } else if name.eq_ignore_ascii_case("set-cookie") {
                set_cookies.extend(value.split(';').next().map(str::to_owned));
            }
        }
        let end = head + length.expect("the body's length");
        while self.buffer.len() < end {
            self.read();
        }
        let body = String::from_utf8(self.buffer[head..end].to_vec()).expect("UTF-8");
        Answer { status, set_cookies, body }
    }

    fn read(&mut self) {
        let mut bytes = [0; 8192];
        let count = self.stream.read(&mut bytes).expect("a server that answers");
        assert!(count > 0, "the server closed the connection");
        self.buffer.extend_from_slice(&bytes[..count]);
    }
}
