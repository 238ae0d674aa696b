//! What time it is: the system's clock, or one that the user hands in.

use std::sync::Arc;
use std::time::SystemTime;

use crate::format::timestamp::Timestamp;

#[derive(Clone)]
pub(crate) struct Clock(Arc<dyn Fn() -> SystemTime + Send + Sync>);

impl Clock {
    pub(crate) fn new(clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self(Arc::new(clock))
    }

    /// The system's, where the platform has one: `SystemTime::now` builds on
    /// `wasm32-unknown-unknown`, and panics there.
    pub(crate) fn system() -> Option<Self> {
        cfg!(not(all(target_family = "wasm", target_os = "unknown"))).then(|| Self::new(SystemTime::now))
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_system((self.0)())
    }
}
