//! The encrypted cookie: `"e1." b64u( nonce(12) ‖ AES-256-GCM-SIV(json) ‖ tag(16) )`.
//!
//! This cipher stays safe if a nonce is repeated (RFC 8452), which can happen because nonces are random. The cookie's
//! name is authenticated too, so that a value is refused in another cookie with the same secret.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aes_gcm_siv::aead::{AeadInOut, KeyInit};
use aes_gcm_siv::{Aes256GcmSiv, Nonce, Tag};
use base64::Engine;
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::{ZeroizeOnDrop, Zeroizing};

#[cfg(feature = "device-bound")]
use crate::format::device_marks;
use crate::format::envelope::{Base64, MAX_MARK_LEN, MAX_VALUE_LEN, encode, new_base64, value_len};
use crate::format::kind::{END_MARK_SUFFIX, FillRandom};
use crate::format::outcome::Refusal;
use crate::format::record::{Record, Renewal};
use crate::format::serializer::Serializer;
use crate::format::signed::{MAX_SERIALIZED_TEXT_LEN, MAX_TEXT_LEN, PayloadBuf, Scratch, read_payload};
use crate::format::timestamp::Timestamp;
use crate::format::{Dates, Line, OtherCodec, Unsealed, Verified, end_mark};
use crate::secret::Secrets;

/// The prefix of every value, which is the version of this format.
pub(crate) const PREFIX: &str = "e1.";
/// The lengths before and after the ciphertext.
pub(crate) const NONCE_LEN: usize = 12;
pub(crate) const TAG_LEN: usize = 16;
const INFO: &[u8] = b"signed-cookie-session e1";

/// Encrypts with the first key, and decrypts with all keys. The keys are wiped on drop.
pub(crate) struct Cipher {
    keys: Vec<Aes256GcmSiv>,
    base64: Base64,
}

const _: () = {
    const fn is_wiped<T: ZeroizeOnDrop>() {}
    is_wiped::<aes::Aes256>();
};

impl Cipher {
    pub(crate) fn new(secrets: &Secrets, salt: &[u8]) -> Self {
        let keys = secrets.iter().map(|secret| {
            let mut key = Zeroizing::new([0; 32]);
            Hkdf::<Sha256>::new(Some(salt), secret.bytes())
                .expand(INFO, &mut *key)
                .expect("HKDF makes a key of that length");
            Aes256GcmSiv::new_from_slice(&*key).expect("the key has the cipher's length")
        });
        Self { keys: keys.collect(), base64: new_base64() }
    }

    /// Returns the length of a value with `payload` bytes.
    pub(crate) fn value_len(payload: usize) -> usize {
        PREFIX.len() + value_len(NONCE_LEN + payload + TAG_LEN)
    }

    /// Decrypts `value` in `scratch`. Returns the payload and the index of the secret. `associated` is the result of
    /// [`associated`] for the cookie's name.
    pub(crate) fn open<'s>(
        &self,
        value: &[u8],
        associated: &[u8],
        scratch: &'s mut [u8],
    ) -> Result<(&'s [u8], usize), Refusal> {
        if value.len() > MAX_VALUE_LEN {
            return Err(Refusal::Malformed);
        }
        let encoded = value.strip_prefix(PREFIX.as_bytes()).ok_or(Refusal::Malformed)?;
        let len = self.base64.decode_slice(encoded, &mut *scratch).map_err(|_| Refusal::Malformed)?;
        let (nonce, rest) = scratch[..len].split_first_chunk_mut::<NONCE_LEN>().ok_or(Refusal::Malformed)?;
        let (text, tag) = rest.split_last_chunk_mut::<TAG_LEN>().ok_or(Refusal::Malformed)?;
        let (nonce, tag) = (Nonce::from(*nonce), Tag::from(*tag));
        // With a wrong key, the text does not change.
        let fits =
            |key: &Aes256GcmSiv| key.decrypt_inout_detached(&nonce, associated, (&mut *text).into(), &tag).is_ok();
        let secret_index = self.keys.iter().position(fits).ok_or(Refusal::BadSignature)?;
        Ok((text, secret_index))
    }

    /// Encrypts the payload in the first `len` bytes of `sealed`, which have space for the nonce before it and for the tag
    /// after it. Returns the value between two other texts. See [`encode`] for the bytes after them.
    pub(crate) fn seal(
        &self,
        sealed: &mut [u8],
        len: usize,
        associated: &[u8],
        nonce: [u8; NONCE_LEN],
        (before, after): (&str, &str),
    ) -> String {
        const ROOM: &str = "there is space for the nonce and the tag";
        let (room, rest) = sealed[..len].split_first_chunk_mut::<NONCE_LEN>().expect(ROOM);
        let (text, tag) = rest.split_last_chunk_mut::<TAG_LEN>().expect(ROOM);
        *room = nonce;
        *tag = self.keys[0]
            .encrypt_inout_detached(&Nonce::from(nonce), associated, text.into())
            .expect("a cookie is shorter than what the cipher takes")
            .into();
        encode(&self.base64, sealed, len, &[before, PREFIX], after)
    }
}

/// Returns the bytes that are authenticated with a cookie of this name.
fn associated(cookie_name: &str) -> Vec<u8> {
    [PREFIX, cookie_name].concat().into_bytes()
}

/// Sessions and end marks, encrypted.
pub(crate) struct Encrypted {
    cipher: Cipher,
    serializer: Option<Arc<dyn Serializer>>,
    nonces: Nonces,
    session: Vec<u8>,
    end_mark: Vec<u8>,
    /// The associated bytes of the cookie that proves a device, and of the cookie with its key.
    #[cfg(feature = "device-bound")]
    device: [Vec<u8>; 2],
}

impl Encrypted {
    pub(crate) fn new(
        secrets: &Secrets,
        salt: &[u8],
        cookie_name: &str,
        serializer: Option<Arc<dyn Serializer>>,
        random: FillRandom,
    ) -> Self {
        let (session, end_mark) = (associated(cookie_name), associated(&[cookie_name, END_MARK_SUFFIX].concat()));
        Self {
            cipher: Cipher::new(secrets, salt),
            serializer,
            nonces: Nonces::new(random),
            session,
            end_mark,
            #[cfg(feature = "device-bound")]
            device: [device_marks::BOUND_SUFFIX, device_marks::KEY_SUFFIX]
                .map(|suffix| associated(&[cookie_name, suffix].concat())),
        }
    }

    /// Encrypts a short text that is not a session, for a cookie with another name.
    fn seal_text(&self, text: &str, associated: &[u8]) -> String {
        let mut sealed = [&[0; NONCE_LEN], text.as_bytes(), &[0; TAG_LEN]].concat();
        let len = sealed.len();
        self.cipher.seal(&mut sealed, len, associated, self.nonces.next(), ("", ""))
    }

    fn open_text(&self, value: &[u8], associated: &[u8]) -> Option<String> {
        if value.len() > MAX_MARK_LEN {
            return None;
        }
        let mut scratch = [0; MAX_MARK_LEN];
        let (text, _) = self.cipher.open(value, associated, &mut scratch).ok()?;
        std::str::from_utf8(text).ok().map(Into::into)
    }
}

/// Random nonces. Several are drawn at once, because one call to the operating system takes as long as encrypting a
/// session.
///
/// If a process is copied (a fork, or a snapshot of a machine), both copies use the remaining nonces. With this cipher,
/// that only reveals whether two sessions had the same text. Nonces are not secret.
struct Nonces {
    random: FillRandom,
    drawn: Mutex<Drawn>,
}

struct Drawn {
    /// At most 256 bytes, which Linux always returns in one call.
    bytes: [u8; 21 * NONCE_LEN],
    used: usize,
}

impl Nonces {
    fn new(random: FillRandom) -> Self {
        let bytes = [0; 21 * NONCE_LEN];
        Self { random, drawn: Mutex::new(Drawn { used: bytes.len(), bytes }) }
    }

    fn next(&self) -> [u8; NONCE_LEN] {
        // If the source panics, all nonces count as used.
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        if drawn.used == drawn.bytes.len() {
            (self.random)(&mut drawn.bytes);
            drawn.used = 0;
        }
        let at = drawn.used;
        drawn.used += NONCE_LEN;
        drawn.bytes[at..].first_chunk().copied().expect("there is one more")
    }
}

impl OtherCodec for Encrypted {
    fn read(&self, value: &[u8], _: Option<&[u8]>, _: Timestamp) -> Result<(Record, Verified), Refusal> {
        let mut scratch = Scratch::default();
        let scratch = scratch.for_value(value.len());
        let (text, secret_index) = self.cipher.open(value, &self.session, scratch)?;
        let len = text.len();
        let record = read_payload(&mut scratch[NONCE_LEN..], len, self.serializer.as_deref());
        let record = record.ok_or(Refusal::Malformed)?;
        Ok((record, Verified { secret_index, dates: Dates::Both }))
    }

    fn payload<'s>(&self, record: &Record, renewal: Renewal, scratch: &'s mut Scratch) -> PayloadBuf<'s> {
        let scratch = scratch.for_value(Cipher::value_len(record.text_len()));
        PayloadBuf::write(record, renewal, scratch, NONCE_LEN)
    }

    fn seal(
        &self,
        mut payload: PayloadBuf<'_>,
        between: (&str, &str),
        limit: usize,
        _: Option<Duration>,
    ) -> Result<Line, Unsealed> {
        if let Some(serializer) = &self.serializer {
            let bytes = serializer.dumps(payload.json()).map_err(Unsealed::Serializer)?;
            payload.restart(&bytes);
        }
        let size = Cipher::value_len(payload.text_len());
        if size > limit {
            return Err(Unsealed::TooLarge { size });
        }
        payload.push(&[0; TAG_LEN]);
        let (sealed, len) = payload.sealed();
        let line = self.cipher.seal(sealed, len, &self.session, self.nonces.next(), between);
        Ok(Line { line, signature: None })
    }

    fn seal_end_mark(&self, sessions: &[Timestamp]) -> String {
        self.seal_text(&end_mark::write(sessions), &self.end_mark)
    }

    fn open_end_mark(&self, value: &[u8], _: Timestamp) -> Option<String> {
        self.open_text(value, &self.end_mark)
    }

    #[cfg(feature = "device-bound")]
    fn seal_device_text(&self, kind: device_marks::Kind, text: &str) -> Option<String> {
        Some(self.seal_text(text, &self.device[kind as usize]))
    }

    #[cfg(feature = "device-bound")]
    fn open_device_text(&self, kind: device_marks::Kind, value: &[u8]) -> Option<String> {
        self.open_text(value, &self.device[kind as usize])
    }

    fn max_text_len(&self) -> usize {
        if self.serializer.is_some() { MAX_SERIALIZED_TEXT_LEN } else { MAX_TEXT_LEN }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    fn cipher(secret: &str) -> Cipher {
        Cipher::new(&Secrets::new(Secret::legacy(secret).unwrap()), b"pyramid.session.")
    }

    fn seal(cipher: &Cipher, name: &str, json: &str) -> String {
        let mut sealed = [&[0; NONCE_LEN], json.as_bytes(), &[0; TAG_LEN]].concat();
        let len = sealed.len();
        cipher.seal(&mut sealed, len, &associated(name), [7; NONCE_LEN], ("", ""))
    }

    fn open(cipher: &Cipher, name: &str, value: &str) -> Result<String, Refusal> {
        let mut scratch = [0; 4096];
        let (text, _) = cipher.open(value.as_bytes(), &associated(name), &mut scratch)?;
        Ok(String::from_utf8(text.into()).unwrap())
    }

    #[test]
    fn sealed_text_opens_only_under_its_secret_salt_and_name() {
        let ours = cipher("secret");
        for json in ["", "{}", "[1, 1.0, {\"a\": 1}]"] {
            let value = seal(&ours, "session", json);
            assert_eq!(value.len(), Cipher::value_len(json.len()));
            assert_eq!(open(&ours, "session", &value).as_deref(), Ok(json));
            assert_eq!(open(&ours, "session.ended", &value), Err(Refusal::BadSignature));
            assert_eq!(open(&cipher("another"), "session", &value), Err(Refusal::BadSignature));
            let salted = Cipher::new(&Secrets::new(Secret::legacy("secret").unwrap()), b"salt");
            assert_eq!(open(&salted, "session", &value), Err(Refusal::BadSignature));
        }
    }

    #[test]
    fn a_value_longer_than_a_browser_stores_is_refused() {
        let ours = cipher("secret");
        for (payload, opens) in [(3040, true), (3043, false), (9000, false)] {
            let value = seal(&ours, "session", &"x".repeat(payload));
            assert_eq!(value.len() <= MAX_VALUE_LEN, opens);
            let mut scratch = [0; 9100];
            assert_eq!(ours.open(value.as_bytes(), &associated("session"), &mut scratch).is_ok(), opens, "{payload}");
        }
    }

    #[test]
    fn an_older_secret_opens_and_does_not_seal() {
        let (old, new) = (cipher("old"), cipher("new"));
        let secrets = Secrets::new(Secret::legacy("new").unwrap()).verify_only(Secret::legacy("old").unwrap());
        let both = Cipher::new(&secrets, b"pyramid.session.");
        let mut scratch = [0; 4096];
        let value = seal(&old, "session", "{}");
        assert_eq!(both.open(value.as_bytes(), &associated("session"), &mut scratch), Ok((b"{}".as_slice(), 1)));
        assert_eq!(seal(&both, "session", "{}"), seal(&new, "session", "{}"));
    }

    #[test]
    fn every_nonce_is_new() {
        let counter = std::sync::atomic::AtomicU8::new(0);
        let nonces = Nonces::new(Arc::new(move |bytes: &mut [u8]| {
            let draw = counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            for (at, byte) in bytes.iter_mut().enumerate() {
                *byte = draw.wrapping_mul(91) ^ (at as u8).wrapping_mul(7);
            }
        }));
        let drawn: std::collections::HashSet<_> = (0..100).map(|_| nonces.next()).collect();
        assert_eq!(drawn.len(), 100);
    }

    #[test]
    fn a_value_that_is_changed_or_cut_does_not_open() {
        let ours = cipher("secret");
        let value = seal(&ours, "session", "[1, 1.0, {\"user\": \"ada\"}]");
        for at in 0..value.len() {
            assert!(open(&ours, "session", &value[..at]).is_err(), "{at}");
            for byte in (b' '..=b'~').filter(|byte| *byte != value.as_bytes()[at]) {
                let mut changed = value.as_bytes().to_vec();
                changed[at] = byte;
                assert!(open(&ours, "session", std::str::from_utf8(&changed).unwrap()).is_err(), "{at} {byte}");
            }
        }
    }
}
