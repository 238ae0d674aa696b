//! The position of a part of a text, in bytes.

/// A start and an end. It has eight bytes and not sixteen, like a `Range`, because a session of a hundred keys has two
/// hundred spans. It is one number and not two, so that it can be made in a register and stored at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span(u64);

impl Span {
    /// Creates a span. The text must be shorter than 4 GiB.
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
