//! The programs of `COMPARE.md`: all of them do the same, and the page shows their text.

use actix_web::App;
use actix_web::http::Method;
use actix_web::rt::System;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use axum::Router;
use axum::body::{Body, to_bytes};
use http::header::{COOKIE, SET_COOKIE};
use http::{Request, StatusCode};
use signed_cookie_session::Secret;
use signed_cookie_session_compare as programs;
use tower::ServiceExt;

const SECRET: [u8; 64] = *b"a secret of sixty-four bytes, for tests and for nothing but test";
const PAGES: [&str; 4] =
    ["Visits before: 0. ", "Visits before: 1. Your item was added.", "Visits before: 2. ", "Visits before: 3. "];

/// Returns the pages of one visitor, who adds an item after the first page.
async fn pages_of(app: Router) -> Vec<String> {
    let (mut pages, mut cookie) = (Vec::new(), String::new());
    for method in ["GET", "POST", "GET", "GET", "GET"] {
        let request = Request::builder().method(method).uri("/").header(COOKIE, &cookie).body(Body::empty()).unwrap();
        let response = app.clone().oneshot(request).await.unwrap();
        if let Some(line) = response.headers().get(SET_COOKIE) {
            cookie = line.to_str().unwrap().split(';').next().unwrap().to_owned();
        }
        if method == "GET" {
            assert_eq!(response.status(), StatusCode::OK);
            let page = to_bytes(response.into_body(), usize::MAX).await.unwrap();
            pages.push(String::from_utf8(page.into()).unwrap());
        } else {
            assert_eq!(response.status(), StatusCode::SEE_OTHER);
        }
    }
    pages
}

fn visit(app: Router) -> Vec<String> {
    System::new().block_on(pages_of(app))
}

#[test]
fn ours_counts_visits_and_shows_a_message_once() {
    assert_eq!(visit(programs::ours::app(Secret::new(SECRET).unwrap())), PAGES);
}

#[test]
fn a_signed_cookie_jar_counts_visits_and_shows_a_message_once() {
    let key = axum_extra::extract::cookie::Key::from(&SECRET);
    assert_eq!(visit(programs::signed_cookie_jar::app(key)), PAGES);
}

#[test]
fn tower_sessions_cookie_store_counts_visits_and_shows_a_message_once() {
    let key = tower_sessions_cookie_store::Key::from(&SECRET);
    assert_eq!(visit(programs::tower_sessions_cookie_store::app(key)), PAGES);
}

#[test]
fn seshcookie_counts_visits_and_shows_a_message_once() {
    assert_eq!(visit(programs::seshcookie::app(&SECRET).unwrap()), PAGES);
}

#[test]
fn actix_session_counts_visits_and_shows_a_message_once() {
    let pages = System::new().block_on(async {
        let sessions = programs::actix_session::sessions(actix_web::cookie::Key::from(&SECRET));
        let app = init_service(App::new().wrap(sessions).configure(programs::actix_session::routes)).await;
        let (mut pages, mut cookie) = (Vec::new(), String::new());
        for method in [Method::GET, Method::POST, Method::GET, Method::GET, Method::GET] {
            let request = TestRequest::with_uri("/").method(method.clone()).insert_header(("cookie", cookie.as_str()));
            let response = call_service(&app, request.to_request()).await;
            if let Some(line) = response.headers().get("set-cookie") {
                cookie = line.to_str().unwrap().split(';').next().unwrap().to_owned();
            }
            if method == Method::GET {
                assert_eq!(response.status(), 200);
                pages.push(String::from_utf8(read_body(response).await.into()).unwrap());
            } else {
                assert_eq!(response.status(), 303);
            }
        }
        pages
    });
    assert_eq!(pages, PAGES);
}

/// Checks that the page shows exactly the programs that were compiled and run above.
#[test]
fn the_page_shows_these_programs_to_the_letter() {
    let shown: Vec<&str> = include_str!("../../COMPARE.md")
        .split("\n```rust\n")
        .skip(1)
        .map(|rest| rest.split_inclusive("\n```").next().unwrap().strip_suffix("```").expect("a block that ends"))
        .collect();
    let compiled = [
        include_str!("../src/ours.rs"),
        include_str!("../src/signed_cookie_jar.rs"),
        include_str!("../src/tower_sessions_cookie_store.rs"),
        include_str!("../src/actix_session.rs"),
        include_str!("../src/seshcookie.rs"),
    ];
    assert_eq!(shown, compiled);
}

#[test]
fn the_page_names_the_releases_that_were_compiled() {
    let pinned: Vec<(&str, &str)> = include_str!("../Cargo.toml")
        .lines()
        .filter_map(|line| {
            let (name, rest) = line.split_once(" = ")?;
            Some((name, rest.split_once("\"=")?.1.split('"').next()?))
        })
        .collect();
    assert_eq!(pinned.len(), 4);
    for (name, version) in pinned {
        assert!(include_str!("../../COMPARE.md").contains(&format!("`{name}` {version}")), "{name} {version}");
    }
}
