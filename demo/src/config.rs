//! Reads the environment variables. `options.rs` describes them.

use std::env;
use std::error::Error as _;
use std::str::FromStr;

use signed_cookie_session::{Secret, Secrets};

use crate::sessions::{Sessions, Settings};

pub struct Config {
    pub port: u16,
    pub https: bool,
    pub sessions: Sessions,
}

impl Config {
    /// The error is a sentence for the person who started the demo.
    pub fn from_env(https: bool) -> Result<Self, String> {
        let port = number("PORT", "a number from 0 to 65535")?.unwrap_or(8080);
        let settings = Settings {
            cookie_name: text("COOKIE_NAME")?.unwrap_or_else(|| "session".into()),
            clock_offset: number("CLOCK_OFFSET", "a number of seconds, like 90 or -90")?.unwrap_or(0),
            https,
            device_lifetime: number("DEVICE_LIFETIME", "a number of seconds, like 300")?.unwrap_or(300),
        };
        Ok(Self { port, https, sessions: Sessions::new(&secrets()?, &settings)? })
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

fn number<N: FromStr>(name: &str, expected: &str) -> Result<Option<N>, String> {
    let parse = |text: String| text.parse().map_err(|_| format!("{name} is {text:?}, and it must be {expected}"));
    text(name)?.map(parse).transpose()
}

fn text(name: &str) -> Result<Option<String>, String> {
    env::var_os(name).map(|value| value.into_string().map_err(|_| format!("{name} is not UTF-8"))).transpose()
}
