//! `cargo xtask content frameworks`: are the ids of our framework files those that others know?
//!
//! The standards themselves cannot be redistributed, so ids are held against the compliance files of Prowler
//! (PyPI; the wheel alone, without its 2 GB of dependencies) and the references in its copy of the Cloud
//! Controls Matrix. Only ids are compared; nothing else of these files is read or kept. The ids of NIST SP
//! 800-53 are held against NIST's own catalogue by the conformance tests.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use partywall_content::by_number;
use serde_json::Value;

use crate::failure::{Failure, Outcome};
use crate::repository::Repository;
use crate::setup;

/// The version that the files were verified with.
const PROWLER: &str = "prowler==5.46.0";
/// Where it is unpacked, under the root.
const FOLDER: &str = "target/frameworks";
/// The folder of the compliance files in the wheel.
const COMPLIANCE: &str = "prowler/compliance";
/// The Cloud Controls Matrix, with references to other standards.
const MATRIX: &str = "csa_ccm_4.0.json";

/// Where the ids of a framework stand, and how they are written there.
struct Source {
    framework: &'static str,
    /// The beginning of the names of its files.
    files: Option<&'static str>,
    member: &'static str,
    /// Its name among the references of the matrix.
    referred: Option<&'static str>,
    /// From an id there to an id here; none where it is something else.
    id: fn(&str) -> Option<String>,
    /// The same in words.
    rule: &'static str,
}

const SOURCES: [Source; 8] = [
    Source {
        framework: "cis-aws-7.0",
        files: Some("cis_7.0_aws"),
        member: "id",
        referred: None,
        id: as_it_is,
        rule: "as it is",
    },
    Source {
        framework: "cis-controls-8.1",
        files: Some("cis_controls_8.1"),
        member: "id",
        referred: None,
        id: as_it_is,
        rule: "as it is",
    },
    Source {
        framework: "csa-ccm-4",
        files: Some("csa_ccm_4.0"),
        member: "id",
        referred: None,
        id: as_it_is,
        rule: "as it is",
    },
    Source {
        framework: "gdpr",
        files: Some("gdpr_"),
        member: "id",
        referred: None,
        id: article,
        rule: "`article_32` is `32`",
    },
    Source {
        framework: "iso-27001-2022",
        files: Some("iso27001_2022_"),
        member: "id",
        referred: Some("ISO/IEC 27001:2022, 27002:2022"),
        id: annex,
        rule: "the first `A.n.n`",
    },
    Source {
        framework: "nist-csf-2.0",
        // Its own file of that name mixes in the categories of version 1.1.
        files: None,
        member: "id",
        referred: Some("NIST CSF v2.0"),
        id: subcategory,
        rule: "`XX.XX-nn` with two digits",
    },
    Source {
        framework: "pci-dss-4.0",
        files: Some("pci_4.0_"),
        member: "id",
        referred: Some("PCI DSS v4.0"),
        id: three_numbers,
        rule: "the first three numbers (their sub-points are left out)",
    },
    Source {
        framework: "soc2",
        files: Some("soc2_"),
        member: "name",
        referred: Some("AICPA TSC 2017"),
        id: criterion,
        rule: "`CCn.n` at the beginning of a name",
    },
];

/// Verifies, in a folder of compliance files or in one that is downloaded.
pub(crate) fn run(repository: &Repository, options: &[&str]) -> Outcome {
    let folder = match options {
        [] => downloaded(repository)?,
        ["--from", folder] => PathBuf::from(folder),
        _ => return Err(Failure::new("usage: cargo xtask content frameworks [--from DIR]")),
    };
    let loaded = super::load_sound(repository)?;
    let files = compliance_files(&folder)?;
    let matrix = files.iter().find(|(name, _)| name == MATRIX).map(|(_, file)| file);
    let mut wrong = 0;
    for source in &SOURCES {
        let Some(framework) = loaded.content.framework(source.framework) else {
            return Err(Failure::new(format!("content/frameworks has no `{}`", source.framework)));
        };
        let known = source.ids(&files, matrix);
        let ours: BTreeSet<String> =
            framework.requirements.iter().map(|requirement| requirement.id.to_string()).collect();
        let verified = ours.intersection(&known).count();
        let mapped = framework.requirements.iter().filter(|one| !one.controls.is_empty()).count();
        println!(
            "{:18} {:4} ids, {verified:4} verified, of {:4} in the source; {mapped:3} name controls ({})",
            source.framework,
            ours.len(),
            known.len(),
            source.rule,
        );
        for (ids, what) in [(ours.difference(&known), "unknown there"), (known.difference(&ours), "not here")]
        {
            let mut ids: Vec<&str> = ids.map(String::as_str).collect();
            ids.sort_by(|a, b| by_number(a, b));
            if !ids.is_empty() {
                println!("{:18} {what}: {}", "", ids.join(", "));
            }
        }
        wrong += ours.difference(&known).count();
    }
    match wrong {
        0 => Ok(()),
        wrong => Err(Failure::new(format!("{wrong} ids are in no source: leave them out"))),
    }
}

impl Source {
    fn ids(&self, files: &[(String, Value)], matrix: Option<&Value>) -> BTreeSet<String> {
        let own = files.iter().filter(|(name, _)| self.files.is_some_and(|start| name.starts_with(start)));
        let own = own.flat_map(|(_, file)| requirements(file)).filter_map(|one| text(one, self.member));
        let references = matrix.into_iter().flat_map(requirements).flat_map(references);
        let referred = references.filter(|reference| text(reference, "ReferenceId") == self.referred);
        let referred =
            referred.flat_map(|reference| list(reference, "Identifiers")).filter_map(Value::as_str);
        let referred = referred.filter(|_| self.referred.is_some());
        own.chain(referred).filter_map(|id| (self.id)(id.trim())).collect()
    }
}

/// Files of one release write their members in capitals, those of another do not.
fn member<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    value.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    member(value, name)?.as_str()
}

fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    member(value, name).and_then(Value::as_array).into_iter().flatten()
}

fn requirements(file: &Value) -> impl Iterator<Item = &Value> {
    list(file, "requirements")
}

fn references(requirement: &Value) -> impl Iterator<Item = &Value> {
    member(requirement, "attributes")
        .into_iter()
        .flat_map(|attributes| list(attributes, "ScopeApplicability"))
}

fn as_it_is(id: &str) -> Option<String> {
    Some(id.to_owned())
}

fn article(id: &str) -> Option<String> {
    id.strip_prefix("article_").map(ToOwned::to_owned)
}

fn annex(id: &str) -> Option<String> {
    let from = id.find("A.")?;
    let rest = id.get(from + 2..)?;
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    let number = rest.get(..end)?.trim_end_matches('.');
    (number.split('.').count() == 2).then(|| format!("A.{number}"))
}

fn subcategory(id: &str) -> Option<String> {
    let (category, number) = id.split_once('-')?;
    let is_number = number.len() == 2 && number.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && category.len() == 5).then(|| id.to_owned())
}

fn three_numbers(id: &str) -> Option<String> {
    let numbers: Vec<&str> = id.split('.').take(3).collect();
    let is_number = |text: &&str| text.trim_start_matches('A').parse::<u8>().is_ok();
    (numbers.len() == 3 && numbers.iter().all(is_number)).then(|| numbers.join("."))
}

fn criterion(name: &str) -> Option<String> {
    let word = name.split([' ', '-']).next()?;
    let (letters, number) = word.split_at_checked(word.find(|c: char| c.is_ascii_digit())?)?;
    let is_letters = !letters.is_empty() && letters.bytes().all(|byte| byte.is_ascii_uppercase());
    let (first, second) = number.split_once('.')?;
    let is_number = |text: &str| text.parse::<u8>().is_ok();
    (is_letters && is_number(first) && is_number(second)).then(|| word.to_owned())
}

/// Every compliance file under a folder, by its name.
fn compliance_files(folder: &Path) -> Outcome<Vec<(String, Value)>> {
    let mut files = Vec::new();
    let entries = fs::read_dir(folder).map_err(|error| Failure::file("read", folder, &error))?;
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() {
            files.extend(compliance_files(&path)?);
        } else if name.ends_with(".json") {
            let text = fs::read_to_string(&path).map_err(|error| Failure::file("read", &path, &error))?;
            let file = serde_json::from_str(&text)
                .map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
            files.push((name, file));
        }
    }
    files.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(files)
}

/// The wheel, downloaded once and unpacked.
fn downloaded(repository: &Repository) -> Outcome<PathBuf> {
    let folder = repository.path(FOLDER);
    let compliance = folder.join(COMPLIANCE);
    if compliance.is_dir() {
        return Ok(compliance);
    }
    println!("downloading {PROWLER} (12 MB) into {FOLDER}");
    fs::create_dir_all(&folder).map_err(|error| Failure::file("make", &folder, &error))?;
    let pip = ["-m", "pip", "download", "--quiet", "--no-deps", "--dest", "."];
    setup::must(Command::new("python3").args(pip).arg(PROWLER).current_dir(&folder))?;
    let entries = fs::read_dir(&folder).map_err(|error| Failure::file("read", &folder, &error))?;
    let is_wheel = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "whl");
    let wheel = entries.flatten().map(|entry| entry.path()).find(is_wheel);
    let wheel = wheel.ok_or_else(|| Failure::new("pip downloaded no wheel"))?;
    setup::must(Command::new("python3").args(["-m", "zipfile", "-e"]).arg(wheel).arg(&folder))?;
    Ok(compliance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_as_their_rules_say() {
        assert_eq!(annex("27001: A.5.12").as_deref(), Some("A.5.12"));
        assert_eq!(annex("27002: 5.12"), None);
        assert_eq!(article("article_32").as_deref(), Some("32"));
        assert_eq!(subcategory("PR.AA-05").as_deref(), Some("PR.AA-05"));
        assert_eq!(subcategory("PR.AC-1"), None);
        assert_eq!(three_numbers("1.2.5.11").as_deref(), Some("1.2.5"));
        assert_eq!(three_numbers("A1.1.2.3").as_deref(), Some("A1.1.2"));
        assert_eq!(three_numbers("3.6"), None);
        assert_eq!(criterion("CC6.1-POF1 x").as_deref(), Some("CC6.1"));
        assert_eq!(criterion("The CC6.1"), None);
    }
}
