//! `Cargo.lock`, versions 1 to 4 (The Cargo Book, "Cargo.toml vs Cargo.lock"; the sources are package id specifications).

use std::collections::HashSet;

use super::{Included, digest};
use crate::document::{self, Value};
use crate::file::{File, Files};
use crate::found::{Draft, Found, address};
use crate::package::{Need, Origin, Use};

pub(super) fn read(file: &File, _: &dyn Files, found: &mut Found) -> Vec<Included> {
    let (root, fault) = document::toml(&file.text);
    found.fault(fault);
    let packages = root.items_of("package");
    // Packages without a source are the code itself; a lock file of version 1 and 2 may have one under `root`.
    let own = packages.iter().filter(|package| package.get("source").is_none()).chain(root.get("root"));
    let direct: HashSet<&str> =
        own.flat_map(|package| package.items_of("dependencies")).filter_map(Value::text).collect();
    let metadata = root.get("metadata");
    for package in packages {
        let Some(name) = package.get("name") else {
            found.trouble(package.line, "a package has no `name`; let Cargo write the file anew");
            continue;
        };
        let Some(source) = package.word("source") else { continue };
        let (word, version) = (name.text().unwrap_or_default(), package.word("version"));
        let number = version.unwrap_or_default();
        let full = format!("{word} {number} ({source})");
        let is_direct =
            direct.contains(word) || direct.contains(&*format!("{word} {number}")) || direct.contains(&*full);
        let checksum = package.word("checksum");
        let old = || metadata?.word(&format!("checksum {full}"));
        let draft = Draft {
            origin: Some(origin(source)),
            integrity: digest("sha256", checksum.or_else(old).unwrap_or_default()),
            need: if is_direct { Need::Direct } else { Need::Transitive },
            used: Use::Unsaid,
        };
        found.add_written(word, version, name.line, draft);
    }
    Vec::new()
}

fn origin(source: &str) -> Origin {
    match source.split_once('+') {
        Some(("git", _)) => Origin::Repository(address(source)),
        Some(("registry" | "sparse", registry)) => Origin::Registry(address(registry)),
        _ => Origin::Registry(address(source)),
    }
}
