//! `cargo xtask lint`: the rules of the architecture that no compiler holds.
//!
//! Each rule is a module and gives [`Violation`]s. They read text, so what they forbid is written here in
//! a way that does not find itself.

mod arrows;
mod identifiers;
mod links;
mod places;
mod purity;
mod shape;

use std::fmt;
use std::fs;
use std::path::Path;

use crate::failure::{Failure, Outcome};
use crate::metadata::Metadata;
use crate::repository::Repository;

/// A rule that is broken, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Violation {
    /// `file:line`, or what else it is about.
    place: String,
    message: String,
}

impl Violation {
    fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { place: place.into(), message: message.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

pub(crate) fn run(repository: &Repository) -> Outcome {
    let files = tracked(repository)?;
    let metadata = Metadata::read(repository)?;
    let corpora = corpus_names(repository);
    let mut violations = arrows::check(&metadata);
    violations.extend(one_program(&metadata));
    violations.extend(purity::check(&files));
    violations.extend(shape::check(&files));
    violations.extend(places::check(&files));
    violations.extend(identifiers::check(&files, &corpora));
    violations.extend(links::check(&files, &|path| repository.path(path).exists()));
    violations.sort();
    violations.iter().for_each(|violation| println!("{violation}"));
    println!("lints: {} text files, {} crates", files.len(), metadata.members().count());
    match violations.len() {
        0 => Ok(()),
        count => Err(Failure::new(format!("{count} rules of the architecture are broken"))),
    }
}

/// The README's first command is a plain `cargo run`: it must have one program to choose from.
fn one_program(metadata: &Metadata) -> Option<Violation> {
    let is_default = |name: &str| metadata.workspace_default_members.iter().any(|id| id == name);
    let names: Vec<&str> =
        metadata.members().filter(|package| is_default(&package.id)).map(|package| &*package.name).collect();
    let message = format!("`default-members` must be `partywall` alone, for `cargo run`; they are {names:?}");
    (names != ["partywall"]).then(|| Violation::new("Cargo.toml", message))
}

/// A text file of the repository, by its path with forward slashes.
#[derive(Clone, Debug)]
pub(crate) struct TextFile {
    path: String,
    text: String,
}

impl TextFile {
    /// The lines with their numbers.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(at, line)| (at + 1, line))
    }

    /// The lines of a Rust file before its unit tests.
    fn product_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines().take_while(|(_, line)| !line.trim_start().starts_with("#[cfg(test)]"))
    }

    /// Whether it is Rust that becomes part of a crate, not of its tests.
    fn is_product_code(&self) -> bool {
        let inside = self.path.starts_with("crates/") || self.path.starts_with("xtask/");
        inside
            && self.path.contains("/src/")
            && self.path.ends_with(".rs")
            && !self.path.ends_with("/tests.rs")
    }
}

/// Folders that hold nothing that people wrote.
const SKIPPED_FOLDERS: [&str; 3] = ["target", ".git", "__pycache__"];
/// Ends of file names that are read.
const TEXT_ENDINGS: [&str; 13] =
    [".rs", ".md", ".toml", ".yaml", ".yml", ".py", ".html", ".css", ".js", ".txt", ".json", ".sql", ".sh"];

/// All text files of the checkout, whether committed yet or not.
fn tracked(repository: &Repository) -> Outcome<Vec<TextFile>> {
    let mut files = Vec::new();
    walk(repository.root(), "", &mut files)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn walk(folder: &Path, prefix: &str, files: &mut Vec<TextFile>) -> Outcome {
    let entries = fs::read_dir(folder).map_err(|error| Failure::file("read", folder, &error))?;
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = entry.path();
        if path.is_dir() {
            if !SKIPPED_FOLDERS.contains(&name.as_str()) {
                walk(&path, &format!("{prefix}{name}/"), files)?;
            }
        } else if TEXT_ENDINGS.iter().any(|ending| name.ends_with(ending)) || prefix.starts_with(".ci/") {
            let text = fs::read_to_string(&path).map_err(|error| Failure::file("read", &path, &error))?;
            files.push(TextFile { path: format!("{prefix}{name}"), text });
        }
    }
    Ok(())
}

/// The names of the files of the corpora, without their endings, where the folder is there.
fn corpus_names(repository: &Repository) -> Vec<String> {
    let entries = fs::read_dir(repository.path(crate::CORPORA)).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.file_name().to_string_lossy().split('.').next().unwrap_or_default().to_owned())
        .filter(|name| name.contains('-'))
        .collect()
}
