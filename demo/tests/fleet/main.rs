//! Three instances of the demo behind a real nginx and a real haproxy, with a few hundred visitors who check every
//! answer while the nodes are restarted and the secret is rotated. This needs both proxies (Debian: `nginx-light`,
//! `haproxy`). `docs/OPERATING.md` describes the same steps.
#![cfg(unix)]

#[path = "../common/mod.rs"]
mod common;
mod nodes {
    pub mod crowd;
    pub mod fleet;
    pub mod haproxy;
    pub mod nginx;
    pub mod node;
    pub mod visitor;
}

use std::net::SocketAddr;
use std::time::Instant;

use common::client::Client;
use nodes::crowd::Crowd;
use nodes::fleet::{Fleet, Proxy};
use nodes::haproxy::Haproxy;
use nodes::nginx::Nginx;
use nodes::node::Secrets;
use nodes::visitor::Seen;

const OLD: &str = "the secret of these tests that was there from the beginning";
const NEW: &str = "the secret of these tests that takes its place, node by node";

const BEFORE: Secrets = Secrets { signs: OLD, verifies: None };
/// Step one of a rotation: every node learns to verify the new secret.
const VERIFIES_NEW: Secrets = Secrets { signs: OLD, verifies: Some(NEW) };
/// Step two: every node signs with the new secret.
const SIGNS_NEW: Secrets = Secrets { signs: NEW, verifies: Some(OLD) };
/// Step three: every node forgets the old secret.
const AFTER: Secrets = Secrets { signs: NEW, verifies: None };

/// Rotates the secret while visitors use the site. No visitor may notice.
fn rotate<P: Proxy + 'static>(name: &str, proxy: impl FnOnce(&[SocketAddr]) -> Option<P>) {
    let Some(mut fleet) = Fleet::start(BEFORE, proxy) else { return };
    let nodes = fleet.nodes();
    let began = Instant::now();
    let seen = Crowd::visit(fleet.address(), |crowd| {
        let turn = || crowd.everybody_takes_a_turn();
        turn();
        for secrets in [BEFORE, VERIFIES_NEW, SIGNS_NEW, AFTER] {
            fleet.restart_each(secrets, turn);
        }
    });
    let Seen { requests, sessions, under_old, .. } = seen;
    let share = |node: &SocketAddr| seen.nodes.iter().filter(|name| **name == node.to_string()).count();
    let shares: Vec<_> = nodes.iter().map(share).collect();
    eprintln!(
        "{name}: {requests} requests in {sessions} sessions, {under_old} pages under the secret that only \
         verified, answers by node {shares:?}, {} complaints, {:.1} s",
        seen.complaints.len(),
        began.elapsed().as_secs_f32()
    );
    assert!(seen.complaints.is_empty(), "{:#?}", &seen.complaints[..seen.complaints.len().min(5)]);
    assert!(requests >= 3000 && sessions >= 240, "too few to mean anything");
    assert!(under_old >= 240, "each visitor's cookie was signed anew");
    assert!(shares.iter().all(|share| *share as u64 >= requests / 6), "every node had its share");
}

/// Moves one node of a fleet from one step to another. The other nodes stay at the first step.
fn go_ahead_with_one_node(from: Secrets, to: Secrets) -> Option<Seen> {
    let mut fleet = Fleet::start(from, Haproxy::start)?;
    let seen = Crowd::visit(fleet.address(), |crowd| {
        crowd.everybody_takes_a_turn();
        fleet.restart(0, to);
        crowd.everybody_takes_a_turn();
        crowd.everybody_takes_a_turn();
    });
    eprintln!("{} requests, and {} times a session was lost", seen.requests, seen.complaints.len());
    Some(seen)
}

/// Checks that visitors lost their sessions, because the order of the steps was wrong.
fn assert_sessions_are_lost(seen: &Seen) {
    let lost = seen.complaints.iter().filter(|complaint| complaint.contains("signature was made with another secret"));
    assert!(lost.count() >= 100, "{} complaints", seen.complaints.len());
    assert!(seen.complaints.iter().any(|complaint| complaint.contains("the counter is 1 and not ")));
}

#[test]
fn behind_nginx_nobody_notices_restarts_and_a_rotation() {
    rotate("nginx", |nodes| Nginx::start(nodes, ""));
}

#[test]
fn behind_haproxy_nobody_notices_restarts_and_a_rotation() {
    rotate("haproxy", Haproxy::start);
}

#[test]
fn a_node_with_a_secret_unknown_to_the_others_loses_sessions() {
    if let Some(seen) = go_ahead_with_one_node(BEFORE, SIGNS_NEW) {
        assert_sessions_are_lost(&seen);
    }
}

#[test]
fn a_node_that_drops_the_old_secret_too_early_loses_sessions() {
    if let Some(seen) = go_ahead_with_one_node(VERIFIES_NEW, AFTER) {
        assert_sessions_are_lost(&seen);
    }
}

/// Fills a session completely, at the node itself and not through a proxy.
fn full_session(node: SocketAddr) -> Client {
    let mut visitor = Client::new(node);
    visitor.get("/");
    visitor.get("/set/fill/x");
    let room = (4064 - visitor.jar["session"].len()) / 4 * 3;
    // This leaves space for the counter to grow.
    assert_eq!(visitor.get(&format!("/set/fill/{}", "x".repeat(room - 3))).status, 200);
    assert!((4050..4064).contains(&visitor.jar["session"].len()));
    visitor
}

/// Returns the same visitor at another address.
fn moved(visitor: &Client, address: SocketAddr) -> Client {
    let mut moved = Client::new(address);
    moved.jar.clone_from(&visitor.jar);
    moved
}

/// By default, nginx's buffer is one page of memory, which is 4 KB here.
#[cfg(target_arch = "x86_64")]
#[test]
fn nginx_with_default_buffers_answers_a_full_session_with_502() {
    let Some(fleet) = Fleet::start(BEFORE, |nodes| Nginx::start(nodes, "")) else { return };
    assert_eq!(Client::new(fleet.address()).get("/").status, 200);
    let mut full = moved(&full_session(fleet.nodes()[0]), fleet.address());
    for node in 1..=3 {
        assert_eq!(full.get("/").status, 502, "request {node}");
    }
    assert_eq!(Client::new(fleet.address()).get("/").status, 502, "all three nodes count as dead");
}

#[test]
fn nginx_with_a_buffer_of_8_kilobytes_passes_a_full_session_on() {
    let Some(fleet) = Fleet::start(BEFORE, |nodes| Nginx::start(nodes, "proxy_buffer_size 8k;")) else { return };
    assert_full_sessions_pass(&fleet);
}

#[test]
fn haproxy_passes_a_full_session_on_as_it_comes() {
    let Some(fleet) = Fleet::start(BEFORE, Haproxy::start) else { return };
    assert_full_sessions_pass(&fleet);
}

fn assert_full_sessions_pass(fleet: &Fleet) {
    let mut full = moved(&full_session(fleet.nodes()[0]), fleet.address());
    for visit in 2..=5 {
        let page = full.get("/");
        assert_eq!(page.status, 200, "visit {visit}");
        assert!(page.body.contains(&format!("id=\"counter\">{visit}<")), "visit {visit}");
    }
}
