//! Random bytes from the operating system, or from a source that the user sets.

use std::sync::Arc;

type Source = dyn Fn(&mut [u8]) + Send + Sync;

#[derive(Clone)]
pub(crate) struct Random(Option<Arc<Source>>);

impl Random {
    pub(crate) fn new(source: impl Fn(&mut [u8]) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(source)))
    }

    /// Returns the operating system's source. There is none without the feature `getrandom`.
    pub(crate) fn system() -> Self {
        #[cfg(feature = "getrandom")]
        return Self::new(|bytes| getrandom::fill(bytes).expect("the operating system gives random bytes"));
        #[cfg(not(feature = "getrandom"))]
        Self(None)
    }

    /// Returns whether there is a source.
    pub(crate) fn is_there(&self) -> bool {
        self.0.is_some()
    }

    /// Returns a handle to the source.
    pub(crate) fn source(&self) -> Option<Arc<Source>> {
        self.0.clone()
    }

    pub(crate) fn fill(&self, bytes: &mut [u8]) {
        let source = self.0.as_ref().expect(
            "a CSRF token needs random bytes: turn on the feature \"getrandom\", or give the builder a source with random(…)",
        );
        source(bytes);
    }
}
