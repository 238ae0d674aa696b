//! Saves the session of one request, for the layers of all frameworks.

use crate::factory::SignedCookieFactory;
use crate::frameworks::failure::Failure;
use crate::headers::SessionHeaders;
use crate::headers::header_map::ResponseHeaderMap;
use crate::session::Session;
use crate::session::save_error::SaveError;
use crate::session::value::ValueError;

/// The extensions of a response.
pub(crate) trait Extensions {
    /// Returns the error that a handler returned, if there is one.
    fn value_error(&self) -> Option<ValueError>;

    /// Marks the response's error as reported, and returns whether it was unmarked before.
    fn tell_once(&mut self) -> bool;
}

/// A mark in a response's extensions. It means that the response's error was reported.
#[cfg(any(feature = "actix-web", feature = "poem", feature = "salvo", feature = "tower"))]
#[derive(Clone, Copy)]
pub(crate) struct Told;

#[cfg(any(feature = "poem", feature = "salvo", feature = "tower"))]
impl Extensions for http::Extensions {
    fn value_error(&self) -> Option<ValueError> {
        self.get::<ValueError>().cloned()
    }

    fn tell_once(&mut self) -> bool {
        self.insert(Told).is_none()
    }
}

/// The session of a request that is being handled.
pub(crate) struct RequestSession {
    sessions: SignedCookieFactory,
    session: Session,
    /// The number of handles that the layer and its framework hold. If there are more, the app holds the others.
    own_handles: usize,
    report_errors: bool,
}

impl RequestSession {
    /// `own_handles` is the number of handles that the layer and its framework still hold when the response is ready.
    pub(crate) fn new(
        sessions: &SignedCookieFactory,
        session: Session,
        own_handles: usize,
        report_errors: bool,
    ) -> Self {
        Self { sessions: sessions.clone(), session, own_handles, report_errors }
    }

    /// Writes the session into a response's headers.
    pub(crate) fn save(self, status: u16, headers: &mut impl ResponseHeaderMap) -> Result<(), SaveError> {
        let saved = self.headers(status);
        let saved = saved.and_then(|saved| self.sessions.apply(&self.session, saved, headers));
        saved.inspect_err(|error| error.report(self.cookie_name(), self.report_errors))
    }

    fn headers(&self, status: u16) -> Result<SessionHeaders, SaveError> {
        let saved = self.sessions.response_headers(&self.session, status)?;
        // If the app still holds a handle, it may read the session while the body is sent.
        let held = self.session.handles() > self.own_handles;
        Ok(if held { self.sessions.still_held(saved) } else { saved })
    }

    /// Reports the [`ValueError`] that a handler returned, unless an inner layer has reported it.
    pub(crate) fn report_once(&self, extensions: &mut impl Extensions) {
        let Some(error) = extensions.value_error() else { return };
        if extensions.tell_once() {
            error.report(self.cookie_name(), self.report_errors);
        }
    }

    fn cookie_name(&self) -> &str {
        self.sessions.cookie_name()
    }
}
