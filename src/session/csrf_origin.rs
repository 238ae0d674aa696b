//! Checks whether one of the site's own pages sent a request, by the headers that browsers send.
//!
//! This module must not depend on sessions. Sites with forms use it in addition to the CSRF token.

use http::header::{HeaderMap, HeaderName, HeaderValue, ORIGIN, REFERER};

use crate::settings::error::ConfigError;

/// The [`ConfigError::setting`] of an invalid origin.
const SETTING: &str = "CsrfOrigin::new";

static SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The origins whose pages may send requests that change something. It is Pyramid's `check_csrf_origin`, and also uses
/// `Sec-Fetch-Site`.
///
/// A request passes if its header `Sec-Fetch-Site` is `same-origin` or `none` (the address bar, a bookmark). Every
/// browser since 2023 sends this header over HTTPS. Every other request must name an origin that is on the list, in
/// `Origin` or else in `Referer`. This includes `same-site`, because somebody else may own a sibling subdomain.
///
/// **Put the site's own origin on the list.** Old browsers and sites on plain HTTP send no `Sec-Fetch-Site`, and behind
/// a proxy no header tells the site's origin reliably.
///
/// Check every method except `GET`, `HEAD` and `OPTIONS`, which should change nothing. If the check fails, answer with
/// status 403. Check the [token](crate::Session::verify_csrf_token) too.
///
/// # Example
/// ```
/// use http::{HeaderMap, Method, Request, StatusCode};
/// use signed_cookie_session::CsrfOrigin;
///
/// fn guard(origin: &CsrfOrigin, request: &Request<()>) -> Result<(), StatusCode> {
///     match *request.method() {
///         Method::GET | Method::HEAD | Method::OPTIONS => Ok(()),
///         _ => origin.check(request.headers()).map_err(|_| StatusCode::FORBIDDEN),
///     }
/// }
///
/// let origin = CsrfOrigin::new(["https://example.com", "https://*.example.net"])?;
/// let post = Request::post("/cart").header("Sec-Fetch-Site", "cross-site").header("Origin", "https://evil.example");
/// assert_eq!(guard(&origin, &post.body(())?), Err(StatusCode::FORBIDDEN));
/// let post = Request::post("/cart").header("Origin", "https://shop.example.net");
/// assert_eq!(guard(&origin, &post.body(())?), Ok(()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct CsrfOrigin {
    trusted: Vec<Trusted>,
    allow_no_origin: bool,
}

#[derive(Clone, Debug)]
struct Trusted {
    scheme: Scheme,
    /// The host in lower case. For a wildcard, the part after the star, including the dot.
    host: String,
    port: u16,
    wildcard: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Http,
    Https,
}

/// Scheme, host and port, which browsers compare (RFC 6454 section 4).
#[derive(Clone, Copy)]
struct Origin<'t> {
    scheme: Scheme,
    host: &'t str,
    port: u16,
}

impl CsrfOrigin {
    /// Creates the check from the trusted origins, including the site's own. Write an origin as `https://example.com`,
    /// with the port if it is not the default one. `https://*.example.com` means every subdomain at any depth, but not
    /// `example.com` itself. (Pyramid's `.example.com` means both: list both.)
    ///
    /// # Errors
    /// [`ConfigError`] for anything else: a scheme other than `http` and `https`, a path, `null`, a star in another
    /// place or before fewer than two labels (`https://*.com`), non-ASCII characters (use the `xn--` form). A suffix
    /// under which anybody can register, such as `https://*.co.uk`, is not detected.
    ///
    /// # Example
    /// ```
    /// use signed_cookie_session::CsrfOrigin;
    ///
    /// assert!(CsrfOrigin::new(["https://example.com", "https://*.example.com:8443"]).is_ok());
    /// assert!(CsrfOrigin::new(["example.com"]).is_err());
    /// ```
    pub fn new<O: AsRef<str>>(trusted: impl IntoIterator<Item = O>) -> Result<Self, ConfigError> {
        let trusted = trusted.into_iter().map(|origin| Trusted::parse(origin.as_ref()));
        Ok(Self { trusted: trusted.collect::<Result<_, _>>()?, allow_no_origin: false })
    }

    /// Sets whether a request without any of the three headers passes. Programs and very old browsers send such
    /// requests. Default: `false`. A request that names another site never passes.
    ///
    /// # Example
    /// ```
    /// use http::HeaderMap;
    /// use signed_cookie_session::CsrfOrigin;
    ///
    /// let origin = CsrfOrigin::new(["https://example.com"])?.allow_no_origin(true);
    /// assert!(origin.check(&HeaderMap::new()).is_ok());
    /// # Ok::<(), signed_cookie_session::ConfigError>(())
    /// ```
    #[must_use]
    pub fn allow_no_origin(mut self, allow_no_origin: bool) -> Self {
        self.allow_no_origin = allow_no_origin;
        self
    }

    /// Checks that a page of a trusted origin sent the request with these headers.
    ///
    /// # Errors
    /// [`CsrfOriginError`] if another page sent it, or if the headers do not say.
    ///
    /// # Example
    /// ```
    /// use http::HeaderMap;
    /// use signed_cookie_session::CsrfOrigin;
    ///
    /// let origin = CsrfOrigin::new(["https://example.com"])?;
    /// let mut headers = HeaderMap::new();
    /// assert!(origin.check(&headers).is_err());
    /// headers.insert("sec-fetch-site", "same-origin".parse()?);
    /// assert!(origin.check(&headers).is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn check(&self, headers: &HeaderMap) -> Result<(), CsrfOriginError> {
        let values = |name: &HeaderName| headers.get_all(name).into_iter().map(HeaderValue::as_bytes);
        self.check_values(values(&SEC_FETCH_SITE), values(&ORIGIN), values(&REFERER))
    }

    /// Checks a request as [`check`](Self::check) does, for a server that does not use `http` 1.x. Takes all values of
    /// the headers `Sec-Fetch-Site`, `Origin` and `Referer`. A request with two values of one header is refused.
    ///
    /// # Errors
    /// See [`check`](Self::check).
    ///
    /// # Example
    /// ```
    /// use signed_cookie_session::CsrfOrigin;
    ///
    /// let origin = CsrfOrigin::new(["https://example.com"])?;
    /// assert!(origin.check_values(Some("same-site"), Some("https://example.com"), None).is_ok());
    /// assert!(origin.check_values(Some("cross-site"), Some("https://evil.example"), None).is_err());
    /// # Ok::<(), signed_cookie_session::ConfigError>(())
    /// ```
    pub fn check_values<V: AsRef<[u8]>>(
        &self,
        sec_fetch_site: impl IntoIterator<Item = V>,
        origin: impl IntoIterator<Item = V>,
        referer: impl IntoIterator<Item = V>,
    ) -> Result<(), CsrfOriginError> {
        let site = only(sec_fetch_site)?;
        let site = site.as_ref().map(text).transpose()?;
        if site.is_some_and(|site| site == "same-origin" || site == "none") {
            return Ok(());
        }
        // An `Origin` header contains only the origin; a `Referer` begins with it.
        let origin = only(origin)?;
        let referer = if origin.is_none() { only(referer)? } else { None };
        let origin = match (&origin, &referer) {
            (Some(origin), _) => Origin::parse(text(origin)?),
            (None, Some(referer)) => Origin::of_url(text(referer)?),
            (None, None) if site.is_none() && self.allow_no_origin => return Ok(()),
            (None, None) if site.is_none() => return Err(CsrfOriginError(ErrorKind::Missing)),
            (None, None) => return Err(CsrfOriginError(ErrorKind::Untrusted)),
        };
        match origin {
            Some(origin) if self.trusted.iter().any(|trusted| trusted.covers(origin)) => Ok(()),
            _ => Err(CsrfOriginError(ErrorKind::Untrusted)),
        }
    }
}

/// Returns whether requests with this method should change nothing (RFC 9110 section 9.2.1).
#[allow(dead_code, reason = "used by the framework features only")]
pub(crate) fn is_safe(method: &str) -> bool {
    matches!(method, "GET" | "HEAD" | "OPTIONS" | "TRACE")
}

/// Returns the only value of a header. Two values are an error: no browser sends two, and a proxy may have used either
/// of them.
fn only<V>(values: impl IntoIterator<Item = V>) -> Result<Option<V>, CsrfOriginError> {
    let mut values = values.into_iter();
    match (values.next(), values.next()) {
        (first, None) => Ok(first),
        (_, Some(_)) => Err(CsrfOriginError(ErrorKind::Untrusted)),
    }
}

/// Returns a header value as text, which must be visible ASCII.
fn text<V: AsRef<[u8]>>(value: &V) -> Result<&str, CsrfOriginError> {
    let is_visible = |byte: &u8| matches!(byte, b' '..=b'~' | b'\t');
    let bytes = value.as_ref();
    let text = std::str::from_utf8(bytes).ok().filter(|_| bytes.iter().all(is_visible));
    text.ok_or(CsrfOriginError(ErrorKind::Untrusted))
}

impl Trusted {
    fn parse(text: &str) -> Result<Self, ConfigError> {
        let refused = || {
            let problem = format!(
                "{text:?} is not an origin: write scheme and host, and the port if it is not the default one, as in \
                 \"https://example.com\", \"https://*.example.com\" or \"http://localhost:8080\""
            );
            ConfigError::new(SETTING, problem)
        };
        let starless = text.replacen("://*.", "://", 1);
        let wildcard = starless.len() < text.len();
        let origin = Origin::parse(&starless).ok_or_else(refused)?;
        if wildcard && !is_wildcard_base(origin.host) {
            let problem = format!(
                "{text:?} would trust the sites of strangers: write at least two labels after the star, as in \
                 \"https://*.example.com\""
            );
            return Err(ConfigError::new(SETTING, problem));
        }
        let host = if wildcard { [".", origin.host].concat() } else { origin.host.to_owned() };
        Ok(Self { scheme: origin.scheme, host: host.to_ascii_lowercase(), port: origin.port, wildcard })
    }

    fn covers(&self, origin: Origin<'_>) -> bool {
        let host = origin.host.to_ascii_lowercase();
        let named =
            if self.wildcard { host.len() > self.host.len() && host.ends_with(&self.host) } else { host == self.host };
        named && origin.scheme == self.scheme && origin.port == self.port
    }
}

impl<'t> Origin<'t> {
    /// Reads an origin with nothing after it. Returns `None` for `null` and for any other text.
    fn parse(text: &'t str) -> Option<Self> {
        let (scheme, authority) = text.split_once("://")?;
        let scheme = match scheme {
            _ if scheme.eq_ignore_ascii_case("https") => Scheme::Https,
            _ if scheme.eq_ignore_ascii_case("http") => Scheme::Http,
            _ => return None,
        };
        // In an IPv6 address, the brackets are part of the host, and a colon inside them does not begin the port.
        let host_len = match authority.strip_prefix('[') {
            Some(address) => address.find(']')? + 2,
            None => authority.find(':').unwrap_or(authority.len()),
        };
        let (host, port) = authority.split_at(host_len);
        let port = match (port.strip_prefix(':'), scheme) {
            (Some(port), _) => port.bytes().all(|digit| digit.is_ascii_digit()).then(|| port.parse().ok())??,
            (None, _) if !port.is_empty() => return None,
            (None, Scheme::Http) => 80,
            (None, Scheme::Https) => 443,
        };
        is_host(host).then_some(Self { scheme, host, port })
    }

    /// Reads the origin of a URL.
    fn of_url(url: &'t str) -> Option<Self> {
        let authority = url.find("://")? + 3;
        let end = url[authority..].find(['/', '?', '#']).map_or(url.len(), |end| authority + end);
        Self::parse(&url[..end])
    }
}

/// Returns whether one owner can have all subdomains of a host. A single label never qualifies. Suffixes such as
/// `co.uk` are not detected, because the list of them changes.
fn is_wildcard_base(host: &str) -> bool {
    // If the last label has only digits, the host is an IPv4 address.
    host.rsplit_once('.').is_some_and(|(_, last)| !last.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Returns whether a text is labels with dots between them, or an IPv6 address in brackets. Neither may contain a
/// character that a browser could treat as the end of the host (`/`, `\`, `@`).
fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        return address.parse::<std::net::Ipv6Addr>().is_ok();
    }
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    host.split('.').all(is_label)
}

/// The error for a request that was not sent by a page of a trusted origin. Answer it with status 403. The error does
/// not quote headers.
///
/// # Example
/// ```
/// use http::HeaderMap;
/// use signed_cookie_session::CsrfOrigin;
///
/// let error = CsrfOrigin::new(["https://example.com"])?.check(&HeaderMap::new()).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "the request does not say which site sent it: it has no Origin, Referer or Sec-Fetch-Site header"
/// );
/// # Ok::<(), signed_cookie_session::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CsrfOriginError(ErrorKind);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum ErrorKind {
    #[error("the request does not say which site sent it: it has no Origin, Referer or Sec-Fetch-Site header")]
    Missing,
    #[error("a page of an untrusted origin sent the request: if the origin is yours, add it to CsrfOrigin::new")]
    Untrusted,
}
