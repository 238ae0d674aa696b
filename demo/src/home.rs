//! The first page: all cards.

use askama::Template;
use axum::extract::State;
use signed_cookie_session::{Outcome, Session};

use crate::cards::counter::{self, count};
use crate::cards::device::{self, Device, device_of};
use crate::cards::{flash, flip, format, items, login, room, slow, values};
use crate::failure::Failure;
use crate::page::Page;
use crate::site::Site;
use crate::snippet::shown;
use crate::user::{User, name_of};

#[derive(Template)]
#[template(path = "hero.html")]
struct Hero<'h> {
    greeting: &'h str,
    name: &'h str,
    is_logged_in: bool,
    counter: u64,
    messages: &'h [String],
    note: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    token: String,
    name: Option<String>,
    items: Vec<String>,
    format: &'static str,
    other_format: &'static str,
    https: bool,
    device: Device,
    code: Code,
}

/// The Rust code behind each card.
struct Code {
    counter: &'static str,
    items: &'static str,
    flash: &'static str,
    values: &'static str,
    login: &'static str,
    format: &'static str,
    flip: &'static str,
    slow: &'static str,
    room: &'static str,
    device: &'static str,
}

pub async fn hello(site: State<Site>, session: Session) -> Result<Page, Failure> {
    page(site, &session, "Hello")
}

pub async fn howdy(site: State<Site>, session: Session) -> Result<Page, Failure> {
    page(site, &session, "Howdy")
}

fn page(State(site): State<Site>, session: &Session, greeting: &str) -> Result<Page, Failure> {
    let note = note(session.outcome());
    let counter = count(session)?;
    // If another program stored something else in place of the queue, the page shows the error and does not remove it.
    let messages = flash::pop(session).unwrap_or_else(|error| vec![error.to_string()]);
    let user = User::of(session);
    let home = Home {
        token: session.csrf_token(),
        name: user.as_ref().map(|user| user.name.clone()),
        items: items::list(session),
        format: site.format.as_str(),
        other_format: site.format.other().as_str(),
        https: site.https,
        device: device_of(&site, session),
        code: code(),
    };
    let hero =
        Hero { greeting, name: &name_of(session), is_logged_in: user.is_some(), counter, messages: &messages, note };
    Ok(Page { top: hero.render()?, has_script: true, ..Page::new(greeting, home.render()?) })
}

/// Returns what a visitor should know about the cookie of the request.
fn note(outcome: Outcome) -> Option<&'static str> {
    match outcome {
        Outcome::Ended => Some(
            "You had logged out, and that holds. A page that was still loading had set the old cookie again; \
             the end mark beside it says that its session is over.",
        ),
        Outcome::Expired => Some("You were away for too long: this is a new session."),
        Outcome::BadSignature | Outcome::Malformed => {
            Some("Your cookie was not signed by this server, so this is a new session. Nothing has failed.")
        }
        Outcome::Unproven => Some(
            "This session belongs to another device: it is empty here, and nothing is saved. If it is yours, log in again.",
        ),
        _ => None,
    }
}

fn code() -> Code {
    Code {
        counter: shown(counter::SOURCE),
        items: shown(items::SOURCE),
        flash: shown(flash::SOURCE),
        values: shown(values::SOURCE),
        login: shown(login::SOURCE),
        format: shown(format::SOURCE),
        flip: shown(flip::SOURCE),
        slow: shown(slow::SOURCE),
        room: shown(room::SOURCE),
        device: shown(device::SOURCE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_card_shows_ten_lines_of_rust_or_so() {
        let Code { counter, items, flash, values, login, format, flip, slow, room, device } = code();
        for code in [counter, items, flash, values, login, format, flip, slow, room, device] {
            assert!((3..=20).contains(&code.lines().count()), "{} lines:\n{code}", code.lines().count());
        }
    }
}
