//! The corpus: queries, each with samples in which it must find something and samples in which it must not.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use crate::failure::{Failure, Outcome};
use crate::repository::Repository;
use crate::setup;
use crate::{CORPORA, CORPORA_VARIABLE};

const ARCHIVE: &str = "iac-kics.tar.gz";
/// The severities of which a miss weighs most.
const SEVERE: [&str; 2] = ["CRITICAL", "HIGH"];
/// A language that compiles to templates, which we read; the samples stand in both.
const COMPILED: &str = ".bicep";

/// Where the corpus is, if it is there: in the folder that the environment names, else in the usual one.
pub(super) fn archive(repository: &Repository) -> PathBuf {
    let named = std::env::var_os(CORPORA_VARIABLE).map(PathBuf::from);
    named.unwrap_or_else(|| repository.path(CORPORA)).join(ARCHIVE)
}

/// All queries, and where their samples lie.
#[derive(Debug)]
pub(super) struct Corpus {
    pub(super) queries: Vec<Query>,
    /// The folder with one folder for each sample.
    pub(super) samples: PathBuf,
}

/// One query.
#[derive(Debug)]
pub(super) struct Query {
    /// `terraform/aws`, `k8s`.
    pub(super) platform: String,
    /// The folder's name.
    pub(super) name: String,
    severity: String,
    pub(super) labels: Vec<Label>,
    /// How many labels and samples are about the code of modules that are not in the corpus.
    pub(super) elsewhere: usize,
    /// The samples in which there is nothing to find.
    pub(super) negatives: Vec<String>,
}

/// Where a query must find something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Label {
    pub(super) file: String,
    pub(super) line: usize,
}

#[derive(Deserialize)]
struct Metadata {
    severity: String,
}

#[derive(Deserialize)]
struct Expected {
    line: usize,
    #[serde(alias = "filename", rename = "fileName")]
    file: Option<String>,
}

impl Query {
    pub(super) fn is_severe(&self) -> bool {
        SEVERE.contains(&self.severity.as_str())
    }

    /// The folder of one sample below the folder of all.
    pub(super) fn sample(&self, file: &str) -> PathBuf {
        Path::new(&self.platform).join(&self.name).join(file).join(file)
    }
}

impl Corpus {
    /// Unpacks the corpus below a scratch folder and lays each sample out in a folder of its own. None where the corpus is
    /// not there.
    pub(super) fn unpacked(repository: &Repository, scratch: &str) -> Outcome<Option<Self>> {
        let archive = archive(repository);
        if !archive.is_file() {
            return Ok(None);
        }
        let scratch = repository.path(scratch);
        // Not `samples`: among samples and tests a secret is weighed as a made-up one.
        let (packed, samples) = (scratch.join("corpus"), scratch.join("code"));
        for folder in [&packed, &samples] {
            if folder.exists() {
                fs::remove_dir_all(folder).map_err(|error| Failure::file("remove", folder, &error))?;
            }
            fs::create_dir_all(folder).map_err(|error| Failure::file("make", folder, &error))?;
        }
        setup::must(Command::new("tar").arg("-xzf").arg(&archive).arg("-C").arg(&packed))?;
        let mut corpus = Self { queries: Vec::new(), samples };
        corpus.read(&packed, &mut Vec::new())?;
        corpus.queries.sort_by(|a, b| (&a.platform, &a.name).cmp(&(&b.platform, &b.name)));
        match corpus.queries.is_empty() {
            true => Err(Failure::new(format!("`{}` holds no query", archive.display()))),
            false => Ok(Some(corpus)),
        }
    }

    /// Reads a folder: a query, or folders of such.
    fn read(&mut self, folder: &Path, below: &mut Vec<String>) -> Outcome {
        if folder.join("metadata.json").is_file() {
            let query = query(folder, below)?;
            self.lay_out(folder, &query)?;
            self.queries.push(query);
            return Ok(());
        }
        for name in names(folder)? {
            let inner = folder.join(&name);
            if inner.is_dir() {
                below.push(name);
                self.read(&inner, below)?;
                below.pop();
            }
        }
        Ok(())
    }

    fn lay_out(&self, folder: &Path, query: &Query) -> Outcome {
        let positives = query.labels.iter().map(|label| &label.file);
        for file in positives.chain(&query.negatives) {
            let to = self.samples.join(query.sample(file));
            let made = to.parent().map_or(Ok(()), fs::create_dir_all);
            made.and_then(|()| fs::copy(folder.join("test").join(file), &to).map(|_| ()))
                .map_err(|error| Failure::file("lay out", &to, &error))?;
        }
        Ok(())
    }
}

fn query(folder: &Path, below: &[String]) -> Outcome<Query> {
    // The archive's own folder of queries, where there is one, is no part of the platform.
    let below: Vec<&str> =
        below.iter().map(String::as_str).filter(|name| !["assets", "queries"].contains(name)).collect();
    let (name, platform) = below.split_last().ok_or_else(|| Failure::new("a query needs a folder"))?;
    let metadata: Metadata = json(&folder.join("metadata.json"))?;
    let expected: Vec<Expected> = json(&folder.join("test/positive_expected_result.json"))?;
    let all: Vec<String> =
        names(&folder.join("test"))?.into_iter().filter(|file| !file.ends_with(COMPILED)).collect();
    let (away, files): (Vec<String>, Vec<String>) =
        all.into_iter().partition(|file| calls_registry(&folder.join("test").join(file)));
    let positives: Vec<&String> =
        files.iter().filter(|file| file.starts_with("positive") && !file.contains("_expected_")).collect();
    let negatives = files.iter().filter(|file| file.starts_with("negative")).cloned().collect();
    let mut labels: Vec<Label> = Vec::new();
    let mut elsewhere = away.iter().filter(|file| file.starts_with("negative")).count();
    for Expected { line, file } in expected {
        let only = match positives.as_slice() {
            [only] => Some((*only).clone()),
            _ => None,
        };
        let file = file.or(only).ok_or_else(|| {
            Failure::new(format!("`{}`: line {line} is expected in no file", folder.display()))
        })?;
        if away.contains(&file) {
            elsewhere += 1;
            continue;
        }
        let label = Label { file, line };
        if !label.file.ends_with(COMPILED) && !labels.contains(&label) {
            labels.push(label);
        }
    }
    Ok(Query {
        platform: platform.join("/"),
        name: (*name).to_owned(),
        severity: metadata.severity,
        labels,
        elsewhere,
        negatives,
    })
}

/// Whether a sample consists of calls of modules from a registry: what these declare is not in the corpus.
fn calls_registry(path: &Path) -> bool {
    let text = fs::read_to_string(path).unwrap_or_default();
    let blocks = || text.lines().filter(|line| line.starts_with(|first: char| first.is_ascii_lowercase()));
    let is_registry = |line: &str| {
        let source = line.trim().strip_prefix("source").map_or("", str::trim_start);
        let source = source.strip_prefix('=').map_or("", str::trim).trim_matches('"');
        source.split('/').count() == 3 && !source.starts_with('.')
    };
    blocks().any(|line| line.starts_with("module "))
        && blocks().all(|line| !line.starts_with("resource "))
        && text.lines().any(is_registry)
}

fn json<T: serde::de::DeserializeOwned>(path: &Path) -> Outcome<T> {
    let text = fs::read_to_string(path).map_err(|error| Failure::file("read", path, &error))?;
    serde_json::from_str(&text).map_err(|error| Failure::new(format!("`{}`: {error}", path.display())))
}

/// The names in a folder, in order.
fn names(folder: &Path) -> Outcome<Vec<String>> {
    let entries = fs::read_dir(folder).map_err(|error| Failure::file("read", folder, &error))?;
    let names: BTreeMap<String, ()> =
        entries.flatten().map(|entry| (entry.file_name().to_string_lossy().into_owned(), ())).collect();
    Ok(names.into_keys().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A query with two samples in which it finds something and one in which it does not.
    fn folder(expected: &str) -> PathBuf {
        let folder =
            std::env::temp_dir().join(format!("partywall-corpus-{}-{}", std::process::id(), expected.len()));
        fs::create_dir_all(folder.join("test")).unwrap();
        let write = |name: &str, text: &str| fs::write(folder.join(name), text).unwrap();
        write("metadata.json", r#"{"id": "1", "severity": "HIGH"}"#);
        write("test/positive_expected_result.json", expected);
        ["positive1.tf", "positive2.json", "positive2.bicep", "negative.tf"]
            .iter()
            .for_each(|name| write(&format!("test/{name}"), ""));
        folder
    }

    #[test]
    fn labels_name_their_file_in_either_spelling_and_compiled_samples_are_left_out() {
        let folder = folder(
            r#"[{"line": 3, "fileName": "positive1.tf"}, {"line": 3, "fileName": "positive1.tf"},
                {"line": 4, "filename": "positive2.json"}, {"line": 5, "fileName": "positive2.bicep"}]"#,
        );
        let query = query(&folder, &["assets".into(), "queries".into(), "arm".into(), "q".into()]).unwrap();
        fs::remove_dir_all(folder).unwrap();
        assert_eq!((query.platform.as_str(), query.name.as_str()), ("arm", "q"));
        assert!(query.is_severe());
        let labels: Vec<(&str, usize)> =
            query.labels.iter().map(|label| (label.file.as_str(), label.line)).collect();
        assert_eq!(labels, [("positive1.tf", 3), ("positive2.json", 4)]);
        assert_eq!(query.negatives, ["negative.tf"]);
    }

    #[test]
    fn a_label_without_a_file_is_refused_where_several_could_be_meant() {
        let folder = folder(r#"[{"line": 3}]"#);
        let refused = query(&folder, &["q".into()]);
        fs::remove_dir_all(folder).unwrap();
        assert!(refused.unwrap_err().to_string().contains("line 3 is expected in no file"));
    }
}
