//! The response headers of a saved session, independent of the version of `http`.

pub(crate) mod caching;
pub(crate) mod header_map;
pub(crate) mod request_cookie;
pub(crate) mod set_cookie;

use std::borrow::Cow;
use std::sync::Arc;

#[cfg(feature = "device-bound")]
use crate::format::device_marks::{BOUND_SUFFIX, KEY_SUFFIX};
use crate::format::kind::END_MARK_SUFFIX;
use crate::headers::request_cookie::CookieNames;
use crate::headers::set_cookie::SetCookie;
use crate::session::policy::{Role, Roles};
use crate::settings::Settings;

/// The cookies that a factory sets.
pub(crate) struct OurCookies {
    pub(crate) session: SetCookie,
    /// The second cookie of the session, if the format has one.
    pub(crate) signature: Option<SetCookie>,
    pub(crate) end_mark: Option<SetCookie>,
    pub(crate) formers: Vec<FormerCookies>,
    #[cfg(feature = "device-bound")]
    pub(crate) device: Option<DeviceCookies>,
}

/// The cookies of a device to which sessions are bound.
#[cfg(feature = "device-bound")]
pub(crate) struct DeviceCookies {
    /// The cookie that proves the device, for a short time.
    pub(crate) bound: SetCookie,
    /// The cookie with the device's public key.
    pub(crate) key: SetCookie,
}

/// The cookies of a former format, which are removed and never written.
pub(crate) struct FormerCookies {
    pub(crate) name: String,
    pub(crate) has_signature_cookie: bool,
    /// Empty if it is the same cookie as the present one.
    pub(crate) cookies: Vec<SetCookie>,
    /// Whether they are removed when their session is written in the present format.
    pub(crate) remove: bool,
}

impl OurCookies {
    /// Creates the cookies. The settings must have been checked.
    pub(crate) fn new(settings: &Settings, has_signature_cookie: bool, formers: Vec<FormerCookies>) -> Self {
        let beside = |suffix| SetCookie::beside(settings, suffix);
        let mut cookies = Self {
            session: SetCookie::session(settings),
            signature: has_signature_cookie.then(|| beside(SIGNATURE_SUFFIX)),
            end_mark: settings.end_mark.then(|| beside(END_MARK_SUFFIX)),
            formers,
            #[cfg(feature = "device-bound")]
            device: None,
        };
        for former in &mut cookies.formers {
            let present = || std::iter::once(&cookies.session).chain(&cookies.signature);
            former.cookies.retain(|cookie| !present().any(|present| present.is_same(cookie)));
        }
        cookies
    }

    /// Adds the cookies of a device, whose endpoints are below `path`.
    #[cfg(feature = "device-bound")]
    pub(crate) fn add_device(&mut self, settings: &Settings, path: &str) {
        // Browsers accept a cookie with such a name only for the path "/" (RFC 6265bis section 4.1.3.2).
        let is_for_all_paths = settings.cookie_name.to_ascii_lowercase().starts_with("__host-");
        self.device = Some(DeviceCookies {
            bound: SetCookie::beside(settings, BOUND_SUFFIX),
            key: SetCookie::beside_at(settings, KEY_SUFFIX, if is_for_all_paths { "/" } else { path }),
        });
    }

    /// Returns the cookies of a device with their roles.
    #[cfg(feature = "device-bound")]
    fn device_cookies(&self) -> impl Iterator<Item = (&SetCookie, Role)> {
        let device = self.device.iter();
        device.flat_map(|device| [(&device.bound, Role::Bound), (&device.key, Role::DeviceKey)])
    }

    /// Returns the cookie names to search in a request, and the roles of each former format's cookies.
    pub(crate) fn names(&self) -> (CookieNames, Vec<Roles>) {
        let name = |cookie: &SetCookie, role| (cookie.name().to_owned(), role);
        let mut others: Vec<(String, Role)> = Vec::new();
        others.extend(self.end_mark.iter().map(|cookie| name(cookie, Role::EndMark)));
        others.extend(self.signature.iter().map(|cookie| name(cookie, Role::Signature)));
        #[cfg(feature = "device-bound")]
        others.extend(self.device_cookies().map(|(cookie, role)| name(cookie, role)));
        let mut role_of = |name: String, new: Role| {
            if name == self.session.name() {
                return Role::Session;
            }
            if let Some((_, role)) = others.iter().find(|(known, _)| *known == name) {
                return *role;
            }
            others.push((name, new));
            new
        };
        let mut roles = Vec::new();
        for (at, former) in (0..).zip(&self.formers) {
            let mut role_if = |is_there: bool, suffix: &str, role| {
                if is_there { role_of([former.name.as_str(), suffix].concat(), role) } else { role }
            };
            roles.push(Roles {
                session: role_if(true, "", Role::Former(at)),
                signature: role_if(former.has_signature_cookie, SIGNATURE_SUFFIX, Role::FormerSignature(at)),
                end_mark: role_if(self.end_mark.is_some(), END_MARK_SUFFIX, Role::FormerEndMark(at)),
            });
        }
        (CookieNames::new(self.session.name(), others), roles)
    }

    /// Returns whether a `Set-Cookie` line sets one of these cookies.
    pub(crate) fn is_ours(&self, line: &[u8]) -> bool {
        let beside = self.signature.iter().chain(&self.end_mark);
        #[cfg(feature = "device-bound")]
        let beside = beside.chain(self.device_cookies().map(|(cookie, _)| cookie));
        let formers = self.formers.iter().flat_map(|former| &former.cookies);
        std::iter::once(&self.session).chain(beside).chain(formers).any(|cookie| cookie.is_same_cookie(line))
    }

    /// Returns the lines that remove former cookies: those in `must_go`, and those in `carried` that are removed when
    /// their session is written. Both have one bit for each former format.
    pub(crate) fn former_removals(&self, must_go: u32, carried: u32) -> impl Iterator<Item = String> {
        let goes = move |(at, former): &(usize, &FormerCookies)| {
            (must_go | if former.remove { carried } else { 0 }) >> at & 1 == 1
        };
        let formers = self.formers.iter().enumerate().filter(goes);
        formers.flat_map(|(_, former)| former.cookies.iter().map(|cookie| cookie.removal().to_owned()))
    }
}

/// The suffix that the name of Express' second cookie adds to the session's name.
pub(crate) const SIGNATURE_SUFFIX: &str = ".sig";

/// The headers that saving a session adds to a response, for a server that does not use `http` 1.x.
/// [`SignedCookieFactory::response_headers`](crate::SignedCookieFactory::response_headers) returns them.
///
/// Saving affects three headers. Pass each method the values that the response already has.
///
/// # Example
/// ```
/// use signed_cookie_session::{Secret, SignedCookieFactory};
///
/// let sessions = SignedCookieFactory::new(Secret::generate());
/// let session = sessions.load_cookies(["theme=dark"]);
/// session.insert("user", "ada")?;
///
/// let headers = sessions.response_headers(&session, 200)?;
/// assert!(headers.set_cookies().all(|line| line.starts_with("session=")));
/// assert_eq!(headers.vary(["Accept-Encoding"]), Some("Cookie"));
/// assert_eq!(headers.cache_control(["public, max-age=60"]).as_deref(), Some("max-age=60, private".as_bytes()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
#[must_use = "nothing is saved until these headers are in the response"]
pub struct SessionHeaders {
    pub(crate) cookies: Option<Arc<OurCookies>>,
    /// The line of the session's own cookie.
    pub(crate) set_cookie: Option<String>,
    /// The lines of the other cookies.
    pub(crate) others: Vec<String>,
    pub(crate) vary: bool,
    pub(crate) private: bool,
    /// The value of the header that asks a browser to bind the session.
    #[cfg(feature = "device-bound")]
    pub(crate) registration: Option<String>,
}

impl SessionHeaders {
    /// Returns whether nobody touched the session, so that the response does not change.
    pub(crate) fn is_empty(&self) -> bool {
        self.cookies.is_none()
    }

    /// Returns headers that only say that the response depends on the session.
    pub(crate) fn unchanged(cookies: &Arc<OurCookies>, caching: bool) -> Self {
        Self { cookies: Some(Arc::clone(cookies)), vary: caching, ..Self::default() }
    }

    /// Returns the values of the `Set-Cookie` headers to append: first the session's own, if it is written, then others
    /// such as the end mark.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let sessions = SignedCookieFactory::new(Secret::generate());
    /// # let session = sessions.load_cookies([""]);
    /// session.insert("user", "ada")?;
    /// let headers = sessions.response_headers(&session, 200)?;
    /// for line in headers.set_cookies() {
    ///     println!("Set-Cookie: {line}");
    /// }
    /// assert_eq!(headers.set_cookies().count(), 1);
    /// # Ok::<(), signed_cookie_session::BoxError>(())
    /// ```
    pub fn set_cookies(&self) -> impl Iterator<Item = &str> {
        self.set_cookie.iter().chain(&self.others).map(String::as_str)
    }

    /// Returns the value of the `Secure-Session-Registration` header to set, if any. It asks the browser to bind the
    /// session to its device.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{DeviceBound, Secret, SignedCookieFactory};
    /// # let sessions = SignedCookieFactory::builder(Secret::generate()).device_bound(DeviceBound::new()).build()?;
    /// # let session = sessions.load_cookies([""]);
    /// session.insert("user", "ada")?;
    /// session.bind_to_device();
    /// let headers = sessions.response_headers(&session, 200)?;
    /// let registration = headers.device_registration().expect("it was asked for");
    /// assert!(registration.starts_with(r#"(ES256);path="/session/device/register";challenge=""#));
    /// # Ok::<(), signed_cookie_session::BoxError>(())
    /// ```
    #[cfg(feature = "device-bound")]
    pub fn device_registration(&self) -> Option<&str> {
        self.registration.as_deref()
    }

    /// Returns whether to remove a `Set-Cookie` value from the response, because an earlier save of this session added
    /// it. Such a value has the same name, path and domain as one of the session's cookies.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let sessions = SignedCookieFactory::new(Secret::generate());
    /// # let session = sessions.load_cookies([""]);
    /// session.insert("user", "ada")?;
    /// let headers = sessions.response_headers(&session, 200)?;
    /// let mut lines = vec!["theme=dark; Path=/", "session=saved-before; Path=/"];
    /// lines.retain(|line| !headers.replaces(line));
    /// assert_eq!(lines, ["theme=dark; Path=/"]);
    /// # Ok::<(), signed_cookie_session::BoxError>(())
    /// ```
    pub fn replaces(&self, set_cookie: impl AsRef<[u8]>) -> bool {
        self.cookies.as_ref().is_some_and(|cookies| cookies.is_ours(set_cookie.as_ref()))
    }

    /// Returns the value of the `Vary` header to append, if any.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let sessions = SignedCookieFactory::new(Secret::generate());
    /// # let session = sessions.load_cookies([""]);
    /// let theme: Option<String> = session.get("theme")?;
    /// let headers = sessions.response_headers(&session, 200)?;
    /// assert_eq!(headers.vary(["Accept-Encoding"]), Some("Cookie"));
    /// assert_eq!(headers.vary(["Accept-Encoding, Cookie"]), None);
    /// # Ok::<(), signed_cookie_session::BoxError>(())
    /// ```
    pub fn vary<L: AsRef<[u8]>>(&self, lines: impl IntoIterator<Item = L>) -> Option<&'static str> {
        if !self.vary {
            return None;
        }
        let covered = lines.into_iter().any(|line| caching::varies_by_cookie([line.as_ref()]));
        (!covered).then_some("Cookie")
    }

    /// Returns the value that must replace all `Cache-Control` headers, if any.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let sessions = SignedCookieFactory::new(Secret::generate());
    /// # let session = sessions.load_cookies([""]);
    /// session.insert("user", "ada")?;
    /// let headers = sessions.response_headers(&session, 200)?;
    /// assert_eq!(headers.cache_control(["max-age=60"]).as_deref(), Some("max-age=60, private".as_bytes()));
    /// assert_eq!(headers.cache_control(["no-store"]), None);
    /// # Ok::<(), signed_cookie_session::BoxError>(())
    /// ```
    pub fn cache_control<L: AsRef<[u8]>>(&self, lines: impl IntoIterator<Item = L>) -> Option<Cow<'static, [u8]>> {
        if !self.private {
            return None;
        }
        let lines: Vec<L> = lines.into_iter().collect();
        caching::forbid_shared(lines.iter().map(AsRef::as_ref))
    }
}

/// Shows which headers exist, but no cookie values.
impl std::fmt::Debug for SessionHeaders {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionHeaders")
            .field("set_cookies", &self.set_cookies().count())
            .field("vary", &self.vary)
            .field("private", &self.private)
            .finish()
    }
}
