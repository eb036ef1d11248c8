//! How fast the scanner is: `cargo run --release -p partywall-secrets --example speed -- FOLDER [ROUNDS]`.
//!
//! Reads the files of a folder into memory first, then scans them on one thread, so that the figure is of the scanner
//! alone; then searches the folder as the program does, with all threads and from the disk.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Instant;

use jiff::civil::date;
use partywall_content::load::{Files, load};
use partywall_content::{Content, SecretSettings};
use partywall_secrets::{IgnoreFiles, Scanner, search_folders};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("name a folder")?);
    let rounds: u32 = arguments.next().map_or(Ok(1), |rounds| rounds.parse())?;
    let content = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content");
    let loaded = load(&Files::read(&content)?, Content::default());
    let start = Instant::now();
    let scanner = Scanner::new(&loaded.content.secrets)?;
    println!("{} rules ready in {:.1} ms", scanner.len(), start.elapsed().as_secs_f64() * 1e3);

    let mut texts = Vec::new();
    gather(&folder, &mut texts)?;
    let bytes: usize = texts.iter().map(|(_, text)| text.len()).sum();
    for round in 1..=rounds {
        let start = Instant::now();
        let found: usize = texts.iter().map(|(path, text)| scanner.scan(path, text).found.len()).sum();
        let seconds = start.elapsed().as_secs_f64();
        let speed = bytes as f64 / 1e6 / seconds;
        println!(
            "round {round}, one thread, in memory: {} files, {:.1} MB in {seconds:.2} s, {speed:.0} MB/s, {found} found",
            texts.len(),
            bytes as f64 / 1e6
        );
    }
    drop(texts);

    let start = Instant::now();
    let settings = SecretSettings::default();
    let outcome =
        search_folders(&scanner, &[folder], IgnoreFiles::NotRespected, &settings, date(2026, 1, 1))?;
    let seconds = start.elapsed().as_secs_f64();
    let megabytes = outcome.tally.bytes as f64 / 1e6;
    println!(
        "all threads, from disk: {} files, {megabytes:.1} MB in {seconds:.2} s, {:.0} MB/s, {} secrets, skipped {:?}",
        outcome.tally.files,
        megabytes / seconds,
        outcome.leaks.len(),
        outcome.tally.skipped
    );
    if let Ok(status) = std::fs::read_to_string("/proc/self/status") {
        status
            .lines()
            .filter(|line| line.starts_with("VmHWM"))
            .for_each(|line| println!("{line} (texts in memory among them)"));
    }
    Ok(())
}

/// All files below a folder that have no zero byte near their beginning.
fn gather(folder: &Path, texts: &mut Vec<(String, Vec<u8>)>) -> Result<(), Box<dyn Error>> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() && entry.file_name() != ".git" {
            gather(&entry.path(), texts)?;
        } else if kind.is_file() {
            let text = std::fs::read(entry.path())?;
            if !text.iter().take(8192).any(|byte| *byte == 0) {
                texts.push((entry.path().display().to_string(), text));
            }
        }
    }
    Ok(())
}
