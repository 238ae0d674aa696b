//! The pages. Whatever comes from outside goes through [`escaped`].

use http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Response, StatusCode};
use signed_cookie_session::{Session, SignedCookieFactory};

use crate::failure::Failure;
use crate::html::escaped;
use crate::layout;
use crate::panel::panel;
use crate::routes::User;

pub fn home(
    sessions: &SignedCookieFactory,
    session: &Session,
    greeting: &str,
    counter: u64,
    messages: &[String],
    items: &[String],
) -> Result<Response<String>, Failure> {
    let messages: String = messages
        .iter()
        .map(|message| format!("<p class=\"flash\" role=\"status\">{}</p>\n", escaped(message)))
        .collect();
    let user = User::of(session);
    let name = user.as_ref().map_or("stranger", |user| &user.name);
    let who = match &user {
        Some(_) => "<p>You are logged in. <a href=\"/logout\">Log out</a>, and the cookie is gone.</p>\n",
        None => "<p>You are not logged in. <a href=\"/login\">Log in</a>: any name will do.</p>\n",
    };
    let visits = if counter == 1 { "visit" } else { "visits" };
    let items: String = items.iter().map(|item| format!("<li>{}</li>\n", escaped(item))).collect();
    let items = if items.is_empty() { items } else { format!("<ul>\n{items}</ul>\n") };
    let panel = panel(sessions, session)?;
    let main = format!(
        r#"{messages}<section class="hero">
<div>
<h1>{greeting}, {name}.</h1>
{who}</div>
<p class="count"><output id="counter">{counter}</output> {visits} to <a href="/">/</a> and <a href="/howdy">/howdy</a></p>
</section>
<div class="two">
<section class="card">
<h2>Add an item</h2>
{items}<form method="post" action="/items">
<label for="item">What is it?</label>
<div class="line"><input id="item" name="item" required autocomplete="off" placeholder="apples"><button>Add</button></div>
</form>
</section>
<section class="card">
<h2>Keep a value</h2>
<p>By its address: <a href="/set/color/teal"><code>/set/color/teal</code></a> keeps it,
<a href="/get/color"><code>/get/color</code></a> shows it.</p>
<p>Nothing that is in the cookie is secret from you, and nothing in it can be changed by you: it is signed.</p>
</section>
</div>
{panel}"#,
        name = escaped(name),
    );
    Ok(layout::page(StatusCode::OK, greeting, &main))
}

/// A key and its text, as `/set` and `/get` show them.
pub fn kept(
    sessions: &SignedCookieFactory,
    session: &Session,
    verb: &str,
    key: &str,
    value: &str,
) -> Result<Response<String>, Failure> {
    let panel = panel(sessions, session)?;
    let main = format!(
        r#"<section class="card">
<h1>{verb}: <code>{key}</code></h1>
<p class="value" id="value">{value}</p>
<p><a href="/">Back to the start</a></p>
</section>
{panel}"#,
        key = escaped(key),
        value = escaped(value),
    );
    Ok(layout::page(StatusCode::OK, verb, &main))
}

pub fn login_form(session: &Session, status: StatusCode, problem: Option<&str>) -> Response<String> {
    let problem = problem
        .map(|problem| format!("<p class=\"flash bad\" role=\"alert\">{}</p>\n", escaped(problem)))
        .unwrap_or_default();
    let main = format!(
        r#"{problem}<section class="card narrow">
<h1>Log in</h1>
<p>There is no password in this demo: who gives a name is that person.</p>
<form method="post" action="/login">
<input type="hidden" name="csrf_token" value="{token}">
<label for="user">Your name</label>
<div class="line"><input id="user" name="user" required maxlength="{longest}" autocomplete="username" autofocus><button>Log in</button></div>
</form>
</section>
"#,
        token = escaped(session.csrf_token()),
        longest = User::LONGEST_NAME,
    );
    layout::page(status, "Log in", &main)
}

pub fn logout_form(session: &Session) -> Response<String> {
    let who = User::of(session).map_or("You are not logged in.".into(), |user| {
        format!("You are logged in as <strong>{}</strong>.", escaped(user.name))
    });
    let main = format!(
        r#"<section class="card narrow">
<h1>Log out</h1>
<p>{who} Logging out ends the session: the counter, the items and everything else in it go with the cookie.</p>
<form method="post" action="/logout">
<input type="hidden" name="csrf_token" value="{token}">
<div class="line"><button>Log out</button><a href="/">Stay</a></div>
</form>
</section>
"#,
        token = escaped(session.csrf_token()),
    );
    layout::page(StatusCode::OK, "Log out", &main)
}

/// After a form, so that reloading the page does not send it again.
pub fn redirect_home() -> Response<String> {
    let main = "<p>Go on to <a href=\"/\">the start</a>.</p>\n";
    let mut response = layout::page(StatusCode::SEE_OTHER, "Done", main);
    response.headers_mut().insert(LOCATION, HeaderValue::from_static("/"));
    response
}

pub fn failure(status: StatusCode, sentence: &str) -> Response<String> {
    let reason = status.canonical_reason().unwrap_or("Error");
    let main = format!(
        r#"<section class="card narrow">
<p class="status">{code}</p>
<h1>{reason}</h1>
<p class="sentence">{sentence}</p>
<p><a href="/">Back to the start</a></p>
</section>
"#,
        code = status.as_u16(),
        sentence = escaped(sentence),
    );
    layout::page(status, reason, &main)
}

/// A cookie with a bite taken out of it.
pub fn icon() -> Response<String> {
    let mut response = Response::new(include_str!("icon.svg").to_owned());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("image/svg+xml"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=86400"));
    response
}
