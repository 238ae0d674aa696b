//! The content of a session after the handler, for the panel and for the menu.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use serde_json::value::RawValue;
use signed_cookie_session::Session;

use crate::page::Page;
use crate::site::Site;
use crate::user::User;

#[derive(Clone)]
pub struct Seen {
    pub user: Option<User>,
    pub rows: Vec<Row>,
    /// The length of the cookie's value, in bytes.
    pub size: usize,
    pub max_size: usize,
    pub created: String,
    pub renewed: String,
    pub outcome: String,
}

/// A key of the session.
#[derive(Clone)]
pub struct Row {
    pub key: String,
    /// Its JSON text in the cookie, or the error if Rust cannot read it.
    pub json: Result<String, String>,
}

impl Seen {
    pub fn percent(&self) -> usize {
        (self.size * 100 / self.max_size.max(1)).min(100)
    }
}

/// Reads the session after the handler, if the handler answers with a page. It changes nothing.
pub async fn look(State(site): State<Site>, session: Session, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if response.extensions().get::<Page>().is_some() {
        response.extensions_mut().insert(seen(&site, &session));
    }
    response
}

fn seen(site: &Site, session: &Session) -> Seen {
    Seen {
        user: User::of(session),
        rows: rows(session),
        size: site.sessions.size(session).unwrap_or(0),
        max_size: site.sessions.max_size(),
        created: time(session.created()),
        renewed: time(session.renewed()),
        outcome: session.outcome().to_string(),
    }
}

pub fn rows(session: &Session) -> Vec<Row> {
    let row = |key: String| {
        let json = match session.get::<Box<RawValue>>(&key) {
            Ok(json) => Ok(json.map_or_else(String::new, |json| json.get().to_owned())),
            Err(error) => Err(error.to_string()),
        };
        Row { key, json }
    };
    session.keys().into_iter().map(row).collect()
}

/// Returns the time in UTC.
fn time(at: SystemTime) -> String {
    let seconds = at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let at = i64::try_from(seconds).ok().and_then(|at| time::OffsetDateTime::from_unix_timestamp(at).ok());
    let Some(at) = at else { return "beyond the calendar".into() };
    let (year, month, day) = (at.year(), u8::from(at.month()), at.day());
    let (hour, minute, second) = (at.hour(), at.minute(), at.second());
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}
