//! The `Set-Cookie` line. Everything except the value is written once, when the factory is built.
//!
//! The same code builds a cookie and its removal, so that name, path, domain and attributes agree. Otherwise the
//! browser would not remove the cookie.

use std::borrow::Cow;
use std::time::Duration;

use cookie::{Cookie, time};

use crate::format::MaxAge;
use crate::settings::{SameSite, Settings};

/// One cookie: the text before and after its value, and the line that removes it.
pub(crate) struct SetCookie {
    before: String,
    /// The attributes without `Max-Age`.
    attributes: String,
    /// The attributes, with `Max-Age` if the settings have one.
    after: String,
    removal: String,
    path: String,
    domain: Option<String>,
}

impl SetCookie {
    /// Returns the session's own cookie. The settings must have been checked.
    pub(crate) fn session(settings: &Settings) -> Self {
        Self::new(settings, &settings.cookie_name)
    }

    /// Returns a cookie with the session's attributes but another name, path and domain.
    pub(crate) fn elsewhere(settings: &Settings, name: &str, path: &str, domain: Option<&str>) -> Self {
        let settings = Settings { path: path.into(), domain: domain.map(Into::into), ..settings.clone() };
        Self::new(&settings, name)
    }

    /// Returns a second cookie with the session's attributes, whose name is the session's and a suffix.
    pub(crate) fn beside(settings: &Settings, suffix: &str) -> Self {
        Self::new(settings, &[&settings.cookie_name, suffix].concat())
    }

    /// Returns a second cookie as [`beside`](Self::beside) does, with another path.
    #[cfg(feature = "device-bound")]
    pub(crate) fn beside_at(settings: &Settings, suffix: &str, path: &str) -> Self {
        Self::at(settings, &[&settings.cookie_name, suffix].concat(), path)
    }

    fn new(settings: &Settings, name: &str) -> Self {
        Self::at(settings, name, &settings.path)
    }

    fn at(settings: &Settings, name: &str, path: &str) -> Self {
        let mut cookie = Cookie::build((name, ""))
            .path(path)
            .secure(settings.secure)
            .http_only(settings.http_only)
            .partitioned(settings.partitioned);
        if let Some(domain) = &settings.domain {
            cookie = cookie.domain(domain.as_str());
        }
        if let Some(same_site) = settings.same_site {
            cookie = cookie.same_site(match same_site {
                SameSite::Strict => cookie::SameSite::Strict,
                SameSite::Lax => cookie::SameSite::Lax,
                SameSite::None => cookie::SameSite::None,
            });
        }
        // Old clients support `Expires` only, and must not keep a session after a logout.
        let removal = cookie.clone().max_age(time::Duration::ZERO).expires(time::OffsetDateTime::UNIX_EPOCH);
        let line = cookie.build().to_string();
        let (before, attributes) = line.split_at(name.len() + 1);
        Self {
            before: before.into(),
            attributes: attributes.into(),
            after: with_max_age(attributes, settings.max_age),
            removal: removal.build().to_string(),
            path: path.into(),
            domain: settings.domain.as_deref().map(|domain| domain.trim_start_matches('.').to_ascii_lowercase()),
        }
    }

    pub(crate) fn name(&self) -> &str {
        self.before.trim_end_matches('=')
    }

    /// Returns `name=`.
    pub(crate) fn before(&self) -> &str {
        &self.before
    }

    /// Returns the attributes without `Max-Age` and without the semicolon before them.
    #[cfg(feature = "device-bound")]
    pub(crate) fn attributes(&self) -> &str {
        self.attributes.trim_start_matches([';', ' '])
    }

    /// Returns the attributes with the semicolon before them.
    pub(crate) fn after(&self, max_age: MaxAge) -> Cow<'_, str> {
        match max_age {
            MaxAge::Default => Cow::Borrowed(&self.after),
            MaxAge::BrowserSession => Cow::Borrowed(&self.attributes),
            MaxAge::For(max_age) => Cow::Owned(with_max_age(&self.attributes, Some(max_age))),
        }
    }

    /// Returns the whole line for a value that expires after `max_age`.
    pub(crate) fn line(&self, value: &str, max_age: Duration) -> String {
        [&self.before, value, &with_max_age(&self.attributes, Some(max_age))].concat()
    }

    /// Returns the line that removes the cookie from the browser.
    pub(crate) fn removal(&self) -> &str {
        &self.removal
    }

    /// Returns whether the two are the same cookie for a browser.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        (&self.before, &self.path, &self.domain) == (&other.before, &other.path, &other.domain)
    }

    /// Returns whether a line sets the same cookie for a browser: the same name, path and domain.
    pub(crate) fn is_same_cookie(&self, line: &[u8]) -> bool {
        if !line.starts_with(self.before.as_bytes()) {
            return false;
        }
        let Some(line) = std::str::from_utf8(line).ok().and_then(|line| Cookie::parse(line).ok()) else { return false };
        line.path() == Some(&self.path)
            && match (line.domain(), &self.domain) {
                (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
                (None, None) => true,
                _ => false,
            }
    }
}

fn with_max_age(attributes: &str, max_age: Option<Duration>) -> String {
    max_age.map_or_else(|| attributes.into(), |max_age| format!("{attributes}; Max-Age={}", max_age.as_secs()))
}
