use super::*;

fn members(text: &str) -> Option<Vec<(&str, &str, bool)>> {
    let found = object(text)?;
    let members: Vec<_> = found.list.iter().map(|member| (member.key.of(text), member.value.of(text))).collect();
    let members: Vec<_> = members.into_iter().map(|(key, value)| (key, value, key.contains('\\'))).collect();
    assert_eq!(found.has_escapes, members.iter().any(|(.., escaped)| *escaped), "{text}");
    assert!(members.iter().all(|(key, ..)| found.key_lens.may_have(key.len())), "{text}");
    Some(members)
}

#[test]
fn a_frame_is_two_scalars_and_an_object() {
    let text = " [ 1.5 ,-2e3, {\"a\": 1} ] ";
    let found = frame(text.as_bytes(), text.len()).unwrap();
    assert_eq!(found.renewed.of(text), "1.5");
    assert_eq!(found.created.of(text), "-2e3");
    assert_eq!(found.members.list.len(), 1);
}

#[test]
fn a_member_is_its_key_and_value_without_surrounding_space() {
    assert_eq!(members("{}"), Some(vec![]));
    assert_eq!(members(" { } "), Some(vec![]));
    assert_eq!(members("{\"a\": , \"b\": 1234567890123456789}"), None, "a value is missing");
    assert_eq!(members("{\"a\":  1,  \"b\": \t2, \n\"c\":3,\"d\": }"), None);
    assert_eq!(
        members("{\"a\":  1,  \"b\": \t2, \n\"c\":3,\"d\": 4}"),
        Some(vec![("a", "1", false), ("b", "2", false), ("c", "3", false), ("d", "4", false)])
    );
    assert_eq!(
        members("{ \"a\"\t:\n1 , \"\\u0062\":[ {\"c\" : \"]\"} ] ,\"\" : \"x\\\"\" }"),
        Some(vec![("a", "1", false), ("\\u0062", "[ {\"c\" : \"]\"} ]", true), ("", "\"x\\\"\"", false)])
    );
}

#[test]
fn a_string_ends_at_the_first_quote_that_is_not_escaped() {
    // Eight bytes are read at once, so test every position in them.
    for len in 0..40 {
        let filler = "x".repeat(len);
        for (end, escaped) in
            [("", false), ("\\\"", true), ("\\\\", true), ("\\\\\\\"", true), ("\\u0022", true), ("é", false)]
        {
            let value = format!("\"{filler}{end}{filler}\"");
            let text = format!("{{\"{filler}{end}\": {value}, \"b\": 1}}");
            let key = format!("{filler}{end}");
            assert_eq!(members(&text), Some(vec![(&*key, &*value, escaped), ("b", "1", false)]), "{text}");
        }
        assert_eq!(members(&format!("{{\"{filler}")), None);
        assert_eq!(members(&format!("{{\"{filler}\\")), None);
        assert_eq!(members(&format!("{{\"{filler}\\\"")), None);
    }
}

#[test]
fn a_scalar_ends_after_its_number_or_word() {
    for len in 1..40 {
        for scalar in ["7".repeat(len), "-1.5e+3".repeat(len), "NaN".repeat(len)] {
            for behind in ["", " ", "}", "         ", ", \"b\": 12345678"] {
                let text = format!("{{\"a\": {scalar}{behind}}}");
                let expected = match behind {
                    "}" => None,
                    ", \"b\": 12345678" => Some(vec![("a", &*scalar, false), ("b", "12345678", false)]),
                    _ => Some(vec![("a", &*scalar, false)]),
                };
                assert_eq!(members(&text), expected, "{text}");
            }
            assert_eq!(members(&format!("{{\"a\": {scalar}\u{80}, \"b\": 12345678}}")), None);
        }
    }
    assert_eq!(members("{\"a\": , \"b\": 12345678}"), None);
    assert_eq!(members("{\"a\": }"), None);
}

#[test]
fn a_control_character_is_refused_in_a_key_and_kept_in_a_value() {
    assert_eq!(members("{\"a\u{1f}\": 1}"), None);
    assert_eq!(members("{\"\\n\u{1f}\": 1}"), None);
    assert!(members("{\"a\": \"\u{1f}\"}").is_some());
    assert!(members("{\"\u{7f}\": 1}").is_some());
}

#[test]
fn an_array_is_a_list_of_its_items() {
    let items = |text| array(text).map(|items| items.into_iter().map(|item| item.of(text)).collect::<Vec<_>>());
    assert_eq!(items("[]"), Some(vec![]));
    assert_eq!(items(" [ ] "), Some(vec![]));
    assert_eq!(items("[1, \"a,b\" ,[2,3],{\"c\":4},null ]"), Some(vec!["1", "\"a,b\"", "[2,3]", "{\"c\":4}", "null"]));
    for odd in ["", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[1}", "[}", "[1]]", "{}", "1", "\"[]\""] {
        assert_eq!(items(odd), None, "{odd}");
    }
}

#[test]
fn the_capacity_for_members_is_enough_and_not_much_more() {
    for count in 1..50 {
        let text = format!("{{{}}}", vec![r#""":1"#; count].join(","));
        let found = object(&text).unwrap().list;
        assert_eq!((found.len(), found.capacity()), (count, count));
    }
    let text = format!(r#"{{"a": "{}", "b": 1}}"#, "x".repeat(3000));
    let found = object(&text).unwrap().list;
    assert_eq!((found.len(), found.capacity()), (2, 3));
}

/// Checks that the scanner and the oracle agree on a text.
fn assert_same(text: &str) -> bool {
    let expected = oracle::object(text).map(|members| spans(text, members));
    let found = object(text).map(|found| with_escapes(text.as_bytes(), found));
    assert_eq!(found, expected, "{text}");
    assert_eq!(array(text), oracle::array(text), "{text}");
    assert_same_frame(text.as_bytes());
    found.is_some()
}

/// Checks that the scanner and the oracle agree on a session's text, which may not be UTF-8.
fn assert_same_frame(text: &[u8]) -> bool {
    let spans_of = |frame: Frame| (frame.renewed, frame.created, with_escapes(text, frame.members));
    let found = frame(text, text.len()).map(spans_of);
    for padding in [1, 3, 4, WINDOW - 1, WINDOW] {
        let padded = [text, &[0; WINDOW][..padding]].concat();
        assert_eq!(frame(&padded, text.len()).map(spans_of), found, "{text:?} and {padding}");
    }
    let expected = std::str::from_utf8(text).ok().and_then(|text| {
        let frame = oracle::frame(text)?;
        Some((frame.renewed, frame.created, spans(text, frame.members)))
    });
    assert_eq!(found, expected, "{text:?}");
    found.is_some()
}

/// The members, and whether a key contains escapes.
type Found = (Vec<Member>, bool);

fn with_escapes(text: &[u8], found: Members) -> Found {
    assert!(found.list.iter().all(|member| found.key_lens.may_have(member.key.len())), "{text:?}");
    (found.list, found.has_escapes)
}

fn spans(text: &str, members: Vec<oracle::Member>) -> Found {
    assert!(members.iter().all(|member| member.escaped == member.key.of(text).contains('\\')), "{text}");
    let escaped = members.iter().any(|member| member.escaped);
    (members.into_iter().map(|member| Member { key: member.key, value: member.value }).collect(), escaped)
}

/// Values of every kind, and broken ones.
const VALUES: [&str; 20] = [
    "1",
    "-2.5e+7",
    "NaN",
    "\"\"",
    "\"x\"",
    r#""\"""#,
    r#""\\""#,
    r#""\\\"""#,
    r#""\u00e9""#,
    "[]",
    "{}",
    "[\"]\"]",
    r#"{"a\"}": [1, {}]}"#,
    r#"[\"a]"]"#,
    r#"[\]"#,
    r#"[\\"\\"]"#,
    "\"\u{1f}\"",
    "",
    "\"",
    r#"\"x"#,
];

#[test]
fn every_value_is_found_at_every_alignment() {
    for value in VALUES {
        for before in 0..=128 {
            let filler = "x".repeat(before);
            for behind in ["", ", \"b\": 1", ",\"b\":[\"\"]", " , \"\\u0062\" : \"\\\"\""] {
                assert_same(&format!("{{\"a\": \"{filler}\", \"v\": {value}{behind}}}"));
                assert_same(&format!("{{\"{filler}\": {value}{behind}}}"));
                assert_same(&format!("[\"{filler}\", {value}, {value}]"));
                assert_same(&format!("[1, 2, {{\"a\": [\"{filler}\", {value}]{behind}}}]"));
            }
        }
    }
}

#[test]
fn a_text_may_end_anywhere() {
    let whole = r#"[1790000000, 1790000000.25, {"a": "\u00e9\"", "b\\": {"c": ["]", 1.5, {}]}, "d": true, "e": "", "f": [[]]}]"#;
    for before in (0..=128).chain([3000, 3040, 3060, 3072, 3100, 6140]) {
        let text = whole.replace("true", &format!("\"{}\"", "x".repeat(before)));
        assert_same(&text);
        for end in 0..text.len().min(260) {
            assert_same(&text[..end]);
        }
        for end in text.len() - 80..text.len() {
            assert_same(&text[..end]);
        }
    }
}

#[test]
fn random_texts_give_the_same_result_as_a_walk() {
    let mut random = 1_u64;
    let mut below = |limit: usize| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) as usize % limit
    };
    let parts: [&[&str]; 4] = [
        &["\"", "\\", "[", "]", "{", "}", ",", ":", " ", "1", "a", "\u{1}"],
        &["\"a\": 1, ", "\"b\":[", "]", "{\"c\": ", "}", "\\\"", "\\", "\"x\", "],
        &["\"k\": \"v\", ", "\"\\u00e9\": \"\\\\\", ", "\"o\": {\"p\": [1, \"}\"]}, ", "\"n\": -1.5, ", "\n"],
        &[
            "\"k\": \"vvvvvvvvvvvvvvvvvvvvvvvvvv\", ",
            "\"e\": [[[[\"\\\"\"]]]], ",
            "\"q\": \"\\\\\\\\\\\"\", ",
            "\"s\": [\\\"], ",
        ],
    ];
    let mut accepted = 0;
    for round in 0..60_000 {
        let parts = parts[round % parts.len()];
        let mut text = String::from("{");
        for _ in 0..below(40) {
            text.push_str(parts[below(parts.len())]);
        }
        text.push_str("\"z\": 0}");
        accepted += usize::from(assert_same(&text));
    }
    assert!(accepted > 5_000, "the test reaches what is accepted: {accepted}");
}

#[test]
fn a_container_may_be_as_deep_as_it_is_long() {
    for depth in [1, 31, 32, 33, 63, 64, 65, 255, 256, 257, 4000] {
        let text = format!("{{\"a\": {}{}}}", "[".repeat(depth), "]".repeat(depth));
        assert!(assert_same(&text));
        assert!(!assert_same(&text.replacen(']', "", 1)));
    }
}

#[test]
fn a_session_that_is_not_utf_8_is_refused() {
    for before in (0..=130).chain([450, 511, 512, 3000, 3072, 6140]) {
        for odd in [b"\xff".as_slice(), b"\xc3", b"\x80", b"\xed\xa0\x80", "\u{e9}".as_bytes(), b"e"] {
            for (start, end) in
                [("[1, 2, {\"a\": \"", "\"}]"), ("[1, 2, {\"", "\": 1}]"), ("[1, 2, {\"a\": [\"", "\"]}]")]
            {
                let text = [start.as_bytes(), "x".repeat(before).as_bytes(), odd, end.as_bytes()].concat();
                assert_eq!(assert_same_frame(&text), std::str::from_utf8(odd).is_ok());
                for behind in 0..=64 {
                    let text =
                        [&text[..text.len() - 2], ", \"b\": \"".as_bytes(), "y".repeat(behind).as_bytes(), b"\"}]"]
                            .concat();
                    assert_eq!(assert_same_frame(&text), std::str::from_utf8(odd).is_ok());
                }
            }
        }
    }
}

#[test]
fn several_containers_of_one_block_are_found() {
    let parts = ["[]", "{}", "[1, [2], {\"a\": \"]\"}]", "\"[\"", r#"[\"x]"#, r#"["\\", "}"]"#, r#""\"]""#, "1"];
    for before in 0..=70 {
        for one in parts {
            for other in parts {
                for third in parts {
                    assert_same(&format!(
                        "{{\"{}\": {one}, \"b\": {other}, \"c\":{third},\"d\": []}}",
                        "x".repeat(before)
                    ));
                }
            }
        }
    }
}
