//! `verify`: says whether a cookie is valid, for scripts.

use serde_json::json;
use signed_cookie_session::{Outcome, unverified};

use crate::cookie_format::FormatArgs;
use crate::failure::Failure;
use crate::report::{Report, plain};
use crate::secrets::{self, SecretArgs};
use crate::verdict::Judge;
use crate::{diagnosis, input, malformed};

/// Check whether a cookie is valid: exit status 0 if it is, 1 if it is not
#[derive(clap::Args)]
pub struct Args {
    /// The cookie: its value, a Cookie or Set-Cookie line, or the headers of a response [default: standard input]
    cookie: Option<String>,
    /// Print nothing
    #[arg(short, long)]
    quiet: bool,
    #[command(flatten)]
    secrets: SecretArgs,
    #[command(flatten)]
    format: FormatArgs,
}

pub fn run(args: &Args, json: bool) -> Result<Report, Failure> {
    let sources = args.secrets.needed()?;
    let text = input::text(args.cookie.as_deref(), "a cookie")?;
    let format = args.format.cookie()?;
    let value = input::one_cookie(&text, &format.names)?.value;
    let verdict = Judge::new(&sources, &format)?.judge(&value);
    let secret = verdict.secret.map(|at| sources[at].name.as_str());
    let other_format = || {
        let looks = unverified::recognise(&value)?.format;
        let is_other = looks != format.format && !format.format.as_str().starts_with(looks.as_str());
        is_other.then(|| format!("it looks like the format {looks}: give --format {looks}"))
    };
    let hint = match verdict.outcome {
        Outcome::BadSignature => diagnosis::explain(&value, &sources, &format),
        Outcome::Malformed => Some(other_format().unwrap_or_else(|| malformed::reason(&value))),
        _ => None,
    };
    let text = if args.quiet {
        String::new()
    } else if json {
        let outcome = format!("{:?}", verdict.outcome);
        let valid = verdict.outcome.is_valid();
        format!(
            "{}\n",
            plain(
                &json!({
                    "valid": valid,
                    "outcome": outcome,
                    "message": verdict.outcome.to_string(),
                    "secret": secret,
                    "tried": sources.iter().map(|source| &source.name).collect::<Vec<_>>(),
                    "hint": hint,
                })
                .to_string()
            )
        )
    } else {
        let under = match (secret, verdict.outcome) {
            (Some(name), _) => format!(" (signed under {name})"),
            (None, Outcome::BadSignature) => format!(" (tried {})", secrets::names(&sources)),
            (None, _) => String::new(),
        };
        let hint = hint.map(|hint| format!("{}\n", plain(&hint))).unwrap_or_default();
        format!("{}{}\n{hint}", verdict.outcome, plain(&under))
    };
    Ok(Report { text, status: u8::from(!verdict.outcome.is_valid()) })
}
