//! The masked CSRF token, whose text differs on every page.

use http::HeaderMap;
use signed_cookie_session::{Secret, Session, SignedCookieFactory};

fn session() -> Session {
    SignedCookieFactory::new(Secret::generate()).load(&HeaderMap::new())
}

#[test]
fn masked_tokens_differ_on_every_page() {
    let session = session();
    let masked: std::collections::HashSet<_> = (0..100).map(|_| session.masked_csrf_token()).collect();
    assert_eq!(masked.len(), 100);
    assert!(masked.iter().all(|masked| session.verify_csrf_token(masked)));
}

#[test]
fn a_token_is_created_once_and_kept() {
    let session = session();
    let masked = session.masked_csrf_token();
    let token = session.csrf_token();
    assert!(session.verify_csrf_token(&masked) && session.verify_csrf_token(&token));
    session.masked_csrf_token();
    assert_eq!(session.csrf_token(), token);
}

#[test]
fn it_fails_in_another_session_and_after_a_new_token() {
    let session = session();
    let masked = session.masked_csrf_token();
    let other = self::session();
    other.csrf_token();
    assert!(!other.verify_csrf_token(&masked));
    session.new_csrf_token();
    assert!(!session.verify_csrf_token(&masked));
}

#[test]
fn no_single_changed_character_verifies() {
    let session = session();
    let masked = session.masked_csrf_token();
    for at in 0..masked.len() {
        for other in *b"A_z0=" {
            let mut changed = masked.clone().into_bytes();
            changed[at] = if changed[at] == other { b'-' } else { other };
            assert!(!session.verify_csrf_token(std::str::from_utf8(&changed).unwrap()), "{at}");
        }
    }
    for cut in 0..masked.len() {
        assert!(!session.verify_csrf_token(&masked[..cut]));
    }
    assert!(!session.verify_csrf_token(&format!("{masked}=")));
    assert!(!session.verify_csrf_token(&format!("{masked}AAAA")));
}

#[test]
fn a_session_without_a_token_verifies_none() {
    let masked = session().masked_csrf_token();
    let session = session();
    assert!(!session.verify_csrf_token(&masked));
    assert!(!session.verify_csrf_token(""));
    session.insert("_csrft_", "").unwrap();
    assert!(!session.verify_csrf_token(""));
}

#[test]
fn the_token_of_another_program_is_masked_unchanged() {
    for token in ["6f1ed002ab5595859014ebf0951522d9", "x", "größe"] {
        let session = session();
        session.insert("_csrft_", token).unwrap();
        let masked = session.masked_csrf_token();
        assert_ne!(masked, token);
        assert!(session.verify_csrf_token(&masked) && session.verify_csrf_token(token), "{token}");
        assert_eq!(session.csrf_token(), token);
    }
}

#[test]
fn the_bytes_come_from_the_source_that_was_supplied() {
    let sessions = SignedCookieFactory::builder(Secret::generate()).random(|bytes| bytes.fill(0xa5)).build().unwrap();
    let session = sessions.load(&HeaderMap::new());
    assert_eq!(session.csrf_token(), "a5".repeat(20));
    let masked = session.masked_csrf_token();
    assert_eq!(masked, session.masked_csrf_token());
    assert!(masked.starts_with("paWlpaWlpaWlpaWl"), "{masked}");
    assert!(session.verify_csrf_token(&masked));
}
