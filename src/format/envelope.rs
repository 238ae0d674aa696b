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

    /// Signs the payload in `sealed`, which follows [`tag_len`](Self::tag_len) bytes of space for the signature.
    /// Returns the value between two other texts.
    pub(crate) fn seal(&self, sealed: &mut [u8], before: &str, after: &str) -> String {
        let (tag, payload) = sealed.split_at_mut(self.tag_len());
        self.signer.sign(payload, tag);
        let (start, end) = (before.len(), before.len() + value_len(sealed.len()));
        let mut text = Vec::with_capacity(end + after.len());
        text.extend_from_slice(before.as_bytes());
        text.resize(end, 0);
        self.base64.encode_slice(&*sealed, &mut text[start..]).expect("value_len is the length of the value");
        text.extend_from_slice(after.as_bytes());
        String::from_utf8(text).expect("base64 is ASCII")
    }
}

/// Returns the length of `bytes` bytes in base64 without padding.
pub(crate) const fn value_len(bytes: usize) -> usize {
    bytes / 3 * 4 + (bytes % 3 * 4).div_ceil(3)
}
