//! Makes and checks signatures, which are HMACs over bytes.
//!
//! This module must not depend on sessions, JSON or HTTP.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Sha256, Sha384, Sha512};
#[cfg(feature = "device-bound")]
use subtle::ConstantTimeEq;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::secret::Secrets;

/// The hash that the signature is made with. Pyramid's default, and ours, is SHA-512.
///
/// # Example
/// ```
/// use signed_cookie_session::{HashAlgorithm, Secret, SignedCookieFactory};
///
/// let sessions = SignedCookieFactory::builder(Secret::generate())
///     .hash_algorithm(HashAlgorithm::Sha256)
///     .build()?;
/// # Ok::<(), signed_cookie_session::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HashAlgorithm {
    /// HMAC-SHA256: a signature of 32 bytes.
    Sha256,
    /// HMAC-SHA384: a signature of 48 bytes.
    Sha384,
    /// HMAC-SHA512: a signature of 64 bytes. On most 64-bit machines without SHA extensions, SHA-512 and SHA-384 are
    /// faster than SHA-256.
    #[default]
    Sha512,
}

impl HashAlgorithm {
    /// Returns the length of a signature in bytes.
    pub(crate) const fn tag_len(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

/// Signs with the first key, and verifies with all keys.
///
/// The HMAC of each key is prepared once and cloned for every operation, which saves two compressions of the hash each
/// time.
pub(crate) struct Signer {
    algorithm: HashAlgorithm,
    signing: Key,
    verify_only: Box<[Key]>,
}

enum Key {
    Sha256(Hmac<Sha256>),
    Sha384(Hmac<Sha384>),
    Sha512(Hmac<Sha512>),
}

/// A prepared HMAC is as secret as its key. It consists of states of the hash, which are wiped on drop, clones too. The
/// `zeroize` features of `hmac` and `sha2` do this. Without them, this check does not compile.
const _: () = {
    const fn is_wiped<T: ZeroizeOnDrop>() {}
    is_wiped::<Sha256>();
    is_wiped::<Sha384>();
    is_wiped::<Sha512>();
};

impl Signer {
    /// Creates a signer. As in Pyramid, a key is the salt followed by the secret.
    pub(crate) fn new(algorithm: HashAlgorithm, salt: &[u8], secrets: &Secrets) -> Self {
        let mut keys = secrets.iter().map(|secret| {
            let salted = Zeroizing::new([salt, secret.bytes()].concat());
            Key::new(algorithm, &salted)
        });
        let signing = keys.next().expect("Secrets hold a signing secret");
        Self { algorithm, signing, verify_only: keys.collect() }
    }

    /// Returns the length of every signature, in bytes.
    pub(crate) fn tag_len(&self) -> usize {
        self.algorithm.tag_len()
    }

    /// Writes the signature of `payload` into `tag`, which is [`tag_len`](Self::tag_len) bytes.
    pub(crate) fn sign(&self, payload: &[u8], tag: &mut [u8]) {
        self.signing.sign(payload, tag);
    }

    /// Returns the index of the key that made `tag` over `payload`, or `None` for a forgery. 0 is the signing key. The
    /// time does not depend on the position of a difference.
    pub(crate) fn verify(&self, payload: &[u8], tag: &[u8]) -> Option<usize> {
        if self.signing.verifies(payload, tag) {
            return Some(0);
        }
        self.verify_only.iter().position(|key| key.verifies(payload, tag)).map(|old| old + 1)
    }

    /// Writes the first bytes of the signature of `payload`, as many as `tag` has.
    #[cfg(feature = "device-bound")]
    pub(crate) fn sign_truncated(&self, payload: &[u8], tag: &mut [u8]) {
        let mut whole = [0; MAX_TAG_LEN];
        let whole = &mut whole[..self.tag_len()];
        self.sign(payload, whole);
        tag.copy_from_slice(&whole[..tag.len()]);
    }

    /// Returns whether one of the keys makes a signature of `payload` that begins with `tag`. The time does not depend
    /// on the position of a difference.
    #[cfg(feature = "device-bound")]
    pub(crate) fn verify_truncated(&self, payload: &[u8], tag: &[u8]) -> bool {
        std::iter::once(&self.signing).chain(&self.verify_only).any(|key| {
            let mut whole = [0; MAX_TAG_LEN];
            let whole = &mut whole[..self.tag_len()];
            key.sign(payload, whole);
            bool::from(whole[..tag.len()].ct_eq(tag))
        })
    }
}

/// The length of the longest signature.
#[cfg(feature = "device-bound")]
const MAX_TAG_LEN: usize = HashAlgorithm::Sha512.tag_len();

impl Key {
    fn new(algorithm: HashAlgorithm, key: &[u8]) -> Self {
        const ANY: &str = "HMAC takes a key of any length";
        match algorithm {
            HashAlgorithm::Sha256 => Self::Sha256(Hmac::new_from_slice(key).expect(ANY)),
            HashAlgorithm::Sha384 => Self::Sha384(Hmac::new_from_slice(key).expect(ANY)),
            HashAlgorithm::Sha512 => Self::Sha512(Hmac::new_from_slice(key).expect(ANY)),
        }
    }

    fn sign(&self, payload: &[u8], tag: &mut [u8]) {
        match self {
            Self::Sha256(mac) => tag.copy_from_slice(&mac.clone().chain_update(payload).finalize().into_bytes()),
            Self::Sha384(mac) => tag.copy_from_slice(&mac.clone().chain_update(payload).finalize().into_bytes()),
            Self::Sha512(mac) => tag.copy_from_slice(&mac.clone().chain_update(payload).finalize().into_bytes()),
        }
    }

    fn verifies(&self, payload: &[u8], tag: &[u8]) -> bool {
        match self {
            Self::Sha256(mac) => mac.clone().chain_update(payload).verify_slice(tag).is_ok(),
            Self::Sha384(mac) => mac.clone().chain_update(payload).verify_slice(tag).is_ok(),
            Self::Sha512(mac) => mac.clone().chain_update(payload).verify_slice(tag).is_ok(),
        }
    }
}
