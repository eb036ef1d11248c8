//! [`inventory`]: every lock file of a tree, each by its reader.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::Arc;

use crate::file::{File, Files, name};
use crate::formats::{self, Reader};
use crate::found::Found;
use crate::package::{Ecosystem, Package};
use crate::trouble::Trouble;

/// What the files of a tree say that the code is made of.
#[derive(Debug, Default)]
pub struct Inventory {
    /// The files that were read, in the order of their paths.
    pub files: Vec<PackageFile>,
    /// Lock files of known names that nothing here reads: none of their packages is counted.
    pub unread: Vec<Arc<str>>,
    /// What could not be read as it stands.
    pub troubles: Vec<Trouble>,
}

/// A file and its packages.
#[derive(Debug)]
pub struct PackageFile {
    /// Its path.
    pub path: Arc<str>,
    /// Whose packages it names.
    pub ecosystem: Ecosystem,
    /// They, in the order of the file.
    pub packages: Vec<Package>,
}

impl Inventory {
    /// All packages of all files.
    pub fn packages(&self) -> impl Iterator<Item = &Package> {
        self.files.iter().flat_map(|file| &file.packages)
    }
}

/// Reads every lock file of a tree.
pub fn inventory(files: &dyn Files) -> Inventory {
    let mut reading =
        Reading { files, seen: HashSet::new(), read: BTreeMap::new(), found: Inventory::default() };
    for path in files.paths() {
        match formats::reader(&path) {
            Some(reader) => reading.read(path, reader),
            None if formats::is_unread(name(&path)) => reading.found.unread.push(path),
            None => {}
        }
    }
    let Reading { read, mut found, .. } = reading;
    found.files = read.into_values().collect();
    found.unread.sort();
    found.troubles.sort();
    found.troubles.dedup();
    found
}

struct Reading<'f> {
    files: &'f dyn Files,
    seen: HashSet<Arc<str>>,
    read: BTreeMap<Arc<str>, PackageFile>,
    found: Inventory,
}

impl Reading<'_> {
    /// Reads a file and what it includes, each once, so that files that include each other come to an end.
    fn read(&mut self, path: Arc<str>, reader: Reader) {
        let mut waiting = VecDeque::from([path]);
        while let Some(path) = waiting.pop_front() {
            if !self.seen.insert(path.clone()) {
                continue;
            }
            let file = match self.files.bytes(&path) {
                Ok(bytes) => File::new(path.clone(), bytes),
                Err(trouble) => {
                    self.found.troubles.push(trouble);
                    continue;
                }
            };
            let mut found = Found::new(&file, reader.ecosystem);
            for included in (reader.read)(&file, self.files, &mut found) {
                match self.seen.contains(&*included.path) {
                    true => {}
                    false if self.is_there(&included.path) => waiting.push_back(included.path),
                    false => found.trouble(
                        included.line,
                        format!("`{}` is not among the files; its packages are not counted", included.path),
                    ),
                }
            }
            self.found.troubles.append(&mut found.troubles);
            let packages = found.packages;
            self.read.insert(path.clone(), PackageFile { path, ecosystem: reader.ecosystem, packages });
        }
    }

    fn is_there(&self, path: &str) -> bool {
        self.files.bytes(path).is_ok()
    }
}
