//! The error for a setting that cannot work.

/// The error for a setting that cannot work. It says which setting, why, and what to change.
///
/// # Example
/// ```
/// use signed_cookie_session::{Secret, SignedCookieFactory};
///
/// let error = SignedCookieFactory::builder(Secret::generate())
///     .cookie_name("__Host-session")
///     .path("/shop")
///     .build()
///     .unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "path: a browser drops a cookie named \"__Host-…\" unless its path is \"/\": \
///      set `path` to \"/\", or change the name"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{setting}: {problem}")]
pub struct ConfigError {
    setting: &'static str,
    problem: String,
}

impl ConfigError {
    pub(crate) fn new(setting: &'static str, problem: impl Into<String>) -> Self {
        Self { setting, problem: problem.into() }
    }

    /// Returns the setting to change: the name of a method of [`Builder`](crate::Builder) and of the same
    /// setting in a file, or `CsrfOrigin::new` for an origin that [`CsrfOrigin::new`](crate::CsrfOrigin::new) refused.
    ///
    /// # Example
    /// ```
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// let error = SignedCookieFactory::builder(Secret::generate()).cookie_name("a b").build().unwrap_err();
    /// assert_eq!(error.setting(), "cookie_name");
    /// ```
    pub fn setting(&self) -> &'static str {
        self.setting
    }
}
