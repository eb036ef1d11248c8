//! `cargo xtask test`: everything that must hold, in the order of how soon it says so.
//!
//! The steps are run one after the other and the first failure ends the task. The last line is a summary;
//! cargo's own lines stand above it, for counting.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::failure::{Failure, Outcome};
use crate::repository::Repository;
use crate::setup::{self, Tools};
use crate::{CORPORA, CORPORA_VARIABLE, conformance, content, docs, licences, lint};

/// For how long each fuzz target is given mutated inputs.
const FUZZ_VARIABLE: &str = "PARTYWALL_FUZZ_SECONDS";
/// Unless it is said: what every parser of foreign bytes is owed.
const FUZZ_SECONDS: &str = "30";

/// How much is built and tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// The default features.
    Default,
    /// Every feature that stands outside the default build, too.
    Full,
}

pub(crate) fn run(repository: &Repository, extent: Extent) -> Outcome {
    let mut steps = Steps::default();
    let tools = steps.run("setup", || Tools::ready(repository))?;
    let features: &[&str] = if extent == Extent::Full && has_full_feature(repository)? {
        &["--features", "partywall/full"]
    } else {
        &[]
    };
    let cargo = |words: &[&str], after: &[&str]| {
        let mut command = Command::new("cargo");
        command.args(words).args(features).args(after).current_dir(repository.root());
        command.envs(tools.variables());
        command
    };
    steps.run("fmt", || {
        setup::must(Command::new("cargo").args(["fmt", "--all", "--check"]).current_dir(repository.root()))
    })?;
    steps.run("clippy", || {
        setup::must(&mut cargo(&["clippy", "--workspace", "--all-targets"], &["--", "-D", "warnings"]))
    })?;
    steps.run("content", || content::check::run(repository))?;
    steps.run("mutants", || content::mutate::run(repository, &[]))?;
    let fuzz_seconds = std::env::var(FUZZ_VARIABLE).unwrap_or_else(|_| FUZZ_SECONDS.to_owned());
    steps.run("tests", || {
        setup::must(cargo(&["test", "--workspace"], &[]).env(FUZZ_VARIABLE, &fuzz_seconds))
    })?;
    steps.run("docs", || docs::run(repository, docs::Mode::Check))?;
    steps.run("lints", || lint::run(repository))?;
    steps.run("licences", || deny(repository))?;
    let conformance = steps.run("conformance", || corpora(repository, &tools))?;
    steps.summary(&conformance);
    Ok(())
}

/// `cargo xtask test conformance`: only the tests against corpora.
pub(crate) fn run_conformance(repository: &Repository) -> Outcome {
    let mut steps = Steps::default();
    let tools = steps.run("setup", || Tools::ready(repository))?;
    let conformance = steps.run("conformance", || corpora(repository, &tools))?;
    steps.summary(&conformance);
    Ok(())
}

/// Runs the tests whose path holds `conformance`, with the folder of corpora in their environment, and the gate
/// against labelled code. Gives a word for the summary.
fn corpora(repository: &Repository, tools: &Tools) -> Outcome<String> {
    let folder = repository.path(CORPORA);
    let why_not = if !folder.is_dir() {
        Some("no corpora folder")
    } else if !repository.tests_mention(CORPORA_VARIABLE)? {
        Some("no test uses the corpora yet")
    } else {
        None
    };
    if let Some(why_not) = why_not {
        println!("conformance: not run ({why_not})");
        return Ok(format!("conformance not run ({why_not})"));
    }
    let mut command = Command::new("cargo");
    command.args(["test", "--workspace", "--", "conformance"]).current_dir(repository.root());
    setup::must(command.envs(tools.variables()).env(CORPORA_VARIABLE, &folder))?;
    match conformance::run_if_there(repository)? {
        true => Ok("conformance run".to_owned()),
        false => Ok("conformance run, but for the gate: no labelled code".to_owned()),
    }
}

/// `cargo deny` where it is installed; else the same rules on licences and sources by ourselves. Advisories
/// need the network and are not asked for here.
fn deny(repository: &Repository) -> Outcome {
    if !setup::succeeds(Command::new("cargo").args(["deny", "--version"])) {
        return licences::check(repository);
    }
    let words = ["deny", "--offline", "check", "bans", "licenses", "sources"];
    setup::must(Command::new("cargo").args(words).current_dir(repository.root()))
}

fn has_full_feature(repository: &Repository) -> Outcome<bool> {
    let manifest = repository.read("crates/partywall/Cargo.toml")?;
    Ok(manifest.lines().any(|line| line.starts_with("full =")))
}

#[derive(Debug, Default)]
struct Steps {
    done: Vec<(&'static str, Duration)>,
}

impl Steps {
    /// Runs a step under its headline. A failure names the step, how long it took and what was done before.
    fn run<T>(&mut self, name: &'static str, step: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
        println!("\n==> {name}");
        let start = Instant::now();
        let result = step();
        let took = start.elapsed();
        match result {
            Ok(value) => {
                self.done.push((name, took));
                println!("<== {name}: {:.1} s", took.as_secs_f64());
                Ok(value)
            }
            Err(failure) => Err(Failure::new(format!(
                "test: step `{name}` failed after {:.1} s ({} steps before it passed): {failure}",
                took.as_secs_f64(),
                self.done.len()
            ))),
        }
    }

    fn summary(&self, conformance: &str) {
        let total: Duration = self.done.iter().map(|(_, took)| *took).sum();
        let steps: Vec<String> =
            self.done.iter().map(|(name, took)| format!("{name} {:.1} s", took.as_secs_f64())).collect();
        println!("\ntest: passed in {:.1} s ({}); {conformance}", total.as_secs_f64(), steps.join(", "));
    }
}
