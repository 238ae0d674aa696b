//! "Log out everywhere": a version number for each user, checked every five minutes and not at each request.
//!
//! The server keeps no list of sessions, so it cannot end a single one. Instead, each user has a version number in the
//! database. The session stores the number of the time of the login. To log a user out everywhere, increase the number.
//!
//! Other browsers are logged out up to five minutes later. In return, most requests need no look-up: the session also
//! stores the time of the last check. A check writes the cookie, and the next reissue is due at the next check, so that
//! there is one write in five minutes and not two.
//!
//! ```text
//! export SESSION_SECRET=$(openssl rand -hex 32)
//! cargo run --manifest-path programs/Cargo.toml --bin log_out_everywhere
//! ```
//!
//! # In production
//! - Give every server the same `SESSION_SECRET`, keep it over restarts, and serve the site over HTTPS.
//! - The login here asks for a name only. The program `login` shows passwords.
//! - Keep the number in a column of the users table. Increase it also when the password changes, and when you lock the
//!   account.
//! - Before anything important, such as a payment or a new password, check at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use maud::{DOCTYPE, Markup, html};
use serde::{Deserialize, Serialize};
use signed_cookie_session::axum::CsrfForm;
use signed_cookie_session::tower::SessionLayer;
use signed_cookie_session::{BoxError, Builder, Secret, Session, SignedCookieFactory, ValueError};
use tokio::net::TcpListener;

/// How long another browser may stay logged in.
pub const CHECK_EVERY: Duration = Duration::from_secs(5 * 60);

/// The table of users: each name with its version number.
#[derive(Clone)]
pub struct Users(Arc<Mutex<HashMap<String, u64>>>);

impl Users {
    pub fn new<const N: usize>(names: [&str; N]) -> Self {
        Self(Arc::new(Mutex::new(names.map(|name| (name.to_owned(), 1)).into())))
    }

    pub fn table(&self) -> MutexGuard<'_, HashMap<String, u64>> {
        self.0.lock().expect("no thread panicked while it used the table")
    }

    fn version(&self, name: &str) -> Option<u64> {
        self.table().get(name).copied()
    }

    fn log_out_everywhere(&self, name: &str) {
        if let Some(version) = self.table().get_mut(name) {
            *version += 1;
        }
    }
}

/// What the session stores about the user, under the key `login`.
#[derive(Serialize, Deserialize)]
struct Login {
    user: String,
    version: u64,
    /// The time of the last check, in unix seconds.
    checked: u64,
}

/// The user who is logged in. A handler that takes a `User` is called for nobody else.
struct User(String);

impl User {
    fn of(session: &Session, site: &Site) -> Result<Option<Self>, ValueError> {
        let Some(login) = session.get_or_remove::<Login>("login") else { return Ok(None) };
        let now = site.unix_seconds();
        if now.abs_diff(login.checked) < CHECK_EVERY.as_secs() {
            return Ok(Some(Self(login.user)));
        }
        if site.users.version(&login.user) != Some(login.version) {
            session.invalidate();
            session.flash().push("You were logged out.")?;
            return Ok(None);
        }
        session.insert("login", Login { user: login.user.clone(), checked: now, ..login })?;
        Ok(Some(Self(login.user)))
    }
}

impl FromRequestParts<Site> for User {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Response> {
        let session = Session::from_request_parts(parts, site).await.map_err(IntoResponse::into_response)?;
        let user = Self::of(&session, site).map_err(IntoResponse::into_response)?;
        user.ok_or_else(|| Redirect::to("/login").into_response())
    }
}

async fn account(session: Session, User(name): User) -> Markup {
    page(html! {
        p { "You are logged in as " (name) "." }
        form method="post" {
            input type="hidden" name="csrf_token" value=(session.csrf_token());
            button formaction="/logout" { "Log out" }
            button formaction="/logout/everywhere" { "Log out everywhere" }
        }
    })
}

async fn login_page(session: Session) -> Result<Markup, ValueError> {
    let messages: Vec<String> = session.flash().pop()?;
    Ok(page(html! {
        @for message in messages { p { (message) } }
        form method="post" {
            input type="hidden" name="csrf_token" value=(session.csrf_token());
            label { "Name (ada or charles) " input name="name" autocomplete="username" required; }
            button { "Log in" }
        }
    }))
}

#[derive(Deserialize)]
struct Credentials {
    name: String,
}

async fn log_in(
    State(site): State<Site>,
    session: Session,
    CsrfForm(form): CsrfForm<Credentials>,
) -> Result<Redirect, ValueError> {
    let Some(version) = site.users.version(&form.name) else {
        session.flash().push("There is no such user.")?;
        return Ok(Redirect::to("/login"));
    };
    session.regenerate();
    session.insert("login", Login { user: form.name, version, checked: site.unix_seconds() })?;
    Ok(Redirect::to("/"))
}

async fn log_out(session: Session, _: CsrfForm<()>) -> Result<Redirect, ValueError> {
    session.invalidate();
    session.flash().push("You are logged out.")?;
    Ok(Redirect::to("/login"))
}

async fn log_out_everywhere(
    State(site): State<Site>,
    session: Session,
    User(name): User,
    _: CsrfForm<()>,
) -> Result<Redirect, ValueError> {
    site.users.log_out_everywhere(&name);
    session.invalidate();
    session.flash().push("You are logged out everywhere.")?;
    Ok(Redirect::to("/login"))
}

fn page(content: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head { meta charset="utf-8"; title { "Log out everywhere" } }
            body { (content) }
        }
    }
}

#[derive(Clone)]
struct Site {
    users: Users,
    clock: Arc<dyn Fn() -> SystemTime + Send + Sync>,
}

impl Site {
    fn unix_seconds(&self) -> u64 {
        (self.clock)().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
    }
}

pub fn settings(secret: Secret) -> Builder {
    SignedCookieFactory::builder(secret)
        .cookie_name("__Host-session")
        .timeout(Duration::from_secs(30 * 60))
        .reissue_time(CHECK_EVERY) // one write for both
}

pub fn app(
    sessions: SignedCookieFactory,
    users: Users,
    clock: impl Fn() -> SystemTime + Send + Sync + 'static,
) -> Router {
    Router::new()
        .route("/", get(account))
        .route("/login", get(login_page).post(log_in))
        .route("/logout", post(log_out))
        .route("/logout/everywhere", post(log_out_everywhere))
        .with_state(Site { users, clock: Arc::new(clock) })
        .layer(SessionLayer::new(sessions))
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let sessions = settings(Secret::from_env("SESSION_SECRET")?).build()?;
    let app = app(sessions, Users::new(["ada", "charles"]), SystemTime::now);
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    println!("http://localhost:3000/");
    Ok(axum::serve(listener, app).await?)
}
