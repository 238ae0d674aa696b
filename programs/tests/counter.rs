//! The program `counter`.

#[allow(dead_code)] // main
#[path = "../src/bin/counter.rs"]
mod counter;

use counter::{app, settings};
use signed_cookie_session::testing::{Client, Forge, Saved};
use signed_cookie_session::{Secret, SignedCookieFactory};

fn sessions() -> SignedCookieFactory {
    settings(Secret::generate()).build().unwrap()
}

#[tokio::test]
async fn each_browser_has_a_count_of_its_own() {
    let app = app(sessions());
    let (mut one, mut other) = (Client::new(app.clone()), Client::new(app));
    assert_eq!(one.get("/").await.body(), "Visits: 1\n");
    assert_eq!(one.get("/").await.body(), "Visits: 2\n");
    assert_eq!(other.get("/").await.body(), "Visits: 1\n");
    assert_eq!(one.get("/").await.body(), "Visits: 3\n");
}

#[tokio::test]
async fn the_count_is_in_the_cookie() {
    let sessions = sessions();
    let mut client = Client::new(app(sessions.clone())).with_cookies(Forge::new(&sessions).with("visits", 41).cookie());
    let response = client.get("/").await;
    assert_eq!(Saved::by(&sessions, response.headers()).session().get("visits"), Ok(Some(42)));
}

#[tokio::test]
async fn a_count_that_is_no_number_is_a_500_and_stays() {
    let sessions = sessions();
    let cookie = Forge::new(&sessions).with("visits", "many").cookie();
    let response = Client::new(app(sessions.clone())).with_cookies(cookie).get("/").await;
    assert_eq!(response.status(), 500);
    assert!(Saved::by(&sessions, response.headers()).is_nothing());
}

#[tokio::test]
async fn a_forged_cookie_counts_from_one() {
    let mut client = Client::new(app(sessions())).with_cookies("__Host-session=forged");
    assert_eq!(client.get("/").await.body(), "Visits: 1\n");
}
