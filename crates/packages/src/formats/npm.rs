//! `package-lock.json` and `npm-shrinkwrap.json`, lock file versions 1 to 3 (npm documentation, "package-lock.json").

use std::collections::HashSet;

use super::Included;
use crate::document::{self, Entry, Value};
use crate::file::{File, Files};
use crate::found::{Draft, Found, address};
use crate::package::{Need, Origin, Use, Version};

/// Packages within packages of a version 1 file.
const DEPTH_LIMIT: usize = 64;

pub(super) fn read(file: &File, _: &dyn Files, found: &mut Found) -> Vec<Included> {
    let (root, fault) = document::json(&file.text);
    found.fault(fault);
    let Some(root) = root else { return Vec::new() };
    match root.get("packages") {
        Some(packages) => by_place(packages.entries(), found),
        None if root.get("dependencies").is_some() || root.get("lockfileVersion").is_some() => {
            by_name(root.entries_of("dependencies"), found, 0);
        }
        None => found
            .trouble(1, "there are neither `packages` nor `dependencies` here; let npm write the file anew"),
    }
    Vec::new()
}

/// Versions 2 and 3: by the folder into which each is put.
fn by_place(packages: &[Entry], found: &mut Found) {
    const IN_MODULES: &str = "node_modules/";
    let mut direct: HashSet<(&str, &str)> = HashSet::new();
    for own in packages.iter().filter(|entry| !entry.key.contains(IN_MODULES)) {
        for list in ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"] {
            let names = own.value.entries_of(list).iter().map(|entry| (&*own.key, &*entry.key));
            direct.extend(names);
        }
    }
    let by_anyone: HashSet<&str> = direct.iter().map(|(_, name)| *name).collect();
    for entry in packages {
        let Some((around, installed)) = entry.key.rsplit_once(IN_MODULES) else { continue };
        if entry.value.is_set("link") {
            continue;
        }
        let around = around.trim_end_matches('/');
        // What a member of a workspace asks for stands at the top where nothing speaks against it.
        let is_direct = !around.contains(IN_MODULES)
            && (direct.contains(&(around, installed))
                || (around.is_empty() && by_anyone.contains(installed)));
        let name = entry.value.word("name").unwrap_or(installed);
        let need = if is_direct { Need::Direct } else { Need::Transitive };
        package(name, entry, need, found);
    }
}

/// Version 1: by name, each with what only it sees.
fn by_name(dependencies: &[Entry], found: &mut Found, depth: usize) {
    for entry in dependencies {
        if depth > DEPTH_LIMIT {
            found.trouble(entry.line, format!("packages are nested deeper than {DEPTH_LIMIT}"));
            return;
        }
        package(&entry.key, entry, if depth > 0 { Need::Transitive } else { Need::Unsaid }, found);
        by_name(entry.value.entries_of("dependencies"), found, depth + 1);
    }
}

fn package(name: &str, entry: &Entry, need: Need, found: &mut Found) {
    let value = &entry.value;
    if !value.is_map() {
        found.trouble(entry.line, format!("`{name}` is no package; let npm write the file anew"));
        return;
    }
    let written = value.word("version").unwrap_or_default();
    if written.starts_with("file:") || written.starts_with("link:") {
        return;
    }
    let (name, written) = match written.strip_prefix("npm:").and_then(|alias| alias.rsplit_once('@')) {
        Some((name, version)) => (name, version),
        None => (name, written),
    };
    let resolved = value.word("resolved").unwrap_or_default();
    let from = if written.contains("://") { written } else { resolved };
    let version = match written {
        "" => Version::undecided("the file gives it no version"),
        address if address.contains(':') => {
            Version::undecided(format!("it is whatever `{}` holds", self::address(address)))
        }
        version => Version::Known(version.into()),
    };
    let draft = Draft {
        origin: origin(from),
        integrity: integrity(value),
        need,
        used: match () {
            () if value.is_set("dev") => Use::Development,
            () if value.is_set("devOptional") || value.is_set("optional") => Use::Optional,
            () => Use::Runs,
        },
    };
    found.add(name, version, entry.line, draft);
}

/// Where an address of JavaScript's lock files leads.
pub(super) fn origin(resolved: &str) -> Option<Origin> {
    let address = address(resolved.split_once('#').map_or(resolved, |(address, _)| address));
    if resolved.is_empty() || resolved.starts_with("file:") {
        return None;
    }
    if resolved.starts_with("git") || resolved.contains(".git#") {
        return Some(Origin::Repository(self::address(resolved)));
    }
    // A registry serves `<registry>/<name>/-/<file>.tgz`.
    Some(match address.split_once("/-/") {
        Some((package, _)) => {
            let host = package.split_once("://").map_or(0, |(scheme, _)| scheme.len() + 3);
            let end =
                package.get(host..).and_then(|rest| rest.find('/')).map_or(package.len(), |at| host + at);
            Origin::Registry(package.get(..end).unwrap_or(package).into())
        }
        None => Origin::Archive(address),
    })
}

pub(super) fn integrity(value: &Value) -> Vec<Box<str>> {
    let words = value.word("integrity").unwrap_or_default().split_whitespace();
    words.map(Box::from).collect()
}
