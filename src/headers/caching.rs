//! `Vary` and `Cache-Control` of a response that depends on a session.

use std::borrow::Cow;

/// Returns whether the `Vary` lines already name `Cookie`.
pub(crate) fn varies_by_cookie<'h>(vary: impl IntoIterator<Item = &'h [u8]>) -> bool {
    let mut names = vary.into_iter().flat_map(|line| line.split(|byte| *byte == b',')).map(<[u8]>::trim_ascii);
    names.any(|name| name == b"*" || name.eq_ignore_ascii_case(b"cookie"))
}

/// Returns a `Cache-Control` value with which no shared cache stores the response, because it sets a session cookie
/// (RFC 9111 section 7.3). Returns `None` if the present value already does this.
///
/// `public` and `s-maxage` are removed. Other directives of the app are kept.
pub(crate) fn forbid_shared<'h>(cache_control: impl IntoIterator<Item = &'h [u8]>) -> Option<Cow<'static, [u8]>> {
    let mut kept: Vec<&[u8]> = Vec::new();
    let (mut private, mut no_store, mut overruled, mut gave_way) = (false, false, false, false);
    for line in cache_control {
        let Some(directives) = directives(line) else {
            // If a quote is not closed, the directives after it are ignored: return the strictest one.
            return Some(Cow::Borrowed(b"no-store"));
        };
        for directive in directives {
            let name = directive.split(|byte| *byte == b'=').next().unwrap_or(directive);
            let is = |other: &str| name.trim_ascii().eq_ignore_ascii_case(other.as_bytes());
            if is("public") || is("s-maxage") {
                gave_way = true;
                continue;
            }
            // `private="Set-Cookie"` forbids one header only, not the response, and caches ignore `no-store=1`.
            let has_no_value = name.len() == directive.len();
            private |= is("private") && has_no_value;
            no_store |= is("no-store") && has_no_value;
            // A cache that supports `must-understand` ignores `no-store` (RFC 9111 section 5.2.2.3).
            overruled |= is("must-understand");
            kept.push(directive);
        }
    }
    let forbidden = private || (no_store && !overruled);
    if forbidden && !gave_way {
        return None;
    }
    if kept.is_empty() {
        return Some(Cow::Borrowed(b"private"));
    }
    if !forbidden {
        kept.push(b"private");
    }
    Some(Cow::Owned(kept.join(&b", "[..])))
}

/// Splits a line into directives at the commas outside quotes. Returns `None` if a quote is not closed.
fn directives(line: &[u8]) -> Option<Vec<&[u8]>> {
    let mut quoted = false;
    let mut escaped = false;
    let split = line.split(|byte| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ => return *byte == b',' && !quoted,
        }
        false
    });
    let directives = split.map(<[u8]>::trim_ascii).filter(|directive| !directive.is_empty()).collect();
    (!quoted).then_some(directives)
}
