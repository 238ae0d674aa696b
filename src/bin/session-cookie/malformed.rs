//! Finds out why a text is not a session cookie, and what it may be instead.

/// Returns the reason as one sentence without a full stop.
pub fn reason(value: &str) -> String {
    const LONGEST: usize = 4096;
    let odd = value.chars().find(|c| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_'));
    match odd {
        _ if value.is_empty() => "it is empty, which removes a session and holds none".into(),
        _ if value.len() > LONGEST => {
            format!("it has {} bytes, and no browser stores more than {LONGEST}", value.len())
        }
        Some('=') if value.trim_end_matches('=').chars().all(|c| c != '=') => {
            "it ends with '=', the padding of base64, which these cookies do not have: take it away".into()
        }
        Some('+' | '/') => "it is in another base64: '+' and '/' stand where '-' and '_' should".into(),
        Some('%') => "it is percent-encoded: give it as it stands in the Cookie header".into(),
        Some('.') => "it has dots, like the cookies of Flask, Django and itsdangerous, and like a JWT".into(),
        Some('!') => "it has a '!', like the cookies of Pyramid before 2.0 and of its other session factories".into(),
        Some(odd) => format!("{odd:?} is no character of base64url"),
        None if value.len() % 4 == 1 => {
            "its length cannot be: a character is missing or too many, it may be cut off".into()
        }
        None if value.len() < 64 => "it is too short for a signature and a session: it may be cut off, or an id".into(),
        None => "behind its signature stands no session, [renewed, created, {…}]: it may be cut off, of another \
                 framework, or written with a serializer, which this command does not know"
            .into(),
    }
}
