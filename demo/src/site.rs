//! The site: its routes, and the layers around them.

use std::sync::Arc;
use std::time::SystemTime;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use signed_cookie_session::tower::{CsrfOriginLayer, SessionLayer};
use signed_cookie_session::{CsrfOrigin, SignedCookieFactory};
use tower::ServiceExt;

use crate::cards::format::Choice;
use crate::cards::{device, flash, flip, format, items, login, room, slow, values};
use crate::config::Config;
use crate::failure::Failure;
use crate::sessions::now;
use crate::{frame, home, seen};

/// The maximum size of a form, in bytes. A session cannot hold as much, so the session reports what is too large.
const MAX_FORM: usize = 16 * 1024;

/// What a handler may need to know about the site.
#[derive(Clone)]
pub struct Site {
    pub sessions: SignedCookieFactory,
    /// The format in which `sessions` writes.
    pub format: Choice,
    /// The origin of the site, like `https://127.0.0.1:8080`.
    pub origin: Arc<str>,
    pub https: bool,
    clock_offset: i32,
}

impl Site {
    /// Returns the seconds until a time, by the clock of the sessions.
    pub fn seconds_until(&self, then: SystemTime) -> u64 {
        then.duration_since(now(self.clock_offset)).unwrap_or_default().as_secs()
    }
}

/// Returns the whole site: two sites at one address, which differ in the format of their cookies.
pub fn router(config: Config, origin: &str) -> Result<Router, String> {
    let Config { port, https, sessions } = config;
    let clock_offset = sessions.clock_offset;
    let site = |sessions, format| Site { sessions, format, origin: origin.into(), https, clock_offset };
    let signed = site(sessions.signed, Choice::Signed);
    let encrypted = site(sessions.encrypted, Choice::Encrypted);

    let localhost = origin.replacen("127.0.0.1", "localhost", 1);
    let trusted = CsrfOrigin::new([origin, &localhost]).map_err(|error| format!("PORT={port}: {error}"))?;
    let both = Both {
        choice: format::cookie_name(&signed.sessions).into(),
        signed: pages(signed.clone()),
        encrypted: pages(encrypted),
    };
    Ok(Router::new()
        .fallback(by_choice)
        .with_state(both)
        // Programs like curl send no origin. They still need the form's token.
        .layer(CsrfOriginLayer::new(trusted.allow_no_origin(true)))
        .layer(from_fn_with_state(signed, frame::draw)))
}

/// Returns the routes, with sessions of one format.
fn pages(site: Site) -> Router {
    Router::new()
        .route("/", get(home::hello))
        .route("/howdy", get(home::howdy))
        .route("/items", post(items::add))
        .route("/flash", post(flash::push))
        .route("/queue", get(flash::queue))
        .route("/set/{key}/{value}", get(values::set))
        .route("/get/{key}", get(values::get))
        .route("/login", get(login::login_form).post(login::log_in))
        .route("/logout", get(login::logout_form).post(login::log_out))
        .route("/goodbye", get(login::goodbye))
        .route("/format", post(format::choose))
        .route("/flip", post(flip::flip))
        .route("/slow", get(slow::slow))
        .route("/who", get(slow::who))
        .route("/room", get(room::room))
        .route("/fill", post(room::fill))
        .route("/remove", post(room::remove))
        .route("/theft", post(device::theft))
        .route("/favicon.ico", get(icon))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(DefaultBodyLimit::max(MAX_FORM))
        .layer(from_fn_with_state(site.clone(), seen::look))
        // `frame.rs` shows the visitor why a session cannot be saved.
        .layer(SessionLayer::new(site.sessions.clone()).report_errors(false))
        .with_state(site)
}

#[derive(Clone)]
struct Both {
    /// The name of the cookie that holds the visitor's choice.
    choice: Arc<str>,
    signed: Router,
    encrypted: Router,
}

/// Passes a request to the site whose format the visitor has chosen.
async fn by_choice(State(both): State<Both>, request: Request) -> Response {
    let site = match Choice::of(request.headers(), &both.choice) {
        Choice::Signed => both.signed,
        Choice::Encrypted => both.encrypted,
    };
    match site.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

async fn not_found() -> Failure {
    Failure::not_found()
}

/// The response's header `Allow` lists the methods of the page.
async fn method_not_allowed() -> Failure {
    Failure::new(StatusCode::METHOD_NOT_ALLOWED, "This page does not take that method.")
}

/// A cookie with a bite taken out of it.
async fn icon() -> impl IntoResponse {
    let headers = [(CONTENT_TYPE, "image/svg+xml"), (CACHE_CONTROL, "public, max-age=86400")];
    (headers, include_str!("icon.svg"))
}
