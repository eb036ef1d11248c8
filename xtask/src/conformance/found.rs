//! What the program finds in all samples: one run of the gate, one of the search for secrets.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::corpus::{Corpus, Query};
use crate::bench::finished;
use crate::failure::{Failure, Outcome};
use crate::measure;
use crate::repository::Repository;

/// Stands in the table for any rule of the search for secrets.
const SECRETS: &str = "secrets";

/// Whether an id of the table means the search for secrets instead of a check.
pub(super) fn is_secrets(id: &str) -> bool {
    id == SECRETS
}

/// All findings, by the sample's file.
#[derive(Debug, Default)]
pub(super) struct Found(BTreeMap<PathBuf, Vec<Finding>>);

/// A failure in a sample.
#[derive(Debug)]
pub(super) struct Finding {
    /// The check's id, or [`SECRETS`].
    pub(super) check: String,
    pub(super) line: usize,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on line {}", self.check, self.line)
    }
}

#[derive(Deserialize)]
struct Gate {
    findings: Vec<GateFinding>,
}

#[derive(Deserialize)]
struct GateFinding {
    check: String,
    state: String,
    place: Option<Place>,
    /// Each further bad element of a list.
    #[serde(default)]
    also: Vec<Place>,
}

#[derive(Deserialize)]
struct Place {
    #[serde(alias = "path")]
    file: PathBuf,
    line: usize,
}

#[derive(Deserialize)]
struct Secrets {
    secrets: Vec<Secret>,
}

#[derive(Deserialize)]
struct Secret {
    places: Vec<Place>,
}

impl Found {
    /// Runs the program over all samples.
    pub(super) fn by(program: &Path, repository: &Repository, corpus: &Corpus) -> Outcome<Self> {
        let mut found = Self::default();
        let content = repository.path("content");
        let gate: Gate = answer(
            Command::new(program).arg("gate").arg("--content").arg(content).arg("--quiet"),
            &corpus.samples,
            "gate.json",
        )?;
        for GateFinding { check, place, also, .. } in
            gate.findings.into_iter().filter(|finding| finding.state == "fail")
        {
            for Place { file, line } in place.into_iter().chain(also) {
                found.0.entry(file).or_default().push(Finding { check: check.clone(), line });
            }
        }
        let secrets: Secrets =
            answer(Command::new(program).args(["secrets", "--no-ignore"]), &corpus.samples, "secrets.json")?;
        for Place { file, line } in secrets.secrets.into_iter().flat_map(|secret| secret.places) {
            found.0.entry(file).or_default().push(Finding { check: SECRETS.to_owned(), line });
        }
        match found.0.is_empty() {
            true => Err(Failure::new(format!("`{}` finds nothing in all samples", program.display()))),
            false => Ok(found.below(&corpus.samples)),
        }
    }

    /// What was found in one sample of a query.
    pub(super) fn in_sample(&self, query: &Query, file: &str) -> impl Iterator<Item = &Finding> {
        self.0.get(&query.sample(file)).into_iter().flatten()
    }

    /// The same, with paths seen from a folder.
    fn below(self, folder: &Path) -> Self {
        let name = |path: PathBuf| path.strip_prefix(folder).map_or(path.clone(), Path::to_owned);
        Self(self.0.into_iter().map(|(path, findings)| (name(path), findings)).collect())
    }
}

/// The answer of a command over a folder, as JSON.
fn answer<T: DeserializeOwned>(command: &mut Command, folder: &Path, name: &str) -> Outcome<T> {
    let file = folder.with_file_name(name);
    command.args(["--format", "json", "--output"]).arg(&file).arg(folder).stdin(Stdio::null());
    finished(measure::run(command)?)?;
    let text = fs::read_to_string(&file).map_err(|error| Failure::file("read", &file, &error))?;
    serde_json::from_str(&text).map_err(|error| Failure::new(format!("`{}`: {error}", file.display())))
}
