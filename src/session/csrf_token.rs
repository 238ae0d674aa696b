//! Pyramid's CSRF token: the text in the dict that a form must bring back, as it is or masked.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::{Choice, ConstantTimeEq};

use crate::json::dict::{Dict, Member};
use crate::session::random::Random;
use crate::session::reserved_keys::CSRF_TOKEN;
use crate::session::value;

const RANDOM_BYTES: usize = 20;

/// A token. What is no text, or empty, is none: an empty one would let an empty field pass.
///
/// Ours is forty hex digits, as Pyramid's sessions draw it; another program may have put any text in
/// its place (one of Pyramid's storage policies puts 32 hex digits there).
pub(crate) struct Token(String);

impl Token {
    pub(crate) fn draw(random: &Random) -> Self {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let mut bytes = [0; RANDOM_BYTES];
        random.fill(&mut bytes);
        let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        Self(digits.map(|digit| char::from(HEX[usize::from(digit)])).collect())
    }

    /// A token in its JSON text.
    pub(crate) fn read(json: &str) -> Option<Self> {
        value::read(CSRF_TOKEN, json).ok().filter(|token: &String| !token.is_empty()).map(Self)
    }

    pub(crate) fn stored(dict: &Dict) -> Option<Self> {
        dict.get(CSRF_TOKEN).and_then(Self::read)
    }

    /// Puts it into the dict. It was drawn: hex digits need no escapes.
    pub(crate) fn put(&self, dict: &mut Dict) {
        // Its few bytes are never refused: a page without its token could send no form.
        let _ = dict.insert(CSRF_TOKEN, Member::new(CSRF_TOKEN, &format!("\"{}\"", self.0)), usize::MAX);
    }

    pub(crate) fn into_text(self) -> String {
        self.0
    }

    /// `base64url(pad ‖ pad ⊕ token)`: never twice the same, so that what a page's compressed length
    /// gives away of it (BREACH) adds up to nothing.
    pub(crate) fn masked(&self, random: &Random) -> String {
        let token = self.0.as_bytes();
        let mut bytes = vec![0; token.len()];
        random.fill(&mut bytes);
        for (at, byte) in token.iter().enumerate() {
            bytes.push(bytes[at] ^ byte);
        }
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Whether `text` is this token, as it is or masked. The time it takes depends on lengths and
    /// form, which are no secret, and not on where the two differ.
    pub(crate) fn verifies(&self, text: &str) -> bool {
        let token = self.0.as_bytes();
        let plain = token.ct_eq(text.as_bytes());
        (plain | unmasked(text, token.len()).map_or(Choice::from(0), |unmasked| unmasked.ct_eq(token))).into()
    }
}

/// The token of `len` bytes in a masked one; `None` where it is none of that length.
fn unmasked(text: &str, len: usize) -> Option<Vec<u8>> {
    // The length is checked first: what a stranger sends is not decoded, however long it is.
    if text.len() != crate::format::envelope::value_len(2 * len) {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (pad, masked) = bytes.split_at(len);
    Some(pad.iter().zip(masked).map(|(pad, masked)| pad ^ masked).collect())
}

/// A new token in the place of an old one, if there was one; nothing in its place where there is no
/// new one.
pub(crate) fn renew(dict: &mut Dict, fresh: Option<&Token>) {
    match (Token::stored(dict), fresh) {
        (None, _) => {}
        (Some(_), Some(fresh)) => fresh.put(dict),
        (Some(_), None) => {
            dict.remove(CSRF_TOKEN);
        }
    }
}
