//! The session as a dict, whose values are copied in and out.

use crate::common::{dict, load, load_dict, new_session, quiet, sessions, sign_dict, writes_nothing, written};
use serde::{Deserialize, Serialize};

/// Keys that must be escaped in JSON, or that could be mistaken for something else.
const ODD_KEYS: [&str; 14] = [
    "",
    " ",
    "\"",
    "\\",
    "\\\"",
    "a\"b\\c",
    "\n\r\t",
    "\u{0}",
    "\u{8}\u{c}\u{1f}",
    "\u{7f}",
    "größe",
    "😀",
    "\u{2028}",
    "\\u0061",
];

#[test]
fn a_value_is_read_back_unchanged() {
    let session = new_session(&sessions());
    session.insert("text", "ada").unwrap();
    session.insert("list", [1, 2, 3]).unwrap();
    session.insert("some", Some(1)).unwrap();
    session.insert("none", None::<u8>).unwrap();
    assert_eq!(session.get::<String>("text").unwrap().as_deref(), Some("ada"));
    assert_eq!(session.get::<Vec<u8>>("list").unwrap(), Some(vec![1, 2, 3]));
    assert_eq!(session.get("some").unwrap(), Some(1));
    assert_eq!(session.get::<Option<u8>>("none").unwrap(), Some(None));
    assert_eq!(session.get::<u8>("missing").unwrap(), None);
}

#[test]
fn a_value_of_another_type_is_an_error_that_names_the_key() {
    let session = load_dict(r#"{"user": "ada"}"#);
    let error = session.get::<u64>("user").unwrap_err();
    assert_eq!(error.key(), Some("user"));
    assert!(error.to_string().contains("\"user\""));
    assert_eq!(session.take::<u64>("user").unwrap_err().key(), Some("user"));
    assert_eq!(session.get_or_insert("user", 1_u64).unwrap_err().key(), Some("user"));
    assert!(writes_nothing(&quiet(), &session));
    assert_eq!(session.get::<String>("user").unwrap().as_deref(), Some("ada"));
}

#[test]
fn the_error_names_the_kind_of_value_but_not_the_value() {
    for (json, kind) in [
        ("\"secret\"", "a string"),
        ("{\"secret\": 1}", "an object"),
        ("[4711]", "an array"),
        ("true", "a boolean"),
        ("false", "a boolean"),
        ("null", "null"),
        ("4711", "a number"),
    ] {
        let error = load_dict(&format!("{{\"user\": {json}}}")).get::<std::net::Ipv4Addr>("user").unwrap_err();
        let sentence = "the session's \"user\" is KIND, which does not fit core::net::ip_addr::Ipv4Addr";
        assert_eq!(error.to_string(), sentence.replace("KIND", kind));
    }
}

#[test]
fn a_value_that_cannot_be_written_is_an_error_with_its_key() {
    struct Broken;
    impl Serialize for Broken {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("broken on purpose"))
        }
    }
    #[derive(Serialize)]
    #[serde(untagged)]
    enum Either {
        Good(u8),
        Bad(Broken),
    }

    let session = load_dict(r#"{"user": "ada"}"#);
    assert_eq!(session.insert("user", Broken).unwrap_err().key(), Some("user"));
    assert_eq!(session.flash().push(Broken).unwrap_err().key(), Some("_f_"));
    let entries = [("first", Either::Good(1)), ("second", Either::Bad(Broken))];
    assert_eq!(session.extend(entries).unwrap_err().key(), Some("second"));
    assert!(session.replace(&Broken).is_err());
    assert!(session.get_or_insert("new", OnlyRead).is_err());
    assert_eq!(session.keys(), ["user"]);
    assert!(writes_nothing(&quiet(), &session));
}

#[derive(Debug, Deserialize)]
struct OnlyRead;
impl Serialize for OnlyRead {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("broken on purpose"))
    }
}

#[test]
fn remove_returns_whether_the_key_was_there() {
    let session = load_dict(r#"{"a": 1, "b": 2}"#);
    assert!(!session.remove("c"));
    assert!(writes_nothing(&quiet(), &session));
    assert!(session.remove("a"));
    assert!(!session.remove("a"));
    assert_eq!(dict(&written(&quiet(), &session)), r#"{"b": 2}"#);
}

#[test]
fn take_removes_a_value_and_returns_it() {
    let session = load_dict(r#"{"a": 1}"#);
    assert_eq!(session.take::<u8>("b").unwrap(), None);
    assert!(writes_nothing(&quiet(), &session));
    assert_eq!(session.take("a").unwrap(), Some(1));
    assert!(!session.contains_key("a"));
    assert_eq!(dict(&written(&quiet(), &session)), "{}");
}

#[test]
fn get_or_insert_changes_the_session_only_if_the_key_is_missing() {
    let session = load_dict(r#"{"a": 1}"#);
    assert_eq!(session.get_or_insert("a", 5).unwrap(), 1);
    assert!(writes_nothing(&quiet(), &session));
    assert_eq!(session.get_or_insert("b", 5).unwrap(), 5);
    assert_eq!(dict(&written(&quiet(), &session)), r#"{"a": 1, "b": 5}"#);
}

#[test]
fn keys_keep_the_order_of_insertion() {
    let session = load_dict(r#"{"b": 1, "a": 2}"#);
    session.insert("c", 3).unwrap();
    session.insert("b", 4).unwrap();
    assert_eq!(session.keys(), ["b", "a", "c"]);
    assert_eq!(session.len(), 3);
    assert!(!session.is_empty());
    assert_eq!(dict(&written(&quiet(), &session)), r#"{"b": 4, "a": 2, "c": 3}"#);
}

#[test]
fn extend_inserts_many_values_and_none_is_no_change() {
    let session = load_dict(r#"{"a": 1}"#);
    session.extend(Vec::<(String, u8)>::new()).unwrap();
    assert!(writes_nothing(&quiet(), &session));
    session.extend([("b", 2), ("a", 3), ("b", 4)]).unwrap();
    assert_eq!(dict(&written(&quiet(), &session)), r#"{"a": 3, "b": 4}"#);
}

#[test]
fn to_map_returns_every_value() {
    let session = load_dict(r#"{"a": [1, null], "_f_": ["x"], "_csrft_": "t"}"#);
    let map = session.to_map().unwrap();
    assert_eq!(serde_json::Value::from(map), serde_json::json!({"a": [1, null], "_f_": ["x"], "_csrft_": "t"}));
}

#[test]
fn every_odd_key_is_a_key_like_any_other() {
    let sessions = quiet();
    for key in ODD_KEYS {
        let session = new_session(&sessions);
        session.insert("before", 0).unwrap();
        session.insert(key, "first").unwrap();
        session.insert(key, "second").unwrap();
        session.insert("after", 0).unwrap();
        assert_eq!(session.keys(), ["before", key, "after"], "{key:?}");

        let json = dict(&written(&sessions, &session));
        let read: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(read[key], "second", "{key:?}");

        let session = sessions.decode(&sign_dict(&json)).unwrap();
        assert_eq!(session.keys(), ["before", key, "after"], "{key:?}");
        assert_eq!(session.get::<String>(key).unwrap().as_deref(), Some("second"), "{key:?}");
        assert_eq!(session.to_map().unwrap()[key], "second", "{key:?}");
        session.insert(key, "third").unwrap();
        assert_eq!(session.len(), 3, "{key:?}");
        assert_eq!(session.take::<String>(key).unwrap().as_deref(), Some("third"), "{key:?}");
        assert!(!session.contains_key(key), "{key:?}");
    }
}

#[test]
fn no_odd_key_is_mistaken_for_another() {
    let session = new_session(&sessions());
    for (place, key) in ODD_KEYS.iter().enumerate() {
        session.insert(key, place).unwrap();
    }
    assert_eq!(session.keys(), ODD_KEYS);
    for (place, key) in ODD_KEYS.iter().enumerate() {
        assert_eq!(session.get(key).unwrap(), Some(place), "{key:?}");
    }
}

#[test]
fn a_key_that_python_escaped_is_found_as_rust_writes_it() {
    let session = load_dict(r#"{"gr\u00f6\u00DFe": 1, "\ud83d\ude00": 2, "\u0061": 3, "\/\b\f\n\r\t": 4, "": 5}"#);
    assert_eq!(session.get("größe").unwrap(), Some(1));
    assert_eq!(session.get("😀").unwrap(), Some(2));
    assert_eq!(session.get("a").unwrap(), Some(3));
    assert_eq!(session.get("/\u{8}\u{c}\n\r\t").unwrap(), Some(4));
    assert_eq!(session.get("").unwrap(), Some(5));
    assert_eq!(session.keys(), ["größe", "😀", "a", "/\u{8}\u{c}\n\r\t", ""]);
    assert!(!session.contains_key("\\u0061"));
    session.insert("a", 6).unwrap();
    assert_eq!(session.len(), 5);
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Visitor {
    name: String,
    visits: u64,
}

#[test]
fn read_and_replace_leave_flash_queues_and_the_csrf_token_alone() {
    let session = load_dict(r#"{"name": "ada", "_f_": ["a"], "visits": 1, "_csrft_": "token", "_f_error": ["b"]}"#);
    // The type denies unknown fields, so any other key would be an error.
    let mut visitor: Visitor = session.read().unwrap();
    assert_eq!(visitor, Visitor { name: "ada".into(), visits: 1 });
    assert!(writes_nothing(&quiet(), &session));

    visitor.visits = 2;
    session.replace(&visitor).unwrap();
    assert_eq!(session.read::<Visitor>().unwrap(), visitor);
    assert_eq!(session.flash().peek::<String>().unwrap(), ["a"]);
    assert_eq!(session.flash_queue("error").peek::<String>().unwrap(), ["b"]);
    assert!(session.verify_csrf_token("token"));
}

#[test]
fn replace_removes_keys_that_the_type_does_not_have() {
    let session = load_dict(r#"{"old": 1, "na\u006de": "x", "_f_": []}"#);
    session.replace(&Visitor { name: "ada".into(), visits: 3 }).unwrap();
    assert_eq!(dict(&written(&quiet(), &session)), r#"{"_f_": [], "name": "ada", "visits": 3}"#);
}

#[test]
fn replace_takes_objects_without_reserved_fields_only() {
    let session = load_dict(r#"{"name": "ada", "_csrft_": "token", "_f_": ["a"]}"#);
    assert!(session.replace(&[1, 2]).is_err());
    assert!(session.replace("text").is_err());
    assert!(session.replace(&()).is_err());
    for kept in ["_csrft_", "_f_", "_f_error"] {
        let error = session.replace(&std::collections::BTreeMap::from([("good", 1), (kept, 2)])).unwrap_err();
        assert_eq!(error.key(), Some(kept));
    }
    assert_eq!(session.keys(), ["name", "_csrft_", "_f_"]);
    assert!(writes_nothing(&quiet(), &session));
}

#[test]
fn a_session_that_does_not_fit_its_type_names_the_key() {
    let session = load_dict("{\"name\": \"ada\",\n \"visits\": [\n1, \"x\"], \"_f_\": []}");
    assert_eq!(session.read::<Visitor>().unwrap_err().key(), Some("visits"));
    let session = load_dict(r#"{"name": "ada", "visits": 1, "gr\u00f6\u00dfe": 7}"#);
    assert_eq!(session.read::<Visitor>().unwrap_err().key(), Some("größe"));
    let session = load_dict(r#"{"name": "ada", "visits": true, "z": 1}"#);
    assert_eq!(session.read::<Visitor>().unwrap_err().key(), Some("visits"));
    let session = load_dict(r#"{"name": "ada"}"#);
    assert!(session.read::<Visitor>().unwrap_err().to_string().contains("visits"));
}

#[test]
fn clones_are_one_session() {
    let session = new_session(&sessions());
    let other = session.clone();
    other.insert("a", 1).unwrap();
    assert_eq!(session.get("a").unwrap(), Some(1));
}

#[test]
fn a_session_with_a_key_twice_can_be_extended() {
    for json in [r#"{"1": 1, "x": 2, "1": 3}"#, r#"{"x": 2, "1": 1, "1": 3, "y": 4}"#] {
        let session = load_dict(json);
        session.extend([("k", 1)]).unwrap();
        session.insert("x", 5).unwrap();
        let session = load(&quiet(), written(&quiet(), &session));
        assert_eq!((session.get("1"), session.get("x"), session.get("k")), (Ok(Some(3)), Ok(Some(5)), Ok(Some(1))));
        session.replace(&std::collections::BTreeMap::from([("1", 6)])).unwrap();
        let session = load(&quiet(), written(&quiet(), &session));
        assert_eq!((session.get("1"), session.get::<i32>("x")), (Ok(Some(6)), Ok(None)));
    }
}
