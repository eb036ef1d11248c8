//! `yarn.lock`: version 1 in its own notation, later ones in YAML (Yarn documentation, "Lockfiles").

use super::{Included, npm};
use crate::document;
use crate::file::{File, Files};
use crate::found::{Draft, Found};
use crate::package::{Origin, Version};

pub(super) fn read(file: &File, _: &dyn Files, found: &mut Found) -> Vec<Included> {
    match file.text.lines().any(|line| line.starts_with("__metadata:")) {
        true => berry(file, found),
        false => classic(file, found),
    }
    Vec::new()
}

fn berry(file: &File, found: &mut Found) {
    let (root, fault) = document::yaml(&file.text);
    found.fault(fault);
    let Some(root) = root else { return };
    for entry in root.entries().iter().filter(|entry| &*entry.key != "__metadata") {
        let Some((name, from)) = entry.value.word("resolution").and_then(descriptor) else {
            found.trouble(
                entry.line,
                format!("`{}` has no `resolution`; let Yarn write the file anew", entry.key),
            );
            continue;
        };
        // `workspace:`, `link:` and `portal:` are folders of the code; a `patch:` is the package that it changes.
        let (protocol, _) = from.split_once(':').unwrap_or(("npm", from));
        if matches!(protocol, "workspace" | "link" | "portal" | "file") {
            continue;
        }
        let origin = match protocol {
            "npm" | "patch" | "virtual" => None,
            "http" | "https" if !from.contains(".git#") => npm::origin(from),
            _ => Some(Origin::Repository(crate::found::address(from))),
        };
        // `checksum` is that of Yarn's own archive, not of what is fetched.
        let draft = Draft { origin, ..Draft::default() };
        found.add_written(name, entry.value.word("version"), entry.line, draft);
    }
}

/// `@scope/name@npm:1.2.3` as name and what follows.
fn descriptor(text: &str) -> Option<(&str, &str)> {
    let at = text.get(1..)?.find('@')? + 1;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

#[derive(Default)]
struct Block {
    line: u32,
    name: String,
    version: Option<String>,
    resolved: String,
    integrity: String,
}

fn classic(file: &File, found: &mut Found) {
    let mut block = Block::default();
    for (line, text) in file.lines() {
        if text.trim().is_empty() || text.starts_with('#') {
            continue;
        }
        let inner = text.trim_start();
        match text.len() - inner.len() {
            0 => {
                finish(std::mem::take(&mut block), found);
                let Some(first) = text.strip_suffix(':').and_then(|keys| keys.split(',').next()) else {
                    found.trouble(line, "a package is expected here; let Yarn write the file anew");
                    continue;
                };
                match descriptor(first.trim().trim_matches('"')) {
                    Some((name, range)) => {
                        let aliased = range.strip_prefix("npm:").and_then(descriptor);
                        let name = aliased.map_or(name, |(name, _)| name).to_owned();
                        block = Block { line, name, ..Block::default() };
                    }
                    None => found.trouble(line, format!("`{first}` names no package and range")),
                }
            }
            2 => {
                let (key, value) = inner.split_once(' ').unwrap_or((inner, ""));
                let value = value.trim().trim_matches('"').to_owned();
                match key {
                    "version" => block.version = Some(value),
                    "resolved" => block.resolved = value,
                    "integrity" => block.integrity = value,
                    _ => {}
                }
            }
            _ => {}
        }
    }
    finish(block, found);
}

fn finish(block: Block, found: &mut Found) {
    if block.name.is_empty() {
        return;
    }
    let is_own =
        block.resolved.is_empty() && block.integrity.is_empty() && block.version.as_deref() == Some("0.0.0");
    if is_own || block.resolved.starts_with("file:") {
        return;
    }
    let draft = Draft {
        origin: npm::origin(&block.resolved),
        integrity: block.integrity.split_whitespace().map(Box::from).collect(),
        ..Draft::default()
    };
    let version = block.version.map_or_else(
        || Version::undecided("the file gives it no version"),
        |version| Version::Known(version.into()),
    );
    found.add(&block.name, version, block.line, draft);
}
