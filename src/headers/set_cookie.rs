//! The `Set-Cookie` line: everything but the value is written once, when the factory is built.
//!
//! A cookie and its removal are built by the same code, so that name, path, domain and attributes
//! agree and the browser takes one for the other.

use cookie::{Cookie, time};

use crate::settings::{SameSite, Settings};

/// The text before and after the value, and the line that removes the cookie.
pub(crate) struct SetCookie {
    before: String,
    after: String,
    removal: String,
    path: String,
    domain: Option<String>,
}

impl SetCookie {
    /// Settings that were checked before.
    pub(crate) fn new(settings: &Settings) -> Self {
        let mut cookie = Cookie::build((settings.cookie_name.as_str(), ""))
            .path(settings.path.as_str())
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
        // Expires as well as Max-Age: a client that knows only the older of the two must not keep a
        // session after logout.
        let removal = cookie.clone().max_age(time::Duration::ZERO).expires(time::OffsetDateTime::UNIX_EPOCH);
        if let Some(max_age) = settings.max_age {
            cookie = cookie.max_age(time::Duration::seconds(max_age.as_secs() as i64));
        }
        let line = cookie.build().to_string();
        let (before, after) = line.split_at(settings.cookie_name.len() + 1);
        Self {
            before: before.into(),
            after: after.into(),
            removal: removal.build().to_string(),
            path: settings.path.clone(),
            domain: settings.domain.as_deref().map(|domain| domain.trim_start_matches('.').into()),
        }
    }

    #[allow(dead_code, reason = "without a framework nobody asks")]
    pub(crate) fn name(&self) -> &str {
        self.before.trim_end_matches('=')
    }

    /// `name=`
    pub(crate) fn before(&self) -> &str {
        &self.before
    }

    /// The attributes, from the first semicolon on.
    pub(crate) fn after(&self) -> &str {
        &self.after
    }

    /// The whole line that takes the cookie out of the browser.
    pub(crate) fn removal(&self) -> &str {
        &self.removal
    }

    /// Whether a browser would take this line and ours for the same cookie: same name, path and
    /// domain.
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
