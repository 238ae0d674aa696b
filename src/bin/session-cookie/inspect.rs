//! `inspect`: shows the content of a cookie, and whether it is valid.

use std::fmt::Write;
use std::time::{Duration, SystemTime};

use serde_json::json;
use serde_json::value::RawValue;
use signed_cookie_session::unverified::{self, Recognised};
use signed_cookie_session::{Format, Outcome};

use crate::cookie_format::{CookieFormat, FormatArgs, Hash};
use crate::failure::Failure;
use crate::report::{Paint, Report, colours, plain};
use crate::secrets::{self, SecretArgs, Source};
use crate::verdict::{Judge, Verdict};
use crate::{diagnosis, input, json_text, malformed, moment};

/// Show the content of a cookie, its age, and whether it verifies
#[derive(clap::Args)]
pub struct Args {
    /// The cookie: its value, a Cookie or Set-Cookie line, or the headers of a response [default: standard input]
    cookie: Option<String>,
    #[command(flatten)]
    secrets: SecretArgs,
    #[command(flatten)]
    format: FormatArgs,
}

/// The facts about one cookie.
struct Seen<'s> {
    line: usize,
    value: &'s str,
    claims: Recognised,
    /// `None` if no secret was given.
    verdict: Option<Verdict>,
    sources: &'s [Source],
    hint: Option<String>,
}

pub fn run(args: &Args, json: bool) -> Result<Report, Failure> {
    let sources = args.secrets.given()?;
    let format = args.format.cookie()?;
    let text = input::text(args.cookie.as_deref(), "a cookie")?;
    let cookies = input::cookies(&text, &format.names)?;
    let paint = Paint(!json && colours());
    let mut report = String::new();
    let mut unreadable = None;
    for cookie in &cookies {
        let Some(mut looks) = unverified::recognise(&cookie.value) else {
            let reason = malformed::reason(&cookie.value);
            unreadable.get_or_insert_with(|| format!("this is not a session cookie: {reason}"));
            if cookies.len() > 1 && json {
                writeln!(report, "{}", json!({ "line": cookie.line, "outcome": "Malformed", "hint": reason }))?;
            } else if cookies.len() > 1 {
                writeln!(
                    report,
                    "{}",
                    paint.odd(format!("Line {}: not a session cookie: {}", cookie.line, plain(&reason)))
                )?;
            }
            continue;
        };
        let format = args.format.cookie_of(looks.format)?;
        looks.format = format.format;
        let verdict = (!sources.is_empty())
            .then(|| Ok::<_, Failure>(Judge::new(&sources, &format)?.judge(&cookie.value)))
            .transpose()?;
        // Only now is it known which secret decrypts the cookie.
        if let Some(secret) = verdict.as_ref().and_then(|verdict| verdict.secret).filter(|_| looks.members.is_none()) {
            decrypt(&cookie.value, &sources[secret], &format, &mut looks)?;
        }
        let bad = verdict.as_ref().is_some_and(|verdict| verdict.outcome == Outcome::BadSignature);
        let hint = if bad { diagnosis::explain(&cookie.value, &sources, &format) } else { None };
        let seen = Seen { line: cookie.line, value: &cookie.value, claims: looks, verdict, sources: &sources, hint };
        if json {
            writeln!(report, "{}", plain(&seen.json(&format)))?;
        } else {
            if !report.is_empty() {
                report.push('\n');
            }
            if cookies.len() > 1 {
                writeln!(report, "{}", paint.faint(format!("Line {}", cookie.line)))?;
            }
            seen.show(&format, paint, &mut report)?;
        }
    }
    match unreadable {
        Some(reason) if cookies.len() == 1 => Err(Failure::new(reason)),
        _ => Ok(Report::new(report)),
    }
}

/// Reads the content of an encrypted cookie.
fn decrypt(value: &str, source: &Source, format: &CookieFormat, looks: &mut Recognised) -> Result<(), Failure> {
    let Ok(session) = format.factory(source.secret())?.decode(value) else { return Ok(()) };
    looks.created = Some(session.created());
    looks.renewed = Some(session.renewed());
    looks.lifetime = session.lifetime();
    let mut members = Vec::new();
    for key in session.keys() {
        let json: Option<Box<RawValue>> = session.get(&key)?;
        members.push((key, json.map(|json| json.get().to_owned()).unwrap_or_default()));
    }
    looks.members = Some(members);
    Ok(())
}

impl Seen<'_> {
    fn show(&self, format: &CookieFormat, paint: Paint, text: &mut String) -> Result<(), Failure> {
        let (now, limit) = (format.now, format.limit);
        let size = self.value.len();
        let percent = size * 100 / limit.max(1);
        let share = format!("{size} of {limit} bytes ({percent} %)");
        let share = if size > limit { paint.bad(format!("{share}, too many")) } else { share };
        writeln!(text, "{}  {share}\n", paint.strong("Session cookie"))?;
        if format.format != Format::Signed {
            writeln!(text, "  {:<10} {}", "format", format.format)?;
        }
        for (at, line) in self.signature(format, paint).iter().enumerate() {
            writeln!(text, "  {:<10} {line}", if at == 0 { "signature" } else { "" })?;
        }
        let time = |at: Option<SystemTime>| match at {
            Some(at) => format!("{}  {}", moment::utc(at), paint.faint(moment::from_now(at, now))),
            None => UNKNOWN.into(),
        };
        writeln!(text, "  {:<10} {}", "created", time(self.claims.created))?;
        writeln!(text, "  {:<10} {}", "renewed", time(self.claims.renewed))?;
        writeln!(text, "  {:<10} {}", "expires", self.expires(format, now, paint))?;
        if let Some(limit) = format.absolute_timeout {
            let with = format!("with an absolute timeout of {} seconds", limit.as_secs());
            writeln!(text, "  {:<10} {}", "ends", end(self.claims.created, limit, now, &with, paint))?;
        }
        if let Some(since) =
            format.valid_since.filter(|since| self.claims.created.is_some_and(|created| created < *since))
        {
            let revoked = format!("it was created before {}, the time of valid_since", moment::utc(since));
            writeln!(text, "  {:<10} {}", "revoked", paint.odd(revoked))?;
        }
        writeln!(text)?;
        self.members(paint, text)
    }

    /// Returns why no secret verifies the cookie, or what to try.
    fn hint_or_guess(&self, format: &CookieFormat) -> String {
        let hash = self.claims.hash_algorithm.map(Hash::of).filter(|hash| *hash != format.hash);
        match (&self.hint, hash) {
            (Some(hint), _) => hint.clone(),
            (None, Some(hash)) => {
                format!("Its signature is as long as one of {} is: try --hash {}.", hash.shown(), hash.option())
            }
            (None, None) => "Forged, or signed with another secret: give an older one with --old-secret-env or \
                     --old-secret-file."
                .into(),
        }
    }

    /// Returns lines about the signature, the most important first.
    fn signature(&self, format: &CookieFormat, paint: Paint) -> Vec<String> {
        let with = plain(&format.with());
        let Some(verdict) = &self.verdict else {
            return vec![
                paint.odd("NOT VERIFIED: no secret was given, and anybody can have written this"),
                paint.faint("To verify it, put the secret into SESSION_SECRET, or give --secret-env or --secret-file."),
            ];
        };
        let Some(secret) = verdict.secret else {
            let names = plain(&secrets::names(self.sources));
            let hint = plain(&self.hint_or_guess(format));
            return vec![paint.bad(format!("DOES NOT VERIFY under {names} ({with})")), hint];
        };
        let name = plain(&self.sources[secret].name);
        if secret == 0 {
            vec![format!("{} under {name} ({with})", paint.good("verifies"))]
        } else {
            vec![format!(
                "{} under {name}, old secret {secret} ({with}): signed again at the next request",
                paint.good("verifies")
            )]
        }
    }

    fn expires(&self, format: &CookieFormat, now: SystemTime, paint: Paint) -> String {
        match (self.claims.lifetime, format.timeout) {
            (Some(own), _) => {
                let with = format!("with its own lifetime of {} seconds", own.as_secs());
                end(self.claims.renewed, own, now, &with, paint)
            }
            (None, Some(timeout)) => {
                let with = format!("with a timeout of {} seconds", timeout.as_secs());
                end(self.claims.renewed, timeout, now, &with, paint)
            }
            (None, None) => "never, without a timeout".into(),
        }
    }

    /// Writes the keys in their order, each with the size of its value as the library counts it.
    fn members(&self, paint: Paint, text: &mut String) -> Result<(), Failure> {
        /// A longer value is written on several lines.
        const WIDEST: usize = 72;
        let Some(members) = &self.claims.members else {
            writeln!(text, "  {}", paint.faint("It is encrypted: give its secret to see the content."))?;
            return Ok(());
        };
        let members: Vec<_> = members.iter().map(|(key, json)| (plain(key), json)).collect();
        if members.is_empty() {
            writeln!(text, "  {}", paint.faint("It is empty."))?;
        }
        let keys = members.iter().map(|(key, _)| key.chars().count()).max().unwrap_or(0).min(24);
        let sizes = members.iter().map(|(_, json)| json.len().to_string().len()).max().unwrap_or(0);
        for (key, json) in members {
            let size = paint.faint(format!("{:>sizes$} B", json.len()));
            let pad = " ".repeat(keys.saturating_sub(key.chars().count()));
            let value = json_text::pretty(json, 6, WIDEST);
            let role = role(&key).map(|role| format!("  {}", paint.faint(format!("({role})")))).unwrap_or_default();
            writeln!(text, "  {}{pad}  {size}  {value}{role}", paint.strong(key))?;
        }
        Ok(())
    }

    fn json(&self, format: &CookieFormat) -> String {
        let claims = &self.claims;
        let outcome = self.verdict.as_ref().map(|verdict| format!("{:?}", verdict.outcome));
        let secret = self.verdict.as_ref().and_then(|verdict| verdict.secret);
        let source = secret.map(|at| self.sources[at].name.as_str());
        let (keys, members): (Vec<_>, Vec<_>) = claims
            .members
            .iter()
            .flatten()
            .map(|(key, json)| {
                let valid = serde_json::from_str::<&RawValue>(json).is_ok();
                let data = if valid { json_text::compact(json) } else { json!(json).to_string() };
                let about = json!({ "key": key, "size": json.len(), "readable": valid, "role": role(key) });
                (about, format!("{}:{data}", json!(key)))
            })
            .unzip();
        let unverified = self.verdict.as_ref().is_some_and(|verdict| verdict.secret.is_none());
        let lifetime = claims.lifetime.or(format.timeout);
        let known = json!({
            "line": self.line,
            "name": format.name,
            "format": format.format.as_str(),
            "salt": format.salt,
            "size": self.value.len(),
            "limit": format.limit,
            "verified": secret.is_some(),
            "outcome": outcome,
            "secret": source,
            "secret_position": secret,
            "message": self.verdict.as_ref().map(|verdict| verdict.outcome.to_string()),
            "tried": self.sources.iter().map(|source| &source.name).collect::<Vec<_>>(),
            "hint": unverified.then(|| self.hint_or_guess(format)),
            "hash": claims.hash_algorithm.map(|hash| Hash::of(hash).option()),
            "created": claims.created.map(moment::unix),
            "renewed": claims.renewed.map(moment::unix),
            "age": claims.renewed.map(|renewed| moment::unix(format.now) - moment::unix(renewed)),
            "timeout": lifetime.map(|lifetime| lifetime.as_secs()),
            "expires": lifetime.and_then(|lifetime| ending(claims.renewed?, lifetime)).map(moment::unix),
            "absolute_timeout": format.absolute_timeout.map(|limit| limit.as_secs()),
            "ends": format.absolute_timeout.and_then(|limit| ending(claims.created?, limit)).map(moment::unix),
            "valid_since": format.valid_since.map(moment::unix),
            "keys": keys,
        })
        .to_string();
        // The data comes last and as text, so that numbers keep their digits and keys keep their order.
        format!("{},\"data\":{{{}}}}}", known.strip_suffix('}').unwrap_or(&known), members.join(","))
    }
}

/// Returns when a limit ends, or `None` if this is too far in the future to show.
fn ending(since: SystemTime, limit: Duration) -> Option<SystemTime> {
    /// About three thousand years. No later date is shown.
    const FOR_EVER: u64 = 100_000_000_000;
    if limit.as_secs() < FOR_EVER { since.checked_add(limit) } else { None }
}

/// The text for a time that the cookie does not contain, or that is encrypted.
const UNKNOWN: &str = "unknown";

fn end(since: Option<SystemTime>, limit: Duration, now: SystemTime, with: &str, paint: Paint) -> String {
    let Some(since) = since else { return UNKNOWN.into() };
    let Some(end) = ending(since, limit) else { return "never, without a timeout".into() };
    let from_now = moment::from_now(end, now);
    let from_now = if now > end { paint.odd(from_now) } else { paint.faint(from_now) };
    format!("{}  {from_now}, {}", moment::utc(end), paint.faint(with))
}

/// Returns the purpose of a key that does not belong to the app.
fn role(key: &str) -> Option<&'static str> {
    match key {
        "_csrft_" => Some("the CSRF token"),
        "_lifetime_" => Some("the session's own lifetime, in seconds"),
        "_f_" => Some("flash messages"),
        queue if queue.starts_with("_f_") => Some("a flash queue"),
        _ => None,
    }
}
