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
    let public = [row("aws_s3_bucket.site", "fail", "infra/main.tf:13")];
    assert_eq!(told(&said, "s3-bucket-public"), public);
    let open = told(&said, "s3-bucket-block-public-access-off");
    let line = "infra/store/main.tf:12";
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

/// A database that becomes one whose system is the customer's, one that is new, and one that goes.
pub(crate) fn databases() -> Value {
    let of = |engine: &str| {
        json!({
            "identifier": "orders", "engine": engine, "engine_version": "19.0.0.0.ru-2024-01.rur-2024-01.r1", "id": "db-ABC",
            "arn": "arn:aws:rds:eu-west-1:111122223333:db:orders", "storage_encrypted": true, "auto_minor_version_upgrade": true,
        })
    };
    let fresh = json!({ "identifier": "carts", "engine": "postgres", "engine_version": "17.2", "auto_minor_version_upgrade": false });
    let old =
        json!({ "identifier": "stock", "engine": "postgres", "engine_version": "17.2", "id": "db-OLD" });
    let mut moved = changed("aws_db_instance.stock_new", &["no-op"], old.clone(), old.clone(), json!({}));
    moved["previous_address"] = json!("aws_db_instance.stock");
    json!({
        "format_version": "1.2",
        "resource_changes": [
            changed("aws_db_instance.main", &["delete", "create"], of("oracle-ee"), of("custom-oracle-ee"), json!({ "id": true, "arn": true })),
            changed("aws_db_instance.carts", &["create"], Value::Null, fresh, json!({ "id": true })),
            changed("aws_db_instance.gone", &["delete"], old, Value::Null, json!({})),
            moved,
        ],
        "configuration": { "root_module": { "resources": [] } },
    })
}

#[test]
fn a_plan_says_what_moves_to_the_customer_what_is_new_and_what_is_left_off() {
    let folder = folder(&[("plan.json", &databases().to_string())]);
    let said = gate_json(&folder, &["plan.json"]);
    let drift = &said["responsibility"];
    let controls = |list: &Value| -> Vec<String> {
        let told = |one: &Value| {
            format!("{} {} {} {}", one["address"], one["control"], one["from"], one["to"]).replace('"', "")
        };
        list.as_array().unwrap().iter().map(told).collect()
    };
    let moved = controls(&drift["moved"]);
    let patching = "aws_db_instance.main hosts.patch-management provider customer";
    assert!(moved.iter().any(|one| one == patching), "{moved:?}");
    assert!(moved.iter().all(|one| one.starts_with("aws_db_instance.main ")), "{moved:?}");
    let patching =
        drift["moved"].as_array().unwrap().iter().find(|one| one["control"] == "hosts.patch-management");
    let patching = patching.unwrap();
    assert_eq!(patching["changed"][0], "`Engine` from `oracle-ee` to `custom-oracle-ee`");
    assert!(patching["customer_does"].as_str().unwrap().contains("operating system"), "{patching}");
    let addresses = |list: &Value| -> Vec<String> {
        list.as_array().unwrap().iter().map(|one| one["address"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(addresses(&drift["taken_on"]), ["aws_db_instance.carts"]);
    assert_eq!(addresses(&drift["released"]), ["aws_db_instance.gone"], "what is renamed stays");
    assert!(!drift["taken_on"][0]["customer"].as_array().unwrap().is_empty());
    let off = drift["switches_off"].as_array().unwrap();
    let upgrades = off.iter().find(|one| one["property"] == "AutoMinorVersionUpgrade").unwrap();
    assert_eq!(
        (&upgrades["address"], &upgrades["found"], &upgrades["was_off"]),
        (&json!("aws_db_instance.carts"), &json!("`false`"), &json!(false))
    );
}

#[test]
fn more_moved_than_allowed_is_a_failure_with_its_reason() {
    let folder = folder(&[("plan.json", &databases().to_string())]);
    let count = gate_json(&folder, &["plan.json"])["responsibility"]["moved"].as_array().unwrap().len();
    let rule = |allowed: usize, more: &[&str]| {
        let allowed = allowed.to_string();
        gate(
            &folder,
            &[
                &[
                    "plan.json",
                    "--fail-on",
                    "critical",
                    "--check",
                    "s3-bucket-public",
                    "--max-moved",
                    &allowed,
                ],
                more,
            ]
            .concat(),
        )
    };
    let ran = rule(0, &[]);
    assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stdout.contains(&format!("{count} controls move to you, more than the 0 of --max-moved")),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("hosts.patch-management: provider → customer"), "{}", ran.stdout);
    let ran = rule(0, &["--format", "markdown"]);
    assert!(ran.stdout.contains("more than the 0 of"), "{}", ran.stdout);
    assert!(ran.stdout.contains("| `hosts.patch-management` |"), "{}", ran.stdout);
    let ran = rule(0, &["--format", "sarif"]);
    assert!(ran.code == 1 && ran.stderr.contains("more than the 0 of --max-moved"), "{}", ran.stderr);
    assert_ne!(rule(count, &[]).code, 1);
    let ran = gate(&folder, &["--max-moved", "0", "--check", "s3-bucket-public", "--", "/dev/null"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("--max-moved needs a plan"), "{}", ran.stderr);
}

#[test]
fn what_cannot_be_told_to_have_moved_is_not_taken_for_nothing() {
    let mut plan = databases();
    let main = &mut plan["resource_changes"][0]["change"];
    main["after"].as_object_mut().unwrap().remove("engine");
    main["after_unknown"]["engine"] = json!(true);
    plan["configuration"]["root_module"]["resources"] =
        json!([block("aws_db_instance.main", json!({ "engine": { "references": ["local.engine"] } }))]);
    let folder = folder(&[("plan.json", &plan.to_string())]);
    let ran = gate(&folder, &["plan.json", "--check", "s3-bucket-public", "--max-moved", "0"]);
    assert_eq!(ran.code, 3, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("`aws_db_instance.main.engine` is known after apply"), "{}", ran.stdout);
}

#[test]
fn what_a_plan_marks_as_sensitive_reaches_no_output() {
    const SECRET: &str = "tall-harbour-9QzR";
    let mut plan = plan();
    plan["variables"]["password"] = json!({ "value": SECRET });
    plan["configuration"]["root_module"]["variables"]["password"] = json!({ "sensitive": true });
    let mut database = changed(
        "aws_db_instance.main",
        &["update"],
        json!({ "identifier": "orders", "engine": "mysql", "password": SECRET, "tags": { "note": SECRET } }),
        json!({ "identifier": SECRET, "engine": SECRET, "password": SECRET, "tags": { "note": SECRET } }),
        json!({}),
    );
    database["change"]["before_sensitive"] = json!({ "password": true, "tags": { "note": true } });
    database["change"]["after_sensitive"] =
        json!({ "identifier": true, "engine": true, "password": true, "tags": { "note": true } });
    plan["resource_changes"].as_array_mut().unwrap().push(database);
    plan["configuration"]["root_module"]["resources"].as_array_mut().unwrap().push(block(
        "aws_db_instance.main",
        json!({ "password": { "references": ["var.password"] }, "identifier": { "references": ["var.password"] } }),
    ));
    let code = format!(
        "{CODE}\nvariable \"password\" {{ sensitive = true }}\nresource \"aws_db_instance\" \"main\" {{\n  identifier = var.password\n  password = var.password\n}}\n"
    );
    for files in [
        vec![("plan.json", plan.to_string())],
        vec![("plan.json", plan.to_string()), ("main.tf", code), ("store/main.tf", STORE.to_owned())],
    ] {
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let folder = folder(&files);
        for form in ["text", "json", "sarif", "markdown", "junit", "github", "gitlab"] {
            let ran = gate(&folder, &["plan.json", "--format", form, "--severity", "info"]);
            assert!(ran.stdout.contains("aws_"), "{form}: {}{}", ran.stdout, ran.stderr);
            assert!(!ran.stdout.contains(SECRET) && !ran.stderr.contains(SECRET), "{form}: {}", ran.stdout);
        }
    }
}

#[test]
fn an_acceptance_beside_the_code_covers_the_plan_s_finding() {
    let accepted = CODE.replace(
        "resource \"aws_s3_bucket\" \"site\"",
        "# partywall:allow s3-bucket-public reason=\"the public site\" owner=web until=2027-01-31\nresource \"aws_s3_bucket\" \"site\"",
    );
    let in_module = STORE.replace(
        "  restrict_public_buckets ",
        "  # partywall:allow s3-bucket-block-public-access-off reason=\"r\" owner=o until=2027-01-31\n  restrict_public_buckets ",
    );
    let folder = folder(&[
        ("infra/main.tf", &accepted),
        ("infra/store/main.tf", &in_module),
        ("out/plan.json", &plan().to_string()),
    ]);
    for paths in [&["infra", "out"][..], &["out/plan.json", "--source", "infra"]] {
        let said = gate_json(&folder, paths);
        let public = told(&said, "s3-bucket-public");
        assert_eq!(public.len(), 1, "{public:?}");
        assert_eq!(public[0].1, "waived", "{public:?}");
        let block = told(&said, "s3-bucket-block-public-access-off");
        let of_module = block.iter().find(|(address, ..)| address.starts_with("module."));
        assert_eq!(of_module.unwrap().1, "waived", "{block:?}");
        assert!(!said["waivers"].to_string().contains("take the acceptance out"), "{}", said["waivers"]);
    }
}

#[test]
fn a_plan_of_other_code_than_what_stands_beside_it_is_told_and_both_are_judged() {
    let other = CODE.replace("\"aws_s3_bucket_policy\" \"site\"", "\"aws_s3_bucket_policy\" \"other\"");
    let folder = folder(&[("main.tf", &other), ("store/main.tf", STORE), ("plan.json", &plan().to_string())]);
    let said = gate_json(&folder, &["."]);
    assert_eq!(said["read"]["configurations"], 2);
    let problems = said["problems"].to_string();
    assert!(
        problems.contains("made from other code") && problems.contains("aws_s3_bucket_policy."),
        "{problems}"
    );
}

#[test]
fn a_plan_limited_to_targets_takes_nothing_from_the_code_s_judgement() {
    let mut targeted = plan();
    targeted["resource_changes"].as_array_mut().unwrap().truncate(1);
    let folder = folder(&[("main.tf", CODE), ("store/main.tf", STORE), ("plan.json", &targeted.to_string())]);
    let said = gate_json(&folder, &["."]);
    assert_eq!(said["read"]["configurations"], 2);
    assert!(
        said["problems"].to_string().contains("leaves `aws_s3_bucket_policy.site` out"),
        "{}",
        said["problems"]
    );
}

#[test]
fn a_broken_plan_is_told_with_its_place_and_takes_nothing_else_along() {
    // As Terraform writes it, the version comes first.
    let whole = format!("{{\n\"format_version\":\"1.2\",\n{}", &plan().to_string()[1..]);
    let deep = format!(
        "{{\"format_version\":\"1.0\",\"resource_changes\":[{{\"address\":\"a.b\",\"type\":\"a\",\"change\":{{\"after\":{}1{}}}}}]}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let cases = [
        (whole[..whole.len() / 2].to_owned(), "cannot be read and was not judged: EOF"),
        (deep, "recursion limit exceeded"),
        (
            "{\"format_version\":\"2.0\",\"resource_changes\":[]}".to_owned(),
            "format version `2.0` is not known",
        ),
        ("{\"format_version\":1,\"resource_changes\":[]}".to_owned(), "expected a string"),
        (
            "{\"format_version\":\"1.0\",\"resource_changes\":{\"a\":1}}".to_owned(),
            "expected a list of changes",
        ),
        (
            "{\"format_version\":\"1.0\",\"resource_changes\":[{\"address\":5}]}".to_owned(),
            "expected a string",
        ),
        (
            "{\"format_version\":\"1.0\",\"resource_changes\":[{\"address\":\"a.b\",\"type\":\"a\"}]}"
                .to_owned(),
            "missing field `change`",
        ),
        ("{\"format_version\":\"1.0\",\"resource_changes\":[]} x".to_owned(), "trailing characters"),
    ];
    for (text, message) in cases {
        let folder =
            folder(&[("plans/broken.json", &text), ("code/main.tf", CODE), ("code/store/main.tf", STORE)]);
        let ran = gate(&folder, &["plans", "code", "--format", "json", "--var", "stage=site"]);
        assert_eq!(ran.code, 1, "{message}: {}", ran.stderr);
        let said: Value = serde_json::from_str(&ran.stdout).unwrap();
        let problems = said["problems"].to_string();
        assert!(
            problems.contains(message) && problems.contains("plans/broken.json"),
            "{message}: {problems}"
        );
        assert_eq!(told(&said, "s3-bucket-public").len(), 1, "{message}");
    }
}
