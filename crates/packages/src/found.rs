//! What a reader has found in a file so far.

use std::collections::HashMap;
use std::sync::Arc;

use crate::document::Fault;
use crate::file::File;
use crate::package::{Ecosystem, Need, Origin, Package, Use, Version};
use crate::trouble::Trouble;

/// So many troubles of one file are told; who mends them sees the others.
const TROUBLES_TOLD: usize = 20;

/// The packages and troubles of one file.
#[derive(Debug)]
pub(crate) struct Found {
    file: Arc<str>,
    ecosystem: Ecosystem,
    pub(crate) packages: Vec<Package>,
    pub(crate) troubles: Vec<Trouble>,
    /// What is already there, by name, version and origin.
    known: HashMap<(Box<str>, Version, Option<Origin>), usize>,
}

/// A package that a reader writes down.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub(crate) origin: Option<Origin>,
    pub(crate) integrity: Vec<Box<str>>,
    pub(crate) need: Need,
    pub(crate) used: Use,
}

impl Found {
    pub(crate) fn new(file: &File, ecosystem: Ecosystem) -> Self {
        let mut found = Self {
            file: file.path.clone(),
            ecosystem,
            packages: Vec::new(),
            troubles: Vec::new(),
            known: HashMap::new(),
        };
        if let Some(line) = file.broken_line {
            found.trouble(
                line,
                "this is no UTF-8, and what cannot be read is replaced; save the file as UTF-8",
            );
        }
        found
    }

    /// Takes a package in. One that stands in the file more than once counts once, at its first line, and runs if any of
    /// them does.
    pub(crate) fn add(&mut self, name: &str, version: Version, line: u32, draft: Draft) {
        if name.is_empty() {
            self.trouble(line, "a package has no name here; write the file anew with its own tool");
            return;
        }
        let version = match version {
            Version::Known(version) if version.trim().is_empty() => {
                Version::undecided("the file gives it no version")
            }
            version => version,
        };
        let key = (Box::from(name), version, draft.origin);
        if let Some(known) = self.known.get(&key).and_then(|at| self.packages.get_mut(*at)) {
            known.need = nearer(known.need, draft.need);
            known.used = known.used.min(draft.used);
            for digest in draft.integrity {
                if !known.integrity.contains(&digest) {
                    known.integrity.push(digest);
                }
            }
            return;
        }
        self.known.insert(key.clone(), self.packages.len());
        let (name, version, origin) = key;
        self.packages.push(Package {
            ecosystem: self.ecosystem,
            name,
            version,
            origin,
            integrity: draft.integrity,
            need: draft.need,
            used: draft.used,
            file: self.file.clone(),
            line,
        });
    }

    /// A version as it is written; undecided where it is empty.
    pub(crate) fn add_written(&mut self, name: &str, version: Option<&str>, line: u32, draft: Draft) {
        self.add(name, Version::Known(version.unwrap_or_default().trim().into()), line, draft);
    }

    pub(crate) fn trouble(&mut self, line: u32, what: impl Into<Box<str>>) {
        if self.troubles.len() < TROUBLES_TOLD {
            self.troubles.push(Trouble::new(self.file.clone(), line, what));
        }
    }

    pub(crate) fn fault(&mut self, fault: Option<Fault>) {
        if let Some(Fault { line, what }) = fault {
            self.trouble(line, format!("{what}; what stands before it was read"));
        }
    }
}

fn nearer(one: Need, other: Need) -> Need {
    one.min(other)
}

/// An address without what may be a password: the part before `@` in its authority.
pub(crate) fn address(text: &str) -> Box<str> {
    let Some((scheme, rest)) = text.split_once("://") else { return text.into() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    match authority.rsplit_once('@') {
        // `git@host` is an account that everyone has.
        Some((user, host)) if user != "git" => format!("{scheme}://{host}{path}").into(),
        _ => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_of_an_address_is_kept() {
        assert_eq!(&*address("https://me:pw@repo.example/a?x=b@c"), "https://repo.example/a?x=b@c");
        assert_eq!(&*address("git+ssh://git@host.example/a.git#1"), "git+ssh://git@host.example/a.git#1");
        assert_eq!(&*address("https://repo.example/@scope/a"), "https://repo.example/@scope/a");
    }
}
