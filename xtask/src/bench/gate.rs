//! `cargo xtask bench gate`: Checkov and detect-secrets beside Partywall, over the same grown trees.
//!
//! The trees are made by `partywall-iac`'s example `grow`, always the same. The two programs are installed from the
//! package registry into a folder under `target`, or taken from `PARTYWALL_CHECKOV` (the path of `checkov`, with
//! `detect-secrets` beside it). Checkov sees the small tree only: on the large one it was stopped after ten minutes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Figure, Profile, program, report};
use crate::failure::{Failure, Outcome};
use crate::measure::{self, Cost, exact};
use crate::repository::Repository;
use crate::setup;

/// What they are compared with.
const THEIRS: [&str; 2] = ["checkov>=3.3,<3.4", "detect-secrets==1.5.0"];
/// Files of the trees, each of about 110 lines.
const SMALL: usize = 47;
const LARGE: usize = 800;
/// Files of the tree that is searched for secrets by Partywall alone.
const WIDE: usize = 8_000;
/// Partywall is to take at least so many times less on the small tree.
const LESS_CPU: f64 = 100.0;
/// It reads at least so many megabytes for each CPU-second when it looks for secrets.
const SECRETS_SPEED: f64 = 40.0;

pub(crate) fn run(repository: &Repository) -> Outcome {
    let scratch = repository.path("target/bench-gate");
    fs::create_dir_all(&scratch).map_err(|error| Failure::file("make", &scratch, &error))?;
    let theirs = theirs(&scratch)?;
    let binary = program(repository, Profile::Release)?;
    let grown = |files: usize| grown(repository, &scratch, files);
    let (small, large, wide) = (grown(SMALL)?, grown(LARGE)?, grown(WIDE)?);

    let mut checkov = Command::new(&theirs);
    checkov.args(["--quiet", "--compact", "--skip-download", "--output", "json", "--directory"]).arg(&small);
    let checkov = cost(&mut checkov)?;
    let gate = |tree: &Path| {
        cost(Command::new(&binary).arg("gate").arg(tree).args(["--format", "json", "--no-secrets"]))
    };
    let (ours, ours_large) = (gate(&small)?, gate(&large)?);
    let mut detect = Command::new(theirs.with_file_name("detect-secrets"));
    let detect = cost(detect.args(["scan", "--all-files"]).arg(&large))?;
    let secrets = |tree: &Path| cost(Command::new(&binary).arg("secrets").arg(tree));
    let (found, found_wide) = (secrets(&large)?, secrets(&wide)?);

    let figure = |what, measured, limit, unit| Figure { what, measured, limit, unit };
    let peak = |cost: &Cost| exact(cost.peak_kilobytes) / 1_000.0;
    let speed = |cost: &Cost, megabytes: f64| megabytes / cost.cpu_seconds.max(0.01);
    let (large_size, wide_size) = (megabytes(&large)?, megabytes(&wide)?);
    let rows = [
        figure("checkov, 47 files", checkov.cpu_seconds, None, "CPU s"),
        figure("checkov, 47 files, peak", peak(&checkov), None, "MB"),
        figure("gate, 47 files", ours.cpu_seconds, None, "CPU s"),
        figure("gate, 47 files, peak", peak(&ours), None, "MB"),
        figure("gate, 800 files", ours_large.cpu_seconds, Some(3.0), "CPU s"),
        figure("gate, 800 files, peak", peak(&ours_large), Some(150.0), "MB"),
        figure("detect-secrets", speed(&detect, large_size), None, "MB/CPU s"),
        figure("detect-secrets, peak", peak(&detect), None, "MB"),
        figure("secrets, 800 files", speed(&found, large_size), None, "MB/CPU s"),
        figure("secrets, 8000 files", speed(&found_wide, wide_size), None, "MB/CPU s"),
        figure("secrets, 8000 files, peak", peak(&found_wide), Some(64.0), "MB"),
    ];
    let outcome = report(&rows);
    // The kernel counts in hundredths of a second: a run of less is not told apart from one.
    let ratio = checkov.cpu_seconds / ours.cpu_seconds.max(0.01);
    println!("{ratio:.0} times less CPU than Checkov (target {LESS_CPU})");
    outcome?;
    match ratio >= LESS_CPU && speed(&found_wide, wide_size) >= SECRETS_SPEED {
        true => Ok(()),
        false => Err(Failure::new("the target is missed")),
    }
}

/// Checkov with detect-secrets beside it, installed where they are not there.
fn theirs(scratch: &Path) -> Outcome<PathBuf> {
    if let Some(named) = std::env::var_os("PARTYWALL_CHECKOV") {
        return Ok(PathBuf::from(named));
    }
    let environment = scratch.join("venv");
    let program = environment.join("bin/checkov");
    if !program.exists() {
        setup::must(Command::new("python3").args(["-m", "venv"]).arg(&environment))?;
        setup::must(Command::new(environment.join("bin/pip")).args(["install", "--quiet"]).args(THEIRS))?;
    }
    Ok(program)
}

/// A tree of so many files.
fn grown(repository: &Repository, scratch: &Path, files: usize) -> Outcome<PathBuf> {
    let folder = scratch.join(format!("grown-{files}"));
    if !folder.exists() {
        let mut grow = Command::new("cargo");
        grow.args(["run", "--quiet", "--release", "--package", "partywall-iac", "--example", "grow", "--"]);
        setup::must(grow.arg(&folder).arg(files.to_string()).current_dir(repository.root()))?;
    }
    Ok(folder)
}

fn cost(command: &mut Command) -> Outcome<Cost> {
    let cost = measure::run(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()))?;
    match cost.status.code() {
        Some(0 | 1 | 3) => Ok(cost),
        _ => Err(Failure::new(format!("`{}` failed", setup::shown(command)))),
    }
}

/// The size of all files of a folder.
fn megabytes(folder: &Path) -> Outcome<f64> {
    let entries = fs::read_dir(folder).map_err(|error| Failure::file("list", folder, &error))?;
    let mut total = 0.0;
    for entry in entries.flatten() {
        let path = entry.path();
        total += match entry.metadata() {
            Ok(data) if data.is_dir() => megabytes(&path)?,
            Ok(data) => exact(data.len()) / 1e6,
            Err(error) => return Err(Failure::file("look at", &path, &error)),
        };
    }
    Ok(total)
}
