//! A counter that two pages share, as in Pyramid's quick tutorial.

use signed_cookie_session::{Session, ValueError};

pub const SOURCE: &str = include_str!("counter.rs");

// --- shown on the page ---
pub fn count(session: &Session) -> Result<u64, ValueError> {
    // A value that is not a number is removed (try /set/counter/x).
    let before: u64 = session.get_or_remove("counter").unwrap_or(0);
    let counter = before.saturating_add(1);
    session.insert("counter", counter)?;
    Ok(counter)
}
// --- shown on the page ---
