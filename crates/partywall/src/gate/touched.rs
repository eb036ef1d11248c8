//! Only what a change touches decides: what stands on its lines, and what did not fail before it.
//!
//! The lines alone would not do: a default of a variable, or a resource that was taken out, can break another one that
//! nobody touched. So the code is judged as it was, too, and a failure that was not there then is the change's own.

use std::collections::HashSet;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use partywall_iac::Tree;
use partywall_model::{Finding, Fingerprint, Verdict};
use partywall_report::gate::{GateFinding, GateSince};
use partywall_secrets::Changes;

use crate::exit::Failure;

/// A file of the past that is larger is taken for one that was not there, in bytes.
const LONGEST: u64 = 16 << 20;

/// A change, since a revision.
#[derive(Debug)]
pub(super) struct Touched {
    revision: String,
    repositories: Vec<Changes>,
    /// What was open before it, and whether it failed or could not be decided.
    known: HashSet<(Fingerprint, bool)>,
}

impl Touched {
    /// What the working trees of the paths have changed.
    pub(super) fn since(revision: &str, paths: &[PathBuf]) -> Result<Self, Failure> {
        let mut repositories: Vec<Changes> = Vec::new();
        for path in paths {
            if repositories.iter().any(|changes| changes.covers(path)) {
                continue;
            }
            let folder = if path.is_dir() { path } else { path.parent().unwrap_or(path) };
            let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            let changes = Changes::since(folder, revision);
            repositories.push(
                changes.map_err(|error| Failure::Usage(format!("`--changed-since {revision}`: {error}")))?,
            );
        }
        Ok(Self { revision: revision.to_owned(), repositories, known: HashSet::new() })
    }

    /// The tree as it was before.
    pub(super) fn earlier(&self, tree: &Tree) -> Result<Tree, Failure> {
        let (mut gone, mut there) = (HashSet::new(), Vec::new());
        for changes in &self.repositories {
            gone.extend(changes.files());
            there.extend(changes.earlier(LONGEST).map_err(|error| Failure::Usage(error.to_string()))?);
        }
        Ok(tree.earlier(&gone, there))
    }

    /// Notes what was open before.
    pub(super) fn knows<'f>(&mut self, open: impl IntoIterator<Item = &'f Finding>) {
        self.known.extend(open.into_iter().map(standing));
    }

    /// Whether it stood like this before.
    pub(super) fn was_open(&self, finding: &Finding) -> bool {
        self.known.contains(&standing(finding))
    }

    /// Whether something of the lines has changed.
    pub(super) fn touches(&self, file: &str, lines: &RangeInclusive<usize>) -> bool {
        self.repositories.iter().any(|changes| changes.touches(Path::new(file), lines))
    }

    /// Whether a finding stands on a changed line.
    pub(super) fn is_of(&self, finding: &GateFinding<'_>) -> bool {
        finding.place.as_ref().is_none_or(|place| self.touches(&place.file, &(place.line..=place.end_line)))
    }

    /// Whether something of the file has changed.
    pub(super) fn has(&self, file: &str) -> bool {
        self.repositories.iter().any(|changes| changes.has(Path::new(file)))
    }

    /// Whether a note is about a changed file (`main.tf:12`), or about none.
    pub(super) fn is_about(&self, subject: &str) -> bool {
        let file = match subject.rsplit_once(':') {
            Some((file, line)) if line.parse::<usize>().is_ok() => file,
            _ => subject,
        };
        !Path::new(file).is_file() || self.has(file)
    }

    /// What the answer says of it.
    pub(super) fn told(&self) -> GateSince {
        let commits = self.repositories.iter().map(|changes| changes.base().into()).collect();
        GateSince { revision: self.revision.as_str().into(), commits }
    }
}

fn standing(finding: &Finding) -> (Fingerprint, bool) {
    (finding.fingerprint, finding.verdict == Verdict::Fail)
}
