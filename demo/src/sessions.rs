//! The sessions and their settings: one factory for each of the two formats that a visitor can choose.

use std::time::{Duration, SystemTime};

use signed_cookie_session::{Builder, ConfigError, DeviceBound, Format, Former, Secrets, SignedCookieFactory};

pub struct Settings {
    pub cookie_name: String,
    /// How many seconds this server's clock is ahead.
    pub clock_offset: i32,
    pub https: bool,
    /// How many seconds a device's proof is valid.
    pub device_lifetime: u64,
}

/// Two factories that read each other's cookies.
pub struct Sessions {
    pub clock_offset: i32,
    pub signed: SignedCookieFactory,
    pub encrypted: SignedCookieFactory,
}

impl Sessions {
    /// The error is a sentence for the person who started the demo.
    pub fn new(secrets: &Secrets, settings: &Settings) -> Result<Self, String> {
        let build = |format, former| {
            let builder = builder(secrets, settings, format, former);
            // Browsers bind sessions to a device over HTTPS only.
            let builder = match settings.https {
                true => builder.device_bound(settings.device_bound()),
                false => builder,
            };
            builder.build().map_err(|error| sentence(&error))
        };
        Ok(Self {
            clock_offset: settings.clock_offset,
            signed: build(Format::Signed, Format::Encrypted)?,
            encrypted: build(Format::Encrypted, Format::Signed)?,
        })
    }
}

impl Settings {
    /// Returns whether the cookie is `Secure`. Over plain HTTP it is not, unlike the library's default, because Safari
    /// would drop it. If the prefix of its name requires `Secure`, it is `Secure` anyway.
    fn is_secure(&self) -> bool {
        self.https || self.cookie_name.starts_with("__")
    }

    fn device_bound(&self) -> DeviceBound {
        DeviceBound::new().lifetime(Duration::from_secs(self.device_lifetime))
    }
}

// --- shown on the page ---
/// Builds sessions that are written in one format and read in both.
fn builder(secrets: &Secrets, settings: &Settings, format: Format, former: Format) -> Builder {
    let (name, offset) = (&settings.cookie_name, settings.clock_offset);
    SignedCookieFactory::builder(secrets.clone())
        .format(format)
        .former(Former::new(former, secrets.clone()).cookie_name(name))
        .cookie_name(name)
        .secure(settings.is_secure())
        .clock(move || now(offset))
}
// --- shown on the page ---

/// Returns the time of a clock that is ahead by this many seconds.
pub fn now(offset: i32) -> SystemTime {
    let (now, distance) = (SystemTime::now(), Duration::from_secs(offset.unsigned_abs().into()));
    if offset < 0 { now - distance } else { now + distance }
}

/// Returns the error with the name of the variable that caused it.
fn sentence(error: &ConfigError) -> String {
    let variable = if error.setting() == "device_bound" { "DEVICE_LIFETIME" } else { "COOKIE_NAME" };
    format!("{variable} cannot be used: {error}")
}
