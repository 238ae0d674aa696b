//! HMAC with the hashes that other frameworks use to sign. This module must not depend on the data that is signed.

#![allow(dead_code, reason = "each format uses some of it")]

use hmac::{Hmac, KeyInit, Mac};
#[cfg(any(feature = "flask", feature = "starlette", feature = "express"))]
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};
use zeroize::Zeroizing;

use crate::format::outcome::Refusal;
use crate::format::signature::HashAlgorithm;

/// The hash of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hash {
    /// The default of Flask, Starlette and Express. SHA-1 is broken as a hash, but not in HMAC.
    #[cfg(any(feature = "flask", feature = "starlette", feature = "express"))]
    Sha1,
    Other(HashAlgorithm),
}

impl Hash {
    pub(crate) const SHA256: Self = Self::Other(HashAlgorithm::Sha256);

    /// Returns the length of a signature in bytes.
    pub(crate) fn tag_len(self) -> usize {
        match self {
            #[cfg(any(feature = "flask", feature = "starlette", feature = "express"))]
            Self::Sha1 => 20,
            Self::Other(algorithm) => algorithm.tag_len(),
        }
    }
}

/// Signs with the first key, and verifies with all keys.
pub(crate) struct Signer {
    hash: Hash,
    keys: Vec<Key>,
}

impl Signer {
    pub(crate) fn new(hash: Hash, keys: impl Iterator<Item = Zeroizing<Vec<u8>>>) -> Self {
        Self { hash, keys: keys.map(|key| Key::new(hash, &key)).collect() }
    }

    pub(crate) fn sign(&self, parts: &[&[u8]]) -> Vec<u8> {
        self.keys[0].sign(parts)
    }

    /// Returns the index of the key that made `tag` over the parts in sequence. 0 is the signing key.
    pub(crate) fn verify(&self, parts: &[&[u8]], tag: &[u8]) -> Result<usize, Refusal> {
        if tag.len() != self.hash.tag_len() {
            return Err(Refusal::Malformed);
        }
        self.keys.iter().position(|key| key.verifies(parts, tag)).ok_or(Refusal::BadSignature)
    }
}

/// Returns `HMAC(key, message)`, with which Flask derives its key.
#[cfg(feature = "flask")]
pub(crate) fn derive(hash: Hash, key: &[u8], message: &[u8]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(Key::new(hash, key).sign(&[message]))
}

/// A prepared HMAC. It is as secret as its key. The `zeroize` features of `hmac` and the hashes wipe it on drop.
enum Key {
    #[cfg(any(feature = "flask", feature = "starlette", feature = "express"))]
    Sha1(Hmac<Sha1>),
    Sha256(Hmac<Sha256>),
    Sha384(Hmac<Sha384>),
    Sha512(Hmac<Sha512>),
}

impl Key {
    fn new(hash: Hash, key: &[u8]) -> Self {
        const ANY: &str = "HMAC takes a key of any length";
        match hash {
            #[cfg(any(feature = "flask", feature = "starlette", feature = "express"))]
            Hash::Sha1 => Self::Sha1(Hmac::new_from_slice(key).expect(ANY)),
            Hash::Other(HashAlgorithm::Sha256) => Self::Sha256(Hmac::new_from_slice(key).expect(ANY)),
            Hash::Other(HashAlgorithm::Sha384) => Self::Sha384(Hmac::new_from_slice(key).expect(ANY)),
            Hash::Other(HashAlgorithm::Sha512) => Self::Sha512(Hmac::new_from_slice(key).expect(ANY)),
        }
    }

    fn sign(&self, parts: &[&[u8]]) -> Vec<u8> {
        match self {
            #[cfg(any(feature = "flask", feature = "starlette", feature = "express"))]
            Self::Sha1(mac) => over(mac, parts).finalize().into_bytes().to_vec(),
            Self::Sha256(mac) => over(mac, parts).finalize().into_bytes().to_vec(),
            Self::Sha384(mac) => over(mac, parts).finalize().into_bytes().to_vec(),
            Self::Sha512(mac) => over(mac, parts).finalize().into_bytes().to_vec(),
        }
    }

    fn verifies(&self, parts: &[&[u8]], tag: &[u8]) -> bool {
        match self {
            #[cfg(any(feature = "flask", feature = "starlette", feature = "express"))]
            Self::Sha1(mac) => over(mac, parts).verify_slice(tag).is_ok(),
            Self::Sha256(mac) => over(mac, parts).verify_slice(tag).is_ok(),
            Self::Sha384(mac) => over(mac, parts).verify_slice(tag).is_ok(),
            Self::Sha512(mac) => over(mac, parts).verify_slice(tag).is_ok(),
        }
    }
}

fn over<M: Mac + Clone>(mac: &M, parts: &[&[u8]]) -> M {
    let mut mac = mac.clone();
    for part in parts {
        mac.update(part);
    }
    mac
}
