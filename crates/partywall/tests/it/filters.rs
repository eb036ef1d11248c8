//! Filters: what runs and what is listed, and that no figure looks better for it.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::emulator::repository;
use crate::program::{Partywall, Ran};

fn assess(more: &[&str]) -> Ran {
    let bank = repository().join("examples/bank");
    let fixed = ["assess", bank.to_str().unwrap(), "--no-store", "--no-html"];
    Partywall::new(&[&fixed, more].concat()).run()
}

fn json(more: &[&str]) -> Value {
    let ran = assess(&[&["--format", "json"], more].concat());
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.stderr))
}

fn of<'v>(report: &'v Value, list: &str, field: &str) -> BTreeSet<&'v str> {
    report[list].as_array().unwrap().iter().map(|member| member[field].as_str().unwrap()).collect()
}

/// Every lower end and level of the scores, by place.
fn floors(value: &Value, place: &str, found: &mut Vec<(String, f64, f64)>) {
    match value {
        Value::Object(members) => {
            if let (Some(lo), Some(level)) = (value["lo"].as_f64(), value["level"].as_f64()) {
                found.push((place.to_owned(), lo, level));
            }
            members.iter().for_each(|(name, member)| floors(member, &format!("{place}.{name}"), found));
        }
        Value::Array(members) => {
            members.iter().enumerate().for_each(|(at, member)| {
                floors(member, &format!("{place}[{at}]"), found);
            });
        }
        _ => {}
    }
}

#[test]
fn no_filter_makes_a_figure_better() {
    let all = json(&[]);
    assert_eq!(all["summary"].get("filtered"), None);
    for filter in [
        &["--service", "s3"][..],
        &["--exclude", "s3-*,iam-*,account-*"],
        &["--check", "s3-bucket-public"],
        &["--control", "network"],
        &["--severity", "critical"],
    ] {
        let some = json(filter);
        let (mut before, mut after) = (Vec::new(), Vec::new());
        for part in ["scores", "controls"] {
            floors(&all[part], part, &mut before);
            floors(&some[part], part, &mut after);
        }
        // A layer of which nothing was looked at has no figure of what was; all others stay.
        before.retain(|(place, ..)| {
            let stays = after.iter().any(|(same, ..)| same == place);
            assert!(stays || place.ends_with(".measured"), "{filter:?}: {place} is gone");
            stays
        });
        assert_eq!(before.len(), after.len(), "{filter:?}");
        for ((place, lo, level), (same, lower, floor)) in before.iter().zip(&after) {
            assert_eq!(place, same);
            assert!(*lower <= lo + 1e-9, "{filter:?}: {place} rose from {lo} to {lower}");
            assert!(floor <= level, "{filter:?}: {place} rose from level {level} to {floor}");
        }
        assert_eq!(some["summary"]["filtered"]["asked"][0], filter.join(" "));
        assert_eq!(some["assets"], all["assets"], "who holds what is shown for all");
    }
}

#[test]
fn a_service_s_checks_run_and_no_others() {
    let report = json(&["--service", "S3"]);
    let checks = of(&report, "findings", "check");
    assert!(checks.contains("s3-bucket-public"));
    assert!(!checks.iter().any(|check| check.starts_with("iam-") || check.starts_with("rds-")), "{checks:?}");
    let filtered = &report["summary"]["filtered"];
    assert!(filtered["checks_run"].as_u64() >= Some(checks.len() as u64));
    assert!(filtered["verdicts_left_out"].as_u64() > Some(1_000));
    // What nobody looked at is not measured, and said so.
    let left_out = filtered["controls_not_looked_at"].as_array().unwrap();
    assert!(left_out.contains(&"hosts.patch-management".into()), "{left_out:?}");
    let control =
        report["controls"].as_array().unwrap().iter().find(|c| c["id"] == "hosts.patch-management").unwrap();
    assert_eq!(control["state"], "not-measured");
    let text = assess(&["--service", "S3"]).stdout;
    assert!(text.contains("Filtered: --service S3"), "{text}");
}

#[test]
fn checks_are_named_by_id_or_pattern_and_taken_out_again() {
    let checks = |more: &[&str]| -> Vec<String> {
        let report = json(more);
        of(&report, "findings", "check").into_iter().map(str::to_owned).collect()
    };
    assert_eq!(checks(&["--check", "s3-bucket-public"]), ["s3-bucket-public"]);
    let buckets = checks(&["--check", "s3-bucket-*"]);
    assert!(buckets.len() > 3 && buckets.iter().all(|check| check.starts_with("s3-bucket-")), "{buckets:?}");
    let fewer = checks(&["--check", "s3-bucket-*", "--exclude", "*-public,s3-bucket-acls-enabled"]);
    assert!(!fewer.iter().any(|check| check == "s3-bucket-public"), "{fewer:?}");
    assert!(fewer.len() < buckets.len());
    let network = json(&["--control", "network"]);
    assert!(of(&network, "findings", "control").iter().all(|control| control.starts_with("network.")));
}

#[test]
fn what_is_not_listed_counts_and_does_not_decide_the_exit_code() {
    let (all, critical) = (json(&[]), json(&["--severity", "critical"]));
    assert!(of(&critical, "findings", "severity").iter().all(|severity| *severity == "critical"));
    assert!(of(&critical, "fixes", "severity").iter().all(|severity| *severity == "critical"));
    assert_eq!(critical["scores"], all["scores"], "all were judged");
    let hidden = critical["summary"]["filtered"]["verdicts_not_listed"].as_u64().unwrap() as usize;
    let count = |report: &Value| report["findings"].as_array().unwrap().len();
    assert_eq!(count(&critical) + hidden, count(&all));
    // The bank has high failures of this control, and none that is critical.
    let code = |more: &[&str]| {
        assess(&[&["--check", "s3-bucket-access-log-off", "-o", "/dev/null"], more].concat()).code
    };
    let severity = all["findings"].as_array().unwrap().iter();
    let severity = severity
        .filter(|f| f["check"] == "s3-bucket-access-log-off" && f["verdict"] == "fail")
        .find_map(|f| f["severity"].as_str())
        .unwrap();
    assert_eq!(code(&["--fail-on", severity]), 1);
    assert_ne!(code(&["--fail-on", severity, "--severity", "critical"]), 1);
}

#[test]
fn a_filtered_run_is_no_part_of_the_history() {
    let place = tempfile::tempdir().unwrap();
    let store = place.path().join("history.db");
    let bank = repository().join("examples/bank");
    let fixed = ["assess", bank.to_str().unwrap(), "--format", "csv", "--store", store.to_str().unwrap()];
    let rows = |more: &[&str]| {
        Partywall::new(&[&fixed, more].concat()).run();
        std::fs::metadata(&store).unwrap().len()
    };
    let empty = rows(&["--service", "s3"]);
    assert_eq!(rows(&["--severity", "high"]), empty);
    assert!(rows(&[]) > empty);
}

#[test]
fn a_filter_that_names_nothing_says_what_was_meant() {
    for (filter, hints) in [
        (["--check", "s3-bucket-publik"], ["`s3-bucket-publik`", "s3-bucket-public"]),
        (["--exclude", "s4-*"], ["`s4-*`", "checks list"]),
        (["--service", "lamda"], ["`lamda`", "lambda"]),
        (["--control", "netwerk"], ["`netwerk`", "network"]),
        (["--control", "network.network-protektion"], ["`network.network-protektion`", "network.network-"]),
        (["--severity", "terrible"], ["terrible", "critical"]),
        (["--exclude", "*"], ["leave no check", "checks list"]),
    ] {
        let verbs = [assess(&filter), Partywall::new(&[&["checks", "list"], &filter[..]].concat()).run()];
        for ran in verbs {
            assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{filter:?}: {}", ran.stderr);
            for hint in hints {
                assert!(ran.stderr.contains(hint), "{filter:?}: no `{hint}` in {}", ran.stderr);
            }
        }
    }
}

#[test]
fn the_list_of_checks_takes_the_same_filters() {
    let list = |more: &[&str]| {
        let ran = Partywall::new(&[&["checks", "list", "--format", "json"], more].concat()).run();
        let list: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
        list["checks"].as_array().unwrap().clone()
    };
    let critical = list(&["--service", "iam", "--severity", "critical"]);
    assert!(!critical.is_empty() && critical.iter().all(|check| check["severity"] == "critical"));
    assert!(list(&["--service", "iam"]).len() > critical.len());
}

#[test]
fn quiet_is_quiet() {
    let bank = repository().join("examples/bank");
    let place = tempfile::tempdir().unwrap();
    let page = place.path().join("page.html");
    // Nowhere to keep a history either, about which there would be a remark.
    for arguments in [
        vec!["assess", bank.to_str().unwrap(), "--html", page.to_str().unwrap()],
        vec!["assess", bank.to_str().unwrap(), "--format", "markdown"],
        vec!["who", "AWS::S3::Bucket"],
        vec!["checks", "list"],
        vec!["aws", "policy"],
        vec!["completions", "bash"],
        vec!["man"],
    ] {
        let ran = Partywall::new(&[&arguments[..], &["--quiet"]].concat()).run();
        assert_eq!(ran.stderr, "", "{arguments:?}");
        assert!(!ran.stdout.is_empty(), "{arguments:?}");
    }
    assert!(page.is_file());
}
