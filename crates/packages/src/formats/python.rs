//! Python's lock files in TOML: `poetry.lock`, `pdm.lock`, `uv.lock`, and `pylock.toml` (PEP 751).

use std::collections::HashMap;

use super::requirements::normal;
use super::{Included, digest};
use crate::document::{self, Value};
use crate::file::{File, Files};
use crate::found::{Draft, Found, address};
use crate::package::{Need, Origin, Use, Version};

/// Poetry's documentation, "Basic usage"; `category` in old files, `groups` in new ones.
pub(super) fn poetry(file: &File, _: &dyn Files, found: &mut Found) -> Vec<Included> {
    for package in &packages(file, "package", found) {
        let source = package.get("source");
        let of = |key: &str| source.and_then(|source| source.word(key)).unwrap_or_default();
        if matches!(of("type"), "directory") {
            continue;
        }
        let commit =
            || if of("resolved_reference").is_empty() { of("reference") } else { of("resolved_reference") };
        let origin = match of("type") {
            "" => None,
            "git" => Some(Origin::Repository(format!("{}#{}", address(of("url")), commit()).into())),
            "url" | "file" => Some(Origin::Archive(address(of("url")))),
            _ => Some(Origin::Registry(address(of("url")))),
        };
        let groups: Vec<&str> = package.items_of("groups").iter().filter_map(Value::text).collect();
        let used = match package.word("category") {
            _ if package.is_set("optional") => Use::Optional,
            Some("main") => Use::Runs,
            Some(_) => Use::Development,
            None if groups.is_empty() => Use::Unsaid,
            None if groups.contains(&"main") => Use::Runs,
            None => Use::Development,
        };
        let draft =
            Draft { origin, integrity: hashes(package.items_of("files"), "hash"), used, ..Draft::default() };
        add(package, draft, found);
    }
    Vec::new()
}

/// PDM's documentation, "Lock file".
pub(super) fn pdm(file: &File, _: &dyn Files, found: &mut Found) -> Vec<Included> {
    for package in &packages(file, "package", found) {
        if package.get("path").is_some() {
            continue;
        }
        let groups: Vec<&str> = package.items_of("groups").iter().filter_map(Value::text).collect();
        let origin = match (package.word("git"), package.word("url")) {
            (Some(git), _) => {
                let commit = package.word("revision").unwrap_or_default();
                Some(Origin::Repository(format!("{}#{commit}", address(git)).into()))
            }
            (_, Some(url)) => Some(Origin::Archive(address(url))),
            _ => None,
        };
        let draft = Draft {
            origin,
            integrity: hashes(package.items_of("files"), "hash"),
            // Groups have free names: only the default one tells what it is for.
            used: if groups.contains(&"default") { Use::Runs } else { Use::Unsaid },
            ..Draft::default()
        };
        add(package, draft, found);
    }
    Vec::new()
}

/// uv's documentation, "Locking and syncing".
pub(super) fn uv(file: &File, _: &dyn Files, found: &mut Found) -> Vec<Included> {
    let packages = packages(file, "package", found);
    let is_own = |package: &&Value| {
        let source = package.get("source");
        ["virtual", "editable", "directory"].iter().any(|key| source.is_some_and(|it| it.get(key).is_some()))
    };
    let mut asked: HashMap<&str, Use> = HashMap::new();
    for own in packages.iter().filter(is_own) {
        let groups = [("dev-dependencies", Use::Development), ("optional-dependencies", Use::Optional)];
        let lists = groups.iter().flat_map(|(table, used)| {
            own.entries_of(table).iter().map(move |group| (group.value.items(), *used))
        });
        for (list, used) in std::iter::once((own.items_of("dependencies"), Use::Runs)).chain(lists) {
            for name in list.iter().filter_map(|item| item.word("name")) {
                let known = asked.entry(name).or_insert(used);
                *known = used.min(*known);
            }
        }
    }
    for package in packages.iter().filter(|package| !is_own(package)) {
        let source = package.get("source");
        let of = |key: &str| source.and_then(|source| source.word(key));
        if of("path").is_some() {
            continue;
        }
        let origin = match (of("registry"), of("git"), of("url")) {
            (Some(registry), ..) => Some(Origin::Registry(address(registry))),
            (_, Some(git), _) => Some(Origin::Repository(address(git))),
            (.., Some(url)) => Some(Origin::Archive(address(url))),
            _ => None,
        };
        let direct = package.word("name").and_then(|name| asked.get(name)).copied();
        let archives = package.get("sdist").into_iter().chain(package.items_of("wheels"));
        let draft = Draft {
            origin,
            integrity: archives.filter_map(|it| hash(it.word("hash")?)).collect(),
            need: if direct.is_some() { Need::Direct } else { Need::Transitive },
            used: direct.unwrap_or_default(),
        };
        add(package, draft, found);
    }
    Vec::new()
}

/// PEP 751.
pub(super) fn pylock(file: &File, _: &dyn Files, found: &mut Found) -> Vec<Included> {
    for package in &packages(file, "packages", found) {
        if package.get("directory").is_some() {
            continue;
        }
        let of = |table: &str, key: &str| package.get(table).and_then(|it| it.word(key)).unwrap_or_default();
        let origin = match (package.get("vcs"), package.get("archive"), package.word("index")) {
            (Some(_), ..) => {
                let commit = of("vcs", "commit-id");
                Some(Origin::Repository(format!("{}#{commit}", address(of("vcs", "url"))).into()))
            }
            (_, Some(_), _) => Some(Origin::Archive(address(of("archive", "url")))),
            (.., Some(index)) => Some(Origin::Registry(address(index))),
            _ => None,
        };
        let archives =
            ["sdist", "archive"].iter().filter_map(|key| package.get(key)).chain(package.items_of("wheels"));
        let integrity = archives.flat_map(|archive| archive.entries_of("hashes"));
        let integrity =
            integrity.flat_map(|entry| digest(&entry.key, entry.value.text().unwrap_or_default()));
        let draft = Draft { origin, integrity: integrity.collect(), ..Draft::default() };
        add(package, draft, found);
    }
    Vec::new()
}

fn packages(file: &File, list: &str, found: &mut Found) -> Vec<Value> {
    let (root, fault) = document::toml(&file.text);
    found.fault(fault);
    root.items_of(list).to_vec()
}

fn add(package: &Value, draft: Draft, found: &mut Found) {
    let Some(name) = package.get("name") else {
        found.trouble(package.line, "a package has no `name`; let its tool write the file anew");
        return;
    };
    let version = match (package.word("version"), &draft.origin) {
        (Some(version), _) if !version.is_empty() => Version::Known(version.into()),
        (_, Some(Origin::Repository(address) | Origin::Archive(address))) => {
            Version::undecided(format!("it is whatever `{address}` holds"))
        }
        _ => Version::undecided("the file gives it no version"),
    };
    found.add(&normal(name.text().unwrap_or_default()), version, name.line, draft);
}

fn hashes(files: &[Value], key: &str) -> Vec<Box<str>> {
    files.iter().filter_map(|file| hash(file.word(key)?)).collect()
}

/// `sha256:…` as `sha256-…`.
fn hash(text: &str) -> Option<Box<str>> {
    text.split_once(':').map(|(algorithm, value)| format!("{algorithm}-{value}").into())
}
