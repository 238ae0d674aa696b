//! Percent-encoding of a cookie value, as React Router and Rails send it.

use std::borrow::Cow;

use crate::format::outcome::Refusal;

/// Decodes the escapes. A `%` without two hexadecimal digits is refused.
pub(crate) fn decode(value: &[u8]) -> Result<Cow<'_, [u8]>, Refusal> {
    if !value.contains(&b'%') {
        return Ok(value.into());
    }
    let mut decoded = Vec::with_capacity(value.len());
    let mut rest = value;
    while let [byte, behind @ ..] = rest {
        rest = behind;
        if *byte != b'%' {
            decoded.push(*byte);
            continue;
        }
        let ([high, low], behind) = rest.split_first_chunk().ok_or(Refusal::Malformed)?;
        let digit = |byte: u8| char::from(byte).to_digit(16).ok_or(Refusal::Malformed);
        decoded.push((digit(*high)? << 4 | digit(*low)?) as u8);
        rest = behind;
    }
    Ok(decoded.into())
}

/// Encodes the characters of base64 that are not letters or digits: `+`, `/` and `=`.
pub(crate) fn encode(value: &str) -> String {
    let mut encoded = String::with_capacity(value.len() + value.len() / 8);
    for character in value.chars() {
        match character {
            '+' => encoded.push_str("%2B"),
            '/' => encoded.push_str("%2F"),
            '=' => encoded.push_str("%3D"),
            other => encoded.push(other),
        }
    }
    encoded
}
