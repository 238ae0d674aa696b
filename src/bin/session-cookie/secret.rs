//! `secret`: draws one.

use std::fmt::Write as _;
use std::io::{IsTerminal, Write};

use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::report::Report;

/// Draw a new secret: 64 random bytes, in hexadecimal
///
/// It is ready for Secret::from_env and Secret::from_file, and for Pyramid.
#[derive(clap::Args)]
pub struct Args {}

const BYTES: usize = 64;

pub fn run(_: &Args, json: bool) -> Result<Report, Failure> {
    let mut bytes = Zeroizing::new([0; BYTES]);
    getrandom::fill(&mut *bytes)
        .map_err(|error| Failure::new(format!("the operating system gave no random bytes: {error}")))?;
    let mut secret = String::with_capacity(2 * BYTES);
    for byte in *bytes {
        write!(secret, "{byte:02x}")?;
    }
    if std::io::stdout().is_terminal() {
        let _ = writeln!(
            std::io::stderr(),
            "Keep it where your other secrets are, and hand it to the program as SESSION_SECRET or in a file;\n\
             the same one on every node. To replace an older secret, see `session-cookie rotate --help`."
        );
    }
    Ok(Report::new(if json { format!("{{\"secret\":\"{secret}\"}}\n") } else { format!("{secret}\n") }))
}
