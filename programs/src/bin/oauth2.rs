//! Log in with another site: OAuth 2.0, authorization code with PKCE. The state of a login is in the session.
//!
//! 1. `/login` stores a random state and the PKCE verifier in the session, and sends the browser to the provider.
//! 2. The provider asks the visitor, and sends the browser to `/callback` with a code and the state.
//! 3. `/callback` removes the state from the session and compares. So an attacker cannot make another browser use the
//!    attacker's code, which would log the visitor in as the attacker.
//! 4. The server exchanges the code and the verifier for a token, and asks the provider who the visitor is.
//!
//! The provider here is GitHub. Register an app there with the callback URL `http://localhost:3000/callback`. Then:
//!
//! ```text
//! export SESSION_SECRET=$(openssl rand -hex 32) CLIENT_ID=… CLIENT_SECRET=…
//! cargo run --manifest-path programs/Cargo.toml --bin oauth2
//! ```
//!
//! # In production
//! - Give every server the same `SESSION_SECRET`, keep it over restarts, and serve the site over HTTPS.
//! - Create a row in your users table for the provider's user id, and store your own id in the session. Do not identify
//!   a user by the name, which can change.
//! - If you need the token later, store it in your database and not in the cookie.
//! - If there are several providers, give each a callback path of its own, and store in the attempt which one it is
//!   for.
//! - The state can be used once in this browser. A copy of the older cookie still contains it, so it is the provider
//!   that must accept each code only once.

use std::time::Duration;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use maud::{DOCTYPE, Markup, html};
use oauth2::basic::BasicClient;
use oauth2::{
    AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet, EndpointSet, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, TokenResponse, TokenUrl, reqwest,
};
use serde::{Deserialize, Serialize};
use signed_cookie_session::axum::CsrfForm;
use signed_cookie_session::tower::SessionLayer;
use signed_cookie_session::{BoxError, Builder, Format, SameSite, Secret, Session, SignedCookieFactory};
use tokio::net::TcpListener;

/// The addresses of the provider, and what it gave this site at registration.
pub struct Provider {
    pub authorize_url: String,
    pub token_url: String,
    pub user_url: String,
    pub client_id: String,
    pub client_secret: String,
    pub callback_url: String,
}

impl Provider {
    fn github() -> Result<Self, std::env::VarError> {
        Ok(Self {
            authorize_url: "https://github.com/login/oauth/authorize".to_owned(),
            token_url: "https://github.com/login/oauth/access_token".to_owned(),
            user_url: "https://api.github.com/user".to_owned(),
            client_id: std::env::var("CLIENT_ID")?,
            client_secret: std::env::var("CLIENT_SECRET")?,
            callback_url: "http://localhost:3000/callback".to_owned(),
        })
    }
}

/// A login that was started, under the key `oauth2`. A second one, in another tab, replaces it.
#[derive(Serialize, Deserialize)]
struct Attempt {
    state: String,
    verifier: String,
}

/// The user, as the provider describes one. The session holds the same, under the key `user`.
#[derive(Serialize, Deserialize)]
struct User {
    id: u64,
    login: String,
}

async fn home(session: Session) -> Result<Markup, Error> {
    let messages: Vec<String> = session.flash().pop()?;
    let user: Option<User> = session.get_or_remove("user");
    Ok(page(html! {
        @for message in messages { p { (message) } }
        @if let Some(user) = user {
            p { "You are logged in as " (user.login) "." }
            form method="post" action="/logout" {
                input type="hidden" name="csrf_token" value=(session.csrf_token());
                button { "Log out" }
            }
        } @else {
            p { a href="/login" { "Log in with GitHub" } }
        }
    }))
}

async fn start(State(site): State<Site>, session: Session) -> Result<Redirect, Error> {
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state) = site.client.authorize_url(CsrfToken::new_random).set_pkce_challenge(challenge).url();
    session.insert("oauth2", Attempt { state: state.into_secret(), verifier: verifier.into_secret() })?;
    Ok(Redirect::to(url.as_str()))
}

#[derive(Deserialize)]
struct Answer {
    state: Option<String>,
    code: Option<String>,
}

async fn callback(State(site): State<Site>, session: Session, Query(answer): Query<Answer>) -> Result<Response, Error> {
    let attempt: Option<Attempt> = session.get_or_remove("oauth2");
    session.remove("oauth2"); // one answer for each attempt, right or wrong
    let Some(attempt) = attempt.filter(|attempt| answer.state.as_ref() == Some(&attempt.state)) else {
        let sorry = page(html! {
            p { "This login was not started in this browser, or it has been answered already." }
            p { a href="/" { "Start again" } }
        });
        return Ok((StatusCode::FORBIDDEN, sorry).into_response());
    };
    let Some(code) = answer.code else {
        session.flash().push("You were not logged in: the provider refused.")?;
        return Ok(Redirect::to("/").into_response());
    };
    let token = site
        .client
        .exchange_code(AuthorizationCode::new(code))
        .set_pkce_verifier(PkceCodeVerifier::new(attempt.verifier))
        .request_async(&site.http)
        .await?;
    let request = site.http.get(site.user_url.as_str()).bearer_auth(token.access_token().secret());
    let response = request.send().await?.error_for_status()?;
    let user: User = serde_json::from_slice(&response.bytes().await?)?;
    session.regenerate();
    session.insert("user", user)?;
    Ok(Redirect::to("/").into_response())
}

async fn log_out(session: Session, _: CsrfForm<()>) -> Result<Redirect, Error> {
    session.invalidate();
    session.flash().push("You are logged out.")?;
    Ok(Redirect::to("/"))
}

fn page(content: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head { meta charset="utf-8"; title { "OAuth 2.0" } }
            body { (content) }
        }
    }
}

/// The provider did not answer as it should. The response is a 502 without details.
struct Error(BoxError);

impl<E: Into<BoxError>> From<E> for Error {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        eprintln!("{}", self.0);
        (StatusCode::BAD_GATEWAY, "The login failed. Please try again.").into_response()
    }
}

#[derive(Clone)]
struct Site {
    client: BasicClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>,
    http: reqwest::Client,
    user_url: String,
}

pub fn settings(secret: Secret) -> Builder {
    SignedCookieFactory::builder(secret)
        .cookie_name("__Host-session")
        // Not Strict: another site, the provider, sends the browser to /callback. With Strict, the browser would leave
        // the cookie out of this request, and the callback would never find its state.
        .same_site(SameSite::Lax)
        // The verifier is a secret. In a cookie that is only signed, a log of headers would show it.
        .format(Format::Encrypted)
}

pub fn app(sessions: SignedCookieFactory, provider: Provider) -> Result<Router, BoxError> {
    let client = BasicClient::new(ClientId::new(provider.client_id))
        .set_client_secret(ClientSecret::new(provider.client_secret))
        .set_auth_uri(AuthUrl::new(provider.authorize_url)?)
        .set_token_uri(TokenUrl::new(provider.token_url)?)
        .set_redirect_uri(RedirectUrl::new(provider.callback_url)?);
    let http = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none()) // the token goes to the provider and nowhere else
        .timeout(Duration::from_secs(10))
        .user_agent("signed-cookie-session-programs") // GitHub asks for one
        .build()?;
    Ok(Router::new()
        .route("/", get(home))
        .route("/login", get(start))
        .route("/callback", get(callback))
        .route("/logout", post(log_out))
        .with_state(Site { client, http, user_url: provider.user_url })
        .layer(SessionLayer::new(sessions)))
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let sessions = settings(Secret::from_env("SESSION_SECRET")?).build()?;
    let app = app(sessions, Provider::github().map_err(|error| format!("CLIENT_ID and CLIENT_SECRET: {error}"))?)?;
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    println!("http://localhost:3000/");
    Ok(axum::serve(listener, app).await?)
}
