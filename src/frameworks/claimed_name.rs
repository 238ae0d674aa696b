//! Which cookie names the session layers around a request have taken.
//!
//! Two layers with one name would read each other's cookie and write over it. A layer cannot see what
//! it is wrapped around, so it leaves a claim in the request for those further in.

use std::sync::Arc;

use crate::factory::SignedCookieFactory;
use crate::headers::OurCookies;
use crate::session::save_error::{ErrorKind, SaveError};

/// A layer's claim to its cookie name, and those of the layers around it.
#[derive(Clone)]
pub(crate) struct ClaimedName {
    cookies: Arc<OurCookies>,
    // Boxed, not in a list: a single layer, the usual case, allocates nothing for it.
    outer: Option<Box<ClaimedName>>,
}

impl ClaimedName {
    /// The claim of a layer within those that made `outer`.
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
