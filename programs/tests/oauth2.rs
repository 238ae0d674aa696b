//! The program `oauth2`, with a provider that the test runs on a port of this machine.

mod common;

#[allow(dead_code)] // main
#[path = "../src/bin/oauth2.rs"]
mod program;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};
use axum::{Form, Router};
use common::{csrf_token, location};
use oauth2::reqwest;
use oauth2::{PkceCodeChallenge, PkceCodeVerifier};
use program::{app, settings};
use signed_cookie_session::testing::{Client, Forge, Saved};
use signed_cookie_session::{Secret, SignedCookieFactory};
use tokio::net::TcpListener;

const CALLBACK: &str = "http://localhost:3000/callback";
/// `client:hush` in base64.
const AUTHORIZATION: &str = "Basic Y2xpZW50Omh1c2g=";

/// A provider whose user is always ada.
#[derive(Clone, Default)]
struct Provider {
    /// The codes that were given out, each with the challenge it was given for.
    codes: Arc<Mutex<HashMap<String, String>>>,
    token_requests: Arc<Mutex<u32>>,
}

type Fields = HashMap<String, String>;

async fn authorize(State(provider): State<Provider>, Query(sent): Query<Fields>) -> Result<Redirect, StatusCode> {
    let is_right = sent["response_type"] == "code"
        && sent["client_id"] == "client"
        && sent["redirect_uri"] == CALLBACK
        && sent["code_challenge_method"] == "S256";
    if !is_right {
        return Err(StatusCode::BAD_REQUEST);
    }
    let mut codes = provider.codes.lock().unwrap();
    let code = format!("code-{}", codes.len());
    codes.insert(code.clone(), sent["code_challenge"].clone());
    Ok(Redirect::to(&format!("{CALLBACK}?code={code}&state={}", sent["state"])))
}

async fn token(State(provider): State<Provider>, headers: HeaderMap, Form(sent): Form<Fields>) -> impl IntoResponse {
    *provider.token_requests.lock().unwrap() += 1;
    let challenge = provider.codes.lock().unwrap().remove(&sent["code"]);
    let verifier = PkceCodeVerifier::new(sent["code_verifier"].clone());
    let is_right = headers["authorization"] == AUTHORIZATION
        && sent["grant_type"] == "authorization_code"
        && sent["redirect_uri"] == CALLBACK
        && challenge.as_deref() == Some(PkceCodeChallenge::from_code_verifier_sha256(&verifier).as_str());
    let (status, body) = if is_right {
        (StatusCode::OK, r#"{"access_token":"ada's token","token_type":"bearer"}"#)
    } else {
        (StatusCode::BAD_REQUEST, r#"{"error":"invalid_grant"}"#)
    };
    (status, [("content-type", "application/json")], body)
}

async fn user(headers: HeaderMap) -> Result<&'static str, StatusCode> {
    let is_right = headers["authorization"] == "Bearer ada's token";
    if is_right { Ok(r#"{"id":7,"login":"ada","plan":"free"}"#) } else { Err(StatusCode::UNAUTHORIZED) }
}

struct Site {
    app: Router,
    provider: Provider,
    sessions: SignedCookieFactory,
}

impl Site {
    async fn new() -> Self {
        let provider = Provider::default();
        let routes = Router::new()
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .route("/user", get(user))
            .with_state(provider.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async { axum::serve(listener, routes).await.unwrap() });

        let sessions = settings(Secret::generate()).build().unwrap();
        let known = program::Provider {
            authorize_url: format!("{url}/authorize"),
            token_url: format!("{url}/token"),
            user_url: format!("{url}/user"),
            client_id: "client".into(),
            client_secret: "hush".into(),
            callback_url: CALLBACK.into(),
        };
        Self { app: app(sessions.clone(), known).unwrap(), provider, sessions }
    }

    fn browser(&self) -> Client<Router> {
        Client::new(self.app.clone())
    }

    fn token_requests(&self) -> u32 {
        *self.provider.token_requests.lock().unwrap()
    }
}

/// Starts a login and lets the provider agree. Returns the path of the callback.
async fn start(browser: &mut Client<Router>) -> String {
    let response = browser.get("/login").await;
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let answer = http.get(location(&response)).send().await.unwrap();
    let callback = answer.headers()["location"].to_str().unwrap();
    format!("/callback{}", callback.strip_prefix(CALLBACK).unwrap())
}

async fn is_logged_in(browser: &mut Client<Router>) -> bool {
    browser.get("/").await.body().contains("You are logged in as ada.")
}

#[tokio::test]
async fn a_visitor_logs_in_and_out() {
    let mut browser = Site::new().await.browser();
    assert!(!is_logged_in(&mut browser).await);
    let callback = start(&mut browser).await;
    assert_eq!(location(&browser.get(&callback).await), "/");
    assert!(is_logged_in(&mut browser).await);
    let token = csrf_token(&browser.get("/").await);
    browser.form("/logout", &[("csrf_token", &token)]).await;
    assert!(!is_logged_in(&mut browser).await);
}

#[tokio::test]
async fn a_wrong_or_missing_state_is_refused() {
    let site = Site::new().await;
    let mut browser = site.browser();
    for query in ["?code=code-0&state=guessed", "?code=code-0&state=", "?code=code-0", "?state=guessed", ""] {
        start(&mut browser).await;
        let response = browser.get(&format!("/callback{query}")).await;
        assert_eq!(response.status(), 403, "{query}");
        assert!(!is_logged_in(&mut browser).await);
    }
    assert_eq!(site.token_requests(), 0);
}

#[tokio::test]
async fn after_a_wrong_state_the_right_one_is_refused_too() {
    let mut browser = Site::new().await.browser();
    let callback = start(&mut browser).await;
    assert_eq!(browser.get("/callback?code=code-0&state=guessed").await.status(), 403);
    assert_eq!(browser.get(&callback).await.status(), 403);
    assert!(!is_logged_in(&mut browser).await);
}

#[tokio::test]
async fn a_callback_that_was_answered_is_refused() {
    let site = Site::new().await;
    let mut browser = site.browser();
    let callback = start(&mut browser).await;
    assert_eq!(location(&browser.get(&callback).await), "/");
    assert_eq!(browser.get(&callback).await.status(), 403);
    assert_eq!(site.token_requests(), 1);
    assert!(is_logged_in(&mut browser).await, "the login stays");
}

#[tokio::test]
async fn a_callback_of_another_browser_is_refused() {
    let site = Site::new().await;
    let (mut attacker, mut victim) = (site.browser(), site.browser());
    let callback = start(&mut attacker).await;
    assert_eq!(victim.get(&callback).await.status(), 403);
    start(&mut victim).await; // also during a login of its own
    assert_eq!(victim.get(&callback).await.status(), 403);
    assert!(!is_logged_in(&mut victim).await);
    assert_eq!(site.token_requests(), 0);
}

#[tokio::test]
async fn a_stolen_code_is_worth_nothing_without_the_verifier() {
    let site = Site::new().await;
    let (mut victim, mut thief) = (site.browser(), site.browser());
    let stolen = start(&mut victim).await;
    let (code, _) = stolen.split_once("&state=").unwrap();
    let own = start(&mut thief).await;
    let (_, state) = own.split_once("&state=").unwrap();
    let response = thief.get(&format!("{code}&state={state}")).await;
    assert_eq!(response.status(), 502);
    assert_eq!(site.token_requests(), 1, "the provider was asked, and refused");
    assert!(!is_logged_in(&mut thief).await);
}

#[tokio::test]
async fn a_refusal_of_the_provider_is_told() {
    let mut browser = Site::new().await.browser();
    let callback = start(&mut browser).await;
    let (_, state) = callback.split_once("&state=").unwrap();
    let response = browser.get(&format!("/callback?error=access_denied&state={state}")).await;
    assert_eq!(location(&response), "/");
    assert!(browser.get("/").await.body().contains("the provider refused"));
}

#[tokio::test]
async fn the_cookie_goes_along_from_the_provider_and_hides_the_verifier() {
    let site = Site::new().await;
    let mut browser = site.browser();
    let response = browser.get("/login").await;
    let line = response.headers()["set-cookie"].to_str().unwrap();
    assert!(line.contains("SameSite=Lax"), "{line}");
    assert!(line.starts_with("__Host-session=e1."), "{line}");
}

#[tokio::test]
async fn the_login_begins_a_new_session() {
    let site = Site::new().await;
    let mut browser = site.browser();
    let callback = start(&mut browser).await;
    let mut old = browser.clone();
    let response = browser.get(&callback).await;
    let session = Saved::by(&site.sessions, response.headers()).session();
    assert_eq!(session.keys(), ["user"]);
    assert!(browser.jar().get("__Host-session.ended").is_some(), "the session from before the login has ended");
    assert!(!is_logged_in(&mut old).await);
}

#[tokio::test]
async fn an_attempt_of_an_older_release_is_refused() {
    let site = Site::new().await;
    let mut browser = site.browser().with_cookies(Forge::new(&site.sessions).with("oauth2", "state").cookie());
    assert_eq!(browser.get("/callback?code=code-0&state=state").await.status(), 403);
}
