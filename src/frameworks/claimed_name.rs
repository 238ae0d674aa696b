//! Finds two session layers that have the same cookie name.
//!
//! Such layers would read and overwrite each other's cookie. A layer cannot see the layers inside it, so it puts its
//! claim to the name into the request, where they find it.

use std::sync::Arc;

use crate::factory::SignedCookieFactory;
use crate::headers::OurCookies;
use crate::session::save_error::{ErrorKind, SaveError};

/// A layer's claim to its cookie name, with the claims of the layers around it.
#[derive(Clone)]
pub(crate) struct ClaimedName {
    cookies: Arc<OurCookies>,
    // A box and not a list, so that a single layer, the usual case, allocates nothing.
    outer: Option<Box<ClaimedName>>,
}

impl ClaimedName {
    /// Returns the claim of a layer inside the layers that made `outer`, or an error if one of them has the same name.
    pub(crate) fn within(outer: Option<Self>, sessions: &SignedCookieFactory) -> Result<Self, SaveError> {
        let cookies = sessions.cookies();
        let name = cookies.session.name();
        let mut next = outer.as_ref();
        while let Some(claim) = next {
            if claim.cookies.session.name() == name {
                return Err(ErrorKind::CookieNameTaken(name.into()).into());
            }
            next = claim.outer.as_deref();
        }
        Ok(Self { cookies: Arc::clone(cookies), outer: outer.map(Box::new) })
    }
}
