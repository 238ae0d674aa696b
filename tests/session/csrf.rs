//! Pyramid's CSRF token.
use crate::common::{load_dict, new_session, quiet, sessions, writes_nothing, written};

#[test]
fn a_token_is_forty_hex_digits_and_stays() {
    let session = new_session(&sessions());
    let token = session.csrf_token();
    assert_eq!(token.len(), 40);
    assert!(token.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)));
    assert_eq!(session.csrf_token(), token);
    assert_eq!(session.get::<String>("_csrft_").unwrap(), Some(token));
}

#[test]
fn two_sessions_have_two_tokens() {
    assert_ne!(new_session(&sessions()).csrf_token(), new_session(&sessions()).csrf_token());
}

#[test]
fn a_token_that_is_there_is_read_without_a_change() {
    let session = load_dict(r#"{"_csrft_": "0123456789012345678901234567890123456789"}"#);
    assert_eq!(session.csrf_token(), "0123456789012345678901234567890123456789");
    assert!(session.verify_csrf_token("0123456789012345678901234567890123456789"));
    assert!(writes_nothing(&quiet(), &session));
}

#[test]
fn verify_accepts_only_the_token() {
    let session = load_dict(r#"{"_csrft_": "abc"}"#);
    for wrong in ["", "ab", "abcd", "abC", "abc ", "\"abc\""] {
        assert!(!session.verify_csrf_token(wrong), "{wrong:?}");
    }
    assert!(session.verify_csrf_token("abc"));
}

#[test]
fn a_session_without_a_token_verifies_none_and_makes_none() {
    for dict in ["{}", r#"{"_csrft_": ""}"#, r#"{"_csrft_": null}"#, r#"{"_csrft_": 1}"#, r#"{"_csrft_": ["a"]}"#] {
        let session = load_dict(dict);
        for token in ["", "null", "1", "a", "None"] {
            assert!(!session.verify_csrf_token(token), "{dict} {token}");
        }
        assert!(writes_nothing(&quiet(), &session), "{dict}");
    }
}

#[test]
fn an_invalid_stored_token_is_replaced() {
    for dict in ["{}", r#"{"_csrft_": ""}"#, r#"{"_csrft_": 1}"#, r#"{"_csrft_": NaN}"#, r#"{"_csrft_": "\ud800"}"#] {
        let session = load_dict(dict);
        let token = session.csrf_token();
        assert_eq!(token.len(), 40, "{dict}");
        let next = crate::common::load(&quiet(), written(&quiet(), &session));
        assert!(next.verify_csrf_token(&token), "{dict}");
    }
}

#[test]
fn a_new_token_ends_the_old_one() {
    let session = load_dict(r#"{"_csrft_": "old"}"#);
    let new = session.new_csrf_token();
    assert_ne!(new, "old");
    assert!(session.verify_csrf_token(&new));
    assert!(!session.verify_csrf_token("old"));
    assert_eq!(session.csrf_token(), new);
}

#[test]
fn threads_that_ask_for_a_token_at_once_get_the_same_one() {
    let session = new_session(&sessions());
    let tokens: Vec<String> = std::thread::scope(|scope| {
        let asking: Vec<_> = (0..8).map(|_| scope.spawn(|| session.csrf_token())).collect();
        asking.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(tokens.iter().all(|token| session.verify_csrf_token(token)), "{tokens:?}");
}
