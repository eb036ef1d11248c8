//! Why there is no search.

use std::io;
use std::path::PathBuf;

/// Why a scanner cannot be made of its rules.
#[derive(Debug, thiserror::Error)]
pub enum ScannerError {
    /// The keywords.
    #[error("the keywords of the rules about secrets make no automaton: {0}")]
    Keywords(#[from] aho_corasick::BuildError),
    /// The placeholders.
    #[error("the placeholders of the rules about secrets are no patterns: {0}")]
    Placeholders(#[from] regex::Error),
}

/// Why nothing can be searched at all.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// A path that is not there.
    #[error("cannot read `{}`: {cause}", path.display())]
    Path {
        /// The path as it was given.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// There is no git.
    #[error(
        "cannot run `git`: {0}; history and staged changes are read through it: install git and put it on the PATH"
    )]
    NoGit(io::Error),
    /// Git refused.
    #[error("`git {command}` in `{}` failed: {message}", folder.display())]
    Git {
        /// The subcommand.
        command: &'static str,
        /// Where.
        folder: PathBuf,
        /// What it said.
        message: String,
    },
    /// A revision that is not there.
    #[error("there is no commit `{revision}` here: {next}")]
    NoRevision {
        /// As it was named.
        revision: String,
        /// What to do.
        next: String,
    },
    /// Two histories without a common commit, as far as they are here.
    #[error("`HEAD` and `{revision}` have no commit in common here: {next}")]
    NothingInCommon {
        /// As it was named.
        revision: String,
        /// What to do.
        next: String,
    },
    /// A range of revisions that would be read as an option.
    #[error("`{0}` is no revision: it begins with `-`")]
    Revision(String),
}
