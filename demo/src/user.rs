//! The user who is logged in.

use serde::{Deserialize, Serialize};
use signed_cookie_session::Session;

/// A visitor with a name. This demo has no passwords: anybody can log in with any name.
///
/// The session stores it as an object, and `/set` stores only text. So only the login form can store a user, and a link
/// cannot log anybody in.
#[derive(Clone, Serialize, Deserialize)]
pub struct User {
    pub name: String,
}

impl User {
    /// The maximum number of characters in a name.
    pub const MAX_NAME: usize = 64;

    /// Returns `None` if the name is empty or too long.
    pub fn named(name: &str) -> Option<Self> {
        let name = name.trim();
        (1..=Self::MAX_NAME).contains(&name.chars().count()).then(|| Self { name: name.into() })
    }

    /// Returns the user who is logged in. A value that `/set` or another program stored instead is not a user.
    pub fn of(session: &Session) -> Option<Self> {
        session.get("user").ok().flatten()
    }
}

/// Returns the name of the user who is logged in, or "stranger".
pub fn name_of(session: &Session) -> String {
    User::of(session).map_or_else(|| "stranger".into(), |user| user.name)
}
