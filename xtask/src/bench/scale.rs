//! `cargo xtask bench scale`: what an assessment of a large recorded estate costs, and whether it finds what
//! was planted there.
//!
//! The estate comes from the example `grown` of the store: twenty accounts in four regions, with a known
//! number of faults and of values that nobody could read for each of some checks.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use super::{Figure, Profile, finished, program, report};
use crate::failure::{Failure, Outcome};
use crate::measure::{self, Cost, exact};
use crate::repository::Repository;
use crate::setup;

/// Assets of the small estate and of the large one.
const SMALL: usize = 10_000;
const LARGE: usize = 100_000;
/// The large estate: at most so many processor seconds.
const CPU_SECONDS: f64 = 15.0;
/// The large estate: at most so many megabytes at the peak.
const MEGABYTES: f64 = 500.0;
/// Ten times the assets may cost at most so many times as much.
const GROWTH: f64 = 12.0;

/// What the generator says of its estate.
#[derive(Debug, Deserialize)]
struct Planted {
    assets: u64,
    kinds: u64,
    instances: u64,
    with_policy: u64,
    planted: BTreeMap<String, Count>,
}

/// Verdicts of one check.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
struct Count {
    fail: u64,
    unknown: u64,
}

pub(crate) fn run(repository: &Repository) -> Outcome {
    let binary = program(repository, Profile::Release)?;
    let scratch = repository.path("target/bench-scale");
    if scratch.exists() {
        fs::remove_dir_all(&scratch).map_err(|error| Failure::file("remove", &scratch, &error))?;
    }
    fs::create_dir_all(&scratch).map_err(|error| Failure::file("make", &scratch, &error))?;
    let [small, large] =
        [assess(repository, &binary, &scratch, SMALL)?, assess(repository, &binary, &scratch, LARGE)?];
    let figure = |what, measured, limit, unit| Figure { what, measured, limit, unit };
    report(&[
        figure("10,000 assets", small.cpu_seconds, None, "CPU s"),
        figure("10,000 assets, peak", megabytes(small), None, "MB"),
        figure("100,000 assets", large.cpu_seconds, Some(CPU_SECONDS), "CPU s"),
        figure("100,000 assets, peak", megabytes(large), Some(MEGABYTES), "MB"),
        figure("100,000 against 10,000", large.cpu_seconds / small.cpu_seconds, Some(GROWTH), "times"),
    ])
}

fn megabytes(cost: Cost) -> f64 {
    exact(cost.peak_kilobytes) / 1_000.0
}

/// Grows an estate, measures its assessment with report, page and history, and holds it to what was planted.
fn assess(repository: &Repository, binary: &Path, scratch: &Path, assets: usize) -> Outcome<Cost> {
    let evidence = scratch.join(format!("estate-{assets}"));
    let planted = grow(repository, &evidence, assets)?;
    println!(
        "{} assets of {} kinds, {} instances, {} with a policy",
        planted.assets, planted.kinds, planted.instances, planted.with_policy
    );
    let mut command = Command::new(binary);
    command.arg("assess").arg(&evidence).arg("--quiet").stdin(Stdio::null());
    command.arg("--store").arg(scratch.join(format!("history-{assets}.db")));
    command.arg("--html").arg(scratch.join(format!("report-{assets}.html")));
    command.arg("--output").arg(scratch.join(format!("report-{assets}.txt")));
    let cost = finished(measure::run(&mut command)?)?;

    let table = scratch.join(format!("findings-{assets}.csv"));
    let mut command = Command::new(binary);
    command.arg("assess").arg(&evidence).args(["--quiet", "--no-store", "--format", "csv"]);
    command.arg("--output").arg(&table).stdin(Stdio::null());
    finished(measure::run(&mut command)?)?;
    compare(&planted, &table)?;
    Ok(cost)
}

fn grow(repository: &Repository, into: &Path, assets: usize) -> Outcome<Planted> {
    let mut cargo = Command::new("cargo");
    cargo.args(["run", "--release", "--quiet", "--package", "partywall-store", "--example", "grown", "--"]);
    cargo.args(["--assets", &assets.to_string(), "--into"]).arg(into).current_dir(repository.root());
    let said = setup::output(&mut cargo)?;
    serde_json::from_str(&said)
        .map_err(|error| Failure::new(format!("the generator's answer cannot be read: {error}")))
}

/// Whether the table of findings has just what was planted.
fn compare(planted: &Planted, table: &PathBuf) -> Outcome {
    let found = count(table)?;
    let mut wrong = Vec::new();
    for (check, wanted) in &planted.planted {
        let found = found.verdicts.get(check.as_str()).copied().unwrap_or_default();
        if found != *wanted {
            wrong.push(format!("{check}: {found:?}, planted {wanted:?}"));
        }
    }
    let share = |part: usize| 100.0 * exact(part as u64) / exact(planted.assets);
    println!(
        "{} checks find what was planted; {:.1} % of the assets fail a check, {:.1} % have an unknown",
        planted.planted.len() - wrong.len(),
        share(found.failing.len()),
        share(found.unknown.len()),
    );
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(Failure::new(format!("found otherwise:\n{}", wrong.join("\n"))))
    }
}

/// What a table of findings holds.
#[derive(Debug, Default)]
struct Found {
    verdicts: BTreeMap<String, Count>,
    failing: std::collections::HashSet<String>,
    unknown: std::collections::HashSet<String>,
}

fn count(table: &PathBuf) -> Outcome<Found> {
    let broken = |error: csv::Error| Failure::new(format!("`{}`: {error}", table.display()));
    let file = File::open(table).map_err(|error| Failure::file("read", table, &error))?;
    let mut reader = csv::Reader::from_reader(file);
    let headers = reader.headers().map_err(broken)?.clone();
    let column = |name: &str| {
        let at = headers.iter().position(|header| header == name);
        at.ok_or_else(|| Failure::new(format!("`{}` has no column `{name}`", table.display())))
    };
    let (check, verdict, asset) = (column("check")?, column("verdict")?, column("asset")?);
    let mut found = Found::default();
    for row in reader.records() {
        let row = row.map_err(broken)?;
        let cell = |at: usize| row.get(at).unwrap_or_default().to_owned();
        let count = found.verdicts.entry(cell(check)).or_default();
        match row.get(verdict) {
            Some("fail") => {
                count.fail += 1;
                found.failing.insert(cell(asset));
            }
            Some("unknown") => {
                count.unknown += 1;
                found.unknown.insert(cell(asset));
            }
            _ => {}
        }
    }
    Ok(found)
}
