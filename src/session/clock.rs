//! The clock: the system's, or one that the user sets.

use std::sync::Arc;
use std::time::SystemTime;

use crate::format::timestamp::Timestamp;

#[derive(Clone)]
pub(crate) struct Clock(Arc<dyn Fn() -> SystemTime + Send + Sync>);

impl Clock {
    pub(crate) fn new(clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self(Arc::new(clock))
    }

    /// Returns the system's clock if the platform has one. On `wasm32-unknown-unknown`, `SystemTime::now` compiles but
    /// panics.
    pub(crate) fn system() -> Option<Self> {
        cfg!(not(all(target_family = "wasm", target_os = "unknown"))).then(|| Self::new(SystemTime::now))
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_system((self.0)())
    }
}
