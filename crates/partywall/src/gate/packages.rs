//! The packages of others in the tree that is judged.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use partywall_iac::Tree;
use partywall_packages::{Files, Inventory, Trouble, inventory};
use partywall_report::cyclonedx;
use partywall_report::gate::{GatePackageFile, GatePackages, Vulnerabilities};

use crate::exit::Failure;
use crate::screen;

/// A tree of code as the readers of packages want it.
struct Code<'t>(&'t Tree);

impl Files for Code<'_> {
    fn paths(&self) -> Vec<Arc<str>> {
        self.0.files().cloned().collect()
    }

    fn bytes(&self, path: &str) -> Result<Vec<u8>, Trouble> {
        self.0.bytes(path).map_err(|trouble| {
            Trouble::new(trouble.file, trouble.line, format!("{}; {}", trouble.what, trouble.next))
        })
    }
}

/// What the lock files of a tree name.
pub(super) fn of(tree: &Tree) -> Inventory {
    inventory(&Code(tree))
}

/// How many there are, by file.
pub(super) fn counted(inventory: &Inventory) -> Option<GatePackages> {
    let files: Vec<GatePackageFile> = inventory
        .files
        .iter()
        .map(|file| GatePackageFile {
            file: (&*file.path).into(),
            ecosystem: file.ecosystem.purl_type(),
            packages: file.packages.len(),
            undecided: file.packages.iter().filter(|package| package.version.known().is_none()).count(),
        })
        .collect();
    let unread: Vec<Box<str>> = inventory.unread.iter().map(|path| (&**path).into()).collect();
    let is_something = !files.is_empty() || !unread.is_empty();
    is_something.then_some(GatePackages { files, unread, vulnerabilities: Vulnerabilities::NotJudged })
}

/// Writes them as a bill of materials.
pub(super) fn write(inventory: &Inventory, path: &Path, at: Timestamp) -> Result<(), Failure> {
    screen::write(Some(path), |out| {
        cyclonedx::write(inventory.packages(), env!("CARGO_PKG_VERSION"), at, out)
    })
}
