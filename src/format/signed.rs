//! Pyramid's format: `base64url_nopad(signature ‖ json)`, a cookie value in, a [`Record`] out, and back.
//!
//! Knows nothing of timeouts, of cookie attributes, or of what the session is for.

use std::sync::Arc;

use crate::format::Unsealed;
use crate::format::envelope::{Envelope, MAX_MARK_LEN, MAX_SEALED_LEN};
use crate::format::outcome::Refusal;
use crate::format::record::{Moment, Record, Renewal};
use crate::format::serializer::Serializer;
use crate::format::timestamp::Timestamp;
use crate::json::dict::Dict;
use crate::json::scan::{self, PADDING};

/// Most values are no longer. Clearing room for the longest one would cost them a tenth of their
/// signature.
const MAX_SHORT_VALUE_LEN: usize = 800;

/// How long a session's text may become.
pub(crate) const MAX_TEXT_LEN: usize = 64 * 1024;

/// The same where a serializer may make it shorter.
pub(crate) const MAX_SERIALIZED_TEXT_LEN: usize = 1024 * 1024;

pub(crate) struct Signed {
    pub(crate) envelope: Envelope,
    pub(crate) serializer: Option<Arc<dyn Serializer>>,
}

impl Signed {
    /// The session in a cookie value, and which secret signed it (0 for the signing one).
    #[inline(always)] // see `Record`
    pub(crate) fn read(&self, value: &[u8]) -> Result<(Record, usize), Refusal> {
        // What is forged never reaches the heap.
        let mut scratch = Scratch::default();
        let scratch = scratch.for_value(value.len());
        let (len, secret_index) = self.envelope.open(value, scratch)?;
        let record = read_payload(&mut scratch[self.envelope.tag_len()..], len, self.serializer.as_deref());
        Ok((record.ok_or(Refusal::Malformed)?, secret_index))
    }

    /// The JSON text of a session, in the scratch space given for it.
    pub(crate) fn payload<'s>(&self, record: &Record, renewal: Renewal, scratch: &'s mut Scratch) -> PayloadBuf<'s> {
        let scratch = scratch.for_value(self.envelope.value_len(record.text_len()));
        PayloadBuf::write(record, renewal, scratch, self.envelope.tag_len())
    }

    /// The value of a payload, between `before` and `after`. `limit` is the most bytes the value may have.
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
        Ok(self.envelope.seal(payload.sealed(), before, after))
    }

    /// The value for a short text that is no session.
    pub(crate) fn seal_text(&self, text: &str) -> String {
        let mut sealed = vec![0; self.envelope.tag_len()];
        sealed.extend_from_slice(text.as_bytes());
        self.envelope.seal(&mut sealed, "", "")
    }

    /// Whether a value is signed and `wanted` takes its text. Only a text that is wanted has its signature checked.
    pub(crate) fn opens_text_if(&self, value: &[u8], wanted: impl FnOnce(&[u8]) -> bool) -> bool {
        self.envelope.open_if(value, &mut [0; MAX_MARK_LEN], wanted).is_ok()
    }

    /// How long a session's JSON text may become, in bytes.
    pub(crate) fn max_text_len(&self) -> usize {
        if self.serializer.is_some() { MAX_SERIALIZED_TEXT_LEN } else { MAX_TEXT_LEN }
    }
}

/// Where a value is decoded, or a session's text is written: on the stack, and cleared only as far as it is used.
#[derive(Default)]
pub(crate) struct Scratch {
    short: Option<[u8; MAX_SHORT_VALUE_LEN / 4 * 3 + PADDING]>,
    long: Option<[u8; MAX_SEALED_LEN + PADDING]>,
}

impl Scratch {
    /// Enough for what a value of that length holds, or else for the longest one.
    #[inline(always)]
    pub(crate) fn for_value(&mut self, value_len: usize) -> &mut [u8] {
        if value_len <= MAX_SHORT_VALUE_LEN {
            self.short.insert([0; MAX_SHORT_VALUE_LEN / 4 * 3 + PADDING])
        } else {
            self.long.insert([0; MAX_SEALED_LEN + PADDING])
        }
    }
}

/// The session of a payload of `len` bytes that `scratch` begins with.
#[inline(always)] // see `Record`
pub(crate) fn read_payload(scratch: &mut [u8], len: usize, serializer: Option<&dyn Serializer>) -> Option<Record> {
    if let Some(serializer) = serializer {
        let text = serializer.loads(&scratch[..len]).ok()?;
        return parse(text.as_bytes(), text.len());
    }
    scratch[len..][..PADDING].fill(0);
    parse(scratch, len)
}

/// The session of the first `len` bytes of `padded`.
#[inline(always)] // see `Record`
pub(crate) fn parse(padded: &[u8], len: usize) -> Option<Record> {
    let frame = scan::frame(padded, len)?;
    let renewed = Moment::read(padded, frame.renewed)?;
    let created = Moment::read(padded, frame.created)?;
    Some(Record { renewed, created, dict: Dict::from_scan(padded[..len].into(), frame.members) })
}

/// A text being written behind the room for its signature: in the room it was given as far as that
/// goes, on the heap beyond it (for a serializer to make smaller, or an error to count).
pub(crate) struct PayloadBuf<'s> {
    scratch: &'s mut [u8],
    heap: Vec<u8>,
    tag_len: usize,
    len: usize,
    /// When the session is renewed, for a format that does not have it in its text.
    #[allow(dead_code, reason = "for other frameworks' formats")]
    pub(crate) renewed: Timestamp,
}

impl<'s> PayloadBuf<'s> {
    /// The JSON text of a session, behind so many bytes of room.
    #[inline(always)]
    pub(crate) fn write(record: &Record, renewal: Renewal, scratch: &'s mut [u8], tag_len: usize) -> Self {
        let renewed = match renewal {
            Renewal::Now(at) => at,
            Renewal::Keep => record.renewed.at,
        };
        let mut payload = Self { scratch, heap: Vec::new(), tag_len, len: tag_len, renewed };
        record.write(renewal, |piece| payload.push(piece));
        payload
    }

    /// A text that is there already.
    #[allow(dead_code, reason = "for other frameworks' formats")]
    pub(crate) fn from_text(text: String, renewed: Timestamp) -> Self {
        Self { scratch: &mut [], len: text.len(), heap: text.into(), tag_len: 0, renewed }
    }
}

impl PayloadBuf<'_> {
    pub(crate) fn sealed(&mut self) -> &mut [u8] {
        if self.heap.is_empty() { &mut self.scratch[..self.len] } else { &mut self.heap }
    }

    pub(crate) fn json(&mut self) -> &str {
        let tag_len = self.tag_len;
        std::str::from_utf8(&self.sealed()[tag_len..]).expect("a payload is written as str")
    }

    pub(crate) fn restart(&mut self, payload: &[u8]) {
        self.heap.clear();
        self.len = self.tag_len;
        self.push(payload);
    }

    /// The length of the text.
    pub(crate) fn text_len(&self) -> usize {
        self.len - self.tag_len
    }

    #[inline(always)]
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
