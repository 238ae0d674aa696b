//! Three nodes behind a proxy, and the work of whoever runs them.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use crate::nodes::node::{Node, Secrets};

/// What stands in front of the nodes. Both of its changes hold when the call returns.
pub trait Proxy {
    fn address(&self) -> SocketAddr;
    /// Sends a node no more requests, and waits until those under way are answered.
    fn take_out(&mut self, node: usize);
    fn put_in(&mut self, node: usize);
}

pub struct Fleet {
    nodes: Vec<Node>,
    proxy: Box<dyn Proxy>,
}

impl Fleet {
    /// Three nodes with these secrets; the clock of the last is 90 seconds ahead. `proxy` makes the
    /// proxy for their addresses, or nothing where it is not installed.
    pub fn start<P: Proxy + 'static>(secrets: Secrets, proxy: impl FnOnce(&[SocketAddr]) -> Option<P>) -> Option<Self> {
        let nodes = ["0", "0", "90"].map(|offset| Node::start(secrets, offset));
        let proxy = proxy(&nodes.each_ref().map(|node| node.address))?;
        Some(Self { nodes: nodes.into(), proxy: Box::new(proxy) })
    }

    pub fn address(&self) -> SocketAddr {
        self.proxy.address()
    }

    pub fn nodes(&self) -> Vec<SocketAddr> {
        self.nodes.iter().map(|node| node.address).collect()
    }

    /// Restarts one node with these secrets, so that no visitor waits or is turned away.
    pub fn restart(&mut self, node: usize, secrets: Secrets) {
        self.proxy.take_out(node);
        self.nodes[node].restart(secrets);
        self.proxy.put_in(node);
    }

    /// Restarts all of them, one after the other, with `after` each.
    pub fn restart_each(&mut self, secrets: Secrets, mut after: impl FnMut()) {
        for node in 0..self.nodes.len() {
            self.restart(node, secrets);
            after();
        }
    }
}

/// A port that was free a moment ago, for a program that cannot say which one it took.
pub fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
    listener.local_addr().expect("it has an address")
}

pub fn wait_until_it_listens(address: SocketAddr) {
    wait_until("it listens", || TcpStream::connect(address).is_ok());
}

/// Gives up, and with it the test, after half a minute.
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let since = Instant::now();
    while !is_so() {
        assert!(since.elapsed() < Duration::from_secs(30), "waited in vain until {what}");
        thread::sleep(Duration::from_millis(10));
    }
}
