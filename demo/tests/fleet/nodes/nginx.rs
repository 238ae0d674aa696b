//! nginx: a node is taken out by a new configuration and a reload.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::{fs, process};

use crate::common::client::Client;
use crate::common::folder::Folder;
use crate::common::programs::installed;
use crate::nodes::fleet::{Proxy, free_address, wait_until, wait_until_it_listens};

/// A running nginx. Dropping it ends the process.
pub struct Nginx {
    program: PathBuf,
    process: Option<Child>,
    folder: Folder,
    address: SocketAddr,
    nodes: Vec<(SocketAddr, bool)>,
    settings: &'static str,
}

impl Nginx {
    /// Returns `None` if nginx is not installed. `settings` go into its `location`.
    pub fn start(nodes: &[SocketAddr], settings: &'static str) -> Option<Self> {
        let program = installed("nginx", "nginx-light")?;
        let nodes = nodes.iter().map(|&node| (node, true)).collect();
        let mut nginx =
            Self { program, process: None, folder: Folder::new(), address: free_address(), nodes, settings };
        nginx.configure();
        nginx.process = Some(nginx.command().spawn().expect("nginx starts"));
        wait_until_it_listens(nginx.address);
        Some(nginx)
    }

    fn configure(&self) {
        let server =
            |(node, is_in): &(SocketAddr, bool)| format!("server {node}{};", if *is_in { "" } else { " down" });
        let configuration = include_str!("nginx.conf")
            .replace("@folder@", self.folder.path().to_str().expect("a plain path"))
            .replace("@address@", &self.address.to_string())
            .replace("@nodes@", &self.nodes.iter().map(server).collect::<Vec<_>>().join("\n"))
            .replace("@settings@", self.settings);
        fs::write(self.folder.path().join("nginx.conf"), configuration).expect("it can be written");
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        // Use a separate log from the start, because only root can write the usual one.
        let log = self.folder.path().join("error.log");
        command.arg("-p").arg(self.folder.path()).arg("-c").arg(self.folder.path().join("nginx.conf"));
        command.arg("-e").arg(log);
        command
    }

    /// Returns when the worker that knew the old configuration has answered its last request and ended.
    fn reload(&self) {
        let before = self.worker();
        self.configure();
        assert!(self.command().args(["-s", "reload"]).status().expect("nginx runs").success());
        wait_until("nginx has reloaded", || self.worker() != before && !is_running(&before));
    }

    fn worker(&self) -> String {
        Client::new(self.address).get("/-/worker").body
    }
}

fn is_running(process: &str) -> bool {
    let asked = Command::new("kill").args(["-0", process]).stderr(process::Stdio::null()).status();
    asked.expect("there is a kill").success()
}

impl Proxy for Nginx {
    fn address(&self) -> SocketAddr {
        self.address
    }

    fn take_out(&mut self, node: usize) {
        self.nodes[node].1 = false;
        self.reload();
    }

    fn put_in(&mut self, node: usize) {
        self.nodes[node].1 = true;
        self.reload();
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // nginx's master process ends its worker. If the master were killed, the worker would go on.
        let _ = self.command().args(["-s", "stop"]).status();
        if let Some(process) = &mut self.process {
            let _ = process.wait();
        }
    }
}
