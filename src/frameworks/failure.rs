//! Reports errors that end a request with a 500.
//!
//! In a debug build, the response's body holds the error's text; in a release build it is empty. Operators get an event
//! of the crate `tracing`. Without that feature they get one line on standard error for each reason. None of these
//! contains a value, a cookie or a secret.

use crate::session::save_error::SaveError;
use crate::session::value::ValueError;

/// The `Content-Type` of an error's text.
pub(crate) const TEXT: &str = "text/plain; charset=utf-8";

/// An error for which a layer answers with a 500.
pub(crate) trait Failure {
    /// Returns the error's text: the fact and the remedy.
    fn sentence(&self) -> String;

    /// Returns the kind of error in words, without a key. Equal reasons are reported once.
    fn reason(&self) -> &'static str;

    /// Returns whether the code that made the error has already reported it as an event.
    #[cfg_attr(not(feature = "tracing"), allow(dead_code))]
    fn is_told(&self) -> bool;

    /// Returns the body of the response: the error's text in a debug build, otherwise `None`.
    fn body(&self) -> Option<String> {
        cfg!(debug_assertions).then(|| self.sentence())
    }

    /// Reports the error to the operator. `cookie` is the name of the session's cookie.
    fn report(&self, cookie: &str, on_stderr: bool) {
        report::tell(self, cookie, on_stderr);
    }
}

impl Failure for SaveError {
    fn sentence(&self) -> String {
        // Anybody may read this text. It does not contain the serializer's error, which may quote values: `source()`
        // returns that error.
        self.to_string()
    }

    fn reason(&self) -> &'static str {
        SaveError::reason(self)
    }

    // The factory reports its own errors. Only a layer can find that a cookie name is taken.
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

/// Warns the operator when the app is built, before the first request.
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

    /// The reasons that were reported since the program began.
    static TOLD: Mutex<Vec<&str>> = Mutex::new(Vec::new());

    pub(super) fn tell(error: &(impl Failure + ?Sized), cookie: &str, on_stderr: bool) {
        if !on_stderr {
            return;
        }
        if !is_first(error.reason()) {
            return;
        }
        // The program must go on serving pages if its standard error is closed.
        _ = writeln!(
            std::io::stderr(),
            "signed-cookie-session: a request failed with a 500, cookie {cookie:?}: {} (this reason is reported once; \
             report_errors(false) turns this line off; the feature `tracing` makes an event of every error)",
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
