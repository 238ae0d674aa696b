//! `secret`: generates a secret.

use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use serde_json::json;
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::report::Report;

/// Generate a new secret: 64 random bytes, in hexadecimal
///
/// Secret::from_env, Secret::from_file and Pyramid can read it.
/// With --output, only the owner can read the file.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Write the secret to this new file, with mode 0600 [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

const BYTES: usize = 64;

pub fn run(args: &Args, json: bool) -> Result<Report, Failure> {
    let mut bytes = Zeroizing::new([0; BYTES]);
    getrandom::fill(&mut *bytes)
        .map_err(|error| Failure::new(format!("the operating system has no random bytes: {error}")))?;
    let mut secret = Zeroizing::new(String::with_capacity(2 * BYTES + 1));
    for byte in *bytes {
        write!(secret, "{byte:02x}")?;
    }
    secret.push('\n');
    if let Some(path) = &args.output {
        let shown = path.display().to_string();
        write_new(path, &secret).map_err(|error| {
            Failure::new(format!("the secret cannot be written to {shown}: {error}; give the name of a new file"))
        })?;
        let said = format!("The secret is in {shown}.");
        return Ok(Report::new(if json { format!("{}\n", json!({ "file": shown })) } else { format!("{said}\n") }));
    }
    close_to_others();
    if std::io::stdout().is_terminal() {
        let _ = writeln!(
            std::io::stderr(),
            "Keep it where your other secrets are, and give it to the program as SESSION_SECRET or in a file;\n\
             the same one on every server. To replace an older secret, see `session-cookie rotate --help`."
        );
    }
    Ok(Report::new(if json { format!("{{\"secret\":\"{}\"}}\n", secret.trim_end()) } else { secret.to_string() }))
}

/// Writes a new file, and fails if the file exists, so that no other secret is lost.
fn write_new(path: &Path, secret: &str) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file: File = options.open(path)?;
    file.write_all(secret.as_bytes())?;
    file.sync_all()
}

/// If standard output is a file (`secret > session.key`), makes it readable by its owner only.
fn close_to_others() {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd;
        use std::os::unix::fs::PermissionsExt;
        let Ok(descriptor) = std::io::stdout().as_fd().try_clone_to_owned() else { return };
        let file = File::from(descriptor);
        let Ok(metadata) = file.metadata() else { return };
        if metadata.is_file() {
            let mut permissions = metadata.permissions();
            permissions.set_mode(permissions.mode() & 0o600);
            // If this fails, the file belongs to another user, but writing to it may still be intended.
            let _ = file.set_permissions(permissions);
        }
    }
}
