//! The three kinds of page, and the right answer of each.

use serde_json::{Map, Value};

use crate::client::{Answer, Connection};
use crate::process::Process;
use crate::sample::{VISITS, VISITS_AFTER, VISITS_BEFORE};
use crate::servers::{Keeper, sample};

/// Puts the sample into the session.
pub const SEED: &str = "/seed";

/// Answers with the session as JSON.
pub const SHOW: &str = "/show";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    pub name: &'static str,
    pub path: &'static str,
}

/// Its handler does not look at the session.
pub const UNTOUCHED: Page = Page { name: "untouched", path: "/untouched" };

/// Its handler reads one key.
pub const READ: Page = Page { name: "read", path: "/read" };

/// Its handler counts one more visit.
pub const WRITTEN: Page = Page { name: "written", path: "/written" };

pub const PAGES: [Page; 3] = [UNTOUCHED, READ, WRITTEN];

/// The answer of the handler of [`UNTOUCHED`].
pub const HELLO: &str = "hello";

impl Page {
    /// Returns whether an answer is right. It must set a cookie exactly if one is due.
    pub fn is_right(self, process: &Process, answer: &Answer) -> bool {
        let due = process.server.set_cookie[PAGES.iter().position(|page| *page == self).expect("one of the three")];
        let body = match (self.name, process.server.keeper) {
            ("untouched", _) => answer.body == HELLO,
            ("read", Keeper::Memory) => answer.body.parse().is_ok_and(|visits: u64| visits >= VISITS_BEFORE),
            ("read", _) => answer.body == VISITS_BEFORE.to_string(),
            // In memory, every visit adds one. A cookie that is sent again has the same count again.
            (_, Keeper::Memory) => answer.body.parse().is_ok_and(|visits: u64| visits >= VISITS_AFTER),
            (_, _) => answer.body == VISITS_AFTER.to_string(),
        };
        answer.status == 200 && body && answer.set_cookies.is_empty() != due
    }
}

/// Returns the cookies of a visitor whose session contains the sample.
pub fn cookies(process: &Process) -> Vec<String> {
    Connection::open(process.address, &[]).get(SEED).set_cookies
}

/// Checks every page of a server, and that the session contains what was written.
///
/// # Panics
/// If an answer is not right.
pub fn check(process: &Process) {
    let name = process.server.name;
    let cookies = cookies(process);
    assert_eq!(cookies.is_empty(), process.server.keeper == Keeper::Nobody, "{name}: cookies of a new session");
    for page in PAGES {
        let answer = Connection::open(process.address, &cookies).get(page.path);
        assert!(page.is_right(process, &answer), "{name}, {}: {answer:?}", page.name);
        if page != WRITTEN || process.server.keeper == Keeper::Nobody {
            continue;
        }
        // A store in memory keeps its cookie. All others send the session in a new cookie.
        let cookies = if answer.set_cookies.is_empty() { &cookies } else { &answer.set_cookies };
        let shown = Connection::open(process.address, cookies).get(SHOW).body;
        let shown: Map<String, Value> = serde_json::from_str(&shown).expect("the session as JSON");
        assert_eq!(shown, sample().changed_dict(), "{name}");
        assert_eq!(shown[VISITS], VISITS_AFTER, "{name}");
    }
}
