//! A server that answers every path with the `Set-Cookie` lines a test wants, for what the demo has
//! no page for.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;

/// Listens until the test ends.
pub struct Server {
    pub address: SocketAddr,
}

impl Server {
    /// `lines` gets the path and the values of the `Cookie` headers.
    pub fn answering(lines: impl Fn(&str, &[String]) -> Vec<String> + Send + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        let address = listener.local_addr().expect("it listens");
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A browser opens connections that it may never use.
                let _ = answer(stream, &lines);
            }
        });
        Self { address }
    }

    /// The address of a page, on a host that a browser takes for this machine.
    pub fn page(&self, host: &str, path: &str) -> String {
        format!("http://{host}:{}{path}", self.address.port())
    }
}

fn answer(mut stream: TcpStream, lines: impl Fn(&str, &[String]) -> Vec<String>) -> std::io::Result<()> {
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
    // What a browser asks for of its own accord is not the test's.
    let lines = if path == "/favicon.ico" { Vec::new() } else { lines(&path, &cookies) };
    let lines: String = lines.iter().map(|line| format!("Set-Cookie: {line}\r\n")).collect();
    let sent = cookies.join("; ");
    let length = sent.len();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n{lines}\r\n{sent}"
    )
}
