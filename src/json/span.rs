//! The position of a part of a text, in bytes.

/// A start and an end. It has eight bytes and not sixteen, like a `Range`, because a session of a hundred keys has two
/// hundred spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// Creates a span. The text must be shorter than 4 GiB.
    #[inline]
    pub(crate) fn new(start: usize, end: usize) -> Self {
        Self { start: start as u32, end: end as u32 }
    }

    #[inline]
    pub(crate) fn start(self) -> usize {
        self.start as usize
    }

    #[inline]
    pub(crate) fn end(self) -> usize {
        self.end as usize
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
