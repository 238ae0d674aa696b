//! Events of the crate `tracing`, for an operator's logs and alerts.
//!
//! An event contains the cookie's name, what happened, sizes, numbers, and the position of the secret. It never
//! contains a value, a key or a secret. Without the feature `tracing`, all functions here do nothing.

#[cfg(not(feature = "tracing"))]
pub(crate) use off::*;
#[cfg(feature = "tracing")]
pub(crate) use on::*;

#[cfg(feature = "tracing")]
mod on {
    use tracing::{Level, enabled, event};

    use crate::format::outcome::Outcome;
    use crate::session::save_error::SaveError;

    pub(crate) struct Events {
        cookie: Box<str>,
    }

    /// What became of a request's cookie.
    pub(crate) struct Loaded {
        outcome: Outcome,
        size: usize,
        secret: Option<usize>,
    }

    impl Loaded {
        /// `secret_index` is the position of the secret that signed it, 0 for the one that signs.
        pub(crate) fn used(outcome: Outcome, size: usize, secret_index: usize) -> Self {
            Self { outcome, size, secret: Some(secret_index) }
        }

        pub(crate) fn refused(outcome: Outcome, size: usize) -> Self {
            Self { outcome, size, secret: None }
        }
    }

    impl Events {
        pub(crate) fn new(cookie_name: &str) -> Self {
            Self { cookie: cookie_name.into() }
        }

        /// Reports what became of a cookie. The level is warn if a user loses the session and this should not happen:
        /// the secret, salt or serializer is another one, or the cookie was forged. It is info for what an operator
        /// caused, and debug or trace for what happens to every user.
        pub(crate) fn loaded(&self, loaded: Loaded, count_keys: impl FnOnce() -> usize) {
            let Loaded { outcome, size, secret } = loaded;
            let cookie = &*self.cookie;
            macro_rules! loaded {
                ($level:expr) => {{
                    // Counting takes as long as reading the session, so do it only if the event is enabled.
                    let listens = secret.is_some() && enabled!(target: "signed_cookie_session", $level);
                    let keys = listens.then(count_keys);
                    event!(target: "signed_cookie_session", $level, cookie, ?outcome, size, secret, keys, "{outcome}")
                }};
            }
            match outcome {
                Outcome::Absent => loaded!(Level::TRACE),
                Outcome::Valid | Outcome::Expired | Outcome::Ended => loaded!(Level::DEBUG),
                Outcome::ValidUnderOldSecret | Outcome::ValidFormer | Outcome::Revoked => loaded!(Level::INFO),
                Outcome::Unproven | Outcome::Future | Outcome::BadSignature | Outcome::Malformed => {
                    loaded!(Level::WARN)
                }
            }
        }

        pub(crate) fn written(&self, size: usize, keys: impl FnOnce() -> usize) {
            let cookie = &*self.cookie;
            event!(target: "signed_cookie_session", Level::DEBUG, cookie, size, keys = keys(), "the session's cookie is written");
        }

        /// Reports that a flash queue was full and that its oldest messages were dropped.
        pub(crate) fn flash_dropped(&self, messages: usize) {
            let cookie = &*self.cookie;
            event!(target: "signed_cookie_session", Level::WARN, cookie, messages, "a flash queue was full: its oldest messages were dropped");
        }

        /// Reports that a value did not have the type that the program asked for, and was removed.
        pub(crate) fn value_removed(&self) {
            let cookie = &*self.cookie;
            event!(target: "signed_cookie_session", Level::WARN, cookie, "a value of another type was removed from the session");
        }

        /// Reports that an unchanged session could not be renewed. Its cookie is still valid.
        pub(crate) fn not_renewed(&self, error: &SaveError) {
            let (cookie, size) = (&*self.cookie, error.too_large());
            event!(target: "signed_cookie_session", Level::WARN, cookie, size, "the session's cookie was not renewed: {}", error.reason());
        }

        /// Reports that a session was bound to a device.
        #[cfg(feature = "device-bound")]
        pub(crate) fn device_registered(&self) {
            let cookie = &*self.cookie;
            event!(target: "signed_cookie_session", Level::INFO, cookie, "the session is bound to a device");
        }

        /// Reports an invalid proof.
        #[cfg(feature = "device-bound")]
        pub(crate) fn proof_refused(&self, reason: &impl std::fmt::Display) {
            let cookie = &*self.cookie;
            event!(target: "signed_cookie_session", Level::WARN, cookie, "a device's proof was refused: {reason}");
        }

        /// Reports a proof with another key than that of the session's device. Somebody may have copied the cookies.
        #[cfg(feature = "device-bound")]
        pub(crate) fn wrong_device(&self, reason: &impl std::fmt::Display) {
            let cookie = &*self.cookie;
            event!(target: "signed_cookie_session", Level::ERROR, cookie, "another device than the session's sent a proof: {reason}");
        }

        pub(crate) fn removed(&self) {
            let cookie = &*self.cookie;
            event!(target: "signed_cookie_session", Level::DEBUG, cookie, "the session's cookie is removed");
        }

        /// Reports that a session was not saved. The event does not contain the error, which names keys; the error of a
        /// serializer could even quote values.
        pub(crate) fn not_saved(&self, error: &SaveError, limit: usize, keys: impl FnOnce() -> usize) {
            let (cookie, size) = (&*self.cookie, error.too_large());
            event!(target: "signed_cookie_session", Level::ERROR, cookie, size, limit, keys = keys(), "the session was not saved: {}", error.reason());
        }
    }
}

#[cfg(not(feature = "tracing"))]
mod off {
    use crate::format::outcome::Outcome;
    use crate::session::save_error::SaveError;

    pub(crate) struct Events;

    pub(crate) struct Loaded;

    impl Loaded {
        pub(crate) fn used(_: Outcome, _: usize, _: usize) -> Self {
            Self
        }

        pub(crate) fn refused(_: Outcome, _: usize) -> Self {
            Self
        }
    }

    impl Events {
        pub(crate) fn new(_: &str) -> Self {
            Self
        }

        pub(crate) fn loaded(&self, _: Loaded, _: impl FnOnce() -> usize) {}

        pub(crate) fn flash_dropped(&self, _: usize) {}

        pub(crate) fn value_removed(&self) {}

        pub(crate) fn not_renewed(&self, _: &SaveError) {}

        pub(crate) fn written(&self, _: usize, _: impl FnOnce() -> usize) {}

        #[cfg(feature = "device-bound")]
        pub(crate) fn device_registered(&self) {}

        #[cfg(feature = "device-bound")]
        pub(crate) fn proof_refused(&self, _: &impl std::fmt::Display) {}

        #[cfg(feature = "device-bound")]
        pub(crate) fn wrong_device(&self, _: &impl std::fmt::Display) {}

        pub(crate) fn removed(&self) {}

        pub(crate) fn not_saved(&self, _: &SaveError, _: usize, _: impl FnOnce() -> usize) {}
    }
}
