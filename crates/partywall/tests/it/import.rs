//! Findings of another scanner, by the program itself.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use crate::emulator::repository;
use crate::program::{Partywall, Ran};

const HEAD: &str = "CHECK_ID;CHECK_TITLE;STATUS;STATUS_EXTENDED;MUTED;SEVERITY;ACCOUNT_UID;REGION;RESOURCE_UID;\
                    RESOURCE_NAME;PROVIDER;TIMESTAMP;PROWLER_VERSION";

/// What a check of theirs says of a resource.
fn row(check: &str, status: &str, severity: &str, resource: &str) -> String {
    format!(
        "{check};Title;{status};told;False;{severity};111122223333;eu-west-1;{resource};name;aws;\
         2026-11-01 10:00:00;5.46.0\n"
    )
}

/// An assessment of imported rows, with further arguments.
fn import(rows: &[String], more: &[&str]) -> (Ran, Value) {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("findings.csv");
    fs::write(&file, format!("{HEAD}\n{}", rows.concat())).unwrap();
    let arguments = ["assess", "--import", file.to_str().unwrap(), "--no-store", "--format", "json"];
    let ran = Partywall::new(&[&arguments, more].concat()).run();
    let report = serde_json::from_str(&ran.stdout).unwrap_or_default();
    (ran, report)
}

/// The same of one finding about a bucket.
fn assess(status: &str) -> (Ran, Value) {
    import(&[row("s3_bucket_public_access", status, "critical", "arn:aws:s3:::harbour")], &[])
}

#[test]
fn a_clean_import_alone_is_incomplete_and_never_fine() {
    let (ran, report) = assess("PASS");
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert_eq!(report["incomplete"]["is"], true, "{}", report["incomplete"]);
    let problems = report["problems"].to_string();
    assert!(problems.contains("1 assets are known from imported findings alone"), "{problems}");
}

#[test]
fn an_imported_failure_is_a_finding() {
    let (ran, report) = assess("FAIL");
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    let failing = report["findings"].as_array().unwrap().iter().filter(|one| one["verdict"] == "fail");
    assert_eq!(failing.count(), 1);
}

const BOB: &str = "arn:aws:iam::111122223333:user/bob";

#[test]
fn an_imported_pass_alone_holds_no_control() {
    let (_, report) = import(&[row("iam_user_mfa_enabled_console_access", "PASS", "high", BOB)], &[]);
    let controls = report["controls"].as_array().unwrap();
    let control = controls.iter().find(|control| control["id"] == "platform.secure-api-access").unwrap();
    assert_eq!(control["hi"], 1.0, "{control}");
    assert!(
        control["lo"].as_f64().unwrap() < 0.5 && control["coverage"].as_f64().unwrap() < 0.5,
        "{control}"
    );
    // Ours are not seen, and are not listed: nobody looked.
    assert_eq!(report["findings"].as_array().unwrap().len(), 1);
}

#[test]
fn what_a_severity_hides_of_an_import_is_counted() {
    let rows = [
        row("iam_user_mfa_enabled_console_access", "FAIL", "high", BOB),
        row("s3_bucket_public_access", "FAIL", "low", "arn:aws:s3:::harbour"),
    ];
    let (_, report) = import(&rows, &["--severity", "high"]);
    assert_eq!(report["findings"].as_array().unwrap().len(), 1);
    assert_eq!(report["summary"]["filtered"]["verdicts_not_listed"], 1, "{}", report["summary"]["filtered"]);
    assert_eq!(report["summary"]["filtered"]["verdicts_left_out"], 0, "{}", report["summary"]["filtered"]);
}

#[test]
fn a_finding_that_is_still_to_come_is_refused_with_its_row() {
    let rows = [row("s3_bucket_public_access", "PASS", "low", BOB).replace("2026-", "2999-")];
    let (ran, _) = import(&rows, &[]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("row 1: the finding is dated 2999-11-01"), "{}", ran.stderr);
}

#[test]
fn an_import_changes_no_verdict_of_ours() {
    let production = repository().join("examples/bank/production");
    let production = production.to_str().unwrap();
    let own = |more: &[&str]| -> Vec<String> {
        let ran = Partywall::new(
            &[&["assess", production, "--no-store", "--format", "json", "--now", "2026-11-02"], more]
                .concat(),
        )
        .run();
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        let findings = report["findings"].as_array().unwrap().iter();
        let own = findings.filter(|finding| finding["source"].is_null());
        own.map(|one| format!("{} {} {}", one["check"], one["asset"], one["verdict"])).collect()
    };
    let before = own(&[]);
    let account = before.iter().find_map(|one| one.split("arn:aws:iam::").nth(1)?.get(..12)).unwrap();
    let gone = |resource: &str| {
        let arn = format!("arn:aws:ec2:eu-west-1:{account}:{resource}/gone");
        row("ec2_ebs_volume_encryption", "PASS", "low", &arn).replace("111122223333", account)
    };
    let rows =
        ["security-group", "network-interface", "subnet", "network-acl", "instance", "vpc", "snapshot"]
            .map(gone);
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("findings.csv");
    fs::write(&file, format!("{HEAD}\n{}", rows.concat())).unwrap();
    assert_eq!(own(&["--import", file.to_str().unwrap()]), before);
}
