//! Logging in and out.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use signed_cookie_session::axum::CsrfForm;
use signed_cookie_session::{Outcome, Session};

use crate::cards::{Form, NoFields};
use crate::failure::Failure;
use crate::page::Page;
use crate::user::User;

pub const SOURCE: &str = include_str!("login.rs");

#[derive(Deserialize)]
pub struct Login {
    #[serde(default)]
    user: String,
}

#[derive(Template)]
#[template(path = "login.html")]
struct LoginForm {
    token: String,
    max_name: usize,
    problem: bool,
}

#[derive(Template)]
#[template(path = "logout.html")]
struct LogoutForm {
    token: String,
    user: Option<User>,
}

#[derive(Template)]
#[template(path = "goodbye.html")]
struct Goodbye {
    user: Option<User>,
}

// --- shown on the page ---
pub async fn log_in(session: Session, form: Form<Login>) -> Result<Response, Failure> {
    let CsrfForm(login) = form?;
    let Some(user) = User::named(&login.user) else { return nameless(&session) };
    session.regenerate(); // keeps the data, and makes a new token
    session.insert("user", &user)?;
    session.bind_to_device(); // over HTTPS, in browsers that support it
    session.flash().push(format!("Welcome, {}.", user.name))?;
    Ok(Redirect::to("/").into_response())
}

pub async fn log_out(session: Session, form: Form<NoFields>) -> Result<Redirect, Failure> {
    form?;
    session.invalidate();
    Ok(Redirect::to("/goodbye"))
}
// --- shown on the page ---

pub async fn login_form(session: Session) -> Result<Page, Failure> {
    // A browser that has lost the key of its session could never log in again.
    if session.outcome() == Outcome::Unproven {
        session.invalidate();
    }
    form_page(&session, StatusCode::OK)
}

fn nameless(session: &Session) -> Result<Response, Failure> {
    Ok(form_page(session, StatusCode::BAD_REQUEST)?.into_response())
}

fn form_page(session: &Session, status: StatusCode) -> Result<Page, Failure> {
    let problem = status != StatusCode::OK;
    let form = LoginForm { token: session.csrf_token(), max_name: User::MAX_NAME, problem };
    Ok(Page::plain(status, "Log in", form.render()?))
}

pub async fn logout_form(session: Session) -> Result<Page, Failure> {
    let form = LogoutForm { token: session.csrf_token(), user: User::of(&session) };
    Ok(Page::plain(StatusCode::OK, "Log out", form.render()?))
}

/// The message after a logout. It stores nothing in a session, so that the browser has no session afterwards.
pub async fn goodbye(session: Session) -> Result<Page, Failure> {
    Ok(Page::new("Goodbye", Goodbye { user: User::of(&session) }.render()?))
}
