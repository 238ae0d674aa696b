//! Pyramid's CSRF token: a text in the dict that a form must send back, plain or masked.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::{Choice, ConstantTimeEq};

use crate::json::dict::{Dict, Member};
use crate::session::random::Random;
use crate::session::reserved_keys::CSRF_TOKEN;
use crate::session::value;

const RANDOM_BYTES: usize = 20;

/// A token. It is never empty: otherwise a form with an empty field would pass.
///
/// Our tokens have forty hexadecimal digits, like Pyramid's. Another program may have stored a different text (one of
/// Pyramid's storage policies uses 32 digits).
pub(crate) struct Token(String);

impl Token {
    pub(crate) fn draw(random: &Random) -> Self {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let mut bytes = [0; RANDOM_BYTES];
        random.fill(&mut bytes);
        let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        Self(digits.map(|digit| char::from(HEX[usize::from(digit)])).collect())
    }

    /// Reads a token from its JSON text. Returns `None` if it is not a string or is empty.
    pub(crate) fn read(json: &str) -> Option<Self> {
        value::read(CSRF_TOKEN, json).ok().filter(|token: &String| !token.is_empty()).map(Self)
    }

    pub(crate) fn stored(dict: &Dict) -> Option<Self> {
        dict.get(CSRF_TOKEN).and_then(Self::read)
    }

    /// Stores a new token in the dict. Its hexadecimal digits need no escapes.
    pub(crate) fn put(&self, dict: &mut Dict) {
        // There is no size limit here, because the forms of a page without a token would fail.
        let _ = dict.insert(CSRF_TOKEN, Member::new(CSRF_TOKEN, &format!("\"{}\"", self.0)), usize::MAX);
    }

    pub(crate) fn into_text(self) -> String {
        self.0
    }

    /// Returns `base64url(pad ‖ pad ⊕ token)`. It is different every time, so that the lengths of compressed pages do
    /// not reveal the token (BREACH).
    pub(crate) fn masked(&self, random: &Random) -> String {
        let token = self.0.as_bytes();
        let mut bytes = vec![0; token.len()];
        random.fill(&mut bytes);
        for (at, byte) in token.iter().enumerate() {
            bytes.push(bytes[at] ^ byte);
        }
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Returns whether `text` is this token, plain or masked. The time depends on the lengths and the form, which are
    /// not secret, and not on the position of a difference.
    pub(crate) fn verifies(&self, text: &str) -> bool {
        let token = self.0.as_bytes();
        let plain = token.ct_eq(text.as_bytes());
        (plain | unmasked(text, token.len()).map_or(Choice::from(0), |unmasked| unmasked.ct_eq(token))).into()
    }
}

/// Returns the token of `len` bytes in a masked token, or `None` if it is not a masked token of that length.
fn unmasked(text: &str, len: usize) -> Option<Vec<u8>> {
    // Check the length first, so that a long text from an attacker is not decoded.
    if text.len() != crate::format::envelope::value_len(2 * len) {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (pad, masked) = bytes.split_at(len);
    Some(pad.iter().zip(masked).map(|(pad, masked)| pad ^ masked).collect())
}

/// Replaces the token, if there is one, with `fresh`. Removes it if `fresh` is `None`.
pub(crate) fn renew(dict: &mut Dict, fresh: Option<&Token>) {
    match (Token::stored(dict), fresh) {
        (None, _) => {}
        (Some(_), Some(fresh)) => fresh.put(dict),
        (Some(_), None) => {
            dict.remove(CSRF_TOKEN);
        }
    }
}
