//! What can go wrong with an evidence folder, in words for the person who has to mend it.

use std::io;
use std::path::{Path, PathBuf};

/// Why evidence could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// The system refused a step.
    #[error("could not {action} `{path}`: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What came back.
        source: io::Error,
    },
    /// The target is there already and may not be replaced.
    #[error(
        "`{path}` exists already and was left as it is; name a folder that does not exist, or ask for it to be replaced"
    )]
    Exists {
        /// The target.
        path: PathBuf,
    },
    /// The target is to be replaced, but it is something else than evidence.
    #[error("`{path}` is not an evidence folder, so it is not replaced; name another folder")]
    NotReplaceable {
        /// The target.
        path: PathBuf,
    },
    /// All is written, but the last step failed; nothing is lost.
    #[error(
        "the evidence is whole, but could not be moved to `{target}`: {source}; it was kept in `{kept}`, which can be moved by hand"
    )]
    Kept {
        /// Where it should be.
        target: PathBuf,
        /// Where it is.
        kept: PathBuf,
        /// What came back.
        source: io::Error,
    },
    /// A record that the format cannot hold. Nothing of it was written; the writer goes on.
    #[error("{record} cannot be kept as evidence: {reason}")]
    Unencodable {
        /// Which record.
        record: Box<str>,
        /// What is wrong with it.
        reason: Box<str>,
    },
    /// The folder lacks what makes it evidence.
    #[error(
        "`{path}` is not an evidence folder: it has no `{missing}`; expected are `manifest.json`, `manifest.sha256` and `records/`, as `--save` writes them"
    )]
    NotEvidence {
        /// The folder.
        path: PathBuf,
        /// The file that is missing.
        missing: &'static str,
    },
    /// The format is of a version that this program does not know.
    #[error(
        "`{path}` has the format `{found}`, and this version reads `partywall-evidence/1`; read it with the version that wrote it, or a newer one"
    )]
    UnknownFormat {
        /// The manifest.
        path: PathBuf,
        /// What it says.
        found: Box<str>,
    },
    /// The manifest says something that makes no sense.
    #[error("`{path}` is not a manifest that can be used: {reason}{}", newer(*.from_newer))]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong.
        reason: Box<str>,
        /// It has fields or words that this version does not know.
        from_newer: bool,
    },
    /// A file is not what the manifest says.
    #[error(
        "`{path}` was altered or cut after it was written: {reason}; nothing of it was used: fetch the folder again, or collect anew"
    )]
    Altered {
        /// The file.
        path: PathBuf,
        /// What differs.
        reason: Box<str>,
    },
    /// A file that the manifest lists is missing.
    #[error(
        "`{path}` is listed in the manifest but missing; the folder is not whole: fetch it again, or collect anew"
    )]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// A place in the folder is a symbolic link, a device or the like.
    #[error(
        "`{path}` is {what}, and evidence consists of plain files and folders; nothing was read through it"
    )]
    NotPlain {
        /// The place.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// A file is larger than this program is ready to read.
    #[error("`{path}` holds more than {limit} bytes, which no evidence does; it was not read to the end")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The most that is read.
        limit: u64,
    },
    /// A line is longer than this program is ready to read.
    #[error(
        "line {line} of `{path}` is longer than {limit} bytes, which no record is; it was not read to the end"
    )]
    LineTooLong {
        /// The file.
        path: PathBuf,
        /// Which line, from 1.
        line: u64,
        /// The most that is read.
        limit: u64,
    },
    /// A file cannot be decompressed, or holds more or less than the manifest says.
    #[error(
        "`{path}` does not hold what the manifest says: {reason}; it was not made by this program, or by a faulty one"
    )]
    Inconsistent {
        /// The file.
        path: PathBuf,
        /// What differs.
        reason: Box<str>,
    },
    /// A line is not a record that this program understands.
    #[error("line {line} of `{path}` is not a record that can be used: {reason}{}", newer(*.from_newer))]
    Record {
        /// The file.
        path: PathBuf,
        /// Which line, from 1.
        line: u64,
        /// What is wrong with it.
        reason: Box<str>,
        /// It has fields or words that this version does not know.
        from_newer: bool,
    },
}

impl EvidenceError {
    /// A step that the system refused, to map an [`io::Error`] with.
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { action, path, source }
    }

    pub(super) fn record(path: &Path, line: u64, error: &serde_json::Error) -> Self {
        let full = error.to_string();
        // A record is one line, so serde's own count of lines would only confuse.
        let reason = match full.rsplit_once(" at line ") {
            Some((reason, _)) => printable(&format!("{reason}, at byte {} of the line", error.column())),
            None => printable(&full),
        };
        let from_newer = is_from_newer(&reason);
        Self::Record { path: path.to_path_buf(), line, reason, from_newer }
    }

    pub(super) fn manifest(path: &Path, reason: &str) -> Self {
        let reason = printable(reason);
        let from_newer = is_from_newer(&reason);
        Self::Manifest { path: path.to_path_buf(), reason, from_newer }
    }

    pub(super) fn altered(path: &Path, reason: impl Into<Box<str>>) -> Self {
        Self::Altered { path: path.to_path_buf(), reason: reason.into() }
    }

    pub(super) fn inconsistent(path: &Path, reason: impl Into<Box<str>>) -> Self {
        Self::Inconsistent { path: path.to_path_buf(), reason: reason.into() }
    }
}

/// Foreign text for a screen: without control characters, and not without end.
pub(super) fn printable(text: &str) -> Box<str> {
    const LONGEST: usize = 400;
    let mut printable = String::new();
    for (at, char) in text.chars().enumerate() {
        match char {
            _ if at == LONGEST => {
                printable.push('…');
                break;
            }
            _ if char.is_control() => printable.extend(char.escape_default()),
            _ => printable.push(char),
        }
    }
    printable.into()
}

fn newer(from_newer: bool) -> &'static str {
    if from_newer { "; a newer version seems to have written it: read it with that version" } else { "" }
}

/// The words with which serde refuses a field or variant that it does not know.
fn is_from_newer(reason: &str) -> bool {
    reason.starts_with("unknown field") || reason.starts_with("unknown variant")
}
