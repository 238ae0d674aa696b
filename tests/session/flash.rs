//! Flash messages: one request stores them, and the next shows them once.

use crate::common::{dict, load_dict, new_session, quiet, sessions, writes_nothing, written};

#[test]
fn messages_are_popped_once_in_the_order_they_were_pushed() {
    let session = new_session(&sessions());
    session.flash().push("one").unwrap();
    session.flash().push("two").unwrap();
    session.flash().push("one").unwrap();
    assert_eq!(session.flash().peek::<String>().unwrap(), ["one", "two", "one"]);
    assert_eq!(session.flash().pop::<String>().unwrap(), ["one", "two", "one"]);
    assert!(session.flash().pop::<String>().unwrap().is_empty());
}

#[test]
fn a_queue_is_stored_under_f_and_its_name_as_in_pyramid() {
    let session = new_session(&sessions());
    session.flash().push("a").unwrap();
    session.flash().push("b").unwrap();
    session.flash_queue("error").push("c").unwrap();
    assert_eq!(dict(&written(&sessions(), &session)), r#"{"_f_": ["a", "b"], "_f_error": ["c"]}"#);
    session.flash().pop::<String>().unwrap();
    assert_eq!(dict(&written(&sessions(), &session)), r#"{"_f_error": ["c"]}"#);
}

#[test]
fn queues_do_not_mix() {
    let session = new_session(&sessions());
    session.flash_queue("a").push("in a").unwrap();
    session.flash_queue("ö\"").push("in ö").unwrap();
    assert!(session.flash().peek::<String>().unwrap().is_empty());
    assert_eq!(session.flash_queue("ö\"").pop::<String>().unwrap(), ["in ö"]);
    assert_eq!(session.flash_queue("a").pop::<String>().unwrap(), ["in a"]);
}

#[test]
fn push_unique_leaves_out_an_equal_message_in_any_spelling() {
    let session = load_dict(r#"{"_f_": ["gr\u00fcn", {"b": 1, "a": 2}]}"#);
    session.flash().push_unique("grün").unwrap();
    session.flash().push_unique(serde_json::json!({"a": 2, "b": 1})).unwrap();
    assert!(writes_nothing(&quiet(), &session));
    session.flash().push_unique("blau").unwrap();
    session.flash().push_unique("blau").unwrap();
    assert_eq!(dict(&written(&quiet(), &session)), r#"{"_f_": ["gr\u00fcn", {"b": 1, "a": 2}, "blau"]}"#);
}

#[test]
fn a_message_may_be_any_value() {
    let session = new_session(&sessions());
    session.flash().push(("error", 3)).unwrap();
    assert_eq!(session.flash().pop::<(String, u8)>().unwrap(), [("error".to_owned(), 3)]);
}

#[test]
fn popping_or_peeking_an_empty_queue_changes_nothing() {
    for dict in [r#"{"a": 1}"#, r#"{"_f_": []}"#, r#"{"_f_": [ ]}"#] {
        let session = load_dict(dict);
        assert!(session.flash().pop::<String>().unwrap().is_empty());
        assert!(session.flash().peek::<String>().unwrap().is_empty());
        assert!(writes_nothing(&quiet(), &session), "{dict}");
    }
}

#[test]
fn peeking_changes_nothing() {
    let session = load_dict(r#"{"_f_": ["a"]}"#);
    assert_eq!(session.flash().peek::<String>().unwrap(), ["a"]);
    assert!(writes_nothing(&quiet(), &session));
}

#[test]
fn a_pop_whose_messages_do_not_fit_leaves_the_queue_as_it_was() {
    let session = load_dict(r#"{"_f_": [1, 2, "three"]}"#);
    assert_eq!(session.flash().pop::<u8>().unwrap_err().key(), Some("_f_"));
    assert!(session.flash().peek::<u8>().is_err());
    assert!(writes_nothing(&quiet(), &session));
    assert_eq!(session.flash().pop::<serde_json::Value>().unwrap().len(), 3);
}

#[test]
fn a_value_that_is_not_a_list_stays_in_its_queue() {
    for odd in ["1", "null", "\"[]\"", "{}", "[1,]", "[1}", "NaN"] {
        let session = load_dict(&format!(r#"{{"_f_": {odd}, "a": 1}}"#));
        assert_eq!(session.flash().push("x").unwrap_err().key(), Some("_f_"), "{odd}");
        assert_eq!(session.flash().push_unique("x").unwrap_err().key(), Some("_f_"), "{odd}");
        assert!(session.flash().pop::<String>().is_err(), "{odd}");
        assert!(writes_nothing(&quiet(), &session), "{odd}");
        assert_eq!(session.get("a").unwrap(), Some(1), "{odd}");
    }
}

#[test]
fn a_waiting_message_keeps_its_text_when_another_is_pushed() {
    let session = load_dict(r#"{"_f_": [ 1.50 , NaN,"\u00e9" ]}"#);
    session.flash().push("new").unwrap();
    assert_eq!(dict(&written(&quiet(), &session)), r#"{"_f_": [1.50 , NaN,"\u00e9", "new"]}"#);
}

#[test]
fn pushing_after_popping_begins_a_new_queue() {
    let session = load_dict(r#"{"_f_": ["old"]}"#);
    session.flash().pop::<String>().unwrap();
    session.flash().push("new").unwrap();
    assert_eq!(session.flash().pop::<String>().unwrap(), ["new"]);
}

#[test]
fn two_messages_of_any_depth_are_compared_without_harm() {
    let nested = |leaf: &str| {
        let text = format!("{}{leaf}{}", "[".repeat(10_000), "]".repeat(10_000));
        serde_json::value::RawValue::from_string(text).unwrap()
    };
    let session = new_session(&sessions());
    session.flash().push_unique(nested("1")).unwrap();
    session.flash().push_unique(nested("1")).unwrap();
    session.flash().push_unique(nested("2")).unwrap();
    let objects = |leaf: &str| {
        let text = format!("{}{leaf}{}", r#"{"a":"#.repeat(2_000), "}".repeat(2_000));
        serde_json::value::RawValue::from_string(text).unwrap()
    };
    session.flash_queue("objects").push_unique(objects("1")).unwrap();
    session.flash_queue("objects").push_unique(objects("2")).unwrap();
    assert_eq!(session.flash().peek::<Box<serde_json::value::RawValue>>().unwrap().len(), 2);
    assert_eq!(session.flash_queue("objects").peek::<Box<serde_json::value::RawValue>>().unwrap().len(), 2);
}
