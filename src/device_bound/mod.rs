//! Device-bound sessions (Device Bound Session Credentials, an editor's draft of the W3C's Web Application Security
//! group): their settings, what a browser's proof says, and the answers it gets.
//!
//! Knows neither cookies nor sessions: the factory puts those around it.

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

/// How much longer than its cookie a challenge is good: the browser signs the last one when the cookie is about to end.
const CHALLENGE_GRACE: Duration = Duration::from_secs(60);

/// How long before the end of a proof the browser is to renew it, at most.
const MAX_RENEWAL_MARGIN: Duration = Duration::from_secs(30);

/// Settings for sessions that are bound to a device, for [`Builder::device_bound`](crate::Builder::device_bound).
///
/// Experimental, as the draft is: what it does may change in any minor release.
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
#[must_use = "it does nothing until a builder has it"]
pub struct DeviceBound {
    lifetime: Duration,
    path: String,
}

impl DeviceBound {
    /// Returns the defaults: a proof is good for 10 minutes, and the endpoints are below `/session/device`.
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

    /// Sets how long a proof is good, and with it how long a thief can use copied cookies: from 1 second to 60 minutes.
    /// Default: 10 minutes.
    ///
    /// Take 5 minutes or more. Chromium renews a proof two minutes before its cookie ends, and signs for one site six
    /// times in nine minutes at most; beyond that it sends requests without a proof, and their sessions are
    /// [`Unproven`](crate::Outcome::Unproven). Seconds are for tests.
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

    /// Sets the path of the endpoints, as the browser sees it: it sends its proofs to `PATH/register` and `PATH/refresh`.
    /// Default: `/session/device`.
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

    /// Whether it can work, by itself and with the other settings.
    pub(crate) fn check(&self, settings: &Settings) -> Result<(), ConfigError> {
        let error = |problem: &str| Err(ConfigError::new("device_bound", problem));
        if !(MIN_LIFETIME..=MAX_LIFETIME).contains(&self.lifetime) {
            return error("a proof is good for 1 second to 60 minutes: set a lifetime within, 10 minutes as a rule");
        }
        // It stands in quotes in one header and in JSON, and is compared as it comes.
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
        if !self.path.starts_with('/') || self.path.ends_with('/') || !self.path.bytes().all(is_plain) {
            return error(
                "its path must begin with '/', must not end with one, and holds letters, digits, '-', '.', '_' and '~': \
                 set one like \"/session/device\"",
            );
        }
        if !is_below(&self.path, &settings.path) {
            return error("the browser sends the session's cookie below its own path only: set a path below it");
        }
        if !settings.format.is_ours() {
            return error("the other framework would not know of it: take Format::Signed or Format::Encrypted");
        }
        if !settings.secure {
            return error("browsers bind sessions over HTTPS only: set secure(true)");
        }
        if settings.partitioned {
            return error("browsers bind no partitioned cookie: set partitioned(false)");
        }
        if settings.domain.is_some() {
            return error("a session is bound for one host: set no domain");
        }
        Ok(())
    }

    pub(crate) fn device_path(&self) -> &str {
        &self.path
    }

    /// How long a proof is good.
    pub(crate) fn proof_lifetime(&self) -> Duration {
        self.lifetime
    }

    /// How long the browser keeps the cookie of a proof. It ends before the proof does, so that no request that is on its
    /// way, and no server whose clock is a little ahead, sees one that is over.
    pub(crate) fn cookie_age(&self) -> Duration {
        let margin = (self.lifetime / 10).clamp(Duration::from_secs(1), MAX_RENEWAL_MARGIN);
        self.lifetime.saturating_sub(margin).max(MIN_LIFETIME)
    }

    /// How long a challenge is good.
    pub(crate) fn challenge_age(&self) -> Duration {
        self.lifetime + CHALLENGE_GRACE
    }
}

impl Default for DeviceBound {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether a browser sends a cookie of that path along (RFC 6265bis section 5.1.4).
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
    fn what_cannot_work_is_refused_with_what_to_change() {
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
    fn a_lifetime_is_a_second_to_an_hour_and_its_cookie_shorter() {
        let check = |millis| DeviceBound::new().lifetime(Duration::from_millis(millis)).check(&Settings::default());
        assert!(check(0).is_err() && check(999).is_err() && check(3_600_001).is_err());
        for (lifetime, age) in [(1, 1), (2, 1), (4, 3), (60, 54), (600, 570), (3600, 3570)] {
            let device_bound = DeviceBound::new().lifetime(Duration::from_secs(lifetime));
            assert_eq!(device_bound.check(&Settings::default()), Ok(()));
            assert_eq!(device_bound.cookie_age().as_secs(), age, "{lifetime}");
        }
    }
}
