//! How the cookie is written: its name, salt and hash, and how long it lasts.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::ValueEnum;
use signed_cookie_session::{HashAlgorithm, Secret, SignedCookieFactory};

use crate::failure::Failure;

#[derive(clap::Args)]
#[command(next_help_heading = "The cookie")]
pub struct FormatArgs {
    /// Its name
    #[arg(long, default_value = "session")]
    pub name: String,
    /// The salt
    #[arg(long, default_value = "pyramid.session.")]
    pub salt: String,
    /// The hash of its signature
    #[arg(long, value_enum, default_value_t = Hash::Sha512)]
    pub hash: Hash,
    /// How long it lasts without being renewed: seconds, or "off"
    #[arg(long, default_value = "1200", value_name = "SECONDS", value_parser = seconds)]
    pub timeout: Timeout,
    /// Look at it as if it were this time: seconds since 1970
    #[arg(long, value_name = "SECONDS", value_parser = moment)]
    pub at: Option<SystemTime>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

#[derive(Clone, Copy)]
pub struct Timeout(pub Option<Duration>);

fn seconds(text: &str) -> Result<Timeout, String> {
    if text.eq_ignore_ascii_case("off") {
        return Ok(Timeout(None));
    }
    let seconds = text.parse().map_err(|_| "give a whole number of seconds, or \"off\"")?;
    Ok(Timeout(Some(Duration::from_secs(seconds))))
}

fn moment(text: &str) -> Result<SystemTime, String> {
    const YEAR_9999: u64 = 253_402_300_799;
    let seconds = text.parse().ok().filter(|seconds| *seconds <= YEAR_9999);
    seconds
        .map(|seconds| UNIX_EPOCH + Duration::from_secs(seconds))
        .ok_or("give seconds since 1970, as `date +%s` does".into())
}

impl FormatArgs {
    pub fn now(&self) -> SystemTime {
        self.at.unwrap_or_else(SystemTime::now)
    }

    /// A factory with one secret that reads and writes this cookie.
    pub fn factory(&self, secret: Secret) -> Result<SignedCookieFactory, Failure> {
        let now = self.now();
        let builder = SignedCookieFactory::builder(secret)
            .cookie_name(&self.name)
            .salt(&self.salt)
            .hash_algorithm(self.hash.algorithm())
            .timeout(self.timeout.0)
            .clock(move || now);
        Ok(builder.build()?)
    }
}

impl Hash {
    pub const ALL: [Self; 3] = [Self::Sha256, Self::Sha384, Self::Sha512];

    pub fn algorithm(self) -> HashAlgorithm {
        match self {
            Self::Sha256 => HashAlgorithm::Sha256,
            Self::Sha384 => HashAlgorithm::Sha384,
            Self::Sha512 => HashAlgorithm::Sha512,
        }
    }

    pub fn of(algorithm: HashAlgorithm) -> Self {
        Self::ALL.into_iter().find(|hash| hash.algorithm() == algorithm).expect("all are listed")
    }

    pub fn shown(self) -> &'static str {
        match self {
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        }
    }

    /// As the option takes it.
    pub fn option(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }
}
