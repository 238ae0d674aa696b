//! A stretch of a text, in bytes.

/// Eight bytes instead of a `Range`'s sixteen: a session of a hundred keys holds two hundred. In one
/// number instead of two, so that it is made in a register and stored once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span(u64);

impl Span {
    /// The caller has checked that the text is shorter than 4 GiB.
    #[inline]
    pub(crate) fn new(start: usize, end: usize) -> Self {
        Self((start as u64) << 32 | end as u64)
    }

    #[inline]
    pub(crate) fn start(self) -> usize {
        (self.0 >> 32) as usize
    }

    #[inline]
    pub(crate) fn end(self) -> usize {
        self.0 as u32 as usize
    }

    #[inline]
    pub(crate) fn len(self) -> usize {
        self.end() - self.start()
    }

    #[inline]
    pub(crate) fn of(self, text: &str) -> &str {
        &text[self.start()..self.end()]
    }

    #[inline]
    pub(crate) fn of_bytes(self, text: &[u8]) -> &[u8] {
        &text[self.start()..self.end()]
    }
}
