//! The program `login`.

mod common;

#[allow(dead_code)] // main
#[path = "../src/bin/login.rs"]
mod login;

use std::time::Duration;

use axum::Router;
use common::{csrf_token, location};
use http::Response;
use login::{Users, app, settings};
use rusqlite::Connection;
use signed_cookie_session::Secret;
use signed_cookie_session::testing::{Client, TestClock};

const PASSWORD: &str = "a house of cards";

fn users() -> Users {
    let users = Users::new(Connection::open_in_memory().unwrap()).unwrap();
    users.add("ada", PASSWORD).unwrap();
    users
}

fn client() -> Client<Router> {
    Client::new(app(settings(Secret::generate()).build().unwrap(), users()))
}

async fn log_in(client: &mut Client<Router>, path: &str, name: &str, password: &str) -> Response<String> {
    let token = csrf_token(&client.get(path).await);
    client.form(path, &[("csrf_token", &token), ("name", name), ("password", password)]).await
}

#[tokio::test]
async fn a_user_logs_in_and_out() {
    let mut client = client();
    assert_eq!(location(&client.get("/").await), "/login?next=%2F");
    assert_eq!(location(&log_in(&mut client, "/login", "ada", PASSWORD).await), "/");

    let account = client.get("/").await;
    assert!(account.body().contains("Welcome."));
    assert!(account.body().contains("You are logged in as ada."));
    assert!(!client.get("/").await.body().contains("Welcome."));

    let logout = client.form("/logout", &[("csrf_token", &csrf_token(&account))]).await;
    assert_eq!(location(&logout), "/login");
    assert!(client.get("/login").await.body().contains("You are logged out."));
    assert_eq!(location(&client.get("/").await), "/login?next=%2F");
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_look_the_same() {
    let mut client = client();
    let mut bodies = Vec::new();
    for (name, password) in [("ada", "wrong"), ("ada", ""), ("nobody", PASSWORD), ("nobody", ""), ("", "")] {
        let response = log_in(&mut client, "/login", name, password).await;
        assert_eq!(response.status(), 403);
        assert_eq!(location(&client.get("/").await), "/login?next=%2F");
        bodies.push(response.into_body());
    }
    assert!(bodies[0].contains("The name or the password is wrong."));
    assert!(bodies.iter().all(|body| *body == bodies[0]));
}

#[tokio::test]
async fn many_visitors_log_in_at_once() {
    let mut client = client();
    let token = csrf_token(&client.get("/login").await);
    let logins: Vec<_> = (0..12)
        .map(|_| {
            let (mut client, token) = (client.clone(), token.clone());
            tokio::spawn(async move {
                let fields = [("csrf_token", token.as_str()), ("name", "ada"), ("password", PASSWORD)];
                client.form("/login", &fields).await
            })
        })
        .collect();
    for login in logins {
        assert_eq!(location(&login.await.unwrap()), "/");
    }
}

/// How long this thread was on a processor, in nanoseconds. Other threads do not count, so a busy machine does not
/// matter.
#[cfg(target_os = "linux")]
fn work() -> u64 {
    let schedstat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    schedstat.split(' ').next().unwrap().parse().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn an_unknown_name_costs_a_password_check_too() {
    let users = users();
    let work_for = |name| {
        let before = work();
        assert_eq!(users.check(name, "wrong").unwrap(), None);
        work() - before
    };
    let (known, unknown) = (work_for("ada"), work_for("nobody"));
    assert!(unknown > known / 3, "{unknown} ns for an unknown name, {known} ns for a known one");
}

#[tokio::test]
async fn a_login_without_the_csrf_token_is_refused() {
    let mut client = client();
    client.get("/login").await;
    let fields = [("name", "ada"), ("password", PASSWORD)];
    assert_eq!(client.form("/login", &fields).await.status(), 403);
    let mut other = client.clone();
    other.jar_mut().clear();
    let others_token = csrf_token(&other.get("/login").await);
    let fields = [("csrf_token", others_token.as_str()), fields[0], fields[1]];
    assert_eq!(client.form("/login", &fields).await.status(), 403);
    assert_eq!(location(&client.get("/").await), "/login?next=%2F");
}

#[tokio::test]
async fn a_login_page_that_was_open_too_long_can_be_sent_again() {
    let clock = TestClock::new();
    let sessions = settings(Secret::generate()).clock(clock.as_fn()).build().unwrap();
    let mut client = Client::new(app(sessions, users()));
    let token = csrf_token(&client.get("/login").await);
    clock.advance(Duration::from_secs(31 * 60));

    let credentials = [("name", "ada"), ("password", PASSWORD)];
    let refused = client.form("/login", &[("csrf_token", &token), credentials[0], credentials[1]]).await;
    assert!(refused.body().contains("This page was open for too long."));

    let token = csrf_token(&refused);
    let response = client.form("/login", &[("csrf_token", &token), credentials[0], credentials[1]]).await;
    assert_eq!(location(&response), "/");
}

#[tokio::test]
async fn a_login_ends_after_half_an_hour_unused_or_twelve_hours() {
    let clock = TestClock::new();
    let sessions = settings(Secret::generate()).clock(clock.as_fn()).build().unwrap();
    let mut client = Client::new(app(sessions, users()));
    log_in(&mut client, "/login", "ada", PASSWORD).await;
    for _ in 0..24 {
        clock.advance(Duration::from_secs(29 * 60));
        assert_eq!(client.get("/").await.status(), 200);
    }
    clock.advance(Duration::from_secs(24 * 60 + 1));
    assert_eq!(location(&client.get("/").await), "/login?next=%2F");

    log_in(&mut client, "/login", "ada", PASSWORD).await;
    clock.advance(Duration::from_secs(30 * 60 + 1));
    assert_eq!(location(&client.get("/").await), "/login?next=%2F");
}

#[tokio::test]
async fn a_cookie_from_before_the_login_gives_no_access() {
    let mut client = client();
    client.get("/login").await;
    let mut thief = client.clone();
    let token = csrf_token(&thief.get("/login").await);
    log_in(&mut client, "/login", "ada", PASSWORD).await;

    assert_eq!(location(&thief.get("/").await), "/login?next=%2F");
    assert_ne!(csrf_token(&client.get("/").await), token);
    assert_eq!(client.form("/logout", &[("csrf_token", &token)]).await.status(), 403);
}

#[tokio::test]
async fn the_visitor_gets_the_page_that_was_asked_for() {
    let mut client = client();
    let asked = client.get("/?tab=orders&page=2").await;
    let login = location(&asked).to_owned();
    assert_eq!(login, "/login?next=%2F%3Ftab%3Dorders%26page%3D2");
    assert_eq!(log_in(&mut client, &login, "ada", "wrong").await.status(), 403);
    assert_eq!(location(&log_in(&mut client, &login, "ada", PASSWORD).await), "/?tab=orders&page=2");
}

#[tokio::test]
async fn a_login_never_leads_to_another_site() {
    let mut client = client();
    let others = [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example/",
        r"/\evil.example/",
        r"\\evil.example/",
        "/\t/evil.example/",
        "/\n/evil.example/",
        "\t//evil.example/",
        " //evil.example/",
        "javascript:alert(1)",
        "evil.example",
        "",
        "/\r\nset-cookie: a=b",
        "/é",
    ];
    for other in others {
        let escaped: String = form_urlencoded::byte_serialize(other.as_bytes()).collect();
        let path = format!("/login?next={escaped}");
        assert_eq!(location(&log_in(&mut client, &path, "ada", PASSWORD).await), "/", "{other:?}");
    }
    // The visitor's own request can look like one, too.
    assert_eq!(client.get("//evil.example/").await.status(), 404);
}

#[tokio::test]
async fn a_logout_needs_the_csrf_token() {
    let mut client = client();
    log_in(&mut client, "/login", "ada", PASSWORD).await;
    assert_eq!(client.get("/logout").await.status(), 405);
    assert_eq!(client.form("/logout", &[]).await.status(), 403);
    assert_eq!(client.get("/").await.status(), 200);
}

#[tokio::test]
async fn a_deleted_user_is_logged_out_and_the_id_not_used_again() {
    let users = users();
    let mut client = Client::new(app(settings(Secret::generate()).build().unwrap(), users.clone()));
    log_in(&mut client, "/login", "ada", PASSWORD).await;
    users.connection().execute("DELETE FROM users", ()).unwrap();
    users.add("charles", "another password").unwrap();
    assert_eq!(location(&client.get("/").await), "/login?next=%2F");
}

#[tokio::test]
async fn the_account_page_is_not_kept_by_the_browser() {
    let mut client = client();
    log_in(&mut client, "/login", "ada", PASSWORD).await;
    client.get("/").await;
    assert_eq!(client.get("/").await.headers()["cache-control"], "no-store");
}

#[test]
fn passwords_are_stored_as_salted_hashes() {
    let users = users();
    users.add("charles", PASSWORD).unwrap();
    let connection = users.connection();
    let mut select = connection.prepare("SELECT password_hash FROM users").unwrap();
    let hashes: Vec<String> = select.query_map((), |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert!(hashes.iter().all(|hash| hash.starts_with("$argon2id$")));
    assert_ne!(hashes[0], hashes[1]);
}

#[test]
fn a_name_is_taken_once() {
    assert!(users().add("ada", "another password").is_err());
}
