//! The forms for other tools, over the example bank and over names that try to do harm, read by programs that
//! are not ours: pydantic models of OCSF and SARIF, botocore and moto for Security Hub, Python's CSV reader
//! and a reader of Markdown.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::Value;

use crate::emulator::{python, repository};
use crate::hostile::harmful_evidence;
use crate::program::Partywall;

/// Fingerprint → verdict of every finding of the bank, by the JSON form.
static VERDICTS: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let text = report(&repository().join("examples/bank"), "json");
    verdicts(&serde_json::from_str(&text).unwrap())
});

fn verdicts(report: &Value) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let findings = report["findings"].as_array().unwrap().iter();
    findings.map(|finding| (text(&finding["fingerprint"]), text(&finding["verdict"]))).collect()
}

fn report(evidence: &Path, form: &str) -> String {
    let arguments = ["assess", evidence.to_str().unwrap(), "--no-store", "--quiet", "--format", form];
    let ran = Partywall::new(&arguments).run();
    assert_eq!(ran.stderr, "");
    assert!([0, 1, 3].contains(&ran.code), "{}", ran.code);
    ran.stdout
}

/// What somebody else's program finds in a form: fingerprint and the form's word, each once.
fn read_by_others(form: &str, evidence: &Path) -> BTreeMap<String, String> {
    let place = tempfile::tempdir().unwrap();
    let file: PathBuf = place.path().join(form);
    std::fs::write(&file, report(evidence, form)).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/readers.py");
    let python = python();
    let output = Command::new(&python)
        .args([script.as_os_str(), form.as_ref(), file.as_os_str()])
        .output()
        .unwrap_or_else(|error| panic!("`{}` cannot be started: {error}", python.display()));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{form}: {said}\n(what the reader needs stands in xtask/requirements.txt; `cargo xtask test` installs it)"
    );
    let found: Vec<(String, String)> = serde_json::from_slice(&output.stdout).unwrap();
    let count = found.len();
    let found: BTreeMap<String, String> = found.into_iter().collect();
    if form != "markdown" {
        assert_eq!(found.len(), count, "{form}: something is told twice");
    }
    found
}

/// The bank in a form says of each verdict what these words say, and nothing else.
fn tells(form: &str, words: &[(&str, &str)]) {
    let expected: BTreeMap<String, String> = VERDICTS
        .iter()
        .filter_map(|(print, verdict)| {
            let (_, word) = words.iter().find(|(known, _)| known == verdict)?;
            Some((print.clone(), (*word).to_owned()))
        })
        .collect();
    assert!(expected.values().any(|word| *word != expected[expected.keys().next().unwrap()]));
    let found = read_by_others(form, &repository().join("examples/bank"));
    let missing = expected.iter().find(|(print, word)| found.get(*print) != Some(word));
    assert_eq!(missing, None, "{form} says {:?}", missing.and_then(|(print, _)| found.get(print)));
    assert_eq!(found.len(), expected.len(), "{form} says more than there is");
}

#[test]
fn csv_has_every_verdict_of_the_bank() {
    let words = ["pass", "fail", "unknown", "manual", "not-applicable"].map(|word| (word, word));
    tells("csv", &words);
}

#[test]
fn sarif_has_every_failure_and_open_question_of_the_bank() {
    tells("sarif", &[("fail", "fail"), ("unknown", "open"), ("manual", "review")]);
}

#[test]
fn ocsf_has_every_verdict_of_the_bank() {
    tells("ocsf", &[("pass", "Pass"), ("fail", "Fail"), ("unknown", "Unknown"), ("manual", "Warning")]);
}

#[test]
fn asff_has_every_verdict_of_the_bank_and_security_hub_takes_it() {
    let words = [("pass", "PASSED"), ("fail", "FAILED"), ("unknown", "NOT_AVAILABLE"), ("manual", "WARNING")];
    tells("asff", &words);
}

#[test]
fn markdown_names_the_worst_of_the_bank() {
    let named = read_by_others("markdown", &repository().join("examples/bank"));
    for check in ["s3-bucket-public", "account-root-without-mfa", "iam-role-assumable-by-anyone"] {
        assert!(named.contains_key(check), "{check} is not among {:?}", named.keys());
    }
}

#[test]
fn harmful_names_are_harmless_in_every_form() {
    let place = tempfile::tempdir().unwrap();
    let folder = harmful_evidence(place.path());
    let all = verdicts(&serde_json::from_str(&report(&folder, "json")).unwrap());
    let fails = |words: &BTreeMap<String, String>, fail: &str| words.values().filter(|w| *w == fail).count();
    assert!(fails(&all, "fail") > 5);
    for (form, fail) in [("csv", "fail"), ("sarif", "fail"), ("ocsf", "Fail"), ("asff", "FAILED")] {
        assert_eq!(fails(&read_by_others(form, &folder), fail), fails(&all, "fail"), "{form}");
        let text = report(&folder, form);
        let steers = |c: char| c.is_control() && !matches!(c, '\n' | '\r');
        assert_eq!(text.chars().find(|c| steers(*c)), None, "{form}");
    }
    read_by_others("markdown", &folder);
}

#[test]
fn a_waived_failure_is_accepted_in_every_form_and_no_pass() {
    let bank = repository().join("examples/bank");
    let all: Value = serde_json::from_str(&report(&bank, "json")).unwrap();
    let failing =
        |finding: &&Value| finding["check"] == "account-root-without-mfa" && finding["verdict"] == "fail";
    let waived = all["findings"].as_array().unwrap().iter().find(failing).unwrap();
    let print = waived["fingerprint"].as_str().unwrap();
    let place = tempfile::tempdir().unwrap();
    let settings = place.path().join("partywall.yaml");
    let text = format!(
        "waivers: [{{ check: account-root-without-mfa, fingerprint: {print}, owner: security, \
         reason: a test, until: 2999-01-01 }}]\n"
    );
    std::fs::write(&settings, text).unwrap();
    let written = |form: &str| {
        let arguments = ["assess", bank.to_str().unwrap(), "--no-store", "--format", form, "--config"];
        Partywall::new(&[&arguments[..], &[settings.to_str().unwrap()]].concat()).run().stdout
    };
    let exempt: Value = serde_json::from_str(&written("json")).unwrap();
    let exempt: Vec<&Value> = exempt["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["exempt"].is_object())
        .collect();
    let [finding] = exempt.as_slice() else { panic!("{exempt:?}") };
    assert_eq!(finding["fingerprint"], print);
    let line_of = |text: &str| text.lines().find(|line| line.contains(print)).unwrap().to_owned();
    assert!(line_of(&written("csv")).contains(",exempt,"));
    let event = line_of(&written("ocsf"));
    assert!(event.contains("\"status\":\"Suppressed\"") && event.contains("\"status_id\":3"), "{event}");
    let hub = line_of(&written("asff"));
    assert!(hub.contains("\"Status\":\"SUPPRESSED\"") && hub.contains("\"Status\":\"FAILED\""), "{hub}");
    let sarif: Value = serde_json::from_str(&written("sarif")).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let suppressed: Vec<&Value> =
        results.iter().filter(|result| result["suppressions"][0]["status"] == "accepted").collect();
    let [result] = suppressed.as_slice() else { panic!("{suppressed:?}") };
    assert_eq!(result["partialFingerprints"]["partywall/v1"], print);
}
