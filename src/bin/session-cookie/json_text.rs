//! Formats JSON text token by token, so that numbers keep their digits. Text that is not JSON is shown as far as
//! possible.

use crate::report::plain;

enum Token<'t> {
    Open(char),
    Close(char),
    Comma,
    Colon,
    Text(&'t str),
    Other(&'t str),
}

fn tokens(json: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = json.trim_start();
    while let Some(first) = rest.chars().next() {
        let len = match first {
            '"' => {
                tokens.push(Token::Text(&rest[..text_len(rest)]));
                text_len(rest)
            }
            '[' | '{' => {
                tokens.push(Token::Open(first));
                1
            }
            ']' | '}' => {
                tokens.push(Token::Close(first));
                1
            }
            ',' => {
                tokens.push(Token::Comma);
                1
            }
            ':' => {
                tokens.push(Token::Colon);
                1
            }
            _ => {
                let ends = |c: char| c.is_ascii_whitespace() || "\"[]{},:".contains(c);
                let len = rest.find(ends).unwrap_or(rest.len());
                tokens.push(Token::Other(&rest[..len]));
                len
            }
        };
        rest = rest[len..].trim_start_matches(|c: char| c.is_ascii_whitespace());
    }
    tokens
}

/// Returns the length of a string, from its opening quote to its closing quote.
fn text_len(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Formats JSON on one line, like Python and this library.
pub fn compact(json: &str) -> String {
    let mut line = String::with_capacity(json.len());
    for token in tokens(json) {
        push(&mut line, &token, &str::to_owned);
    }
    line
}

fn push(line: &mut String, token: &Token<'_>, text_of: &impl Fn(&str) -> String) {
    match token {
        Token::Open(bracket) | Token::Close(bracket) => line.push(*bracket),
        Token::Comma => line.push_str(", "),
        Token::Colon => line.push_str(": "),
        Token::Text(text) => line.push_str(&text_of(text)),
        Token::Other(other) => line.push_str(&plain(other)),
    }
}

/// Formats JSON on several lines for people. Lines after the first are indented. A list or object that fits into
/// `width` stays on one line.
pub fn pretty(json: &str, indent: usize, width: usize) -> String {
    /// The maximum indentation, so that deep lines stay visible.
    const DEEPEST: usize = 12;
    let tokens = tokens(json);
    let mut pretty = String::new();
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let line = |pretty: &mut String, depth: usize| {
            pretty.push('\n');
            pretty.push_str(&" ".repeat(indent + 2 * depth.min(DEEPEST)));
        };
        match token {
            Token::Open(bracket) => {
                if let Some((len, short)) = short(&tokens[at..], width) {
                    pretty.push_str(&short);
                    at += len;
                    continue;
                }
                pretty.push(*bracket);
                depth += 1;
                line(&mut pretty, depth);
            }
            Token::Close(bracket) => {
                depth = depth.saturating_sub(1);
                line(&mut pretty, depth);
                pretty.push(*bracket);
            }
            Token::Comma => {
                pretty.push(',');
                line(&mut pretty, depth);
            }
            other => push(&mut pretty, other, &readable),
        }
        at += 1;
    }
    pretty
}

/// Returns the list or object at the start on one line, with its number of tokens, if it fits into `width`.
fn short(tokens: &[Token<'_>], width: usize) -> Option<(usize, String)> {
    let mut line = String::new();
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        push(&mut line, token, &readable);
        match token {
            Token::Open(_) => depth += 1,
            Token::Close(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        // This counts bytes, not characters, which is good enough for a limit.
        if line.len() > width {
            return None;
        }
        if depth == 0 {
            return Some((at + 1, line));
        }
    }
    None
}

/// Resolves the escapes of a JSON string, except those that it needs to stay valid and visible.
fn readable(text: &str) -> String {
    let Ok(meant) = serde_json::from_str::<String>(text) else { return plain(text) };
    let mut readable = String::with_capacity(text.len());
    readable.push('"');
    for character in meant.chars() {
        match character {
            '"' | '\\' => readable.extend(['\\', character]),
            '\n' => readable.push_str("\\n"),
            '\r' => readable.push_str("\\r"),
            '\t' => readable.push_str("\\t"),
            other => readable.push_str(&plain(other.encode_utf8(&mut [0; 4]))),
        }
    }
    readable.push('"');
    readable
}
