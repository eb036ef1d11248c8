//! `gate --fix`: what is safe is mended in place, shown, and not done twice.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::program::{Partywall, Ran};

const HCL: &str = "# keys of the shop\nresource \"aws_kms_key\" \"shop\" {\n  description = \"shop\" # why\n}\n\nresource \"aws_dynamodb_table\" \"orders\" {\n  name     = \"orders\"\n  hash_key = \"id\"\n  point_in_time_recovery {\n    enabled = false\n  }\n}\n\nresource \"aws_ecr_repository\" \"shop\" {\n  name = \"shop\"\n}\n";

const YAML: &str = "Resources:\n  # é\n  Trail:\n    Type: AWS::CloudTrail::Trail\n    Properties:\n      TrailName: all # ours\n      IsLogging: true\n      S3BucketName: logs\n  Queue:\n    Type: AWS::SQS::Queue\n    Properties: { QueueName: q, SqsManagedSseEnabled: false }\n";

const JSON: &str = "{\n  \"Resources\": {\n    \"Key\": {\n      \"Type\": \"AWS::KMS::Key\",\n      \"Properties\": {\n        \"Description\": \"k\"\n      }\n    }\n  }\n}\n";

const CHECKS: &str = "kms-key-rotation-off,dynamodb-table-recovery-off,ecr-images-unscanned,cloudtrail-trail-validation-off,sqs-queue-unencrypted";

fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, text) in [("main.tf", HCL), ("trail.yaml", YAML), ("key.json", JSON)] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn gate(folder: &Path, more: &[&str]) -> Ran {
    let path = folder.to_str().unwrap();
    let gate = ["gate", path, "--now", "2026-11-24", "--check", CHECKS, "--fail-on", "low"];
    Partywall::new(&[&gate[..], more].concat()).run()
}

fn text(folder: &TempDir, name: &str) -> String {
    fs::read_to_string(folder.path().join(name)).unwrap()
}

#[test]
fn what_is_safe_is_mended_in_every_language_and_the_gate_shows_it() {
    let folder = folder();
    assert_eq!(gate(folder.path(), &[]).code, 1);
    let ran = gate(folder.path(), &["--fix"]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains("6 failures mended"), "{}", ran.stderr);
    for part in
        ["+  enable_key_rotation = true", "-    enabled = false", "+    enabled = true", "nothing found"]
    {
        assert!(ran.stdout.contains(part), "{part}: {}", ran.stdout);
    }
    let hcl = HCL
        .replace("# why\n", "# why\n\n  enable_key_rotation = true\n")
        .replace("enabled = false", "enabled = true")
        .replace(
            "name = \"shop\"\n",
            "name = \"shop\"\n\n  image_scanning_configuration {\n    scan_on_push = true\n  }\n",
        );
    assert_eq!(text(&folder, "main.tf"), hcl);
    let yaml = YAML
        .replace("# ours\n", "# ours\n      EnableLogFileValidation: true\n")
        .replace("SqsManagedSseEnabled: false", "SqsManagedSseEnabled: true");
    assert_eq!(text(&folder, "trail.yaml"), yaml);
    let json =
        JSON.replace("        \"Description", "        \"EnableKeyRotation\": true,\n        \"Description");
    assert_eq!(text(&folder, "key.json"), json);
    let again = gate(folder.path(), &["--fix"]);
    assert_eq!(again.code, 0);
    assert!(again.stderr.contains("0 failures mended"), "{}", again.stderr);
    assert_eq!(text(&folder, "main.tf"), hcl);
}

#[test]
fn a_dry_run_shows_the_same_patch_and_changes_nothing() {
    let folder = folder();
    let shown = gate(folder.path(), &["--fix", "--dry-run", "--format", "json"]);
    assert_eq!(shown.code, 1);
    let said: Value = serde_json::from_str(&shown.stdout).unwrap();
    assert_eq!(said["counts"]["fail"], 6, "{}", said["counts"]);
    assert!(shown.stderr.contains("6 failures would be mended"), "{}", shown.stderr);
    for (name, before) in [("main.tf", HCL), ("trail.yaml", YAML), ("key.json", JSON)] {
        assert_eq!(text(&folder, name), before);
    }
    let fixed = gate(folder.path(), &["--fix", "--format", "json"]);
    let patch = |ran: &Ran| ran.stderr.split("--fix:").next().unwrap().to_owned();
    assert!(patch(&shown).contains("@@ -"));
    assert_eq!(patch(&shown), patch(&fixed));
}

#[test]
fn what_is_accepted_known_or_computed_is_left_alone_and_the_rest_says_why() {
    let folder = TempDir::new().unwrap();
    let code = "# partywall:allow kms-key-rotation-off reason=\"r\" owner=o until=2027-01-01\nresource \"aws_kms_key\" \"a\" {\n}\n\nlocals {\n  on = false\n}\n\nresource \"aws_kms_key\" \"b\" {\n  enable_key_rotation = local.on\n}\n";
    fs::write(folder.path().join("main.tf"), code).unwrap();
    let ran = gate(folder.path(), &["--fix"]);
    assert_eq!(ran.code, 1);
    assert_eq!(text(&folder, "main.tf"), code);
    assert!(
        ran.stderr.contains("not mended in aws_kms_key.b: `enable_key_rotation` is computed"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_block_with_several_instances_is_mended_once() {
    let folder = TempDir::new().unwrap();
    let code = "resource \"aws_kms_key\" \"a\" {\n  count = 3\n}\n";
    fs::write(folder.path().join("main.tf"), code).unwrap();
    let ran = gate(folder.path(), &["--fix"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(text(&folder, "main.tf"), code.replace("3\n", "3\n\n  enable_key_rotation = true\n"));
}
