//! What earlier versions wrote is read by this one. The samples are never made anew; a new version of a
//! form adds one of its own. `cargo test -p partywall-store -- --ignored write_the_samples` made them.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::ToSpan;
use partywall_model::{Fingerprint, Severity};
use partywall_store::evidence::EvidenceReader;
use partywall_store::history::{
    ControlRow, FindingRow, Outcome, PopulationRow, RunId, RunRecord, SqliteStore, Store,
};
use serde_json::json;

use crate::estate::{ACCOUNT, at, footer, read_all, records, save, sorted};

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/samples")
}

#[test]
fn evidence_of_format_1_is_read() {
    let folder = samples().join("evidence-1");
    let reader = EvidenceReader::open(&folder).unwrap();
    assert_eq!(reader.id().as_str(), EVIDENCE_1);
    let (manifest, read, tallies) = read_all(&folder).unwrap();
    assert_eq!(sorted(read), sorted(records()));
    assert_eq!(manifest.problems, footer().problems);
    assert_eq!(manifest.regions_not_scanned, footer().regions_not_scanned);
    assert_eq!(tallies.len(), 2);
}

/// The digest of the sample's manifest: whoever changes the sample changes this line too.
const EVIDENCE_1: &str = "3bc8f2aa88535e9c4cc2598273fee511438330401e51b22d5e16e8303c12114d";

#[test]
fn the_writer_still_writes_format_1_as_it_did() {
    let place = tempfile::tempdir().unwrap();
    let saved = save(&place.path().join("e"), &records()).unwrap();
    for file in &saved.manifest().files {
        let unpacked =
            |root: &Path| zstd::decode_all(fs::File::open(root.join(&*file.path)).unwrap()).unwrap();
        assert_eq!(unpacked(saved.folder()), unpacked(&samples().join("evidence-1")), "{}", file.path);
    }
}

#[test]
fn a_history_of_schema_1_is_opened() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("history.sqlite");
    fs::copy(samples().join("history-1.sqlite"), &file).unwrap();
    let mut store = SqliteStore::open(&file).unwrap();

    let runs = store.runs().unwrap();
    assert_eq!((runs.len(), runs[0].taken_at, runs[0].findings, runs[0].failing), (2, at(86_400), 2, 0));
    let since = store.first_seen(&[Fingerprint([1; 16]), Fingerprint([2; 16])]).unwrap();
    assert_eq!(since.into_iter().collect::<Vec<_>>(), [(Fingerprint([1; 16]), at(0))]);
    let fixed = store.finding(Fingerprint([2; 16])).unwrap().unwrap();
    assert_eq!((fixed.fixed_at, fixed.last), (Some(at(86_400)), row(2, Outcome::Pass)));
    let size = store.last_known(&ACCOUNT.into(), &"eu-west-1".into(), &"AWS::S3::Bucket".into()).unwrap();
    assert_eq!(size, Some(3));
    let control = "platform.data-encryption".into();
    assert_eq!(store.level_three_since(&control, &[ACCOUNT.into()]).unwrap(), Some(at(0)));

    store.record_run(&run(2), &mut [row(1, Outcome::Pass)].into_iter()).unwrap();
    assert_eq!(store.first_seen(&[Fingerprint([1; 16])]).unwrap().len(), 0, "and it goes on from there");
}

fn run(day: i64) -> RunRecord {
    RunRecord {
        id: RunId::new(format!("day {day}")),
        taken_at: at(0) + (24 * day).hours(),
        tool_version: "0.1.0".into(),
        complete: true,
        accounts: vec![ACCOUNT.into()],
        controls: vec![ControlRow {
            control: "platform.data-encryption".into(),
            level: Some(3),
            range: Some((0.9, 1.0)),
            coverage: 0.95,
            detail: json!({"version": 1}),
        }],
        populations: vec![PopulationRow {
            account: ACCOUNT.into(),
            region: "eu-west-1".into(),
            kind: "AWS::S3::Bucket".into(),
            count: 3,
        }],
    }
}

fn row(number: u8, outcome: Outcome) -> FindingRow {
    FindingRow {
        fingerprint: Fingerprint([number; 16]),
        check: "s3-bucket-public".into(),
        control: "platform.configuration-scanning".into(),
        asset: format!("arn:aws:s3:::bucket-{number}").into(),
        outcome,
        severity: Severity::Critical,
    }
}

#[test]
#[ignore = "writes the samples of the version at hand, where there are none"]
fn write_the_samples() {
    save(&samples().join("evidence-1"), &records()).unwrap();
    let file = samples().join("history-1.sqlite");
    assert!(!file.exists(), "a sample is never made anew");
    let mut store = SqliteStore::open(&file).unwrap();
    store.record_run(&run(0), &mut [row(1, Outcome::Fail), row(2, Outcome::Fail)].into_iter()).unwrap();
    store.record_run(&run(1), &mut [row(1, Outcome::Unknown), row(2, Outcome::Pass)].into_iter()).unwrap();
}
