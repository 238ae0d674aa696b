//! Untouched values are written back byte for byte, whatever they contain.

use crate::common::*;

/// Members of other programs, in spellings that Rust does not write.
const ODD_MEMBERS: [&str; 16] = [
    r#""big": 123456789012345678901234567890"#,
    r#""negative zero": -0"#,
    r#""float": 1.10"#,
    r#""long float": 0.1000000000000000055511151231257827021181583404541015625"#,
    r#""exponent": 1E+2"#,
    r#""huge": 1e400"#,
    r#""escapes": "\u00e9\/\u0041\ud83d\ude00""#,
    r#""raw": "é😀""#,
    r#""spaced" :  [ 1 ,2,  {  } ]"#,
    r#""gr\u00f6\u00dfe": {"b": 1, "a": 1, "b": 2}"#,
    r#""nan": NaN"#,
    r#""infinite": [-Infinity, Infinity]"#,
    r#""lone": "\ud800""#,
    r#""backslash": "\\""#,
    r#""deep": [[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]"#,
    r#""brackets": "]}[{\"]}""#,
];

fn odd_dict() -> String {
    format!("{{{}}}", ODD_MEMBERS.join(", "))
}

#[test]
fn untouched_values_keep_every_byte() {
    let session = load_dict(&odd_dict());
    session.insert("new", 1).unwrap();
    let expected = format!(r#"{{{}, "new": 1}}"#, ODD_MEMBERS.join(", "));
    assert_eq!(dict(&written(&quiet(), &session)), expected);
}

#[test]
fn a_reissue_alone_changes_no_byte_of_the_values() {
    let session = load(&sessions(), sign(format!("[{}, {NOW}, {}]", NOW - 5, odd_dict())));
    assert!(!session.is_empty());
    assert_eq!(dict(&written(&sessions(), &session)), odd_dict());
}

#[test]
fn changing_or_removing_one_key_leaves_every_other_as_it_was() {
    for (place, _) in ODD_MEMBERS.iter().enumerate() {
        let session = load_dict(&odd_dict());
        let key = &session.keys()[place];

        session.insert(key, "touched").unwrap();
        let mut members = ODD_MEMBERS.map(str::to_owned);
        members[place] = format!("{}: \"touched\"", serde_json::to_string(key).unwrap());
        assert_eq!(dict(&written(&quiet(), &session)), format!("{{{}}}", members.join(", ")));

        assert!(session.remove(key));
        let mut members = ODD_MEMBERS.to_vec();
        members.remove(place);
        assert_eq!(dict(&written(&quiet(), &session)), format!("{{{}}}", members.join(", ")));
    }
}

#[test]
fn members_keep_their_bytes_however_they_are_spaced() {
    for (before, removed) in [
        (r#"{"a":1,"b":2,"c":3}"#, r#"{"a":1, "c":3}"#),
        ("{ \"a\" : 1 ,\n\t\"b\" : 2 ,\r\n \"c\"\n:\n3 }", "{\"a\" : 1, \"c\"\n:\n3}"),
        (r#"{"a": 1 , "b": 2 ,"c":   3}"#, r#"{"a": 1, "c":   3}"#),
    ] {
        let session = load_dict(before);
        assert!(session.remove("b"));
        assert_eq!(dict(&written(&quiet(), &session)), removed);
    }
}

#[test]
fn a_reissue_makes_no_session_longer() {
    for json in [r#"{"a":1,"b":[2,3],"c":""}"#, r#"{"a": 1, "b": [2, 3],"c": ""}"#, r#"{"a" :1,"b": [2,3], "c":""}"#] {
        let session = load(&sessions(), sign(format!("[{},{NOW},{json}]", NOW - 5)));
        assert!(!session.is_empty());
        assert_eq!(dict(&written(&sessions(), &session)), json);
    }
}

#[test]
fn a_value_that_is_not_json_is_an_error_for_its_key_only() {
    for odd in [
        "NaN",
        "Infinity",
        "-Infinity",
        "[NaN]",
        r#""\ud800""#,
        r#"{"\udc00": 1}"#,
        "tru",
        "01",
        "1.",
        "[1,]",
        "[}",
        r#""\x""#,
        "\"\u{1}\"",
        "{1: 2}",
        "nul",
        "None",
        "+1",
        "0x1",
    ] {
        let session = load_dict(&format!(r#"{{"before": 1, "odd": {odd}, "after": 2}}"#));
        assert!(!session.is_new(), "{odd}");
        assert_eq!(session.get("before").unwrap(), Some(1), "{odd}");
        assert_eq!(session.get("after").unwrap(), Some(2), "{odd}");
        assert_eq!(session.get::<serde_json::Value>("odd").unwrap_err().key(), Some("odd"), "{odd}");
        assert_eq!(session.take::<serde_json::Value>("odd").unwrap_err().key(), Some("odd"), "{odd}");
        assert_eq!(session.to_map().unwrap_err().key(), Some("odd"), "{odd}");
        assert_eq!(session.keys(), ["before", "odd", "after"], "{odd}");
        assert!(writes_nothing(&quiet(), &session), "{odd}");
        session.insert("after", 3).unwrap();
        assert_eq!(dict(&written(&quiet(), &session)), format!(r#"{{"before": 1, "odd": {odd}, "after": 3}}"#));
        session.insert("odd", "good").unwrap();
        assert_eq!(session.to_map().unwrap().len(), 3, "{odd}");
    }
}

#[test]
fn the_last_of_duplicate_keys_counts_in_every_method() {
    #[derive(serde::Deserialize)]
    struct Whole {
        a: String,
        b: u8,
    }
    let duplicates = [
        r#"{"a": "first", "b": 1, "a": "last"}"#,
        r#"{"a": "first", "b": 1, "\u0061": "last"}"#,
        r#"{"\u0061": "first", "a": 5, "b": 1, "\u0061": [], "a": "last"}"#,
    ];
    for json in duplicates {
        let load = || load_dict(json);
        assert_eq!(load().get::<String>("a").unwrap().as_deref(), Some("last"), "{json}");
        assert_eq!(load().get_or_insert("a", String::new()).unwrap(), "last", "{json}");
        assert_eq!(load().keys(), ["a", "b"], "{json}");
        assert_eq!(load().len(), 2, "{json}");
        assert_eq!(load().to_map().unwrap()["a"], "last", "{json}");
        let whole: Whole = load().read().unwrap();
        assert_eq!((&*whole.a, whole.b), ("last", 1), "{json}");

        let session = load();
        assert_eq!(session.take::<String>("a").unwrap().as_deref(), Some("last"), "{json}");
        assert!(!session.contains_key("a"), "no earlier value reappears: {json}");
        assert_eq!(dict(&written(&quiet(), &session)), r#"{"b": 1}"#);

        let session = load();
        assert!(session.remove("a"));
        assert!(!session.contains_key("a"), "{json}");
        assert!(!session.remove("a"), "{json}");

        let session = load();
        session.insert("a", "new").unwrap();
        assert_eq!(session.keys(), ["a", "b"], "it has the same place as in Python: {json}");
        assert_eq!(dict(&written(&quiet(), &session)), r#"{"a": "new", "b": 1}"#);

        let session = load();
        session.extend([("a", "new")]).unwrap();
        session.remove("b");
        assert_eq!(dict(&written(&quiet(), &session)), r#"{"a": "new"}"#);
    }
}

#[test]
fn duplicate_flash_queues_and_csrf_tokens_are_the_last_one() {
    let session = load_dict(r#"{"_f_": ["first"], "_csrft_": "first", "\u005ff_": ["last"], "_csrft\u005f": "last"}"#);
    assert!(session.verify_csrf_token("last"));
    assert!(!session.verify_csrf_token("first"));
    session.flash().push("new").unwrap();
    assert_eq!(session.flash().pop::<String>().unwrap(), ["last", "new"]);
    assert!(session.flash().pop::<String>().unwrap().is_empty());
    session.regenerate();
    assert!(!session.verify_csrf_token("first") && !session.verify_csrf_token("last"));
}

#[test]
fn an_unchanged_session_with_duplicates_keeps_its_text() {
    let json = r#"{"a": 1, "\u0061": 2, "a": 3}"#;
    let session = load_dict(json);
    session.changed();
    assert_eq!(dict(&written(&quiet(), &session)), json);
}

#[test]
fn a_key_with_half_a_surrogate_pair_is_a_separate_key() {
    for odd in [r"\ud800", r"a\ud800", r"\ud800a", r"a\udc00", r"\ud800\ud800", r"a\ud83d\u0020", r"\udc00\ud800"] {
        let session = load_dict(&format!(r#"{{"a": 1, "{odd}": 2}}"#));
        assert_eq!(session.get("a").unwrap(), Some(1), "{odd}");
        assert!(!session.contains_key(""), "{odd}");
        assert_eq!(session.len(), 2, "{odd}");
        session.insert("a", 3).unwrap();
        assert_eq!(dict(&written(&quiet(), &session)), format!(r#"{{"a": 3, "{odd}": 2}}"#));
        assert!(session.remove("a"), "{odd}");
        assert_eq!(dict(&written(&quiet(), &session)), format!(r#"{{"{odd}": 2}}"#));
    }
}

#[test]
fn every_key_that_keys_returns_can_be_read_and_removed() {
    let session = load_dict(r#"{"\ud800": 1, "b\udfff": 2, "\u0000": 3, "\ud83d\ude00": 4, "": 5}"#);
    for key in session.keys() {
        assert!(session.get::<u8>(&key).unwrap().is_some(), "{key:?}");
        assert!(session.contains_key(&key), "{key:?}");
        assert!(session.remove(&key), "{key:?}");
    }
    assert!(session.is_empty());
}

#[test]
fn created_and_renewed_keep_their_text_under_a_new_secret() {
    let text = format!("[ {NOW}.000 ,\t1.79e9\n,  {{\"a\" : 1}} ]");
    let session = load(&quiet(), sign(&text));
    session.changed();
    assert_eq!(payload(&written(&quiet(), &session)), format!("[{NOW}, 1.79e9, {{\"a\" : 1}}]"));
}

#[test]
fn a_value_of_any_size_comes_back_from_the_cookie() {
    for len in (0..2900).step_by(97) {
        let session = new_session(&sessions());
        let text: String = "aé\"\\\n😀".chars().cycle().take(len / 4).collect();
        session.insert("text", &text).unwrap();
        let value = written(&sessions(), &session);
        assert_eq!(load(&sessions(), value).get::<String>("text").unwrap(), Some(text));
    }
}

#[test]
fn numbers_of_every_rust_type_come_back() {
    let session = new_session(&sessions());
    session.insert("u64", u64::MAX).unwrap();
    session.insert("i64", i64::MIN).unwrap();
    session.insert("u128", u128::MAX).unwrap();
    session.insert("f64", f64::MIN_POSITIVE).unwrap();
    let session = load(&sessions(), written(&sessions(), &session));
    assert_eq!(session.get("u64").unwrap(), Some(u64::MAX));
    assert_eq!(session.get("i64").unwrap(), Some(i64::MIN));
    assert_eq!(session.get("u128").unwrap(), Some(u128::MAX));
    assert_eq!(session.get("f64").unwrap(), Some(f64::MIN_POSITIVE));
}
