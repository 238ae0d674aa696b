//! Percent-encoding, read strictly: what is no UTF-8 in the end is refused.

use http::StatusCode;

use crate::failure::Failure;

/// The text that a piece of an address or a form means.
pub fn decoded(text: &str) -> Result<String, Failure> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first == b'%' {
            let (digits, after) = rest.split_at_checked(2).ok_or_else(broken)?;
            let digit = |digit: u8| char::from(digit).to_digit(16).ok_or_else(broken);
            bytes.push((digit(digits[0])? << 4 | digit(digits[1])?) as u8);
            rest = after;
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).map_err(|_| broken())
}

fn broken() -> Failure {
    Failure::new(StatusCode::BAD_REQUEST, "What was sent is not percent-encoded UTF-8.")
}
