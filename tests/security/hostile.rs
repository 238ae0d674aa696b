//! Hostile cookies: forged ones, and signed ones that are not sessions.

use crate::common::*;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
use signed_cookie_session::Outcome;

fn outcome(value: impl AsRef<str>) -> Outcome {
    let session = load(&quiet(), &value);
    let outcome = session.outcome();
    assert_eq!(session.is_new(), !outcome.is_valid());
    if !outcome.is_valid() {
        assert!(session.is_empty());
        assert_eq!(quiet().decode(value.as_ref()).unwrap_err().outcome(), outcome);
    }
    outcome
}

fn signed(payload: impl AsRef<[u8]>) -> Outcome {
    outcome(sign(payload))
}

#[test]
fn a_signed_text_of_another_form_is_malformed() {
    let good = format!("[{NOW}, {NOW}, {{}}]");
    assert_eq!(signed(&good), Outcome::Valid);
    for odd in [
        "",
        " ",
        "null",
        "{}",
        "[]",
        "[1]",
        "[1, 2]",
        "[1, 2, 3]",
        "[1, 2, null]",
        "[1, 2, []]",
        "[1, 2, \"{}\"]",
        "[1, 2, {}, 4]",
        "[1, 2, {}",
        "1, 2, {}]",
        "[1, 2, {}]]",
        "[1, 2, {}] x",
        "[1 2 {}]",
        "[1, 2, {},]",
        "[, 2, {}]",
        "[1, , {}]",
        "(1, 2, {})",
        "[[1, 2, {}]]",
        "[1, 2, {]}",
        "[1, 2, {}}",
        "[1; 2; {}]",
    ] {
        let odd = odd.replace('1', &NOW.to_string()).replace('2', &NOW.to_string());
        assert_eq!(signed(&odd), Outcome::Malformed, "{odd}");
    }
    for cut in 0..good.len() {
        assert_eq!(signed(&good[..cut]), Outcome::Malformed, "{}", &good[..cut]);
    }
}

#[test]
fn a_payload_without_an_object_is_malformed() {
    for odd in [
        r#"{"a"}"#,
        r#"{"a":}"#,
        r#"{"a": 1,}"#,
        r#"{, "a": 1}"#,
        r#"{"a": 1 "b": 2}"#,
        r#"{"a" 1}"#,
        "{a: 1}",
        "{1: 2}",
        r#"{'a': 1}"#,
        r#"{"a: 1}"#,
        r#"{"a": "b}"#,
        r#"{"a": [1}"#,
        r#"{"a": [1}"#,
        r#"{"a": "\"}"#,
        r#"{"a": {}"#,
        r#"{"\x": 1}"#,
        r#"{"\u12": 1}"#,
        r#"{"\u12g4": 1}"#,
        r#"{"\": 1}"#,
        "{\"a\nb\": 1}",
        "{\"\u{0}\": 1}",
        r#"{"a": 1}}"#,
        r#"{"a": 1; "b": 2}"#,
        r#"{"a": é}"#,
        r#"{"a": 'b'}"#,
        r#"{"\ud800\uzzzz": 1}"#,
        "{\u{a0}}",
        "{\u{feff}}",
        "{\u{b}}",
        "{\u{c}}",
    ] {
        assert_eq!(signed(format!("[{NOW}, {NOW}, {odd}]")), Outcome::Malformed, "{odd}");
    }
}

#[test]
fn white_space_of_json_may_stand_between_anything() {
    let spaced = format!(" \n[\t{NOW}\r,\n{NOW} , {{ \"a\"\n:\t1 , \"b\":2 }} ]\r\n ");
    assert_eq!(signed(spaced), Outcome::Valid);
}

#[test]
fn signed_bytes_that_are_not_text_are_malformed() {
    let good = format!("[{NOW}, {NOW}, {{\"a\": \"x\"}}]").into_bytes();
    for place in 0..=good.len() {
        for odd in [&b"\xff"[..], b"\x80", b"\xc3", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xc0\xaf"] {
            let payload = [&good[..place], odd, &good[place..]].concat();
            assert_eq!(signed(payload), Outcome::Malformed, "{place}");
        }
    }
}

#[test]
fn an_odd_byte_in_any_place_of_a_signed_text_does_no_harm() {
    let good = format!(r#"[{NOW}, {NOW}.25, {{"a\n": [1, "\u00e9"], "b": {{}}}}]"#).into_bytes();
    for place in 0..good.len() {
        for byte in *b"\0\t\n 019-+.,:;[]{}\"\\'/aeuN_\x1f\x7f\x80\xa9\xc3\xed\xf0\xff" {
            let mut payload = good.clone();
            payload[place] = byte;
            let session = load(&quiet(), sign(payload));
            for key in session.keys() {
                _ = session.get::<serde_json::Value>(&key);
                _ = session.flash_queue(&key).push_unique(1);
            }
            session.insert("a\n", 1).unwrap();
            assert_eq!(session.get("a\n").unwrap(), Some(1));
            let again = load(&quiet(), written(&quiet(), &session));
            assert_eq!(again.get("a\n").unwrap(), Some(1));
        }
    }
}

#[test]
fn each_session_has_exactly_one_valid_value() {
    // Payloads of three lengths, with zero, two and four unused bits in the last character.
    for dict in ["{}", "{ }", "{  }"] {
        let payload = format!("[{NOW}, {NOW}, {dict}]");
        let value = sign(&payload);
        assert_eq!(outcome(&value), Outcome::Valid);
        let sealed = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(&value).unwrap();
        for other in [STANDARD.encode(&sealed), STANDARD_NO_PAD.encode(&sealed), URL_SAFE.encode(&sealed)] {
            assert!(other == value || !outcome(&other).is_valid(), "{other}");
        }
        for junk in ["=", "==", "A", "AA", "AAA", "AAAA", ".", "%3D"] {
            assert!(!outcome(format!("{value}{junk}")).is_valid(), "{junk}");
            assert!(!outcome(format!("{junk}{value}")).is_valid(), "{junk}");
        }
        // Python's decoder ignores characters that are not in its alphabet.
        for place in 0..=value.len() {
            for junk in ["!", "\n", " ", "=", "+", "/", "\0", "é"] {
                let spelled = [&value[..place], junk, &value[place..]].concat();
                assert!(quiet().decode(&spelled).is_err(), "{junk:?} at {place}");
            }
        }
        // The last character may hold bits that decode to nothing.
        let (rest, _) = value.split_at(value.len() - 1);
        let accepted: Vec<_> =
            (0..128_u8).filter(|last| quiet().decode(&format!("{rest}{}", *last as char)).is_ok()).collect();
        assert_eq!(accepted, [value.as_bytes()[value.len() - 1]]);
    }
}

#[test]
fn no_other_character_in_any_place_verifies() {
    let value = sign_dict(r#"{"user": "ada"}"#);
    for place in 0..value.len() {
        for other in [b'A', b'B', b'_', b'-', b'+', b'/', b'=', b'9'] {
            let mut forged = value.clone().into_bytes();
            if forged[place] == other {
                continue;
            }
            forged[place] = other;
            assert!(quiet().decode(std::str::from_utf8(&forged).unwrap()).is_err(), "{place}");
        }
    }
    for len in 0..value.len() {
        assert!(quiet().decode(&value[..len]).is_err(), "{len}");
        assert!(quiet().decode(&value[len + 1..]).is_err(), "{len}");
    }
}

#[test]
fn a_value_too_short_for_a_signature_is_malformed() {
    for len in 0..86 {
        assert_eq!(outcome("A".repeat(len)), Outcome::Malformed, "{len}");
    }
    assert_eq!(outcome("A".repeat(86)), Outcome::BadSignature);
    assert_eq!(outcome("A".repeat(87)), Outcome::BadSignature);
    assert_eq!(outcome("A".repeat(4096)), Outcome::BadSignature);
    assert_eq!(outcome("A".repeat(4097)), Outcome::Malformed);
    assert_eq!(outcome("A".repeat(89)), Outcome::Malformed, "no base64 has this length");
}

#[test]
fn the_signature_is_checked_before_the_json() {
    let forged = |payload: &[u8]| outcome(sign_with("another secret", SALT, payload));
    for payload in [&b""[..], b"\xff", b"not json", b"[", b"[NaN, 1, {}]"] {
        assert_eq!(forged(payload), Outcome::BadSignature);
        assert_eq!(signed(payload), Outcome::Malformed);
    }
}

#[test]
fn deep_nesting_does_no_harm() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":", "}]")] {
        let depth = 2800 / (open.len() + close.len());
        for close in [&*close.repeat(depth), ""] {
            let value = format!("{}1{close}", open.repeat(depth));
            let session = load_dict(&format!(r#"{{"deep": {value}, "a": 1}}"#));
            if close.is_empty() {
                assert_eq!(session.outcome(), Outcome::Malformed);
                continue;
            }
            assert_eq!(session.get("a").unwrap(), Some(1));
            assert_eq!(session.get::<serde_json::Value>("deep").unwrap_err().key(), Some("deep"));
            assert!(session.to_map().is_err());
            session.insert("a", 2).unwrap();
            assert_eq!(dict(&written(&quiet(), &session)), format!(r#"{{"deep": {value}, "a": 2}}"#));
        }
    }
}

#[test]
fn many_members_do_no_harm() {
    let same = format!("{{{}}}", vec![r#""":1"#; 580].join(","));
    let session = load_dict(&same);
    assert_eq!(session.keys(), [""]);
    assert_eq!(session.get("").unwrap(), Some(1));
    session.insert("", 2).unwrap();
    assert_eq!(dict(&written(&quiet(), &session)), r#"{"": 2}"#);

    let members: Vec<_> = (0..300).map(|key| format!(r#""{key}":1"#)).collect();
    let session = load_dict(&format!("{{{}}}", members.join(",")));
    assert_eq!(session.len(), 300);
    for key in (0..300).step_by(2) {
        assert!(session.remove(key.to_string()));
    }
    assert_eq!(load(&quiet(), written(&quiet(), &session)).len(), 150);
}

#[test]
fn a_forged_cookie_makes_a_new_session_that_works() {
    let session = load(&sessions(), "forged");
    session.insert("a", 1).unwrap();
    assert!(session.is_new());
    assert_eq!(load(&sessions(), written(&sessions(), &session)).get("a").unwrap(), Some(1));
}

#[test]
fn as_many_and_as_long_cookies_as_are_looked_at_do_no_harm() {
    let good = sign_dict(r#"{"user": "ada"}"#);
    let long = "A".repeat(4096);
    let sessions = vec![format!("session={long}"); 7].join("; ");
    let marks = vec![format!("session.ended={long}"); 16].join("; ");
    for cookies in [
        format!("session={good}; {sessions}; {marks}"),
        format!("session={good}; {marks}; {sessions}"),
        format!("session={good}; {sessions}; {sessions}; {marks}; {marks}"),
    ] {
        assert_eq!(quiet().load_cookies([&cookies]).get::<String>("user").unwrap().as_deref(), Some("ada"));
        let of_each = quiet().load_cookies(cookies.split("; "));
        assert_eq!(of_each.get::<String>("user").unwrap().as_deref(), Some("ada"));
    }
}
