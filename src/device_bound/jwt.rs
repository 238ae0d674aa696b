//! The device's proof: a JWT (RFC 7519) under ES256 (RFC 7518 section 3.4), signed by the browser.
//!
//! This crate verifies it without a JWT library, because a proof is simple and must be strict: one algorithm, one type,
//! one key, one spelling. The payload is not read before the signature is verified.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::Sec1Point;
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::format::device_marks::{Coordinates, coordinate};

/// The longest proof that is read, in bytes. A proof of Chromium has about 400.
pub(crate) const MAX_LEN: usize = 4096;

/// A device's public key: a point on P-256.
pub(crate) struct PublicKey {
    coordinates: Coordinates,
    verifying: VerifyingKey,
}

/// The content of a verified proof.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Proof {
    /// The challenge that was signed (`jti`).
    pub(crate) challenge: String,
}

/// Why a proof is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ProofError {
    #[error("the proof is longer than {MAX_LEN} bytes")]
    TooLong,
    #[error("the proof is not three parts with a dot between each")]
    NotThreeParts,
    #[error("a part of the proof is not base64url without padding")]
    NotBase64,
    #[error("the proof's {0} is not a JSON object")]
    NotAnObject(Part),
    #[error("the proof's {0} names a member twice")]
    DuplicateMember(Part),
    #[error("the proof's header has no \"{0}\", or it has the wrong type")]
    HeaderMember(&'static str),
    #[error("the proof's algorithm is not ES256")]
    Algorithm,
    #[error("the proof's type is not dbsc+jwt")]
    Type,
    #[error("the proof's header requires an extension that is not known (\"crit\")")]
    Critical,
    #[error("the proof contains a key, which only a registration may contain")]
    UnexpectedKey,
    #[error("the proof's key must be a public EC key on P-256 with two coordinates of 32 bytes")]
    KeyForm,
    #[error("the proof's key is not a point on P-256")]
    OffCurve,
    #[error("the proof's signature must be two numbers of 32 bytes that are less than the curve's order")]
    SignatureForm,
    #[error("the proof's signature is wrong")]
    BadSignature,
    #[error("the proof's payload has no \"jti\", or it is not a string")]
    NoChallenge,
}

/// A part of a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Header,
    Payload,
    Key,
}

impl PublicKey {
    /// Returns the key with these coordinates.
    ///
    /// # Errors
    /// [`ProofError::OffCurve`] if there is no such point on the curve.
    pub(crate) fn new(coordinates: Coordinates) -> Result<Self, ProofError> {
        let (x, y) = &coordinates;
        let point = Sec1Point::from_affine_coordinates(x.into(), y.into(), false);
        let verifying = VerifyingKey::from_sec1_point(&point).map_err(|_| ProofError::OffCurve)?;
        Ok(Self { coordinates, verifying })
    }

    pub(crate) fn coordinates(&self) -> &Coordinates {
        &self.coordinates
    }
}

/// Verifies the proof of a registration with the key that it contains, and returns that key.
pub(crate) fn verify_registration(jwt: &str) -> Result<(PublicKey, Proof), ProofError> {
    let parts = Parts::split(jwt)?;
    let key = parts.header.key()?.ok_or(ProofError::HeaderMember("jwk"))?;
    let proof = parts.verify(&key)?;
    Ok((key, proof))
}

/// Verifies the proof of a renewal with the key of the registration.
pub(crate) fn verify_refresh(jwt: &str, key: &PublicKey) -> Result<Proof, ProofError> {
    let parts = Parts::split(jwt)?;
    if parts.header.0.get("jwk").is_some() {
        return Err(ProofError::UnexpectedKey);
    }
    parts.verify(key)
}

/// A proof whose header was read but whose signature was not verified.
struct Parts<'t> {
    header: Header,
    payload: &'t str,
    /// The signed text, which is the header and the payload.
    signed: &'t [u8],
    signature: Signature,
}

impl<'t> Parts<'t> {
    fn split(jwt: &'t str) -> Result<Self, ProofError> {
        if jwt.len() > MAX_LEN {
            return Err(ProofError::TooLong);
        }
        let mut parts = jwt.split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(ProofError::NotThreeParts);
        };
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| ProofError::NotBase64);
        let header = Header(Members::read(&decode(header)?, Part::Header)?);
        header.check()?;
        let signature = Signature::from_slice(&decode(signature)?).map_err(|_| ProofError::SignatureForm)?;
        let signed = &jwt.as_bytes()[..jwt.rfind('.').expect("there are two dots")];
        Ok(Self { header, payload, signed, signature })
    }

    fn verify(&self, key: &PublicKey) -> Result<Proof, ProofError> {
        key.verifying.verify(self.signed, &self.signature).map_err(|_| ProofError::BadSignature)?;
        let payload = URL_SAFE_NO_PAD.decode(self.payload).map_err(|_| ProofError::NotBase64)?;
        let payload = Members::read(&payload, Part::Payload)?;
        Ok(Proof { challenge: payload.text("jti").ok_or(ProofError::NoChallenge)? })
    }
}

struct Header(Members);

impl Header {
    fn check(&self) -> Result<(), ProofError> {
        let text = |name| self.0.text(name).ok_or(ProofError::HeaderMember(name));
        if text("alg")? != "ES256" {
            return Err(ProofError::Algorithm);
        }
        if text("typ")? != "dbsc+jwt" {
            return Err(ProofError::Type);
        }
        // RFC 7515 section 4.1.11: an unknown extension must be refused, and this crate supports none.
        if self.0.get("crit").is_some() {
            return Err(ProofError::Critical);
        }
        Ok(())
    }

    fn key(&self) -> Result<Option<PublicKey>, ProofError> {
        let Some(jwk) = self.0.get("jwk") else { return Ok(None) };
        let jwk = Members::read(jwk.as_bytes(), Part::Key)?;
        let is = |name: &str, wanted: &str| jwk.text(name).as_deref() == Some(wanted);
        // "d" would be the private key.
        if !is("kty", "EC") || !is("crv", "P-256") || jwk.get("d").is_some() {
            return Err(ProofError::KeyForm);
        }
        let coordinate = |name| jwk.text(name).and_then(|text| coordinate(&text)).ok_or(ProofError::KeyForm);
        PublicKey::new((coordinate("x")?, coordinate("y")?)).map(Some)
    }
}

/// The members of a JSON object without duplicate names.
#[derive(Default)]
struct Members(Vec<(String, Box<RawValue>)>);

impl Members {
    fn read(json: &[u8], part: Part) -> Result<Self, ProofError> {
        let read: Result<Result<Self, Duplicate>, _> = serde_json::from_slice(json).map(|Unique(members)| members);
        match read {
            Ok(Ok(members)) => Ok(members),
            Ok(Err(Duplicate)) => Err(ProofError::DuplicateMember(part)),
            Err(_) => Err(ProofError::NotAnObject(part)),
        }
    }

    /// Returns the JSON text of a member.
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(member, _)| member == name).map(|(_, json)| json.get())
    }

    /// Returns a member that is a string.
    fn text(&self, name: &str) -> Option<String> {
        serde_json::from_str(self.get(name)?).ok()
    }
}

/// The error for two members with one name. They are refused because another reader could use the other one.
struct Duplicate;

struct Unique(Result<Members, Duplicate>);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Unique;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Unique, A::Error> {
                let (mut members, mut duplicate) = (Members::default(), false);
                while let Some((name, json)) = map.next_entry::<String, Box<RawValue>>()? {
                    duplicate |= members.get(&name).is_some();
                    members.0.push((name, json));
                }
                Ok(Unique(if duplicate { Err(Duplicate) } else { Ok(members) }))
            }
        }

        deserializer.deserialize_map(Object)
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "header",
            Self::Payload => "payload",
            Self::Key => "key",
        })
    }
}

/// Does not show the coordinates.
impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicKey").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
