//! Writes the headers of a saved session into a response, for any type of header map.

use std::borrow::Cow;

use http::header::{CACHE_CONTROL, HeaderMap, HeaderName, HeaderValue, SET_COOKIE, VARY};

use crate::headers::SessionHeaders;

/// The header that asks a browser to bind a session to its device.
#[cfg(feature = "device-bound")]
pub(crate) const SECURE_SESSION_REGISTRATION: &str = "secure-session-registration";

/// The response headers that a session may change.
#[derive(Clone, Copy)]
pub(crate) enum Name {
    SetCookie,
    Vary,
    CacheControl,
    #[cfg(feature = "device-bound")]
    SecureSessionRegistration,
}

/// The headers of a response. It is implemented once for each type of header map.
pub(crate) trait ResponseHeaderMap {
    /// Returns the values of all headers of this name.
    fn values(&self, name: Name) -> impl Iterator<Item = &[u8]>;

    /// Reserves space for `_more` headers; returns `false` if there is none.
    fn try_reserve(&mut self, _more: usize) -> bool {
        true
    }

    /// Adds a header. The value is valid: it comes from other header values, or was checked in `build()`.
    fn append(&mut self, name: Name, value: Cow<'static, [u8]>);

    /// Removes all headers of this name.
    fn remove(&mut self, name: Name);
}

/// The error if the response has no space for another header. The response is unchanged.
#[derive(Debug)]
pub(crate) struct NoRoom;

impl SessionHeaders {
    /// Writes all of the headers, or none of them.
    pub(crate) fn apply(self, headers: &mut impl ResponseHeaderMap) -> Result<(), NoRoom> {
        if self.is_empty() {
            return Ok(());
        }
        let vary = self.vary(headers.values(Name::Vary));
        let cache_control = self.cache_control(headers.values(Name::CacheControl));
        let kept = self.kept_cookies(headers);
        let more = self.set_cookies().count() + usize::from(vary.is_some()) + usize::from(cache_control.is_some());
        #[cfg(feature = "device-bound")]
        let more = more + usize::from(self.registration.is_some());
        if !headers.try_reserve(more) {
            return Err(NoRoom);
        }

        if let Some(kept) = kept {
            headers.remove(Name::SetCookie);
            for line in kept {
                headers.append(Name::SetCookie, line.into());
            }
        }
        #[cfg(feature = "device-bound")]
        if let Some(registration) = self.registration {
            headers.remove(Name::SecureSessionRegistration);
            headers.append(Name::SecureSessionRegistration, registration.into_bytes().into());
        }
        for line in self.set_cookie.into_iter().chain(self.others) {
            headers.append(Name::SetCookie, line.into_bytes().into());
        }
        if let Some(vary) = vary {
            headers.append(Name::Vary, vary.as_bytes().into());
        }
        if let Some(value) = cache_control {
            headers.remove(Name::CacheControl);
            headers.append(Name::CacheControl, value);
        }
        Ok(())
    }

    /// Returns the `Set-Cookie` lines to keep, or `None` if all of them are kept.
    fn kept_cookies(&self, headers: &impl ResponseHeaderMap) -> Option<Vec<Vec<u8>>> {
        let mut lines = headers.values(Name::SetCookie);
        if !lines.any(|line| self.replaces(line)) {
            return None;
        }
        let lines = headers.values(Name::SetCookie);
        Some(lines.filter(|line| !self.replaces(line)).map(<[u8]>::to_vec).collect())
    }
}

impl From<Name> for HeaderName {
    fn from(name: Name) -> Self {
        match name {
            Name::SetCookie => SET_COOKIE,
            Name::Vary => VARY,
            Name::CacheControl => CACHE_CONTROL,
            #[cfg(feature = "device-bound")]
            Name::SecureSessionRegistration => HeaderName::from_static(SECURE_SESSION_REGISTRATION),
        }
    }
}

impl ResponseHeaderMap for HeaderMap {
    fn values(&self, name: Name) -> impl Iterator<Item = &[u8]> {
        self.get_all(HeaderName::from(name)).into_iter().map(HeaderValue::as_bytes)
    }

    fn try_reserve(&mut self, more: usize) -> bool {
        HeaderMap::try_reserve(self, more).is_ok()
    }

    fn append(&mut self, name: Name, value: Cow<'static, [u8]>) {
        let value = match value {
            // A static value needs no copy.
            Cow::Borrowed(value) => HeaderValue::from_static(std::str::from_utf8(value).expect("ours is ASCII")),
            Cow::Owned(value) => HeaderValue::try_from(value).expect("it is made of header values"),
        };
        HeaderMap::append(self, HeaderName::from(name), value);
    }

    fn remove(&mut self, name: Name) {
        HeaderMap::remove(self, HeaderName::from(name));
    }
}
