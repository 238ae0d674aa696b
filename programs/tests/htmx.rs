//! The program `htmx`.

#[allow(dead_code)] // main
#[path = "../src/bin/htmx.rs"]
mod htmx;

use std::time::Duration;

use axum::Router;
use htmx::{app, settings};
use http::{Request, Response};
use signed_cookie_session::Secret;
use signed_cookie_session::testing::{Client, Forge, TestClock};

fn client() -> Client<Router> {
    Client::new(app(settings(Secret::generate()).build().unwrap()))
}

/// Returns the token in the page's `hx-headers`, whose quotes are escaped.
#[track_caller]
fn token(page: &Response<String>) -> String {
    let (_, rest) = page.body().split_once("X-CSRF-Token&quot;: &quot;").expect("a page with a CSRF token");
    rest.split('&').next().unwrap().to_owned()
}

/// Sends a request as htmx does.
async fn send(client: &mut Client<Router>, method: &str, path: &str, token: &str, body: &str) -> Response<String> {
    let request = Request::builder().method(method).uri(path).header("hx-request", "true");
    let request = request.header("content-type", "application/x-www-form-urlencoded").header("x-csrf-token", token);
    client.send(request, body.to_owned()).await
}

async fn add(client: &mut Client<Router>, text: &str) -> Response<String> {
    let token = token(&client.get("/").await);
    send(client, "POST", "/items", &token, &format!("text={text}")).await
}

fn vary(response: &Response<String>) -> Vec<String> {
    let lines = response.headers().get_all("vary").iter().map(|line| line.to_str().unwrap());
    lines.flat_map(|line| line.split(',')).map(|name| name.trim().to_ascii_lowercase()).collect()
}

#[tokio::test]
async fn a_change_answers_with_the_list_and_the_message_beside_it() {
    let mut client = client();
    let response = add(&mut client, "figs").await;
    let (list, messages) = response.body().split_once("</ul>").unwrap();
    assert!(list.starts_with(r#"<ul id="items"><li>figs "#), "{list}");
    assert_eq!(messages, r#"<div id="messages" hx-swap-oob="innerHTML"><p>figs was added.</p></div>"#);

    let page = client.get("/").await;
    assert!(page.body().contains("<li>figs "));
    assert!(!page.body().contains("figs was added."), "the message was shown");
}

#[tokio::test]
async fn an_item_is_removed_once() {
    let mut client = client();
    add(&mut client, "figs").await;
    add(&mut client, "dates").await;
    let token = token(&client.get("/").await);
    let removed = send(&mut client, "DELETE", "/items/1", &token, "").await;
    assert!(removed.body().contains("figs was removed.") && removed.body().contains("<li>dates "));
    let again = send(&mut client, "DELETE", "/items/1", &token, "").await;
    assert!(again.body().contains("It was removed before.") && again.body().contains("<li>dates "));
}

#[tokio::test]
async fn one_address_gives_a_page_or_a_part_and_says_so_to_caches() {
    let mut client = client();
    add(&mut client, "figs").await;
    add(&mut client, "dates").await;

    let page = client.get("/?q=fig").await;
    assert!(page.body().starts_with("<!DOCTYPE html>"));
    assert!(page.body().contains("<li>figs ") && !page.body().contains("<li>dates "));

    let part = client.send(Request::get("/?q=fig").header("hx-request", "true"), String::new()).await;
    assert!(part.body().starts_with(r#"<ul id="items"><li>figs "#));
    assert!(!part.body().contains("<li>dates "));

    let restore = Request::get("/?q=fig").header("hx-request", "true").header("hx-history-restore-request", "true");
    assert!(client.send(restore, String::new()).await.body().starts_with("<!DOCTYPE html>"));

    for response in [page, part] {
        assert!(vary(&response).contains(&"hx-request".into()), "{response:?}");
        assert!(vary(&response).contains(&"cookie".into()), "{response:?}");
    }
}

#[tokio::test]
async fn a_part_leaves_the_messages_to_whoever_shows_them() {
    let sessions = settings(Secret::generate()).build().unwrap();
    let cookie = Forge::new(&sessions).with_flash("Welcome.").cookie();
    let mut client = Client::new(app(sessions)).with_cookies(cookie);
    client.send(Request::get("/").header("hx-request", "true"), String::new()).await;
    assert!(client.get("/").await.body().contains("Welcome."));
}

#[tokio::test]
async fn a_change_without_the_token_is_refused() {
    let mut client = client();
    add(&mut client, "figs").await;
    let mut other = client.clone();
    other.jar_mut().clear();
    let others_token = token(&other.get("/").await);
    for wrong in ["", "guessed", &others_token] {
        assert_eq!(send(&mut client, "POST", "/items", wrong, "text=dates").await.status(), 403);
        assert_eq!(send(&mut client, "DELETE", "/items/1", wrong, "").await.status(), 403);
    }
    let page = client.get("/").await;
    assert!(page.body().contains("<li>figs ") && !page.body().contains("<li>dates "));
}

#[tokio::test]
async fn a_page_that_was_open_too_long_is_loaded_again() {
    let clock = TestClock::new();
    let sessions = settings(Secret::generate()).clock(clock.as_fn()).build().unwrap();
    let mut client = Client::new(app(sessions));
    let old = token(&client.get("/").await);
    clock.advance(Duration::from_secs(60 * 60));

    let refused = send(&mut client, "POST", "/items", &old, "text=figs").await;
    assert_eq!(refused.status(), 403);
    assert_eq!(refused.headers()["hx-refresh"], "true");

    let page = client.get("/").await;
    assert!(page.body().contains("This page was open for too long."));
    let response = send(&mut client, "POST", "/items", &token(&page), "text=figs").await;
    assert!(response.body().contains("figs was added."));
}

#[tokio::test]
async fn what_a_visitor_types_is_escaped() {
    let mut client = client();
    let response = add(&mut client, "%3Cscript%3E").await;
    assert!(
        response.body().contains("<li>&lt;script&gt; ") && response.body().contains("<p>&lt;script&gt; was added.")
    );
    assert!(!response.body().contains("<script>"));
}

#[tokio::test]
async fn the_list_stays_small_enough_for_the_cookie() {
    let mut client = client();
    for _ in 0..10 {
        // Fifty characters of four bytes each.
        assert!(add(&mut client, &"%F0%9F%8D%87".repeat(50)).await.body().contains("was added."));
    }
    assert!(add(&mut client, "figs").await.body().contains("The list is full."));
    for text in ["", "%20%20", &"x".repeat(51)] {
        assert!(add(&mut client, text).await.body().contains("An item has 1 to 50 characters."));
    }
}
