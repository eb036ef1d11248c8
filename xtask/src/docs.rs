//! `cargo xtask docs`: the pages that are made from content, from the tables of functions and from the
//! program's own help. `--check` writes nothing and fails where a page is not what it would be.

mod checks;
mod collected;
mod commands;
mod conformance;
mod controls;
mod functions;
#[cfg(test)]
mod guide;
mod markdown;
mod services;

use std::collections::BTreeMap;
use std::fs;

use crate::content;
use crate::failure::{Failure, Outcome};
use crate::repository::Repository;

/// What to do with the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Write them.
    Write,
    /// Compare them with what is there.
    Check,
}

/// Folders in which every page is a generated one, so that a page that nothing makes any more goes.
const GENERATED_FOLDERS: [&str; 2] = ["docs/checks", "docs/cli"];

/// Generated pages by their path.
type Pages = BTreeMap<String, String>;

pub(crate) fn run(repository: &Repository, mode: Mode) -> Outcome {
    let pages = pages(repository)?;
    let stale = stale(repository, &pages);
    let different: Vec<&String> =
        pages.iter().filter(|(path, text)| !is_same(repository, path, text)).map(|(path, _)| path).collect();
    match mode {
        Mode::Check => {
            different.iter().for_each(|path| println!("{path}: not what `cargo xtask docs` makes"));
            stale.iter().for_each(|path| println!("{path}: nothing makes this page any more"));
            println!("docs: {} generated pages", pages.len());
            match different.len() + stale.len() {
                0 => Ok(()),
                count => Err(Failure::new(format!("{count} pages drifted: run `cargo xtask docs`"))),
            }
        }
        Mode::Write => {
            for path in &stale {
                let file = repository.path(path);
                fs::remove_file(&file).map_err(|error| Failure::file("remove", &file, &error))?;
            }
            for path in &different {
                let text = pages.get(*path).map_or("", String::as_str);
                repository.write(path, text)?;
            }
            println!("docs: {} pages, {} written, {} removed", pages.len(), different.len(), stale.len());
            Ok(())
        }
    }
}

fn pages(repository: &Repository) -> Outcome<Pages> {
    let loaded = content::load_sound(repository)?;
    let mut pages = Pages::new();
    checks::pages(&loaded, &mut pages);
    pages.insert("docs/controls.md".into(), controls::page(&loaded.content));
    pages.insert("docs/reference/functions.md".into(), functions::page());
    pages.insert("docs/reference/collected.md".into(), collected::page(&loaded.content));
    pages.insert("docs/reference/services.md".into(), services::page(&loaded.content));
    pages.insert("docs/conformance/gate.md".into(), conformance::page(repository)?);
    commands::pages(repository, &mut pages)?;
    Ok(pages)
}

fn is_same(repository: &Repository, path: &str, text: &str) -> bool {
    fs::read_to_string(repository.path(path)).is_ok_and(|there| there == text)
}

/// Pages in generated folders that nothing makes.
fn stale(repository: &Repository, pages: &Pages) -> Vec<String> {
    let mut stale = Vec::new();
    for folder in GENERATED_FOLDERS {
        // The program's pages are made only where the program is.
        if !pages.keys().any(|path| path.starts_with(folder)) {
            continue;
        }
        for entry in fs::read_dir(repository.path(folder)).into_iter().flatten().flatten() {
            let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
            if !pages.contains_key(&path) {
                stale.push(path);
            }
        }
    }
    stale
}
