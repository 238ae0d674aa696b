//! The envelope: `base64url_nopad(signature ‖ payload)`. It is opened only if the signature is valid.
//!
//! Each payload has exactly one valid text: no padding, no other alphabet, no unused bits that are set. This module
//! must not depend on the content of the payload.

use base64::Engine;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
use base64::engine::{GeneralPurpose, general_purpose::URL_SAFE_NO_PAD};
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use base64::engine::{Simd, general_purpose::NO_PAD};

use crate::format::outcome::Refusal;
use crate::format::signature::Signer;

/// The longest value that is read. Browsers do not store more bytes of name and value together (RFC 6265bis section
/// 5.7).
pub(crate) const MAX_VALUE_LEN: usize = 4096;

/// The longest value of a cookie that is not a session, such as an end mark.
pub(crate) const MAX_MARK_LEN: usize = 512;

/// The length of the longest value after decoding.
pub(crate) const MAX_SEALED_LEN: usize = MAX_VALUE_LEN / 4 * 3;

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
pub(crate) type Base64 = Simd;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(crate) type Base64 = GeneralPurpose;

/// Returns an engine for base64url without padding.
pub(crate) fn new_base64() -> Base64 {
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    let base64 = Simd::url_safe(NO_PAD);
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    let base64 = URL_SAFE_NO_PAD;
    base64
}

pub(crate) struct Envelope {
    signer: Signer,
    base64: Base64,
}

impl Envelope {
    pub(crate) fn new(signer: Signer) -> Self {
        Self { signer, base64: new_base64() }
    }

    /// Returns the length of the signature before the payload, in bytes.
    pub(crate) fn tag_len(&self) -> usize {
        self.signer.tag_len()
    }

    /// Returns the length of a value with `payload` bytes.
    pub(crate) fn value_len(&self, payload: usize) -> usize {
        value_len(self.tag_len() + payload)
    }

    /// Decodes `value` into `scratch`, where the payload follows [`tag_len`](Self::tag_len) bytes of signature. Returns
    /// the length of the payload and the index of the secret that signed it (0 for the signing one).
    ///
    /// The length is checked first, then the alphabet, then the signature. The payload is not read before the
    /// signature is verified.
    pub(crate) fn open(&self, value: &[u8], scratch: &mut [u8]) -> Result<(usize, usize), Refusal> {
        if value.len() > MAX_VALUE_LEN {
            return Err(Refusal::Malformed);
        }
        let len = self.base64.decode_slice(value, &mut *scratch).map_err(|_| Refusal::Malformed)?;
        let (tag, payload) = scratch[..len].split_at_checked(self.tag_len()).ok_or(Refusal::Malformed)?;
        let secret_index = self.signer.verify(payload, tag).ok_or(Refusal::BadSignature)?;
        Ok((payload.len(), secret_index))
    }

    /// Opens a short value as [`open`](Self::open) does, but checks the signature only if `wanted` returns `true` for
    /// the payload.
    pub(crate) fn open_if<'s>(
        &self,
        value: &[u8],
        scratch: &'s mut [u8; MAX_MARK_LEN],
        wanted: impl FnOnce(&[u8]) -> bool,
    ) -> Result<&'s [u8], Refusal> {
        if value.len() > MAX_MARK_LEN {
            return Err(Refusal::Malformed);
        }
        let len = self.base64.decode_slice(value, &mut scratch[..]).map_err(|_| Refusal::Malformed)?;
        let (tag, payload) = scratch[..len].split_at_checked(self.tag_len()).ok_or(Refusal::Malformed)?;
        if !wanted(payload) {
            return Err(Refusal::Malformed);
        }
        self.signer.verify(payload, tag).map(|_| payload).ok_or(Refusal::BadSignature)
    }

    /// Signs the payload in the first `len` bytes of `sealed`, which follows [`tag_len`](Self::tag_len) bytes of space for
    /// the signature. Returns the value between two other texts. See [`encode`] for the bytes after the payload.
    pub(crate) fn seal(&self, sealed: &mut [u8], len: usize, before: &str, after: &str) -> String {
        let (tag, payload) = sealed[..len].split_at_mut(self.tag_len());
        self.signer.sign(payload, tag);
        encode(&self.base64, sealed, len, &[before], after)
    }
}

/// The number of bytes after a payload with which [`encode`] is fastest.
pub(crate) const ENCODE_PADDING: usize = 31;

/// The fewest bytes for which the encoder uses vector instructions.
const MIN_VECTOR_LEN: usize = 128;

/// Returns the first `len` bytes of `bytes` in base64 between other texts.
///
/// The encoder's vector instructions take 24 bytes at a time, and at least 8 bytes must follow. The encoder takes as long
/// for the rest, byte by byte, as for 700 bytes before it. So if `bytes` has [`ENCODE_PADDING`] more bytes, and at least
/// [`MIN_VECTOR_LEN`], this function sets them to zero, encodes them too, and cuts off their base64.
pub(crate) fn encode(base64: &Base64, bytes: &mut [u8], len: usize, before: &[&str], after: &str) -> String {
    let padded_len = (len.div_ceil(24) * 24 + 8).max(MIN_VECTOR_LEN);
    let input = match bytes.get_mut(..padded_len) {
        Some(padded) => {
            padded[len..].fill(0);
            &*padded
        }
        None => &bytes[..len],
    };
    let start: usize = before.iter().map(|text| text.len()).sum();
    let (end, padded_end) = (start + value_len(len), start + value_len(input.len()));
    let mut text = Vec::with_capacity(padded_end.max(end + after.len()));
    before.iter().for_each(|before| text.extend_from_slice(before.as_bytes()));
    text.resize(padded_end, 0);
    base64.encode_slice(input, &mut text[start..]).expect("value_len is the length of the value");
    text.truncate(end);
    text.extend_from_slice(after.as_bytes());
    String::from_utf8(text).expect("base64 is ASCII")
}

/// Returns the length of `bytes` bytes in base64 without padding.
pub(crate) const fn value_len(bytes: usize) -> usize {
    bytes / 3 * 4 + (bytes % 3 * 4).div_ceil(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_behind_a_payload_does_not_change_its_base64() {
        let base64 = new_base64();
        for len in 0..=200 {
            let bytes: Vec<u8> = (0..len).map(|at| (at * 37 + 255) as u8).collect();
            let expected = ["a=", &base64.encode(&bytes), "; b"].concat();
            assert_eq!(expected.len(), 5 + value_len(len));
            for behind in 0..=MIN_VECTOR_LEN {
                let mut bytes = [&bytes[..], &vec![0xff; behind]].concat();
                assert_eq!(encode(&base64, &mut bytes, len, &["a", "="], "; b"), expected, "{len} and {behind}");
            }
        }
    }
}
