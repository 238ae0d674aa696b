//! Pyramid's format, `base64url_nopad(signature ‖ json)`. It converts a cookie value into a [`Record`] and back.
//!
//! This module must not depend on timeouts, on cookie attributes, or on the purpose of the session.

use std::sync::Arc;

use crate::format::Unsealed;
use crate::format::envelope::{ENCODE_PADDING, Envelope, MAX_MARK_LEN, MAX_SEALED_LEN};
use crate::format::outcome::Refusal;
use crate::format::record::{Moment, Record, Renewal};
use crate::format::serializer::Serializer;
use crate::format::timestamp::Timestamp;
use crate::json::dict::Dict;
use crate::json::scan::{self, PADDING};

/// Most values are not longer than this. Clearing a buffer for the longest value would take a tenth of the time of
/// their signature.
const MAX_SHORT_VALUE_LEN: usize = 800;

// The scan and the encoder use the same space after a payload.
const _: () = assert!(PADDING <= ENCODE_PADDING);

/// The maximum length of a session's text.
pub(crate) const MAX_TEXT_LEN: usize = 64 * 1024;

/// The maximum length of a session's text with a serializer, which may make it shorter.
pub(crate) const MAX_SERIALIZED_TEXT_LEN: usize = 1024 * 1024;

pub(crate) struct Signed {
    pub(crate) envelope: Envelope,
    pub(crate) serializer: Option<Arc<dyn Serializer>>,
}

impl Signed {
    /// Reads the session in a cookie value. Also returns the index of the secret that signed it (0 for the signing
    /// one).
    #[inline(always)] // see `Record`
    pub(crate) fn read(&self, value: &[u8]) -> Result<(Record, usize), Refusal> {
        // The buffer is on the stack, so a forged value allocates nothing.
        let mut scratch = Scratch::default();
        let scratch = scratch.for_value(value.len());
        let (len, secret_index) = self.envelope.open(value, scratch)?;
        let record = read_payload(&mut scratch[self.envelope.tag_len()..], len, self.serializer.as_deref());
        Ok((record.ok_or(Refusal::Malformed)?, secret_index))
    }

    /// Writes the JSON text of a session into `scratch`.
    pub(crate) fn payload<'s>(&self, record: &Record, renewal: Renewal, scratch: &'s mut Scratch) -> PayloadBuf<'s> {
        let scratch = scratch.for_value(self.envelope.value_len(record.text_len()));
        PayloadBuf::write(record, renewal, scratch, self.envelope.tag_len())
    }

    /// Returns the value of a payload, between `before` and `after`. `limit` is the maximum length of the value.
    pub(crate) fn seal(
        &self,
        mut payload: PayloadBuf<'_>,
        (before, after): (&str, &str),
        limit: usize,
    ) -> Result<String, Unsealed> {
        if let Some(serializer) = &self.serializer {
            let bytes = serializer.dumps(payload.json()).map_err(Unsealed::Serializer)?;
            payload.restart(&bytes);
        }
        let size = self.envelope.value_len(payload.text_len());
        if size > limit {
            return Err(Unsealed::TooLarge { size });
        }
        let (sealed, len) = payload.sealed();
        Ok(self.envelope.seal(sealed, len, before, after))
    }

    /// Returns the value of a short text that is not a session.
    pub(crate) fn seal_text(&self, text: &str) -> String {
        let mut sealed = vec![0; self.envelope.tag_len()];
        sealed.extend_from_slice(text.as_bytes());
        let len = sealed.len();
        self.envelope.seal(&mut sealed, len, "", "")
    }

    /// Returns whether `wanted` returns `true` for the text of a value and its signature is valid. The signature is
    /// checked last.
    pub(crate) fn opens_text_if(&self, value: &[u8], wanted: impl FnOnce(&[u8]) -> bool) -> bool {
        self.envelope.open_if(value, &mut [0; MAX_MARK_LEN], wanted).is_ok()
    }

    /// Returns the maximum length of a session's JSON text, in bytes.
    pub(crate) fn max_text_len(&self) -> usize {
        if self.serializer.is_some() { MAX_SERIALIZED_TEXT_LEN } else { MAX_TEXT_LEN }
    }
}

/// A buffer on the stack, in which a value is decoded or a session's text is written. Only the part that is used is
/// cleared.
#[derive(Default)]
pub(crate) struct Scratch {
    short: Option<[u8; MAX_SHORT_VALUE_LEN / 4 * 3 + ENCODE_PADDING]>,
    long: Option<[u8; MAX_SEALED_LEN + ENCODE_PADDING]>,
}

impl Scratch {
    /// Returns a buffer for a value of this length, or for the longest value.
    #[inline]
    pub(crate) fn for_value(&mut self, value_len: usize) -> &mut [u8] {
        if value_len <= MAX_SHORT_VALUE_LEN {
            self.short.insert([0; MAX_SHORT_VALUE_LEN / 4 * 3 + ENCODE_PADDING])
        } else {
            self.long.insert([0; MAX_SEALED_LEN + ENCODE_PADDING])
        }
    }
}

/// Reads the session in a payload, which is the first `len` bytes of `scratch`.
#[inline(always)] // see `Record`
pub(crate) fn read_payload(scratch: &mut [u8], len: usize, serializer: Option<&dyn Serializer>) -> Option<Record> {
    if let Some(serializer) = serializer {
        let text = serializer.loads(&scratch[..len]).ok()?;
        return parse(text.as_bytes(), text.len());
    }
    scratch[len..][..PADDING].fill(0);
    parse(scratch, len)
}

/// Reads the session in the first `len` bytes of `padded`.
#[inline(always)] // see `Record`
pub(crate) fn parse(padded: &[u8], len: usize) -> Option<Record> {
    let frame = scan::frame(padded, len)?;
    let renewed = Moment::read(padded, frame.renewed)?;
    let created = Moment::read(padded, frame.created)?;
    Some(Record { renewed, created, dict: Dict::from_scan(padded[..len].into(), frame.members) })
}

/// A text that is written after space for its signature. It is written into the scratch buffer, or to the heap if it is
/// longer. (A text that is too long for a cookie is still written: a serializer may make it shorter, and otherwise the
/// error says its length.)
pub(crate) struct PayloadBuf<'s> {
    scratch: &'s mut [u8],
    heap: Vec<u8>,
    tag_len: usize,
    len: usize,
    /// When the session is renewed, for a format whose text does not contain this time.
    #[allow(dead_code, reason = "for other frameworks' formats")]
    pub(crate) renewed: Timestamp,
}

impl<'s> PayloadBuf<'s> {
    /// Writes the JSON text of a session after `tag_len` bytes of space.
    #[inline]
    pub(crate) fn write(record: &Record, renewal: Renewal, scratch: &'s mut [u8], tag_len: usize) -> Self {
        let renewed = match renewal {
            Renewal::Now(at) => at,
            Renewal::Keep => record.renewed.at,
        };
        let mut payload = Self { scratch, heap: Vec::new(), tag_len, len: tag_len, renewed };
        record.write(renewal, |piece| payload.push(piece));
        payload
    }

    /// Wraps a text that was already written.
    #[allow(dead_code, reason = "for other frameworks' formats")]
    pub(crate) fn from_text(text: String, renewed: Timestamp) -> Self {
        Self { scratch: &mut [], len: text.len(), heap: text.into(), tag_len: 0, renewed }
    }
}

impl PayloadBuf<'_> {
    /// Returns the buffer, and how many of its bytes the space for the signature and the text take together.
    pub(crate) fn sealed(&mut self) -> (&mut [u8], usize) {
        if self.heap.is_empty() { (&mut *self.scratch, self.len) } else { (&mut self.heap, self.len) }
    }

    pub(crate) fn json(&mut self) -> &str {
        let tag_len = self.tag_len;
        let (sealed, len) = self.sealed();
        std::str::from_utf8(&sealed[tag_len..len]).expect("a payload is written as str")
    }

    pub(crate) fn restart(&mut self, payload: &[u8]) {
        self.heap.clear();
        self.len = self.tag_len;
        self.push(payload);
    }

    /// Returns the length of the text.
    pub(crate) fn text_len(&self) -> usize {
        self.len - self.tag_len
    }

    #[inline]
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let end = self.len + bytes.len();
        match self.scratch.get_mut(self.len..end) {
            Some(place) => place.copy_from_slice(bytes),
            None => self.push_to_heap(bytes),
        }
        self.len = end;
    }

    #[cold]
    fn push_to_heap(&mut self, bytes: &[u8]) {
        if self.heap.is_empty() {
            self.heap.reserve((self.len + bytes.len()) * 2);
            self.heap.extend_from_slice(&self.scratch[..self.len]);
        }
        self.heap.extend_from_slice(bytes);
    }
}
