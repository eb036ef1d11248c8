//! `cargo xtask bench organisation`: what many accounts in one process cost. Memory must not grow with them.

use std::fs;
use std::process::{Command, Stdio};

use super::{Figure, Profile, credentials, finished, program, report};
use crate::emulator::Emulator;
use crate::failure::{Failure, Outcome};
use crate::measure::{self, Cost, exact};
use crate::repository::Repository;
use crate::setup::Tools;

/// A small organisation and a large one, the organisation's own account counted.
const SMALL: usize = 5;
const LARGE: usize = 20;
/// The regions in which `organisation.py` builds.
const REGIONS: &str = "eu-west-1,us-east-1";
/// The large organisation may take at most so much of the memory of the small one.
const GROWTH: f64 = 1.3;

pub(crate) fn run(repository: &Repository) -> Outcome {
    let tools = Tools::ready(repository)?;
    let small = read(repository, &tools, SMALL)?;
    let large = read(repository, &tools, LARGE)?;
    let growth = exact(large.peak_kilobytes) / exact(small.peak_kilobytes);
    let figure = |what, measured, limit, unit| Figure { what, measured, limit, unit };
    report(&[
        figure("5 accounts", small.cpu_seconds, None, "CPU s"),
        figure("5 accounts, peak", exact(small.peak_kilobytes) / 1_000.0, None, "MB"),
        figure("20 accounts", large.cpu_seconds, None, "CPU s"),
        figure("20 accounts, peak", exact(large.peak_kilobytes) / 1_000.0, None, "MB"),
        figure("memory, 20 against 5", growth, Some(GROWTH), "times"),
    ])
}

/// Builds an organisation in a fresh emulator and reads all of it into an evidence folder.
fn read(repository: &Repository, tools: &Tools, accounts: usize) -> Outcome<Cost> {
    let binary = program(repository, Profile::Release)?;
    let scratch = repository.path("target/bench-organisation");
    // What an earlier run left would be refused as a place for evidence.
    if scratch.exists() {
        fs::remove_dir_all(&scratch).map_err(|error| Failure::file("remove", &scratch, &error))?;
    }
    fs::create_dir_all(&scratch).map_err(|error| Failure::file("make", &scratch, &error))?;
    let emulator = Emulator::start(repository, tools, &scratch.join("emulator.log"))?;
    emulator.build_with(repository, "organisation.py", &["--accounts", &accounts.to_string()])?;
    let evidence = scratch.join("evidence");
    let mut command = Command::new(binary);
    command.args(["assess", "aws", "--organization", "--regions", REGIONS, "--no-store", "--quiet"]);
    command.args(["--format", "json", "--output"]).arg(scratch.join("report.json"));
    command.arg("--save").arg(&evidence).stdin(Stdio::null());
    let cost = finished(measure::run(credentials(&mut command, &emulator))?)?;
    let manifest = evidence.join("manifest.json");
    let text = fs::read_to_string(&manifest).map_err(|error| Failure::file("read", &manifest, &error))?;
    let manifest: serde_json::Value = serde_json::from_str(&text)
        .map_err(|error| Failure::new(format!("`{}` is no JSON: {error}", manifest.display())))?;
    let read = manifest.get("accounts").and_then(serde_json::Value::as_array).map_or(0, Vec::len);
    let calls = manifest.pointer("/operations/asked").and_then(serde_json::Value::as_u64).unwrap_or(0);
    println!("{read} accounts, {calls} calls, {:.0} s on the wall", cost.wall_seconds);
    if read != accounts {
        return Err(Failure::new(format!("{accounts} accounts were built, and {read} were read")));
    }
    Ok(cost)
}
