//! What the pages do with the session.

use http::{Response, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use signed_cookie_session::{Session, SignedCookieFactory};

use crate::failure::Failure;
use crate::form::Form;
use crate::page;

/// Who is logged in. There is no password here: whoever gives a name is that person.
///
/// An object, where `/set` puts text in: nothing but the login form can make one, so that no link
/// logs anybody in.
#[derive(Serialize, Deserialize)]
pub struct User {
    pub name: String,
}

impl User {
    /// The most characters of a name.
    pub const LONGEST_NAME: usize = 64;

    /// What `/set` or another program may have put there instead is nobody.
    pub fn of(session: &Session) -> Option<Self> {
        session.get("user").ok().flatten()
    }
}

/// Pyramid's quick tutorial: a counter, and flash messages that show once.
pub fn home(sessions: &SignedCookieFactory, session: &Session, greeting: &str) -> Result<Response<String>, Failure> {
    // What is no counter (try `/set/counter/x`) is counted over from the start.
    let counter = session.get::<u64>("counter").ok().flatten().unwrap_or(0).saturating_add(1);
    session.insert("counter", counter)?;

    let messages = match session.flash().pop::<Box<RawValue>>() {
        Ok(messages) => messages.iter().map(|message| text_of(message)).collect(),
        Err(error) => vec![error.to_string()],
    };
    let items = session.get::<Vec<String>>("items").ok().flatten().unwrap_or_default();
    page::home(sessions, session, greeting, counter, &messages, &items)
}

/// BottleSessions' example, one half: keeps a text.
pub fn set(
    sessions: &SignedCookieFactory,
    session: &Session,
    key: &str,
    value: &str,
) -> Result<Response<String>, Failure> {
    if key.starts_with('_') {
        let sentence =
            "Keys that begin with \"_\" are the session's own: flash messages and the CSRF token. Take another.";
        return Err(Failure::new(StatusCode::FORBIDDEN, sentence));
    }
    session.insert(key, value)?;
    page::kept(sessions, session, "Kept", key, value)
}

/// BottleSessions' example, the other half: shows what is kept.
pub fn get(sessions: &SignedCookieFactory, session: &Session, key: &str) -> Result<Response<String>, Failure> {
    match session.get::<Box<RawValue>>(key)? {
        Some(value) => page::kept(sessions, session, "Found", key, &text_of(&value)),
        None => {
            let sentence = format!("Nothing is kept under {key:?}. Keep something with /set/<key>/<value>.");
            Err(Failure::new(StatusCode::NOT_FOUND, sentence))
        }
    }
}

/// A form whose answer is a redirect, and whose message shows on the page behind it.
///
/// It asks for no CSRF token: SameSite=Lax keeps the cookie out of other sites' forms.
pub fn add_item(session: &Session, form: &Form) -> Result<Response<String>, Failure> {
    let item = form.get("item").trim();
    if !item.is_empty() {
        let mut items = session.get::<Vec<String>>("items").ok().flatten().unwrap_or_default();
        items.push(item.into());
        session.insert("items", items)?;
    }
    session.flash().push("Your item was added.")?;
    Ok(page::redirect_home())
}

pub fn login_form(session: &Session) -> Response<String> {
    page::login_form(session, StatusCode::OK, None)
}

pub fn login(session: &Session, form: &Form) -> Result<Response<String>, Failure> {
    check_csrf_token(session, form)?;
    let name = form.get("user").trim();
    if !(1..=User::LONGEST_NAME).contains(&name.chars().count()) {
        let sentence = format!("Give a name of 1 to {} characters.", User::LONGEST_NAME);
        return Ok(page::login_form(session, StatusCode::BAD_REQUEST, Some(&sentence)));
    }
    // What was known of the session before the login is worth nothing after it.
    session.regenerate();
    session.insert("user", User { name: name.into() })?;
    session.flash().push(format!("Welcome, {name}."))?;
    Ok(page::redirect_home())
}

pub fn logout_form(session: &Session) -> Response<String> {
    page::logout_form(session)
}

pub fn logout(session: &Session, form: &Form) -> Result<Response<String>, Failure> {
    check_csrf_token(session, form)?;
    session.invalidate();
    Ok(page::redirect_home())
}

fn check_csrf_token(session: &Session, form: &Form) -> Result<(), Failure> {
    if session.verify_csrf_token(form.get("csrf_token")) {
        return Ok(());
    }
    let sentence = "The form does not belong to this session, or the session has ended meanwhile. \
                    Open the form again, with cookies allowed.";
    Err(Failure::new(StatusCode::FORBIDDEN, sentence))
}

/// A text as it reads, anything else as its JSON.
fn text_of(json: &RawValue) -> String {
    serde_json::from_str(json.get()).unwrap_or_else(|_| json.get().to_owned())
}
