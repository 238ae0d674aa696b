//! Random bytes: the operating system's, or those of a source that the user hands in.

use std::sync::Arc;

type Source = dyn Fn(&mut [u8]) + Send + Sync;

#[derive(Clone)]
pub(crate) struct Random(Option<Arc<Source>>);

impl Random {
    pub(crate) fn new(source: impl Fn(&mut [u8]) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(source)))
    }

    /// The operating system's; none without the feature `getrandom`.
    pub(crate) fn system() -> Self {
        #[cfg(feature = "getrandom")]
        return Self::new(|bytes| getrandom::fill(bytes).expect("the operating system gives random bytes"));
        #[cfg(not(feature = "getrandom"))]
        Self(None)
    }

    /// Whether there is a source.
    pub(crate) fn is_there(&self) -> bool {
        self.0.is_some()
    }

    /// The source, for whoever keeps it.
    pub(crate) fn source(&self) -> Option<Arc<Source>> {
        self.0.clone()
    }

    pub(crate) fn fill(&self, bytes: &mut [u8]) {
        let source = self.0.as_ref().expect(
            "a CSRF token takes random bytes: turn the feature \"getrandom\" on, or give the builder a source with random(…)",
        );
        source(bytes);
    }
}
