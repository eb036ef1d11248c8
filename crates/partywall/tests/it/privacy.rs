//! Stores of personal data, in code and in the recorded cloud of the example.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use crate::emulator::repository;
use crate::program::Partywall;

const STORES: &str = r#"provider "aws" {
  region = "us-east-1"
}

resource "aws_s3_bucket" "applications" {
  bucket = "harbour-applications"
  tags   = { data-classification = "personal", owner = "people", purpose = "TBD" }
}

resource "aws_dynamodb_table" "payroll" {
  name = "payroll"
  tags = { Data-Owner = "people", purpose = "wages", retention = "10y" }
}

resource "aws_s3_bucket" "personalisation" {
  bucket = "harbour-personalisation-models"
}
"#;

/// Check and address of what fails under the control.
fn failing(folder: &TempDir) -> Vec<(String, String)> {
    let path = folder.path().to_str().unwrap();
    let ran = Partywall::new(&[
        "gate",
        path,
        "--format",
        "json",
        "--control",
        "org.privacy-by-design",
        "--now",
        "2026-11-24",
    ])
    .within(folder.path())
    .run();
    let said: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
    let findings = said["findings"].as_array().unwrap().iter().filter(|one| one["state"] == "fail");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut told: Vec<_> =
        findings.map(|one| (text(&one["asset"]["address"]), text(&one["check"]))).collect();
    told.sort();
    told
}

#[test]
fn a_store_in_code_says_what_has_to_be_known_of_it() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("main.tf"), STORES).unwrap();
    let bucket = |check: &str| ("aws_s3_bucket.applications".to_owned(), check.to_owned());
    let retention = bucket("personal-data-bucket-without-retention");
    let purpose = bucket("personal-data-store-without-purpose");
    assert_eq!(failing(&folder), [retention.clone(), purpose.clone()]);

    fs::write(folder.path().join("partywall.yaml"), "personal_data: { regions: [eu-west-1] }\n").unwrap();
    let outside = "personal-data-store-outside-region";
    let table = ("aws_dynamodb_table.payroll".to_owned(), outside.to_owned());
    assert_eq!(failing(&folder), [table, retention, bucket(outside), purpose]);
}

#[test]
fn a_store_in_the_cloud_is_held_to_the_same() {
    let folder = TempDir::new().unwrap();
    let settings = folder.path().join("partywall.yaml");
    fs::write(&settings, "personal_data: { names: [customer], tags: {}, regions: [eu-west-1] }\n").unwrap();
    let bank = repository().join("examples/bank");
    let ran = Partywall::new(&[
        "assess",
        bank.to_str().unwrap(),
        "--config",
        settings.to_str().unwrap(),
        "--format",
        "json",
        "--control",
        "org.privacy-by-design",
    ])
    .run();
    let said: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
    let of_store = |one: &&Value| one["asset"] == "arn:aws:s3:::lanternbridge-customer-documents";
    let mut told: Vec<(&str, &str)> = said["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(of_store)
        .map(|one| (one["check"].as_str().unwrap(), one["verdict"].as_str().unwrap()))
        .filter(|(check, _)| check.starts_with("personal-data-"))
        .collect();
    told.sort_unstable();
    assert_eq!(
        told[1..],
        [
            ("personal-data-store-outside-region", "pass"),
            ("personal-data-store-without-owner", "pass"),
            ("personal-data-store-without-purpose", "fail"),
        ]
    );
}
