//! Packs the repository's `content/` into one blob. Any problem in it fails the build with file and line.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use partywall_content::Content;
use partywall_content::blob::pack;
use partywall_content::load::{Files, load};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../content");
    println!("cargo::rerun-if-changed={}", folder.display());
    let loaded = load(&Files::read(&folder)?, Content::default());
    for problem in &loaded.problems {
        println!("cargo::error=content/{problem}");
    }
    if !loaded.problems.is_empty() {
        return Err(format!("{} problems in content", loaded.problems.len()).into());
    }
    let blob = PathBuf::from(env::var("OUT_DIR")?).join("content.bin");
    fs::write(blob, pack(&loaded.content)?)?;
    Ok(())
}
