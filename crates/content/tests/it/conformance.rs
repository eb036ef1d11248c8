//! The NIST framework file against the catalogue that NIST publishes, where the folder of corpora is there.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use partywall_content::load::{self, Content, Files};
use partywall_content::{Catalog, Framework};

/// How the name of the catalogue ends.
const CATALOGUE: &str = ".oscal.json.gz";

/// None where the corpora are not here; `cargo xtask test conformance` says so.
fn catalogue() -> Option<Vec<u8>> {
    let folder = PathBuf::from(std::env::var_os("PARTYWALL_CORPORA")?);
    let files = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let path = files.filter(|path| path.to_string_lossy().ends_with(CATALOGUE)).min().unwrap();
    let unpacked = Command::new("gzip").arg("-dc").arg(&path).output().unwrap();
    assert!(unpacked.status.success(), "{}: {}", path.display(), String::from_utf8_lossy(&unpacked.stderr));
    Some(unpacked.stdout)
}

fn framework() -> Framework {
    let mut files = Files::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content")).unwrap();
    files.0.retain(|path, _| path.starts_with("ssrm/") || path == "frameworks/nist-800-53r5.yaml");
    let loaded = load::load(&files, Content::default());
    loaded.content.framework("nist-800-53r5").unwrap().clone()
}

/// Every control and enhancement of a catalogue, as people write it.
fn ids(value: &serde_json::Value, found: &mut BTreeSet<String>) {
    for control in value["controls"].as_array().into_iter().flatten() {
        let id = control["id"].as_str().unwrap().to_uppercase();
        let written = id.split_once('.').map(|(base, number)| format!("{base}({number})"));
        found.insert(written.unwrap_or(id));
        ids(control, found);
    }
    for group in value["groups"].as_array().into_iter().flatten() {
        ids(group, found);
    }
}

#[test]
fn conformance_nist_ids_are_those_of_the_moderate_baseline() {
    let Some(bytes) = catalogue() else {
        eprintln!("not run: no corpora");
        return;
    };
    let mut published = BTreeSet::new();
    let catalogue: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    ids(&catalogue["catalog"], &mut published);
    let framework = framework();
    let ours: BTreeSet<String> =
        framework.requirements.iter().map(|requirement| requirement.id.to_string()).collect();
    let verified = ours.intersection(&published).count();
    println!("nist-800-53r5: {} ids, {verified} verified, of {}", ours.len(), published.len());
    assert_eq!(ours, published);
}

#[test]
fn conformance_the_catalogue_has_a_title_and_a_statement_for_each_id() {
    let Some(bytes) = catalogue() else {
        eprintln!("not run: no corpora");
        return;
    };
    let catalogue = Catalog::read(&bytes).unwrap();
    for requirement in &framework().requirements {
        let told = catalogue.control(&requirement.id).unwrap();
        assert!(!told.title.is_empty() && !told.text.is_empty(), "{}", requirement.id);
        assert!(!told.text.contains("{{"), "{}", told.text);
    }
}
