//! Finds cookies in the input: a value, a header line, a whole response, or a cookie jar.

use std::ffi::OsString;
use std::io::{IsTerminal, Read, Write};

use signed_cookie_session::{Format, unverified};

use crate::failure::Failure;

/// The length of an HMAC-SHA256 in base64.
const SHORTEST_SIGNATURE: usize = 43;

/// A value found under the cookie's name, or on a line of its own.
pub struct Found {
    /// The number of the line, from 1.
    pub line: usize,
    pub value: String,
}

/// Moves a cookie that begins with a hyphen (one in 64 does) after `--`, so that it is not read as an option. No option
/// is as long as a signature.
pub fn with_cookies_last(arguments: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let is_cookie = |argument: &OsString| {
        let bytes = argument.as_encoded_bytes();
        bytes.len() >= SHORTEST_SIGNATURE
            && bytes[0] == b'-'
            && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    let (cookies, mut others): (Vec<_>, Vec<_>) = arguments.partition(is_cookie);
    if !cookies.is_empty() && !others.iter().any(|argument| argument == "--") {
        others.push("--".into());
    }
    others.extend(cookies);
    others
}

/// Returns the argument, or standard input if there is none.
pub fn text(argument: Option<&str>, what: &str) -> Result<String, Failure> {
    if let Some(argument) = argument.filter(|argument| *argument != "-") {
        // A cookie is hardly ever the name of a file.
        if std::path::Path::new(argument).is_file() {
            return Err(Failure::new(format!("{argument} is a file: give its content with `< {argument}`")));
        }
        return Ok(argument.into());
    }
    let mut input = std::io::stdin().lock();
    if input.is_terminal() {
        let _ = writeln!(std::io::stderr(), "Paste {what}, then end with Ctrl-D on a line of its own:");
    }
    let mut bytes = Vec::new();
    input.read_to_end(&mut bytes).map_err(|error| Failure::new(format!("standard input cannot be read: {error}")))?;
    // A cookie is ASCII, so a text that is not UTF-8 is refused later.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Returns all cookies with the first of these names that occurs, in the order of the input.
pub fn cookies(text: &str, names: &[String]) -> Result<Vec<Found>, Failure> {
    let mut found = names.iter().map(|name| cookies_of(text, name));
    let first = found.next().expect("there is a name");
    first.or_else(|error| found.find_map(Result::ok).ok_or(error))
}

fn cookies_of(text: &str, name: &str) -> Result<Vec<Found>, Failure> {
    let mut found = Vec::new();
    let signature_name = [name, ".sig"].concat();
    let mut signatures = Vec::new();
    let mut others: Vec<&str> = Vec::new();
    let is_response = text.trim_start().starts_with("HTTP/");
    for (at, line) in text.lines().enumerate() {
        // `curl -v` writes these before a header.
        let line = line.trim().trim_start_matches("< ").trim_start_matches("> ").trim();
        if line.is_empty() {
            if is_response && at > 0 {
                break;
            }
            continue;
        }
        match pairs(line) {
            Some(pairs) => {
                for (pair_name, value) in pairs {
                    if pair_name == name {
                        found.push(Found { line: at + 1, value: unquoted(value).into() });
                    } else if pair_name == signature_name {
                        signatures.push(unquoted(value));
                    } else if !others.contains(&pair_name) {
                        others.push(pair_name);
                    }
                }
            }
            None if is_other_header(line) => {}
            None => found.push(Found { line: at + 1, value: unquoted(line).into() }),
        }
    }
    // Express' two cookies, joined as the library's `encode` joins them.
    let is_express = |found: &Found| {
        unverified::recognise(&found.value).is_some_and(|recognised| recognised.format == Format::Express)
    };
    if found.len() == signatures.len() && found.iter().all(is_express) {
        for (found, signature) in found.iter_mut().zip(signatures) {
            found.value = format!("{}.{signature}", found.value);
        }
    }
    if found.is_empty() {
        return Err(Failure::new(match &others[..] {
            [] => "there is no cookie here: give a cookie's value, a Cookie or Set-Cookie line, or the headers of a response"
                .into(),
            others => {
                let shown: Vec<_> = others.iter().take(8).map(|other| format!("{other:?}")).collect();
                format!("there is no cookie named {name:?} here, but {}: give the name with --name", shown.join(", "))
            }
        }));
    }
    Ok(found)
}

/// Returns the only cookie of the input.
pub fn one_cookie(text: &str, names: &[String]) -> Result<Found, Failure> {
    let mut found = cookies(text, names)?;
    match found.len() {
        1 => Ok(found.remove(0)),
        many => Err(Failure::new(format!("there are {many} cookies here: give one (`rotate` takes many)"))),
    }
}

/// Returns the name-value pairs of a line: all pairs of a `Cookie` line, the first pair of a `Set-Cookie` line, and the
/// only pair of a line in a cookie jar (the format of Netscape and curl).
fn pairs(line: &str) -> Option<Vec<(&str, &str)>> {
    let header = |name: &str| {
        let (field, value) = line.split_once(':')?;
        field.trim().eq_ignore_ascii_case(name).then_some(value)
    };
    if let Some(cookie) = header("set-cookie") {
        return Some(cookie.split(';').next().and_then(pair).into_iter().collect());
    }
    if let Some(cookies) = header("cookie") {
        return Some(cookies.split(';').filter_map(pair).collect());
    }
    if let [_, _, _, _, _, name, value] = line.split('\t').collect::<Vec<_>>()[..] {
        return Some(vec![(name, value)]);
    }
    // Values of other frameworks may contain equals signs.
    if unverified::recognise(line).is_some() {
        return None;
    }
    // A single value may end with padding, which is reported later.
    let unpadded = line.trim_end_matches('=');
    let is_value = !unpadded.contains(['=', ';']) && (unpadded == line || unpadded.len() >= SHORTEST_SIGNATURE);
    if is_value || is_other_header(line) {
        return None;
    }
    const ATTRIBUTES: [&str; 6] = ["path", "domain", "expires", "max-age", "samesite", "priority"];
    let named = line.split(';').filter_map(pair);
    Some(named.filter(|(name, _)| !ATTRIBUTES.contains(&name.to_ascii_lowercase().as_str())).collect())
}

fn pair(text: &str) -> Option<(&str, &str)> {
    text.split_once('=').map(|(name, value)| (name.trim(), value.trim()))
}

/// Returns whether a line is another header, a status line, or a comment of a cookie jar.
fn is_other_header(line: &str) -> bool {
    line.starts_with("HTTP/") || line.starts_with('#') || line.starts_with("* ") || line.contains(": ")
}

fn unquoted(value: &str) -> &str {
    value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value)
}
