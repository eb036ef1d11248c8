//! Packages and ended runtimes in code, by the program itself.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use crate::program::{Partywall, Ran};

fn code(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn gate(folder: &TempDir, more: &[&str]) -> Ran {
    let path = folder.path().to_str().unwrap();
    Partywall::new(&[&["gate", path, "--now", "2026-11-24"], more].concat()).run()
}

fn gate_json(folder: &TempDir, more: &[&str]) -> (Ran, Value) {
    let ran = gate(folder, &[&["--format", "json"], more].concat());
    let said = serde_json::from_str(&ran.stdout).unwrap_or_default();
    (ran, said)
}

/// `file:line address` of each failure of a check, and its caret's text.
fn failures(said: &Value, folder: &TempDir, check: &str) -> Vec<String> {
    let within = format!("{}/", folder.path().display());
    let findings = said["findings"].as_array().unwrap().iter();
    let mut told: Vec<String> = findings
        .filter(|finding| finding["check"] == check && finding["state"] == "fail")
        .map(|finding| {
            let place = &finding["place"];
            let file = place["file"].as_str().unwrap().replace(&within, "");
            format!("{file}:{} {}", place["line"], finding["asset"]["address"].as_str().unwrap())
        })
        .collect();
    told.sort();
    told
}

#[test]
fn packages_are_counted_and_nobody_takes_that_for_a_verdict() {
    let folder = code(&[
        ("api/requirements.txt", "a==1.0\nb>=2\n"),
        (
            "web/package-lock.json",
            "{\"lockfileVersion\": 3, \"packages\": {\n\"node_modules/c\": {\"version\": \"1.0.0\"}}}",
        ),
        ("web/bun.lock", "{}"),
    ]);
    let (ran, said) = gate_json(&folder, &[]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    let packages = &said["read"]["packages"];
    assert_eq!(packages["vulnerabilities"], "not-judged");
    let counts: Vec<(&Value, &Value)> = packages["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| (&file["packages"], &file["undecided"]))
        .collect();
    assert_eq!(counts, [(&2.into(), &1.into()), (&1.into(), &0.into())]);
    let text = gate(&folder, &[]).stdout.replace('\n', " ");
    assert!(
        text.contains(
            "3 packages (1 of undecided version) of 2 lock files; no advisories at hand: vulnerabilities were not looked at; not read: "
        ),
        "{text}"
    );
    let review = gate(&folder, &["--format", "markdown"]).stdout;
    assert!(review.contains("vulnerabilities were not looked at"), "{review}");
}

#[test]
fn the_bill_of_materials_names_every_place() {
    let folder = code(&[
        (
            "a/package-lock.json",
            "{\"lockfileVersion\": 3, \"packages\": {\n\"node_modules/@s/c\": {\"version\": \"1.0.0\", \"dev\": true}}}",
        ),
        (
            "b/package-lock.json",
            "{\"lockfileVersion\": 3, \"packages\": {\n\n\"node_modules/@s/c\": {\"version\": \"1.0.0\"}}}",
        ),
        ("requirements.txt", "open\n"),
    ]);
    let bom = folder.path().join("bom.json");
    let ran = gate(&folder, &["--packages", bom.to_str().unwrap()]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let bom: Value = serde_json::from_slice(&fs::read(bom).unwrap()).unwrap();
    assert_eq!((&bom["bomFormat"], &bom["specVersion"]), (&"CycloneDX".into(), &"1.6".into()));
    let components = bom["components"].as_array().unwrap();
    assert_eq!(components.len(), 2);
    let first = &components[0];
    assert_eq!(first["purl"], "pkg:npm/%40s/c@1.0.0");
    assert_eq!(
        (&first["group"], &first["name"], &first["scope"]),
        (&"@s".into(), &"c".into(), &"required".into())
    );
    let lines: Vec<&Value> =
        first["evidence"]["occurrences"].as_array().unwrap().iter().map(|it| &it["line"]).collect();
    assert_eq!(lines, [2, 3]);
    assert_eq!(components[1]["version"], Value::Null);
    assert_eq!(components[1]["properties"][0]["value"], "no version is written");
}

#[test]
fn a_broken_lock_file_is_told_with_its_line_and_the_answer_is_incomplete() {
    let folder = code(&[(
        "package-lock.json",
        "{\"lockfileVersion\": 3, \"packages\": {\n\"node_modules/c\": {\"version\": \"1.0.0\"},\n oops",
    )]);
    let (ran, said) = gate_json(&folder, &[]);
    assert_eq!(ran.code, 3);
    assert_eq!(said["read"]["packages"]["files"][0]["packages"], 1);
    let subject = said["problems"][0]["subject"].as_str().unwrap();
    assert!(subject.ends_with("package-lock.json:3"), "{subject}");
}

#[test]
fn runtimes_that_have_ended_are_told_where_they_are_named() {
    let folder = code(&[
        (".python-version", "3.7.9\n3.14.0\n"),
        (".nvmrc", "v14\n"),
        (".ruby-version", "ruby-2.5.1\n"),
        (".tool-versions", "# tools\ngolang 1.15.2\nunknown 1\n"),
        ("runtime.txt", "python-3.6.1"),
        ("go.mod", "module m\n\ngo 1.16\n"),
        ("package.json", "{\n  \"engines\": {\n    \"node\": \">=10 <13\"\n  }\n}\n"),
        ("open/package.json", "{\"engines\": {\"node\": \">=10\"}}"),
        ("composer.json", "{\"require\": {\n\"php\": \"^7.2\"}}"),
        ("global.json", "{\"sdk\": {\"version\": \"5.0.100\"}}"),
        (
            "Dockerfile",
            "FROM python:3.8-slim AS build\nFROM debian:buster\nFROM alpine:3.12\nFROM private.example/python:2.7\nUSER 1000\n",
        ),
        ("compose.yaml", "services:\n  db:\n    image: postgres:9.6\n"),
        (
            ".github/workflows/ci.yml",
            "on: push\npermissions: {}\njobs:\n  a:\n    runs-on: ubuntu-18.04\n    steps:\n      - uses: actions/setup-node@v4\n        with:\n          node-version: 12.x\n      - uses: actions/setup-python@v5\n        with:\n          python-version: ${{ matrix.python }}\n",
        ),
    ]);
    let (ran, said) = gate_json(&folder, &["--check", "runtime-ended"]);
    assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(
        failures(&said, &folder, "runtime-ended"),
        [
            ".github/workflows/ci.yml:5 github-runner ubuntu-18.04",
            ".github/workflows/ci.yml:9 nodejs 12.x",
            ".nvmrc:1 nodejs 14",
            ".python-version:1 python 3.7.9",
            ".ruby-version:1 ruby 2.5.1",
            ".tool-versions:2 go 1.15.2",
            "Dockerfile:1 python 3.8-slim",
            "Dockerfile:2 os-debian buster",
            "Dockerfile:3 os-alpine 3.12",
            "compose.yaml:3 postgres 9.6",
            "composer.json:2 php 7.4",
            "global.json:1 dotnet 5.0.100",
            "go.mod:3 go 1.16",
            "package.json:3 nodejs 12",
            "runtime.txt:1 python 3.6.1",
        ]
    );
}

#[test]
fn an_end_to_come_is_none_yet() {
    let folder = code(&[("Dockerfile", "FROM python:3.8\nUSER 1000\n")]);
    let path = folder.path().to_str().unwrap();
    let ran = Partywall::new(&["gate", path, "--now", "2024-01-01", "--check", "runtime-ended"]).run();
    assert_eq!(ran.code, 0, "{}", ran.stdout);
}
