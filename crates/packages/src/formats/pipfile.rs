//! `Pipfile.lock` (Pipenv documentation; its specification in PyPA's pipfile).

use super::requirements::normal;
use super::{Included, digest};
use crate::document::{self, Entry};
use crate::file::{File, Files};
use crate::found::{Draft, Found, address};
use crate::package::{Origin, Use, Version};

pub(super) fn read(file: &File, _: &dyn Files, found: &mut Found) -> Vec<Included> {
    let (root, fault) = document::json(&file.text);
    found.fault(fault);
    let Some(root) = root else { return Vec::new() };
    if root.get("default").is_none() && root.get("develop").is_none() {
        found.trouble(1, "there is neither `default` nor `develop` here; let Pipenv write the file anew");
    }
    for list in root.entries().iter().filter(|list| &*list.key != "_meta") {
        let used = if &*list.key == "develop" { Use::Development } else { Use::Runs };
        for entry in list.value.entries() {
            package(entry, used, found);
        }
    }
    Vec::new()
}

fn package(entry: &Entry, used: Use, found: &mut Found) {
    let value = &entry.value;
    if value.get("path").is_some() || (value.is_set("editable") && value.get("git").is_none()) {
        return;
    }
    let version = match value.word("version").and_then(|version| version.strip_prefix("==")) {
        Some(version) => Version::Known(version.into()),
        None => Version::undecided(match (value.word("git"), value.word("ref")) {
            (Some(_), Some(commit)) => format!("it is whatever the repository holds at {commit}"),
            _ => "the file gives it no version".to_owned(),
        }),
    };
    let origin = match (value.word("git"), value.word("file"), value.word("index")) {
        (Some(git), ..) => {
            let commit = value.word("ref").unwrap_or_default();
            Some(Origin::Repository(format!("{}#{commit}", address(git)).into()))
        }
        (_, Some(file), _) => Some(Origin::Archive(address(file))),
        (.., Some(index)) => Some(Origin::Registry(index.into())),
        _ => None,
    };
    let hashes = value.items_of("hashes").iter().filter_map(|hash| hash.text()?.split_once(':'));
    let integrity = hashes.flat_map(|(algorithm, value)| digest(algorithm, value)).collect();
    found.add(
        &normal(&entry.key),
        version,
        entry.line,
        Draft { origin, integrity, used, ..Draft::default() },
    );
}
