//! What a session cookie looks like: a cookie value in, a record out, and back.
//!
//! A new framework's cookie is one new file here. Knows nothing of timeouts, cookie attributes or HTTP.

pub(crate) mod decode_error;
pub(crate) mod envelope;
pub(crate) mod outcome;
pub(crate) mod record;
pub(crate) mod serializer;
pub(crate) mod signature;
pub(crate) mod signed;
pub(crate) mod timestamp;
