//! Evidence folders and histories that come from anybody.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path};

use jiff::Timestamp;
use partywall_model::{Asset, EvidenceRecord, Fingerprint, Holder, Provider, Severity};
use partywall_store::evidence::{
    EvidenceError, EvidenceReader, EvidenceWriter, Existing, FORMAT, Footer, Header, MANIFEST, Manifest, Tool,
};
use partywall_store::history::{
    AssetRow, FindingRow, HeldLine, Keep, Outcome, RunId, RunRecord, Signature, SqliteStore, Store,
};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

/// Where a folder of one file has it.
const FILE: &str = "records/_/_/0001.jsonl.zst";

/// A manifest under a right digest. What is taken names only places within the folder and survives being
/// written; with a wrong digest nothing is taken; a file that it lists and that is not there is missed.
pub fn evidence_manifest(bytes: &[u8]) {
    in_folder(|folder| {
        write_manifest(folder, bytes);
        let reader = match EvidenceReader::open(folder) {
            Ok(reader) => reader,
            Err(error) => return assert_readable(&error),
        };
        let manifest = reader.manifest();
        assert_eq!(&*manifest.format, FORMAT);
        for file in &manifest.files {
            let inside = Path::new(&*file.path).components().all(|part| matches!(part, Component::Normal(_)));
            assert!(inside, "`{}` leads out of the folder", file.path);
        }
        let text = serde_json::to_vec(manifest).expect("a manifest can be written");
        assert_eq!(&serde_json::from_slice::<Manifest>(&text).expect("and read"), manifest);
        assert!(manifest.complete || !manifest.caveats().is_empty(), "a run that was cut short is told");
        match reader.verify() {
            Ok(()) => assert!(manifest.files.is_empty(), "files that are not there were read"),
            Err(error) => assert_readable(&error),
        }
        fs::write(folder.join("manifest.sha256"), "0000  manifest.json\n").expect("a file can be written");
        assert!(EvidenceReader::open(folder).is_err(), "a wrong digest was not noticed");
    });
}

/// The lines of a file of records, under right digests and counts. What is read survives being written as
/// evidence again, and the asset's own JSON.
pub fn evidence_records(bytes: &[u8]) {
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
    let file = zstd::bulk::compress(bytes, 1).expect("bytes can be compressed");
    let read = read_file(&file, bytes.len() as u64, lines);
    let Ok(records) = read else { return };
    assert_eq!(records.len() as u64, lines, "a line was lost");
    if records.is_empty() {
        return;
    }
    for record in &records {
        if let EvidenceRecord::Asset(asset) = record {
            let text = serde_json::to_string(asset).expect("an asset can be written");
            assert_eq!(&serde_json::from_str::<Asset>(&text).expect("and read"), &**asset);
        }
    }
    let header = Header {
        tool: Tool { name: "fuzz".into(), version: "0".into() },
        provider: Provider::Aws,
        started_at: Timestamp::UNIX_EPOCH,
    };
    let folder = new_folder();
    let mut writer = EvidenceWriter::create(&folder.path().join("again"), Existing::Refuse, header)
        .expect("there is a place for it");
    records.iter().for_each(|record| writer.add(record).expect("what was read can be written"));
    let footer = Footer {
        finished_at: Timestamp::UNIX_EPOCH,
        complete: true,
        accounts: Vec::new(),
        regions: Vec::new(),
        regions_not_scanned: Vec::new(),
        tallies: Vec::new(),
        problems: Vec::new(),
    };
    let saved = writer.finish(footer).expect("it can be finished");
    let again = saved.reader().expect("it can be opened");
    let again: Vec<EvidenceRecord> =
        again.records().collect::<Result<_, _>>().expect("what was written can be read");
    assert_eq!(counted(&again), counted(&records), "a record changed on its way");
}

/// A compressed file as it lies there, under its right digest: what it holds is read within the bounds that
/// the manifest states, or refused.
pub fn evidence_file(bytes: &[u8]) {
    let stated = zstd::bulk::decompress(bytes, 1 << 16).unwrap_or_default();
    let lines = stated.iter().filter(|byte| **byte == b'\n').count() as u64;
    if let Ok(records) = read_file(bytes, stated.len() as u64, lines) {
        assert_eq!(records.len() as u64, lines);
    }
    // A file that holds more than is stated, however much, gives an error and not more.
    if !stated.is_empty() {
        assert!(read_file(bytes, stated.len() as u64 - 1, lines).is_err(), "more than is stated was read");
    }
}

/// A history: the input is a file, or (where it does not begin like one) changes to a good one, eight bytes
/// each: where, and what stands there then. It opens or it does not, and no question makes it panic.
pub fn history_file(bytes: &[u8]) {
    const MAGIC: &[u8] = b"SQLite format 3\0";
    let mut file = Vec::new();
    if bytes.starts_with(MAGIC) || bytes.is_empty() {
        file.extend_from_slice(bytes);
    } else {
        file.clone_from(&good_history());
        for change in bytes.chunks_exact(8) {
            let Some((at, four)) = change.split_first_chunk::<4>() else { continue };
            let at = u32::from_le_bytes(*at) as usize % file.len();
            file.iter_mut().skip(at).zip(four).for_each(|(old, new)| *old = *new);
        }
        // An odd rest cuts the file.
        let cut = bytes.chunks_exact(8).remainder();
        if let Some(cut) = cut.first() {
            file.truncate(file.len() * usize::from(*cut) / 256);
        }
    }
    in_folder(|folder| {
        for name in ["history", "history-wal", "history-shm", "history-journal"] {
            drop(fs::remove_file(folder.join(name)));
        }
        let path = folder.join("history");
        fs::write(&path, &file).expect("a file can be written");
        match SqliteStore::open(&path) {
            Ok(mut store) => ask(&mut store),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    });
}

fn ask(store: &mut SqliteStore) {
    let print = Fingerprint([1; 16]);
    let answers = [
        store.runs().err(),
        store.finding(print).err(),
        store.first_seen(&[print]).err(),
        store.last_known(&"111122223333".into(), &"eu-west-1".into(), &"AWS::S3::Bucket".into()).err(),
        store.level_three_since(&"platform.a".into(), &["111122223333".into()]).err(),
        store.record_run(&run("second"), &mut [finding()].into_iter()).err(),
        store.state(&run("first").id).err(),
        store.state(&run("second").id).err(),
        store.trend(&["111122223333".into()], Timestamp::UNIX_EPOCH, 9).err(),
        store.prune(&Keep { runs: Some(1), since: None }).err(),
    ];
    answers.into_iter().flatten().for_each(|error| assert!(!error.to_string().is_empty()));
}

/// The bytes of a history with one run.
fn good_history() -> Vec<u8> {
    thread_local! {
        static GOOD: Vec<u8> = {
            let folder = new_folder();
            let path = folder.path().join("good");
            let mut store = SqliteStore::open(&path).expect("a history can be begun");
            store.record_run(&run("first"), &mut [finding()].into_iter()).expect("a run can be recorded");
            drop(store);
            fs::read(path).expect("it is there")
        };
    }
    GOOD.with(Vec::clone)
}

fn run(id: &str) -> RunRecord {
    RunRecord {
        id: RunId::new(id),
        taken_at: Timestamp::UNIX_EPOCH,
        tool_version: "0".into(),
        complete: true,
        accounts: vec!["111122223333".into()],
        overall: None,
        layers: Vec::new(),
        controls: Vec::new(),
        populations: Vec::new(),
        signatures: vec![Signature(vec![HeldLine {
            control: "platform.a".into(),
            holder: Holder::ThirdParty("b".into()),
            rule: "aws/s3.yaml:1".into(),
            switch: "C".into(),
            need: "".into(),
        }])],
        assets: vec![AssetRow {
            asset: "arn:aws:s3:::b".into(),
            kind: "AWS::S3::Bucket".into(),
            account: Some("111122223333".into()),
            region: Some("eu-west-1".into()),
            signature: 0,
        }],
    }
}

fn finding() -> FindingRow {
    FindingRow {
        fingerprint: Fingerprint([1; 16]),
        check: "a-check".into(),
        control: "platform.a".into(),
        asset: "arn:aws:s3:::b".into(),
        outcome: Outcome::Fail,
        severity: Severity::High,
        why: "".into(),
    }
}

/// The records of a folder with this one file, of which the manifest states these counts.
fn read_file(file: &[u8], uncompressed: u64, lines: u64) -> Result<Vec<EvidenceRecord>, ()> {
    in_folder(|folder| {
        let place = folder.join(FILE);
        fs::create_dir_all(place.parent().expect("it lies in a folder")).expect("a folder can be made");
        fs::write(&place, file).expect("a file can be written");
        let manifest = serde_json::json!({
            "format": FORMAT,
            "tool": { "name": "fuzz", "version": "0" },
            "started_at": Timestamp::UNIX_EPOCH,
            "finished_at": Timestamp::UNIX_EPOCH,
            "complete": true,
            "provider": "aws",
            "accounts": [],
            "regions": [],
            "regions_not_scanned": [],
            "operations": { "asked": 0, "answered": 0, "absent": 0, "refused": 0, "failed": 0 },
            "files": [{
                "path": FILE,
                "sha256": hexadecimal(file),
                "bytes": file.len(),
                "uncompressed_bytes": uncompressed,
                "records": lines,
            }],
            "problems": [],
        });
        write_manifest(folder, manifest.to_string().as_bytes());
        let reader = EvidenceReader::open(folder).expect("the manifest is right");
        let records: Result<Vec<_>, _> = reader.records().collect();
        fs::remove_dir_all(folder.join("records")).expect("what was written can be removed");
        records.map_err(|error| assert_readable(&error))
    })
}

fn write_manifest(folder: &Path, manifest: &[u8]) {
    fs::write(folder.join(MANIFEST), manifest).expect("a file can be written");
    let line = format!("{}  {MANIFEST}\n", hexadecimal(manifest));
    fs::write(folder.join("manifest.sha256"), line).expect("a file can be written");
}

fn hexadecimal(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An error says something, and nothing that steers a terminal.
fn assert_readable(error: &EvidenceError) {
    let text = error.to_string();
    assert!(!text.is_empty() && !text.contains(char::is_control), "{text:?}");
}

/// Records by their text, each with how often it is there.
fn counted(records: &[EvidenceRecord]) -> BTreeMap<String, usize> {
    let mut counted = BTreeMap::new();
    records.iter().for_each(|record| *counted.entry(format!("{record:?}")).or_default() += 1);
    counted
}

/// A folder in memory where the system has a place for that: a disk would be most of the time.
fn new_folder() -> TempDir {
    let in_memory = Path::new("/dev/shm");
    let folder = if in_memory.is_dir() { TempDir::new_in(in_memory) } else { TempDir::new() };
    folder.or_else(|_| TempDir::new()).expect("there is a place for a folder")
}

/// Runs with a folder of this thread's, which is made once.
fn in_folder<R>(run: impl FnOnce(&Path) -> R) -> R {
    thread_local! {
        static FOLDER: RefCell<Option<TempDir>> = const { RefCell::new(None) };
    }
    FOLDER.with_borrow_mut(|folder| {
        let folder = folder.get_or_insert_with(new_folder);
        run(folder.path())
    })
}
