//! `cargo xtask bench assess`: a recorded estate, and a live one on the emulator.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Figure, report};
use crate::emulator::Emulator;
use crate::failure::{Failure, Outcome};
use crate::measure::{self, Cost, exact};
use crate::repository::Repository;
use crate::setup::{self, Tools};

/// The live estate: at most so many processor seconds.
const CPU_SECONDS: f64 = 3.0;
/// The live estate: at most so many megabytes at the peak.
const MEGABYTES: f64 = 100.0;
/// An estate with fewer assets proves nothing: then something else was measured.
const ASSETS: usize = 150;
/// The role of the account that `wide.py` builds.
const ROLE: &str = "arn:aws:iam::777788889999:role/OrganisationAudit";
/// The region in which it builds.
const REGION: &str = "eu-west-1";

/// The report of the last run.
const REPORT: &str = "report.json";

pub(crate) fn run(repository: &Repository) -> Outcome {
    let binary = program(repository, Profile::Release)?;
    let scratch = repository.path("target/bench-assess");
    fs::create_dir_all(&scratch).map_err(|error| Failure::file("make", &scratch, &error))?;
    let bank = repository.path("examples/bank");
    let mut figures = Vec::new();
    if bank.is_dir() {
        let mut command = assess(&binary, &scratch);
        let cost = finished(measure::run(command.arg(&bank))?)?;
        figures.extend(figures_of("recorded bank", "recorded bank, peak", cost, None));
    } else {
        println!("examples/bank is not there: `cargo xtask record-bank` makes it");
    }
    let tools = Tools::ready(repository)?;
    let emulator = Emulator::start(repository, &tools, &scratch.join("emulator.log"))?;
    emulator.build(repository, "wide.py")?;
    let mut command = assess(&binary, &scratch);
    command.args(["aws", "--regions", REGION, "--role-arn", ROLE]);
    let cost = finished(measure::run(credentials(&mut command, &emulator))?)?;
    let count = assets(&scratch.join(REPORT))?;
    println!("the live estate has {count} assets");
    if count < ASSETS {
        return Err(Failure::new(format!("at least {ASSETS} assets are needed for a measurement")));
    }
    figures.extend(figures_of(
        "live wide estate",
        "live wide estate, peak",
        cost,
        Some((CPU_SECONDS, MEGABYTES)),
    ));
    report(&figures)
}

/// How the program is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Quickly.
    Debug,
    /// As a user would.
    Release,
}

/// Builds the program and says where it is.
pub(crate) fn program(repository: &Repository, profile: Profile) -> Outcome<PathBuf> {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--package", "partywall"]);
    let folder = match profile {
        Profile::Debug => "debug",
        Profile::Release => {
            cargo.arg("--release");
            "release"
        }
    };
    setup::must(cargo.current_dir(repository.root()))?;
    let metadata = crate::metadata::Metadata::read(repository)?;
    Ok(metadata.target_directory.join(folder).join("partywall"))
}

/// `partywall assess` with its report in a scratch folder and no history.
fn assess(binary: &Path, scratch: &Path) -> Command {
    let mut command = Command::new(binary);
    command.arg("assess").args(["--no-store", "--quiet", "--format", "json", "--output"]);
    command.arg(scratch.join(REPORT)).stdin(Stdio::null());
    command
}

/// How many assets a report has.
fn assets(report: &Path) -> Outcome<usize> {
    let text = fs::read_to_string(report).map_err(|error| Failure::file("read", report, &error))?;
    let document: serde_json::Value = serde_json::from_str(&text)
        .map_err(|error| Failure::new(format!("`{}` is no JSON: {error}", report.display())))?;
    document
        .get("assets")
        .and_then(serde_json::Value::as_array)
        .map(Vec::len)
        .ok_or_else(|| Failure::new(format!("`{}` has no list of assets", report.display())))
}

/// Points a command at the emulator, with keys that mean nothing anywhere else.
pub(crate) fn credentials<'a>(command: &'a mut Command, emulator: &Emulator) -> &'a mut Command {
    command
        .env("AWS_ENDPOINT_URL", emulator.endpoint())
        .env("AWS_ACCESS_KEY_ID", "emulator")
        .env("AWS_SECRET_ACCESS_KEY", "emulator")
        .env("AWS_REGION", REGION)
        .env_remove("AWS_SESSION_TOKEN")
        .env_remove("AWS_PROFILE")
}

/// Findings (1) and an incomplete analysis (3) are fine here; wrong usage or a crash is not.
pub(crate) fn finished(cost: Cost) -> Outcome<Cost> {
    match cost.status.code() {
        Some(0 | 1 | 3) => Ok(cost),
        _ => Err(Failure::new(format!("the assessment did not finish: {}", cost.status))),
    }
}

fn figures_of(
    time: &'static str,
    memory: &'static str,
    cost: Cost,
    limits: Option<(f64, f64)>,
) -> [Figure; 2] {
    let megabytes = exact(cost.peak_kilobytes) / 1_000.0;
    [
        Figure { what: time, measured: cost.cpu_seconds, limit: limits.map(|(cpu, _)| cpu), unit: "CPU s" },
        Figure {
            what: memory,
            measured: megabytes,
            limit: limits.map(|(_, megabytes)| megabytes),
            unit: "MB",
        },
    ]
}
