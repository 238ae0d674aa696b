//! Finds out why a text is not a session cookie, and what it may be instead.

/// Returns the reason as one sentence without a full stop.
pub fn reason(value: &str) -> String {
    const LONGEST: usize = 4096;
    let odd = value.chars().find(|c| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_'));
    match odd {
        _ if value.is_empty() => "it is empty: an empty value removes a session".into(),
        _ if value.len() > LONGEST => {
            format!("it has {} bytes, but browsers store at most {LONGEST}", value.len())
        }
        Some('=') if value.trim_end_matches('=').chars().all(|c| c != '=') => {
            "it ends with '=', the padding of base64, which these cookies do not have: remove it".into()
        }
        Some('+' | '/') => "it is in another base64, with '+' and '/' instead of '-' and '_'".into(),
        Some('%') => "it is percent-encoded: give the value as it is in the Cookie header".into(),
        Some('.') => "it has dots, like the cookies of Flask, Django and itsdangerous, and like a JWT".into(),
        Some('!') => "it has a '!', like the cookies of Pyramid before 2.0 and of its other session factories".into(),
        Some(odd) => format!("{odd:?} is not a character of base64url"),
        None if value.len() % 4 == 1 => {
            "its length is impossible: there is one character too many or too few, or it is cut off".into()
        }
        None if value.len() < 64 => "it is too short for a signature and a session: it may be cut off, or an id".into(),
        None => "there is no session, [renewed, created, {…}], after its signature: it may be cut off, from another \
                 framework, or written with a serializer, which this command does not support"
            .into(),
    }
}
