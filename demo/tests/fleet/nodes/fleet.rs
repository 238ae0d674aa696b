//! Three nodes behind a proxy, and the work of their operator.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use crate::nodes::node::{Node, Secrets};

/// The proxy in front of the nodes. Each change is in effect when the call returns.
pub trait Proxy {
    fn address(&self) -> SocketAddr;
    /// Sends no more requests to a node, and waits until its running requests are answered.
    fn take_out(&mut self, node: usize);
    fn put_in(&mut self, node: usize);
}

pub struct Fleet {
    nodes: Vec<Node>,
    proxy: Box<dyn Proxy>,
}

impl Fleet {
    /// Starts three nodes with these secrets. The clock of the last one is 90 seconds ahead. `proxy` starts the proxy
    /// for their addresses, or returns `None` if it is not installed.
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

    /// Restarts one node with these secrets. No visitor has to wait or gets an error.
    pub fn restart(&mut self, node: usize, secrets: Secrets) {
        self.proxy.take_out(node);
        self.nodes[node].restart(secrets);
        self.proxy.put_in(node);
    }

    /// Restarts all nodes, one after the other, and calls `after` after each.
    pub fn restart_each(&mut self, secrets: Secrets, mut after: impl FnMut()) {
        for node in 0..self.nodes.len() {
            self.restart(node, secrets);
            after();
        }
    }
}

/// Returns a port that was free a moment ago, for a program that cannot tell which port it uses.
pub fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
    listener.local_addr().expect("it has an address")
}

pub fn wait_until_it_listens(address: SocketAddr) {
    wait_until("it listens", || TcpStream::connect(address).is_ok());
}

/// Waits until the condition is true. Fails the test after half a minute.
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let since = Instant::now();
    while !is_so() {
        assert!(since.elapsed() < Duration::from_secs(30), "waited in vain until {what}");
        thread::sleep(Duration::from_millis(10));
    }
}
