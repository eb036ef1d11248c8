//! `pnpm-lock.yaml`, lock file versions 5 to 9 (pnpm's specifications of its lock file).

use std::collections::HashMap;

use super::{Included, npm};
use crate::document::{self, Entry, Value};
use crate::file::{File, Files};
use crate::found::{Draft, Found};
use crate::package::{Need, Origin, Use, Version};

pub(super) fn read(file: &File, _: &dyn Files, found: &mut Found) -> Vec<Included> {
    let (root, fault) = document::yaml(&file.text);
    found.fault(fault);
    let Some(root) = root else { return Vec::new() };
    let written = root.word("lockfileVersion").unwrap_or_default();
    let Ok(major) = written.split('.').next().unwrap_or_default().parse::<u32>() else {
        found.trouble(1, "there is no `lockfileVersion` here; let pnpm write the file anew");
        return Vec::new();
    };
    let direct = direct(&root, major);
    for entry in root.entries_of("packages") {
        package(entry, major, &direct, found);
    }
    Vec::new()
}

/// What the code itself asks for: name and version, and for what.
fn direct(root: &Value, major: u32) -> HashMap<(&str, &str), Use> {
    const LISTS: [(&str, Use); 3] = [
        ("dependencies", Use::Runs),
        ("devDependencies", Use::Development),
        ("optionalDependencies", Use::Optional),
    ];
    let members = root.entries_of("importers").iter().map(|entry| &entry.value);
    let mut direct = HashMap::new();
    for member in std::iter::once(root).chain(members) {
        for (list, used) in LISTS {
            for entry in member.entries_of(list) {
                let version = entry.value.word("version").or_else(|| entry.value.text()).unwrap_or_default();
                // An alias is written as the path of what it stands for.
                let key = match identity(version, major) {
                    Some((name, version)) if !name.is_empty() => (name, version),
                    _ => (&*entry.key, without_peers(version, major)),
                };
                let known = direct.entry(key).or_insert(used);
                *known = used.min(*known);
            }
        }
    }
    direct
}

fn package(entry: &Entry, major: u32, direct: &HashMap<(&str, &str), Use>, found: &mut Found) {
    let value = &entry.value;
    let resolution = value.get("resolution");
    let of = |key: &str| resolution.and_then(|resolution| resolution.word(key)).unwrap_or_default();
    if entry.key.starts_with("file:") || entry.key.starts_with("link:") || of("type") == "directory" {
        return;
    }
    let told = value.word("name").map(|name| (name, value.word("version").unwrap_or_default()));
    let Some((name, version)) = told.or_else(|| identity(&entry.key, major)) else {
        found.trouble(entry.line, format!("`{}` names no package and version", entry.key));
        return;
    };
    let written = value.word("version").unwrap_or(version);
    let version = match written {
        "" => Version::undecided("the file gives it no version"),
        address if address.contains("://") || address.starts_with("git+") => {
            Version::undecided(format!("it is whatever `{}` holds", crate::found::address(address)))
        }
        version => Version::Known(version.into()),
    };
    let asked = direct.get(&(name, written)).copied();
    let used = match value.get("dev").map(|dev| value.is_set("dev") && dev.line > 0) {
        Some(true) => Use::Development,
        Some(false) if value.is_set("optional") => Use::Optional,
        Some(false) => Use::Runs,
        None => asked.unwrap_or_default(),
    };
    let origin = match (of("repo"), of("tarball")) {
        ("", "") => None,
        ("", tarball) => npm::origin(tarball),
        (repo, _) => {
            Some(Origin::Repository(format!("{}#{}", crate::found::address(repo), of("commit")).into()))
        }
    };
    let draft = Draft {
        origin,
        integrity: resolution.map(npm::integrity).unwrap_or_default(),
        need: if asked.is_some() { Need::Direct } else { Need::Transitive },
        used,
    };
    found.add(name, version, entry.line, draft);
}

/// `/name/1.0.0_peers` until version 5, `/name@1.0.0(peers)` in 6, `name@1.0.0` since 9; a registry's host may stand before
/// the slash.
fn identity(path: &str, major: u32) -> Option<(&str, &str)> {
    let path = without_peers(path, major);
    if major < 6 {
        let at = path.find('/')?;
        let (name, version) = path.get(at + 1..)?.rsplit_once('/')?;
        return Some((name, version));
    }
    let bare = match path.split_once('/') {
        Some((host, rest)) if !host.starts_with('@') && !host.contains('@') => rest,
        _ => path,
    };
    let at = bare.get(1..)?.find('@')? + 1;
    Some((bare.get(..at)?, bare.get(at + 1..)?))
}

fn without_peers(version: &str, major: u32) -> &str {
    match major {
        0..=5 => {
            let from = version.rfind('/').map_or(0, |at| at + 1);
            let end =
                version.get(from..).and_then(|last| last.find('_')).map_or(version.len(), |at| from + at);
            version.get(..end).unwrap_or(version)
        }
        _ => version.split('(').next().unwrap_or(version),
    }
}
