//! A server in a separate process. Dropping it ends the process.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use crate::common::demo::Demo;

pub struct Server {
    pub name: &'static str,
    pub address: SocketAddr,
    process: Process,
}

enum Process {
    Demo(Demo),
    Floor(Child),
}

impl Server {
    pub fn demo() -> Result<Self, String> {
        let demo = Demo::with(&[("SESSION_SECRET", "an obvious secret for tests, of more than 32 bytes")]);
        Ok(Self { name: "demo", address: demo.address, process: Process::Demo(demo) })
    }

    /// Starts this program again, as the minimal server.
    pub fn floor() -> Result<Self, String> {
        let this = std::env::current_exe().map_err(|error| error.to_string())?;
        let mut child =
            Command::new(this).arg("--floor").stdout(Stdio::piped()).spawn().map_err(|error| error.to_string())?;
        let mut line = String::new();
        let stdout = child.stdout.take().expect("its output is ours");
        let read = BufReader::new(stdout).read_line(&mut line);
        let process = Process::Floor(child);
        let address = read.ok().and_then(|_| line.trim_end().parse().ok());
        let address = address.ok_or_else(|| format!("the first line is the address: {line:?}"))?;
        Ok(Self { name: "floor", address, process })
    }

    /// Returns its resident memory in KiB.
    pub fn memory(&self) -> Result<u64, String> {
        let status = self.proc("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok())
            .ok_or_else(|| format!("the {} has ended", self.name))
    }

    /// Returns the processor time that it has used, in seconds.
    pub fn cpu(&self) -> Result<f64, String> {
        /// The ticks per second of this file, which are the same on every platform of Linux.
        const TICKS: f64 = 100.0;
        let stat = self.proc("stat")?;
        // After the program's name, which is in brackets, `state` is the first field and `utime` the 12th.
        let (_, fields) = stat.rsplit_once(") ").ok_or("/proc/…/stat has another form")?;
        let ticks = fields.split(' ').skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum::<f64>();
        Ok(ticks / TICKS)
    }

    fn proc(&self, file: &str) -> Result<String, String> {
        let id = match &self.process {
            Process::Demo(demo) => demo.process.id(),
            Process::Floor(child) => child.id(),
        };
        std::fs::read_to_string(format!("/proc/{id}/{file}"))
            .map_err(|error| format!("the {} has ended, or this is no Linux: {error}", self.name))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Self::Floor(child) = self {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
