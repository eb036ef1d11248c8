//! Trees of files in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use partywall_packages::{Files, Inventory, Package, Trouble, Version, inventory};

pub(crate) struct Memory(BTreeMap<Arc<str>, Vec<u8>>);

impl Files for Memory {
    fn paths(&self) -> Vec<Arc<str>> {
        self.0.keys().cloned().collect()
    }

    fn bytes(&self, path: &str) -> Result<Vec<u8>, Trouble> {
        self.0.get(path).cloned().ok_or_else(|| Trouble::new(path, 0, "there is no such file"))
    }
}

pub(crate) fn read(files: &[(&str, &str)]) -> Inventory {
    read_bytes(files.iter().map(|(name, text)| (*name, text.as_bytes().to_vec())))
}

pub(crate) fn read_bytes<'n>(files: impl IntoIterator<Item = (&'n str, Vec<u8>)>) -> Inventory {
    inventory(&Memory(files.into_iter().map(|(name, bytes)| (name.into(), bytes)).collect()))
}

/// `name version line`, and `?` with the reason where no version is decided.
pub(crate) fn told(package: &Package) -> String {
    let version = match &package.version {
        Version::Known(version) => version.to_string(),
        Version::Undecided(reason) => format!("? {reason}"),
    };
    format!("{} {version} :{}", package.name, package.line)
}

#[track_caller]
pub(crate) fn check(files: &[(&str, &str)], expected: &[&str]) -> Inventory {
    let inventory = read(files);
    assert_eq!(inventory.packages().map(told).collect::<Vec<_>>(), expected);
    inventory
}

/// `name need use`.
pub(crate) fn needs(inventory: &Inventory) -> Vec<String> {
    inventory.packages().map(|it| format!("{} {:?} {:?}", it.name, it.need, it.used)).collect()
}

/// `file:line what`.
pub(crate) fn troubles(inventory: &Inventory) -> Vec<String> {
    inventory.troubles.iter().map(|it| format!("{}:{} {}", it.file, it.line, it.what)).collect()
}
