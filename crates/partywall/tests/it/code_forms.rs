//! What machines read of code: the documents as their schemas say, and SARIF as others read it.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::emulator::{python, repository};
use crate::gate_changes::{commit, git};
use crate::gate_drift::TERRAFORM;
use crate::gate_plan::databases;
use crate::program::Partywall;

/// What fails, what cannot be decided, what is accepted, what lapsed, what no mapping knows, and what cannot be read.
const CODE: &str = r#"variable "on" {}

# partywall:allow kms-key-rotation-off reason="r" owner=o until=2027-01-31
resource "aws_kms_key" "accepted" {
  enable_key_rotation = false
}

resource "aws_kms_key" "open" {
  enable_key_rotation = var.on
}

# partywall:allow s3-bucket-public reason="r" owner=o until=2027-01-31
resource "aws_kms_key" "fails [a](b) {0}" {
}

resource "aws_sns_nothing_of_the_kind" "x" {
}
"#;

/// Two rules that fail for one reason.
const OPEN: &str = r#"resource "aws_security_group" "open" {
  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
  ingress {
    from_port   = 3389
    to_port     = 3389
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}
"#;

/// A repository whose second commit is not judged alone.
fn code() -> TempDir {
    let folder = TempDir::new().unwrap();
    git(folder.path(), &["init", "-q"]);
    fs::write(folder.path().join("a b.tf"), CODE.replace("fails [a](b) {0}", "fails")).unwrap();
    commit(&folder);
    fs::write(folder.path().join("odd#name?.tf"), CODE.replace("\"accepted\"", "\"other\"")).unwrap();
    fs::write(folder.path().join("broken.tf"), "resource {\n").unwrap();
    let secrets = [
        "password = \"hV8#kq2LmZp93xTe\"\n",
        "# partywall:allow generic-secret reason=\"r\" owner=o until=2099-01-31\npassword = \"Qw7!zR4pLk92mXcV\"\n",
    ];
    fs::write(folder.path().join("settings [x].ini"), secrets.concat()).unwrap();
    folder
}

fn ran(folder: &Path, arguments: &[&str]) -> String {
    let ran = Partywall::new(arguments).within(folder).run();
    assert!([0, 1, 3].contains(&ran.code), "{}", ran.stderr);
    ran.stdout
}

fn gate(folder: &Path, more: &[&str]) -> String {
    ran(folder, &[&["gate", "--now", "2026-11-24"], more].concat())
}

/// What a program of others finds in a file: pairs of words.
fn read(form: &str, text: &str) -> Vec<(String, String)> {
    let place = TempDir::new().unwrap();
    let file = place.path().join(form);
    fs::write(&file, text).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/readers.py");
    let output = Command::new(python()).arg(script).arg(form).arg(&file).output().unwrap();
    assert!(output.status.success(), "{form}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The documents are as the schema says, and it describes nothing that none of them has but this.
fn holds(schema: &str, documents: &[Value], unused: &[&str]) {
    let text = fs::read_to_string(repository().join("docs/reference").join(schema)).unwrap();
    let schema: Value = serde_json::from_str(&text).unwrap();
    let found = read("schema", &json!({ "schema": schema, "documents": documents }).to_string());
    let mut found: Vec<&str> = found.iter().map(|(place, _)| &**place).collect();
    found.sort_unstable();
    assert_eq!(found, unused);
}

#[test]
fn a_gate_is_as_its_schema_says() {
    let folder = code();
    let baseline = folder.path().join("baseline.json");
    let told = |more: &[&str]| -> Value {
        serde_json::from_str(&gate(folder.path(), &[&["--format", "json"], more].concat())).unwrap()
    };
    fs::write(&baseline, told(&["--check", "kms-*"]).to_string()).unwrap();
    let beside = |name: &str, text: &str, more: &[&str]| -> Value {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join(name), text).unwrap();
        fs::write(folder.path().join("requirements.txt"), "flask==3.0.0\n").unwrap();
        serde_json::from_str(&gate(folder.path(), &[&["--format", "json"], more].concat())).unwrap()
    };
    let bank = repository().join("examples/bank");
    let documents = [
        told(&[]),
        told(&["--baseline", baseline.to_str().unwrap()]),
        told(&["--changed-since", "HEAD"]),
        beside("plan.json", &databases().to_string(), &[]),
        beside("main.tf", TERRAFORM, &["--cloud", bank.to_str().unwrap()]),
        beside("open.tf", OPEN, &[]),
    ];
    assert!(documents[1]["counts"]["known"].as_u64().unwrap() > 0);
    assert!(documents[2]["counts"]["untouched"].as_u64().unwrap() > 0);
    // All moves are of one form, which `moved` shows; a `because` stands where one cannot be told.
    let move_fields = "address because changed control customer_does from kind rule source to";
    let lists = ["given_back", "undecided"].iter().flat_map(|list| {
        move_fields.split(' ').map(move |field| format!("$.responsibility.{list}[].{field}"))
    });
    let mut unused: Vec<String> = lists.chain(["$.responsibility.moved[].because".to_owned()]).collect();
    unused.sort();
    holds("gate.schema.json", &documents, &unused.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn a_search_for_secrets_is_as_its_schema_says() {
    let folder = code();
    let told = |more: &[&str]| -> Value {
        serde_json::from_str(&ran(folder.path(), &[&["secrets", "--format", "json"], more].concat())).unwrap()
    };
    let mut documents = vec![told(&["."]), told(&["--changed-since", "HEAD"])];
    commit(&folder);
    documents.push(told(&["--history"]));
    let skipped = ["binary", "special-file", "submodule", "symbolic-link"];
    let skipped: Vec<String> = skipped.iter().map(|why| format!("$.read.skipped.{why}")).collect();
    let remarks = ["$.remarks[].message", "$.remarks[].subject"].map(str::to_owned);
    let unused: Vec<&str> = skipped.iter().chain(&remarks).map(String::as_str).collect();
    holds("secrets.schema.json", &documents, &unused);
}

#[test]
fn sarif_of_a_gate_is_read_by_others_with_every_failure_and_open_question() {
    let folder = code();
    let told: Value = serde_json::from_str(&gate(folder.path(), &["--format", "json"])).unwrap();
    let mut expected: Vec<(String, String)> = told["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let kind = match one["state"].as_str().unwrap() {
                "fail" => "fail",
                "waived" => "suppressed",
                "unknown" => "open",
                other => panic!("{other}"),
            };
            (one["check"].as_str().unwrap().to_owned(), kind.to_owned())
        })
        .collect();
    let mut found = read("code_sarif", &gate(folder.path(), &["--format", "sarif"]));
    expected.sort();
    found.sort();
    assert!(["fail", "suppressed", "open"].iter().all(|kind| expected.iter().any(|(_, word)| word == kind)));
    assert_eq!(found, expected);
}

#[test]
fn sarif_of_secrets_is_read_by_others_with_every_place() {
    let folder = code();
    let mut found = read("code_sarif", &ran(folder.path(), &["secrets", ".", "--format", "sarif"]));
    found.sort();
    let expected = [("generic-secret", "fail"), ("generic-secret", "suppressed")];
    assert_eq!(found, expected.map(|(rule, kind)| (rule.to_owned(), kind.to_owned())));
}
