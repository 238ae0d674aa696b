//! haproxy: a node is taken out through its admin socket.

use std::fs;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command};

use crate::common::folder::Folder;
use crate::common::programs::installed;
use crate::nodes::fleet::{Proxy, free_address, wait_until, wait_until_it_listens};

/// A running haproxy. Dropping it ends the process.
pub struct Haproxy {
    process: Child,
    folder: Folder,
    address: SocketAddr,
}

impl Haproxy {
    /// Returns `None` if haproxy is not installed.
    pub fn start(nodes: &[SocketAddr]) -> Option<Self> {
        let program = installed("haproxy", "haproxy")?;
        let (folder, address) = (Folder::new(), free_address());
        let nodes = nodes.iter().enumerate().map(|(at, node)| format!("    server node{at} {node}"));
        let configuration = include_str!("haproxy.cfg")
            .replace("@folder@", folder.path().to_str().expect("a plain path"))
            .replace("@address@", &address.to_string())
            .replace("@nodes@", &nodes.collect::<Vec<_>>().join("\n"));
        let file = folder.path().join("haproxy.cfg");
        fs::write(&file, configuration).expect("it can be written");
        let log = fs::File::create(folder.path().join("haproxy.log")).expect("it can be made");
        // In the foreground, and as one process.
        let process = Command::new(program).arg("-db").arg("-f").arg(file).stderr(log).spawn();
        let process = process.expect("haproxy starts");
        let haproxy = Self { process, folder, address };
        wait_until_it_listens(address);
        Some(haproxy)
    }

    fn tell(&self, command: &str) -> String {
        let mut socket = UnixStream::connect(self.folder.path().join("admin")).expect("the admin socket is there");
        writeln!(socket, "{command}").expect("it takes commands");
        let mut answer = String::new();
        socket.read_to_string(&mut answer).expect("it answers");
        answer
    }

    fn set_state(&self, node: usize, state: &str) {
        let answer = self.tell(&format!("set server nodes/node{node} state {state}"));
        assert_eq!(answer.trim(), "", "{state}");
    }

    /// Returns how many requests the node is working on.
    fn busy(&self, node: usize) -> u64 {
        let table = self.tell("show stat");
        let row = table.lines().find(|row| row.starts_with(&format!("nodes,node{node},")));
        let sessions = row.and_then(|row| row.split(',').nth(4)).and_then(|count| count.parse().ok());
        sessions.unwrap_or_else(|| panic!("node{node} is not in this: {table}"))
    }
}

impl Proxy for Haproxy {
    fn address(&self) -> SocketAddr {
        self.address
    }

    fn take_out(&mut self, node: usize) {
        self.set_state(node, "drain");
        wait_until("the node has nothing to do", || self.busy(node) == 0);
        self.set_state(node, "maint");
    }

    fn put_in(&mut self, node: usize) {
        self.set_state(node, "ready");
    }
}

impl Drop for Haproxy {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
