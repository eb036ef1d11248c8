//! Code against the recorded cloud of the example, by the program itself.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use tempfile::TempDir;

use crate::emulator::repository;
use crate::program::{Partywall, Ran};

/// Of four buckets of the bank: what the cloud has wrong is mended here, what is mended there is wrong here, wrong in
/// both; and one that no name tells.
pub(crate) const TERRAFORM: &str = r#"resource "aws_s3_bucket" "images" {
  bucket = "lanternbridge-atm-images"
}

resource "aws_s3_bucket_public_access_block" "images" {
  bucket                  = aws_s3_bucket.images.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket" "rota" {
  bucket = "lanternbridge-branch-rota"
}

resource "aws_s3_bucket_policy" "rota" {
  bucket = aws_s3_bucket.rota.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = "*", Action = "s3:GetObject", Resource = "arn:aws:s3:::lanternbridge-branch-rota/*" }]
  })
}

resource "aws_s3_bucket" "feed" {
  bucket = "lanternbridge-price-feed"
}

resource "aws_s3_bucket_policy" "feed" {
  bucket = aws_s3_bucket.feed.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = "*", Action = "s3:GetObject", Resource = "arn:aws:s3:::lanternbridge-price-feed/*" }]
  })
}

resource "aws_s3_bucket" "made_up" {}

resource "aws_s3_bucket" "coming" {
  bucket = "lanternbridge-not-there-yet"
}

variable "policy" {}

resource "aws_s3_bucket" "press" {
  bucket = "lanternbridge-press-kit"
}

resource "aws_s3_bucket_policy" "press" {
  bucket = aws_s3_bucket.press.id
  policy = var.policy
}
"#;

/// One of them with the mistake that it has in the cloud, as a template.
const TEMPLATE: &str = r#"AWSTemplateFormatVersion: "2010-09-09"
Resources:
  Feed:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: lanternbridge-price-feed
  FeedPolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Feed
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - { Effect: Allow, Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::lanternbridge-price-feed/*" }
"#;

fn bank() -> PathBuf {
    repository().join("examples/bank")
}

fn code(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn against_the_bank(folder: &TempDir, more: &[&str]) -> Ran {
    let (path, cloud) = (folder.path().to_str().unwrap(), bank());
    let settings = cloud.join("partywall.yaml");
    let fixed = ["gate", path, "--cloud", cloud.to_str().unwrap(), "--now", "2026-11-24"];
    Partywall::new(&[fixed.as_slice(), &["--config", settings.to_str().unwrap()], more].concat()).run()
}

fn drift(folder: &TempDir, more: &[&str]) -> (Ran, Value) {
    let ran = against_the_bank(folder, &[&["--format", "json"], more].concat());
    let said: Value = serde_json::from_str(&ran.stdout).unwrap_or_default();
    (ran, said["drift"].clone())
}

/// Of a check: the state of each address.
fn states<'v>(drift: &'v Value, check: &str) -> Vec<(&'v str, &'v str)> {
    let verdicts = drift["verdicts"].as_array().unwrap().iter().filter(|verdict| verdict["check"] == check);
    verdicts
        .map(|verdict| (verdict["address"].as_str().unwrap(), verdict["state"].as_str().unwrap()))
        .collect()
}

#[test]
fn each_side_that_has_mended_something_is_told_apart() {
    let (ran, drift) = drift(&code(&[("main.tf", TERRAFORM)]), &[]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert_eq!(
        states(&drift, "s3-bucket-public"),
        [
            ("aws_s3_bucket.rota", "reverted"),
            ("aws_s3_bucket.images", "pending"),
            ("aws_s3_bucket.feed", "both"),
            ("aws_s3_bucket.press", "unknown"),
        ]
    );
    let verdicts = drift["verdicts"].as_array().unwrap();
    let open = verdicts
        .iter()
        .find(|one| one["address"] == "aws_s3_bucket.press" && one["check"] == "s3-bucket-public")
        .unwrap();
    assert_eq!((&open["code"], &open["cloud"]), (&Value::from("unknown"), &Value::from("fail")));
    assert!(open["because"].to_string().contains("`var.policy` has no value"), "{}", open["because"]);
    assert_eq!(drift["counts"]["joined"], 4, "{}", drift["counts"]);
}

#[test]
fn what_cannot_be_joined_says_why() {
    let (_, drift) = drift(&code(&[("main.tf", TERRAFORM)]), &[]);
    let orphans = drift["not_joined"].as_array().unwrap().iter();
    let told: Vec<_> =
        orphans.map(|one| (one["address"].as_str().unwrap(), one["reason"].as_str().unwrap())).collect();
    assert_eq!(told, [("aws_s3_bucket.made_up", "unnamed"), ("aws_s3_bucket.coming", "new")]);
}

#[test]
fn what_no_code_declares_is_listed_by_kind_with_the_worst_first() {
    let (_, drift) = drift(&code(&[("main.tf", TERRAFORM)]), &[]);
    let kinds = drift["not_in_code"].as_array().unwrap();
    assert_eq!(kinds.len(), 1, "only kinds that the code manages");
    let buckets = &kinds[0];
    assert_eq!((&buckets["kind"], &buckets["not_joined"]), (&"AWS::S3::Bucket".into(), &2.into()));
    let strays = buckets["resources"].as_array().unwrap();
    assert_eq!(buckets["count"], strays.len());
    assert_eq!(strays[0]["worst"], "critical", "{}", strays[0]);
    assert!(strays.iter().all(|one| one["account"] == "222233334444"), "the accounts that the code reaches");
    let joined = ["lanternbridge-atm-images", "lanternbridge-branch-rota", "lanternbridge-price-feed"];
    assert!(strays.iter().all(|one| !joined.contains(&one["name"].as_str().unwrap())));
}

#[test]
fn a_repair_that_the_code_takes_back_fails_though_a_baseline_knows_the_failure() {
    let folder = code(&[("main.tf", TERRAFORM)]);
    let baseline = folder.path().join("baseline.json");
    let path = folder.path().to_str().unwrap();
    let known = ["gate", path, "--format", "json", "-o", baseline.to_str().unwrap()];
    assert_eq!(Partywall::new(&known).run().code, 1);
    let baseline = ["--baseline", baseline.to_str().unwrap(), "--check", "s3-bucket-public"];
    let without = Partywall::new(&[["gate", path].as_slice(), &baseline].concat()).run();
    assert_eq!(without.code, 3, "the undecided policy: {}", without.stdout);
    let (ran, said) = drift(&folder, &baseline);
    assert_eq!(ran.code, 1, "{}", said["counts"]);
    let accepted = TERRAFORM.replace(
        "resource \"aws_s3_bucket\" \"rota\"",
        "# partywall:allow s3-bucket-public reason=\"the rota is public\" owner=branches until=2027-01-31\nresource \"aws_s3_bucket\" \"rota\"",
    );
    fs::write(folder.path().join("main.tf"), accepted).unwrap();
    let (ran, said) = drift(&folder, &baseline);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    let taken_back =
        said["verdicts"].as_array().unwrap().iter().find(|one| one["state"] == "reverted").unwrap();
    assert_eq!(taken_back["accepted"], true);
}

#[test]
fn one_bucket_is_one_resource_in_terraform_in_a_template_and_in_the_cloud() {
    let folder = code(&[("a/main.tf", TERRAFORM), ("b/template.yaml", TEMPLATE)]);
    let ran = against_the_bank(&folder, &["--format", "json"]);
    let said: Value = serde_json::from_str(&ran.stdout).unwrap();
    let id = "arn:aws:s3:::lanternbridge-price-feed";
    let resources = said["drift"]["resources"].as_array().unwrap();
    let resource: Vec<&Value> = resources.iter().filter(|one| one["asset"]["id"] == id).collect();
    assert_eq!(resource.len(), 1);
    let declared = resource[0]["declarations"].as_array().unwrap();
    let addresses: Vec<&str> = declared.iter().map(|one| one["address"].as_str().unwrap()).collect();
    assert_eq!(addresses, ["aws_s3_bucket.feed", "Feed"]);

    let of_bucket = |one: &&Value| one["check"] == "s3-bucket-public" && one["asset"] == id;
    let verdicts: Vec<&Value> =
        said["drift"]["verdicts"].as_array().unwrap().iter().filter(of_bucket).collect();
    assert_eq!(verdicts.len(), 2);
    assert!(verdicts.iter().all(|one| one["state"] == "both"));
    for print in ["code_fingerprint", "cloud_fingerprint"] {
        assert_eq!(verdicts[0][print], verdicts[1][print], "{print}");
    }
    let in_code = |one: &&Value| one["check"] == "s3-bucket-public" && one["asset"]["id"] == id;
    let findings: Vec<&Value> = said["findings"].as_array().unwrap().iter().filter(in_code).collect();
    assert_eq!(findings.len(), 2);
    assert!(findings.iter().all(|one| one["fingerprint"] == verdicts[0]["code_fingerprint"]));

    let cloud = bank();
    let assessed = Partywall::new(&[
        "assess",
        cloud.to_str().unwrap(),
        "--config",
        cloud.join("partywall.yaml").to_str().unwrap(),
        "--format",
        "json",
        "--check",
        "s3-bucket-public",
    ])
    .run();
    let assessed: Value = serde_json::from_str(&assessed.stdout).unwrap();
    let in_cloud = assessed["findings"].as_array().unwrap().iter();
    let failing: Vec<&Value> =
        in_cloud.filter(|one| one["asset"] == id && one["verdict"] == "fail").collect();
    assert_eq!(failing.len(), 1);
    assert_eq!(failing[0]["fingerprint"], verdicts[0]["cloud_fingerprint"]);
}

#[test]
fn properties_that_differ_are_in_the_json_form() {
    let (_, drift) = drift(&code(&[("main.tf", TERRAFORM)]), &[]);
    let of_rota =
        drift["properties"].as_array().unwrap().iter().filter(|one| one["address"] == "aws_s3_bucket.rota");
    let told: Vec<(&str, &Value, &Value)> =
        of_rota.map(|one| (one["path"].as_str().unwrap(), &one["code"], &one["cloud"])).collect();
    let versioning = told.iter().find(|(path, _, _)| *path == "VersioningConfiguration.Status").unwrap();
    assert_eq!((versioning.1, versioning.2), (&Value::from(""), &Value::from("Enabled")));
    assert!(
        told.iter()
            .all(|(path, _, _)| !path.starts_with("Observed.Acl") && *path != "BucketName" && *path != "Arn"),
        "{told:?}"
    );
}

#[test]
fn people_read_the_dangerous_part_first() {
    let folder = code(&[("main.tf", TERRAFORM)]);
    let ran = against_the_bank(&folder, &["--check", "s3-bucket-public"]);
    let at = |words: &str| ran.stdout.find(words).unwrap_or_else(|| panic!("`{words}` in {}", ran.stdout));
    let back = at("Fixed by hand in the cloud, and this code takes it back");
    assert!(back < at("Fixed in code, not in the cloud yet"));
    assert!(at("aws_s3_bucket.rota ↔ arn:aws:s3:::lanternbridge-branch-rota") > back);
    assert!(
        at("not compared: 1 declaration without a name of its own in the code: aws_s3_bucket.made_up") > back
    );
    let review = against_the_bank(&folder, &["--check", "s3-bucket-public", "--format", "markdown"]);
    assert!(review.stdout.contains("### Against the cloud"), "{}", review.stdout);
    assert!(review.stdout.contains("`arn:aws:s3:::lanternbridge-branch-rota`"), "{}", review.stdout);
}

#[test]
fn a_folder_without_evidence_is_refused() {
    let folder = code(&[("main.tf", TERRAFORM)]);
    let path = folder.path().to_str().unwrap();
    let ran = Partywall::new(&["gate", path, "--cloud", path]).run();
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains(path), "{}", ran.stderr);
}
