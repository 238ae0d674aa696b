//! Converts the program's values to JSON text and back. The user's `Serialize` and `Deserialize` run only here.

use std::any::type_name;
use std::io;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::json::dict::Member;

/// The error for a value that cannot be stored in the session, or does not have the type you ask for. The session does
/// not change.
///
/// The error names the key and never quotes the value.
///
/// # Example
/// ```
/// # use http::HeaderMap;
/// # use signed_cookie_session::{Secret, SignedCookieFactory};
/// # let session = SignedCookieFactory::new(Secret::generate()).load(&HeaderMap::new());
/// session.insert("visits", "many")?;
/// let error = session.get::<u64>("visits").unwrap_err();
/// assert_eq!(error.key(), Some("visits"));
/// assert_eq!(error.to_string(), r#"the session's "visits" is a string, which does not fit u64"#);
/// # Ok::<(), signed_cookie_session::ValueError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{problem}", .key.as_ref().map(|key| format!("the session's {key:?} ")).unwrap_or_default())]
pub struct ValueError {
    key: Option<String>,
    problem: ErrorKind,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ErrorKind {
    #[error("is {found}, which does not fit {expected}")]
    Mismatch { found: &'static str, expected: &'static str },
    #[error("is not JSON that Rust can read: Python writes NaN, Infinity and lone surrogates this way")]
    NotJson,
    #[error("cannot be written as JSON: {0}")]
    Serialize(String),
    #[error("cannot be stored: the session's JSON text would exceed {limit} bytes. Keep large data in a database")]
    TooLong { limit: usize },
    #[error("is not a list, but flash messages are stored in a list")]
    NotAQueue,
    #[error("is reserved for the library: use another key")]
    Reserved,
    #[error("the session does not fit {expected}: it has no field {field:?}")]
    MissingField { field: String, expected: &'static str },
    #[error("the session does not fit {0}")]
    Whole(&'static str),
    #[error("a whole session must be a struct or a map with string keys, and {0} is not")]
    NotAMap(&'static str),
    #[error("the whole session cannot be written as JSON: {0}")]
    SerializeWhole(String),
}

impl ValueError {
    /// Returns the key whose value caused the error, or `None` if the whole typed session did.
    ///
    /// # Example
    /// ```
    /// # use http::HeaderMap;
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let session = SignedCookieFactory::new(Secret::generate()).load(&HeaderMap::new());
    /// session.flash().push("Saved.")?;
    /// assert_eq!(session.flash().pop::<u64>().unwrap_err().key(), Some("_f_"));
    /// # Ok::<(), signed_cookie_session::ValueError>(())
    /// ```
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// Returns the error's text without the error of the user's `Serialize`, which could quote values.
    #[allow(dead_code, reason = "used by the framework features only")]
    pub(crate) fn sentence(&self) -> String {
        let problem = match self.problem {
            ErrorKind::Serialize(_) => ErrorKind::Serialize("its Serialize failed".into()),
            ErrorKind::SerializeWhole(_) => ErrorKind::SerializeWhole("its Serialize failed".into()),
            _ => return self.to_string(),
        };
        Self { key: self.key.clone(), problem }.to_string()
    }

    pub(crate) fn of(key: &str, problem: ErrorKind) -> Self {
        Self { key: Some(key.into()), problem }
    }

    pub(crate) fn whole(problem: ErrorKind) -> Self {
        Self { key: None, problem }
    }
}

/// Reads the JSON text of a key's value.
pub(crate) fn read<T: DeserializeOwned>(key: &str, json: impl AsRef<[u8]>) -> Result<T, ValueError> {
    let json = json.as_ref();
    serde_json::from_slice(json).map_err(|error| misfit::<T>(key, json, &error))
}

/// Returns the error for a value of another type. It does not contain serde_json's message, which quotes the value.
fn misfit<T>(key: &str, json: &[u8], error: &serde_json::Error) -> ValueError {
    let problem = match error.classify() {
        Category::Data => ErrorKind::Mismatch { found: kind(json), expected: type_name::<T>() },
        Category::Syntax | Category::Eof | Category::Io => ErrorKind::NotJson,
    };
    ValueError::of(key, problem)
}

fn kind(json: &[u8]) -> &'static str {
    match json.first() {
        Some(b'"') => "a string",
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    }
}

/// Writes a value as JSON text of at most `max_len` bytes.
pub(crate) fn write<T: Serialize + ?Sized>(key: &str, value: &T, max_len: usize) -> Result<String, ValueError> {
    write_behind(Vec::new(), key, value, max_len)
}

/// Writes a key and its value as a member of a dict. The member may have at most `max_len` bytes.
pub(crate) fn member<T: Serialize + ?Sized>(key: &str, value: &T, max_len: usize) -> Result<Member, ValueError> {
    /// The usual size of a value, so that most values need one allocation.
    const USUAL: usize = 64;
    let text = Member::begin(key, USUAL).into_bytes();
    Ok(Member::end(key, write_behind(text, key, value, max_len)?))
}

fn write_behind<T: Serialize + ?Sized>(
    text: Vec<u8>,
    key: &str,
    value: &T,
    max_len: usize,
) -> Result<String, ValueError> {
    let mut bounded = Bounded { text, max_len };
    serde_json::to_writer(&mut bounded, value).map_err(|error| {
        let kind = match error.classify() {
            Category::Io => ErrorKind::TooLong { limit: max_len },
            _ => ErrorKind::Serialize(error.to_string()),
        };
        ValueError::of(key, kind)
    })?;
    Ok(String::from_utf8(bounded.text).expect("serde_json writes UTF-8"))
}

/// A text with a maximum length, so that writing stops as soon as it would be refused.
struct Bounded {
    text: Vec<u8>,
    max_len: usize,
}

impl io::Write for Bounded {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.len() > self.max_len.saturating_sub(self.text.len()) {
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.text.extend_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads a whole typed session from its members.
pub(crate) fn read_whole<T: DeserializeOwned>(members: &[(String, String)]) -> Result<T, ValueError> {
    let mut json = String::from("{");
    let mut ends = Vec::with_capacity(members.len());
    for (key, value) in members {
        if json.len() > 1 {
            json.push(',');
        }
        crate::json::string::write(key, &mut json);
        json.push(':');
        json.push_str(value);
        ends.push(json.len());
    }
    json.push('}');
    serde_json::from_str(&json).map_err(|error| {
        if let Some(field) = missing_field(&error) {
            return ValueError::whole(ErrorKind::MissingField { field, expected: type_name::<T>() });
        }
        match offset(&json, &error).and_then(|at| members.get(ends.partition_point(|end| *end < at))) {
            Some((key, value)) => misfit::<T>(key, value.as_bytes(), &error),
            None => ValueError::whole(ErrorKind::Whole(type_name::<T>())),
        }
    })
}

/// Returns the position of an error in the text, in bytes.
fn offset(json: &str, error: &serde_json::Error) -> Option<usize> {
    let before: usize = json.split_inclusive('\n').take(error.line().checked_sub(1)?).map(str::len).sum();
    Some(before + error.column())
}

/// Returns the name of a field that the type requires and the session does not have. It is safe to show, because it
/// comes from the program. serde gives it only in the message.
fn missing_field(error: &serde_json::Error) -> Option<String> {
    let message = error.to_string();
    let (field, _) = message.strip_prefix("missing field `")?.split_once('`')?;
    Some(field.into())
}

/// Writes a whole typed session as JSON text.
pub(crate) fn write_whole<T: Serialize + ?Sized>(value: &T) -> Result<String, ValueError> {
    serde_json::to_string(value).map_err(|error| ValueError::whole(ErrorKind::SerializeWhole(error.to_string())))
}
