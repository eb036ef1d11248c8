//! Development tasks: `cargo xtask <task>`.
//!
//! Each task is a module; this file only knows their names. A task either succeeds or gives a [`Failure`]
//! that says what to do; nothing here is needed to build or to run Partywall itself.

mod bench;
mod conformance;
mod content;
mod docs;
mod emulator;
mod failure;
mod licences;
mod lint;
mod measure;
mod metadata;
mod record_bank;
mod repository;
mod setup;
mod test;

use std::process::ExitCode;

use failure::{Failure, Outcome};
use repository::Repository;

/// Where corpora for conformance tests are, if they are there, seen from the root.
const CORPORA: &str = "../shared/corpora";
/// Names the folder of corpora for the tests that are held against them.
const CORPORA_VARIABLE: &str = "PARTYWALL_CORPORA";

const USAGE: &str = "\
cargo xtask test [full]              sets up what the tests need and runs everything that must hold
cargo xtask test conformance         only the tests against the corpora
cargo xtask conformance gate [--verbose] [--record] [--program FILE]
                                     the gate against labelled code of others; never worse than recorded
cargo xtask content check            every problem of content/ with file and line, and every example
cargo xtask content mutate [--check ID]
                                     changes each check's expressions: do its examples notice?
cargo xtask content frameworks [--from DIR]
                                     are the ids of content/frameworks those that others know?
cargo xtask docs [--check]           makes the generated pages under docs/; --check fails where they drifted
cargo xtask lint                     the rules of the architecture that no compiler holds
cargo xtask licences                 every dependency against deny.toml
cargo xtask bench build|assess       what a cold build, or an assessment, costs against its budget
cargo xtask bench gate               Checkov, detect-secrets and Partywall over the same code (installs them)
cargo xtask bench posture            Prowler and Partywall side by side (installs Prowler, 2 GB)
cargo xtask bench scale              what a recorded estate of 100,000 assets costs; is what was planted found?
cargo xtask bench organisation       whether the memory of a live run grows with the accounts
cargo xtask record-bank [--into DIR] records examples/bank anew from the emulator
";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[&str]) -> Outcome {
    if let ["help" | "--help" | "-h"] = words {
        print!("{USAGE}");
        return Ok(());
    }
    let repository = Repository::find()?;
    match words {
        ["test"] => test::run(&repository, test::Extent::Default),
        ["test", "full"] => test::run(&repository, test::Extent::Full),
        ["test", "conformance"] => test::run_conformance(&repository),
        ["conformance", "gate", options @ ..] => conformance::run(&repository, options),
        ["content", "check"] => content::check::run(&repository),
        ["content", "mutate", options @ ..] => content::mutate::run(&repository, options),
        ["content", "frameworks", options @ ..] => content::frameworks::run(&repository, options),
        ["docs"] => docs::run(&repository, docs::Mode::Write),
        ["docs", "--check"] => docs::run(&repository, docs::Mode::Check),
        ["lint"] => lint::run(&repository),
        ["licences"] => licences::check(&repository),
        ["bench", "build"] => bench::build(&repository),
        ["bench", "assess"] => bench::assess(&repository),
        ["bench", "gate"] => bench::gate(&repository),
        ["bench", "posture"] => bench::posture(&repository),
        ["bench", "scale"] => bench::scale(&repository),
        ["bench", "organisation"] => bench::organisation(&repository),
        ["record-bank"] => record_bank::run(&repository, record_bank::BANK),
        ["record-bank", "--into", folder] => record_bank::run(&repository, folder),
        [] => Err(Failure::new(format!("name a task:\n{USAGE}"))),
        _ => Err(Failure::new(format!("there is no task `{}`:\n{USAGE}", words.join(" ")))),
    }
}
