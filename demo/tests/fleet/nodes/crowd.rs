//! Many visitors who use the site while the operator works.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use crate::nodes::fleet::wait_until;
use crate::nodes::visitor::{Seen, Visitor};

const VISITORS: usize = 240;
const THREADS: usize = 8;

/// Counts the rounds of each thread. In a round, each visitor of the thread takes a turn.
pub struct Crowd {
    rounds: [AtomicU64; THREADS],
    is_over: AtomicBool,
}

impl Crowd {
    /// Sends the visitors to the address while `operator` works, and sums up what they saw.
    pub fn visit(address: SocketAddr, operator: impl FnOnce(&Self)) -> Seen {
        let crowd = Self { rounds: Default::default(), is_over: AtomicBool::new(false) };
        thread::scope(|scope| {
            let crowd = &crowd;
            let threads: Vec<_> = (0..THREADS).map(|at| scope.spawn(move || crowd.go_round(address, at))).collect();
            // Stops the visitors even if the operator panics.
            let over = Over(crowd);
            operator(crowd);
            drop(over);
            let mut sum = Seen::default();
            for seen in threads.into_iter().flat_map(|thread| thread.join().expect("visitors do not panic")) {
                sum.requests += seen.requests;
                sum.sessions += seen.sessions;
                sum.under_old += seen.under_old;
                sum.nodes.extend(seen.nodes);
                sum.complaints.extend(seen.complaints);
            }
            sum
        })
    }

    /// Waits until every visitor has taken a turn that began after this call.
    pub fn everybody_takes_a_turn(&self) {
        let now = self.rounds.each_ref().map(|rounds| rounds.load(Ordering::SeqCst));
        // The current round began before this call.
        let is_past = |(rounds, before): (&AtomicU64, u64)| rounds.load(Ordering::SeqCst) >= before + 2;
        wait_until("everybody has taken a turn", || self.rounds.iter().zip(now).all(is_past));
    }

    fn go_round(&self, address: SocketAddr, thread: usize) -> Vec<Seen> {
        let numbers = (thread..VISITORS).step_by(THREADS);
        let mut visitors: Vec<_> = numbers.map(|number| Visitor::new(address, number)).collect();
        while !self.is_over.load(Ordering::SeqCst) {
            visitors.iter_mut().for_each(Visitor::take_a_turn);
            self.rounds[thread].fetch_add(1, Ordering::SeqCst);
        }
        visitors.into_iter().map(|visitor| visitor.seen).collect()
    }
}

struct Over<'c>(&'c Crowd);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.is_over.store(true, Ordering::SeqCst);
    }
}
