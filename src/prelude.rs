//! The names that most programs need, in one import.
//!
//! A glob import of the crate's root also imports its modules `axum`, `tower` and `actix_web`, so that the names of
//! those crates become ambiguous. The prelude contains no module.
//!
//! It does not contain `CsrfForm` either, because the modules `axum` and `actix_web` each have one. Import it from the
//! module of your framework.
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
