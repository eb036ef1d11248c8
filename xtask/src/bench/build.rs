//! `cargo xtask bench build`: the default features, built cold in release.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use super::{Figure, report};
use crate::failure::{Failure, Outcome};
use crate::measure::{self, exact};
use crate::repository::Repository;

const PACKAGE: &str = "partywall";
/// At most so many crates are compiled for the default features.
const CRATES: f64 = 400.0;
/// At most so many processor seconds.
const CPU_SECONDS: f64 = 1_000.0;
/// At most so many megabytes of binary.
const MEGABYTES: f64 = 40.0;

pub(crate) fn run(repository: &Repository) -> Outcome {
    let crates = crates(repository)?;
    let folder = repository.path("target/bench-build");
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|error| Failure::file("empty", &folder, &error))?;
    }
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--release", "--package", PACKAGE, "--target-dir"]).arg(&folder);
    let cost = measure::run(cargo.current_dir(repository.root()))?;
    if !cost.status.success() {
        return Err(Failure::new(format!("the build failed: {}", cost.status)));
    }
    let binary = folder.join("release").join(PACKAGE);
    let size = fs::metadata(&binary).map_err(|error| Failure::file("find", &binary, &error))?.len();
    let removed = fs::remove_dir_all(&folder);
    removed.map_err(|error| Failure::file("remove", &folder, &error))?;
    let count = exact(u64::try_from(crates.len()).unwrap_or(u64::MAX));
    report(&[
        Figure { what: "crates (with our own)", measured: count, limit: Some(CRATES), unit: "" },
        Figure {
            what: "cold release build",
            measured: cost.cpu_seconds,
            limit: Some(CPU_SECONDS),
            unit: "CPU s",
        },
        Figure { what: "the same by the clock", measured: cost.wall_seconds, limit: None, unit: "s" },
        Figure { what: "binary", measured: exact(size) / 1e6, limit: Some(MEGABYTES), unit: "MB" },
    ])
}

/// Name and version of each crate that is compiled for the default features on this platform, build
/// scripts and procedural macros included.
fn crates(repository: &Repository) -> Outcome<BTreeSet<String>> {
    let output = Command::new("cargo")
        .args(["tree", "--package", PACKAGE, "--edges", "normal,build", "--prefix", "none", "--no-dedupe"])
        .current_dir(repository.root())
        .output()
        .map_err(|error| Failure::new(format!("`cargo tree` cannot be started: {error}")))?;
    if !output.status.success() {
        return Err(Failure::new(format!(
            "`cargo tree` failed: {}",
            String::from_utf8_lossy(&output.stderr)
        )));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().map(name_and_version).filter(|name| !name.is_empty()).collect())
}

fn name_and_version(line: &str) -> String {
    line.split(' ').take(2).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_and_folders_do_not_make_a_crate_another() {
        assert_eq!(name_and_version("serde v1.0.0 (proc-macro)"), "serde v1.0.0");
        assert_eq!(name_and_version("serde v1.0.0"), "serde v1.0.0");
    }
}
