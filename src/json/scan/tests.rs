use super::*;

fn members(text: &str) -> Option<Vec<(&str, &str, bool)>> {
    let found: Vec<Member> = object(text)?;
    Some(found.into_iter().map(|member| (member.key.of(text), member.value.of(text), member.escaped)).collect())
}

#[test]
fn a_frame_is_two_scalars_and_an_object() {
    let text = " [ 1.5 ,-2e3, {\"a\": 1} ] ";
    let found: Frame<Member> = frame(text).unwrap();
    assert_eq!(found.renewed.of(text), "1.5");
    assert_eq!(found.created.of(text), "-2e3");
    assert_eq!(found.members.len(), 1);
}

#[test]
fn a_member_is_its_key_between_the_quotes_and_its_value_without_the_space_around() {
    assert_eq!(members("{}"), Some(vec![]));
    assert_eq!(members(" { } "), Some(vec![]));
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
fn a_string_ends_at_the_first_quote_that_is_not_escaped_wherever_it_stands() {
    // Eight bytes are looked at at once: every place within them, and across two of them.
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
fn a_scalar_ends_where_no_number_and_no_word_goes_on() {
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
fn a_control_character_in_a_key_is_none_and_in_a_value_is_left_to_whoever_reads_it() {
    assert_eq!(members("{\"a\u{1f}\": 1}"), None);
    assert_eq!(members("{\"\\n\u{1f}\": 1}"), None);
    assert!(members("{\"a\": \"\u{1f}\"}").is_some());
    assert!(members("{\"\u{7f}\": 1}").is_some());
}

#[test]
fn an_array_is_its_items() {
    let items = |text| array(text).map(|items| items.into_iter().map(|item| item.of(text)).collect::<Vec<_>>());
    assert_eq!(items("[]"), Some(vec![]));
    assert_eq!(items(" [ ] "), Some(vec![]));
    assert_eq!(items("[1, \"a,b\" ,[2,3],{\"c\":4},null ]"), Some(vec!["1", "\"a,b\"", "[2,3]", "{\"c\":4}", "null"]));
    for odd in ["", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[1}", "[}", "[1]]", "{}", "1", "\"[]\""] {
        assert_eq!(items(odd), None, "{odd}");
    }
}

#[test]
fn the_room_for_members_is_enough_and_never_much_more_than_they_need() {
    for count in 1..50 {
        let text = format!("{{{}}}", vec![r#""":1"#; count].join(","));
        let found: Vec<Member> = object(&text).unwrap();
        assert_eq!((found.len(), found.capacity()), (count, count));
    }
    let text = format!(r#"{{"a": "{}", "b": 1}}"#, "x".repeat(3000));
    let found: Vec<Member> = object(&text).unwrap();
    assert_eq!((found.len(), found.capacity()), (2, 3));
    assert_eq!(most_members(&[b'"'; 12]), 2);
}
