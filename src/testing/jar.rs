//! Stores the cookies of one browser.

use std::collections::BTreeMap;

/// Stores the cookies of one browser for one host, by name. It ignores their path and domain.
///
/// # Example
/// ```
/// use signed_cookie_session::testing::Jar;
///
/// let mut jar = Jar::new();
/// jar.store("theme=dark; Path=/");
/// jar.store("session=abc; Path=/");
/// jar.store("session=; Max-Age=0; Path=/");
/// assert_eq!(jar.header(), "theme=dark");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Jar(BTreeMap<String, String>);

impl Jar {
    /// Creates an empty jar.
    ///
    /// # Example
    /// ```
    /// use signed_cookie_session::testing::Jar;
    ///
    /// assert_eq!(Jar::new().header(), "");
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Stores a `Set-Cookie` value as a browser does. A `Max-Age` of zero or an `Expires` of 1970 removes the cookie.
    ///
    /// # Example
    /// ```
    /// use signed_cookie_session::testing::Jar;
    ///
    /// let mut jar = Jar::new();
    /// jar.store("theme=dark; Path=/");
    /// assert_eq!(jar.get("theme"), Some("dark"));
    /// ```
    pub fn store(&mut self, set_cookie: &str) {
        let (pair, attributes) = set_cookie.split_once(';').unwrap_or((set_cookie, ""));
        let Some((name, value)) = pair.split_once('=') else { return };
        if expires_at_once(attributes) {
            self.0.remove(name.trim());
        } else {
            self.0.insert(name.trim().into(), value.trim().into());
        }
    }

    /// Puts in the cookies of a `Cookie` header, such as [`Forge::cookie`](super::Forge::cookie).
    ///
    /// # Example
    /// ```
    /// use signed_cookie_session::testing::Jar;
    ///
    /// let mut jar = Jar::new();
    /// jar.add("theme=dark; lang=eo");
    /// assert_eq!(jar.get("lang"), Some("eo"));
    /// ```
    pub fn add(&mut self, cookies: &str) {
        let pairs = cookies.split(';').filter_map(|pair| pair.split_once('='));
        self.0.extend(pairs.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())));
    }

    /// Returns the value of the `Cookie` header to send. It is empty if there are no cookies.
    ///
    /// # Example
    /// ```
    /// use signed_cookie_session::testing::Jar;
    ///
    /// let mut jar = Jar::new();
    /// jar.store("theme=dark");
    /// assert_eq!(jar.header(), "theme=dark");
    /// ```
    pub fn header(&self) -> String {
        self.0.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    /// Returns the value of a cookie.
    ///
    /// # Example
    /// ```
    /// use signed_cookie_session::testing::Jar;
    ///
    /// assert_eq!(Jar::new().get("session"), None);
    /// ```
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Removes every cookie.
    ///
    /// # Example
    /// ```
    /// use signed_cookie_session::testing::Jar;
    ///
    /// let mut jar = Jar::new();
    /// jar.store("theme=dark");
    /// jar.clear();
    /// assert_eq!(jar.header(), "");
    /// ```
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

/// Returns whether a browser removes a cookie with these attributes.
pub(super) fn expires_at_once(attributes: &str) -> bool {
    let mut attributes = attributes.split(';').filter_map(|attribute| attribute.split_once('='));
    attributes.any(|(name, value)| {
        let is = |other: &str| name.trim().eq_ignore_ascii_case(other);
        (is("max-age") && value.trim().parse().is_ok_and(|seconds: i64| seconds <= 0))
            || (is("expires") && value.contains(" 1970 "))
    })
}
