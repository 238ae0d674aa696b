//! `rotate`: a dry run of a change of secrets.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::json;
use signed_cookie_session::Outcome;

use crate::cookie_format::FormatArgs;
use crate::failure::Failure;
use crate::report::{Paint, Report, colours, plain};
use crate::secrets::SecretArgs;
use crate::verdict::Judge;
use crate::{diagnosis, input, malformed};

/// Try a change of secrets: which of these cookies would still be valid?
///
/// Give the cookies on standard input, one per line: values, Cookie or Set-Cookie lines.
/// Give the secrets as they will be after the change.
/// The exit status is 1 if the change would log somebody out.
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
    let warnings = sources[0].warn_if_weak(json);
    let format = args.format.cookie()?;
    let judge = Judge::new(&sources, &format)?;
    let text = input::text(None, "cookies, one per line")?;
    let cookies = input::cookies(&text, &format.names)?;
    let paint = Paint(!json && colours());
    let width = cookies.last().map_or(1, |last| last.line.to_string().len());

    let mut report = String::new();
    let mut count: BTreeMap<Kind, usize> = BTreeMap::new();
    let mut hint = None;
    for cookie in &cookies {
        let verdict = judge.judge(&cookie.value);
        let secret = verdict.secret.map(|at| sources[at].name.as_str());
        let under = secret.map(plain).unwrap_or_default();
        let kind = Kind::of(verdict.outcome);
        *count.entry(kind).or_default() += 1;
        let reason = match verdict.outcome {
            Outcome::Malformed => Some(malformed::reason(&cookie.value)),
            Outcome::BadSignature => {
                let explained = diagnosis::explain(&cookie.value, &sources, &format);
                hint = hint.or_else(|| Some(format!("Line {}: {}", cookie.line, explained.as_ref()?)));
                explained
            }
            _ => None,
        };
        if json {
            let outcome = format!("{:?}", verdict.outcome);
            let line = json!({
                "line": cookie.line,
                "read": verdict.outcome.is_valid(),
                "outcome": outcome,
                "secret": secret,
                "hint": reason,
            });
            writeln!(report, "{}", plain(&line.to_string()))?;
            continue;
        }
        let said = match verdict.outcome {
            Outcome::Valid => format!("{}  signed under {under}", paint.good("read   ")),
            Outcome::ValidUnderOldSecret => {
                format!("{}  signed under {under}, signed again at the next request", paint.good("read   "))
            }
            Outcome::Expired => format!("{}  had timed out anyway (under {under})", paint.faint("expired")),
            Outcome::Revoked => format!("{}  was created before valid_since (under {under})", paint.faint("revoked")),
            Outcome::Malformed => {
                format!("{}  no session: {}", paint.odd("invalid"), plain(&reason.unwrap_or_default()))
            }
            Outcome::BadSignature => format!("{}  none of these secrets signed it", paint.bad("LOST   ")),
            other => format!("{}  {other}", paint.odd("invalid")),
        };
        writeln!(report, "{:>width$}  {said}", cookie.line)?;
    }
    let of = |kind| count.get(&kind).copied().unwrap_or(0);
    let lost = of(Kind::Lost);
    let hint = hint.or_else(|| {
        let give = "Give the secret that signed them with --old-secret-env or --old-secret-file.";
        (lost > 0).then(|| give.into())
    });
    if json {
        let count = serde_json::Map::from_iter(Kind::ALL.map(|kind| (kind.name().to_owned(), of(kind).into())));
        let summary = json!({ "cookies": cookies.len(), "count": count, "hint": hint, "warnings": warnings });
        writeln!(report, "{}", plain(&json!({ "summary": summary }).to_string()))?;
        return Ok(Report { text: report, status: u8::from(lost > 0) });
    }
    writeln!(report, "\n{}", paint.strong(plural(cookies.len(), "cookie")))?;
    for kind in Kind::ALL.into_iter().filter(|kind| of(*kind) > 0) {
        writeln!(report, "{:>6}  {}", of(kind), kind.sentence())?;
    }
    if let Some(hint) = hint {
        writeln!(report, "\n{}", plain(&hint))?;
    }
    Ok(Report { text: report, status: u8::from(lost > 0) })
}

/// The effect of the change of secrets on a cookie.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Read,
    Anew,
    Expired,
    Invalid,
    Lost,
}

impl Kind {
    const ALL: [Self; 5] = [Self::Read, Self::Anew, Self::Expired, Self::Invalid, Self::Lost];

    fn of(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Valid => Self::Read,
            Outcome::ValidUnderOldSecret | Outcome::ValidFormer => Self::Anew,
            Outcome::Expired | Outcome::Revoked => Self::Expired,
            Outcome::BadSignature => Self::Lost,
            _ => Self::Invalid,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Anew => "anew",
            Self::Expired => "expired",
            Self::Invalid => "invalid",
            Self::Lost => "lost",
        }
    }

    fn sentence(self) -> &'static str {
        match self {
            Self::Read => "read as they are",
            Self::Anew => "read, and signed again at the next request",
            Self::Expired => "expired or revoked anyway",
            Self::Invalid => "not a session",
            Self::Lost => "lost: these users would be logged out",
        }
    }
}

fn plural(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
