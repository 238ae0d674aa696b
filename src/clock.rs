//! What time it is: the system's clock, or one that the user hands in.

use std::sync::Arc;
use std::time::SystemTime;

use crate::timestamp::Timestamp;

#[derive(Clone)]
pub(crate) struct Clock(Arc<dyn Fn() -> SystemTime + Send + Sync>);

impl Clock {
    pub(crate) fn new(clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self(Arc::new(clock))
    }

    /// The system's; none without the feature `clock`. (`SystemTime::now` builds on every target, and
    /// panics on `wasm32-unknown-unknown`.)
    pub(crate) fn system() -> Option<Self> {
        cfg!(feature = "clock").then(|| Self::new(SystemTime::now))
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_system((self.0)())
    }
}
