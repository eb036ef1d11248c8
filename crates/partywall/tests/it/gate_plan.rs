//! Plans of Terraform at the gate, by the program itself.

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::program::{Partywall, Ran};

/// A bucket that anyone may read, with a block that does not block, and one in a module.
const CODE: &str = r#"variable "stage" {}

locals {
  site = aws_s3_bucket.site.id
}

resource "aws_s3_bucket" "site" {
  bucket = "harbour-${var.stage}"
}

resource "aws_s3_bucket_policy" "site" {
  bucket = local.site
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = "*", Action = "s3:GetObject", Resource = "${aws_s3_bucket.site.arn}/*" }]
  })
}

module "logs" {
  source   = "./store"
  for_each = toset(["a.b"])
  name     = "harbour-logs"
}
"#;
const STORE: &str = r#"variable "name" {}

resource "aws_s3_bucket" "this" {
  bucket = var.name
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket                  = aws_s3_bucket.this.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = false
}
"#;

/// What Terraform says of [`CODE`], as it is made for the first time.
fn plan() -> Value {
    json!({
        "format_version": "1.2",
        "terraform_version": "1.9.8",
        "variables": { "stage": { "value": "site" } },
        "planned_values": { "root_module": {} },
        "resource_changes": [
            created("aws_s3_bucket.site", json!({ "bucket": "harbour-site", "tags": null, "grant": [] }),
                json!({ "arn": true, "id": true, "acl": true, "versioning": true, "server_side_encryption_configuration": true, "tags_all": true, "logging": [] })),
            created("aws_s3_bucket_policy.site", json!({}), json!({ "bucket": true, "id": true, "policy": true })),
            created("module.logs[\"a.b\"].aws_s3_bucket.this", json!({ "bucket": "harbour-logs" }), json!({ "arn": true, "id": true, "acl": true, "tags_all": true })),
            created("module.logs[\"a.b\"].aws_s3_bucket_public_access_block.this",
                json!({ "block_public_acls": true, "block_public_policy": true, "ignore_public_acls": true, "restrict_public_buckets": false }),
                json!({ "bucket": true, "id": true })),
        ],
        "configuration": {
            "provider_config": { "aws": { "name": "aws", "expressions": { "region": { "constant_value": "eu-west-1" } } } },
            "root_module": {
                "resources": [
                    block("aws_s3_bucket.site", json!({ "bucket": { "references": ["var.stage"] } })),
                    block("aws_s3_bucket_policy.site", json!({
                        "bucket": { "references": ["local.site"] },
                        "policy": { "references": ["aws_s3_bucket.site.arn", "aws_s3_bucket.site"] },
                    })),
                ],
                "module_calls": { "logs": {
                    "source": "./store",
                    "expressions": { "name": { "constant_value": "harbour-logs" } },
                    "for_each_expression": {},
                    "module": {
                        "resources": [
                            block("aws_s3_bucket.this", json!({ "bucket": { "references": ["var.name"] } })),
                            block("aws_s3_bucket_public_access_block.this", json!({
                                "bucket": { "references": ["aws_s3_bucket.this.id", "aws_s3_bucket.this"] },
                                "block_public_acls": { "constant_value": true },
                                "block_public_policy": { "constant_value": true },
                                "ignore_public_acls": { "constant_value": true },
                                "restrict_public_buckets": { "constant_value": false },
                            })),
                        ],
                        "variables": { "name": {} },
                    },
                } },
                "variables": { "stage": {} },
            },
        },
    })
}

/// A block of the code.
fn block(key: &str, expressions: Value) -> Value {
    let (kind, name) = key.split_once('.').unwrap();
    json!({ "address": key, "mode": "managed", "type": kind, "name": name, "provider_config_key": "aws", "expressions": expressions })
}

/// A resource that is made.
fn created(address: &str, after: Value, unknown: Value) -> Value {
    changed(address, &["create"], Value::Null, after, unknown)
}

fn changed(address: &str, actions: &[&str], before: Value, after: Value, unknown: Value) -> Value {
    let local = address.rsplit("].").next().unwrap();
    let mut parts = local.rsplitn(3, '.');
    let name = parts.next().unwrap().split('[').next().unwrap();
    let kind = parts.next().unwrap();
    json!({
        "address": address, "mode": "managed", "type": kind, "name": name,
        "provider_name": "registry.terraform.io/hashicorp/aws",
        "change": { "actions": actions, "before": before, "after": after, "after_unknown": unknown, "before_sensitive": {}, "after_sensitive": {} },
    })
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn gate(folder: &TempDir, more: &[&str]) -> Ran {
    Partywall::new(&[&["gate", "--now", "2026-11-24"], more].concat()).within(folder.path()).run()
}

fn gate_json(folder: &TempDir, more: &[&str]) -> Value {
    let ran = gate(folder, &[&["--format", "json"], more].concat());
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", ran.stdout, ran.stderr))
}

/// Address, state, file and line of the findings of a check.
fn told(said: &Value, check: &str) -> Vec<(String, String, String)> {
    let findings = said["findings"].as_array().unwrap();
    let of_check = findings.iter().filter(|finding| finding["check"] == check);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let place = |place: &Value| format!("{}:{}", text(&place["file"]), place["line"]);
    of_check.map(|one| (text(&one["asset"]["address"]), text(&one["state"]), place(&one["place"]))).collect()
}

fn row(address: &str, state: &str, place: &str) -> (String, String, String) {
    (address.to_owned(), state.to_owned(), place.to_owned())
}

#[test]
fn a_plan_alone_is_judged_and_what_only_the_deployment_tells_is_unknown() {
    let folder = folder(&[("plan.json", &plan().to_string())]);
    let said = gate_json(&folder, &["plan.json"]);
    assert_eq!(said["read"]["files"], 1, "{}", said["read"]);
    assert_eq!(said["read"]["resources"], 4);
    // The policy is not shown, and the bucket that it belongs to hangs on a local value: each bucket may be meant.
    let public = told(&said, "s3-bucket-public");
    assert!(public.contains(&row("aws_s3_bucket.site", "unknown", "plan.json:1")), "{public:?}");
    let because = said["findings"].to_string();
    assert!(because.contains("`aws_s3_bucket_policy.site.bucket` is known after apply"), "{because}");
    // The block joins its bucket by the reference.
    let open = told(&said, "s3-bucket-block-public-access-off");
    assert!(
        open.contains(&row("module.logs[\"a.b\"].aws_s3_bucket.this", "fail", "plan.json:1")),
        "{open:?}"
    );
    assert!(said["problems"].as_array().unwrap().is_empty(), "{}", said["problems"]);
}

#[test]
fn with_its_code_at_hand_a_plan_is_decided_and_stands_at_the_code_s_lines() {
    let folder = folder(&[
        ("infra/main.tf", CODE),
        ("infra/store/main.tf", STORE),
        ("infra/plan.json", &plan().to_string()),
    ]);
    // The plan alone: its own folder holds the code.
    let said = gate_json(&folder, &["infra/plan.json"]);
    let public = [row("aws_s3_bucket.site", "fail", "infra/main.tf:7")];
    assert_eq!(told(&said, "s3-bucket-public"), public);
    let open = told(&said, "s3-bucket-block-public-access-off");
    let line = "infra/store/main.tf:9";
    assert!(open.contains(&row("module.logs[\"a.b\"].aws_s3_bucket.this", "fail", line)), "{open:?}");
    // Both in the tree: once.
    let said = gate_json(&folder, &["infra"]);
    assert_eq!(told(&said, "s3-bucket-public"), public);
    assert_eq!(said["read"]["configurations"], 1, "{}", said["read"]);
    assert!(said["problems"].as_array().unwrap().is_empty(), "{}", said["problems"]);
}

#[test]
fn code_and_plan_of_a_named_bucket_have_one_fingerprint() {
    let folder =
        folder(&[("a/main.tf", CODE), ("a/store/main.tf", STORE), ("b/plan.json", &plan().to_string())]);
    let prints = |said: &Value| -> Vec<Value> {
        let findings = said["findings"].as_array().unwrap();
        let mut prints: Vec<Value> = findings
            .iter()
            .filter(|one| one["check"] == "s3-bucket-block-public-access-off")
            .map(|one| json!([one["fingerprint"], one["asset"]["id"]]))
            .collect();
        prints.sort_by_key(Value::to_string);
        prints
    };
    let code = gate_json(&folder, &["a", "--var", "stage=site"]);
    let plan = gate_json(&folder, &["b/plan.json"]);
    assert!(!prints(&code).is_empty());
    assert_eq!(prints(&code), prints(&plan));
}
