//! Why a setting cannot work.

/// A setting that cannot work, and what to change.
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
///      leave the path at \"/\", or take another name"
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

    /// The setting that has to be changed, by the name of its [`Builder`](crate::Builder) method; `CsrfOrigin::new`
    /// where an origin that was given to it cannot be used.
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
