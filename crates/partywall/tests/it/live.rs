//! A live account: what is read, what is kept of it, and what never leaves the process.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use partywall_aws::action_of;
use serde_json::Value;

use crate::emulator::{EMULATOR, SECRET};
use crate::memory::{Balky, Port, Reciter};
use crate::program::{Partywall, Ran};
use crate::refusal::{RECORDED, REGION};
use crate::report::Report;

/// Assesses the small estate, answered from memory.
fn assess(reciter: &Arc<Reciter>, more: &[&str]) -> Ran {
    let port = Port::open(Arc::clone(reciter));
    Partywall::new(&[&["assess", "aws", "--no-store"], more].concat())
        .against(&port.url(), &EMULATOR.credentials, REGION)
        .run()
}

fn reciter() -> Arc<Reciter> {
    Reciter::new(&RECORDED.memory, None)
}

#[test]
fn kept_evidence_gives_the_same_report_later() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("evidence");
    let folder = folder.to_str().unwrap();
    let json = ["--no-store", "--format", "json"];
    // Against the emulator itself, with the gaps that it has.
    let live = Partywall::new(
        &[&["assess", "aws", "--regions", "eu-west-1,us-east-1", "--save", folder], &json[..]].concat(),
    )
    .against(&EMULATOR.url(), &EMULATOR.credentials, REGION)
    .run();
    assert_eq!(live.code, 1, "{}", live.stderr);
    let later = Partywall::new(&[&["assess", folder], &json[..]].concat()).run();
    assert_eq!(later.code, 1, "{}", later.stderr);
    assert!(live.stdout == later.stdout, "the two reports differ");
    let report = Report::read(live.stdout.as_bytes());
    assert!(report.assets.len() > 100, "{}", report.assets.len());
}

#[test]
fn only_the_regions_that_are_named_are_asked() {
    let reciter = reciter();
    let ran = assess(&reciter, &["--regions", REGION, "--format", "json"]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["evidence"]["regions"], serde_json::json!([REGION]));
    // The others are named, with the reason.
    let left_out = report["evidence"]["regions_not_scanned"].as_array().unwrap();
    assert!(left_out.iter().all(|entry| entry["why"]["kind"] == "not-read" && entry["region"] != REGION));
    assert!(left_out.iter().any(|entry| entry["region"] == "us-east-1"), "{left_out:?}");
    let asked = reciter.asked();
    let elsewhere: Vec<_> = asked
        .iter()
        .filter(|(operation, region)| operation.starts_with("ec2:") && region != REGION)
        .collect();
    assert!(elsewhere.is_empty(), "{elsewhere:?}");
    let assets = report["assets"].as_array().unwrap();
    let is_elsewhere = |asset: &Value| asset["kind"] == "AWS::EC2::Volume" && asset["region"] == "us-east-1";
    assert!(!assets.iter().any(is_elsewhere));
}

#[test]
fn the_policy_allows_every_operation_that_is_asked_and_nothing_else_than_reading() {
    let reciter = reciter();
    assert_eq!(assess(&reciter, &["--format", "json"]).code, 1);
    let printed = Partywall::new(&["aws", "policy"]).run();
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    let policy: Value = serde_json::from_str(&printed.stdout).unwrap();
    let mut allowed = BTreeSet::new();
    for statement in policy["Statement"].as_array().unwrap() {
        assert_eq!(statement["Effect"], "Allow");
        for action in statement["Action"].as_array().unwrap() {
            allowed.insert(action.as_str().unwrap().to_owned());
        }
    }
    let asked = reciter.asked();
    assert!(asked.len() > 150, "{}", asked.len());
    for (operation, _) in asked {
        let (service, name) = operation.split_once(':').unwrap();
        let action = action_of(service, name);
        // Who one is may always be asked.
        assert!(allowed.contains(&action) || action == "sts:GetCallerIdentity", "{action} is not allowed");
    }
    for action in &allowed {
        assert!(!action.contains('*'), "{action}");
        let verb = action.split_once(':').unwrap().1;
        // API Gateway names the method.
        let reads = ["Get", "List", "Describe", "Generate", "BatchGet", "GET"];
        assert!(reads.iter().any(|read| verb.starts_with(read)), "{action}");
    }
}

#[test]
fn planted_secrets_are_found_and_kept_nowhere() {
    let recorded = &*RECORDED;
    let heard = recorded.memory.exchanges.values().filter(|exchange| {
        let text = String::from_utf8_lossy(&exchange.reply.body);
        text.contains(SECRET) || encoded_secret(&text)
    });
    let heard: BTreeSet<&str> = heard.map(|exchange| exchange.operation.as_str()).collect();
    assert_eq!(heard, BTreeSet::from(["ec2:DescribeInstanceAttribute", "lambda:ListFunctions"]));

    let place = tempfile::tempdir().unwrap();
    let (folder, page) = (place.path().join("evidence"), place.path().join("page.html"));
    let text = assess(&reciter(), &["--save", folder.to_str().unwrap(), "--html", page.to_str().unwrap()]);
    let json = Partywall::new(&["assess", folder.to_str().unwrap(), "--no-store", "--format", "json"]).run();
    let report = Report::read(json.stdout.as_bytes());
    for check in ["ec2-instance-user-data-secret", "lambda-environment-secret"] {
        assert!(
            report.findings.iter().any(|finding| finding.check == check && finding.verdict == "fail"),
            "{check} fails nowhere"
        );
    }
    let mut kept = vec![
        ("the text".to_owned(), text.stdout),
        ("standard error".to_owned(), text.stderr),
        ("the JSON".to_owned(), json.stdout),
        ("the page".to_owned(), fs::read_to_string(&page).unwrap()),
    ];
    for file in files(&folder) {
        let mut content = String::new();
        match file.extension().is_some_and(|ending| ending == "zst") {
            true => zstd::Decoder::new(File::open(&file).unwrap()).unwrap().read_to_string(&mut content),
            false => File::open(&file).unwrap().read_to_string(&mut content),
        }
        .unwrap();
        kept.push((file.display().to_string(), content));
    }
    assert!(kept.len() > 8, "{} places", kept.len());
    for (place, content) in kept {
        assert!(!content.contains(SECRET) && !encoded_secret(&content), "a secret is in {place}");
    }
}

/// Whether a base64 word of a text holds the secret.
fn encoded_secret(text: &str) -> bool {
    let is_code = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
    text.split(|c: char| !is_code(c))
        .filter(|word| word.len() >= SECRET.len())
        .any(|word| STANDARD.decode(word).is_ok_and(|bytes| String::from_utf8_lossy(&bytes).contains(SECRET)))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn a_folder_that_is_there_already_is_refused_before_anything_is_asked() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("precious"), "mine").unwrap();
    let reciter = reciter();
    let ran = assess(&reciter, &["--save", place.path().to_str().unwrap()]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("exists already"), "{}", ran.stderr);
    assert!(reciter.asked().is_empty(), "{:?}", reciter.asked());
    assert_eq!(fs::read_to_string(place.path().join("precious")).unwrap(), "mine");
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
}

#[test]
fn an_endpoint_where_nobody_answers_is_a_clear_error_soon() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let began = Instant::now();
    let ran = Partywall::new(&["assess", "aws", "--no-store"])
        .against(&format!("http://{free}"), &EMULATOR.credentials, REGION)
        .run();
    assert!(began.elapsed() < Duration::from_secs(60), "it took {:?}", began.elapsed());
    assert_eq!(ran.code, 2);
    assert_eq!(ran.stdout, "");
    for word in ["sts:GetCallerIdentity", "ConnectionFailed", REGION] {
        assert!(ran.stderr.contains(word), "no `{word}` in {}", ran.stderr);
    }
}

#[test]
fn ctrl_c_before_anything_is_known_leaves_nothing_behind() {
    // A server that takes the connection and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let mut held = None;
    let place = tempfile::tempdir().unwrap();
    let target = place.path().join("evidence");
    let ran = Partywall::new(&["assess", "aws", "--no-store", "--save", target.to_str().unwrap()])
        .against(&url, &EMULATOR.credentials, REGION)
        .interrupted(|| held = Some(silent.accept().unwrap()));
    assert!(held.is_some());
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.contains("interrupted"), "{}", ran.stderr);
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
}

/// Runs until nothing but what never comes is waited for, and then presses Ctrl-C.
fn interrupted(silent_on: &'static str, more: &[&str]) -> Ran {
    let balky = Balky::new(reciter(), silent_on);
    let port = Port::open(Arc::clone(&balky));
    let ran = Partywall::new(&[&["assess", "aws", "--no-store", "--format", "json"], more].concat())
        .against(&port.url(), &EMULATOR.credentials, REGION)
        .interrupted(|| balky.wait_until_idle());
    balky.release();
    ran
}

#[test]
fn ctrl_c_while_an_account_is_read_ends_with_a_report_that_says_so() {
    let temporary = tempfile::tempdir().unwrap();
    let balky = Balky::new(reciter(), "s3:GetBucketAcl");
    let port = Port::open(Arc::clone(&balky));
    let ran = Partywall::new(&["assess", "aws", "--no-store", "--format", "json"])
        .against(&port.url(), &EMULATOR.credentials, REGION)
        .env("TMPDIR", temporary.path().to_str().unwrap())
        .interrupted(|| balky.wait_until_idle());
    balky.release();
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["evidence"]["complete"], false);
    let reasons = report["incomplete"]["reasons"].to_string();
    assert!(reasons.contains("cut short"), "{reasons}");
    assert!(ran.stderr.contains("interrupted"), "{}", ran.stderr);
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0, "nothing is left behind");
}

#[test]
fn an_interrupted_run_goes_on_where_it_was_cut_short() {
    let place = tempfile::tempdir().unwrap();
    let folder = |name: &str| place.path().join(name).to_str().unwrap().to_owned();
    let (whole, cut) = (folder("whole"), folder("cut"));
    assert_eq!(assess(&reciter(), &["--format", "json", "--save", &whole]).code, 1);

    let ran = interrupted("s3:GetBucketAcl", &["--save", &cut]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    let hint = format!("the same command, with `--resume '{cut}'` in place of --save");
    assert!(ran.stderr.contains(&hint), "{}", ran.stderr);
    let manifest = |folder: &str| -> Value {
        serde_json::from_str(&fs::read_to_string(Path::new(folder).join("manifest.json")).unwrap()).unwrap()
    };
    assert_eq!(manifest(&cut)["complete"], false);
    let of_buckets = |record: &Value| record["listing"]["kind"] == "AWS::S3::Bucket";
    let records = records(&cut);
    let buckets = records.iter().find(|record| of_buckets(record)).unwrap();
    assert_eq!(buckets["listing"]["incomplete"]["code"], "Interrupted");
    let open = records.iter().filter(|record| record["listing"]["incomplete"]["code"] == "Interrupted");
    assert_eq!(open.count(), 1, "all other lists were read to their end");

    let reciter = reciter();
    let resumed = assess(&reciter, &["--format", "json", "--resume", &cut]);
    assert_eq!(resumed.code, 1, "{}", resumed.stderr);
    assert_eq!(manifest(&cut)["complete"], true);
    for (operation, region) in reciter.asked() {
        let again = ["sts:GetCallerIdentity", "ec2:DescribeRegions"].contains(&operation.as_str());
        assert!(again || operation.starts_with("s3:"), "{operation} was asked again in {region}");
    }
    let (whole, cut) = (timeless(&whole), timeless(&cut));
    assert_eq!(whole.len(), cut.len());
    for (one, other) in whole.iter().zip(&cut) {
        assert_eq!(one, other);
    }
}

#[test]
fn a_run_that_was_not_interrupted_is_gone_on_with_without_asking() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("evidence");
    let folder = folder.to_str().unwrap();
    assert_eq!(assess(&reciter(), &["--format", "json", "--save", folder]).code, 1);
    let before = timeless(folder);
    let reciter = reciter();
    assert_eq!(assess(&reciter, &["--format", "json", "--resume", folder]).code, 1);
    // Lists that were refused would be worth another try; there are none here.
    let asked: BTreeSet<String> = reciter.asked().into_iter().map(|(operation, _)| operation).collect();
    let allowed = ["sts:GetCallerIdentity", "ec2:DescribeRegions"].map(str::to_owned).into();
    assert!(asked.is_subset(&allowed), "{asked:?}");
    assert_eq!(before, timeless(folder));
}

#[test]
fn going_on_with_more_regions_reads_these_and_keeps_what_is_said_of_the_rest() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("evidence");
    let folder = folder.to_str().unwrap();
    let manifest = || -> Value {
        serde_json::from_str(&fs::read_to_string(Path::new(folder).join("manifest.json")).unwrap()).unwrap()
    };
    let left_out = || manifest()["regions_not_scanned"].as_array().unwrap().clone();
    let json = ["--format", "json"];
    assess(&reciter(), &[&["--regions", REGION, "--save", folder], &json[..]].concat());
    let before = left_out();
    assert!(before.iter().any(|entry| entry["region"] == "us-east-1"), "{before:?}");

    assess(&reciter(), &[&["--regions", REGION, "--resume", folder], &json[..]].concat());
    assert_eq!(left_out(), before);

    let reciter = reciter();
    let both = format!("{REGION},us-east-1");
    let ran = assess(&reciter, &[&["--regions", &both, "--resume", folder], &json[..]].concat());
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    let asked = reciter.asked();
    assert!(asked.iter().any(|(name, at)| name == "ec2:DescribeVolumes" && at == "us-east-1"), "{asked:?}");
    assert_eq!(manifest()["regions"], serde_json::json!([REGION, "us-east-1"]));
    let after: Vec<Value> = before.into_iter().filter(|entry| entry["region"] != "us-east-1").collect();
    assert_eq!(left_out(), after);
}

/// The records of an evidence folder.
fn records(folder: &str) -> Vec<Value> {
    let mut records = Vec::new();
    for file in files(&Path::new(folder).join("records")) {
        let mut text = String::new();
        zstd::Decoder::new(File::open(&file).unwrap()).unwrap().read_to_string(&mut text).unwrap();
        records.extend(text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()));
    }
    records
}

/// The records without their times, in order.
fn timeless(folder: &str) -> Vec<String> {
    fn forget_times(value: &mut Value) {
        match value {
            Value::Object(entries) => {
                entries.remove("at");
                entries.values_mut().for_each(forget_times);
            }
            Value::Array(items) => items.iter_mut().for_each(forget_times),
            _ => {}
        }
    }
    let mut records = records(folder);
    records.iter_mut().for_each(forget_times);
    let mut records: Vec<String> = records.iter().map(Value::to_string).collect();
    records.sort();
    records
}

#[test]
fn an_estimate_asks_for_the_regions_alone() {
    let reciter = reciter();
    let ran = assess(&reciter, &["--estimate"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let asked: BTreeSet<String> = reciter.asked().into_iter().map(|(operation, _)| operation).collect();
    assert_eq!(asked, ["sts:GetCallerIdentity", "ec2:DescribeRegions"].map(str::to_owned).into());
    let row = |service: &str| ran.stdout.lines().find(|line| line.split_whitespace().next() == Some(service));
    for service in ["s3", "ec2", "iam", "all"] {
        assert_eq!(row(service).unwrap().split_whitespace().count(), 4, "{}", ran.stdout);
    }
    assert!(ran.stdout.contains("in 1 account and"), "{}", ran.stdout);
}

#[test]
fn the_policy_for_an_organisation_can_list_and_enter_its_accounts() {
    let ran = Partywall::new(&["aws", "policy", "--organization", "--role-name", "Look"]).run();
    let policy: Value = serde_json::from_str(&ran.stdout).unwrap();
    let allows = |action: &str| {
        let statements = policy["Statement"].as_array().unwrap().iter();
        statements
            .filter(|statement| statement["Action"].as_array().unwrap().iter().any(|one| one == action))
            .map(|statement| statement["Resource"].as_str().unwrap())
            .collect::<Vec<_>>()
    };
    assert!(allows("organizations:ListAccounts").contains(&"*"));
    assert_eq!(allows("sts:AssumeRole"), ["arn:aws:iam::*:role/Look"]);
    let alone = Partywall::new(&["aws", "policy"]).run();
    assert!(!alone.stdout.contains("AssumeRole"), "one account alone enters no other");
}

#[test]
fn without_credentials_it_is_said_how_to_give_some() {
    let ran = Partywall::new(&["assess", "aws", "--no-store"]).env("AWS_REGION", REGION).run();
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("no credentials") && ran.stderr.contains("profile"), "{}", ran.stderr);
}
