//! The recorded estate of the example bank, through the program: what is reported, in which forms, and how it ends.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::Value;

use crate::emulator::repository;
use crate::program::{Partywall, Ran};

fn bank() -> PathBuf {
    repository().join("examples/bank")
}

fn assess(more: &[&str]) -> Ran {
    let bank = bank();
    Partywall::new(&[&["assess", bank.to_str().unwrap()], more].concat()).run()
}

/// The JSON of an assessment without history.
fn json(more: &[&str]) -> Value {
    let ran = assess(&[&["--no-store", "--format", "json"], more].concat());
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.stderr))
}

static BANK: LazyLock<(Ran, Value)> = LazyLock::new(|| {
    let ran = assess(&["--no-store", "--no-html", "--format", "json"]);
    let report = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.stderr));
    (ran, report)
});

fn items<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value[name].as_array().unwrap_or_else(|| panic!("`{name}` is no list"))
}

/// The assets on which a check fails.
fn failing<'v>(report: &'v Value, check: &str) -> Vec<&'v str> {
    let failing = items(report, "findings").iter().filter(|f| f["check"] == check && f["verdict"] == "fail");
    failing.map(|finding| finding["asset"].as_str().unwrap()).collect()
}

#[test]
fn the_bank_has_findings_and_the_size_that_was_promised() {
    let (ran, report) = &*BANK;
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert_eq!(report["format"], "partywall-report/1");
    let seen: Vec<&Value> =
        items(report, "assets").iter().filter(|asset| asset["placeholder"] == false).collect();
    let distinct = |name: &str| seen.iter().filter_map(|asset| asset[name].as_str()).collect::<BTreeSet<_>>();
    assert!(seen.len() >= 250, "{} assets", seen.len());
    assert!(distinct("kind").len() >= 30, "{:?}", distinct("kind"));
    assert_eq!(distinct("account").len(), 3);
    let regions: BTreeSet<&str> =
        distinct("region").into_iter().filter(|region| *region != "global").collect();
    assert_eq!(regions, BTreeSet::from(["eu-west-1", "us-east-1"]));
    assert_eq!(report["problems"], Value::Array(Vec::new()));
}

#[test]
fn every_asset_has_one_line_with_a_holder_for_each_of_the_45_controls() {
    let (_, report) = &*BANK;
    let controls: BTreeSet<&str> =
        items(report, "controls").iter().map(|control| control["id"].as_str().unwrap()).collect();
    assert_eq!(controls.len(), 45);
    let holders = BTreeSet::from([
        "provider",
        "customer",
        "shared-independent",
        "shared-dependent",
        "third-party",
        "not-applicable",
        "unknown",
    ]);
    let mut lines: BTreeMap<(u64, &str), usize> = BTreeMap::new();
    let mut unknown = 0;
    for line in items(report, "lines") {
        let (holder, control) = (line["holder"].as_str().unwrap(), line["control"].as_str().unwrap());
        assert!(holders.contains(holder), "{holder}");
        assert!(controls.contains(control), "{control}");
        for asset in items(line, "assets") {
            *lines.entry((asset.as_u64().unwrap(), control)).or_default() += 1;
            unknown += u64::from(holder == "unknown");
        }
    }
    let assets = items(report, "assets").len();
    assert_eq!(lines.len(), assets * controls.len());
    assert!(lines.values().all(|count| *count == 1));
    assert!(
        (0..assets as u64).all(|asset| controls.iter().all(|control| lines.contains_key(&(asset, control))))
    );
    assert!(unknown > 0, "the emulator leaves something open");
    assert_eq!(report["summary"]["lines"]["unknown"], unknown);
}

#[test]
fn each_step_of_the_breach_of_2019_is_found() {
    let (_, report) = &*BANK;
    let asset = |id: &str| items(report, "assets").iter().find(|asset| asset["id"] == id).unwrap();
    // A firewall host that the internet reaches answers the first version of the metadata service,
    let host = failing(report, "ec2-instance-metadata-v1")
        .into_iter()
        .find(|id| asset(id)["name"].as_str().is_some_and(|name| name.contains("waf")))
        .expect("the firewall's host");
    assert_eq!(asset(host)["exposed"], true);
    assert_eq!(asset(host)["sensitivity"], "high");
    // its role reads every bucket,
    let roles = failing(report, "iam-instance-role-reads-all-buckets");
    assert!(roles.iter().any(|id| id.ends_with("-WAF-Role")), "{roles:?}");
    // the rules against forged requests only count, and nobody would read of it,
    let counting = failing(report, "wafv2-ssrf-rules-only-count");
    assert_eq!(counting.len(), 1, "{counting:?}");
    assert!(failing(report, "wafv2-logging-off").contains(&counting[0]));
    // and the bucket of card applications has neither a block on public access nor a log of who reads it.
    for check in
        ["s3-bucket-block-public-access-off", "s3-bucket-access-log-off", "s3-bucket-tls-not-required"]
    {
        let buckets = failing(report, check);
        assert!(buckets.iter().any(|id| id.ends_with("-card-applications")), "{check}: {buckets:?}");
    }
}

#[test]
fn what_the_leading_scanner_missed_is_found() {
    let (_, report) = &*BANK;
    for (check, role) in [
        ("iam-role-assumable-by-anyone", "role/partner-file-pickup"),
        ("iam-role-vendor-without-external-id", "role/fraud-vendor"),
        ("iam-admin-role-oidc-subject-open", "role/workflows-deploy"),
    ] {
        let roles = failing(report, check);
        assert!(roles.iter().any(|id| id.ends_with(role)), "{check}: {roles:?}");
    }
    // Those that are as they should be stay unblamed.
    let careful = failing(report, "iam-role-vendor-without-external-id");
    assert!(!careful.iter().any(|id| id.ends_with("role/cost-vendor")), "{careful:?}");
    for check in ["iam-admin-role-oidc-subject-open", "iam-role-oidc-subject-open"] {
        let open = failing(report, check);
        assert!(!open.iter().any(|id| id.ends_with("role/workflows-site-release")), "{open:?}");
    }
}

#[test]
fn two_runs_give_the_same_bytes() {
    let (first, _) = &*BANK;
    assert!(first.stdout == assess(&["--no-store", "--no-html", "--format", "json"]).stdout);
    let text = || assess(&["--no-store", "--no-html"]).stdout;
    assert!(text() == text());
    let html = || assess(&["--no-store", "--format", "html"]).stdout;
    assert!(html() == html());
}

#[test]
fn the_text_steers_no_terminal() {
    let ran = assess(&["--no-store", "--no-html", "--color", "never"]);
    assert_eq!(ran.code, 1);
    for part in ["Who holds what", "Worst findings", "Incomplete"] {
        assert!(ran.stdout.contains(part), "no `{part}` in {}", ran.stdout);
    }
    let unseen = |text: &str| text.chars().find(|c| c.is_control() && *c != '\n');
    assert_eq!(unseen(&ran.stdout), None);
    assert_eq!(unseen(&ran.stderr), None);
    assert!(!ran.stdout.contains("\\u{"), "a line break was written out as a code");
    let coloured = assess(&["--no-store", "--no-html", "--color", "always"]).stdout;
    assert!(coloured.contains('\u{1b}'));
}

#[test]
fn no_color_is_honoured_on_a_terminal() {
    let on_terminal = |no_color: &str| {
        let command = format!("'{}' checks list", env!("CARGO_BIN_EXE_partywall"));
        let output = Command::new("script")
            .args(["--quiet", "--return", "--command", &command, "/dev/null"])
            .env("NO_COLOR", no_color)
            .env("TERM", "xterm-256color")
            .output()
            .unwrap_or_else(|error| panic!("`script` of util-linux stands for a terminal here: {error}"));
        assert!(output.status.success());
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    assert!(on_terminal("").contains("\u{1b}["));
    assert!(!on_terminal("1").contains('\u{1b}'));
}

#[test]
fn the_page_lies_where_it_was_asked_for_and_loads_nothing_from_elsewhere() {
    let place = tempfile::tempdir().unwrap();
    let page = place.path().join("page.html");
    let ran = assess(&["--no-store", "--html", page.to_str().unwrap()]);
    assert!(ran.stderr.contains(page.to_str().unwrap()), "{}", ran.stderr);
    let page = fs::read_to_string(page).unwrap();
    assert!(page.trim_start().starts_with("<!DOCTYPE html>"));
    loads_nothing(&page);
    let quiet = place.path().join("none");
    fs::create_dir(&quiet).unwrap();
    let bank = fs::canonicalize(bank()).unwrap();
    Partywall::new(&["assess", bank.to_str().unwrap(), "--no-store", "--no-html"]).within(&quiet).run();
    assert_eq!(fs::read_dir(&quiet).unwrap().count(), 0);
    Partywall::new(&["assess", bank.to_str().unwrap(), "--no-store"]).within(&quiet).run();
    assert!(quiet.join("report.html").is_file());
}

/// Links may be followed by a person; nothing is fetched by the page.
fn loads_nothing(page: &str) {
    let lower = page.to_lowercase();
    for loading in [
        " src=",
        "<link",
        "@import",
        "url(http",
        "url(//",
        "url(\"http",
        "<iframe",
        "<object",
        "<embed",
        "fetch(",
        "xmlhttprequest",
    ] {
        assert!(!lower.contains(loading), "`{loading}` in the page");
    }
}

#[test]
fn who_lists_45_controls_for_a_kind_and_for_an_asset_in_both_forms() {
    let (_, report) = &*BANK;
    let bucket = items(report, "assets")
        .iter()
        .filter(|asset| asset["kind"] == "AWS::S3::Bucket")
        .find_map(|asset| asset["id"].as_str())
        .unwrap();
    let mut controls: Vec<&str> =
        items(report, "controls").iter().map(|control| control["id"].as_str().unwrap()).collect();
    controls.sort_unstable();
    let bank = bank();
    for subject in [vec!["AWS::Lambda::Function"], vec![bucket, "--in", bank.to_str().unwrap()]] {
        let ask = |form: &str| Partywall::new(&[&["who"], &subject[..], &["--format", form]].concat()).run();
        let json = ask("json");
        assert_eq!(json.code, 0, "{}", json.stderr);
        let answer: Value = serde_json::from_str(&json.stdout).unwrap();
        let mut answered: Vec<&str> =
            items(&answer, "controls").iter().map(|line| line["control"].as_str().unwrap()).collect();
        answered.sort_unstable();
        assert_eq!(answered, controls);
        assert!(items(&answer, "controls").iter().all(|line| line["holder"].is_string()));
        let text = ask("text");
        assert_eq!(text.code, 0, "{}", text.stderr);
        for control in items(report, "controls") {
            let title = control["title"].as_str().unwrap();
            assert!(text.stdout.contains(title), "no `{title}` for {subject:?} in {}", text.stdout);
        }
    }
}

#[test]
fn every_check_is_listed_and_explained() {
    let listed = Partywall::new(&["checks", "list", "--format", "json"]).run();
    assert_eq!(listed.code, 0);
    let list: Value = serde_json::from_str(&listed.stdout).unwrap();
    let ids: Vec<&str> = items(&list, "checks").iter().map(|check| check["id"].as_str().unwrap()).collect();
    assert!(ids.len() >= 60, "{}", ids.len());
    let text = Partywall::new(&["checks", "list"]).run().stdout;
    for id in ids {
        assert!(text.contains(id), "{id} is not in the text");
        let explained = Partywall::new(&["checks", "explain", id]).run();
        assert_eq!(explained.code, 0, "{id}: {}", explained.stderr);
        assert!(explained.stdout.contains(id));
    }
}

#[test]
fn what_is_not_known_ends_with_2_and_a_hint() {
    let place = tempfile::tempdir().unwrap();
    let settings = place.path().join("partywall.yaml");
    fs::write(&settings, "organisation: x\nownerz: { apps: web }\n").unwrap();
    let empty = place.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let (settings, empty, bank) = (settings.to_str().unwrap(), empty.to_str().unwrap(), bank());
    let bank = bank.to_str().unwrap();
    for (arguments, hints) in [
        (vec!["checks", "explain", "s3-bucket-publik"], vec!["`s3-bucket-publik`", "s3-bucket-public"]),
        (vec!["checks", "list", "--control", "nowhere"], vec!["checks list"]),
        (vec!["who", "AWS::S3::Buckett"], vec!["`AWS::S3::Buckett`", "AWS::S3::Bucket,"]),
        (vec!["who", "no-such-asset", "--in", bank], vec!["`no-such-asset`", "assets"]),
        (vec!["assess", empty], vec!["not an evidence folder", "--save"]),
        (vec!["assess", "no/such/folder"], vec!["no/such/folder", "not an evidence folder"]),
        (vec!["assess", bank, "--no-store", "--config", settings], vec![":2:", "`ownerz`", "`owners`"]),
        (vec!["assess", bank, "--no-store", "--now", "yesterday"], vec!["`yesterday`", "today"]),
        (vec!["assess", bank, "--save", "x"], vec!["`--save`", "`aws`"]),
        (vec!["assess", bank, "--fail-on", "dreadful"], vec!["dreadful", "critical"]),
        (vec!["asess"], vec!["asess", "assess"]),
    ] {
        let ran = Partywall::new(&arguments).run();
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.stderr);
        assert_eq!(ran.stdout, "", "{arguments:?}");
        for hint in hints {
            assert!(ran.stderr.contains(hint), "{arguments:?}: no `{hint}` in {}", ran.stderr);
        }
    }
}

#[test]
fn fail_on_and_strict_decide_the_exit_code() {
    let code =
        |more: &[&str]| assess(&[&["--no-store", "--format", "json", "-o", "/dev/null"], more].concat()).code;
    assert_eq!(code(&["--fail-on", "critical"]), 1);
    assert_eq!(code(&["--fail-on", "info"]), 1);
    assert_eq!(code(&["--strict"]), 3, "the emulator could not answer everything");

    // With every critical failure accepted for a time, only what was not seen remains at that threshold.
    let place = tempfile::tempdir().unwrap();
    let settings = place.path().join("partywall.yaml");
    let (_, report) = &*BANK;
    let mut text = "waivers:\n".to_owned();
    let critical = items(report, "findings")
        .iter()
        .filter(|finding| finding["verdict"] == "fail" && finding["severity"] == "critical");
    for finding in critical {
        text.push_str(&format!(
            "  - {{ check: {}, fingerprint: {}, owner: security, reason: a test, until: 2999-01-01 }}\n",
            finding["check"], finding["fingerprint"]
        ));
    }
    fs::write(&settings, text).unwrap();
    let settings = settings.to_str().unwrap();
    assert_eq!(code(&["--fail-on", "critical", "--config", settings]), 3);
    assert_eq!(code(&["--fail-on", "high", "--config", settings]), 1);
}

#[test]
fn evidence_is_judged_at_its_own_time_unless_another_is_asked_for() {
    let (_, report) = &*BANK;
    assert_eq!(report["judged_at"], report["evidence"]["collected_to"]);
    let later = json(&["--now", "2031-05-01"]);
    assert_eq!(later["judged_at"], "2031-05-01T23:59:59Z");
    let stale = |report: &Value| items(report, "findings").iter().filter(|f| f["stale"] == true).count();
    assert_eq!(stale(report), 0);
    assert!(stale(&later) > 100, "evidence of years ago is stale");
    let today = json(&["--now", "today"]);
    assert!(today["judged_at"].as_str() > report["judged_at"].as_str());
}

#[test]
fn a_history_remembers_since_when_something_is_open_and_changes_no_verdict() {
    let place = tempfile::tempdir().unwrap();
    let store = place.path().join("history.db");
    // Evidence stays fresh for long, so that age alone does not make it stale.
    let settings = place.path().join("partywall.yaml");
    fs::write(&settings, "valid_for: { cloud: 4000 }\n").unwrap();
    let patient = ["--config", settings.to_str().unwrap()];
    let run = |more: &[&str]| {
        let history = ["--format", "json", "--store", store.to_str().unwrap()];
        let ran = assess(&[&history, &patient[..], more].concat());
        assert_eq!(ran.code, 1, "{}", ran.stderr);
        serde_json::from_str::<Value>(&ran.stdout).unwrap()
    };
    let (first, second) = (run(&[]), run(&[]));
    assert!(store.is_file());
    let verdicts = |report: &Value| -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        items(report, "findings").iter().map(|f| (text(&f["fingerprint"]), text(&f["verdict"]))).collect()
    };
    assert_eq!(verdicts(&first), verdicts(&second));

    let overdue = |report: &Value| items(report, "findings").iter().filter(|f| f["overdue"] == true).count();
    assert_eq!(overdue(&second), 0);
    let later = run(&["--now", "2027-12-01"]);
    assert!(overdue(&later) > 0, "what is open for a year is overdue");
    let forgetful = json(&[&patient[..], &["--now", "2027-12-01"]].concat());
    assert_eq!(overdue(&forgetful), 0, "without a history nobody knows");
}

#[test]
fn the_history_lies_in_the_users_data_folder_unless_none_is_wanted() {
    let place = tempfile::tempdir().unwrap();
    let bank = bank();
    let run = |more: &[&str]| {
        let arguments = [&["assess", bank.to_str().unwrap(), "--format", "json"], more].concat();
        Partywall::new(&arguments).env("XDG_DATA_HOME", place.path().to_str().unwrap()).run()
    };
    run(&["--no-store"]);
    let file: &Path = &place.path().join("partywall/history.db");
    assert!(!file.exists());
    run(&[]);
    assert!(file.is_file());
}
