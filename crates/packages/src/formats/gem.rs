//! `Gemfile.lock` (Bundler documentation; sections by their capital names, packages four spaces in).

use std::collections::{HashMap, HashSet};

use super::Included;
use crate::file::{File, Files};
use crate::found::{Draft, Found, address};
use crate::package::{Need, Origin};

/// What a version ends with where a gem is built for one kind of machine (RubyGems, `Gem::Platform`).
const PLATFORMS: [&str; 14] = [
    "aarch64",
    "arm",
    "arm64",
    "java",
    "jruby",
    "mingw",
    "mswin",
    "mswin32",
    "mswin64",
    "universal",
    "x64",
    "x86",
    "x86_64",
    "x86-mingw32",
];

pub(super) fn read(file: &File, _: &dyn Files, found: &mut Found) -> Vec<Included> {
    let mut asked: HashSet<&str> = HashSet::new();
    let mut digests: HashMap<&str, Vec<Box<str>>> = HashMap::new();
    let mut section = "";
    for (_, text) in file.lines() {
        let inner = text.trim();
        match (text.len() - text.trim_start().len(), section) {
            (0, _) => section = inner,
            (_, "DEPENDENCIES") => {
                asked.insert(inner.split([' ', '!']).next().unwrap_or_default());
            }
            (_, "CHECKSUMS") => {
                if let Some((package, digest)) = inner.rsplit_once(' ') {
                    digests.insert(package, vec![digest.replacen('=', "-", 1).into()]);
                }
            }
            _ => {}
        }
    }
    section = "";
    let (mut from, mut revision) = ("", "");
    for (line, text) in file.lines() {
        let inner = text.trim();
        match (text.len() - text.trim_start().len(), section) {
            (0, _) => {
                section = inner;
                (from, revision) = ("", "");
                if inner.starts_with("<<<<<<<") || inner.starts_with(">>>>>>>") {
                    found.trouble(line, "an unresolved merge stands here; resolve it");
                }
            }
            (2, "GEM" | "GIT" | "PLUGIN SOURCE") => match inner.split_once(": ") {
                Some(("remote", remote)) => from = remote,
                Some(("revision", commit)) => revision = commit,
                _ => {}
            },
            (4, "GEM" | "GIT" | "PLUGIN SOURCE") => {
                let parts = inner.strip_suffix(')').and_then(|inner| inner.split_once(" ("));
                let Some((name, version)) = parts else {
                    found.trouble(line, format!("`{inner}` is no package with its version"));
                    continue;
                };
                let origin = match section {
                    _ if from.is_empty() => None,
                    "GIT" => Some(Origin::Repository(format!("{}#{revision}", address(from)).into())),
                    _ => Some(Origin::Registry(address(from))),
                };
                let draft = Draft {
                    origin,
                    integrity: digests.get(inner).cloned().unwrap_or_default(),
                    need: if asked.contains(name) { Need::Direct } else { Need::Transitive },
                    ..Draft::default()
                };
                found.add_written(name, Some(without_platform(version)), line, draft);
            }
            _ => {}
        }
    }
    Vec::new()
}

/// `1.15.4-x86_64-linux` is version `1.15.4`.
fn without_platform(version: &str) -> &str {
    match version.split_once('-') {
        Some((number, platform)) if PLATFORMS.iter().any(|known| platform.starts_with(known)) => number,
        _ => version,
    }
}
