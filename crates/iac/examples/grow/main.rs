//! Writes a tree of Terraform files of a given size, always the same for a seed.
//!
//! `cargo run -p partywall-iac --example grow -- FOLDER [FILES] [LINES-OF-A-FILE] [SEED]`

use std::fs;
use std::path::Path;

mod tree;

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().unwrap_or_else(|| "grown".to_owned());
    let mut number = |default: usize| arguments.next().and_then(|text| text.parse().ok()).unwrap_or(default);
    let (files, lines, seed) = (number(800), number(110), number(1));
    let grown = tree::grow(seed as u64, files, lines);
    let mut total = 0;
    for (name, text) in &grown {
        let path = Path::new(&folder).join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        total += text.lines().count();
        fs::write(path, text)?;
    }
    let resources = tree::expected_resources(seed as u64, files, lines);
    println!("{} files, {total} lines, {resources} resources expected", grown.len());
    Ok(())
}
