//! [`Trouble`]: something in the files that could not be read as it stands.

use std::fmt;
use std::sync::Arc;

use partywall_model::Problem;

/// One thing that is wrong in one place. The rest of the files is read all the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Trouble {
    /// The file, as the user would name it.
    pub file: Arc<str>,
    /// Its line, counted from one; zero where it is about the whole file.
    pub line: u32,
    /// What is wrong, lower-case, user input in backticks.
    pub what: Box<str>,
    /// What to do about it.
    pub next: Box<str>,
}

impl Trouble {
    /// A trouble in one line of a file.
    pub fn new(
        file: impl Into<Arc<str>>,
        line: u32,
        what: impl Into<Box<str>>,
        next: impl Into<Box<str>>,
    ) -> Self {
        Self { file: file.into(), line, what: what.into(), next: next.into() }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        write!(f, ": {}", self.what)?;
        if !self.next.is_empty() {
            write!(f, "; {}", self.next)?;
        }
        Ok(())
    }
}

impl From<Trouble> for Problem {
    fn from(trouble: Trouble) -> Self {
        let mut subject = trouble.file.to_string();
        if trouble.line > 0 {
            subject = format!("{subject}:{}", trouble.line);
        }
        let message = if trouble.next.is_empty() {
            trouble.what.into_string()
        } else {
            format!("{}; {}", trouble.what, trouble.next)
        };
        Problem::new(subject, message)
    }
}
