//! A logout while a slow page is loading. The card's script sends both requests.

use std::time::Duration;

use signed_cookie_session::Session;

use crate::cards::counter::count;
use crate::failure::Failure;
use crate::user::name_of;

pub const SOURCE: &str = include_str!("slow.rs");

/// How long the slow page takes.
const PAUSE: Duration = Duration::from_secs(2);

// --- shown on the page ---
pub async fn slow(session: Session) -> Result<String, Failure> {
    count(&session)?; // a change, so that the response sets the session's cookie
    let name = name_of(&session);
    tokio::time::sleep(PAUSE).await; // meanwhile, another request logs out
    Ok(format!("{name}, {}\n", session.outcome().as_str()))
}

pub async fn who(session: Session) -> String {
    format!("{}, {}\n", name_of(&session), session.outcome().as_str())
}
// --- shown on the page ---
