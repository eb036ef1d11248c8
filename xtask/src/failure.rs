//! Why a task did not succeed.

use std::fmt;
use std::path::Path;

/// What a task gives.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

/// What went wrong and what to do, for a developer's eyes. There is nothing to tell apart: every failure
/// ends the task.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    /// A file or folder that could not be used.
    pub(crate) fn file(what: &str, path: &Path, error: &std::io::Error) -> Self {
        Self(format!("cannot {what} `{}`: {error}", path.display()))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}
