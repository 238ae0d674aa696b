//! Pyramid's wire: a cookie value in, a [`Record`] out, and back. Another framework's cookies would
//! be another file beside this one.
//!
//! Knows nothing of timeouts, of cookie attributes, or of what the session is for.

use std::fmt;
use std::sync::Arc;

use crate::format::envelope::{Envelope, MAX_SEALED_LEN};
use crate::format::outcome::Refusal;
use crate::format::record::{Moment, Record, Renewal};
use crate::format::serializer::{BoxError, Serializer};
use crate::json::dict::Dict;
use crate::json::scan;

/// Most values are no longer. Clearing room for the longest one would cost them a tenth of their
/// signature.
const MAX_SHORT_VALUE_LEN: usize = 800;

pub(crate) struct Wire {
    pub(crate) envelope: Envelope,
    pub(crate) serializer: Option<Arc<dyn Serializer>>,
}

impl Wire {
    /// The session in a cookie value, and which key signed it (0 for the signing one).
    #[inline(always)] // see `Record`
    pub(crate) fn read(&self, value: &[u8]) -> Result<(Record, usize), Refusal> {
        // What is forged never reaches the heap.
        let mut room = Scratch::default();
        let (payload, key) = self.envelope.open(value, room.of(value.len()))?;
        let text: Arc<str> = match &self.serializer {
            None => std::str::from_utf8(payload).map_err(|_| Refusal::Malformed)?.into(),
            Some(serializer) => serializer.loads(payload).map_err(|_| Refusal::Malformed)?.into(),
        };
        let record = parse(text).ok_or(Refusal::Malformed)?;
        Ok((record, key))
    }

    /// The JSON text of a session, in the room given for it.
    pub(crate) fn draft<'r>(&self, record: &Record, renewal: Renewal, room: &'r mut Scratch) -> PayloadBuf<'r> {
        let room = room.of(self.envelope.value_len(record.text_len()));
        let mut draft =
            PayloadBuf { room, heap: Vec::new(), tag_len: self.envelope.tag_len(), len: self.envelope.tag_len() };
        record.write(renewal, &mut draft).expect("a draft takes any text");
        draft
    }

    /// The value of what was drafted, between `before` and `after`. `limit` is the most bytes the value
    /// may have.
    pub(crate) fn seal(
        &self,
        mut draft: PayloadBuf<'_>,
        (before, after): (&str, &str),
        limit: usize,
    ) -> Result<String, Unsealed> {
        if let Some(serializer) = &self.serializer {
            let payload = serializer.dumps(draft.json()).map_err(Unsealed::Serializer)?;
            draft.restart(&payload);
        }
        let size = self.envelope.value_len(draft.len - draft.tag_len);
        if size > limit {
            return Err(Unsealed::TooLarge { size });
        }
        Ok(self.envelope.seal(draft.sealed(), before, after))
    }
}

/// Where a value is decoded, or a session drafted: on the stack, and cleared only as far as it is used.
#[derive(Default)]
pub(crate) struct Scratch {
    short: Option<[u8; MAX_SHORT_VALUE_LEN]>,
    long: Option<[u8; MAX_SEALED_LEN]>,
}

impl Scratch {
    /// Enough for what a value of that length holds, or else for the longest one.
    #[inline(always)]
    fn of(&mut self, value_len: usize) -> &mut [u8] {
        if value_len <= MAX_SHORT_VALUE_LEN {
            self.short.insert([0; MAX_SHORT_VALUE_LEN])
        } else {
            self.long.insert([0; MAX_SEALED_LEN])
        }
    }
}

/// Why a session has no value.
pub(crate) enum Unsealed {
    TooLarge { size: usize },
    Serializer(BoxError),
}

#[inline(always)] // see `Record`
pub(crate) fn parse(text: Arc<str>) -> Option<Record> {
    let frame = scan::frame(&text)?;
    let renewed = Moment::read(&text, frame.renewed)?;
    let created = Moment::read(&text, frame.created)?;
    Some(Record { renewed, created, dict: Dict::from_scan(text, frame.members) })
}

/// A text being written behind the room for its signature: in the room it was given as far as that
/// goes, on the heap beyond it (for a serializer to make smaller, or an error to count).
pub(crate) struct PayloadBuf<'r> {
    room: &'r mut [u8],
    heap: Vec<u8>,
    tag_len: usize,
    len: usize,
}

impl PayloadBuf<'_> {
    fn sealed(&mut self) -> &mut [u8] {
        if self.heap.is_empty() { &mut self.room[..self.len] } else { &mut self.heap }
    }

    fn json(&mut self) -> &str {
        let tag_len = self.tag_len;
        std::str::from_utf8(&self.sealed()[tag_len..]).expect("a draft is written as str")
    }

    fn restart(&mut self, payload: &[u8]) {
        self.heap.clear();
        self.len = self.tag_len;
        self.push(payload);
    }

    #[inline(always)]
    fn push(&mut self, bytes: &[u8]) {
        let end = self.len + bytes.len();
        match self.room.get_mut(self.len..end) {
            Some(room) => room.copy_from_slice(bytes),
            None => self.push_to_heap(bytes),
        }
        self.len = end;
    }

    #[cold]
    fn push_to_heap(&mut self, bytes: &[u8]) {
        if self.heap.is_empty() {
            self.heap.reserve((self.len + bytes.len()) * 2);
            self.heap.extend_from_slice(&self.room[..self.len]);
        }
        self.heap.extend_from_slice(bytes);
    }
}

impl fmt::Write for PayloadBuf<'_> {
    #[inline(always)]
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text.as_bytes());
        Ok(())
    }
}
