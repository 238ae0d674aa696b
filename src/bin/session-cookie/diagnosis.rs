//! Finds out why a signature does not verify, by trying common mistakes.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use signed_cookie_session::{Format, Secret, SignedCookieFactory};
use zeroize::Zeroizing;

use crate::cookie_format::{CookieFormat, Hash};
use crate::secrets::Source;

/// Something to try, and its description. What the user gave has no description.
struct Try<T> {
    with: T,
    said: Option<String>,
}

/// Returns a sentence that says with which settings the cookie verifies. If nothing verifies, returns which of the
/// secrets are too weak for an app to use, or `None` if none is.
pub fn explain(value: &str, sources: &[Source], format: &CookieFormat) -> Option<String> {
    if format.format != Format::Signed {
        return None;
    }
    let salts = salts(&format.salt);
    let hashes = hashes(format.hash);
    let mut best: Option<Vec<String>> = None;
    for source in sources {
        for secret in secrets(source) {
            for salt in &salts {
                for hash in &hashes {
                    let said: Vec<_> = [&secret.said, &salt.said, &hash.said].into_iter().flatten().cloned().collect();
                    let better = best.as_ref().is_none_or(|best| said.len() + 1 < best.len());
                    if !said.is_empty() && better && verifies(value, &secret.with, &salt.with, hash.with) {
                        best = Some([vec![format!("under {}", source.name)], said].concat());
                    }
                }
            }
        }
    }
    let weak =
        || sources.iter().filter_map(Source::weakness).map(|weakness| format!("{weakness}.")).collect::<Vec<_>>();
    match best {
        Some(parts) => Some(format!("It verifies {} {}.", parts[0], parts[1..].join(", and "))),
        None => Some(weak().join(" ")).filter(|weak| !weak.is_empty()),
    }
}

fn verifies(value: &str, secret: &[u8], salt: &[u8], hash: Hash) -> bool {
    let Ok(secret) = Secret::legacy(secret) else { return false };
    let builder = SignedCookieFactory::builder(secret).salt(salt).hash_algorithm(hash.algorithm());
    builder.timeout(None).build().is_ok_and(|sessions| sessions.decode(value).is_ok())
}

fn hashes(given: Hash) -> Vec<Try<Hash>> {
    let said = |hash: Hash| format!("with {}, not {} (--hash {})", hash.shown(), given.shown(), hash.option());
    Hash::ALL.into_iter().map(|hash| Try { with: hash, said: (hash != given).then(|| said(hash)) }).collect()
}

fn salts(given: &str) -> Vec<Try<Vec<u8>>> {
    const PYRAMIDS: &str = "pyramid.session.";
    let mut salts = vec![Try { with: given.into(), said: None }];
    for salt in [PYRAMIDS.into(), String::new(), format!("{given}."), given.trim_end_matches('.').into()] {
        if salt != given {
            let said = format!("with the salt '{salt}' but not with '{given}' (--salt '{salt}')");
            salts.push(Try { with: salt.into(), said: Some(said) });
        }
    }
    if let Some(latin1) = latin1(given.as_bytes()) {
        let said = "with the salt in latin-1, as Pyramid encodes it, not in UTF-8: give the program those bytes";
        salts.push(Try { with: latin1, said: Some(said.into()) });
    }
    salts
}

fn secrets(source: &Source) -> Vec<Try<Zeroizing<Vec<u8>>>> {
    let bytes = &source.bytes[..];
    let line = bytes.strip_suffix(b"\n").map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let quoted = |quote: &[u8]| bytes.strip_prefix(quote)?.strip_suffix(quote);
    let unquoted = quoted(b"\"").or_else(|| quoted(b"'"));
    let base64 = [URL_SAFE_NO_PAD, URL_SAFE, STANDARD_NO_PAD, STANDARD];
    let decoded = base64.iter().find_map(|base64| base64.decode(bytes).ok());
    let mishaps: [(&str, Option<Vec<u8>>); 8] = [
        ("with the secret without its last newline", line.map(Into::into)),
        ("with the secret and a newline after it", Some([bytes, b"\n"].concat())),
        ("with the secret without the white space around it", Some(bytes.trim_ascii().into())),
        ("with the secret without the quotes around it", unquoted.map(Into::into)),
        ("with the secret decoded from hex", hex(bytes)),
        ("with the secret decoded from base64", decoded),
        ("with the secret in lower case", Some(bytes.to_ascii_lowercase())),
        ("with the secret in latin-1, as Pyramid encodes it, not in UTF-8", latin1(bytes)),
    ];
    let mut secrets = vec![Try { with: Zeroizing::new(bytes.into()), said: None }];
    for (said, changed) in mishaps {
        if let Some(changed) = changed.map(Zeroizing::new).filter(|changed| changed[..] != *bytes) {
            let said = format!("{said}: the program that signed it reads the secret in this way");
            secrets.push(Try { with: changed, said: Some(said) });
        }
    }
    secrets
}

fn hex(text: &[u8]) -> Option<Vec<u8>> {
    if text.len() % 2 != 0 {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16);
    text.chunks(2).map(|pair| u8::try_from(digit(pair[0])? << 4 | digit(pair[1])?).ok()).collect()
}

/// Returns a text that is not ASCII in latin-1, if all its characters fit.
fn latin1(utf8: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(utf8).ok().filter(|text| !text.is_ascii())?;
    text.chars().map(|character| u8::try_from(character).ok()).collect()
}
