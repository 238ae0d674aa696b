//! Pyramid's CSRF token in the dict: forty hex digits that a form must bring back.

use crate::dict::Dict;
use crate::reserved::CSRF_TOKEN;
use crate::value;

#[cfg(feature = "getrandom")]
const RANDOM_BYTES: usize = 20;

/// A new token in the place of an old one, if there was one.
pub(crate) fn renew(dict: &mut Dict) {
    if stored(dict).is_some() {
        #[cfg(feature = "getrandom")]
        put(dict, &fresh());
        #[cfg(not(feature = "getrandom"))]
        dict.remove(CSRF_TOKEN);
    }
}

pub(crate) fn stored(dict: &Dict) -> Option<String> {
    dict.get(CSRF_TOKEN).and_then(read)
}

/// A token in its JSON text. What is no text, or empty, is none: an empty one would let an empty
/// field pass.
pub(crate) fn read(json: &str) -> Option<String> {
    value::read::<String>(CSRF_TOKEN, json).ok().filter(|token| !token.is_empty())
}

#[cfg(feature = "getrandom")]
pub(crate) fn put(dict: &mut Dict, token: &str) {
    dict.insert(CSRF_TOKEN, crate::dict::Member::new(CSRF_TOKEN, &format!("\"{token}\"")));
}

#[cfg(feature = "getrandom")]
pub(crate) fn fresh() -> String {
    use std::fmt::Write;
    let mut bytes = [0; RANDOM_BYTES];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes.iter().fold(String::with_capacity(2 * RANDOM_BYTES), |mut token, byte| {
        write!(token, "{byte:02x}").expect("a String takes any text");
        token
    })
}
