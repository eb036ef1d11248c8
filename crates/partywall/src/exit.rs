//! How the program ends: exit codes and the errors that lead to the worst of them.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use partywall_aws::ConnectError;
use partywall_aws::collector::CollectError;
use partywall_store::evidence::EvidenceError;
use partywall_store::history::StoreError;

use crate::knowledge::KnowledgeError;

/// The exit codes. Of several that hold the order is: unusable, findings, incomplete, fine; `--strict` puts
/// incomplete before findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: nothing at the threshold, and everything was seen.
    Fine,
    /// 1: open failures at or above `--fail-on`.
    Findings,
    /// 2: wrong usage or unreadable input.
    Unusable,
    /// 3: nothing at the threshold, but the analysis is incomplete.
    Incomplete,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Whether an incomplete analysis outranks findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precedence {
    /// Findings first.
    Findings,
    /// Incompleteness first (`--strict`).
    Incompleteness,
}

impl Exit {
    /// The number.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::Findings => 1,
            Self::Unusable => 2,
            Self::Incomplete => 3,
        }
    }

    /// The code for an assessment.
    pub fn of(has_findings: bool, is_incomplete: bool, precedence: Precedence) -> Self {
        match (has_findings, is_incomplete, precedence) {
            (_, true, Precedence::Incompleteness) | (false, true, Precedence::Findings) => Self::Incomplete,
            (true, _, _) => Self::Findings,
            (false, false, _) => Self::Fine,
        }
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Content or settings.
    #[error(transparent)]
    Knowledge(#[from] KnowledgeError),
    /// An evidence folder.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    /// The history.
    #[error(transparent)]
    History(#[from] StoreError),
    /// The account could not be reached.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// Nothing could be collected.
    #[error(transparent)]
    Collect(#[from] CollectError),
    /// Ctrl-C a second time, or before anything was read.
    #[error("interrupted: there is no report, and nothing new was kept")]
    Interrupted,
    /// Something that was typed.
    #[error("{0}")]
    Usage(String),
    /// A file that cannot be written.
    #[error("cannot write `{}`: {cause}; name another place", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// Standard output, or the machine.
    #[error("{0}")]
    Io(#[from] io::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_outrank_incompleteness_unless_strict() {
        use Exit::{Findings, Fine, Incomplete};
        for (findings, incomplete, precedence, exit) in [
            (false, false, Precedence::Findings, Fine),
            (true, true, Precedence::Findings, Findings),
            (false, true, Precedence::Findings, Incomplete),
            (true, true, Precedence::Incompleteness, Incomplete),
            (true, false, Precedence::Incompleteness, Findings),
        ] {
            assert_eq!(Exit::of(findings, incomplete, precedence), exit);
        }
    }
}
