//! What an operator may want to alert on, as events of the crate `tracing`.
//!
//! Never a value, a key or a secret: only how many, how large, and which by its position. Without
//! the feature `tracing` everything here is nothing.

#[cfg(not(feature = "tracing"))]
pub(crate) use off::*;
#[cfg(feature = "tracing")]
pub(crate) use on::*;

#[cfg(feature = "tracing")]
mod on {
    use tracing::{Level, enabled, event};

    use crate::format::outcome::Outcome;
    use crate::format::record::Record;
    use crate::session::save_error::SaveError;

    pub(crate) struct Events {
        cookie: Box<str>,
    }

    /// What became of a request's cookie.
    pub(crate) struct Loaded {
        outcome: Outcome,
        size: usize,
        secret: Option<usize>,
        keys: Option<usize>,
    }

    impl Loaded {
        /// `key` is the position of the secret that signed it, 0 for the one that signs.
        pub(crate) fn used(outcome: Outcome, size: usize, key: usize, record: &Record) -> Self {
            // Counting takes as long as reading did: only where somebody listens.
            let listens = match outcome {
                Outcome::Valid => enabled!(target: "signed_cookie_session", Level::DEBUG),
                _ => enabled!(target: "signed_cookie_session", Level::INFO),
            };
            Self { outcome, size, secret: Some(key), keys: listens.then(|| record.dict.distinct().len()) }
        }

        pub(crate) fn refused(outcome: Outcome, size: usize) -> Self {
            Self { outcome, size, secret: None, keys: None }
        }
    }

    impl Events {
        pub(crate) fn new(cookie_name: &str) -> Self {
            Self { cookie: cookie_name.into() }
        }

        /// A warning is what takes a user's session away and should not happen: a secret, salt or
        /// serializer that does not fit, or a forgery. What an operator brought about is information,
        /// and what happens to everybody is not.
        pub(crate) fn loaded(&self, loaded: Loaded) {
            let Loaded { outcome, size, secret, keys } = loaded;
            let cookie = &*self.cookie;
            macro_rules! loaded {
                ($level:expr) => {
                    event!(target: "signed_cookie_session", $level, cookie, ?outcome, size, secret, keys, "{outcome}")
                };
            }
            match outcome {
                Outcome::Absent => loaded!(Level::TRACE),
                Outcome::Valid | Outcome::Expired => loaded!(Level::DEBUG),
                Outcome::ValidUnderOldSecret | Outcome::Revoked => loaded!(Level::INFO),
                Outcome::BadSignature | Outcome::Malformed => loaded!(Level::WARN),
            }
        }

        pub(crate) fn written(&self, size: usize, keys: impl FnOnce() -> usize) {
            let cookie = &*self.cookie;
            event!(target: "signed_cookie_session", Level::DEBUG, cookie, size, keys = keys(), "the session's cookie is written");
        }

        pub(crate) fn removed(&self) {
            let cookie = &*self.cookie;
            event!(target: "signed_cookie_session", Level::DEBUG, cookie, "the session's cookie is removed");
        }

        /// The error itself stays out of it: it names keys, and a serializer's may quote anything.
        pub(crate) fn not_saved(&self, error: &SaveError, limit: usize, keys: impl FnOnce() -> usize) {
            let (cookie, size) = (&*self.cookie, error.too_large());
            event!(target: "signed_cookie_session", Level::ERROR, cookie, size, limit, keys = keys(), "the session was not saved: {}", error.reason());
        }
    }
}

#[cfg(not(feature = "tracing"))]
mod off {
    use crate::format::outcome::Outcome;
    use crate::format::record::Record;
    use crate::session::save_error::SaveError;

    pub(crate) struct Events;

    pub(crate) struct Loaded;

    impl Loaded {
        #[inline(always)]
        pub(crate) fn used(_: Outcome, _: usize, _: usize, _: &Record) -> Self {
            Self
        }

        #[inline(always)]
        pub(crate) fn refused(_: Outcome, _: usize) -> Self {
            Self
        }
    }

    impl Events {
        #[inline(always)]
        pub(crate) fn new(_: &str) -> Self {
            Self
        }

        #[inline(always)]
        pub(crate) fn loaded(&self, _: Loaded) {}

        #[inline(always)]
        pub(crate) fn written(&self, _: usize, _: impl FnOnce() -> usize) {}

        #[inline(always)]
        pub(crate) fn removed(&self) {}

        #[inline(always)]
        pub(crate) fn not_saved(&self, _: &SaveError, _: usize, _: impl FnOnce() -> usize) {}
    }
}
