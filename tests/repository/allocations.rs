//! The number and the size of allocations. The expected numbers are exact, so that every change is noticed.

#[path = "../common/mod.rs"]
mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use common::*;
use http::header::COOKIE;
use http::{HeaderMap, HeaderValue, Response};

/// Counts the allocations of each thread, because the test harness has threads too.
struct Counting;

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
    static BYTES: Cell<usize> = const { Cell::new(0) };
}

fn count(bytes: usize) {
    // A thread that ends may allocate after its own cells are gone.
    _ = COUNT.try_with(|count| count.set(count.get() + 1));
    _ = BYTES.try_with(|all| all.set(all.get() + bytes));
}

// SAFETY: every call is passed unchanged to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        unsafe { System.realloc(at, layout, size) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Returns the number of allocations of `run`, their bytes in total, and the result.
fn counted<R>(run: impl FnOnce() -> R) -> (usize, usize, R) {
    let before = (COUNT.get(), BYTES.get());
    let returned = run();
    (COUNT.get() - before.0, BYTES.get() - before.1, returned)
}

/// Returns a session with this many keys, which have common names and values.
fn of_keys(keys: usize) -> String {
    let members: Vec<_> = (0..keys).map(|key| format!(r#""key{key}": {key}"#)).collect();
    sign_dict(&format!("{{{}}}", members.join(", ")))
}

#[test]
fn decoding_and_reading_a_key_takes_three_allocations() {
    for keys in [12, 100] {
        let sessions = sessions();
        let value = of_keys(keys);
        let (allocations, _, read) = counted(|| sessions.decode(&value).unwrap().get::<u64>("key7").unwrap());
        assert_eq!(read, Some(7));
        assert_eq!(allocations, 3, "{keys} keys");
    }
}

#[test]
fn encoding_after_a_change_takes_one_allocation() {
    for keys in [12, 100] {
        let sessions = sessions();
        let session = sessions.decode(&of_keys(keys)).unwrap();
        session.insert("key7", 8).unwrap();
        let (allocations, _, value) = counted(|| sessions.encode(&session).unwrap());
        assert_eq!(allocations, 1, "{keys} keys");
        assert_eq!(sessions.decode(&value).unwrap().get("key7").unwrap(), Some(8));
    }
}

#[test]
fn changing_a_key_takes_one_allocation() {
    let session = sessions().decode(&of_keys(12)).unwrap();
    let (allocations, ..) = counted(|| session.insert("key7", 8).unwrap());
    assert_eq!(allocations, 1);
}

#[test]
fn a_request_that_changes_a_key_takes_seven_allocations() {
    for keys in [12, 100] {
        let sessions = sessions();
        let headers = carrying([of_keys(keys)]);
        let (allocations, _, response) = counted(|| {
            let session = sessions.load(&headers);
            let seen: u64 = session.get("key7").unwrap().unwrap();
            session.insert("key7", seen + 1).unwrap();
            let mut response = Response::new(());
            sessions.save(&session, &mut response).unwrap();
            response
        });
        assert_eq!(response.headers().len(), 3);
        assert_eq!(allocations, 7, "{keys} keys");
    }
}

#[test]
fn an_untouched_session_takes_one_allocation() {
    let sessions = sessions();
    let header = format!("theme=dark; session={}; a=b", of_keys(12));
    for value in [
        HeaderValue::from_str(&header).unwrap(),
        HeaderValue::try_from(header.clone()).unwrap(),
        HeaderValue::from_bytes(header.as_bytes()).unwrap(),
    ] {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, value);
        let mut response = Response::new(());
        let (allocations, ..) = counted(|| {
            let session = sessions.load(&headers);
            sessions.save(&session, &mut response).unwrap();
        });
        assert_eq!(allocations, 1);
    }
}

#[test]
fn an_old_end_mark_takes_no_allocation() {
    let sessions = quiet();
    let cookie = format!("session={}", of_keys(12));
    let mark = sign(format!(r#"["ended", {NOW}.5, {NOW}.125]"#));
    let read = |cookies: &str| {
        let (count, _, value) = counted(|| sessions.load_cookies([cookies]).get::<u64>("visits"));
        assert!(value.is_ok());
        count
    };
    let without = read(&cookie);
    assert_eq!(read(&format!("{cookie}; session.ended={mark}")), without);
}

#[test]
fn a_session_uses_little_more_memory_than_its_cookie() {
    let sessions = sessions();
    let room = |len: usize| {
        let headers = carrying(["A".repeat(len)]);
        counted(|| drop(sessions.load(&headers))).1
    };
    let none = counted(|| drop(sessions.load(&HeaderMap::new()))).1;
    assert!(none < 512, "{none}");
    assert_eq!(room(0), none);
    for len in [1, 256, 257, 512, 513, 1024, 1025, 2048, 2049, 4096] {
        assert!(room(len) <= none + (2 * len).max(256), "{} for {len}", room(len));
    }
}

#[test]
fn a_forged_cookie_takes_no_more_allocations_than_none() {
    let sessions = sessions();
    let none = counted(|| sessions.load(&HeaderMap::new()).is_new()).0;
    for forged in ["forged".to_owned(), "A".repeat(4096), sign_with("another", SALT, "x".repeat(2900))] {
        let headers = carrying([forged]);
        let (allocations, bytes, new) = counted(|| sessions.load(&headers).is_new());
        assert!(new);
        assert_eq!(allocations, none);
        assert!(bytes < 8192, "{bytes}");
    }
}

#[test]
fn a_signed_text_gets_a_small_multiple_of_its_length() {
    let sessions = quiet();
    for text in [
        format!("[{NOW}, {NOW}, {{{}", "\"".repeat(2900)),
        format!(r#"[{NOW}, {NOW}, {{"a": "{}"}}]"#, "\\\"".repeat(1400)),
        format!("[{NOW}, {NOW}, {{{}}}]", [r#""":1"#; 550].join(",")),
        format!("[{NOW}, {NOW}, {{\"a\": [{}]}}]", [r#""""#; 900].join(",")),
        format!("[{NOW}, {NOW}, {{\"a\": {}1", "[".repeat(2800)),
    ] {
        let value = sign(&text);
        let (allocations, bytes, _) = counted(|| sessions.decode(&value).map(drop));
        assert!(allocations <= 3, "{allocations}");
        assert!(bytes <= 16 * value.len(), "{bytes} for {}", value.len());
    }
}
