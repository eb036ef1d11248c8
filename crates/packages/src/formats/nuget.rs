//! `packages.lock.json` (NuGet documentation, "Locking dependencies").

use super::{Included, digest};
use crate::document;
use crate::file::{File, Files};
use crate::found::{Draft, Found};
use crate::package::Need;

pub(super) fn read(file: &File, _: &dyn Files, found: &mut Found) -> Vec<Included> {
    let (root, fault) = document::json(&file.text);
    found.fault(fault);
    let Some(root) = root else { return Vec::new() };
    if root.get("dependencies").is_none() {
        found.trouble(1, "there are no `dependencies` here; let NuGet write the file anew");
    }
    for entry in root.entries_of("dependencies").iter().flat_map(|framework| framework.value.entries()) {
        let need = match entry.value.word("type").unwrap_or_default() {
            "Direct" => Need::Direct,
            "Transitive" | "CentralTransitive" => Need::Transitive,
            "Project" => continue,
            _ => Need::Unsaid,
        };
        let integrity = digest("sha512", entry.value.word("contentHash").unwrap_or_default());
        let draft = Draft { integrity, need, ..Draft::default() };
        found.add_written(&entry.key, entry.value.word("resolved"), entry.line, draft);
    }
    Vec::new()
}
