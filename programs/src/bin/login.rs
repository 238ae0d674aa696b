//! A login: users in SQLite, passwords hashed with Argon2, a page for users only, a logout.
//!
//! - An unknown name costs as much work as a wrong password, so that the time does not tell which names exist.
//! - `regenerate` begins a new session at login, and `invalidate` ends it at logout.
//! - Each form has a CSRF token, the login too: otherwise another site could log the visitor in as somebody else.
//! - After the login, the browser goes to the page that was asked for before, and never to another site.
//!
//! ```text
//! export SESSION_SECRET=$(openssl rand -hex 32)
//! cargo run --manifest-path programs/Cargo.toml --bin login add ada    # asks for the password
//! cargo run --manifest-path programs/Cargo.toml --bin login
//! ```
//!
//! # In production
//! - Give every server the same `SESSION_SECRET`, keep it over restarts, and serve the site over HTTPS.
//! - Limit the attempts for each name and each address.
//! - A copied cookie stays valid after the logout, until its timeout. `log_out_everywhere` shows how to end it earlier.
//! - A new password must end the user's other sessions: `log_out_everywhere` shows that too.
//! - Use a pool of connections if one is too slow.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use axum::Router;
use axum::extract::{FromRequestParts, Query, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use maud::{DOCTYPE, Markup, html};
use rusqlite::{Connection, OptionalExtension};
use serde::Deserialize;
use signed_cookie_session::axum::CsrfForm;
use signed_cookie_session::tower::SessionLayer;
use signed_cookie_session::{BoxError, Builder, CsrfFormError, Secret, Session, SignedCookieFactory};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// The table of users.
#[derive(Clone)]
pub struct Users {
    connection: Arc<Mutex<Connection>>,
    /// The hash that a password is compared with if there is no user.
    no_hash: Arc<str>,
    /// How many passwords may be checked at once: a check takes 19 MiB of memory and all of a processor.
    checks: Arc<Semaphore>,
}

impl Users {
    pub fn new(connection: Connection) -> Result<Self, BoxError> {
        // AUTOINCREMENT: the id of a deleted user, which may still be in a session, is never used again.
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS users (
                id INTEGER PRIMARY KEY AUTOINCREMENT,
                name TEXT NOT NULL UNIQUE,
                password_hash TEXT NOT NULL
            ) STRICT",
        )?;
        let (connection, checks) = (Arc::new(Mutex::new(connection)), Arc::new(Semaphore::new(4)));
        Ok(Self { connection, no_hash: hash("")?.into(), checks })
    }

    pub fn add(&self, name: &str, password: &str) -> Result<(), BoxError> {
        let insert = "INSERT INTO users (name, password_hash) VALUES (?1, ?2)";
        self.connection().execute(insert, (name, hash(password)?))?;
        Ok(())
    }

    /// Returns the user's id if the password is right. Slow, as a password check should be.
    pub fn check(&self, name: &str, password: &str) -> Result<Option<i64>, BoxError> {
        let select = "SELECT id, password_hash FROM users WHERE name = ?1";
        let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
        let user: Option<(i64, String)> = self.connection().query_row(select, [name], row).optional()?;
        let hash = PasswordHash::new(user.as_ref().map_or(&self.no_hash, |(_, hash)| hash))?;
        let is_right = Argon2::default().verify_password(password.as_bytes(), &hash).is_ok();
        Ok(user.filter(|_| is_right).map(|(id, _)| id))
    }

    pub fn name(&self, id: i64) -> Result<Option<String>, BoxError> {
        let select = "SELECT name FROM users WHERE id = ?1";
        Ok(self.connection().query_row(select, [id], |row| row.get(0)).optional()?)
    }

    pub fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().expect("no thread panicked while it used the database")
    }
}

fn hash(password: &str) -> Result<String, BoxError> {
    Ok(Argon2::default().hash_password(password.as_bytes())?.to_string())
}

/// The user who is logged in. A handler that takes a `User` is called for nobody else.
struct User {
    name: String,
}

impl User {
    fn of(session: &Session, users: &Users) -> Result<Option<Self>, Error> {
        let Some(id) = session.get_or_remove("user") else { return Ok(None) };
        Ok(users.name(id)?.map(|name| Self { name })) // takes microseconds: no thread of its own needed
    }
}

impl FromRequestParts<Users> for User {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, users: &Users) -> Result<Self, Response> {
        let session = Session::from_request_parts(parts, users).await.map_err(IntoResponse::into_response)?;
        let user = Self::of(&session, users).map_err(IntoResponse::into_response)?;
        user.ok_or_else(|| Redirect::to(&login_path(parts)).into_response())
    }
}

/// Returns the address of the login page. It leads back to the page of this request, if that can be repeated.
fn login_path(request: &Parts) -> String {
    match request.uri.path_and_query() {
        Some(page) if request.method == Method::GET => {
            let page: String = form_urlencoded::byte_serialize(page.as_str().as_bytes()).collect();
            format!("/login?next={page}")
        }
        _ => "/login".to_owned(),
    }
}

async fn account(session: Session, user: User) -> Result<Response, Error> {
    let messages: Vec<String> = session.flash().pop()?;
    let page = page(html! {
        @for message in messages { p { (message) } }
        p { "You are logged in as " (user.name) "." }
        form method="post" action="/logout" {
            input type="hidden" name="csrf_token" value=(session.csrf_token());
            button { "Log out" }
        }
    });
    // After the logout, the browser's Back button must not show this page.
    Ok(([(header::CACHE_CONTROL, "no-store")], page).into_response())
}

#[derive(Deserialize)]
struct LoginQuery {
    next: Option<String>,
}

#[derive(Deserialize)]
struct Credentials {
    name: String,
    password: String,
}

async fn login_page(session: Session) -> Result<Markup, Error> {
    let messages: Vec<String> = session.flash().pop()?;
    Ok(login_form(&session, &messages.join(" ")))
}

async fn log_in(
    State(users): State<Users>,
    session: Session,
    Query(query): Query<LoginQuery>,
    form: Result<CsrfForm<Credentials>, CsrfFormError>,
) -> Result<Response, Error> {
    let refused = |reason| Ok((StatusCode::FORBIDDEN, login_form(&session, reason)).into_response());
    let CsrfForm(Credentials { name, password }) = match form {
        Ok(form) => form,
        Err(error) if error.is_forged() => return refused("This page was open for too long. Please try again."),
        Err(error) => return Ok(error.into_response()),
    };
    let permit = Arc::clone(&users.checks).acquire_owned().await?;
    let check = move || {
        let _permit = permit; // until the check ends, even if the visitor does not wait for it
        users.check(&name, &password)
    };
    let Some(id) = spawn_blocking(check).await?? else {
        return refused("The name or the password is wrong.");
    };
    session.regenerate();
    session.insert("user", id)?;
    session.flash().push("Welcome.")?;
    let next = query.next.filter(|next| is_on_this_site(next));
    Ok(Redirect::to(next.as_deref().unwrap_or("/")).into_response())
}

/// Returns whether a redirect to this place stays on this site. For a browser, `//other.example` and `/\other.example`
/// are other sites, also with tabs and line breaks in between.
fn is_on_this_site(place: &str) -> bool {
    place.starts_with('/')
        && !place.starts_with("//")
        && place.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
}

async fn log_out(session: Session, _: CsrfForm<()>) -> Result<Redirect, Error> {
    session.invalidate();
    session.flash().push("You are logged out.")?;
    Ok(Redirect::to("/login"))
}

/// Without an `action`, the form is sent to the address of the page, which has the `next` in it.
fn login_form(session: &Session, message: &str) -> Markup {
    page(html! {
        @if !message.is_empty() { p { (message) } }
        form method="post" {
            input type="hidden" name="csrf_token" value=(session.csrf_token());
            p { label { "Name " input name="name" autocomplete="username" required; } }
            p { label { "Password " input name="password" type="password" autocomplete="current-password" required; } }
            button { "Log in" }
        }
    })
}

fn page(content: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head { meta charset="utf-8"; title { "Login" } }
            body { (content) }
        }
    }
}

/// An error that the visitor cannot correct. The response is a 500 without details.
struct Error(BoxError);

impl<E: Into<BoxError>> From<E> for Error {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        eprintln!("{}", self.0);
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}

pub fn settings(secret: Secret) -> Builder {
    SignedCookieFactory::builder(secret)
        .cookie_name("__Host-session")
        .timeout(Duration::from_secs(30 * 60))
        .absolute_timeout(Duration::from_secs(12 * 60 * 60))
}

pub fn app(sessions: SignedCookieFactory, users: Users) -> Router {
    Router::new()
        .route("/", get(account))
        .route("/login", get(login_page).post(log_in))
        .route("/logout", post(log_out))
        .with_state(users)
        .layer(SessionLayer::new(sessions))
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let users = Users::new(Connection::open("users.sqlite3")?)?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [command, name] = &arguments[..]
        && command == "add"
    {
        println!("The password of {name}:");
        let mut password = String::new();
        std::io::stdin().read_line(&mut password)?;
        return users.add(name, password.trim_end_matches(['\r', '\n']));
    }
    let sessions = settings(Secret::from_env("SESSION_SECRET")?).build()?;
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    println!("http://localhost:3000/");
    Ok(axum::serve(listener, app(sessions, users)).await?)
}
