//! A visitor who knows what the site must remember, and reports what is wrong.

use std::net::SocketAddr;

use crate::common::client::{Client, Response};

/// The maximum number of items that a visitor adds, so that the session stays small.
const MOST_ITEMS: usize = 12;

/// One person with one browser.
pub struct Visitor {
    client: Client,
    number: usize,
    turn: usize,
    /// What the site must know.
    name: Option<String>,
    count: u64,
    items: Vec<String>,
    message: Option<String>,
    pub seen: Seen,
}

/// What a visitor saw.
#[derive(Default)]
pub struct Seen {
    pub requests: u64,
    /// How many sessions began, including this visitor's first one.
    pub sessions: u64,
    /// How many pages were requested with a cookie that is signed by a verify-only secret.
    pub under_old: u64,
    /// The node that answered each request, as the proxy names it.
    pub nodes: Vec<String>,
    /// What was wrong.
    pub complaints: Vec<String>,
}

impl Visitor {
    pub fn new(address: SocketAddr, number: usize) -> Self {
        let (name, items) = (None, Vec::new());
        let client = Client::new(address);
        Self { client, number, turn: 0, name, count: 0, items, message: None, seen: Seen::default() }
    }

    /// Does the visitor's next action. After a complaint, the visitor starts again without a cookie.
    pub fn take_a_turn(&mut self) {
        let done = match self.turn % 8 {
            // Every second visitor never logs in.
            1 if self.number.is_multiple_of(2) && self.name.is_none() => self.log_in(),
            1 | 4 | 6 => self.add_an_item(),
            // Of the other visitors, every second one logs out again.
            7 if self.turn % 16 == 15 && self.number.is_multiple_of(4) => self.log_out(),
            2 => self.visit("/howdy"),
            _ => self.visit("/"),
        };
        self.turn += 1;
        if let Err(complaint) = done {
            self.seen.complaints.push(format!("visitor {}, turn {}: {complaint}", self.number, self.turn));
            self.forget();
        }
    }

    fn visit(&mut self, path: &str) -> Result<(), String> {
        if self.client.jar.is_empty() {
            self.seen.sessions += 1;
        }
        let page = self.send(200, |client| client.get(path))?;
        self.count += 1;
        let counter = between(&page.body, "id=\"counter\">", "<");
        if counter != self.count.to_string() {
            let outcome = between(&page.body, "Cookie of this request</dt><dd>", "<");
            return Err(format!("the counter is {counter} and not {}: {outcome}", self.count));
        }
        let messages: Vec<&str> = page.body.split("role=\"status\">").skip(1).map(first_text).collect();
        if messages != self.message.take().as_slice() {
            return Err(format!("the messages are {messages:?}"));
        }
        let greeted = between(between(&page.body, "<h1>", "</h1>"), ", ", ".");
        if greeted != self.name.as_deref().unwrap_or("stranger") {
            return Err(format!("the greeting is for {greeted}"));
        }
        let items: Vec<&str> = page.body.split("<li>").skip(1).map(first_text).collect();
        if items != self.items {
            return Err(format!("the items are {items:?} and not {:?}", self.items));
        }
        self.seen.under_old += u64::from(page.body.contains("under a secret that only verifies"));
        Ok(())
    }

    fn add_an_item(&mut self) -> Result<(), String> {
        let item = format!("item {} of {}", self.items.len(), self.number);
        if self.items.len() < MOST_ITEMS {
            self.send_form("/login", "/items", &format!("item={item}"))?;
            self.items.push(item);
        } else {
            self.send_form("/login", "/items", "item=")?;
        }
        self.message = Some("Your item was added.".into());
        self.visit("/")
    }

    fn log_in(&mut self) -> Result<(), String> {
        let name = format!("Visitor{}", self.number);
        self.send_form("/login", "/login", &format!("user={name}"))?;
        self.message = Some(format!("Welcome, {name}."));
        self.name = Some(name);
        self.visit("/")
    }

    fn log_out(&mut self) -> Result<(), String> {
        self.send_form("/logout", "/logout", "")?;
        if self.client.jar.keys().any(|name| !name.ends_with(".ended")) {
            return Err("the cookie outlived the logout".into());
        }
        self.forget();
        Ok(())
    }

    /// Sends these fields, with the token of the form on a page.
    fn send_form(&mut self, page: &str, path: &str, fields: &str) -> Result<(), String> {
        let form = self.send(200, |client| client.get(page))?;
        let token = between(&form.body, "name=\"csrf_token\" value=\"", "\"").to_owned();
        self.send(303, |client| client.post(path, &format!("csrf_token={token}&{fields}")))?;
        Ok(())
    }

    fn send(&mut self, expected: u16, request: impl FnOnce(&mut Client) -> Response) -> Result<Response, String> {
        let answer = request(&mut self.client);
        self.seen.requests += 1;
        self.seen.nodes.extend(answer.header("x-node").map(str::to_owned));
        if answer.status == expected { Ok(answer) } else { Err(format!("the status is {}", answer.status)) }
    }

    /// Becomes a visitor whom the site does not know.
    fn forget(&mut self) {
        self.client.jar.clear();
        (self.name, self.count, self.message) = (None, 0, None);
        self.items.clear();
    }
}

fn first_text(html: &str) -> &str {
    html.split('<').next().unwrap_or_default()
}

/// Returns the text between two others, or an empty text if the page does not contain them.
fn between<'p>(page: &'p str, before: &str, after: &str) -> &'p str {
    page.split_once(before).and_then(|(_, rest)| rest.split_once(after)).map_or("", |(text, _)| text)
}
