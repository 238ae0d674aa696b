//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

pub const HELP: &str = "\
A small site that remembers its visitors in one cookie, and shows how.

Usage: cargo run -p demo -- [OPTIONS]

Options:
  --https             Serve HTTPS, with a certificate for localhost and 127.0.0.1 that is made at the start.
                      Browsers that support it then bind the session to the device.
  --certificate FILE  Write that certificate to FILE, so that a browser can trust it.
  -h, --help          Print this text.

Environment:
  PORT                Where to listen on 127.0.0.1. Default: 8080; 0 takes a free port.
  SESSION_SECRET      Signs the sessions, at least 32 bytes: openssl rand -hex 32. Default: a new one, so that
                      the sessions end with the program.
  SESSION_SECRET_OLD  Verifies sessions and signs none: for a rotation.
  COOKIE_NAME         Default: session. A name that begins with __Host- or __Secure- makes the cookie Secure.
  CLOCK_OFFSET        Seconds that this server's clock is ahead; negative for behind. Default: 0.
  DEVICE_LIFETIME     With --https: seconds for which a device's proof is valid. Default: 300.

The first line of standard output is the site's address: listening on http://127.0.0.1:8080/
";

#[derive(Debug, Default, PartialEq)]
pub struct Options {
    pub help: bool,
    pub https: bool,
    /// Where to write the certificate.
    pub certificate: Option<PathBuf>,
}

impl Options {
    /// The error is a sentence for the person who started the demo.
    pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, String> {
        let mut options = Self::default();
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            match argument.to_str() {
                Some("-h" | "--help") => options.help = true,
                Some("--https") => options.https = true,
                Some("--certificate") => {
                    let file = arguments.next().ok_or("--certificate needs the name of a file behind it")?;
                    options.certificate = Some(file.into());
                }
                _ => return Err(format!("there is no option {argument:?}: --help lists those that there are")),
            }
        }
        if options.certificate.is_some() && !options.https {
            return Err("--certificate writes the certificate of --https: add --https".into());
        }
        Ok(options)
    }
}
