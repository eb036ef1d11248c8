//! What earlier versions wrote is read by this one. The samples are never made anew; a new version of a
//! form adds one of its own, made by the code of its day.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::ToSpan;
use partywall_model::{Fingerprint, Holder, Layer, Severity};
use partywall_store::evidence::EvidenceReader;
use partywall_store::history::{
    AssetRow, ControlRow, FigureRow, FindingRow, HeldLine, LayerRow, Life, Outcome, PopulationRow, Presence,
    RunId, RunRecord, Signature, SqliteStore, Store, compare,
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

    // That version kept what each run observed, and neither assets nor layers.
    let outcomes = |store: &SqliteStore, day: i64| {
        let state = store.state(&run(day).id).unwrap().unwrap();
        assert_eq!((state.assets.len(), state.figures.layers.len(), state.figures.controls.len()), (0, 0, 1));
        [1, 2].map(|number| {
            let kept = &state.findings[&Fingerprint([number; 16])];
            (kept.row.outcome, kept.life)
        })
    };
    assert_eq!(outcomes(&store, 0), [(Outcome::Fail, Life::Failing), (Outcome::Fail, Life::Failing)]);
    assert_eq!(outcomes(&store, 1), [(Outcome::Unknown, Life::Failing), (Outcome::Pass, Life::Mended)]);

    store.record_run(&run(2), &mut [row(1, Outcome::Pass)].into_iter()).unwrap();
    assert_eq!(store.first_seen(&[Fingerprint([1; 16])]).unwrap().len(), 0, "and it goes on from there");
    let state = store.state(&run(2).id).unwrap().unwrap();
    let lives =
        [1, 2].map(|number| &state.findings[&Fingerprint([number; 16])]).map(|it| (it.presence, it.life));
    assert_eq!(lives, [(Presence::Observed, Life::Mended), (Presence::Earlier, Life::Mended)]);
}

#[test]
fn a_history_of_schema_2_is_opened() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("history.sqlite");
    fs::copy(samples().join("history-2.sqlite"), &file).unwrap();
    let store = SqliteStore::open(&file).unwrap();
    let [first, second] = [0, 1].map(|day| store.state(&run(day).id).unwrap().unwrap());
    let comparison = compare(&first, &second);
    assert_eq!((comparison.unseen.len(), comparison.fixed.len(), comparison.obstacles.len()), (1, 1, 0));
    assert_eq!(&*comparison.unseen[0].row.why, "s3:GetBucketPolicy AccessDenied");
    let [moved] = comparison.moved.as_slice() else { panic!("{:?}", comparison.moved) };
    assert!(moved.is_to_customer() && moved.after.switch == "UpdateRuntimeOn".into());
    let layer = second.figures.layers[0];
    assert_eq!((layer.layer, layer.figure), (Layer::Hosts, second.figures.overall));
    assert_eq!(store.finding(Fingerprint([1; 16])).unwrap().unwrap().failing_since, Some(at(0)));
}

/// A run of the second version: the same with figures, lines and assets.
fn run_2(day: i64, holder: Holder) -> RunRecord {
    let figure = FigureRow { level: 1, lo: 0.25, hi: 0.5 };
    let line = |control: &str, holder: Holder, switch: &str| HeldLine {
        control: control.into(),
        holder,
        rule: "aws/lambda.yaml:12".into(),
        switch: switch.into(),
        need: "".into(),
    };
    RunRecord {
        overall: Some(figure),
        layers: vec![LayerRow { layer: Layer::Hosts, figure: Some(figure) }],
        signatures: vec![Signature(vec![
            line("hosts.patch-management", holder, "UpdateRuntimeOn"),
            line("hosts.endpoint-monitoring", Holder::ThirdParty("Harbour".into()), ""),
        ])],
        assets: vec![AssetRow {
            asset: "arn:aws:lambda:eu-west-1:111122223333:function:f".into(),
            kind: "AWS::Lambda::Function".into(),
            account: Some(ACCOUNT.into()),
            region: Some("eu-west-1".into()),
            signature: 0,
        }],
        ..run(day)
    }
}

fn run(day: i64) -> RunRecord {
    RunRecord {
        id: RunId::new(format!("day {day}")),
        taken_at: at(0) + (24 * day).hours(),
        tool_version: "0.1.0".into(),
        complete: true,
        accounts: vec![ACCOUNT.into()],
        overall: None,
        layers: vec![],
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
        signatures: vec![],
        assets: vec![],
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
        why: "".into(),
    }
}

/// The runs of the sample of schema 2.
fn record_2(store: &mut SqliteStore) {
    let unseen = FindingRow { why: "s3:GetBucketPolicy AccessDenied".into(), ..row(1, Outcome::Unknown) };
    let runs = [
        (run_2(0, Holder::Provider), [row(1, Outcome::Fail), row(2, Outcome::Fail)]),
        (run_2(1, Holder::SharedDependent), [unseen, row(2, Outcome::Pass)]),
    ];
    for (run, rows) in runs {
        store.record_run(&run, &mut rows.into_iter()).unwrap();
    }
}

/// A schema that changed without a new version would leave the histories of its earlier form unread.
#[test]
fn the_program_still_writes_schema_2_as_it_did() {
    let place = tempfile::tempdir().unwrap();
    let [old, new] = ["old.sqlite", "new.sqlite"].map(|name| place.path().join(name));
    fs::copy(samples().join("history-2.sqlite"), &old).unwrap();
    record_2(&mut SqliteStore::open(&new).unwrap());
    let [old, new] = [old, new].map(|file| tables(&file));
    assert!(old.len() > 100, "the sample holds next to nothing: {old}");
    assert_eq!(old, new);
}

/// Every table with its rows, as text.
fn tables(file: &Path) -> String {
    let database = rusqlite::Connection::open(file).unwrap();
    let mut names = database
        .prepare("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type, name")
        .unwrap();
    let tables: Vec<(String, String)> =
        names.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect();
    let mut text = String::new();
    for (name, sql) in tables {
        writeln!(text, "{sql}").unwrap();
        if !sql.starts_with("CREATE TABLE") {
            continue;
        }
        let mut rows = database.prepare(&format!("SELECT * FROM \"{name}\"")).unwrap();
        let columns = rows.column_count();
        let mut lines: Vec<String> = rows
            .query_map([], |row| {
                let cells = (0..columns).map(|at| row.get::<_, rusqlite::types::Value>(at));
                Ok(format!("{:?}", cells.collect::<Result<Vec<_>, _>>()?))
            })
            .unwrap()
            .map(Result::unwrap)
            .collect();
        lines.sort();
        writeln!(text, "{}", lines.join("\n")).unwrap();
    }
    text
}
