//! `rotate`: a dry run of a change of secrets.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::json;
use signed_cookie_session::Outcome;

use crate::cookie_format::FormatArgs;
use crate::failure::Failure;
use crate::report::{Paint, Report, colours, plain};
use crate::secrets::SecretArgs;
use crate::{diagnosis, input, malformed, verdict};

/// Try a change of secrets: which of these cookies would still be read?
///
/// Cookies come on standard input, one a line: values, Cookie or Set-Cookie lines.
/// Give the secrets as they will be after the change.
/// Exit status 1 where a user would be logged out by it.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    #[command(flatten)]
    secrets: SecretArgs,
    #[command(flatten)]
    format: FormatArgs,
}

pub fn run(args: &Args, json: bool) -> Result<Report, Failure> {
    let sources = args.secrets.needed()?;
    sources[0].warn_if_weak();
    let text = input::text(None, "cookies, one a line")?;
    let cookies = input::cookies(&text, &args.format.name)?;
    let paint = Paint(!json && colours());
    let width = cookies.last().map_or(1, |last| last.line.to_string().len());

    let mut report = String::new();
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    let mut hint = None;
    for cookie in &cookies {
        let verdict = verdict::judge(&cookie.value, &sources, &args.format)?;
        let secret = verdict.secret.map(|at| sources[at].name.as_str());
        if json {
            let outcome = format!("{:?}", verdict.outcome);
            let read = verdict.outcome.is_valid();
            writeln!(report, "{}", json!({ "line": cookie.line, "read": read, "outcome": outcome, "secret": secret }))?;
            continue;
        }
        let under = secret.map(plain).unwrap_or_default();
        let (kind, said) = match verdict.outcome {
            Outcome::Valid => ("read", format!("{}  signed under {under}", paint.good("read   "))),
            Outcome::ValidUnderOldSecret => {
                ("anew", format!("{}  signed under {under}, signed anew at the next request", paint.good("read   ")))
            }
            Outcome::Expired | Outcome::Revoked | Outcome::Ended | Outcome::Absent => {
                ("expired", format!("{}  had timed out anyway (under {under})", paint.faint("expired")))
            }
            Outcome::Malformed => {
                ("none", format!("{}  no session: {}", paint.odd("invalid"), plain(&malformed::reason(&cookie.value))))
            }
            Outcome::Future => {
                ("none", format!("{}  dated more than 5 minutes ahead (under {under})", paint.odd("invalid")))
            }
            Outcome::BadSignature => {
                hint = hint.or_else(|| {
                    let hint = diagnosis::explain(&cookie.value, &sources, &args.format)?;
                    Some(format!("Line {}: {hint}", cookie.line))
                });
                ("lost", format!("{}  none of these secrets signed it", paint.bad("LOST   ")))
            }
            other => ("none", format!("{}  {other}", paint.odd("invalid"))),
        };
        *count.entry(kind).or_default() += 1;
        writeln!(report, "{:>width$}  {said}", cookie.line)?;
    }
    let of = |kind| count.get(kind).copied().unwrap_or(0);
    let lost = of("lost");
    if !json {
        writeln!(report, "\n{}", paint.strong(plural(cookies.len(), "cookie")))?;
        for (number, said) in [
            (of("read"), "read as they are"),
            (of("anew"), "read, and signed anew at the next request"),
            (of("expired"), "timed out anyway"),
            (of("none"), "no session at all"),
            (lost, "lost: these users would be logged out"),
        ] {
            if number > 0 {
                writeln!(report, "{number:>6}  {said}")?;
            }
        }
        if let Some(hint) = hint {
            writeln!(report, "\n{}", plain(&hint))?;
        } else if lost > 0 {
            writeln!(report, "\nGive the secret that signed them with --old-secret-env or --old-secret-file.")?;
        }
        return Ok(Report { text: report, status: u8::from(lost > 0) });
    }
    let lost = report.contains("\"outcome\":\"BadSignature\"");
    Ok(Report { text: report, status: u8::from(lost) })
}

fn plural(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
