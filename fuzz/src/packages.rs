//! Lock files and manifests that name packages.

use std::sync::Arc;

use partywall_packages::{Files, Inventory, Trouble, inventory};

/// One file for each reader.
const NAMES: [&str; 16] = [
    "Cargo.lock",
    "Gemfile.lock",
    "Pipfile.lock",
    "composer.lock",
    "go.mod",
    "gradle.lockfile",
    "package-lock.json",
    "packages.lock.json",
    "pdm.lock",
    "pnpm-lock.yaml",
    "poetry.lock",
    "pom.xml",
    "pylock.toml",
    "requirements.txt",
    "uv.lock",
    "yarn.lock",
];

struct Same<'b>(&'b [u8]);

impl Files for Same<'_> {
    fn paths(&self) -> Vec<Arc<str>> {
        NAMES.iter().map(|name| (*name).into()).collect()
    }

    fn bytes(&self, path: &str) -> Result<Vec<u8>, Trouble> {
        // The digests of a go.sum, and a parent that is its own child.
        match NAMES.contains(&path) || matches!(path, "go.sum" | "../pom.xml") {
            true => Ok(self.0.to_vec()),
            false => Err(Trouble::new(path, 0, "there is no such file")),
        }
    }
}

/// The same bytes under the name of every format: no file is lost, every line is in it, a package URL has no character
/// that a URL has not, and reading twice gives the same.
pub fn package_files(bytes: &[u8]) {
    let found = inventory(&Same(bytes));
    assert_eq!(found.files.len(), NAMES.len(), "a file is lost");
    // Text of two bytes for each character has its own line ends.
    let lines = 1 + bytes.len();
    for trouble in &found.troubles {
        assert!(trouble.line as usize <= lines, "{trouble:?}: no such line");
        assert!(!trouble.what.is_empty(), "{trouble:?} says nothing");
    }
    for package in found.packages() {
        assert!((1..=lines).contains(&(package.line as usize)), "{package:?}: no such line");
        assert!(!package.name.is_empty() && package.version.known() != Some(""), "{package:?}");
        let url = package.purl();
        assert!(url.starts_with("pkg:") && url.bytes().all(|byte| byte.is_ascii_graphic()), "{url:?}");
    }
    let told = |found: &Inventory| format!("{found:?}");
    assert_eq!(told(&found), told(&inventory(&Same(bytes))), "two readings differ");
}
