//! The names that most programs need, in one import.
//!
//! A glob import of the crate's root brings its modules `axum`, `tower` and `actix_web` too, which then stand beside the
//! crates of those names and make them ambiguous. This one does not.
//!
//! # Example
//! ```
//! use signed_cookie_session::prelude::*;
//!
//! fn greet(session: &Session) -> Result<String, ValueError> {
//!     let name: Option<String> = session.get("name")?;
//!     Ok(format!("Hello, {}.", name.unwrap_or("stranger".into())))
//! }
//!
//! let sessions = SignedCookieFactory::new(Secret::generate());
//! assert_eq!(greet(&sessions.load(&http::HeaderMap::new()))?, "Hello, stranger.");
//! # Ok::<(), ValueError>(())
//! ```

#[cfg(feature = "actix-web")]
pub use crate::actix_web::SessionMiddleware;
#[cfg(feature = "tower")]
pub use crate::tower::SessionLayer;
pub use crate::{
    ConfigError, CsrfOrigin, DecodeError, Outcome, SameSite, SaveError, Secret, Secrets, Session, SignedCookieFactory,
    ValueError,
};
