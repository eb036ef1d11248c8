//! The scanner against the repository's own rules, files, and a repository that git makes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in what its tests share"
)]

mod folders;
mod git;
mod rules;
mod speed;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use partywall_content::Content;
use partywall_content::load::{Files, Loaded, load};
use partywall_secrets::Scanner;

/// The repository's own content, with the examples.
fn content() -> &'static Loaded {
    static LOADED: OnceLock<Loaded> = OnceLock::new();
    LOADED.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content");
        load(&Files::read(&folder).unwrap(), Content::default())
    })
}

fn scanner(loaded: &Loaded) -> Scanner {
    Scanner::new(&loaded.content.secrets).unwrap()
}

fn write(folder: &Path, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, text).unwrap();
    path
}

/// The first example of a rule that it finds something in.
fn example(loaded: &Loaded, rule: &str) -> String {
    use partywall_content::SecretVerdict::Match;
    let (_, examples) = loaded.secret_examples.iter().find(|(id, _)| **id == *rule).unwrap();
    examples.iter().find(|example| example.value.verdict == Match).unwrap().value.text.concat()
}
