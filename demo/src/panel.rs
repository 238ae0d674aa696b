//! What the session holds, for the visitor to see.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::value::RawValue;
use signed_cookie_session::{SaveError, Session, SignedCookieFactory};

use crate::html::escaped;

/// The most bytes of a cookie's value, unless the factory is told otherwise.
const LIMIT: usize = 4064;

/// As HTML. Made after all changes, so that it shows what the response's cookie will hold.
pub fn panel(sessions: &SignedCookieFactory, session: &Session) -> Result<String, SaveError> {
    let size = sessions.encode(session)?.len();
    let percent = size * 100 / LIMIT;
    let level = if percent < 80 { "roomy" } else { "tight" };
    let rows: String = session.keys().iter().map(|key| row(session, key)).collect();
    let table = if rows.is_empty() {
        "<p class=\"empty\">Nothing yet.</p>\n".into()
    } else {
        format!(
            "<div class=\"scroll\"><table>\n\
             <thead><tr><th scope=\"col\">Key</th><th scope=\"col\">Value, as JSON</th><th scope=\"col\">Bytes</th></tr></thead>\n\
             <tbody>\n{rows}</tbody>\n</table></div>\n"
        )
    };
    Ok(format!(
        r#"<section class="card panel" aria-labelledby="holds">
<h2 id="holds">What your session holds</h2>
<p class="meter"><svg class="{level}" role="meter" aria-label="Size of the cookie" aria-valuemin="0" aria-valuemax="{LIMIT}" aria-valuenow="{size}"><rect width="{percent}%" height="100%"/></svg>
<span><strong>{size}</strong> of {LIMIT} bytes of the cookie are used</span></p>
{table}<dl>
<div><dt>Created</dt><dd>{created}</dd></div>
<div><dt>Renewed</dt><dd>{renewed}</dd></div>
<div><dt>Cookie of this request</dt><dd>{outcome}</dd></div>
</dl>
</section>
"#,
        created = time(session.created()),
        renewed = time(session.renewed()),
        outcome = escaped(session.outcome()),
    ))
}

/// Each value as it stands in the cookie; what Rust cannot read says so in its place.
fn row(session: &Session, key: &str) -> String {
    let (value, bytes) = match session.get::<Box<RawValue>>(key) {
        Ok(Some(json)) => (format!("<code>{}</code>", escaped(json.get())), json.get().len().to_string()),
        Ok(None) => (String::new(), String::new()),
        Err(error) => (escaped(error).to_string(), String::new()),
    };
    format!("<tr><th scope=\"row\"><code>{}</code></th><td>{value}</td><td>{bytes}</td></tr>\n", escaped(key))
}

/// In UTC, for people and for programs.
fn time(at: SystemTime) -> String {
    let seconds = at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let at = i64::try_from(seconds).ok().and_then(|at| time::OffsetDateTime::from_unix_timestamp(at).ok());
    let Some(at) = at else { return "beyond the calendar".into() };
    let (year, month, day) = (at.year(), u8::from(at.month()), at.day());
    let (hour, minute, second) = (at.hour(), at.minute(), at.second());
    let day = format!("{year:04}-{month:02}-{day:02}");
    let clock = format!("{hour:02}:{minute:02}:{second:02}");
    format!("<time datetime=\"{day}T{clock}Z\">{day} {clock} UTC</time>")
}
