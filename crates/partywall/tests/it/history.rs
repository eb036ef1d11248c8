//! What a history makes of several runs: what is new, mended, back or no longer seen, whose it has become, and
//! what is left when old runs are taken out. The estate is the example bank's production account, altered a
//! little from day to day.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use jiff::{Timestamp, ToSpan};
use partywall_model::{Asset, EvidenceRecord, Fingerprint, Listing, ListingOutcome, Node, Why};
use partywall_store::evidence::{EvidenceReader, EvidenceWriter, Existing, Footer, Header};
use partywall_store::history::{SqliteStore, Store};
use serde_json::Value;

use crate::emulator::repository;
use crate::program::{Partywall, Ran};

const METADATA: &str = "ec2-instance-metadata-v1";
const PASSES: &str = "arn:aws:ec2:eu-west-1:222233334444:instance/i-19c6beffd8bf8e5f2";
const FAILS: &str = "arn:aws:ec2:eu-west-1:222233334444:instance/i-4930552323a0dd5ba";
const FUNCTION: &str = "arn:aws:lambda:eu-west-1:222233334444:function:payments-intake";

/// A bucket of the account: its name is the bank's own.
static BUCKET: LazyLock<String> = LazyLock::new(|| {
    let buckets = estate().into_iter().filter(|asset| asset.kind == *"AWS::S3::Bucket");
    buckets.map(|asset| asset.id.to_string()).min().unwrap()
});

fn estate() -> Vec<Asset> {
    let reader = EvidenceReader::open(&repository().join("examples/bank/production")).unwrap();
    let asset = |record| match record {
        EvidenceRecord::Asset(asset) => Some(*asset),
        EvidenceRecord::Listing(_) => None,
    };
    reader.records().filter_map(|record| asset(record.unwrap())).collect()
}

/// A folder, the evidence of some days in it, and a history.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        fs::copy(repository().join("examples/bank/partywall.yaml"), place.path().join("partywall.yaml"))
            .unwrap();
        Self(place)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        Partywall::new(arguments).within(self.0.path()).run()
    }

    fn json(&self, arguments: &[&str]) -> (i32, Value) {
        let ran = self.run(&[arguments, &["--format", "json"]].concat());
        let value =
            serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.stderr));
        (ran.code, value)
    }

    /// Evidence of the account on a day.
    fn day(&self, day: i64, alter: impl FnMut(&mut EvidenceRecord) -> bool) -> String {
        let name = format!("day-{day}");
        save(&repository().join("examples/bank/production"), &self.path(&name), day, alter);
        name
    }

    fn assess(&self, evidence: &str) -> Value {
        self.json(&["assess", evidence, "--store", "history.db", "--quiet"]).1
    }
}

/// Copies evidence. What `alter` says no to is left out.
fn save(from: &Path, to: &Path, day: i64, mut alter: impl FnMut(&mut EvidenceRecord) -> bool) {
    let reader = EvidenceReader::open(from).unwrap();
    let manifest = reader.manifest();
    let later = |at: Timestamp| at + (24 * day).hours();
    let header = Header {
        tool: manifest.tool.clone(),
        provider: manifest.provider,
        started_at: later(manifest.started_at),
    };
    let mut writer = EvidenceWriter::create(to, Existing::Refuse, header).unwrap();
    for record in reader.records() {
        let mut record = record.unwrap();
        if alter(&mut record) {
            writer.add(&record).unwrap();
        }
    }
    let footer = Footer {
        finished_at: later(manifest.finished_at),
        complete: manifest.complete,
        accounts: manifest.accounts.clone(),
        regions: manifest.regions.clone(),
        regions_not_scanned: manifest.regions_not_scanned.clone(),
        tallies: reader.tallies().unwrap(),
        problems: manifest.problems.clone(),
    };
    writer.finish(footer).unwrap();
}

fn set(record: &mut EvidenceRecord, id: &str, path: &str, value: Node) {
    if let EvidenceRecord::Asset(asset) = record
        && asset.id == *id
    {
        asset.properties.insert_at(path, value);
    }
}

fn is_asset(record: &EvidenceRecord, id: &str) -> bool {
    matches!(record, EvidenceRecord::Asset(asset) if asset.id == *id)
}

fn tokens(record: &mut EvidenceRecord, id: &str, value: Node) {
    set(record, id, "MetadataOptions.HttpTokens", value);
}

fn updates(record: &mut EvidenceRecord, mode: &str) {
    set(record, FUNCTION, "RuntimeManagementConfig.UpdateRuntimeOn", Node::text(mode));
}

/// Three days: a metadata switch is mended on the second and broken again on the third; another breaks on the
/// second and is not seen on the third; runtime updates go from the provider's hands into the customer's on
/// the second; a bucket is away on the second.
fn three_days(place: &Place) -> [String; 3] {
    let first = place.day(1, |record| {
        updates(record, "Auto");
        true
    });
    let second = place.day(2, |record| {
        updates(record, "Manual");
        tokens(record, PASSES, Node::text("optional"));
        tokens(record, FAILS, Node::text("required"));
        !is_asset(record, &BUCKET)
    });
    let third = place.day(3, |record| {
        updates(record, "Manual");
        let refused = Why::parse_short("ec2:DescribeInstances UnauthorizedOperation");
        tokens(record, PASSES, Node::unknown(refused));
        true
    });
    [first, second, third]
}

/// Whether a list of findings has this one of the metadata check.
fn has(list: &Value, asset: &str) -> bool {
    list.as_array().unwrap().iter().any(|it| it["check"] == METADATA && it["asset"] == asset)
}

fn assets(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|it| it["asset"].as_str().unwrap()).collect()
}

#[test]
fn runs_are_told_apart_by_failures_holders_and_assets() {
    let place = Place::new();
    let days = three_days(&place);
    for day in &days {
        place.assess(day);
    }
    let (code, second) = place.json(&["diff", "last~2", "last~1", "--store", "history.db"]);
    assert_eq!(code, 1);
    assert!(has(&second["new"], PASSES) && has(&second["fixed"], FAILS), "{second:#}");
    assert_eq!(second["reopened"].as_array().unwrap().len(), 0);
    assert_eq!(assets(&second["assets"]["gone"]), [&**BUCKET]);
    assert_eq!(second["counts"]["moved_to_you"], 1);
    let moved = &second["responsibility"][0];
    assert_eq!(moved["control"], "hosts.patch-management");
    assert_eq!(
        (&moved["before"]["holder"], &moved["after"]["holder"]),
        (&"provider".into(), &"shared-dependent".into())
    );
    assert_eq!(moved["after"]["switch"], "RuntimeManagementConfig.UpdateRuntimeOn");
    assert!(moved["after"]["rule"].as_str().unwrap().starts_with("aws/lambda.yaml:"), "{moved}");
    assert_eq!(moved["assets"], serde_json::json!([FUNCTION]));

    // A failure that was mended is back; one that was open is not seen, and so is not mended.
    let (code, third) = place.json(&["diff", "--store", "history.db"]);
    assert_eq!(code, 1);
    assert!(has(&third["reopened"], FAILS) && !has(&third["new"], FAILS), "{third:#}");
    assert!(has(&third["became_unknown"], PASSES) && !has(&third["fixed"], PASSES));
    let unseen = third["became_unknown"].as_array().unwrap();
    let unseen = unseen.iter().find(|it| it["check"] == METADATA).unwrap();
    assert_eq!(unseen["why"], "ec2:DescribeInstances UnauthorizedOperation");
    assert_eq!(assets(&third["assets"]["appeared"]), [&**BUCKET]);
    assert_eq!(third["counts"]["moved"], 0);

    let text = place.run(&["diff", "last~2", "last~1", "--store", "history.db"]).stdout;
    assert!(text.contains("This change moves 1 control to you."), "{text}");
    assert!(text.contains("provider → shared (provider offers, customer switches on)"), "{text}");
    let markdown = place.run(&["diff", "--store", "history.db", "--format", "markdown"]).stdout;
    assert!(markdown.contains("## Failures that are back"), "{markdown}");
}

#[test]
fn two_folders_compare_without_a_history_as_with_one() {
    let place = Place::new();
    let [first, second, _] = three_days(&place);
    place.assess(&first);
    place.assess(&second);
    let (code, recorded) = place.json(&["diff", "--store", "history.db"]);
    let (same, judged) = place.json(&["diff", &first, &second]);
    assert_eq!((code, recorded), (same, judged));
    // A run of the history against a folder, too.
    let (_, mixed) = place.json(&["diff", "last~1", &second, "--store", "history.db"]);
    assert_eq!(mixed["counts"], place.json(&["diff", "--store", "history.db"]).1["counts"]);
}

#[test]
fn the_same_run_has_not_changed_and_what_was_not_seen_is_said() {
    let place = Place::new();
    let first = place.day(1, |_| true);
    let (code, same) = place.json(&["diff", &first, &first]);
    assert_eq!(code, 3, "the account was not read to its end");
    let counts = same["counts"].as_object().unwrap();
    assert!(counts.iter().all(|(name, count)| name == "standing" || *count == 0), "{counts:?}");
    assert_eq!(same["controls"], serde_json::json!([]));
    assert_eq!(same["not_compared"].as_array().unwrap().len(), 2);
}

#[test]
fn a_failure_that_is_accepted_does_not_end_a_comparison_as_worse() {
    let place = Place::new();
    let first = place.day(1, |_| true);
    let second = place.day(2, |record| {
        tokens(record, PASSES, Node::text("optional"));
        true
    });
    let settings = fs::read_to_string(place.path("partywall.yaml")).unwrap();
    let with_waiver = |asset: &str, until: &str| {
        let waiver = format!(
            "  - {{ check: {METADATA}, asset: \"{asset}\", reason: being replaced, owner: platform, until: {until} }}"
        );
        fs::write(place.path("partywall.yaml"), format!("{settings}\nwaivers:\n{waiver}\n")).unwrap();
        let (code, difference) = place.json(&["diff", &first, &second]);
        assert!(has(&difference["new"], PASSES), "it is shown all the same: {difference:#}");
        code
    };
    assert_eq!(with_waiver(FAILS, "2099-01-01"), 1, "another asset");
    assert_eq!(with_waiver(PASSES, "2026-01-01"), 1, "it has lapsed");
    assert_eq!(
        with_waiver(PASSES, "2099-01-01"),
        3,
        "nothing else is worse; the account was not read to its end"
    );
}

#[test]
fn what_is_missing_from_a_list_that_broke_off_has_not_gone() {
    let place = Place::new();
    let first = place.day(1, |_| true);
    let second = place.day(2, |record| {
        if let EvidenceRecord::Listing(Listing { kind, outcome, .. }) = record
            && *kind == *"AWS::S3::Bucket"
        {
            *outcome = ListingOutcome::Incomplete(Why::parse_short("s3:ListBuckets SlowDown"));
        }
        !is_asset(record, &BUCKET)
    });
    let (_, difference) = place.json(&["diff", &first, &second]);
    assert_eq!(assets(&difference["assets"]["unlisted"]), [&**BUCKET]);
    assert_eq!(assets(&difference["assets"]["gone"]), Vec::<&str>::new());
}

#[test]
fn an_account_that_only_one_run_read_is_not_compared() {
    let place = Place::new();
    let bank = repository().join("examples/bank");
    let production = bank.join("production");
    let (code, difference) = place.json(&["diff", production.to_str().unwrap(), bank.to_str().unwrap()]);
    assert_eq!(code, 3, "{difference:#}");
    let reasons = difference["not_compared"].to_string();
    assert!(reasons.contains("333344445555 was read by the later run alone"), "{reasons}");
    let appeared = assets(&difference["assets"]["appeared"]);
    assert!(!appeared.iter().any(|asset| asset.contains("333344445555")), "{appeared:?}");
}

#[test]
fn a_report_tells_the_trend_and_what_is_new_since_the_last_run() {
    let place = Place::new();
    let [first, second, third] = three_days(&place);
    let report = place.assess(&first);
    assert_eq!(report["trend"]["since_last"], Value::Null);
    assert_eq!(report["trend"]["points"].as_array().unwrap().len(), 1);
    place.assess(&second);
    let report = place.assess(&third);
    let (_, difference) = place.json(&["diff", "--store", "history.db"]);
    let since = &report["trend"]["since_last"];
    for (name, count) in since.as_object().unwrap() {
        if count.is_number() {
            assert_eq!(*count, difference["counts"][name], "{name}");
        }
    }
    assert_eq!(since["reopened"], 1);
    let points = report["trend"]["points"].as_array().unwrap();
    assert_eq!(points.len(), 3);
    let last = points.last().unwrap();
    assert_eq!(
        (last["layers"].as_array().unwrap().len(), last["controls"].as_array().unwrap().len()),
        (5, 45)
    );
    assert_eq!(last["overall"]["lo"], report["scores"]["overall"]["lo"]);
    // Judged again, the same evidence is the same run.
    assert_eq!(place.assess(&third)["trend"], report["trend"]);
    let text = place.run(&["assess", &third, "--store", "history.db", "--quiet", "--no-html"]).stdout;
    assert!(text.contains("1 reopened"), "{text}");
    let again = place.run(&["assess", &third, "--store", "history.db", "--no-html"]).stderr;
    assert!(again.contains("in the history already"), "{again}");
    let without = place.json(&["assess", &third, "--no-store"]).1;
    assert_eq!(without["trend"], Value::Null);
}

#[test]
fn old_runs_are_taken_out_and_open_failures_keep_their_age() {
    let place = Place::new();
    let [first, second, third] = three_days(&place);
    let fingerprint = |report: &Value, asset: &str| -> Fingerprint {
        let findings = report["findings"].as_array().unwrap();
        let found = findings.iter().find(|it| it["check"] == METADATA && it["asset"] == asset).unwrap();
        serde_json::from_value(found["fingerprint"].clone()).unwrap()
    };
    let report = place.assess(&first);
    let always = "arn:aws:ec2:eu-west-1:222233334444:instance/i-7255997412f77a390";
    let always = fingerprint(&report, always);
    place.assess(&second);
    place.assess(&third);
    let ages = || {
        let store = SqliteStore::open(&place.path("history.db")).unwrap();
        store.first_seen(&[always, fingerprint(&report, FAILS), fingerprint(&report, PASSES)]).unwrap()
    };
    let before = ages();
    assert_eq!(before.len(), 3);
    let refused = place.run(&["history", "prune", "--store", "history.db"]);
    assert_eq!(refused.code, 2, "a rule must be given");
    let pruned = place.run(&["history", "prune", "--keep-runs", "1", "--store", "history.db"]);
    assert!(pruned.stderr.contains("2 runs were taken out, 1 are left"), "{}", pruned.stderr);
    assert_eq!(ages(), before);
    let (_, runs) = place.json(&["history", "--store", "history.db"]);
    assert_eq!(runs.as_array().unwrap().len(), 1);
    let gone = place.run(&["diff", "--store", "history.db"]);
    assert!(gone.code == 2 && gone.stderr.contains("partywall history"), "{}", gone.stderr);
    // Settings take them out after each run.
    let settings = fs::read_to_string(place.path("partywall.yaml")).unwrap();
    let settings = settings.replace("retention: { days: 365, runs: 30 }", "retention: { runs: 1 }");
    assert!(settings.contains("retention: { runs: 1 }"), "{settings}");
    fs::write(place.path("partywall.yaml"), settings).unwrap();
    place.assess(&place.day(4, |_| true));
    assert_eq!(place.json(&["history", "--store", "history.db"]).1.as_array().unwrap().len(), 1);
    assert_eq!(ages().get(&always), before.get(&always));
}

#[test]
fn waivers_that_have_lapsed_or_cover_nothing_are_told_in_every_form() {
    let place = Place::new();
    let day = place.day(1, |_| true);
    let settings = fs::read_to_string(place.path("partywall.yaml")).unwrap();
    let waiver = |asset: &str, until: &str| {
        format!(
            "  - {{ check: {METADATA}, asset: \"{asset}\", reason: being replaced, owner: platform, until: {until} }}\n"
        )
    };
    let [lapsed, unused, in_force] = [
        waiver(FAILS, "2026-11-01"),
        waiver(PASSES, "2099-01-01"),
        waiver("i-7255997412f77a390", "2099-01-01"),
    ];
    // By name or id: the third names nothing, as its identifier is neither.
    fs::write(place.path("partywall.yaml"), format!("{settings}\nwaivers:\n{lapsed}{unused}{in_force}"))
        .unwrap();
    let (_, report) = place.json(&["assess", &day, "--no-store"]);
    let states: Vec<&str> =
        report["waivers"].as_array().unwrap().iter().map(|it| it["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["lapsed", "unused", "unused"]);
    let text = place.run(&["assess", &day, "--no-store", "--quiet"]).stdout;
    let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("ended on 2026-11-01 and 1 failure count"), "{text}");
    assert!(text.contains("covers no failure"), "{text}");
    let html = fs::read_to_string(place.path("report.html")).unwrap();
    assert!(html.contains("ended on 2026-11-01"));
}

#[test]
fn what_the_provider_holds_is_assured_until_the_report_expires() {
    let place = Place::new();
    let day = place.day(1, |_| true);
    let control = |report: &Value| {
        let controls = report["controls"].as_array().unwrap();
        let physical = controls.iter().find(|it| it["id"] == "network.physical-segmentation").unwrap();
        physical["inherited"][0].clone()
    };
    let (_, report) = place.json(&["assess", &day, "--no-store"]);
    assert_eq!(control(&report)["assured_until"], "2027-09-30");
    assert!(control(&report)["assured_by"].as_str().unwrap().contains("SOC 2 Type II"));
    let (_, later) = place.json(&["assess", &day, "--no-store", "--now", "2027-10-01"]);
    assert_eq!(
        (&control(&later)["assured_by"], &control(&later)["expired_on"]),
        (&Value::Null, &"2027-09-30".into())
    );
    let text = place.run(&["assess", &day, "--no-store", "--no-html", "--quiet"]).stdout;
    assert!(text.contains("assured until 2027-09-30"), "{text}");
    let settings = fs::read_to_string(place.path("partywall.yaml")).unwrap();
    let end = settings.find("# By which the provider").unwrap();
    fs::write(place.path("partywall.yaml"), &settings[..end]).unwrap();
    let (_, unproven) = place.json(&["assess", &day, "--no-store"]);
    assert_eq!(
        (&control(&unproven)["assured_by"], &control(&unproven)["expired"]),
        (&Value::Null, &Value::Null)
    );
}

#[test]
fn a_history_that_is_not_there_is_said() {
    let place = Place::new();
    for arguments in [&["diff", "--store", "none.db"][..], &["history", "--store", "none.db"]] {
        let ran = place.run(arguments);
        assert!(ran.code == 2 && ran.stderr.contains("there is no history at"), "{}", ran.stderr);
        assert!(!place.path("none.db").exists());
    }
}

/// The altered estate must be what the tests say it is.
#[test]
fn the_assets_that_the_days_alter_are_there() {
    let found = estate();
    for id in [PASSES, FAILS, FUNCTION, &BUCKET] {
        assert!(found.iter().any(|asset| asset.id == *id), "{id}");
    }
}
