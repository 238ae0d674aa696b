//! An error that ends the command without an answer: a sentence, and exit status 2.

use std::io::Write;
use std::process::ExitCode;

use serde_json::json;

use crate::report::plain;

#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    pub fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }

    /// Prints the sentence to standard error, or as JSON to standard output.
    pub fn print(&self, json: bool) -> ExitCode {
        // If this fails too, there is no way to report it.
        let _ = if json {
            writeln!(std::io::stdout(), "{}", plain(&json!({ "error": self.0 }).to_string()))
        } else {
            writeln!(std::io::stderr(), "session-cookie: {}", plain(&self.0))
        };
        ExitCode::from(2)
    }
}

/// The error and its reasons.
impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        let mut sentence = error.to_string();
        let mut source = error.source();
        while let Some(reason) = source {
            sentence = format!("{sentence}: {reason}");
            source = reason.source();
        }
        Self(sentence)
    }
}
