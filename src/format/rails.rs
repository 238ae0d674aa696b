//! Rails' encrypted session cookie, 5.2 to 8, with JSON in it:
//! `b64(ciphertext) "--" b64(nonce) "--" b64(tag)`, AES-256-GCM, percent-encoded.
//!
//! Since Rails 6, an envelope around the JSON names the cookie and may contain an expiry. Marshal is refused, because
//! reading it builds Ruby objects.

use std::time::Duration;

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce, Tag};
use hmac::Hmac;
use serde_json::Value;
use sha1::Sha1;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::format::foreign::style::Style;
use crate::format::foreign::{Framework, Opened, Sealed, base64, percent};
use crate::format::kind::FillRandom;
use crate::format::outcome::Refusal;
use crate::format::timestamp::Timestamp;
use crate::secret::Secrets;

/// Rails' default cookie name. New apps set `_APP_session`.
pub(crate) const COOKIE_NAME: &str = "_session_id";
/// Rails' `authenticated_encrypted_cookie_salt`.
pub(crate) const SALT: &[u8] = b"authenticated encrypted cookie";

const ROUNDS: u32 = 1000;
const NONCE_LEN: usize = 12;
/// The lengths of the nonce and the tag in base64.
const NONCE_TEXT_LEN: usize = 16;
const TAG_TEXT_LEN: usize = 24;
const SEPARATOR: &[u8] = b"--";

/// `ActiveSupport::JSON` escapes the special characters of HTML, and two line separators of JavaScript.
static STYLE: Style = Style {
    comma: ",",
    colon: ":",
    sorted: false,
    escaped: |character| matches!(character, '<' | '>' | '&' | '\u{2028}' | '\u{2029}'),
};

/// The hash with which an app derives its keys (`key_generator_hash_digest_class`). Rails changed it with
/// `load_defaults 7.0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyHash {
    Sha1,
    Sha256,
}

pub(crate) struct Rails {
    /// One cipher for each secret with the hash that is written, then one for each with the other hash.
    ciphers: Vec<Aes256Gcm>,
    /// The value that the envelope's `pur` must have.
    purpose: String,
    random: FillRandom,
}

impl Rails {
    pub(crate) fn new(secrets: &Secrets, salt: &[u8], cookie_name: &str, hash: KeyHash, random: FillRandom) -> Self {
        let other = match hash {
            KeyHash::Sha1 => KeyHash::Sha256,
            KeyHash::Sha256 => KeyHash::Sha1,
        };
        let ciphers = [hash, other]
            .into_iter()
            .flat_map(|hash| secrets.iter().map(move |secret| cipher(hash, secret.bytes(), salt)));
        Self { ciphers: ciphers.collect(), purpose: ["cookie.", cookie_name].concat(), random }
    }

    /// Returns a codec with the same keys for another cookie.
    pub(crate) fn for_cookie(&self, cookie_name: &str) -> Self {
        let purpose = ["cookie.", cookie_name].concat();
        Self { ciphers: self.ciphers.clone(), purpose, random: self.random.clone() }
    }

    /// Returns the JSON inside the envelope, or the text itself if there is no envelope.
    fn unwrap(&self, plain: Vec<u8>, now: Timestamp) -> Result<String, Refusal> {
        let plain = String::from_utf8(plain).map_err(|_| Refusal::Malformed)?;
        let envelope = serde_json::from_str::<Value>(&plain).unwrap_or_default();
        let Some(metadata) = envelope.get("_rails") else {
            // Rails 5.2 has no envelope.
            return Ok(plain);
        };
        // Like Rails, this accepts a message without a purpose. Rails 6 writes such messages with the defaults of 5.2.
        match &metadata["pur"] {
            Value::Null => {}
            Value::String(purpose) if *purpose == self.purpose => {}
            _ => return Err(Refusal::Malformed),
        }
        match &metadata["exp"] {
            Value::Null => {}
            Value::String(expires) => {
                if parse_iso_8601(expires).ok_or(Refusal::Malformed)? <= now {
                    return Err(Refusal::Expired);
                }
            }
            _ => return Err(Refusal::Malformed),
        }
        let message = metadata["message"].as_str().ok_or(Refusal::Malformed)?;
        base64::decode_text(&base64::PADDED, message.as_bytes())
    }
}

fn cipher(hash: KeyHash, secret: &[u8], salt: &[u8]) -> Aes256Gcm {
    let mut key = Zeroizing::new([0; 32]);
    match hash {
        KeyHash::Sha1 => pbkdf2::pbkdf2::<Hmac<Sha1>>(secret, salt, ROUNDS, &mut *key),
        KeyHash::Sha256 => pbkdf2::pbkdf2::<Hmac<Sha256>>(secret, salt, ROUNDS, &mut *key),
    }
    .expect("HMAC takes a key of any length");
    Aes256Gcm::new_from_slice(&*key).expect("the key has the cipher's length")
}

impl Framework for Rails {
    fn style(&self) -> &'static Style {
        &STYLE
    }

    fn has_time(&self) -> bool {
        false
    }

    fn open(&self, value: &[u8], _: Option<&[u8]>, now: Timestamp) -> Result<Opened, Refusal> {
        let value = percent::decode(value)?;
        let (rest, tag) = split_tail(&value, TAG_TEXT_LEN)?;
        let (ciphertext, nonce) = split_tail(rest, NONCE_TEXT_LEN)?;
        let tag = base64::decode(&base64::PADDED, tag)?;
        let tag = Tag::try_from(&*tag).map_err(|_| Refusal::Malformed)?;
        let nonce = base64::decode(&base64::PADDED, nonce)?;
        let nonce = Nonce::try_from(&*nonce).map_err(|_| Refusal::Malformed)?;
        let ciphertext = base64::decode(&base64::PADDED, ciphertext)?;
        for (secret_index, cipher) in self.ciphers.iter().enumerate() {
            // GCM checks the tag before it decrypts, so a wrong key does not change the text.
            let mut plain = ciphertext.clone();
            if cipher.decrypt_inout_detached(&nonce, b"", plain.as_mut_slice().into(), &tag).is_ok() {
                return Ok(Opened { json: self.unwrap(plain, now)?, signed_at: None, secret_index });
            }
        }
        Err(Refusal::BadSignature)
    }

    fn seal(&self, json: &str, signed_at: Timestamp, max_age: Option<Duration>) -> Sealed {
        let mut plain = String::from(r#"{"_rails":{"message":""#);
        base64::push(&base64::PADDED, json.as_bytes(), &mut plain);
        plain.push_str(r#"","exp":"#);
        match max_age.and_then(|max_age| signed_at.seconds().checked_add(max_age.as_secs().try_into().ok()?)) {
            None => plain.push_str("null"),
            Some(expires) => plain.push_str(&format!("\"{}\"", iso_8601(expires))),
        }
        plain.push_str(r#","pur":"#);
        crate::json::string::write(&self.purpose, &mut plain);
        plain.push_str("}}");

        let mut nonce = [0; NONCE_LEN];
        (self.random)(&mut nonce);
        let nonce = Nonce::from(nonce);
        let mut bytes = plain.into_bytes();
        let tag = self.ciphers[0]
            .encrypt_inout_detached(&nonce, b"", bytes.as_mut_slice().into())
            .expect("a cookie is shorter than what the cipher takes");
        let parts = [&*bytes, &*nonce, &*tag].map(|part| base64::encode(&base64::PADDED, part));
        Sealed { value: percent::encode(&parts.join("--")), signature: None }
    }
}

/// Returns whether a value has the form of a Rails cookie.
#[cfg(feature = "cli")]
pub(crate) fn looks_like(value: &[u8]) -> bool {
    let is_base64 = |text: &[u8]| base64::decode(&base64::PADDED, text).is_ok();
    let parts = split_tail(value, TAG_TEXT_LEN).and_then(|(rest, tag)| {
        let (ciphertext, nonce) = split_tail(rest, NONCE_TEXT_LEN)?;
        Ok([ciphertext, nonce, tag])
    });
    parts.is_ok_and(|parts| parts.into_iter().all(is_base64))
}

/// Splits a text at the separator before its last `len` bytes.
fn split_tail(text: &[u8], len: usize) -> Result<(&[u8], &[u8]), Refusal> {
    let at = text.len().checked_sub(len).ok_or(Refusal::Malformed)?;
    let (before, tail) = text.split_at(at);
    Ok((before.strip_suffix(SEPARATOR).ok_or(Refusal::Malformed)?, tail))
}

/// Reads `2026-09-21T14:13:20.000Z`, the only form that Rails writes: UTC, with any number of decimals.
fn parse_iso_8601(text: &str) -> Option<Timestamp> {
    let (whole, fraction) = text.strip_suffix('Z')?.split_once('.').unwrap_or((text.strip_suffix('Z')?, ""));
    let bytes = whole.as_bytes();
    let punctuated = bytes.len() == 19
        && [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')].iter().all(|(at, byte)| bytes[*at] == *byte);
    if !punctuated || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = |range: std::ops::Range<usize>| {
        let digits = &bytes[range];
        digits
            .iter()
            .all(u8::is_ascii_digit)
            .then(|| digits.iter().fold(0, |n, digit| n * 10 + i64::from(digit - b'0')))
    };
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    Timestamp::from_seconds(days_before(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second)
}

fn iso_8601(seconds: i64) -> String {
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Estimates the year, which may be one too small, and then finds the month.
    let mut year = 1970 + days.div_euclid(366);
    while days_before(year + 1, 1, 1) <= days {
        year += 1;
    }
    let mut month = 1;
    while month < 12 && days_before(year, month + 1, 1) <= days {
        month += 1;
    }
    let day = days - days_before(year, month, 1) + 1;
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.000Z")
}

/// Returns the days from 1970 to a day of the Gregorian calendar.
fn days_before(year: i64, month: i64, day: i64) -> i64 {
    const BEFORE_MONTH: [i64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let leaps = |year: i64| year / 4 - year / 100 + year / 400;
    let is_leap = leaps(year) > leaps(year - 1);
    let leap_day = i64::from(is_leap && month > 2);
    (year - 1970) * 365 + leaps(year - 1) - leaps(1969) + BEFORE_MONTH[month as usize - 1] + leap_day + day - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_and_read_in_iso_8601() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400, "2000-02-29T00:00:00.000Z"),
            (1_790_000_000, "2026-09-21T14:13:20.000Z"),
            (4_107_542_399, "2100-02-28T23:59:59.000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000Z"),
            (253_402_300_799, "9999-12-31T23:59:59.000Z"),
        ] {
            assert_eq!(iso_8601(seconds), text);
            assert_eq!(parse_iso_8601(text), Timestamp::from_seconds(seconds));
        }
        for seconds in (0..20_000_000_000).step_by(7_654_321) {
            assert_eq!(parse_iso_8601(&iso_8601(seconds)), Timestamp::from_seconds(seconds));
        }
        assert_eq!(parse_iso_8601("2026-09-21T14:13:20Z"), Timestamp::from_seconds(1_790_000_000));
        for odd in
            ["", "Z", "2026-09-21", "2026-13-21T14:13:20.000Z", "2026-09-21T14:13:20.000", "2026-09-21T14:13:20.xZ"]
        {
            assert_eq!(parse_iso_8601(odd), None, "{odd}");
        }
        for beyond in ["2026-00-21T14:13:20Z", "2026-09-00T14:13:20Z", "2026-09-32T14:13:20Z", "2026-09-21T24:13:20Z"] {
            assert_eq!(parse_iso_8601(beyond), None, "{beyond}");
        }
        for beyond in ["2026-09-21T14:60:20Z", "2026-09-21T14:13:61Z", "2026-09-21T14:13:99Z"] {
            assert_eq!(parse_iso_8601(beyond), None, "{beyond}");
        }
        assert_eq!(parse_iso_8601("2016-12-31T23:59:60Z"), parse_iso_8601("2017-01-01T00:00:00Z"), "a leap second");
    }

    #[test]
    fn an_envelope_without_a_purpose_is_taken_and_one_with_another_refused() {
        let secrets = Secrets::new(crate::secret::Secret::legacy("secret").unwrap());
        let rails = Rails::new(&secrets, b"salt", "_session", KeyHash::Sha256, std::sync::Arc::new(|_: &mut [u8]| ()));
        let unwrapped = |purpose: &str| {
            let envelope = format!(r#"{{"_rails":{{"message":"e30=","exp":null,"pur":{purpose}}}}}"#);
            rails.unwrap(envelope.into_bytes(), Timestamp::from_seconds(0).unwrap())
        };
        assert_eq!(unwrapped("null").as_deref(), Ok("{}"));
        assert_eq!(unwrapped("\"cookie._session\"").as_deref(), Ok("{}"));
        for other in ["\"cookie._other\"", "\"\"", "1", "false"] {
            assert_eq!(unwrapped(other), Err(Refusal::Malformed), "{other}");
        }
    }
}
