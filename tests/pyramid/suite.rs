//! The promises of Pyramid's own tests of its cookie sessions (`tests/test_session.py`, version 2.1). Each comment
//! names the tests in Pyramid.
//!
//! Not tested here: the pickle serializer (deprecated and unsafe), `verifyObject` (Python's interfaces), and settings
//! that are text or not a number (the types exclude them).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, Response, StatusCode};
use serde_json::{Value, json};
use sha2::{Sha256, Sha512};
use signed_cookie_session::{
    BoxError, Builder, HashAlgorithm, Outcome, Secret, Serializer, Session, SignedCookieFactory,
};

const NOW: u64 = 1_790_000_000;
const SECRET: &str = "secret";

/// Returns a factory with Pyramid's test settings: a short secret, and a clock that stands still.
fn builder() -> Builder {
    SignedCookieFactory::builder(Secret::legacy(SECRET).unwrap()).clock(|| at(NOW))
}

fn sessions() -> SignedCookieFactory {
    builder().reissue_time(Duration::ZERO).build().unwrap()
}

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

/// Makes a cookie value without this library.
fn signed(json: &Value, salt: &str) -> String {
    sealed(json.to_string().as_bytes(), &format!("{salt}{SECRET}"))
}

fn sealed(payload: &[u8], key: &str) -> String {
    let mut mac = Hmac::<Sha512>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(payload);
    URL_SAFE_NO_PAD.encode([&mac.finalize().into_bytes()[..], payload].concat())
}

/// Makes a cookie with the default salt that was renewed at a given time and created in 1970.
fn renewed(at: u64) -> String {
    signed(&json!([at, 0, { "state": 1 }]), "pyramid.session.")
}

fn load(sessions: &SignedCookieFactory, cookie: &str) -> Session {
    sessions.load_cookies([format!("session={cookie}")])
}

fn new() -> Session {
    sessions().load(&HeaderMap::new())
}

fn saved(sessions: &SignedCookieFactory, session: &Session, status: StatusCode) -> Option<String> {
    let mut response = Response::new(());
    *response.status_mut() = status;
    sessions.save(session, &mut response).unwrap();
    response.headers().get("set-cookie").map(|line| line.to_str().unwrap().to_owned())
}

fn is_set(sessions: &SignedCookieFactory, session: &Session) -> bool {
    saved(sessions, session, StatusCode::OK).is_some()
}

/// Checks that a session has no data of its cookie.
#[track_caller]
fn assert_dropped(session: &Session, outcome: Outcome) {
    assert_eq!(session.to_map(), Ok(serde_json::Map::new()));
    assert_eq!(session.outcome(), outcome);
    assert!(session.is_new());
}

#[track_caller]
fn assert_kept(session: &Session) {
    assert_eq!(session.to_map().map(Value::from), Ok(json!({ "state": 1 })));
    assert!(!session.is_new());
}

// test_ctor_no_cookie
#[test]
fn without_a_cookie_the_session_is_empty() {
    assert_dropped(&new(), Outcome::Absent);
}

// test_ctor_with_cookie_still_valid
#[test]
fn a_cookie_that_is_still_valid_is_the_session() {
    assert_kept(&load(&sessions(), &renewed(NOW)));
}

// test_ctor_with_cookie_expired
#[test]
fn an_expired_cookie_is_an_empty_session() {
    assert_dropped(&load(&sessions(), &renewed(0)), Outcome::Expired);
}

// test_ctor_with_bad_cookie_cannot_deserialize
#[test]
fn a_cookie_that_is_not_a_session_is_an_empty_session() {
    assert_dropped(&load(&sessions(), "abc"), Outcome::Malformed);
}

// test_ctor_with_bad_cookie_not_tuple
#[test]
fn a_signed_cookie_of_another_shape_is_an_empty_session() {
    for json in [json!("abc"), json!([NOW, NOW]), json!([NOW, NOW, {}, 4]), json!({}), json!(null)] {
        assert_dropped(&load(&sessions(), &signed(&json, "pyramid.session.")), Outcome::Malformed);
    }
}

// In Pyramid, dict() accepts a list of pairs, and anything that it refuses is an internal error.
#[test]
fn a_signed_cookie_without_a_dict_is_an_empty_session() {
    for dict in [json!([]), json!([["a", 1]]), json!("ab"), json!(1), json!(null)] {
        let cookie = signed(&json!([NOW, NOW, dict]), "pyramid.session.");
        assert_dropped(&load(&sessions(), &cookie), Outcome::Malformed);
    }
}

// test_timeout, test_timeout_str
#[test]
fn a_session_times_out_if_not_renewed_within_the_timeout() {
    let sessions = builder().timeout(Duration::from_secs(1)).build().unwrap();
    assert_dropped(&load(&sessions, &renewed(NOW - 5)), Outcome::Expired);
    assert_kept(&load(&sessions, &renewed(NOW - 1)));
}

// test_timeout_never
#[test]
fn without_a_timeout_a_session_never_ends() {
    let sessions = builder().timeout(None).build().unwrap();
    assert_kept(&load(&sessions, &renewed(0)));
    // Pyramid accepts any time in the future. Here, it may be ahead only as far as clocks may differ.
    assert_kept(&load(&sessions, &renewed(NOW + 300)));
    assert_dropped(&load(&sessions, &renewed(NOW + 301)), Outcome::Future);
}

// test_changed
#[test]
fn changed_writes_an_unchanged_session() {
    let sessions = builder().reissue_time(None).build().unwrap();
    let session = load(&sessions, &renewed(NOW));
    session.len();
    assert!(!is_set(&sessions, &session));
    session.changed();
    assert!(is_set(&sessions, &session));
}

// test_invalidate
#[test]
fn an_invalidated_session_is_empty() {
    let session = new();
    session.insert("a", 1).unwrap();
    session.invalidate();
    assert!(!session.contains_key("a"));
}

// test_reissue_triggered, test_reissue_str_triggered
#[test]
fn reading_an_older_session_than_reissue_time_sets_a_cookie() {
    let session = load(&sessions(), &renewed(NOW - 2));
    assert_eq!(session.get("state"), Ok(Some(1)));
    assert!(is_set(&sessions(), &session));
}

// test_reissue_not_triggered, test_accessed_without_renew
#[test]
fn reading_a_newer_session_than_reissue_time_sets_no_cookie() {
    let sessions = builder().reissue_time(Duration::from_secs(1)).build().unwrap();
    let session = load(&sessions, &renewed(NOW));
    assert_eq!(session.get("state"), Ok(Some(1)));
    assert!(!is_set(&sessions, &session));
}

// test_reissue_never
#[test]
fn without_reissue_time_reading_never_sets_a_cookie() {
    let sessions = builder().reissue_time(None).timeout(None).build().unwrap();
    let session = load(&sessions, &renewed(0));
    assert_eq!(session.get("state"), Ok(Some(1)));
    assert!(!is_set(&sessions, &session));
}

// test_accessed_set
#[test]
fn a_reissued_session_is_renewed_now_and_keeps_created() {
    let clock = Arc::new(AtomicU64::new(NOW));
    let sessions = builder()
        .clock({
            let clock = clock.clone();
            move || at(clock.load(Ordering::Relaxed))
        })
        .reissue_time(Duration::ZERO)
        .build()
        .unwrap();
    let session = load(&sessions, &renewed(NOW));
    clock.store(NOW + 90, Ordering::Relaxed);
    session.contains_key("state");
    let fresh = sessions.decode(&value(&sessions.set_cookies(&session).unwrap().remove(0))).unwrap();
    assert_eq!((fresh.renewed(), fresh.created()), (at(NOW + 90), at(0)));
}

/// Returns the value in a `Set-Cookie` line.
fn value(line: &str) -> String {
    line.split(';').next().unwrap().split_once('=').unwrap().1.to_owned()
}

// Test_manage_changed.test_it
#[test]
fn every_method_that_changes_the_session_writes_it() {
    type Change = fn(&Session);
    let changes: [(&str, Change); 9] = [
        ("insert", |session| session.insert("a", 1).unwrap()),
        ("remove", |session| assert!(session.remove("state"))),
        ("take", |session| assert_eq!(session.take("state"), Ok(Some(1)))),
        ("get_or_insert", |session| assert_eq!(session.get_or_insert("a", 2), Ok(2))),
        ("clear", Session::clear),
        ("extend", |session| session.extend([("a", 1)]).unwrap()),
        ("flash", |session| session.flash().push("a").unwrap()),
        ("csrf_token", |session| assert_eq!(session.csrf_token().len(), 40)),
        ("new_csrf_token", |session| assert_eq!(session.new_csrf_token().len(), 40)),
    ];
    let sessions = builder().reissue_time(None).build().unwrap();
    for (name, change) in changes {
        let session = load(&sessions, &renewed(NOW));
        change(&session);
        assert!(is_set(&sessions, &session), "{name}");
    }
}

// test_already_dirty
#[test]
fn a_session_that_was_changed_and_read_sets_one_cookie() {
    let sessions = sessions();
    let session = load(&sessions, &renewed(NOW - 2));
    session.insert("a", 1).unwrap();
    assert_eq!(session.get("a"), Ok(Some(1)));
    let mut response = Response::new(());
    sessions.save(&session, &mut response).unwrap();
    sessions.save(&session, &mut response).unwrap();
    assert_eq!(response.headers().get_all("set-cookie").iter().count(), 1);
}

// test__set_cookie_on_exception, test_no_set_cookie_with_exception
#[test]
fn with_set_on_exception_off_a_server_error_sets_no_cookie() {
    let sessions = builder().set_on_exception(false).build().unwrap();
    let session = new();
    session.insert("a", 1).unwrap();
    assert_eq!(saved(&sessions, &session, StatusCode::INTERNAL_SERVER_ERROR), None);
}

// test__set_cookie_on_exception_no_request_exception
#[test]
fn with_set_on_exception_off_any_other_response_sets_the_cookie() {
    let sessions = builder().set_on_exception(false).build().unwrap();
    let session = new();
    session.insert("a", 1).unwrap();
    for status in [StatusCode::OK, StatusCode::SEE_OTHER, StatusCode::NOT_FOUND] {
        assert!(saved(&sessions, &session, status).is_some(), "{status}");
    }
}

// test_set_cookie_with_exception
#[test]
fn a_server_error_sets_the_cookie_by_default() {
    let session = new();
    session.insert("a", 1).unwrap();
    assert!(saved(&sessions(), &session, StatusCode::INTERNAL_SERVER_ERROR).is_some());
}

// test__set_cookie_cookieval_too_long
#[test]
fn a_session_too_large_for_a_cookie_is_an_error() {
    let session = new();
    session.insert("abc", "x".repeat(50_000)).unwrap();
    let mut response = Response::new(());
    let error = sessions().save(&session, &mut response).unwrap_err();
    assert!(error.too_large().is_some_and(|size| size > 50_000));
    assert!(response.headers().is_empty());
}

// The limit itself: a value of 4064 bytes is written, and one of 4065 bytes is not.
#[test]
fn a_value_of_4064_bytes_is_the_largest() {
    let session = new();
    let sizes = (2900..3000).map(|len| {
        session.insert("abc", "x".repeat(len)).unwrap();
        sessions().encode(&session).map(|value| value.len()).map_err(|error| error.too_large())
    });
    let (fit, over): (Vec<_>, Vec<_>) = sizes.partition(Result::is_ok);
    assert_eq!(fit.last(), Some(&Ok(4064)));
    assert_eq!(over.first(), Some(&Err(Some(4066))));
}

// test_cookie_is_set, test__set_cookie_real_webob_response
#[test]
fn a_session_with_data_sets_a_cookie() {
    let session = new();
    session.insert("a", 1).unwrap();
    assert!(saved(&sessions(), &session, StatusCode::OK).unwrap().starts_with("session="));
}

// test__set_cookie_options
#[test]
fn the_settings_of_the_cookie_are_its_attributes() {
    let sessions = builder()
        .cookie_name("abc")
        .path("/foo")
        .domain("localhost")
        .secure(true)
        .http_only(true)
        .max_age(Duration::from_secs(90))
        .build()
        .unwrap();
    let session = sessions.load(&HeaderMap::new());
    session.insert("abc", "x").unwrap();
    let line = saved(&sessions, &session, StatusCode::OK).unwrap();
    assert!(line.starts_with("abc="));
    let mut attributes: Vec<&str> = line.split("; ").skip(1).collect();
    attributes.sort_unstable();
    assert_eq!(attributes, ["Domain=localhost", "HttpOnly", "Max-Age=90", "Path=/foo", "SameSite=Lax", "Secure"]);
}

// The cookie's defaults. In Pyramid, Secure and HttpOnly are off.
#[test]
fn the_cookie_is_a_lax_session_cookie_for_the_whole_site() {
    let session = new();
    session.insert("a", 1).unwrap();
    let line = saved(&sessions(), &session, StatusCode::OK).unwrap();
    assert!(line.ends_with("; HttpOnly; SameSite=Lax; Secure; Path=/"), "{line}");
}

// test_flash_default
#[test]
fn flash_messages_wait_in_their_order() {
    let session = new();
    session.flash().push("msg1").unwrap();
    session.flash().push("msg2").unwrap();
    assert_eq!(session.get("_f_"), Ok(Some(json!(["msg1", "msg2"]))));
}

// test_flash_allow_duplicate_false
#[test]
fn push_unique_omits_a_message_that_is_waiting() {
    let session = new();
    session.flash().push("msg1").unwrap();
    session.flash().push_unique("msg1").unwrap();
    assert_eq!(session.get("_f_"), Ok(Some(json!(["msg1"]))));
}

// test_flash_allow_duplicate_true_and_msg_not_in_storage
#[test]
fn push_keeps_equal_messages() {
    let session = new();
    session.flash().push("msg1").unwrap();
    session.flash().push("msg1").unwrap();
    assert_eq!(session.get("_f_"), Ok(Some(json!(["msg1", "msg1"]))));
}

// test_flash_allow_duplicate_false_and_msg_not_in_storage
#[test]
fn push_unique_adds_a_new_message() {
    let session = new();
    session.flash().push_unique("msg1").unwrap();
    session.flash().push_unique("msg2").unwrap();
    assert_eq!(session.get("_f_"), Ok(Some(json!(["msg1", "msg2"]))));
}

// test_flash_mixed
#[test]
fn flash_queues_do_not_mix() {
    let session = new();
    for (queue, message) in [("warn", "warn1"), ("error", "err1"), ("warn", "warn2"), ("error", "err2")] {
        session.flash_queue(queue).push(message).unwrap();
    }
    assert_eq!(session.get("_f_warn"), Ok(Some(json!(["warn1", "warn2"]))));
    assert_eq!(session.get("_f_error"), Ok(Some(json!(["err1", "err2"]))));
    assert!(!session.contains_key("_f_"));
}

// test_pop_flash_default_queue, test_pop_flash_nodefault_queue
#[test]
fn popping_a_queue_removes_its_messages() {
    for queue in ["", "error"] {
        let session = new();
        session.insert(format!("_f_{queue}"), ["one", "two"]).unwrap();
        assert_eq!(session.flash_queue(queue).pop::<String>().unwrap(), ["one", "two"]);
        assert!(!session.contains_key(format!("_f_{queue}")));
    }
}

// test_peek_flash_default_queue, test_peek_flash_nodefault_queue
#[test]
fn peeking_at_a_queue_keeps_its_messages() {
    for queue in ["", "error"] {
        let session = new();
        session.insert(format!("_f_{queue}"), ["one", "two"]).unwrap();
        assert_eq!(session.flash_queue(queue).peek::<String>().unwrap(), ["one", "two"]);
        assert_eq!(session.get(format!("_f_{queue}")), Ok(Some(json!(["one", "two"]))));
    }
}

// test_new_csrf_token
#[test]
fn a_new_csrf_token_is_kept_in_the_session_as_forty_hex_digits() {
    let session = new();
    let token = session.new_csrf_token();
    assert_eq!(session.get("_csrft_"), Ok(Some(token.clone())));
    assert_eq!(token.len(), 40);
    assert!(token.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
    assert_ne!(session.new_csrf_token(), token);
}

// test_get_csrf_token
#[test]
fn the_csrf_token_is_the_one_in_the_session() {
    let session = new();
    session.insert("_csrft_", "token").unwrap();
    assert_eq!(session.csrf_token(), "token");
    assert!(session.verify_csrf_token("token") && !session.verify_csrf_token("Token"));
}

// test_get_csrf_token_new
#[test]
fn asking_for_the_csrf_token_makes_one_if_there_is_none() {
    let session = new();
    let token = session.csrf_token();
    assert_eq!(session.get("_csrft_"), Ok(Some(token.clone())));
    assert_eq!(session.csrf_token(), token);
}

// test_custom_salt, test_salt_mismatch
#[test]
fn different_salts_separate_sessions_of_one_secret() {
    let cookie = signed(&json!([NOW, 0, { "state": 1 }]), "f.");
    assert_kept(&load(&builder().salt("f.").build().unwrap(), &cookie));
    assert_dropped(&load(&builder().salt("g.").build().unwrap(), &cookie), Outcome::BadSignature);
}

// test_custom_hashalg, test_hashalg_mismatch. `HashAlgorithm` has no SHA-1.
#[test]
fn the_hash_algorithm_must_be_that_of_the_cookie() {
    let payload = json!([NOW, 0, { "state": 1 }]).to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(b"pyramid.session.secret").unwrap();
    mac.update(payload.as_bytes());
    let cookie = URL_SAFE_NO_PAD.encode([&mac.finalize().into_bytes()[..], payload.as_bytes()].concat());
    let under = |algorithm| load(&builder().hash_algorithm(algorithm).build().unwrap(), &cookie);
    assert_kept(&under(HashAlgorithm::Sha256));
    assert_dropped(&under(HashAlgorithm::Sha384), Outcome::BadSignature);
    assert_dropped(&under(HashAlgorithm::Sha512), Outcome::Malformed);
}

// test_secret_mismatch
#[test]
fn a_cookie_signed_with_another_secret_is_an_empty_session() {
    let sessions =
        SignedCookieFactory::builder(Secret::legacy("evilsecret").unwrap()).clock(|| at(NOW)).build().unwrap();
    assert_dropped(&load(&sessions, &renewed(NOW)), Outcome::BadSignature);
}

/// Pyramid's test serializer: base64 of the JSON.
struct Base64;

impl Serializer for Base64 {
    fn dumps(&self, json: &str) -> Result<Vec<u8>, BoxError> {
        Ok(STANDARD.encode(json).into_bytes())
    }

    fn loads(&self, payload: &[u8]) -> Result<String, BoxError> {
        Ok(String::from_utf8(STANDARD.decode(payload)?)?)
    }
}

// test_custom_serializer
#[test]
fn a_custom_serializer_is_signed() {
    let json = json!([NOW, 0, { "state": 1 }]).to_string();
    let cookie = sealed(STANDARD.encode(json).as_bytes(), "pyramid.session.secret");
    assert_kept(&load(&builder().serializer(Base64).build().unwrap(), &cookie));
}

// TestPickleSerializer.test_loads_raises_ValueError_on_invalid_data, for any serializer
#[test]
fn a_text_that_a_serializer_cannot_load_is_an_empty_session() {
    let cookie = sealed(b"!", "pyramid.session.secret");
    assert_dropped(&load(&builder().serializer(Base64).build().unwrap(), &cookie), Outcome::Malformed);
}

// test_invalid_data_size
#[test]
fn a_cookie_shorter_than_its_signature_is_an_empty_session() {
    assert_dropped(&load(&sessions(), &URL_SAFE_NO_PAD.encode([b' '; 63])), Outcome::Malformed);
}

// test_very_long_key
#[test]
fn a_secret_longer_than_the_hashs_block_signs_and_verifies() {
    for len in [127, 128, 129, 1024] {
        let sessions = SignedCookieFactory::new(Secret::legacy("a".repeat(len)).unwrap());
        let session = sessions.load(&HeaderMap::new());
        session.insert("a", 1).unwrap();
        let value = value(&saved(&sessions, &session, StatusCode::OK).unwrap());
        assert_eq!(sessions.decode(&value).unwrap().get("a"), Ok(Some(1)), "{len}");
        let payload = &URL_SAFE_NO_PAD.decode(&value).unwrap()[64..];
        assert_eq!(value, sealed(payload, &format!("pyramid.session.{}", "a".repeat(len))), "{len}");
    }
}

// test_cookie_max_age_invalid, test_timeout_invalid, test_reissue_invalid: values that no type excludes
#[test]
fn a_setting_that_cannot_work_fails_when_the_factory_is_built() {
    assert_eq!(builder().max_age(Duration::ZERO).build().unwrap_err().setting(), "max_age");
    assert_eq!(builder().path("foo").build().unwrap_err().setting(), "path");
    assert_eq!(builder().cookie_name("a b").build().unwrap_err().setting(), "cookie_name");
}
