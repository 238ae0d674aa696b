//! The sessions and their settings: one factory for each of the two formats that a visitor can choose.

use std::time::{Duration, SystemTime};

use signed_cookie_session::{Builder, ConfigError, DeviceBound, Format, Former, Secrets, SignedCookieFactory};

pub struct Settings {
    pub cookie_name: String,
    /// Seconds that this server's clock is ahead.
    pub clock_offset: i32,
    pub https: bool,
    /// Seconds for which a device's proof is good.
    pub device_lifetime: u64,
}

/// Two factories that read each other's cookies.
pub struct Sessions {
    pub clock_offset: i32,
    pub signed: SignedCookieFactory,
    pub encrypted: SignedCookieFactory,
}

impl Sessions {
    /// Fails with a sentence for whoever started the demo.
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
    /// Whether the cookie is Secure. Over plain HTTP it is not, against the library's default: Safari would drop it. A name
    /// that promises Secure gets it all the same.
    fn is_secure(&self) -> bool {
        self.https || self.cookie_name.starts_with("__")
    }

    fn device_bound(&self) -> DeviceBound {
        DeviceBound::new().lifetime(Duration::from_secs(self.device_lifetime))
    }
}

// --- shown on the page ---
/// Sessions that are written in one format, and read in both.
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

/// What a clock says that is ahead by so many seconds.
pub fn now(offset: i32) -> SystemTime {
    let (now, distance) = (SystemTime::now(), Duration::from_secs(offset.unsigned_abs().into()));
    if offset < 0 { now - distance } else { now + distance }
}

/// The error, under the name of the variable that caused it.
fn sentence(error: &ConfigError) -> String {
    let variable = if error.setting() == "device_bound" { "DEVICE_LIFETIME" } else { "COOKIE_NAME" };
    format!("{variable} cannot be used: {error}")
}
