//! Leptos: server functions that read and write the session. The page calls one while it is rendered, and the browser
//! can call both.
//!
//! A server function gets the session from `leptos_axum::extract`, as any axum extractor. This program is the server's
//! half only. Without a script, the browser sends the form and then loads the page again, so everything works.
//!
//! ```text
//! export SESSION_SECRET=$(openssl rand -hex 32)
//! cargo run --manifest-path programs/Cargo.toml --bin server_function
//! ```
//!
//! # The browser's half
//! `cargo leptos` builds it from the same source: for `wasm32-unknown-unknown`, with the feature `leptos/hydrate`
//! instead of `leptos/ssr`. There, `#[server]` replaces the function's body by a call to the server. So import what
//! only the server has in the body, as below, and make `axum`, `leptos_axum` and `signed-cookie-session` optional
//! dependencies that your feature `ssr` turns on. The cookie is `HttpOnly`: the browser sends it with the call, and the
//! script cannot read it.
//!
//! # In production
//! - Give every server the same `SESSION_SECRET`, keep it over restarts, and serve the site over HTTPS.
//! - Replace `http://localhost:3000` by your site's origin. Other sites can send forms to a server function;
//!   `CsrfOriginLayer` refuses them.
//! - Check arguments and rights in the function itself: anybody can call it.
//! - Pages of Leptos stream their body by default, and the cookie is sent before the body. Such a page can read the
//!   session, but what it changes is lost. Change the session in functions that the browser calls, or use
//!   `SsrMode::Async`, as below.

use axum::Router as AxumRouter;
use leptos::prelude::*;
use leptos_axum::{LeptosRoutes, generate_route_list};
use leptos_router::components::{Route, Router, Routes};
use leptos_router::{SsrMode, path};
use signed_cookie_session::tower::{CsrfOriginLayer, SessionLayer};
use signed_cookie_session::{BoxError, Builder, CsrfOrigin, Secret, SignedCookieFactory};
use tokio::net::TcpListener;

/// Returns the visitor's name.
#[server(endpoint = "name")]
async fn name() -> Result<String, ServerFnError> {
    use signed_cookie_session::Session;

    let session: Session = leptos_axum::extract().await?;
    Ok(session.get("name")?.unwrap_or_else(|| "stranger".to_owned()))
}

/// Sets the visitor's name.
#[server(endpoint = "rename")]
async fn rename(name: String) -> Result<(), ServerFnError> {
    use signed_cookie_session::Session;

    let name = name.trim();
    if name.is_empty() || name.chars().count() > 50 {
        return Err(ServerFnError::new("A name has 1 to 50 characters."));
    }
    let session: Session = leptos_axum::extract().await?;
    session.insert("name", name)?;
    Ok(())
}

#[component]
fn Home() -> impl IntoView {
    let rename = ServerAction::<Rename>::new();
    let name = Resource::new(move || rename.version().get(), |_| name());
    view! {
        <Suspense>
            <p>{move || Suspend::new(async move { name.await.map(|name| format!("Hello, {name}.")) })}</p>
        </Suspense>
        <ActionForm action=rename>
            <input name="name" maxlength="50" required/>
            <button>"Rename"</button>
        </ActionForm>
    }
}

#[component]
fn Site() -> impl IntoView {
    view! {
        <Router>
            <Routes fallback=|| "There is no such page.">
                <Route path=path!("/") view=Home ssr=SsrMode::Async/>
            </Routes>
        </Router>
    }
}

fn document() -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <title>"Server function"</title>
            </head>
            <body>
                <Site/>
            </body>
        </html>
    }
}

pub fn settings(secret: Secret) -> Builder {
    SignedCookieFactory::builder(secret).cookie_name("__Host-session")
}

pub fn app(sessions: SignedCookieFactory, origin: CsrfOrigin) -> AxumRouter {
    let options = LeptosOptions::builder().output_name("server_function").build();
    AxumRouter::new()
        .leptos_routes(&options, generate_route_list(Site), document) // the pages and the server functions
        .with_state(options)
        .layer(SessionLayer::new(sessions))
        .layer(CsrfOriginLayer::new(origin))
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let sessions = settings(Secret::from_env("SESSION_SECRET")?).build()?;
    let app = app(sessions, CsrfOrigin::new(["http://localhost:3000"])?);
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    println!("http://localhost:3000/");
    Ok(axum::serve(listener, app).await?)
}
