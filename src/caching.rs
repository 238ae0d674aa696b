//! What caches must be told: `Vary` and `Cache-Control` of a response that depends on a session.

use std::borrow::Cow;

/// Whether `Vary` lines already say that the response varies by cookie.
pub(crate) fn varies_by_cookie<'h>(vary: impl IntoIterator<Item = &'h [u8]>) -> bool {
    let mut names = vary.into_iter().flat_map(|line| line.split(|byte| *byte == b',')).map(<[u8]>::trim_ascii);
    names.any(|name| name == b"*" || name.eq_ignore_ascii_case(b"cookie"))
}

/// What `Cache-Control` must become so that no shared cache keeps a response that sets a session
/// cookie (RFC 9111 section 7.3); `None` where it says so already.
///
/// `public` and `s-maxage` give way; everything else the app said stays.
pub(crate) fn forbid_shared<'h>(cache_control: impl IntoIterator<Item = &'h [u8]>) -> Option<Cow<'static, str>> {
    let mut kept: Vec<&str> = Vec::new();
    let (mut private, mut no_store, mut overruled, mut gave_way) = (false, false, false, false);
    for line in cache_control {
        let Some(directives) = directives(line) else {
            // Nobody knows what a cache makes of it: say the strictest thing.
            return Some("no-store".into());
        };
        for directive in directives {
            let (name, argument) =
                directive.split_once('=').map_or((directive, None), |(name, argument)| (name, Some(argument)));
            let is = |other: &str| name.trim_end().eq_ignore_ascii_case(other);
            if is("public") || is("s-maxage") {
                gave_way = true;
                continue;
            }
            // `private="Set-Cookie"` forbids one header only, not the response.
            private |= is("private") && argument.is_none();
            no_store |= is("no-store");
            // A cache that knows it ignores a `no-store` beside it (RFC 9111 section 5.2.2.3).
            overruled |= is("must-understand");
            kept.push(directive);
        }
    }
    let forbidden = private || (no_store && !overruled);
    if forbidden && !gave_way {
        return None;
    }
    if kept.is_empty() {
        return Some("private".into());
    }
    if !forbidden {
        kept.push("private");
    }
    Some(kept.join(", ").into())
}

/// The directives of one line, split at the commas outside quotes; `None` where a quote does not
/// close, which would swallow what follows it, or where it is no text.
fn directives(line: &[u8]) -> Option<Vec<&str>> {
    let mut quoted = false;
    let mut escaped = false;
    let split = std::str::from_utf8(line).ok()?.split(|character| {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => return character == ',' && !quoted,
        }
        false
    });
    let directives = split.map(str::trim).filter(|directive| !directive.is_empty()).collect();
    (!quoted).then_some(directives)
}
