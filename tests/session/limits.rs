//! How large a cookie may get, to the byte.

use crate::common::*;
use signed_cookie_session::{HashAlgorithm, SignedCookieFactory};

/// Returns the cookie of a session whose payload has this many bytes, or the size that was refused.
fn of_payload(sessions: &SignedCookieFactory, payload: usize) -> Result<String, usize> {
    let session = new_session(sessions);
    session.insert("k", "").unwrap();
    let empty = crate::common::payload(&sessions_of_any_size().encode(&session).unwrap()).len();
    session.insert("k", "x".repeat(payload - empty)).unwrap();
    sessions.encode(&session).map_err(|error| error.too_large().unwrap())
}

fn sessions_of_any_size() -> SignedCookieFactory {
    builder().cookie_name("s").max_cookie_size(4095).build().unwrap()
}

#[test]
fn a_value_of_4064_bytes_is_written_and_a_larger_one_is_not() {
    // 4064 = 3048 bytes in base64, 64 of them the signature.
    assert_eq!(of_payload(&sessions(), 3048 - 64).unwrap().len(), 4064);
    assert_eq!(of_payload(&sessions(), 3049 - 64), Err(4066));
}

#[test]
fn the_largest_value_that_is_written_is_read_again() {
    let value = of_payload(&sessions(), 3048 - 64).unwrap();
    assert!(load(&sessions(), value).contains_key("k"));
}

#[test]
fn max_cookie_size_is_exact_to_the_byte() {
    for size in [150, 151, 152, 153, 2000, 2001, 4064, 4080] {
        let sessions = builder().cookie_name("s").max_cookie_size(size).build().unwrap();
        let fits =
            (0..).map(|payload| (payload, (payload + 64) * 4_usize)).take_while(|(_, bits)| bits.div_ceil(3) <= size);
        let (most, _) = fits.last().unwrap();
        assert!(of_payload(&sessions, most).unwrap().len() <= size, "{size}");
        assert!(of_payload(&sessions, most + 1).unwrap_err() > size, "{size}");
    }
}

#[test]
fn name_and_value_have_at_most_4096_bytes_at_any_setting() {
    for (name_len, size) in [(1, 4096), (7, 4096), (32, 4064), (33, 4064), (100, 4064), (1000, 4096)] {
        let name = "n".repeat(name_len);
        let sessions = builder().cookie_name(&name).max_cookie_size(size).build().unwrap();
        let limit = size.min(4096 - name_len);
        let (most, _) = (0..)
            .map(|payload| (payload, (payload + 64) * 4_usize))
            .take_while(|(_, bits)| bits.div_ceil(3) <= limit)
            .last()
            .unwrap();
        let value = of_payload(&sessions, most).unwrap();
        assert!(value.len() + name_len <= 4096, "{name_len}");
        assert!(of_payload(&sessions, most + 1).is_err(), "{name_len}");
    }
}

#[test]
fn the_limit_counts_what_is_sent_with_every_hash() {
    for (hash, tag) in [(HashAlgorithm::Sha256, 32), (HashAlgorithm::Sha384, 48), (HashAlgorithm::Sha512, 64)] {
        let sessions = builder().hash_algorithm(hash).build().unwrap();
        assert_eq!(of_payload(&sessions, 3048 - tag).unwrap().len(), 4064);
        assert_eq!(of_payload(&sessions, 3049 - tag), Err(4066));
    }
}

#[test]
fn the_error_says_size_limit_and_the_largest_keys_and_no_value() {
    let session = new_session(&sessions());
    session.insert("essay", "SECRETWORD".repeat(400)).unwrap();
    session.insert("small", 1).unwrap();
    session.insert("cart", "y".repeat(500)).unwrap();
    session.insert("odd \"key\"", "z".repeat(90)).unwrap();
    let error = sessions().encode(&session).unwrap_err();
    let size = error.too_large().unwrap();
    assert_eq!(
        error.to_string(),
        format!(
            "the session needs a {size}-byte cookie; the limit is 4064: store less in it. Largest keys: \
             \"essay\" with 4002 bytes, \"cart\" with 502 bytes, \"odd \\\"key\\\"\" with 92 bytes"
        )
    );
    assert!(!format!("{error:?}").contains("SECRETWORD"));

    let long_name = builder().cookie_name("n".repeat(100)).build().unwrap();
    assert!(long_name.encode(&session).unwrap_err().to_string().contains("the limit is 3996"));
}

#[test]
fn every_method_that_writes_respects_the_limit() {
    let session = new_session(&sessions());
    session.insert("essay", "x".repeat(5000)).unwrap();
    assert!(sessions().encode(&session).is_err());
    assert!(sessions().set_cookies(&session).is_err());
    assert!(sessions().response_headers(&session, 200).is_err());
    assert!(sessions().save_headers(&session, &mut http::HeaderMap::new()).is_err());
    assert!(sessions().save(&session, &mut http::Response::new(())).is_err());
    session.remove("essay");
    session.insert("a", 1).unwrap();
    assert!(sessions().save(&session, &mut http::Response::new(())).is_ok());
}

#[test]
fn a_session_that_is_far_too_large_is_the_same_error() {
    let session = new_session(&sessions());
    for key in 0..500 {
        session.insert(format!("key {key}"), "x".repeat(100)).unwrap();
    }
    let size = sessions().encode(&session).unwrap_err().too_large().unwrap();
    assert!(size > 60_000);
    assert_eq!(sessions().size(&session).unwrap(), size);
    // A cookie of a Pyramid site with another limit is read, but refused when it is written again.
    let value = sign_dict(&format!("{{\"k\": \"{}\"}}", "x".repeat(2930)));
    assert!(value.len() > 4000 && value.len() <= 4096);
    let small = builder().max_cookie_size(1000).build().unwrap();
    let session = load(&small, &value);
    assert!(session.contains_key("k"));
    session.changed();
    assert!(small.encode(&session).unwrap_err().too_large().is_some());
}

#[test]
fn a_limit_too_small_for_an_empty_session_says_so() {
    let sessions = builder().max_cookie_size(100).build().unwrap();
    let error = sessions.encode(&new_session(&sessions)).unwrap_err();
    assert!(
        error.to_string().ends_with("the limit is 100: even an empty session does not fit, so raise max_cookie_size"),
        "{error}"
    );
}
