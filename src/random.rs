//! Random bytes: the operating system's, or those of a source that the user hands in.

use std::sync::Arc;

type Source = dyn Fn(&mut [u8]) + Send + Sync;

#[derive(Clone)]
pub(crate) struct Random(Arc<Source>);

impl Random {
    pub(crate) fn new(source: impl Fn(&mut [u8]) + Send + Sync + 'static) -> Self {
        Self(Arc::new(source))
    }

    /// The operating system's.
    #[cfg(feature = "getrandom")]
    pub(crate) fn system() -> Option<Self> {
        Some(Self::new(|bytes| getrandom::fill(bytes).expect("the operating system gives random bytes")))
    }

    /// None: the operating system's is not asked for.
    #[cfg(not(feature = "getrandom"))]
    pub(crate) fn system() -> Option<Self> {
        None
    }

    pub(crate) fn fill(&self, bytes: &mut [u8]) {
        (self.0)(bytes);
    }
}
