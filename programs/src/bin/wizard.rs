//! A wizard: an order on three pages, kept in the session as one value of a Rust type.
//!
//! - Each page checks its own fields, and shows what was typed if something is wrong.
//! - The visitor can go back, with a link or with the browser's button, and finds what was entered before.
//! - If an earlier page is incomplete, a later page redirects to it.
//! - If an older release stored an order of another type, the order starts again.
//! - When the order is placed, it is removed from the session. It is placed once, even if the last page is sent twice.
//!
//! ```text
//! export SESSION_SECRET=$(openssl rand -hex 32)
//! cargo run --manifest-path programs/Cargo.toml --bin wizard
//! ```
//!
//! # In production
//! - Give every server the same `SESSION_SECRET`, keep it over restarts, and serve the site over HTTPS.
//! - Keep the orders in a database, with a unique index on the id. The session alone cannot prevent a second order,
//!   because the browser can send an older cookie again.
//! - Whoever sees the cookie can read what was typed. `Format::Encrypted` (feature `encrypted`) hides it.
//! - Two tabs share one order. If that is wrong for you, keep a map of orders and put the id into the address.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use maud::{DOCTYPE, Markup, html};
use serde::{Deserialize, Serialize};
use signed_cookie_session::axum::CsrfForm;
use signed_cookie_session::tower::SessionLayer;
use signed_cookie_session::{BoxError, Builder, Secret, Session, SignedCookieFactory};
use tokio::net::TcpListener;

/// Longer text could make the session too large for a cookie.
const MAX_CHARS: usize = 100;

/// An order that is being entered, under the key `order`.
#[derive(Serialize, Deserialize)]
pub struct Order {
    id: u64,
    pub contact: Option<Contact>,
    pub delivery: Option<Delivery>,
}

impl Order {
    /// Returns the session's order, or a new one.
    fn of(session: &Session) -> Result<Self, Error> {
        match session.get_or_remove("order") {
            Some(order) => Ok(order),
            None => Ok(Self { id: getrandom::u64()?, contact: None, delivery: None }),
        }
    }

    fn save(&self, session: &Session) -> Result<(), Error> {
        Ok(session.insert("order", self)?)
    }
}

#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Contact {
    pub name: String,
    pub email: String,
}

impl Contact {
    fn problem(&self) -> Option<&'static str> {
        if !is_filled_in(&self.name) {
            Some("Enter a name.")
        } else if !is_filled_in(&self.email) || !self.email.contains('@') {
            Some("Enter an e-mail address.")
        } else {
            None
        }
    }
}

#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Delivery {
    pub address: String,
    pub boxes: String,
}

impl Delivery {
    fn problem(&self) -> Option<&'static str> {
        if !is_filled_in(&self.address) {
            Some("Enter an address.")
        } else if !self.boxes.parse().is_ok_and(|boxes: u8| (1..=20).contains(&boxes)) {
            Some("Enter a number of boxes from 1 to 20.")
        } else {
            None
        }
    }
}

fn is_filled_in(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= MAX_CHARS
}

/// The table of orders. It takes each id once.
#[derive(Clone, Default)]
pub struct Orders(Arc<Mutex<HashMap<u64, (Contact, Delivery)>>>);

impl Orders {
    pub fn table(&self) -> MutexGuard<'_, HashMap<u64, (Contact, Delivery)>> {
        self.0.lock().expect("no thread panicked while it used the table")
    }
}

async fn start(session: Session) -> Result<Response, Error> {
    let messages: Vec<String> = session.flash().pop()?;
    Ok(page(html! {
        @for message in messages { p { (message) } }
        p { a href="/contact" { "Order figs" } }
    }))
}

async fn contact(session: Session) -> Result<Response, Error> {
    let contact = Order::of(&session)?.contact.unwrap_or_default();
    Ok(contact_form(&session, &contact, None))
}

async fn save_contact(session: Session, CsrfForm(contact): CsrfForm<Contact>) -> Result<Response, Error> {
    if let Some(problem) = contact.problem() {
        return Ok(contact_form(&session, &contact, Some(problem)));
    }
    Order { contact: Some(contact), ..Order::of(&session)? }.save(&session)?;
    Ok(Redirect::to("/delivery").into_response())
}

async fn delivery(session: Session) -> Result<Response, Error> {
    let order = Order::of(&session)?;
    if order.contact.is_none() {
        return Ok(Redirect::to("/contact").into_response());
    }
    Ok(delivery_form(&session, &order.delivery.unwrap_or_default(), None))
}

async fn save_delivery(session: Session, CsrfForm(delivery): CsrfForm<Delivery>) -> Result<Response, Error> {
    let order = Order::of(&session)?;
    if order.contact.is_none() {
        return Ok(Redirect::to("/contact").into_response());
    }
    if let Some(problem) = delivery.problem() {
        return Ok(delivery_form(&session, &delivery, Some(problem)));
    }
    Order { delivery: Some(delivery), ..order }.save(&session)?;
    Ok(Redirect::to("/confirm").into_response())
}

async fn confirm(session: Session) -> Result<Response, Error> {
    match Order::of(&session)? {
        Order { contact: Some(contact), delivery: Some(delivery), .. } => {
            Ok(confirm_form(&session, &contact, &delivery))
        }
        Order { contact: Some(_), .. } => Ok(Redirect::to("/delivery").into_response()),
        _ => Ok(Redirect::to("/contact").into_response()),
    }
}

async fn place(State(orders): State<Orders>, session: Session, _: CsrfForm<()>) -> Result<Response, Error> {
    let Order { id, contact: Some(contact), delivery: Some(delivery) } = Order::of(&session)? else {
        return Ok(Redirect::to("/confirm").into_response());
    };
    orders.table().entry(id).or_insert((contact, delivery));
    session.remove("order");
    session.flash().push("Thank you for your order.")?;
    Ok(Redirect::to("/").into_response())
}

fn contact_form(session: &Session, contact: &Contact, problem: Option<&str>) -> Response {
    form(
        session,
        problem,
        html! {
            p { label { "Name " input name="name" value=(contact.name) maxlength=(MAX_CHARS) required; } }
            p { label { "E-mail " input name="email" type="email" value=(contact.email) maxlength=(MAX_CHARS) required; } }
            a href="/" { "Back" } " " button { "Next" }
        },
    )
}

fn delivery_form(session: &Session, delivery: &Delivery, problem: Option<&str>) -> Response {
    form(
        session,
        problem,
        html! {
            p { label { "Address " input name="address" value=(delivery.address) maxlength=(MAX_CHARS) required; } }
            p { label { "Boxes " input name="boxes" type="number" min="1" max="20" value=(delivery.boxes) required; } }
            a href="/contact" { "Back" } " " button { "Next" }
        },
    )
}

fn confirm_form(session: &Session, contact: &Contact, delivery: &Delivery) -> Response {
    form(
        session,
        None,
        html! {
            p { (contact.name) ", " (contact.email) }
            p { (delivery.boxes) " boxes of figs to " (delivery.address) }
            a href="/delivery" { "Back" } " " button { "Place the order" }
        },
    )
}

fn form(session: &Session, problem: Option<&str>, fields: Markup) -> Response {
    let page = page(html! {
        @if let Some(problem) = problem { p role="alert" { (problem) } }
        form method="post" {
            input type="hidden" name="csrf_token" value=(session.csrf_token());
            (fields)
        }
    });
    if problem.is_some() { (StatusCode::UNPROCESSABLE_ENTITY, page).into_response() } else { page }
}

/// The browser keeps no copy: its Back button loads the page again, with what is in the session now.
fn page(content: Markup) -> Response {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head { meta charset="utf-8"; title { "Order" } }
            body { (content) }
        }
    };
    ([(header::CACHE_CONTROL, "no-store")], page).into_response()
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
    SignedCookieFactory::builder(secret).cookie_name("__Host-session").timeout(Duration::from_secs(60 * 60))
}

pub fn app(sessions: SignedCookieFactory, orders: Orders) -> Router {
    Router::new()
        .route("/", get(start))
        .route("/contact", get(contact).post(save_contact))
        .route("/delivery", get(delivery).post(save_delivery))
        .route("/confirm", get(confirm).post(place))
        .with_state(orders)
        .layer(SessionLayer::new(sessions))
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let sessions = settings(Secret::from_env("SESSION_SECRET")?).build()?;
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    println!("http://localhost:3000/");
    Ok(axum::serve(listener, app(sessions, Orders::default())).await?)
}
