//! A server in a separate process.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::servers::Server;

/// How long a server may take until it listens.
const PATIENCE: Duration = Duration::from_secs(20);

/// The argument that makes a process a server.
pub const SERVE: &str = "serve";

pub struct Process {
    pub server: &'static Server,
    pub address: SocketAddr,
    child: Child,
}

impl Process {
    /// Starts a server and waits until it listens.
    pub fn start(server: &'static Server) -> Process {
        let program = std::env::current_exe().expect("a path to this program");
        // Its standard input is open while this process runs. When it closes, the server ends.
        let mut child = Command::new(program)
            .args([SERVE, server.name])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program starts");
        let mut line = String::new();
        let output = child.stdout.take().expect("a pipe");
        BufReader::new(output).read_line(&mut line).expect("a line with the address");
        let address = line.trim().parse().unwrap_or_else(|_| panic!("{}: no address in {line:?}", server.name));
        let process = Process { server, address, child };
        let start = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(start.elapsed() < PATIENCE, "{} does not listen", server.name);
            thread::sleep(Duration::from_millis(10));
        }
        process
    }

    /// Returns the processor time of all its threads so far. Linux counts it in nanoseconds.
    pub fn processor_time(&self) -> Duration {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.child.id())).expect("the threads of a process");
        let nanoseconds = tasks.map(|task| {
            let path = task.expect("a thread").path().join("schedstat");
            let text = fs::read_to_string(path).expect("a kernel that counts processor time");
            text.split(' ').next().and_then(|time| time.parse::<u64>().ok()).expect("a number")
        });
        Duration::from_nanos(nanoseconds.sum())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // If it has ended by itself, there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
