//! Frameworks: verdicts with denominators, the user's catalogue, and what is refused.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use crate::emulator::repository;
use crate::program::{Partywall, Ran};

fn assess(more: &[&str]) -> Ran {
    let bank = repository().join("examples/bank");
    let fixed = ["assess", bank.to_str().unwrap(), "--no-store", "--no-html"];
    Partywall::new(&[&fixed, more].concat()).run()
}

fn framework(id: &str, more: &[&str]) -> Value {
    let ran = assess(&[&["--format", "json", "--framework", id], more].concat());
    let report: Value =
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.stderr));
    report["frameworks"][0].clone()
}

fn requirement<'v>(framework: &'v Value, id: &str) -> &'v Value {
    framework["requirements"].as_array().unwrap().iter().find(|one| one["id"] == id).unwrap()
}

fn not_seen(requirement: &Value) -> u64 {
    let counts = &requirement["verdicts"];
    ["fail", "exempt", "unknown", "stale", "unanswered"]
        .iter()
        .map(|word| counts[word].as_u64().unwrap())
        .sum()
}

#[test]
fn what_is_met_has_a_denominator_and_nothing_unseen() {
    for id in ["cis-aws-7.0", "nist-800-53r5", "soc2"] {
        let framework = framework(id, &[]);
        for one in framework["requirements"].as_array().unwrap() {
            let verdict = one["verdict"].as_str().unwrap();
            if matches!(verdict, "met" | "partly") {
                assert!(one["verdicts"]["pass"].as_u64().unwrap() > 0 && not_seen(one) == 0, "{one}");
                assert_eq!(one["unlisted"].as_array().unwrap().len(), 0, "{one}");
            }
            assert!(verdict != "met" || one["strength"] == "full", "{one}");
        }
    }
}

#[test]
fn a_check_that_a_filter_leaves_out_takes_met_away() {
    let all = framework("cis-aws-7.0", &[]);
    let met = all["requirements"].as_array().unwrap().iter().find(|one| one["verdict"] == "met").unwrap();
    let (id, check) = (met["id"].as_str().unwrap(), met["checks"][0].as_str().unwrap());
    let without = framework("cis-aws-7.0", &["--exclude", check]);
    assert_eq!(requirement(&without, id)["verdict"], "unknown");
}

#[test]
fn what_the_provider_holds_is_inherited_and_no_evidence_is_not_met() {
    let framework = framework("nist-800-53r5", &[]);
    let staff = requirement(&framework, "PS-7");
    assert_eq!(staff["verdict"], "inherited");
    assert_eq!(staff["inherited"][0]["provider"], "aws");
    // Managed machines could not be listed: some may stand in a room of the bank's own.
    let doors = requirement(&framework, "PE-3");
    assert_eq!(doors["verdict"], "unknown");
    assert_eq!(doors["inherited"][0]["provider"], "aws");
    assert!(doors["undecided"].as_u64().unwrap() > 0, "{doors}");
    assert_eq!(requirement(&framework, "AC-1")["verdict"], "no-evidence");
}

#[test]
fn a_catalogue_of_the_users_stands_beside_the_ids() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("catalogue.json");
    let text = r#"{ "catalog": { "controls": [ { "id": "pe-3", "title": "Doors\u001b[31m", "parts": [
        { "name": "statement", "prose": "Doors are shut." } ] } ] } }"#;
    fs::write(&path, text).unwrap();
    let more = ["--framework", "nist-800-53r5", "--catalog", path.to_str().unwrap()];
    let told = assess(&more).stdout;
    assert!(told.contains("Doors are shut."), "{told}");
    assert!(!told.contains('\u{1b}'), "a catalogue steers no terminal");
    fs::write(&path, r#"{ "catalog": { "controls": [ { "id": "xx-1" } ] } }"#).unwrap();
    let ran = assess(&more);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("it has ids like `xx-1`, and none like `AC-1` of nist-800-53r5"),
        "{}",
        ran.stderr
    );
    fs::write(&path, "{}").unwrap();
    let ran = assess(&more);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("no OSCAL catalogue"), "{}", ran.stderr);
}

#[test]
fn what_is_no_framework_is_refused_with_those_that_there_are() {
    let ran = assess(&["--framework", "nist"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("there is no framework `nist`; there are cis-aws-7.0, "), "{}", ran.stderr);
    let ran = assess(&["--framework", "gdpr", "--format", "sarif"]);
    assert_eq!(ran.code, 2);
}

#[test]
fn the_list_is_the_same_by_both_ways() {
    let list = Partywall::new(&["frameworks"]).run();
    assert_eq!((list.code, assess(&["--framework", "list"]).stdout), (0, list.stdout));
}

#[test]
fn a_folder_of_the_users_adds_a_framework() {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("frameworks")).unwrap();
    let text = "framework: house\ntitle: House\nversion: \"1\"\npublisher: us\nurl: https://example.com\n\
                requirements:\n  H-1: { controls: [platform.provider-role-based-access], strength: part }\n";
    fs::write(folder.path().join("frameworks/house.yaml"), text).unwrap();
    let house = framework("house", &["--content", folder.path().to_str().unwrap()]);
    assert_eq!(requirement(&house, "H-1")["verdict"], "inherited");
}
