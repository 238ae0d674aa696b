//! Valid proofs, and attempts to forge one.

use super::*;
use p256::ecdsa::SigningKey;
use p256::ecdsa::signature::Signer;

/// A proof that Chromium 156 sent for its registration.
const CHROMIUM: &str = "eyJhbGciOiJFUzI1NiIsImp3ayI6eyJjcnYiOiJQLTI1NiIsImt0eSI6IkVDIiwieCI6Im9raEFJd1JNRmY0eG1HenJhVkFGLU4xR1pwaVVMMllma2FVNC0zUUJRZHciLCJ5IjoiTnZycTBfOTBsQzZrUnhWZUNZYWk1a2tnMEpycjh4RldGckdZVmxhNHNOSSJ9LCJ0eXAiOiJkYnNjK2p3dCJ9.eyJqdGkiOiJjMCJ9.UwpNnICt49203p3BbeF1ZeCWh1rr44-5UPLqDS3yknsYCD-jaWklKDY5Z6hxY_YQ1KA5Skx2SIn9LJ9pSGx_8A";

/// A proof that the same browser sent for a renewal, a moment later.
const CHROMIUM_REFRESH: &str = "eyJhbGciOiJFUzI1NiIsInR5cCI6ImRic2Mrand0In0.eyJqdGkiOiJjMiJ9.VoMHQIY6qLsxykyfEzdO--jV3ScQbpzvNCP2ARbe7JCcoQ0iVvDVaec0TokMaPjOuLQCELsOHUnN4pV46iH7GQ";

/// The draft's example of a `Secure-Session-Response`. It is from an older revision, in which the payload contained the
/// key.
const DRAFT: &str = "eyJhbGciOiJFUzI1NiIsInR5cCI6ImRic2Mrand0In0.eyJhdWQiOiJodHRwczovL2V4YW1wbGUuY29tL3JlZyIsImp0aSI6ImN2IiwiaWF0IjoiMTcyNTU3OTA1NSIsImp3ayI6eyJrdHkiOiJFQyIsImNydiI6IlAtMjU2IiwieCI6IjZfR0Iydm9RMHFyb01oNk9sREZDRlNfU0pyaVFpMVBUdnZCT2hHWjNiSEkiLCJ5IjoiSWVnT0pVTHlFN1N4SF9DZDFLQ0VSN2xXQnZHRkhRLWgweHlqelVqRUlXRSJ9LCJhdXRob3JpemF0aW9uIjoiYWMifQ.6Fb_vVBDmfNghQiBmIGe8o7tBfYPbPCywhQruP0vIhxgmcJmuNTaMHeVn_M8ZnOm1_bzIitbZqCWEn-1Qzmtyw";

fn device(number: u8) -> SigningKey {
    SigningKey::from_slice(&[number; 32]).unwrap()
}

fn coordinates(device: &SigningKey) -> Coordinates {
    let point = device.verifying_key().to_sec1_point(false);
    (point.x().unwrap().as_slice().try_into().unwrap(), point.y().unwrap().as_slice().try_into().unwrap())
}

fn key(device: &SigningKey) -> PublicKey {
    PublicKey::new(coordinates(device)).unwrap()
}

fn jwk(device: &SigningKey) -> String {
    let (x, y) = coordinates(device);
    let [x, y] = [x, y].map(|coordinate| URL_SAFE_NO_PAD.encode(coordinate));
    format!(r#"{{"kty":"EC","crv":"P-256","x":"{x}","y":"{y}"}}"#)
}

/// Returns a header with a key, for a registration.
fn with_key(jwk: &str) -> String {
    format!(r#"{{"alg":"ES256","typ":"dbsc+jwt","jwk":{jwk}}}"#)
}

const HEADER: &str = r#"{"alg":"ES256","typ":"dbsc+jwt"}"#;
const PAYLOAD: &str = r#"{"jti":"c"}"#;

fn signed(device: &SigningKey, header: &str, payload: &str) -> String {
    let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let signature: Signature = device.sign(text.as_bytes());
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
}

fn registration(jwt: &str) -> Result<String, ProofError> {
    verify_registration(jwt).map(|(_, proof)| proof.challenge)
}

fn refresh(jwt: &str) -> Result<String, ProofError> {
    verify_refresh(jwt, &key(&device(1))).map(|proof| proof.challenge)
}

/// Verifies a correctly signed proof with this header, as for a renewal.
fn with_header(header: &str) -> Result<String, ProofError> {
    refresh(&signed(&device(1), header, PAYLOAD))
}

#[test]
fn proofs_of_chromium_are_valid() {
    let (key, proof) = verify_registration(CHROMIUM).unwrap();
    assert_eq!(proof.challenge, "c0");
    assert_eq!(verify_refresh(CHROMIUM_REFRESH, &key).unwrap().challenge, "c2");
}

#[test]
fn the_drafts_example_is_refused_for_its_signature_and_key() {
    let coordinate = |text| coordinate(text).unwrap();
    let (x, y) = ("6_GB2voQ0qroMh6OlDFCFS_SJriQi1PTvvBOhGZ3bHI", "IegOJULyE7SxH_Cd1KCER7lWBvGFHQ-h0xyjzUjEIWE");
    // The key in it is a point on the curve, but did not make the signature. (This was also computed in Python.)
    let key = PublicKey::new((coordinate(x), coordinate(y))).unwrap();
    assert_eq!(verify_refresh(DRAFT, &key), Err(ProofError::BadSignature));
    // In the present revision, the key must be in the header.
    assert_eq!(registration(DRAFT), Err(ProofError::HeaderMember("jwk")));
}

#[test]
fn only_the_proof_of_a_registration_may_contain_a_key() {
    let device = device(1);
    let jwt = signed(&device, &with_key(&jwk(&device)), PAYLOAD);
    assert_eq!(registration(&jwt).as_deref(), Ok("c"));
    assert_eq!(refresh(&jwt), Err(ProofError::UnexpectedKey));
    let jwt = signed(&device, HEADER, PAYLOAD);
    assert_eq!(refresh(&jwt).as_deref(), Ok("c"));
    assert_eq!(registration(&jwt), Err(ProofError::HeaderMember("jwk")));
}

#[test]
fn the_signature_of_another_device_is_refused() {
    assert_eq!(refresh(&signed(&device(2), HEADER, PAYLOAD)), Err(ProofError::BadSignature));
    let jwt = signed(&device(2), &with_key(&jwk(&device(1))), PAYLOAD);
    assert_eq!(registration(&jwt), Err(ProofError::BadSignature));
}

#[test]
fn every_algorithm_except_es256_is_refused() {
    for alg in ["none", "None", "", "HS256", "RS256", "ES384", "ES256K", "es256", "ES256 "] {
        let header = format!(r#"{{"alg":"{alg}","typ":"dbsc+jwt"}}"#);
        assert_eq!(with_header(&header), Err(ProofError::Algorithm), "{alg}");
    }
    // The usual attempt with "none" has no signature at all.
    let unsigned = format!("{}.{}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"dbsc+jwt"}"#), "e30");
    assert_eq!(refresh(&unsigned), Err(ProofError::Algorithm));
    let unsigned = format!("{}.{}.", URL_SAFE_NO_PAD.encode(HEADER), URL_SAFE_NO_PAD.encode(PAYLOAD));
    assert_eq!(refresh(&unsigned), Err(ProofError::SignatureForm));
}

#[test]
fn every_type_except_dbsc_jwt_is_refused() {
    for typ in ["JWT", "jwt", "DBSC+JWT", "application/dbsc+jwt", "dpop+jwt", ""] {
        assert_eq!(with_header(&format!(r#"{{"alg":"ES256","typ":"{typ}"}}"#)), Err(ProofError::Type), "{typ}");
    }
}

#[test]
fn a_member_that_is_missing_or_has_another_type_is_refused() {
    assert_eq!(with_header("{}"), Err(ProofError::HeaderMember("alg")));
    assert_eq!(with_header(r#"{"typ":"dbsc+jwt"}"#), Err(ProofError::HeaderMember("alg")));
    assert_eq!(with_header(r#"{"alg":["ES256"],"typ":"dbsc+jwt"}"#), Err(ProofError::HeaderMember("alg")));
    assert_eq!(with_header(r#"{"alg":"ES256"}"#), Err(ProofError::HeaderMember("typ")));
    assert_eq!(with_header(r#"{"alg":"ES256","typ":null}"#), Err(ProofError::HeaderMember("typ")));
    assert_eq!(with_header(r#"{"alg":"ES256","typ":"dbsc+jwt","crit":["b64"]}"#), Err(ProofError::Critical));
    for header in
        ["", "null", "[]", "\"\"", r#"{"alg":"ES256","typ":"dbsc+jwt"} x"#, r#"{"alg":"ES256","#, "\u{feff}{}"]
    {
        assert_eq!(with_header(header), Err(ProofError::NotAnObject(Part::Header)), "{header}");
    }
    for payload in ["{}", r#"{"jti":1}"#, r#"{"jti":null}"#, r#"{"JTI":"c"}"#] {
        assert_eq!(refresh(&signed(&device(1), HEADER, payload)), Err(ProofError::NoChallenge), "{payload}");
    }
    for payload in ["", "[]", r#"{"jti":"c""#] {
        let refused = refresh(&signed(&device(1), HEADER, payload));
        assert_eq!(refused, Err(ProofError::NotAnObject(Part::Payload)), "{payload}");
    }
}

#[test]
fn a_member_that_occurs_twice_is_refused() {
    let twice = r#"{"alg":"none","typ":"dbsc+jwt","alg":"ES256"}"#;
    assert_eq!(with_header(twice), Err(ProofError::DuplicateMember(Part::Header)));
    // One of the two may be written with an escape.
    let twice = r#"{"alg":"ES256","typ":"dbsc+jwt","\u0061lg":"none"}"#;
    assert_eq!(with_header(twice), Err(ProofError::DuplicateMember(Part::Header)));
    let twice = signed(&device(1), HEADER, r#"{"jti":"c","jti":"d"}"#);
    assert_eq!(refresh(&twice), Err(ProofError::DuplicateMember(Part::Payload)));
    let twice = jwk(&device(1)).replace(r#""kty""#, r#""x":"","kty""#);
    let twice = signed(&device(1), &with_key(&twice), PAYLOAD);
    assert_eq!(registration(&twice), Err(ProofError::DuplicateMember(Part::Key)));
}

#[test]
fn members_that_the_draft_may_add_later_are_ignored() {
    let header = r#"{"alg":"ES256","typ":"dbsc+jwt","kid":{"deep":[[[1e9]]]}}"#;
    let payload = r#"{"aud":"https://example.com/refresh","jti":"c","iat":"1725579055","sub":"id"}"#;
    assert_eq!(refresh(&signed(&device(1), header, payload)).as_deref(), Ok("c"));
}

#[test]
fn a_key_that_is_not_a_point_on_the_curve_is_refused() {
    let (x, y) = coordinates(&device(1));
    let mut off = y;
    off[31] ^= 1;
    for coordinates in [(x, off), (y, x), ([0; 32], [0; 32]), ([255; 32], [255; 32])] {
        assert_eq!(PublicKey::new(coordinates).err(), Some(ProofError::OffCurve));
        let [x, y] = [coordinates.0, coordinates.1].map(|coordinate| URL_SAFE_NO_PAD.encode(coordinate));
        let jwk = format!(r#"{{"kty":"EC","crv":"P-256","x":"{x}","y":"{y}"}}"#);
        assert_eq!(registration(&signed(&device(1), &with_key(&jwk), PAYLOAD)), Err(ProofError::OffCurve));
    }
}

#[test]
fn a_key_of_another_form_is_refused() {
    let good = jwk(&device(1));
    let (x, _) = coordinates(&device(1));
    let [x, short, long] = [&x[..], &x[1..], &[&[0], &x[..]].concat()].map(|bytes| URL_SAFE_NO_PAD.encode(bytes));
    for bad in [
        good.replace("EC", "RSA"),
        good.replace("P-256", "P-384"),
        good.replace("P-256", "secp256k1"),
        good.replace(&x, &short),
        good.replace(&x, &long),
        good.replace(&x, &format!("{x}=")),
        good.replace(&x, ""),
        good.replace(r#""x""#, r#""X""#),
        // A private key that was sent is no longer secret.
        good.replace('}', r#","d":"AQ"}"#),
        "{}".to_owned(),
    ] {
        let refused = registration(&signed(&device(1), &with_key(&bad), PAYLOAD));
        assert_eq!(refused, Err(ProofError::KeyForm), "{bad}");
    }
    for bad in ["null", "[]", "\"\""] {
        let refused = registration(&signed(&device(1), &with_key(bad), PAYLOAD));
        assert_eq!(refused, Err(ProofError::NotAnObject(Part::Key)), "{bad}");
    }
}

#[test]
fn a_proof_of_eight_kilobytes_is_refused_before_it_is_read() {
    let long = format!(r#"{{"jti":"c","x":"{}"}}"#, "x".repeat(6000));
    assert_eq!(refresh(&signed(&device(1), HEADER, &long)), Err(ProofError::TooLong));
    assert_eq!(refresh(&"a".repeat(MAX_LEN + 1)), Err(ProofError::TooLong));
    assert_eq!(refresh(&"a".repeat(MAX_LEN)), Err(ProofError::NotThreeParts));
    let deep = format!(r#"{{"jti":"c","x":{}1{}}}"#, "[".repeat(1300), "]".repeat(1300));
    // The parser may refuse the depth, but the stack must not overflow.
    assert!(matches!(refresh(&signed(&device(1), HEADER, &deep)), Ok(_) | Err(ProofError::NotAnObject(Part::Payload))));
}

#[test]
fn a_proof_cut_anywhere_is_refused() {
    let jwt = signed(&device(1), HEADER, PAYLOAD);
    for len in 0..jwt.len() {
        assert!(refresh(&jwt[..len]).is_err(), "{len}");
    }
    assert_eq!(refresh(&jwt[..jwt.rfind('.').unwrap()]), Err(ProofError::NotThreeParts));
}

#[test]
fn a_proof_with_one_letter_changed_is_refused() {
    let jwt = signed(&device(1), HEADER, PAYLOAD);
    for at in 0..jwt.len() {
        for letter in ['A', 'B', '.', '=', ' ', '+'] {
            let mut other = jwt.clone().into_bytes();
            other[at] = letter as u8;
            let other = String::from_utf8(other).unwrap();
            assert!(other == jwt || refresh(&other).is_err(), "{at} {letter}");
        }
    }
}

#[test]
fn a_proof_with_other_parts_or_spelling_is_refused() {
    let jwt = signed(&device(1), HEADER, PAYLOAD);
    for other in [format!("{jwt}."), format!(".{jwt}"), format!("{jwt}.e30"), jwt.replace('.', ""), String::new()] {
        assert_eq!(refresh(&other), Err(ProofError::NotThreeParts), "{other}");
    }
    let (text, signature) = jwt.rsplit_once('.').unwrap();
    for other in [format!("{text}.{signature}="), format!("{text}.{signature}\n"), format!(" {jwt}"), format!("{jwt} ")]
    {
        assert_eq!(refresh(&other), Err(ProofError::NotBase64), "{other}");
    }
    // In the base64 of 64 bytes, the last letter has four unused bits, which must be zero.
    let loose = format!("{text}.{}{}", &signature[..85], char::from(signature.as_bytes()[85] + 1));
    assert_eq!(refresh(&loose), Err(ProofError::NotBase64));
}

#[test]
fn a_signature_of_another_form_is_refused() {
    let jwt = signed(&device(1), HEADER, PAYLOAD);
    let text = jwt.rsplit_once('.').unwrap().0;
    let der: Signature = device(1).sign(text.as_bytes());
    let zeros = [0; 64];
    for bytes in [der.to_der().as_bytes(), &zeros, &[255; 64], &zeros[..63], &der.to_bytes()[..32]] {
        let other = format!("{text}.{}", URL_SAFE_NO_PAD.encode(bytes));
        assert_eq!(refresh(&other), Err(ProofError::SignatureForm));
    }
}

#[test]
fn an_error_names_the_part_of_the_proof() {
    for (part, name) in [(Part::Header, "header"), (Part::Payload, "payload"), (Part::Key, "key")] {
        let error = ProofError::NotAnObject(part).to_string();
        assert_eq!(error, format!("the proof's {name} is not a JSON object"));
    }
}
