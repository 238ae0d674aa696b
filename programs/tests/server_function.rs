//! The program `server_function`, over HTTP.

#[allow(dead_code)] // main
#[path = "../src/bin/server_function.rs"]
mod server_function;

use oauth2::reqwest::{self, RequestBuilder, redirect::Policy};
use server_function::{app, settings};
use signed_cookie_session::testing::{Jar, Saved};
use signed_cookie_session::{CsrfOrigin, Secret, SignedCookieFactory};
use tokio::net::TcpListener;

const SITE: &str = "https://site.example";

/// A browser with its cookies, and the server that it visits.
struct Browser {
    url: String,
    http: reqwest::Client,
    jar: Jar,
    sessions: SignedCookieFactory,
}

struct Response {
    status: u16,
    headers: http::HeaderMap,
    body: String,
}

impl Browser {
    async fn new() -> Self {
        let sessions = settings(Secret::generate()).build().unwrap();
        let app = app(sessions.clone(), CsrfOrigin::new([SITE]).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async { axum::serve(listener, app).await.unwrap() });
        let http = reqwest::Client::builder().redirect(Policy::none()).no_proxy().build().unwrap();
        Self { url, http, jar: Jar::new(), sessions }
    }

    async fn send(&mut self, request: RequestBuilder) -> Response {
        let response = request.header("cookie", self.jar.header()).send().await.unwrap();
        for line in response.headers().get_all("set-cookie") {
            self.jar.store(line.to_str().unwrap());
        }
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Response { status, headers, body: response.text().await.unwrap() }
    }

    /// Calls a server function as the browser's half of Leptos does.
    async fn call(&mut self, function: &str, arguments: &str) -> Response {
        let request = self.http.post(format!("{}/api/{function}", self.url)).header("origin", SITE);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        self.send(request.header("accept", "application/json").body(arguments.to_owned())).await
    }

    async fn page(&mut self) -> String {
        self.send(self.http.get(format!("{}/", self.url))).await.body
    }
}

#[tokio::test]
async fn a_function_reads_what_another_one_wrote() {
    let (mut ada, mut other) = (Browser::new().await, Browser::new().await);
    assert_eq!(ada.call("name", "").await.body, r#""stranger""#);
    let renamed = ada.call("rename", "name=Ada").await;
    assert_eq!((renamed.status, renamed.body.as_str()), (200, "null"));
    assert_eq!(Saved::by(&ada.sessions, &renamed.headers).session().get("name"), Ok(Some("Ada".to_owned())));
    assert_eq!(ada.call("name", "").await.body, r#""Ada""#);
    assert_eq!(other.call("name", "").await.body, r#""stranger""#);
}

#[tokio::test]
async fn the_page_reads_the_session_while_it_is_rendered() {
    let mut browser = Browser::new().await;
    assert!(browser.page().await.contains("Hello, stranger."));
    browser.call("rename", "name=Ada").await;
    let page = browser.page().await;
    assert!(page.contains("Hello, Ada."), "{page}");
    assert!(page.contains(r#"action="/api/rename""#), "{page}");
}

#[tokio::test]
async fn without_a_script_the_form_leads_back_to_the_page() {
    let mut browser = Browser::new().await;
    let form = browser.http.post(format!("{}/api/rename", browser.url)).form(&[("name", "Ada")]);
    let form = form.header("accept", "text/html").header("origin", SITE).header("referer", format!("{SITE}/"));
    let response = browser.send(form).await;
    assert_eq!(response.status, 302);
    assert_eq!(response.headers["location"].to_str().unwrap().trim_end_matches('?'), format!("{SITE}/"));
    assert!(browser.page().await.contains("Hello, Ada."));
}

#[tokio::test]
async fn a_form_of_another_site_is_refused() {
    let mut browser = Browser::new().await;
    for origin in ["https://evil.example", "null"] {
        let form = browser.http.post(format!("{}/api/rename", browser.url)).form(&[("name", "Eve")]);
        assert_eq!(browser.send(form.header("origin", origin)).await.status, 403);
    }
    assert!(browser.page().await.contains("Hello, stranger."));
}

#[tokio::test]
async fn a_name_that_is_refused_leaves_the_session_alone() {
    let mut browser = Browser::new().await;
    for name in ["", "+", &"x".repeat(51)] {
        let response = browser.call("rename", &format!("name={name}")).await;
        assert_eq!(response.status, 500);
        assert!(response.body.contains("A name has 1 to 50 characters."));
        assert!(Saved::by(&browser.sessions, &response.headers).is_nothing());
    }
}

#[tokio::test]
async fn the_name_is_escaped_in_the_page() {
    let mut browser = Browser::new().await;
    browser.call("rename", "name=%3Cb%3EAda").await;
    let page = browser.page().await;
    assert!(page.contains("&lt;b&gt;Ada") && !page.contains("<b>Ada"), "{page}");
}
