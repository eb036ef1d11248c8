//! The gate over what a change touches, in repositories that the tests make with git.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::program::{Partywall, Ran};

pub(crate) fn git(folder: &Path, arguments: &[&str]) {
    let ran = Command::new("git")
        .current_dir(folder)
        .args(["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"])
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(ran.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&ran.stderr));
}

/// A repository whose first commit, `start`, holds these files.
fn repository(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    git(folder.path(), &["init", "-q"]);
    for (name, text) in files {
        write(&folder, name, text);
    }
    commit(&folder);
    git(folder.path(), &["tag", "start"]);
    folder
}

fn write(folder: &TempDir, name: &str, text: &str) {
    let file = folder.path().join(name);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

pub(crate) fn commit(folder: &TempDir) {
    git(folder.path(), &["add", "-A"]);
    git(folder.path(), &["commit", "-q", "-m", "x", "--allow-empty"]);
}

fn run(folder: &Path, more: &[&str]) -> Ran {
    let path = folder.to_str().unwrap();
    Partywall::new(&[&["gate", path, "--now", "2026-11-24", "--fail-on", "low"], more].concat()).run()
}

/// The addresses that decide, the number of what is untouched, and the exit code.
fn since(folder: &TempDir, revision: &str, check: &str) -> (Vec<String>, u64, i32) {
    let ran = run(folder.path(), &["--format", "json", "--changed-since", revision, "--check", check]);
    let said: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
    let findings = said["findings"].as_array().unwrap();
    let addresses = findings.iter().map(|one| one["asset"]["address"].as_str().unwrap().to_owned());
    (addresses.collect(), said["counts"]["untouched"].as_u64().unwrap(), ran.code)
}

fn key(name: &str) -> String {
    format!("resource \"aws_kms_key\" \"{name}\" {{\n  description = \"{name}\"\n}}\n")
}

fn keys() -> String {
    key("a") + &key("b")
}

const ROTATION: &str = "kms-key-rotation-off";

#[test]
fn only_the_block_with_changed_lines_decides() {
    let folder = repository(&[("main.tf", &keys())]);
    assert_eq!(since(&folder, "start", ROTATION), (vec![], 2, 0), "nothing was changed");
    write(&folder, "main.tf", &keys().replace("description = \"b\"", "description = \"c\""));
    let only = (vec!["aws_kms_key.b".to_owned()], 1, 1);
    assert_eq!(since(&folder, "start", ROTATION), only, "not staged");
    git(folder.path(), &["add", "-A"]);
    assert_eq!(since(&folder, "start", ROTATION), only, "staged");
    commit(&folder);
    assert_eq!(since(&folder, "start", ROTATION), only, "committed");
    assert_eq!(since(&folder, "HEAD", ROTATION), (vec![], 2, 0));
}

#[test]
fn a_line_that_was_taken_out_of_a_block_touches_it() {
    let folder = repository(&[("main.tf", &keys())]);
    write(&folder, "main.tf", &keys().replace("  description = \"a\"\n", ""));
    assert_eq!(since(&folder, "start", ROTATION).0, ["aws_kms_key.a"]);
}

#[test]
fn a_new_file_decides_whole_also_before_git_knows_it() {
    let folder = repository(&[("main.tf", &keys())]);
    write(&folder, "more/main.tf", &key("c"));
    assert_eq!(since(&folder, "start", ROTATION), (vec!["aws_kms_key.c".to_owned()], 2, 1));
}

#[test]
fn what_a_changed_value_elsewhere_breaks_decides() {
    let rotated = "resource \"aws_kms_key\" \"v\" {\n  enable_key_rotation = var.rotation\n}\n";
    let value = |value: &str| format!("variable \"rotation\" {{\n  default = {value}\n}}\n");
    let folder = repository(&[("main.tf", &(keys() + rotated)), ("variables.tf", &value("true"))]);
    write(&folder, "variables.tf", &value("false"));
    assert_eq!(since(&folder, "start", ROTATION), (vec!["aws_kms_key.v".to_owned()], 2, 1));
}

#[test]
fn what_a_part_that_was_taken_out_leaves_open_decides() {
    let bucket = "resource \"aws_s3_bucket\" \"b\" {\n  bucket = \"harbour-logs\"\n}\n";
    let part = "resource \"aws_s3_bucket_versioning\" \"b\" {\n  bucket = aws_s3_bucket.b.id\n  versioning_configuration {\n    status = \"Enabled\"\n  }\n}\n";
    let folder = repository(&[("main.tf", bucket), ("versioning.tf", part)]);
    fs::remove_file(folder.path().join("versioning.tf")).unwrap();
    assert_eq!(since(&folder, "start", "s3-bucket-versioning-off").0, ["aws_s3_bucket.b"]);
}

#[test]
fn a_file_that_was_only_renamed_decides_nothing() {
    let folder = repository(&[("main.tf", &keys())]);
    git(folder.path(), &["mv", "main.tf", "the keys \"of\" ours.tf"]);
    assert_eq!(since(&folder, "start", ROTATION), (vec![], 2, 0));
    let text = keys().replace("description = \"b\"", "description = \"c\"");
    write(&folder, "the keys \"of\" ours.tf", &text);
    assert_eq!(since(&folder, "start", ROTATION), (vec!["aws_kms_key.b".to_owned()], 1, 1));
}

#[test]
fn what_others_did_meanwhile_is_not_the_change() {
    let folder = repository(&[("main.tf", &keys())]);
    git(folder.path(), &["checkout", "-q", "-b", "side"]);
    write(&folder, "side.tf", &key("c"));
    commit(&folder);
    git(folder.path(), &["checkout", "-q", "main"]);
    write(&folder, "main.tf", &keys().replace("description = \"a\"", "description = \"other\""));
    commit(&folder);
    git(folder.path(), &["checkout", "-q", "side"]);
    assert_eq!(since(&folder, "main", ROTATION), (vec!["aws_kms_key.c".to_owned()], 2, 1));
}

#[test]
fn attributes_that_call_code_binary_hide_nothing_and_filters_are_not_run() {
    let folder = repository(&[("main.tf", &keys()), (".gitattributes", "*.tf binary filter=trap\n")]);
    let trap = folder.path().join("sprung");
    git(folder.path(), &["config", "filter.trap.clean", &format!("touch {} && cat", trap.display())]);
    write(&folder, "main.tf", &keys().replace("description = \"b\"", "description = \"c\""));
    assert_eq!(since(&folder, "start", ROTATION).0, ["aws_kms_key.b"]);
    assert!(!trap.exists());
}

#[test]
fn a_folder_below_the_root_is_compared_with_its_own_past() {
    let folder = repository(&[("infra/main.tf", &keys()), ("other/main.tf", &key("z"))]);
    write(&folder, "infra/main.tf", &(key("a") + "\n" + &key("b")));
    write(&folder, "other/main.tf", "");
    let path = folder.path().join("infra");
    let ran = run(&path, &["--changed-since", "start", "--check", ROTATION]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("2 untouched by it"), "{}", ran.stdout);
}

#[test]
fn before_the_first_commit_everything_is_new() {
    let folder = TempDir::new().unwrap();
    git(folder.path(), &["init", "-q"]);
    write(&folder, "main.tf", &key("a"));
    write(&folder, "more.tf", &key("b"));
    git(folder.path(), &["add", "main.tf"]);
    let (mut addresses, untouched, code) = since(&folder, "HEAD", ROTATION);
    addresses.sort();
    assert_eq!((addresses, untouched, code), (vec!["aws_kms_key.a".into(), "aws_kms_key.b".into()], 0, 1));
}

#[test]
fn a_file_that_is_named_is_not_judged_with_the_past_of_others() {
    let rotated = "resource \"aws_kms_key\" \"v\" {\n  enable_key_rotation = var.rotation\n}\n";
    let value = |value: &str| format!("variable \"rotation\" {{\n  default = {value}\n}}\n");
    let folder = repository(&[("main.tf", rotated), ("variables.tf", &value("true"))]);
    write(&folder, "variables.tf", &value("false"));
    let ran = run(&folder.path().join("main.tf"), &["--changed-since", "start", "--check", ROTATION]);
    assert_eq!(ran.code, 0, "the value is in another file, then and now: {}", ran.stdout);
}

#[test]
fn what_cannot_be_compared_says_why_and_what_to_do() {
    let none = TempDir::new().unwrap();
    fs::write(none.path().join("main.tf"), key("a")).unwrap();
    let folder = repository(&[("main.tf", &keys())]);
    let refused = |path: &Path, revision: &str, parts: &[&str]| {
        let ran = run(path, &["--changed-since", revision]);
        assert_eq!(ran.code, 2, "{}", ran.stdout);
        for part in parts {
            assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
        }
    };
    refused(none.path(), "main", &["not a git repository"]);
    refused(folder.path(), "origin/main", &["no commit `origin/main` here", "git fetch origin main"]);
    let ran = Partywall::new(&["gate", folder.path().to_str().unwrap(), "--changed-since=--output=x"]).run();
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("begins with `-`"), "{}", ran.stderr);
    git(folder.path(), &["checkout", "-q", "--orphan", "apart"]);
    // The same files within the same second would be the same commit.
    write(&folder, "apart.tf", &key("apart"));
    commit(&folder);
    refused(folder.path(), "start", &["no commit in common"]);
    git(folder.path(), &["checkout", "-q", "main"]);
    write(&folder, "main.tf", &key("a"));
    commit(&folder);
    let clones = TempDir::new().unwrap();
    let url = format!("file://{}", folder.path().display());
    git(clones.path(), &["clone", "-q", "--depth", "1", &url, "shallow"]);
    refused(&clones.path().join("shallow"), "start", &["shallow", "git fetch --unshallow", "fetch-depth: 0"]);
}

#[test]
fn secrets_on_changed_lines_alone_are_told() {
    let token = |letter: char| ["ghp", "_0123456789abcdefghijABCDEFGHIJ01234", &letter.to_string()].concat();
    let key = |line: &str| {
        format!("-----BEGIN RSA {0}-----\nMIIEpAIBAAKCAQEA{line}\n-----END RSA {0}-----\n", "PRIVATE KEY")
    };
    let folder = repository(&[("old.txt", "token = \"x\"\n"), ("a b.txt", "first\nsecond\n")]);
    let generic = |value: &str| format!("password = \"{value}\"\n");
    write(&folder, "a b.txt", &(generic("hV8#kq2LmZp93xTe") + "second\n"));
    commit(&folder);
    git(folder.path(), &["tag", "later"]);
    write(&folder, "a b.txt", &(generic("hV8#kq2LmZp93xTe") + &generic("Qw7!zR4pLk92mXcV")));
    write(&folder, "new.txt", &(key("x") + &token('1')));
    let told = |revision: &str| {
        let path = folder.path().to_str().unwrap();
        let ran = Partywall::new(&["secrets", path, "--changed-since", revision, "--format", "json"]).run();
        let said: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
        assert_eq!(said["searched"]["what"], "changed");
        let places =
            said["secrets"].as_array().unwrap().iter().flat_map(|one| one["places"].as_array().unwrap());
        let place = |place: &Value| {
            let file = place["path"].as_str().unwrap().rsplit('/').next().unwrap();
            format!("{file}:{}", place["line"])
        };
        let mut places: Vec<String> = places.map(place).filter(|place| place.starts_with("a b")).collect();
        places.sort();
        (places, ran.code)
    };
    assert_eq!(told("start"), (vec!["a b.txt:1".to_owned(), "a b.txt:2".to_owned()], 1));
    assert_eq!(told("later"), (vec!["a b.txt:2".to_owned()], 1));
    commit(&folder);
    assert_eq!(told("HEAD"), (vec![], 0));
}
