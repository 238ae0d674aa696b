//! What ends the command without an answer: a sentence, and exit status 2.

use std::io::Write;
use std::process::ExitCode;

use crate::report::plain;

#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    pub fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }

    pub fn print(&self) -> ExitCode {
        // Nobody is left to be told where this fails.
        let _ = writeln!(std::io::stderr(), "session-cookie: {}", plain(&self.0));
        ExitCode::from(2)
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}
