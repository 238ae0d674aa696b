//! axum-login and axum-messages, unchanged, with our cookie and without a store.

mod common;

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::routing::{get, post};
use axum::{Form, Router};
use axum_login::{AuthManager, AuthSession, AuthUser, AuthnBackend, AuthzBackend, login_required, permission_required};
use axum_messages::{Messages, MessagesManagerLayer};
use common::Browser;
use http::StatusCode;
use signed_cookie_session::testing::TestClock;
use signed_cookie_session::tower_sessions::CookieSessionLayer;
use signed_cookie_session::{Outcome, Secret, Session, SignedCookieFactory};
use tower::layer::layer_fn;
use tower_sessions_core::{Expiry, Session as CoreSession};

#[derive(Clone, Debug)]
struct User {
    name: String,
    hash: Vec<u8>,
}

impl AuthUser for User {
    type Id = String;

    fn id(&self) -> String {
        self.name.clone()
    }

    fn session_auth_hash(&self) -> &[u8] {
        &self.hash
    }
}

/// The users, each with the hash of the password.
#[derive(Clone, Default)]
struct Backend(Arc<Mutex<HashMap<String, Vec<u8>>>>);

impl Backend {
    fn set_password(&self, name: &str, password: &str) {
        self.0.lock().unwrap().insert(name.into(), password.bytes().rev().collect());
    }

    fn user(&self, name: &str) -> Option<User> {
        self.0.lock().unwrap().get(name).map(|hash| User { name: name.into(), hash: hash.clone() })
    }
}

impl AuthnBackend for Backend {
    type User = User;
    type Credentials = (String, String);
    type Error = Infallible;

    async fn authenticate(&self, (name, password): (String, String)) -> Result<Option<User>, Infallible> {
        Ok(self.user(&name).filter(|user| user.hash.iter().rev().copied().eq(password.bytes())))
    }

    async fn get_user(&self, name: &String) -> Result<Option<User>, Infallible> {
        Ok(self.user(name))
    }
}

impl AuthzBackend for Backend {
    type Permission = &'static str;

    async fn has_perm(&self, user: &User, permission: &'static str) -> Result<bool, Infallible> {
        Ok(user.name == "ada" && permission == "admin")
    }
}

type Auth = AuthSession<Backend>;

#[derive(serde::Deserialize)]
struct Credentials {
    name: String,
    password: String,
}

async fn login(mut auth: Auth, Form(sent): Form<Credentials>) -> StatusCode {
    let Ok(Some(user)) = auth.authenticate((sent.name, sent.password)).await else { return StatusCode::UNAUTHORIZED };
    auth.login(&user).await.unwrap();
    StatusCode::OK
}

async fn logout(mut auth: Auth) {
    auth.logout().await.unwrap();
}

async fn account(auth: Auth) -> String {
    auth.user.unwrap().name
}

fn app(sessions: SignedCookieFactory, backend: Backend) -> Router {
    let auth = layer_fn(move |inner| AuthManager::new(inner, backend.clone(), "axum-login.data"));
    Router::new()
        .route("/admin", get(async || "secrets"))
        .route_layer(permission_required!(Backend, login_url = "/login", "admin"))
        .route("/account", get(account))
        .route_layer(login_required!(Backend, login_url = "/login"))
        .route("/login", post(login).get(async || "Who are you?"))
        .route("/logout", post(logout))
        .route("/say", post(async |messages: Messages| _ = messages.info("Saved.").error("But late.")))
        .route("/hear", get(async |messages: Messages| messages.map(|m| m.to_string()).collect::<Vec<_>>().join(" ")))
        .route("/ours", post(async |session: Session| session.flash().push("Ours.").unwrap()))
        .route("/fill", post(async |session: CoreSession| session.insert("essay", "x".repeat(5000)).await.unwrap()))
        .route("/huge", post(async |session: CoreSession| session.insert("essay", "x".repeat(100_000)).await.unwrap()))
        .route("/id", get(async |session: CoreSession| format!("{:?}", session.id())))
        .route("/count", get(count))
        .route("/short", post(async |s: CoreSession| s.set_expiry(Some(Expiry::OnInactivity(time::Duration::MINUTE)))))
        .route("/until", post(until))
        .route("/nothing", get(async || "the same for all"))
        .layer(MessagesManagerLayer)
        .layer(auth)
        .layer(CookieSessionLayer::new(sessions).report_errors(false))
}

async fn count(session: CoreSession) -> String {
    let visits: u64 = session.get("visits").await.unwrap().unwrap_or(0) + 1;
    session.insert("visits", visits).await.unwrap();
    visits.to_string()
}

async fn until(session: CoreSession) {
    let end = time::OffsetDateTime::now_utc() + time::Duration::SECOND;
    session.set_expiry(Some(Expiry::AtDateTime(end)));
}

fn factory() -> SignedCookieFactory {
    SignedCookieFactory::new(Secret::new(b"a secret that only the tests use").unwrap())
}

fn browser() -> (Browser, Backend, SignedCookieFactory) {
    let (backend, sessions) = (Backend::default(), factory());
    backend.set_password("ada", "lace");
    backend.set_password("charles", "babbage");
    (Browser::new(app(sessions.clone(), backend.clone())), backend, sessions)
}

async fn log_in(browser: &mut Browser, name: &str, password: &str) -> StatusCode {
    browser.form("/login", &format!("name={name}&password={password}")).await.status
}

#[tokio::test]
async fn a_user_logs_in_and_out() {
    let (mut browser, ..) = browser();
    assert_eq!(browser.get("/account").await.status, StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(log_in(&mut browser, "ada", "wrong").await, StatusCode::UNAUTHORIZED);
    assert_eq!(log_in(&mut browser, "ada", "lace").await, StatusCode::OK);
    assert_eq!(browser.get("/account").await.body, "ada");
    let stolen = browser.cookies();
    browser.post("/logout").await;
    assert_eq!(browser.names(), ["session.ended"]);
    assert_eq!(browser.get("/account").await.status, StatusCode::TEMPORARY_REDIRECT);
    // A slow page sets the old cookie again, but the end mark holds.
    browser.store(&stolen);
    assert_eq!(browser.get("/account").await.status, StatusCode::TEMPORARY_REDIRECT);
}

#[tokio::test]
async fn a_page_can_require_a_permission() {
    let (mut browser, ..) = browser();
    log_in(&mut browser, "charles", "babbage").await;
    assert_ne!(browser.get("/admin").await.status, StatusCode::OK);
    log_in(&mut browser, "ada", "lace").await;
    assert_eq!(browser.get("/admin").await.body, "secrets");
}

#[tokio::test]
async fn a_changed_password_ends_every_session() {
    let (mut browser, backend, _) = browser();
    log_in(&mut browser, "ada", "lace").await;
    backend.set_password("ada", "new");
    let answer = browser.get("/account").await;
    assert_eq!(answer.status, StatusCode::TEMPORARY_REDIRECT);
    assert!(!browser.names().contains(&"session"), "{:?}", browser.names());
    assert_eq!(log_in(&mut browser, "ada", "new").await, StatusCode::OK);
    assert_eq!(browser.get("/account").await.body, "ada");
}

#[tokio::test]
async fn a_login_keeps_the_data_and_sets_created() {
    let (mut browser, _, sessions) = browser();
    browser.get("/count").await;
    let (before, id) = (browser.cookies(), browser.get("/id").await.body);
    assert!(id.starts_with("Some"));
    assert_eq!(browser.get("/id").await.body, id);
    log_in(&mut browser, "ada", "lace").await;
    assert_ne!(browser.get("/id").await.body, id);
    assert_eq!(browser.get("/count").await.body, "2");
    let created = |cookie: &str| sessions.load_cookies([cookie]).created();
    assert!(created(&before) < created(&browser.cookies()));
    // A session that an attacker planted before is not logged in.
    browser.store(&before);
    assert_eq!(browser.get("/account").await.status, StatusCode::TEMPORARY_REDIRECT);
}

#[tokio::test]
async fn messages_wait_for_the_next_page_and_are_shown_once() {
    let (mut browser, ..) = browser();
    browser.post("/say").await;
    assert_eq!(browser.get("/hear").await.body, "Saved. But late.");
    assert_eq!(browser.get("/hear").await.body, "");
}

#[tokio::test]
async fn our_session_and_theirs_are_one() {
    let (mut browser, _, sessions) = browser();
    browser.post("/ours").await;
    browser.post("/say").await;
    let session = sessions.load_cookies([browser.cookies()]);
    assert_eq!(session.flash().peek::<String>().unwrap(), ["Ours."]);
    assert_eq!(browser.get("/hear").await.body, "Saved. But late.");
}

#[tokio::test]
async fn a_session_that_does_not_fit_is_a_500_that_says_so() {
    let (mut browser, ..) = browser();
    browser.get("/count").await;
    for (path, words) in [("/fill", "4064"), ("/huge", "essay")] {
        let answer = browser.post(path).await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(answer.body.contains(words), "{path}: {}", answer.body);
        assert!(answer.set_cookies.is_empty());
    }
    assert_eq!(browser.get("/count").await.body, "2");
}

#[tokio::test]
async fn our_timeout_and_rotation_hold() {
    let clock = TestClock::new();
    let secret = |text: &[u8; 32]| Secret::new(text).unwrap();
    let old = || secret(b"a secret that only the tests use");
    let sessions = |secrets: signed_cookie_session::Secrets| {
        SignedCookieFactory::builder(secrets).clock(clock.as_fn()).build().unwrap()
    };
    let mut browser = Browser::new(app(sessions(old().into()), Backend::default()));
    browser.get("/count").await;
    let rotated = signed_cookie_session::Secrets::new(secret(b"another one that is for tests, 2")).verify_only(old());
    let mut browser = browser.at(app(sessions(rotated), Backend::default()));
    assert_eq!(browser.get("/count").await.body, "2");
    clock.advance(Duration::from_secs(1201));
    assert_eq!(browser.get("/count").await.body, "1");
}

#[tokio::test]
async fn an_expiry_is_kept_in_our_session() {
    let clock = TestClock::new();
    let secret = Secret::new(b"a secret that only the tests use").unwrap();
    let sessions = SignedCookieFactory::builder(secret).clock(clock.as_fn()).build().unwrap();
    let mut browser = Browser::new(app(sessions.clone(), Backend::default()));
    browser.get("/count").await;
    browser.post("/short").await;
    browser.get("/count").await;
    assert_eq!(sessions.load_cookies([browser.cookies()]).lifetime(), Some(Duration::from_secs(60)));
    clock.advance(Duration::from_secs(61));
    assert_eq!(sessions.load_cookies([browser.cookies()]).outcome(), Outcome::Expired);

    browser.get("/count").await;
    browser.post("/until").await;
    assert_eq!(browser.get("/count").await.body, "2");
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(browser.get("/count").await.body, "1");
}

#[tokio::test]
async fn a_page_that_does_not_use_the_session_leaves_no_trace() {
    async fn page() -> &'static str {
        "the same for all"
    }
    let app = Router::new().route("/", get(page)).route("/count", get(count));
    let mut browser = Browser::new(app.layer(CookieSessionLayer::new(factory())));
    browser.get("/count").await;
    let answer = browser.get("/").await;
    assert!(answer.set_cookies.is_empty());
    assert!(!answer.headers.contains_key("vary") && !answer.headers.contains_key("cache-control"));
}

#[test]
fn a_readable_cookie_causes_a_warning_at_start() {
    let run = |test: &str| {
        let mut run = std::process::Command::new(std::env::current_exe().unwrap());
        let run = run.args(["--exact", test, "--ignored", "--nocapture"]).output().unwrap();
        assert!(run.status.success());
        String::from_utf8(run.stderr).unwrap()
    };
    assert_eq!(run("a_program_that_is_warned").matches("session_auth_hash").count(), 1);
    assert_eq!(run("a_program_that_is_not_warned"), "");
}

#[test]
#[ignore = "run by the test of its lines, in a process of its own"]
fn a_program_that_is_warned() {
    use tower::Layer;
    for _ in 0..2 {
        CookieSessionLayer::new(factory()).layer(());
    }
}

#[test]
#[ignore = "run by the test of its lines, in a process of its own"]
fn a_program_that_is_not_warned() {
    use tower::Layer;
    CookieSessionLayer::new(factory()).allow_readable(true).layer(());
    let secret = Secret::new(b"a secret that only the tests use").unwrap();
    let encrypted = SignedCookieFactory::builder(secret).format(signed_cookie_session::Format::Encrypted).build();
    CookieSessionLayer::new(encrypted.unwrap()).layer(());
}

#[tokio::test]
async fn an_encrypted_cookie_works_too() {
    let secret = Secret::new(b"a secret that only the tests use").unwrap();
    let encrypted = SignedCookieFactory::builder(secret).format(signed_cookie_session::Format::Encrypted).build();
    let backend = Backend::default();
    backend.set_password("ada", "lace");
    let mut browser = Browser::new(app(encrypted.unwrap(), backend));
    log_in(&mut browser, "ada", "lace").await;
    assert_eq!(browser.get("/account").await.body, "ada");
    assert!(browser.cookies().contains("session=e1."));
    browser.post("/logout").await;
    assert_eq!(browser.get("/account").await.status, StatusCode::TEMPORARY_REDIRECT);
}
