//! Reads the request headers of a device-bound session. They are structured fields (RFC 9651); only the part of the
//! grammar that they need is implemented.

/// Returns the text of a header whose value is a string in the draft. Chromium sends it without quotes, so both forms
/// are accepted. Parameters are ignored, as the draft requires.
pub(crate) fn text(value: &[u8]) -> Option<String> {
    let value = std::str::from_utf8(value).ok()?.trim_matches([' ', '\t']);
    let (text, rest) = if value.starts_with('"') { string(value)? } else { bare(value)? };
    // Only parameters may follow the string.
    (rest.is_empty() || rest.starts_with(';')).then_some(text)
}

/// Why a browser sent a request without a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SkippedProof {
    /// The browser could not reach the server to renew the proof.
    Unreachable,
    /// The server answered the renewal with a 5xx.
    ServerError,
    /// The browser has reached its limit of signatures for this site. Chromium 156 signs at most six times in nine
    /// minutes. With a longer [`lifetime`](crate::DeviceBound::lifetime), fewer signatures are needed.
    QuotaExceeded,
}

impl SkippedProof {
    /// Returns the reasons in a `Secure-Session-Skipped` header, for logs and metrics. A browser sends this header with
    /// every request for which it has no proof. Unknown reasons are ignored.
    ///
    /// # Example
    /// ```
    /// use signed_cookie_session::SkippedProof;
    ///
    /// let reasons = SkippedProof::parse(r#"quota_exceeded;session_identifier="session.17""#);
    /// assert_eq!(reasons, [SkippedProof::QuotaExceeded]);
    /// assert!(SkippedProof::parse("tea_break").is_empty());
    /// ```
    pub fn parse(value: impl AsRef<[u8]>) -> Vec<Self> {
        let members = split_outside_quotes(value.as_ref(), b',');
        members
            .filter_map(|member| {
                let token = member.split(|byte| *byte == b';').next()?.trim_ascii();
                match token {
                    b"unreachable" => Some(Self::Unreachable),
                    b"server_error" => Some(Self::ServerError),
                    b"quota_exceeded" => Some(Self::QuotaExceeded),
                    _ => None,
                }
            })
            .collect()
    }
}

/// The longest text that is read, which is the longest proof.
const MAX_TEXT_LEN: usize = super::jwt::MAX_LEN;

fn bare(value: &str) -> Option<(String, &str)> {
    let end = value.find(';').unwrap_or(value.len());
    let (text, rest) = value.split_at(end);
    let text = text.trim_end_matches([' ', '\t']);
    let is_bare = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\' | b',' | b'(' | b')');
    (!text.is_empty() && text.bytes().all(is_bare)).then(|| (text.to_owned(), rest))
}

/// RFC 9651 section 4.2.5.
fn string(value: &str) -> Option<(String, &str)> {
    let mut text = String::new();
    let mut characters = value[1..].char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((text, value[1 + at + 1..].trim_start_matches([' ', '\t']))),
            '\\' => text.push(characters.next().map(|(_, escaped)| escaped).filter(|c| matches!(c, '"' | '\\'))?),
            ' '..='~' => text.push(character),
            _ => return None,
        }
    }
    None
}

fn split_outside_quotes(value: &[u8], at: u8) -> impl Iterator<Item = &[u8]> {
    let (mut quoted, mut escaped) = (false, false);
    value.split(move |byte| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ => return *byte == at && !quoted,
        }
        false
    })
}

/// Returns whether a header's value is short enough for a proof, so that a longer one is not copied.
pub(crate) fn is_short_enough(value: &[u8]) -> bool {
    // Leaves space for quotes and a few parameters.
    value.len() <= MAX_TEXT_LEN + 64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_with_quotes_and_without() {
        for value in
            ["ey.J-_.x", "\"ey.J-_.x\"", " \"ey.J-_.x\" ", "ey.J-_.x;a=1", "\"ey.J-_.x\";a=\"b\"", "ey.J-_.x ;a"]
        {
            assert_eq!(text(value.as_bytes()).as_deref(), Some("ey.J-_.x"), "{value}");
        }
        assert_eq!(text(br#""a\"b\\c""#).as_deref(), Some(r#"a"b\c"#));
        assert_eq!(text(b"\"\"").as_deref(), Some(""));
    }

    #[test]
    fn a_value_that_is_not_a_single_text_is_refused() {
        let values: [&[u8]; 13] = [
            b"",
            b" ",
            b"\"",
            b"\"a",
            b"a\"",
            b"\"a\"b",
            b"\"a\", \"b\"",
            b"a, b",
            b"a b",
            b"(a)",
            b"\"\\a\"",
            b"\"\xc3\xa9\"",
            b"\xff",
        ];
        for value in values {
            assert_eq!(text(value), None, "{:?}", String::from_utf8_lossy(value));
        }
    }

    #[test]
    fn the_drafts_own_skipped_header_is_read() {
        let value = "unreachable;session_identifier=123, quota_exceeded;session_identifier=456";
        assert_eq!(SkippedProof::parse(value), [SkippedProof::Unreachable, SkippedProof::QuotaExceeded]);
        assert_eq!(SkippedProof::parse("server_error"), [SkippedProof::ServerError]);
        assert_eq!(SkippedProof::parse(r#"x;session_identifier="a, unreachable", y"#), []);
        assert_eq!(SkippedProof::parse(""), []);
        // Commas and semicolons in quotes divide nothing, however the quotes inside are escaped.
        for inside in [r#"a, b"#, r#"a\", b"#, r#"a\\\", b"#, r#"; , "#] {
            let value = format!(r#"x;y="{inside}, unreachable", server_error"#);
            assert_eq!(SkippedProof::parse(&value), [SkippedProof::ServerError], "{value}");
        }
        assert_eq!(SkippedProof::parse(r#"x;y="a\\", unreachable"#), [SkippedProof::Unreachable]);
        assert_eq!(SkippedProof::parse(r#"x\", unreachable, y""#), []);
        assert_eq!(SkippedProof::parse(r#"x\, unreachable"#), [SkippedProof::Unreachable]);
    }
}
