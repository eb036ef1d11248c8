//! [`Trouble`]: something in a file that could not be read as it stands.

use std::sync::Arc;

use partywall_model::Problem;

/// One thing that is wrong in one place. The rest is read all the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Trouble {
    /// The file.
    pub file: Arc<str>,
    /// Its line, from 1; zero where it is about the whole file.
    pub line: u32,
    /// What is wrong and what to do about it, lower-case, user input in backticks.
    pub what: Box<str>,
}

impl Trouble {
    /// A trouble in one line of a file.
    pub fn new(file: impl Into<Arc<str>>, line: u32, what: impl Into<Box<str>>) -> Self {
        Self { file: file.into(), line, what: what.into() }
    }
}

impl From<Trouble> for Problem {
    fn from(trouble: Trouble) -> Self {
        let subject = match trouble.line {
            0 => trouble.file.to_string(),
            line => format!("{}:{line}", trouble.file),
        };
        Problem::new(subject, trouble.what)
    }
}
