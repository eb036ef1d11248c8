//! Where the repository is, and reading and writing its files.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::{Failure, Outcome};

/// The checkout that the task works on.
#[derive(Clone, Debug)]
pub(crate) struct Repository {
    root: PathBuf,
}

impl Repository {
    /// The checkout above the folder of this package (cargo says where that is) or above the current one.
    pub(crate) fn find() -> Outcome<Self> {
        let start = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let start = start.or_else(|| std::env::current_dir().ok()).unwrap_or_default();
        start
            .ancestors()
            .find(|folder| folder.join("content/ssrm").is_dir() && folder.join("xtask").is_dir())
            .map(|root| Self { root: root.to_owned() })
            .ok_or_else(|| Failure::new("run this inside the repository, as `cargo xtask …`"))
    }

    /// The root folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// A path under the root.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// The text of a file under the root.
    pub(crate) fn read(&self, relative: &str) -> Outcome<String> {
        let path = self.path(relative);
        fs::read_to_string(&path).map_err(|error| Failure::file("read", &path, &error))
    }

    /// Writes a file under the root, with its folders.
    pub(crate) fn write(&self, relative: &str, text: &str) -> Outcome {
        let path = self.path(relative);
        let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, text));
        written.map_err(|error| Failure::file("write", &path, &error))
    }

    /// Whether any test of a crate mentions a word: what no test asks for need not be set up.
    pub(crate) fn tests_mention(&self, word: &str) -> Outcome<bool> {
        let crates = self.path("crates");
        let entries = fs::read_dir(&crates).map_err(|error| Failure::file("read", &crates, &error))?;
        Ok(entries.flatten().any(|entry| mentions(&entry.path().join("tests"), word)))
    }
}

fn mentions(path: &Path, word: &str) -> bool {
    match fs::read_dir(path) {
        Ok(entries) => entries.flatten().any(|entry| mentions(&entry.path(), word)),
        Err(_) => fs::read_to_string(path).is_ok_and(|text| text.contains(word)),
    }
}
