//! `go.mod` with the digests of the `go.sum` beside it (Go Modules Reference, "go.mod files" and "go.sum files").
//!
//! What `require` says counts: a `go.sum` also holds modules that were only looked at.

use std::collections::{HashMap, HashSet};

use super::Included;
use crate::file::{self, File, Files};
use crate::found::{Draft, Found};
use crate::package::{Need, Version};

/// A module, and its version where one is written.
type Module<'t> = (&'t str, Option<&'t str>);

pub(super) fn read(file: &File, files: &dyn Files, found: &mut Found) -> Vec<Included> {
    let directives = directives(file, found);
    let mut replaced: HashMap<Module<'_>, Module<'_>> = HashMap::new();
    let mut excluded: HashSet<(&str, &str)> = HashSet::new();
    for directive in &directives {
        let words: Vec<&str> = directive.words.iter().map(|word| &**word).collect();
        match (&*directive.name, words.as_slice()) {
            ("replace", [old, "=>", new]) => drop(replaced.insert((old, None), (new, None))),
            ("replace", [old, "=>", new, to]) => drop(replaced.insert((old, None), (new, Some(to)))),
            ("replace", [old, of, "=>", new]) => drop(replaced.insert((old, Some(of)), (new, None))),
            ("replace", [old, of, "=>", new, to]) => drop(replaced.insert((old, Some(of)), (new, Some(to)))),
            ("exclude", [module, version]) => drop(excluded.insert((module, version))),
            _ => {}
        }
    }
    let sums = sums(file, files);
    for directive in directives.iter().filter(|directive| &*directive.name == "require") {
        let [module, version] = directive.words.as_slice() else {
            found.trouble(directive.line, "a `require` names a module and a version; run `go mod tidy`");
            continue;
        };
        let (mut module, mut version): (&str, &str) = (module, version);
        if excluded.contains(&(module, version)) {
            let why = format!("`{version}` is excluded: the next higher one is taken");
            found.add(module, Version::undecided(why), directive.line, Draft::default());
            continue;
        }
        let change = replaced.get(&(module, Some(version))).or_else(|| replaced.get(&(module, None)));
        match change {
            // A replacement without a version is a folder.
            Some((_, None)) => continue,
            Some((other, Some(to))) => (module, version) = (other, to),
            None => {}
        }
        let draft = Draft {
            need: if directive.is_indirect { Need::Transitive } else { Need::Direct },
            integrity: sums.get(&format!("{module} {version}")).cloned().into_iter().collect(),
            ..Draft::default()
        };
        found.add_written(module, Some(version), directive.line, draft);
    }
    standard_library(&directives, found);
    Vec::new()
}

/// The standard library is of the toolchain that builds; the `go` line alone is the least that will do.
fn standard_library(directives: &[Directive], found: &mut Found) {
    let of = |name: &str| {
        let directive = directives.iter().find(|directive| &*directive.name == name)?;
        directive.words.first().map(|word| (directive.line, word))
    };
    let draft = Draft { need: Need::Direct, ..Draft::default() };
    if let Some((line, toolchain)) = of("toolchain").filter(|(_, word)| &***word != "default") {
        let version = toolchain.strip_prefix("go").unwrap_or(toolchain);
        found.add_written("stdlib", Some(version), line, draft);
    } else if let Some((line, least)) = of("go") {
        let why = format!("`go {least}` is the least that will do, not what builds");
        found.add("stdlib", Version::undecided(why), line, draft);
    }
}

#[derive(Debug)]
struct Directive {
    name: Box<str>,
    words: Vec<Box<str>>,
    is_indirect: bool,
    line: u32,
}

fn directives(file: &File, found: &mut Found) -> Vec<Directive> {
    let mut directives = Vec::new();
    let mut block: Option<Box<str>> = None;
    for (line, text) in file.lines() {
        let (code, comment) = text.split_once("//").unwrap_or((text, ""));
        let mut words: Vec<Box<str>> =
            code.split_whitespace().map(|word| word.trim_matches(['"', '`']).into()).collect();
        if words.first().is_some_and(|word| &**word == ")") {
            block = None;
            continue;
        }
        if words.last().is_some_and(|word| &**word == "(") {
            block = words.into_iter().next();
            continue;
        }
        let name = match &block {
            Some(name) if !words.is_empty() => name.clone(),
            None if words.len() > 1 => words.remove(0),
            None if !words.is_empty() => {
                found.trouble(line, format!("`{}` is no directive; run `go mod tidy`", code.trim()));
                continue;
            }
            _ => continue,
        };
        let comment = comment.trim();
        let is_indirect = comment == "indirect" || comment.starts_with("indirect;");
        directives.push(Directive { name, words, is_indirect, line });
    }
    directives
}

/// Digests of modules by `module version`; those of their `go.mod` alone are no packages.
fn sums(file: &File, files: &dyn Files) -> HashMap<String, Box<str>> {
    let Ok(bytes) = files.bytes(&file::join(file.folder(), "go.sum")) else { return HashMap::new() };
    let text = File::new("go.sum".into(), bytes).text;
    let lines = text.lines().filter_map(|line| {
        let (package, digest) = line.rsplit_once(' ')?;
        Some((package.to_owned(), digest.into()))
    });
    lines.filter(|(package, _)| !package.ends_with("/go.mod")).collect()
}
