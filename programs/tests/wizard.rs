//! The program `wizard`.

mod common;

#[allow(dead_code)] // main
#[path = "../src/bin/wizard.rs"]
mod wizard;

use axum::Router;
use common::{csrf_token, location};
use http::Response;
use signed_cookie_session::testing::{Client, Forge, Saved};
use signed_cookie_session::{Secret, SignedCookieFactory};
use wizard::{Orders, app, settings};

const CONTACT: [(&str, &str); 2] = [("name", "Ada"), ("email", "ada@example.com")];
const DELIVERY: [(&str, &str); 2] = [("address", "12 St James's Square"), ("boxes", "3")];

struct Site {
    orders: Orders,
    sessions: SignedCookieFactory,
    app: Router,
}

impl Site {
    fn new() -> Self {
        let (orders, sessions) = (Orders::default(), settings(Secret::generate()).build().unwrap());
        Self { app: app(sessions.clone(), orders.clone()), orders, sessions }
    }

    fn browser(&self) -> Client<Router> {
        Client::new(self.app.clone())
    }

    /// Returns a browser that is at the last page.
    async fn browser_before_the_order(&self) -> Client<Router> {
        let mut browser = self.browser();
        assert_eq!(location(&send(&mut browser, "/contact", &CONTACT).await), "/delivery");
        assert_eq!(location(&send(&mut browser, "/delivery", &DELIVERY).await), "/confirm");
        browser
    }
}

/// Fills in a page and sends it.
async fn send(browser: &mut Client<Router>, path: &str, fields: &[(&str, &str)]) -> Response<String> {
    let token = csrf_token(&browser.get(path).await);
    let mut all = vec![("csrf_token", token.as_str())];
    all.extend(fields);
    browser.form(path, &all).await
}

#[tokio::test]
async fn three_pages_make_an_order() {
    let site = Site::new();
    let mut browser = site.browser_before_the_order().await;
    let confirm = browser.get("/confirm").await;
    assert!(confirm.body().contains("Ada, ada@example.com"));
    assert!(confirm.body().contains("3 boxes of figs to 12 St James's Square"));

    let placed = send(&mut browser, "/confirm", &[]).await;
    assert_eq!(location(&placed), "/");
    assert!(
        !Saved::by(&site.sessions, placed.headers()).session().contains_key("order"),
        "the order is removed from the session"
    );
    assert!(browser.get("/").await.body().contains("Thank you for your order."));

    let orders = site.orders.table();
    let [(contact, delivery)] = &orders.values().collect::<Vec<_>>()[..] else { panic!("one order") };
    assert_eq!((contact.name.as_str(), delivery.boxes.as_str()), ("Ada", "3"));
}

#[tokio::test]
async fn no_page_can_be_skipped() {
    let site = Site::new();
    let mut browser = site.browser();
    assert_eq!(location(&browser.get("/delivery").await), "/contact");
    assert_eq!(location(&browser.get("/confirm").await), "/contact");

    send(&mut browser, "/contact", &CONTACT).await;
    assert_eq!(location(&browser.get("/confirm").await), "/delivery");
    let token = csrf_token(&browser.get("/delivery").await);
    assert_eq!(location(&browser.form("/confirm", &[("csrf_token", &token)]).await), "/confirm");
    assert_eq!(location(&browser.get("/confirm").await), "/delivery");
    assert!(site.orders.table().is_empty());
}

#[tokio::test]
async fn a_later_page_sent_first_leads_to_the_first_page() {
    let mut browser = Site::new().browser();
    let token = csrf_token(&browser.get("/contact").await);
    let fields = [("csrf_token", token.as_str()), DELIVERY[0], DELIVERY[1]];
    assert_eq!(location(&browser.form("/delivery", &fields).await), "/contact");
    assert_eq!(location(&browser.get("/delivery").await), "/contact");
}

#[tokio::test]
async fn a_page_with_a_mistake_shows_what_was_typed() {
    let mut browser = Site::new().browser();
    for (name, email, problem) in [
        ("", "ada@example.com", "Enter a name."),
        ("  ", "ada@example.com", "Enter a name."),
        (&"x".repeat(101), "ada@example.com", "Enter a name."),
        ("Ada", "ada.example.com", "Enter an e-mail address."),
    ] {
        let response = send(&mut browser, "/contact", &[("name", name), ("email", email)]).await;
        assert_eq!(response.status(), 422);
        assert!(response.body().contains(problem));
        assert!(response.body().contains(&format!(r#"value="{name}""#)));
        assert!(response.body().contains(&format!(r#"value="{email}""#)));
        assert_eq!(location(&browser.get("/delivery").await), "/contact");
    }
    send(&mut browser, "/contact", &CONTACT).await;
    for (address, boxes, problem) in [
        ("", "3", "Enter an address."),
        ("Home", "0", "Enter a number of boxes from 1 to 20."),
        ("Home", "21", "Enter a number of boxes from 1 to 20."),
        ("Home", "-1", "Enter a number of boxes from 1 to 20."),
        ("Home", "many", "Enter a number of boxes from 1 to 20."),
    ] {
        let response = send(&mut browser, "/delivery", &[("address", address), ("boxes", boxes)]).await;
        assert_eq!(response.status(), 422);
        assert!(response.body().contains(problem));
        assert!(response.body().contains(&format!(r#"value="{boxes}""#)));
    }
}

#[tokio::test]
async fn the_visitor_goes_back_and_changes_something() {
    let mut browser = Site::new().browser_before_the_order().await;
    assert!(browser.get("/delivery").await.body().contains(r#"value="12 St James's Square""#));
    assert!(browser.get("/contact").await.body().contains(r#"value="ada@example.com""#));
    send(&mut browser, "/contact", &[("name", "Augusta"), CONTACT[1]]).await;
    let confirm = browser.get("/confirm").await;
    assert!(confirm.body().contains("Augusta"));
    assert!(confirm.body().contains("12 St James's Square"), "the later page stays filled in");
    assert_eq!(confirm.headers()["cache-control"], "no-store");
}

#[tokio::test]
async fn an_order_is_placed_once() {
    let site = Site::new();
    let mut browser = site.browser_before_the_order().await;
    let token = csrf_token(&browser.get("/confirm").await);
    let mut older = browser.clone();
    browser.form("/confirm", &[("csrf_token", &token)]).await;

    // The button was pressed twice, or the page was sent again with the browser's Back button.
    assert_eq!(location(&browser.form("/confirm", &[("csrf_token", &token)]).await), "/confirm");
    assert_eq!(location(&browser.get("/confirm").await), "/contact");
    // Sending the older cookie again places no second order.
    assert_eq!(location(&older.form("/confirm", &[("csrf_token", &token)]).await), "/");
    assert_eq!(site.orders.table().len(), 1);
}

#[tokio::test]
async fn a_second_order_is_another_one() {
    let site = Site::new();
    let mut browser = site.browser_before_the_order().await;
    send(&mut browser, "/confirm", &[]).await;
    send(&mut browser, "/contact", &CONTACT).await;
    send(&mut browser, "/delivery", &DELIVERY).await;
    send(&mut browser, "/confirm", &[]).await;
    assert_eq!(site.orders.table().len(), 2);
}

#[tokio::test]
async fn an_order_of_an_older_release_starts_over() {
    let site = Site::new();
    let old = Forge::new(&site.sessions).with("order", ["Ada", "ada@example.com"]).with("theme", "dark");
    let mut browser = site.browser().with_cookies(old.cookie());
    let response = browser.get("/confirm").await;
    assert_eq!(location(&response), "/contact");
    assert_eq!(Saved::by(&site.sessions, response.headers()).session().keys(), ["theme"]);
}

#[tokio::test]
async fn a_page_without_the_csrf_token_is_refused() {
    let site = Site::new();
    let mut browser = site.browser_before_the_order().await;
    for (path, fields) in [("/contact", &CONTACT[..]), ("/delivery", &DELIVERY), ("/confirm", &[])] {
        assert_eq!(browser.form(path, fields).await.status(), 403, "{path}");
    }
    assert!(site.orders.table().is_empty());
}

#[tokio::test]
async fn the_longest_order_fits_into_the_cookie() {
    let mut browser = Site::new().browser();
    let longest = "🍇".repeat(98) + "@x";
    send(&mut browser, "/contact", &[("name", &longest), ("email", &longest)]).await;
    send(&mut browser, "/delivery", &[("address", &longest), ("boxes", "20")]).await;
    assert_eq!(browser.get("/confirm").await.status(), 200);
}
