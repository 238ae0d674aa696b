//! A server that answers every path with the `Set-Cookie` lines of a test, for cases that the demo does not have.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

/// Listens until the test ends.
pub struct Server {
    pub address: SocketAddr,
}

impl Server {
    /// Answers with the cookies that the browser sent. `lines` gets the path and the values of the `Cookie` headers.
    pub fn answering(lines: impl Fn(&str, &[String]) -> Vec<String> + Send + Sync + 'static) -> Self {
        Self::serving(move |path, cookies| (200, lines(path, cookies), cookies.join("; ")))
    }

    /// Answers each request in a new thread, with a status, `Set-Cookie` lines and a text.
    pub fn serving(respond: impl Fn(&str, &[String]) -> (u16, Vec<String>, String) + Send + Sync + 'static) -> Self {
        let respond = Arc::new(respond);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        let address = listener.local_addr().expect("it listens");
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let respond = Arc::clone(&respond);
                // A browser opens connections that it may never use.
                thread::spawn(move || answer(stream, &*respond));
            }
        });
        Self { address }
    }

    /// Returns the address of a page on a host that a browser resolves to this machine.
    pub fn page(&self, host: &str, path: &str) -> String {
        format!("http://{host}:{}{path}", self.address.port())
    }
}

fn answer(
    mut stream: TcpStream,
    respond: impl Fn(&str, &[String]) -> (u16, Vec<String>, String),
) -> std::io::Result<()> {
    stream.set_read_timeout(Some(std::time::Duration::from_millis(500)))?;
    let mut head = BufReader::new(stream.try_clone()?).lines();
    let first = head.next().unwrap_or(Ok(String::new()))?;
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut cookies = Vec::new();
    for line in head {
        let line = line?;
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(": ") {
            if name.eq_ignore_ascii_case("cookie") {
                cookies.push(value.to_owned());
            }
        }
    }
    // Requests that the browser makes by itself are not part of the test.
    let (status, lines, text) =
        if path == "/favicon.ico" { (404, Vec::new(), String::new()) } else { respond(&path, &cookies) };
    let lines: String = lines.iter().map(|line| format!("Set-Cookie: {line}\r\n")).collect();
    let length = text.len();
    write!(
        stream,
        "HTTP/1.1 {status} \r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n{lines}\r\n{text}"
    )
}
