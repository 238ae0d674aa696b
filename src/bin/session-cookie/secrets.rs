//! Reads secrets from the environment and from files, never from an argument.

use std::io::Write;
use std::path::PathBuf;

use signed_cookie_session::Secret;
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::report::plain;

const DEFAULT: &str = "SESSION_SECRET";

#[derive(clap::Args)]
#[command(next_help_heading = "Secrets")]
pub struct SecretArgs {
    /// Environment variable with the secret that signs [default: SESSION_SECRET]
    #[arg(long, value_name = "NAME", conflicts_with = "secret_file")]
    secret_env: Option<String>,
    /// File with the secret that signs; one newline at its end is ignored
    #[arg(long, value_name = "PATH")]
    secret_file: Option<PathBuf>,
    /// Environment variable with an older secret that still verifies (may be repeated)
    #[arg(long, value_name = "NAME")]
    old_secret_env: Vec<String>,
    /// File with an older secret that still verifies (may be repeated)
    #[arg(long, value_name = "PATH")]
    old_secret_file: Vec<PathBuf>,
}

/// A secret, and its name in the output.
pub struct Source {
    pub name: String,
    pub bytes: Zeroizing<Vec<u8>>,
}

impl SecretArgs {
    /// Returns the secrets that were given, the signing one first.
    pub fn given(&self) -> Result<Vec<Source>, Failure> {
        let mut sources = Vec::new();
        match (&self.secret_env, &self.secret_file) {
            (Some(name), _) => sources.push(Source::env(name)?),
            (None, Some(path)) => sources.push(Source::file(path)?),
            (None, None) if std::env::var_os(DEFAULT).is_some() => sources.push(Source::env(DEFAULT)?),
            (None, None) if self.old_secret_env.is_empty() && self.old_secret_file.is_empty() => {}
            (None, None) => return Err(Failure::new(format!("there are old secrets but none that signs: {HOW}"))),
        }
        for name in &self.old_secret_env {
            sources.push(Source::env(name)?);
        }
        for path in &self.old_secret_file {
            sources.push(Source::file(path)?);
        }
        Ok(sources)
    }

    /// Returns the secrets that were given, or an error if there are none.
    pub fn needed(&self) -> Result<Vec<Source>, Failure> {
        let sources = self.given()?;
        if sources.is_empty() {
            return Err(Failure::new(format!("there is no secret: {HOW}")));
        }
        Ok(sources)
    }
}

/// How to give a secret.
pub const HOW: &str = "put it into the environment as SESSION_SECRET, or name another variable with --secret-env, \
                       or a file with --secret-file";

impl Source {
    fn env(name: &str) -> Result<Self, Failure> {
        // `var_os` panics on some platforms if the name itself is impossible.
        let possible = !name.is_empty() && !name.contains(['=', '\0']);
        let value = possible.then(|| std::env::var_os(name)).flatten();
        let value = value.ok_or_else(|| Failure::new(format!("the environment variable {name} is not set")))?;
        Self::new(name.into(), value.into_encoded_bytes())
    }

    fn file(path: &PathBuf) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let mut bytes = Zeroizing::new(
            std::fs::read(path)
                .map_err(|error| Failure::new(format!("the secret file {name} cannot be read: {error}")))?,
        );
        // The library does the same.
        if bytes.ends_with(b"\n") {
            bytes.pop();
            if bytes.ends_with(b"\r") {
                bytes.pop();
            }
        }
        Self::new(name, std::mem::take(&mut *bytes))
    }

    fn new(name: String, bytes: Vec<u8>) -> Result<Self, Failure> {
        if bytes.is_empty() {
            return Err(Failure::new(format!("the secret in {name} is empty")));
        }
        Ok(Self { name, bytes: Zeroizing::new(bytes) })
    }

    pub fn secret(&self) -> Secret {
        Secret::legacy(&*self.bytes).expect("it is not empty")
    }

    /// Returns why `Secret::new` refuses this secret, if it does, as a sentence without a full stop.
    pub fn weakness(&self) -> Option<String> {
        let weak = Secret::new(&*self.bytes).err()?;
        let name = &self.name;
        Some(format!("An app refuses the secret in {name} unless it reads it with Secret::legacy: {weak}"))
    }

    /// Warns if the signing secret is weak. With JSON, the warning is part of the answer.
    pub fn warn_if_weak(&self, json: bool) -> Vec<String> {
        let name = &self.name;
        let warning = self.weakness().map(|_| {
            format!(
                "the secret in {name} is weak: generate a better one with `session-cookie secret`, and rotate this one out"
            )
        });
        if let Some(warning) = warning.as_ref().filter(|_| !json) {
            let _ = writeln!(std::io::stderr(), "session-cookie: {}", plain(warning));
        }
        warning.into_iter().collect()
    }
}

/// `SESSION_SECRET`, `A or B`, `A, B or C`
pub fn names(sources: &[Source]) -> String {
    let names: Vec<_> = sources.iter().map(|source| source.name.as_str()).collect();
    match names.split_last() {
        Some((last, [])) => (*last).into(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}
