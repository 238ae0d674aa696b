//! Runs the demo: the real program, in a separate process, on its own port.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::client::{Client, Jar};

/// A running demo. Dropping it ends the process.
pub struct Demo {
    pub process: Child,
    pub address: SocketAddr,
}

impl Demo {
    /// Starts the demo with these variables, on a free port.
    pub fn with(variables: &[(&str, &str)]) -> Self {
        Self::start(&mut command(variables), "http")
    }

    /// Starts the demo with HTTPS. It writes its certificate to a file.
    pub fn with_https(variables: &[(&str, &str)], certificate: &Path) -> Self {
        Self::start(command(variables).arg("--https").arg("--certificate").arg(certificate), "https")
    }

    fn start(command: &mut Command, scheme: &str) -> Self {
        let mut process = command.spawn().expect("the demo starts");
        let mut line = String::new();
        let stdout = process.stdout.take().expect("its output is ours");
        BufReader::new(stdout).read_line(&mut line).expect("it writes a line");
        let address =
            line.strip_prefix(&format!("listening on {scheme}://")).and_then(|rest| rest.trim_end().strip_suffix('/'));
        let address = address.and_then(|address| address.parse().ok());
        let address = address.unwrap_or_else(|| panic!("the first line names the address: {line:?}"));
        Self { process, address }
    }

    /// Returns a visitor without a cookie.
    pub fn visitor(&self) -> Client {
        Client::new(self.address)
    }

    /// Returns a visitor who already has cookies.
    pub fn returning(&self, jar: &Jar) -> Client {
        let mut visitor = self.visitor();
        visitor.jar.clone_from(jar);
        visitor
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Returns the demo's command. Of the demo's variables, only these are set.
pub fn command(variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_demo"));
    for name in ["SESSION_SECRET", "SESSION_SECRET_OLD", "COOKIE_NAME", "CLOCK_OFFSET", "DEVICE_LIFETIME"] {
        command.env_remove(name);
    }
    command.env("PORT", "0").envs(variables.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}
