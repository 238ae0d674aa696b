//! Reads what a cookie claims, without a secret, to inspect cookies by hand.
//!
//! **Anybody can write a cookie that this module reads.** The command `session-cookie` uses it to show a cookie that no
//! secret verifies. An app must load its sessions with a [`SignedCookieFactory`](crate::SignedCookieFactory).
//!
//! # Example
//! ```
//! use signed_cookie_session::{Secret, SignedCookieFactory, unverified};
//!
//! let sessions = SignedCookieFactory::new(Secret::generate());
//! let session = sessions.load(&http::HeaderMap::new());
//! session.insert("user", "ada")?;
//!
//! let claims = unverified::claims(&sessions.encode(&session)?).unwrap();
//! assert_eq!(claims.members, [("user".to_owned(), r#""ada""#.to_owned())]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::format::foreign::timed::{DJANGO, ITSDANGEROUS, Layout};
use crate::format::foreign::{CREATED, RENEWED, base64 as strict, percent, zlib};
use crate::format::kind::Format;
use crate::format::record::LIFETIME;
use crate::format::signature::HashAlgorithm;
use crate::format::timestamp::Timestamp;
use crate::format::{encrypted, rails, signed};
use crate::json::dict::Dict;
use crate::json::scan;

/// What a cookie value claims to hold. Nobody has verified it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Claims {
    /// The hash whose signatures are as long as the cookie's.
    pub hash_algorithm: HashAlgorithm,
    /// When the session was created.
    pub created: SystemTime,
    /// When the session was renewed.
    pub renewed: SystemTime,
    /// The session's own lifetime, if it has one.
    pub lifetime: Option<Duration>,
    /// All keys, including reserved ones, each with the JSON text of its value.
    pub members: Vec<(String, String)>,
}

/// Reads a cookie value and verifies nothing. Returns `None` if the value does not hold a session behind a signature.
///
/// # Example
/// ```
/// assert!(signed_cookie_session::unverified::claims("forged").is_none());
/// ```
pub fn claims(value: &str) -> Option<Claims> {
    let sealed = URL_SAFE_NO_PAD.decode(value).ok()?;
    [HashAlgorithm::Sha512, HashAlgorithm::Sha384, HashAlgorithm::Sha256].into_iter().find_map(|hash_algorithm| {
        let payload = sealed.get(hash_algorithm.tag_len()..)?;
        let text: Arc<str> = std::str::from_utf8(payload).ok()?.into();
        let record = signed::parse(text.as_bytes(), text.len())?;
        let members = record.dict.distinct().into_iter().map(|(key, json)| (key, json.to_owned()));
        Some(Claims {
            hash_algorithm,
            created: record.created.at.to_system()?,
            renewed: record.renewed.at.to_system()?,
            lifetime: record.lifetime(),
            members: members.collect(),
        })
    })
}

/// What a cookie value of any format seems to hold. Nobody has verified it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Recognised {
    /// The format whose cookies look like this.
    pub format: Format,
    /// The hash whose signatures are as long as the cookie's, for [`Format::Signed`].
    pub hash_algorithm: Option<HashAlgorithm>,
    /// When the session was created, if the cookie says so.
    pub created: Option<SystemTime>,
    /// When the session was renewed, if the cookie says so.
    pub renewed: Option<SystemTime>,
    /// The session's own lifetime, if it has one.
    pub lifetime: Option<Duration>,
    /// The keys, each with the JSON text of its value; `None` if they are encrypted.
    pub members: Option<Vec<(String, String)>>,
}

/// Recognises the format of a cookie value by its form and verifies nothing. Returns `None` if it does not have the
/// form of any format.
///
/// Express uses two cookies: join their values with a dot, as [`encode`](crate::SignedCookieFactory::encode) does, or
/// give the first value alone.
///
/// # Example
/// ```
/// use signed_cookie_session::{Format, unverified};
///
/// let flask = "eyJ1c2VyIjoiYWRhIiwidmlzaXRzIjozfQ.arE7gA.5AUa6OlfAAyiHQiqp38ONbs9M2A";
/// assert_eq!(unverified::recognise(flask).unwrap().format, Format::Flask);
/// ```
pub fn recognise(value: &str) -> Option<Recognised> {
    let readers: [fn(&str) -> Option<Recognised>; 7] =
        [of_signed, of_encrypted, of_rails, of_react_router, of_django, of_flask_or_starlette, of_express];
    readers.into_iter().find_map(|read| read(value))
}

/// Returns a format's default cookie name, salt and timeout, for the command.
#[doc(hidden)]
pub fn defaults(format: Format) -> (&'static str, Option<&'static str>, Option<Duration>) {
    let defaults = format.defaults();
    let salt = defaults.salt.map(|salt| std::str::from_utf8(salt).expect("the defaults are text"));
    (defaults.cookie_name, salt, defaults.timeout)
}

/// Returns all formats, for the command.
#[doc(hidden)]
pub fn formats() -> &'static [Format] {
    Format::ALL
}

fn of_signed(value: &str) -> Option<Recognised> {
    let claims = claims(value)?;
    Some(Recognised {
        format: Format::Signed,
        hash_algorithm: Some(claims.hash_algorithm),
        created: Some(claims.created),
        renewed: Some(claims.renewed),
        lifetime: claims.lifetime,
        members: Some(claims.members),
    })
}

fn of_encrypted(value: &str) -> Option<Recognised> {
    let sealed = URL_SAFE_NO_PAD.decode(value.strip_prefix(encrypted::PREFIX)?).ok()?;
    (sealed.len() >= encrypted::NONCE_LEN + encrypted::TAG_LEN).then(|| hidden(Format::Encrypted))
}

fn of_rails(value: &str) -> Option<Recognised> {
    let value = percent::decode(value.as_bytes()).ok()?;
    rails::looks_like(&value).then(|| hidden(Format::Rails))
}

fn of_react_router(value: &str) -> Option<Recognised> {
    let value = percent::decode(value.as_bytes()).ok()?;
    let (body, tag) = value.split_at(memchr::memrchr(b'.', &value)?);
    let tag = strict::decode(&strict::UNPADDED, &tag[1..]).ok()?;
    let json = strict::decode_text(&strict::PADDED, body).ok()?;
    if tag.len() == 32 { object(Format::ReactRouter, &json, None) } else { None }
}

fn of_django(value: &str) -> Option<Recognised> {
    let (body, signed_at) = timed(value, DJANGO)?;
    object(Format::Django, &zlib::decode_body(body.as_bytes()).ok()?, Some(signed_at))
}

fn of_flask_or_starlette(value: &str) -> Option<Recognised> {
    let (body, signed_at) = timed(value, ITSDANGEROUS)?;
    let flask = || object(Format::Flask, &zlib::decode_body(body.as_bytes()).ok()?, Some(signed_at));
    let starlette =
        || object(Format::Starlette, &strict::decode_text(&strict::PADDED, body.as_bytes()).ok()?, Some(signed_at));
    // Without padding, only the space that Python writes after each colon distinguishes the two formats.
    let is_spaced = strict::decode_text(&strict::PADDED, body.as_bytes()).is_ok_and(|json| json.contains("\": "));
    if is_spaced { starlette() } else { flask().or_else(starlette) }
}

fn of_express(value: &str) -> Option<Recognised> {
    let body = value.rsplit_once('.').map_or(value, |(body, _)| body);
    object(Format::Express, &strict::decode_text(&strict::PADDED, body.as_bytes()).ok()?, None)
}

/// Returns the body and the time of a value without verifying its tag.
fn timed<'v>(value: &'v str, layout: &Layout) -> Option<(&'v str, Timestamp)> {
    let separator = char::from(layout.separator);
    let (signed, tag) = value.rsplit_once(separator)?;
    let (body, time) = signed.rsplit_once(separator)?;
    strict::decode(&strict::URL, tag.as_bytes()).ok().filter(|tag| tag.len() >= 20)?;
    let seconds = (layout.read_time)(time.as_bytes())?;
    Some((body, Timestamp::from_seconds(seconds.try_into().ok()?)?))
}

fn hidden(format: Format) -> Recognised {
    Recognised { format, hash_algorithm: None, created: None, renewed: None, lifetime: None, members: None }
}

fn object(format: Format, json: &str, signed_at: Option<Timestamp>) -> Option<Recognised> {
    let text: Arc<str> = json.into();
    let found = scan::object(&text)?;
    let mut dict = Dict::from_scan(text.into(), found);
    let mut time = |key| {
        let at = Timestamp::parse(dict.get(key)?);
        dict.remove(key);
        at
    };
    let (created, renewed) = (time(CREATED).or(signed_at), signed_at.or_else(|| time(RENEWED)));
    let system = |at: Option<Timestamp>| at.and_then(Timestamp::to_system);
    let lifetime = dict.get(LIFETIME).and_then(|json| json.parse().ok()).map(Duration::from_secs);
    let members = dict.distinct().into_iter().map(|(key, json)| (key, json.to_owned())).collect();
    let (created, renewed) = (system(created), system(renewed));
    Some(Recognised { format, hash_algorithm: None, created, renewed, lifetime, members: Some(members) })
}
