//! What users copy into their pipelines: the files are whole, and their command lines are ours.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use clap::Parser;
use partywall::args::Cli;
use serde_json::Value;
use tempfile::TempDir;

use crate::emulator::repository;

fn text(name: &str) -> String {
    let path = repository().join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn yaml(text: &str) -> Value {
    partywall_content::yaml::from_str(text)
        .unwrap_or_else(|error| panic!("{}: {}", error.line, error.message))
}

/// A command line as the program would get it: quotation marks gone, variables filled in, redirections left out.
fn takes(line: &str) {
    let line = line.split(" >> ").next().unwrap().split(" || ").next().unwrap();
    let words = line.split_whitespace().map(|word| word.trim_matches('"')).filter(|word| *word != "exec");
    let words: Vec<&str> = words
        .flat_map(|word| match word {
            "${threshold[@]}" => vec!["--fail-on=high"],
            "${since[@]}" => vec!["--changed-since=main"],
            "${paths[@]}" => vec!["a", "b"],
            other => vec![other],
        })
        .collect();
    if let Err(error) = Cli::try_parse_from(&words) {
        panic!("`{line}` is not taken: {error}");
    }
}

/// The commands of ours in a script or a page.
fn commands(text: &str) -> Vec<&str> {
    let lines = text.lines().map(|line| line.trim().trim_start_matches("- ").trim_start_matches("exec "));
    lines
        .filter(|line| line.starts_with("partywall "))
        .map(|line| line.split("  #").next().unwrap())
        .collect()
}

#[test]
fn the_hooks_are_what_pre_commit_reads_and_their_entries_are_taken() {
    let hooks = yaml(&text(".pre-commit-hooks.yaml"));
    let hooks = hooks.as_array().unwrap();
    assert_eq!(hooks.len(), 2);
    for hook in hooks {
        for key in ["id", "name", "entry", "language"] {
            assert!(hook[key].is_string(), "{key}: {hook}");
        }
        assert_eq!(hook["pass_filenames"], false, "the program looks for itself");
        takes(hook["entry"].as_str().unwrap());
    }
}

#[test]
fn every_job_for_gitlab_has_commands_that_are_taken() {
    let jobs = yaml(&text("ci/gitlab-gate.yml"));
    let mut seen = 0;
    for (name, job) in jobs.as_object().unwrap().iter().filter(|(name, _)| name.starts_with("partywall-")) {
        assert_eq!(job["extends"], ".partywall", "{name}");
        let scripts = ["script", "after_script"].iter().filter_map(|key| job[*key].as_array());
        for command in scripts.flatten() {
            takes(command.as_str().unwrap());
            seen += 1;
        }
    }
    assert_eq!(seen, 6);
    assert_eq!(jobs[".partywall"]["allow_failure"]["exit_codes"][0], 3);
}

fn script() -> String {
    let action = yaml(&text("action.yml"));
    assert_eq!(action["runs"]["using"], "composite");
    let steps = action["runs"]["steps"].as_array().unwrap();
    for step in steps {
        let run = step["run"].as_str().unwrap();
        assert!(!run.contains("${{"), "an input is no part of a script: {run}");
        assert_eq!(step["shell"], "bash");
    }
    let used = text("action.yml");
    for input in action["inputs"].as_object().unwrap().keys() {
        assert!(used.contains(&format!("inputs.{input}")), "`{input}` is not used");
    }
    steps.iter().find(|step| step["id"] == "judge").unwrap()["run"].as_str().unwrap().to_owned()
}

#[test]
fn the_action_runs_commands_that_are_taken() {
    let script = script();
    let commands = commands(&script);
    assert_eq!(commands.len(), 4, "{commands:?}");
    commands.into_iter().for_each(takes);
}

/// Runs the action's script as a runner would.
fn act(folder: &Path, inputs: &[(&str, &str)]) -> (i32, String, TempDir) {
    let place = TempDir::new().unwrap();
    let mut command = Command::new("bash");
    command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", &script()]).current_dir(folder);
    command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("RUNNER_TEMP", place.path());
    for (name, file) in [("GITHUB_OUTPUT", "output"), ("GITHUB_STEP_SUMMARY", "summary")] {
        command.env(name, place.path().join(file));
    }
    let defaults = [
        ("BINARY", env!("CARGO_BIN_EXE_partywall")),
        ("PATHS", "."),
        ("CHANGED_SINCE", ""),
        ("FAIL_ON", ""),
        ("ALLOW_INCOMPLETE", "false"),
        ("SECRETS", "true"),
    ];
    command.envs(defaults).envs(inputs.iter().copied());
    let ran = command.stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr);
    (ran.status.code().unwrap(), said, place)
}

#[test]
fn the_action_fails_the_job_for_what_is_found_and_leaves_sarif() {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("a folder")).unwrap();
    let key = "resource \"aws_kms_key\" \"k\" {\n  description = \"k\"\n}\n";
    fs::write(folder.path().join("a folder/main.tf"), key).unwrap();
    let paths = ("PATHS", "\na folder\n");
    let (code, said, place) = act(folder.path(), &[paths, ("FAIL_ON", "low")]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("partywall gate ended with 1") && said.contains("file=a folder/main.tf"), "{said}");
    let sarif = |name: &str| -> Value {
        let text = fs::read_to_string(place.path().join("partywall-sarif").join(name)).unwrap();
        serde_json::from_str(&text).unwrap()
    };
    assert!(!sarif("gate.sarif")["runs"][0]["results"].as_array().unwrap().is_empty());
    assert_eq!(sarif("secrets.sarif")["runs"][0]["results"].as_array().unwrap().len(), 0);
    let summary = fs::read_to_string(place.path().join("summary")).unwrap();
    assert!(summary.contains("## Partywall gate"), "{summary}");
    let output = fs::read_to_string(place.path().join("output")).unwrap();
    assert!(output.starts_with("sarif=") && output.trim_end().ends_with("partywall-sarif"), "{output}");
    let (code, said, _) = act(folder.path(), &[paths]);
    assert_eq!(code, 0, "{said}");
}

#[test]
fn an_incomplete_answer_fails_the_job_unless_that_is_allowed() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("main.tf"), "resource \"aws_kms_key\" \"k\" {\n").unwrap();
    let (code, said, _) = act(folder.path(), &[("SECRETS", "false")]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("partywall gate ended with 3"), "{said}");
    let (code, said, _) = act(folder.path(), &[("ALLOW_INCOMPLETE", "true")]);
    assert_eq!(code, 0, "{said}");
}

#[test]
fn every_command_of_the_guides_about_code_is_taken() {
    let mut seen = 0;
    for page in ["delivery", "gate", "secrets"] {
        let text = text(&format!("docs/guide/{page}.md"));
        for command in commands(&text) {
            takes(command);
            seen += 1;
        }
    }
    assert!(seen > 15, "{seen}");
}
