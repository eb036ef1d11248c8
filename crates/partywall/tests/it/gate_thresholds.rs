//! Which failures stop a delivery: by severity, control and stage, and by how much is undecided.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use crate::program::{Partywall, Ran};

/// A key that is never rotated: low, data encryption, extract-and-exfiltrate. And one of which nobody knows.
const KEYS: &str = "variable \"on\" {}\nresource \"aws_kms_key\" \"a\" {\n}\nresource \"aws_kms_key\" \"b\" {\n  enable_key_rotation = var.on\n}\n";

fn run(settings: &str, more: &[&str]) -> Ran {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("main.tf"), KEYS).unwrap();
    let config = folder.path().join("partywall.yaml");
    fs::write(&config, settings).unwrap();
    let paths = [folder.path().to_str().unwrap(), "--config", config.to_str().unwrap()];
    let gate = ["gate", "--now", "2026-11-24", "--check", "kms-key-rotation-off"];
    Partywall::new(&[&gate[..], &paths, more].concat()).run()
}

#[test]
fn rules_of_the_settings_count_before_the_command_line_and_that_before_the_rest_of_them() {
    let data = "gate: { rules: [{ controls: [platform.data-encryption], fail_on: low }] }\n";
    let never = "gate: { fail_on: low, rules: [{ stages: [extract-and-exfiltrate], fail_on: never }] }\n";
    for (settings, more, code) in [
        ("", &[][..], 3),
        ("", &["--fail-on", "low"], 1),
        ("gate: { fail_on: low }\n", &[], 1),
        ("gate: { fail_on: low }\n", &["--fail-on", "medium"], 3),
        (data, &[], 1),
        (data, &["--fail-on", "critical"], 1),
        (never, &[], 3),
        (never, &["--fail-on", "info"], 3),
        ("gate: { rules: [{ controls: [hosts], fail_on: low }] }\n", &[], 3),
    ] {
        let ran = run(settings, more);
        assert_eq!(ran.code, code, "{settings} {more:?}: {}{}", ran.stdout, ran.stderr);
    }
}

#[test]
fn the_answer_says_which_failures_decide() {
    let decides = |settings: &str| {
        let said: Value = serde_json::from_str(&run(settings, &["--format", "json"]).stdout).unwrap();
        let findings = said["findings"].as_array().unwrap().clone();
        findings.iter().map(|one| one["decides"].as_bool().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(decides("gate: { fail_on: low }\n"), [true, false]);
    assert_eq!(decides(""), [false, false]);
}

#[test]
fn more_undecided_decisions_than_may_be_stop_a_delivery() {
    for (settings, more, code) in [
        ("gate: { max_unknown: 0 }\n", &[][..], 1),
        ("gate: { max_unknown: 1 }\n", &[], 3),
        ("gate: { max_unknown: 1 }\n", &["--max-unknown", "0"], 1),
        ("", &["--max-unknown", "0"], 1),
    ] {
        let ran = run(settings, more);
        assert_eq!(ran.code, code, "{settings} {more:?}: {}", ran.stderr);
    }
}

#[test]
fn a_rule_about_nothing_is_refused_with_its_line() {
    let ran = run("gate:\n  rules:\n    - { fail_on: low }\n", &[]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("partywall.yaml:3") && ran.stderr.contains("`controls`"), "{}", ran.stderr);
}
