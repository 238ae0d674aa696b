//! One instance of the demo, which can be restarted on the same port.

use std::net::SocketAddr;
use std::process::Command;

use crate::common::demo::Demo;

/// The secrets of a node: one that signs, and one that only verifies.
#[derive(Clone, Copy)]
pub struct Secrets {
    pub signs: &'static str,
    pub verifies: Option<&'static str>,
}

/// A running node. Dropping it stops it.
pub struct Node {
    demo: Option<Demo>,
    pub address: SocketAddr,
    clock_offset: &'static str,
}

impl Node {
    /// Starts a node on a free port. Its clock is ahead by this many seconds.
    pub fn start(secrets: Secrets, clock_offset: &'static str) -> Self {
        let demo = demo(0, secrets, clock_offset);
        Self { address: demo.address, demo: Some(demo), clock_offset }
    }

    /// Stops the node with SIGTERM, and starts it again with these secrets.
    pub fn restart(&mut self, secrets: Secrets) {
        let mut demo = self.demo.take().expect("a node runs");
        let told = Command::new("sh").args(["-c", "kill -TERM $0", &demo.process.id().to_string()]).status();
        assert!(told.expect("there is a shell").success());
        assert!(demo.process.wait().expect("it ends").success());
        self.demo = Some(self::demo(self.address.port(), secrets, self.clock_offset));
    }
}

/// Starts the demo. It listens when this returns.
fn demo(port: u16, Secrets { signs, verifies }: Secrets, clock_offset: &str) -> Demo {
    let port = port.to_string();
    let mut variables = vec![("PORT", &*port), ("SESSION_SECRET", signs), ("CLOCK_OFFSET", clock_offset)];
    variables.extend(verifies.map(|secret| ("SESSION_SECRET_OLD", secret)));
    Demo::with(&variables)
}
