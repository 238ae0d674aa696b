//! Who is logged in.

use serde::{Deserialize, Serialize};
use signed_cookie_session::Session;

/// A visitor with a name. There is no password in this demo: whoever gives a name is that person.
///
/// It is an object, where `/set` stores text. So nothing but the login form can make one, and no link logs anybody in.
#[derive(Clone, Serialize, Deserialize)]
pub struct User {
    pub name: String,
}

impl User {
    /// The most characters of a name.
    pub const MAX_NAME: usize = 64;

    /// `None` if this cannot be a name.
    pub fn named(name: &str) -> Option<Self> {
        let name = name.trim();
        (1..=Self::MAX_NAME).contains(&name.chars().count()).then(|| Self { name: name.into() })
    }

    /// Who is logged in, if anybody is. What `/set` or another program may have stored instead is nobody.
    pub fn of(session: &Session) -> Option<Self> {
        session.get("user").ok().flatten()
    }
}

/// The name of whoever sent the request.
pub fn name_of(session: &Session) -> String {
    User::of(session).map_or_else(|| "stranger".into(), |user| user.name)
}
