//! What the environment says: the port, and the factory of the sessions.

use std::env;
use std::error::Error as _;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use signed_cookie_session::{Secret, Secrets, SignedCookieFactory};

pub struct Config {
    pub port: u16,
    pub sessions: SignedCookieFactory,
}

impl Config {
    /// Fails with a sentence for whoever started the demo.
    pub fn from_env() -> Result<Self, String> {
        let port = number("PORT", "a number from 0 to 65535")?.unwrap_or(8080);
        let offset: i32 = number("CLOCK_OFFSET", "a number of seconds, like 90 or -90")?.unwrap_or(0);
        let name = text("COOKIE_NAME")?.unwrap_or_else(|| "session".into());

        let sessions = SignedCookieFactory::builder(secrets()?)
            // Off, against the library's default: this is plain HTTP, and Safari would drop the
            // cookie. A name that promises Secure gets it.
            .secure(name.starts_with("__"))
            .cookie_name(name)
            .clock(move || shifted(SystemTime::now(), offset))
            .build()
            .map_err(|error| format!("COOKIE_NAME cannot be used: {error}"))?;
        Ok(Self { port, sessions })
    }
}

fn secrets() -> Result<Secrets, String> {
    let from_env = |name| {
        Secret::from_env(name).map_err(|error| match error.source() {
            Some(reason) => format!("{error}: {reason}"),
            None => error.to_string(),
        })
    };
    let is_set = |name| env::var_os(name).is_some();

    let signing = if is_set("SESSION_SECRET") {
        from_env("SESSION_SECRET")?
    } else {
        eprintln!(
            "SESSION_SECRET is not set: a secret was generated, and the sessions it signs end with this process.\n\
             To keep them over a restart: export SESSION_SECRET=$(openssl rand -hex 32)"
        );
        Secret::try_generate().map_err(|error| error.to_string())?
    };
    let secrets = Secrets::new(signing);
    Ok(if is_set("SESSION_SECRET_OLD") { secrets.verify_only(from_env("SESSION_SECRET_OLD")?) } else { secrets })
}

fn shifted(now: SystemTime, seconds: i32) -> SystemTime {
    let offset = Duration::from_secs(seconds.unsigned_abs().into());
    if seconds < 0 { now - offset } else { now + offset }
}

fn number<N: FromStr>(name: &str, expected: &str) -> Result<Option<N>, String> {
    let parse = |text: String| text.parse().map_err(|_| format!("{name} is {text:?}, and it must be {expected}"));
    text(name)?.map(parse).transpose()
}

fn text(name: &str) -> Result<Option<String>, String> {
    env::var_os(name).map(|value| value.into_string().map_err(|_| format!("{name} is not UTF-8"))).transpose()
}
