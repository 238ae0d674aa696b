//! Device-bound sessions (Device Bound Session Credentials, an editor's draft of the W3C's Web Application Security
//! group): their settings, the proofs of browsers, and the answers to them.
//!
//! This module must not depend on cookies or sessions: the factory adds them.

pub(crate) mod answer;
pub(crate) mod challenge;
pub(crate) mod fields;
pub(crate) mod jwt;

use std::time::Duration;

use crate::settings::Settings;
use crate::settings::error::ConfigError;

const DEFAULT_LIFETIME: Duration = Duration::from_secs(10 * 60);
const MIN_LIFETIME: Duration = Duration::from_secs(1);
const MAX_LIFETIME: Duration = Duration::from_secs(60 * 60);

/// How much longer than a proof a challenge is valid, because the browser signs the last challenge when the cookie is
/// about to end.
const CHALLENGE_GRACE: Duration = Duration::from_secs(60);

/// The longest time between the end of the cookie and the end of the proof.
const MAX_RENEWAL_MARGIN: Duration = Duration::from_secs(30);

/// Settings for sessions that are bound to a device, for [`Builder::device_bound`](crate::Builder::device_bound).
///
/// This is experimental, like the draft: it may change in any minor release.
///
/// # Example
/// ```
/// use std::time::Duration;
/// use signed_cookie_session::{DeviceBound, Secret, SignedCookieFactory};
///
/// let device_bound = DeviceBound::new().lifetime(Duration::from_secs(5 * 60)).path("/account/device");
/// let sessions = SignedCookieFactory::builder(Secret::generate()).device_bound(device_bound).build()?;
/// # Ok::<(), signed_cookie_session::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "these settings have no effect until they are given to a builder"]
pub struct DeviceBound {
    lifetime: Duration,
    path: String,
}

impl DeviceBound {
    /// Returns the defaults: a proof is valid for 10 minutes, and the endpoints are below `/session/device`.
    ///
    /// # Example
    /// ```
    /// use signed_cookie_session::{DeviceBound, Secret, SignedCookieFactory};
    ///
    /// let sessions = SignedCookieFactory::builder(Secret::generate()).device_bound(DeviceBound::new()).build()?;
    /// # Ok::<(), signed_cookie_session::ConfigError>(())
    /// ```
    pub fn new() -> Self {
        Self { lifetime: DEFAULT_LIFETIME, path: "/session/device".into() }
    }

    /// Sets how long a proof is valid, from 1 second to 60 minutes. A thief can use copied cookies for this time.
    /// Default: 10 minutes.
    ///
    /// Set 5 minutes or more. Chromium renews a proof two minutes before its cookie ends, and signs at most six times
    /// in nine minutes for one site. After that it sends requests without a proof, and their sessions are
    /// [`Unproven`](crate::Outcome::Unproven). A few seconds are useful in tests only.
    ///
    /// # Example
    /// ```
    /// use std::time::Duration;
    /// use signed_cookie_session::{DeviceBound, Secret, SignedCookieFactory};
    ///
    /// let builder = SignedCookieFactory::builder(Secret::generate());
    /// let day = Duration::from_secs(24 * 60 * 60);
    /// let error = builder.device_bound(DeviceBound::new().lifetime(day)).build().unwrap_err();
    /// assert_eq!(error.setting(), "device_bound");
    /// ```
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Sets the path of the endpoints, as the browser sees it. The browser sends proofs to `PATH/register` and
    /// `PATH/refresh`. Default: `/session/device`.
    ///
    /// # Example
    /// ```
    /// use signed_cookie_session::{DeviceBound, Secret, SignedCookieFactory};
    ///
    /// let device_bound = DeviceBound::new().path("/account/device");
    /// let sessions = SignedCookieFactory::builder(Secret::generate()).device_bound(device_bound).build()?;
    /// assert!(sessions.device_answer("GET", "/account/device/register", [("", ""); 0]).is_some());
    /// assert!(sessions.device_answer("GET", "/account", [("", ""); 0]).is_none());
    /// # Ok::<(), signed_cookie_session::ConfigError>(())
    /// ```
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// Refuses settings that cannot work, by themselves or with the factory's other settings.
    pub(crate) fn check(&self, settings: &Settings) -> Result<(), ConfigError> {
        let error = |problem: &str| Err(ConfigError::new("device_bound", problem));
        if !(MIN_LIFETIME..=MAX_LIFETIME).contains(&self.lifetime) {
            return error(
                "its lifetime must be between 1 second and 60 minutes: set one in this range, such as 10 minutes",
            );
        }
        // The path is written in quotes into a header and into JSON, and is compared without decoding.
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
        if !self.path.starts_with('/') || self.path.ends_with('/') || !self.path.bytes().all(is_plain) {
            return error(
                "its path must begin with '/', must not end with '/', and may contain letters, digits, '-', '.', '_' and '~': \
                 set a path like \"/session/device\"",
            );
        }
        if !is_below(&self.path, &settings.path) {
            return error(
                "the browser would not send the session's cookie to its path: set a path below the cookie's path",
            );
        }
        if !settings.format.is_ours() {
            return error("the other framework does not support it: set Format::Signed or Format::Encrypted");
        }
        if !settings.secure {
            return error("browsers bind sessions only over HTTPS: set secure(true)");
        }
        if settings.partitioned {
            return error("browsers do not bind a partitioned cookie: set partitioned(false)");
        }
        if settings.domain.is_some() {
            return error("a session can be bound for one host only: set no domain");
        }
        Ok(())
    }

    pub(crate) fn device_path(&self) -> &str {
        &self.path
    }

    /// Returns how long a proof is valid.
    pub(crate) fn proof_lifetime(&self) -> Duration {
        self.lifetime
    }

    /// Returns how long the browser keeps the cookie of a proof. The cookie ends before the proof, so that a slow
    /// request, or a server whose clock is a little ahead, does not find an expired proof.
    pub(crate) fn cookie_age(&self) -> Duration {
        let margin = (self.lifetime / 10).clamp(Duration::from_secs(1), MAX_RENEWAL_MARGIN);
        self.lifetime.saturating_sub(margin).max(MIN_LIFETIME)
    }

    /// Returns how long a challenge is valid.
    pub(crate) fn challenge_age(&self) -> Duration {
        self.lifetime + CHALLENGE_GRACE
    }
}

impl Default for DeviceBound {
    fn default() -> Self {
        Self::new()
    }
}

/// Returns whether a browser sends a cookie with `cookie_path` to `path` (RFC 6265bis section 5.1.4).
fn is_below(path: &str, cookie_path: &str) -> bool {
    path.strip_prefix(cookie_path)
        .is_some_and(|rest| rest.is_empty() || cookie_path.ends_with('/') || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(change: impl Fn(&mut Settings)) -> Settings {
        let mut settings = Settings::default();
        change(&mut settings);
        settings
    }

    fn problem(device_bound: &DeviceBound, settings: &Settings) -> String {
        device_bound.check(settings).unwrap_err().to_string()
    }

    #[test]
    fn settings_that_cannot_work_are_refused_with_a_remedy() {
        let device_bound = DeviceBound::new();
        assert_eq!(device_bound.check(&Settings::default()), Ok(()));
        assert!(problem(&device_bound, &settings(|settings| settings.secure = false)).contains("HTTPS"));
        assert!(problem(&device_bound, &settings(|settings| settings.partitioned = true)).contains("partitioned"));
        let domain = settings(|settings| settings.domain = Some("example.com".into()));
        assert!(problem(&device_bound, &domain).contains("domain"));
        #[cfg(feature = "flask")]
        {
            let flask = settings(|settings| settings.format = crate::Format::Flask);
            assert!(problem(&device_bound, &flask).contains("Format::Encrypted"));
        }
        for path in ["/shop", "/session/devices", "/session/device/x"] {
            assert!(problem(&device_bound, &settings(|settings| settings.path = path.into())).contains("below"));
        }
        for path in ["/", "/session", "/session/", "/session/device"] {
            assert_eq!(device_bound.check(&settings(|settings| settings.path = path.into())), Ok(()), "{path}");
        }
        for path in ["", "/", "device", "/device/", "/de vice", "/d\"", "/d?x", "/d#x", "/d;x", "/dé", "/d%20"] {
            let device_bound = DeviceBound::new().path(path);
            assert!(problem(&device_bound, &Settings::default()).contains("path"), "{path}");
        }
    }

    #[test]
    fn a_lifetime_is_at_most_an_hour_and_its_cookie_is_shorter() {
        let check = |millis| DeviceBound::new().lifetime(Duration::from_millis(millis)).check(&Settings::default());
        assert!(check(0).is_err() && check(999).is_err() && check(3_600_001).is_err());
        for (lifetime, age) in [(1, 1), (2, 1), (4, 3), (60, 54), (600, 570), (3600, 3570)] {
            let device_bound = DeviceBound::new().lifetime(Duration::from_secs(lifetime));
            assert_eq!(device_bound.check(&Settings::default()), Ok(()));
            assert_eq!(device_bound.cookie_age().as_secs(), age, "{lifetime}");
        }
    }
}
