//! What a session cookie looks like: a cookie value in, a record out, and back.
//!
//! A new framework's cookie is one new file here. Knows nothing of timeouts, cookie attributes or HTTP.

pub(crate) mod decode_error;
mod end_mark;
pub(crate) mod envelope;
pub(crate) mod outcome;
pub(crate) mod record;
pub(crate) mod serializer;
pub(crate) mod signature;
pub(crate) mod signed;
pub(crate) mod timestamp;

use crate::format::outcome::Refusal;
use crate::format::record::{Record, Renewal};
use crate::format::serializer::BoxError;
use crate::format::signed::{PayloadBuf, Scratch, Signed};
use crate::format::timestamp::Timestamp;

/// Reads and writes the cookie values of one format, with one set of secrets.
pub(crate) enum Codec {
    Signed(Signed),
}

/// Why a session has no cookie value.
pub(crate) enum Unsealed {
    TooLarge { size: usize },
    Serializer(BoxError),
}

impl Codec {
    /// The session in a cookie value, and which secret signed it (0 for the signing one).
    #[inline(always)] // see `Record`
    pub(crate) fn read(&self, value: &[u8]) -> Result<(Record, usize), Refusal> {
        match self {
            Self::Signed(signed) => signed.read(value),
        }
    }

    /// The text to sign for a session, in the scratch space given for it.
    pub(crate) fn payload<'s>(&self, record: &Record, renewal: Renewal, scratch: &'s mut Scratch) -> PayloadBuf<'s> {
        match self {
            Self::Signed(signed) => signed.payload(record, renewal, scratch),
        }
    }

    /// The cookie value of a payload, between the texts `before` and `after`. `limit` is the most bytes the value may
    /// have.
    pub(crate) fn seal(
        &self,
        payload: PayloadBuf<'_>,
        (before, after): (&str, &str),
        limit: usize,
    ) -> Result<String, Unsealed> {
        match self {
            Self::Signed(signed) => signed.seal(payload, (before, after), limit),
        }
    }

    /// The value of the end mark for the session that was created then.
    pub(crate) fn seal_end_mark(&self, created: Timestamp) -> String {
        match self {
            Self::Signed(signed) => signed.seal_text(&end_mark::write(created)),
        }
    }

    /// Whether a value is the end mark of the session that was created then. The signature is checked only if the
    /// times agree, so that a mark of another session costs next to nothing.
    pub(crate) fn is_end_mark_of(&self, value: &[u8], created: Timestamp) -> bool {
        let names_it =
            |text: &[u8]| end_mark::read(text).is_some_and(|ended| ended.whole_micros() == created.whole_micros());
        match self {
            Self::Signed(signed) => signed.opens_text_if(value, names_it),
        }
    }

    /// How long a session's JSON text may become, in bytes.
    pub(crate) fn max_text_len(&self) -> usize {
        match self {
            Self::Signed(signed) => signed.max_text_len(),
        }
    }
}
