//! `session-cookie`: inspects, verifies, signs and rotates session cookies.

#![forbid(unsafe_code)]

mod cookie_format;
mod diagnosis;
mod failure;
mod input;
mod inspect;
mod json_text;
mod malformed;
mod moment;
mod report;
mod rotate;
mod secret;
mod secrets;
mod sign;
mod verdict;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use failure::Failure;
use report::Report;

/// Inspects session cookies of signed-cookie-session and of other frameworks:
/// shows their content, checks whether they verify, and tries a change of secrets.
///
/// The command reads secrets from the environment (SESSION_SECRET, or variables that you name)
/// or from files. It never takes a secret as an argument, because every user of the machine
/// could see it.
#[derive(Parser)]
#[command(name = "session-cookie", version, verbatim_doc_comment, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Write JSON for programs, one object per line; an error is an object with "error"
    #[arg(long, global = true)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  session-cookie secret --output session.key
  session-cookie inspect 'session=X2kB…'
  curl -si https://example.com/ | session-cookie inspect --secret-file session.key
  session-cookie verify --settings app.toml --secret-env APP_SECRET < cookie.txt && echo good
  echo '{\"user\": \"ada\"}' | session-cookie sign --secret-file session.key
  session-cookie rotate --secret-file new.key --old-secret-file session.key < cookies.txt

Exit status: 0 for yes, 1 for no (verify, rotate), 2 for an error.";

#[derive(Subcommand)]
enum Command {
    Secret(secret::Args),
    Inspect(inspect::Args),
    Verify(verify::Args),
    Sign(sign::Args),
    Rotate(rotate::Args),
}

fn main() -> ExitCode {
    let arguments = input::with_cookies_last(std::env::args_os());
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        // If --json was given, an error about the arguments is JSON too.
        Err(error) if error.use_stderr() && arguments.iter().any(|argument| argument == "--json") => {
            let sentence = error.to_string();
            let (sentence, _) = sentence.split_once("\n\nUsage:").unwrap_or((&sentence, ""));
            return Failure::new(sentence.trim_start_matches("error: ").trim_end()).print(true);
        }
        Err(error) => error.exit(),
    };
    let json = cli.json;
    match run(cli) {
        Ok(report) => report.print(),
        Err(failure) => failure.print(json),
    }
}

fn run(cli: Cli) -> Result<Report, Failure> {
    match cli.command {
        Command::Secret(args) => secret::run(&args, cli.json),
        Command::Inspect(args) => inspect::run(&args, cli.json),
        Command::Verify(args) => verify::run(&args, cli.json),
        Command::Sign(args) => sign::run(&args, cli.json),
        Command::Rotate(args) => rotate::run(&args, cli.json),
    }
}
