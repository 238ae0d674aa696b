//! Reports errors that end a request with a 500.
//!
//! The response's body holds the sentence in a debug build, and nothing in a release build. Operators get an event
//! of the crate `tracing`, or without that feature a line on standard error, once for each reason. None of them
//! holds a value, a cookie or a secret.

use crate::session::save_error::SaveError;
use crate::session::value::ValueError;

/// `Content-Type` of a body that holds a sentence.
pub(crate) const TEXT: &str = "text/plain; charset=utf-8";

/// An error that a layer answers with a 500.
pub(crate) trait Failure {
    /// The fact and the remedy.
    fn sentence(&self) -> String;

    /// Why, without a key. It tells one reason from another.
    fn reason(&self) -> &'static str;

    /// Whether whoever made the error told of it already.
    #[cfg_attr(not(feature = "tracing"), allow(dead_code))]
    fn is_told(&self) -> bool;

    /// The body of the response: the sentence in a debug build, otherwise nothing.
    fn body(&self) -> Option<String> {
        cfg!(debug_assertions).then(|| self.sentence())
    }

    /// Tells the operator. `cookie` is the name of the session's cookie.
    fn report(&self, cookie: &str, on_stderr: bool) {
        report::tell(self, cookie, on_stderr);
    }
}

impl Failure for SaveError {
    fn sentence(&self) -> String {
        SaveError::sentence(self)
    }

    fn reason(&self) -> &'static str {
        SaveError::reason(self)
    }

    // The factory told of its own.
    fn is_told(&self) -> bool {
        !self.is_cookie_name_taken()
    }
}

impl Failure for ValueError {
    fn sentence(&self) -> String {
        ValueError::sentence(self)
    }

    fn reason(&self) -> &'static str {
        "a handler returned a ValueError"
    }

    fn is_told(&self) -> bool {
        false
    }
}

/// Warns of something that is seen before any request is.
#[cfg(feature = "tower-sessions")]
pub(crate) fn warn_at_start(warning: &'static str) {
    report::warn(warning);
}

#[cfg(feature = "tracing")]
mod report {
    use tracing::{Level, event};

    use super::Failure;

    #[cfg(feature = "tower-sessions")]
    pub(super) fn warn(warning: &'static str) {
        event!(target: "signed_cookie_session", Level::WARN, "{warning}");
    }

    pub(super) fn tell(error: &(impl Failure + ?Sized), cookie: &str, _on_stderr: bool) {
        if !error.is_told() {
            event!(target: "signed_cookie_session", Level::ERROR, cookie, "the request failed: {}", error.reason());
        }
    }
}

#[cfg(not(feature = "tracing"))]
mod report {
    use std::io::Write;
    use std::sync::{Mutex, PoisonError};

    use super::Failure;

    /// The reasons that were told since the program began.
    static TOLD: Mutex<Vec<&str>> = Mutex::new(Vec::new());

    pub(super) fn tell(error: &(impl Failure + ?Sized), cookie: &str, on_stderr: bool) {
        if !on_stderr {
            return;
        }
        if !is_first(error.reason()) {
            return;
        }
        // A program whose standard error is closed serves its pages all the same.
        _ = writeln!(
            std::io::stderr(),
            "signed-cookie-session: a request failed with a 500, cookie {cookie:?}: {} (this reason is told once; \
             report_errors(false) turns this line off, the feature `tracing` makes events of all)",
            error.sentence()
        );
    }
    #[cfg(feature = "tower-sessions")]
    pub(super) fn warn(warning: &'static str) {
        if is_first(warning) {
            _ = writeln!(std::io::stderr(), "signed-cookie-session: {warning}");
        }
    }

    fn is_first(reason: &'static str) -> bool {
        let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
        let first = !told.contains(&reason);
        if first {
            told.push(reason);
        }
        first
    }
}
