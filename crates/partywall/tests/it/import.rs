//! Findings of another scanner, by the program itself.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use crate::program::{Partywall, Ran};

const HEAD: &str = "CHECK_ID;CHECK_TITLE;STATUS;STATUS_EXTENDED;MUTED;SEVERITY;ACCOUNT_UID;REGION;RESOURCE_UID;\
                    RESOURCE_NAME;PROVIDER;TIMESTAMP;PROWLER_VERSION";

/// An assessment of one imported finding alone.
fn assess(status: &str) -> Ran {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("findings.csv");
    let row = format!(
        "s3_bucket_public_access;Buckets are shut;{status};the bucket;False;critical;111122223333;eu-west-1;\
         arn:aws:s3:::harbour;harbour;aws;2026-11-01 10:00:00;5.46.0"
    );
    fs::write(&file, format!("{HEAD}\n{row}\n")).unwrap();
    Partywall::new(&["assess", "--import", file.to_str().unwrap(), "--no-store", "--format", "json"]).run()
}

#[test]
fn a_clean_import_alone_is_incomplete_and_never_fine() {
    let ran = assess("PASS");
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["incomplete"]["is"], true, "{}", report["incomplete"]);
    let problems = report["problems"].to_string();
    assert!(problems.contains("1 assets are known from imported findings alone"), "{problems}");
}

#[test]
fn an_imported_failure_is_a_finding() {
    let ran = assess("FAIL");
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let failing = report["findings"].as_array().unwrap().iter().filter(|one| one["verdict"] == "fail");
    assert_eq!(failing.count(), 1);
}
