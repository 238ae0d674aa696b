//! A visitor: one connection that stays open, one cookie, and one page that is requested again and again.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

pub struct Visitor {
    stream: BufReader<TcpStream>,
    address: SocketAddr,
    path: &'static str,
    /// Whether the page shows the number of visits.
    counted: bool,
    cookie: String,
    /// Used again for every line and body.
    buffer: Vec<u8>,
    visits: u64,
}

impl Visitor {
    pub fn new(address: SocketAddr, path: &'static str, counted: bool) -> Result<Self, String> {
        let stream = TcpStream::connect(address).map_err(|error| format!("{address}: {error}"))?;
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        stream.set_read_timeout(Some(Duration::from_secs(20))).map_err(|error| error.to_string())?;
        let stream = BufReader::with_capacity(1 << 16, stream);
        Ok(Self { stream, address, path, counted, cookie: String::new(), buffer: Vec::new(), visits: 0 })
    }

    pub fn visits(&self) -> u64 {
        self.visits
    }

    pub fn visit_for(&mut self, time: Duration) -> Result<(), String> {
        let start = Instant::now();
        while start.elapsed() < time {
            self.visit().map_err(|error| format!("{} after {} visits: {error}", self.path, self.visits))?;
        }
        Ok(())
    }

    fn visit(&mut self) -> Result<(), String> {
        let failed = |error: std::io::Error| error.to_string();
        let request =
            format!("GET {} HTTP/1.1\r\nHost: {}\r\nCookie: session={}\r\n\r\n", self.path, self.address, self.cookie);
        self.stream.get_mut().write_all(request.as_bytes()).map_err(failed)?;

        let status = self.line()?.to_owned();
        if !status.starts_with("HTTP/1.1 200 ") {
            return Err(format!("the answer is {status:?}"));
        }
        let (mut length, mut cookie) = (0, None);
        loop {
            let line = self.line()?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(": ").ok_or("a header is name: value")?;
            match name {
                "content-length" => length = value.parse().map_err(|_| "the length is a number")?,
                "set-cookie" => {
                    cookie = value.strip_prefix("session=").and_then(|rest| rest.split(';').next()).map(str::to_owned)
                }
                _ => {}
            }
        }
        self.buffer.resize(length, 0);
        self.stream.read_exact(&mut self.buffer).map_err(failed)?;
        if let Some(cookie) = cookie {
            self.cookie = cookie;
        }
        self.visits += 1;
        if self.counted { self.check_count() } else { Ok(()) }
    }

    /// Checks that the page shows the number of visits.
    fn check_count(&self) -> Result<(), String> {
        let text = std::str::from_utf8(&self.buffer).map_err(|error| error.to_string())?;
        let (_, behind) = text.split_once("id=\"counter\">").ok_or("the page has no counter")?;
        let counter = behind.split('<').next().expect("split gives one piece at least");
        if counter.parse() != Ok(self.visits) {
            return Err(format!("the page counts {counter} visits of {}", self.visits));
        }
        Ok(())
    }

    /// Returns the next line of a response's head.
    fn line(&mut self) -> Result<&str, String> {
        self.buffer.clear();
        let read = self.stream.read_until(b'\n', &mut self.buffer).map_err(|error| error.to_string())?;
        if read == 0 {
            return Err("the server closed the connection".into());
        }
        std::str::from_utf8(&self.buffer).map(str::trim_end).map_err(|error| error.to_string())
    }
}
