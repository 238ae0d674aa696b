//! A clock that the test moves.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// 2026-01-01: a fixed date, so that tests can contain expected dates.
const START: Duration = Duration::from_secs(1_767_225_600);

/// A clock that stands still until the test moves it. Clones show the same time.
///
/// # Example
/// ```
/// use std::time::Duration;
/// use signed_cookie_session::testing::{Forge, TestClock};
/// use signed_cookie_session::{Outcome, Secret, SignedCookieFactory};
///
/// let clock = TestClock::new();
/// let sessions = SignedCookieFactory::builder(Secret::generate()).clock(clock.as_fn()).build()?;
/// let request = Forge::new(&sessions).with("user", "ada").request_headers();
///
/// clock.advance(Duration::from_secs(1200));
/// assert_eq!(sessions.load(&request).outcome(), Outcome::Valid);
/// clock.advance(Duration::from_secs(1));
/// assert_eq!(sessions.load(&request).outcome(), Outcome::Expired);
/// # Ok::<(), signed_cookie_session::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct TestClock(Arc<Mutex<SystemTime>>);

impl TestClock {
    /// Creates a clock that shows the first second of 2026, in UTC.
    ///
    /// # Example
    /// ```
    /// use std::time::{Duration, UNIX_EPOCH};
    /// use signed_cookie_session::testing::TestClock;
    ///
    /// assert_eq!(TestClock::new().now(), UNIX_EPOCH + Duration::from_secs(1_767_225_600));
    /// ```
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(UNIX_EPOCH + START)))
    }

    /// Returns the time that the clock shows.
    ///
    /// # Example
    /// ```
    /// use signed_cookie_session::testing::TestClock;
    ///
    /// let clock = TestClock::new();
    /// assert_eq!(clock.now(), clock.now());
    /// ```
    pub fn now(&self) -> SystemTime {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves the clock forward.
    ///
    /// # Example
    /// ```
    /// use std::time::Duration;
    /// use signed_cookie_session::testing::TestClock;
    ///
    /// let clock = TestClock::new();
    /// let before = clock.now();
    /// clock.advance(Duration::from_secs(60));
    /// assert_eq!(clock.now(), before + Duration::from_secs(60));
    /// ```
    pub fn advance(&self, by: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }

    /// Sets the clock, backward or forward.
    ///
    /// # Example
    /// ```
    /// use std::time::UNIX_EPOCH;
    /// use signed_cookie_session::testing::TestClock;
    ///
    /// let clock = TestClock::new();
    /// clock.set(UNIX_EPOCH);
    /// assert_eq!(clock.now(), UNIX_EPOCH);
    /// ```
    pub fn set(&self, to: SystemTime) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = to;
    }

    /// Returns the clock as the function that [`Builder::clock`](crate::Builder::clock) takes.
    ///
    /// # Example
    /// ```
    /// use signed_cookie_session::testing::TestClock;
    /// use signed_cookie_session::{Secret, SignedCookieFactory};
    ///
    /// let clock = TestClock::new();
    /// let sessions = SignedCookieFactory::builder(Secret::generate()).clock(clock.as_fn()).build()?;
    /// # Ok::<(), signed_cookie_session::ConfigError>(())
    /// ```
    pub fn as_fn(&self) -> impl Fn() -> SystemTime + Send + Sync + use<> {
        let clock = self.clone();
        move || clock.now()
    }
}

impl Default for TestClock {
    fn default() -> Self {
        Self::new()
    }
}
