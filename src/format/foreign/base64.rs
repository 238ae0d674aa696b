//! Strict base64, in which each text has exactly one valid form. The frameworks' decoders accept more, but they write
//! no other form.

#![allow(dead_code, unused_imports, reason = "each format uses some of it")]

use base64::Engine;
use base64::engine::GeneralPurpose;
pub(crate) use base64::engine::general_purpose::{
    STANDARD as PADDED, STANDARD_NO_PAD as UNPADDED, URL_SAFE_NO_PAD as URL,
};

use crate::format::outcome::Refusal;

pub(crate) fn decode(alphabet: &GeneralPurpose, text: &[u8]) -> Result<Vec<u8>, Refusal> {
    alphabet.decode(text).map_err(|_| Refusal::Malformed)
}

/// Decodes a text, which must be UTF-8.
pub(crate) fn decode_text(alphabet: &GeneralPurpose, text: &[u8]) -> Result<String, Refusal> {
    String::from_utf8(decode(alphabet, text)?).map_err(|_| Refusal::Malformed)
}

pub(crate) fn encode(alphabet: &GeneralPurpose, bytes: &[u8]) -> String {
    alphabet.encode(bytes)
}

pub(crate) fn push(alphabet: &GeneralPurpose, bytes: &[u8], text: &mut String) {
    alphabet.encode_string(bytes, text);
}
