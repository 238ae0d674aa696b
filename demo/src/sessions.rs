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
        let build = |builder: Builder| builder.build().map_err(|error| sentence(&error));
        Ok(Self {
            clock_offset: settings.clock_offset,
            signed: build(builder(secrets, settings, Format::Signed, Format::Encrypted))?,
            encrypted: build(builder(secrets, settings, Format::Encrypted, Format::Signed))?,
        })
    }
}

// --- shown on the page ---
/// Sessions that are written in one format, and read in both.
fn builder(secrets: &Secrets, settings: &Settings, format: Format, former: Format) -> Builder {
    let name = &settings.cookie_name;
    let offset = settings.clock_offset;
    let builder = SignedCookieFactory::builder(secrets.clone())
        .format(format)
        .former(Former::new(former, secrets.clone()).cookie_name(name))
        .cookie_name(name)
        // Off over plain HTTP, against the library's default: Safari would drop the cookie. A name that promises Secure
        // gets it all the same.
        .secure(settings.https || name.starts_with("__"))
        .clock(move || now(offset));
    if settings.https {
        let lifetime = Duration::from_secs(settings.device_lifetime);
        builder.device_bound(DeviceBound::new().lifetime(lifetime))
    } else {
        builder
    }
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
