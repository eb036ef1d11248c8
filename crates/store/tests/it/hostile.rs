//! Evidence that somebody made up: an error in bounded memory, never a panic, never a wrong record.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use partywall_store::evidence::{EvidenceError, EvidenceReader};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::estate::{Forged, files, read, read_all, records, save, write_manifest};

const GOOD: &str = r#"{"asset":{"kind":"K","id":"i","provider":"aws","properties":{"a":1}}}"#;

fn place() -> (tempfile::TempDir, PathBuf) {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("e");
    (place, folder)
}

fn record_error(lines: &str) -> (u64, String, bool) {
    let (_place, folder) = place();
    Forged::of_text(lines.as_bytes()).write(&folder);
    match read(&folder) {
        Err(EvidenceError::Record { path, line, reason, from_newer }) => {
            assert!(path.ends_with("records/a/b/0001.jsonl.zst"));
            (line, reason.into(), from_newer)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_forger_of_these_tests_can_make_good_evidence() {
    let (_place, folder) = place();
    Forged::of_text(format!("{GOOD}\n{GOOD}\n").as_bytes()).write(&folder);
    assert_eq!(read(&folder).unwrap().len(), 2);
}

#[test]
fn what_a_newer_version_may_have_written_is_refused_and_said() {
    for newer in [
        r#"{"cluster":{}}"#,
        r#"{"asset":{"kind":"K","id":"i","provider":"aws","properties":{},"owner":"x"}}"#,
        r#"{"asset":{"kind":"K","id":"i","provider":"oracle","properties":{}}}"#,
        r#"{"asset":{"kind":"K","id":"i","provider":"aws","properties":{"a":{"!unknown":{"kind":"cursed","operation":"o"}}}}}"#,
        r#"{"asset":{"kind":"K","id":"i","provider":"aws","properties":{},"provenance":[{"path":"","source":{"dream":{}}}]}}"#,
        r#"{"asset":{"kind":"K","id":"i","provider":"aws","properties":{},"refused":{"why":{"kind":"refused","operation":"o"},"guess":3}}}"#,
        r#"{"listing":{"kind":"K","provider":"aws","account":"1","region":"r","operation":"o","at":"2026-01-01T00:00:00Z","seen":1,"partly":true}}"#,
    ] {
        let (line, reason, from_newer) = record_error(&format!("{GOOD}\n{newer}\n"));
        assert_eq!((line, from_newer), (2, true), "{reason}");
    }
}

#[test]
fn a_line_that_is_no_record_is_named() {
    for (bad, reason) in [
        ("", "EOF"),
        ("{", "EOF"),
        ("{}", "without content"),
        ("[]", "expected a record"),
        (r#"{"asset":{"kind":"K","id":"i","provider":"aws","properties":{}}} x"#, "trailing"),
        (r#"{"asset":{"kind":"K","id":"i","provider":"aws","properties":{}},"asset":{}}"#, "two records"),
        (r#"{"asset":{"kind":"K","provider":"aws","properties":{}}}"#, "missing field `id`"),
        (r#"{"asset":{"kind":"K","id":"i","provider":"aws"}}"#, "missing field `properties`"),
        (r#"{"asset":{"kind":"K","kind":"K","id":"i","provider":"aws","properties":{}}}"#, "stands twice"),
        (r#"{"asset":{"kind":"K","id":"i","provider":"aws","properties":{"a":1,"a":2}}}"#, "stands twice"),
        (r#"{"asset":{"kind":"K","id":"i","provider":"aws","properties":{"!x":1}}}"#, "no meaning"),
        (
            r#"{"asset":{"kind":"K","id":"i","provider":"aws","properties":{"a":1,"!unknown":{"kind":"failed","operation":"o"}}}}"#,
            "no meaning",
        ),
        (
            r#"{"asset":{"kind":"K","id":"i","provider":"aws","properties":{"!unknown":{"kind":"failed","operation":"o"},"a":1}}}"#,
            "alone",
        ),
        (r#"{"asset":{"kind":"K","id":"i","provider":"aws","properties":{"a":1e999}}}"#, "out of range"),
    ] {
        let (line, found, from_newer) = record_error(&format!("{GOOD}\n{bad}\n{GOOD}\n"));
        assert_eq!((line, from_newer), (2, false), "{bad}: {found}");
        assert!(found.contains(reason), "{bad}: {found}");
    }
    let (_, reason, _) = record_error(&format!(
        "{}\n",
        r#"{"asset":{"kind":"K","id":"i","provider":"aws","properties":X}}"#.replace('X', &"[".repeat(9_000))
    ));
    assert!(reason.contains("deeper than 96"), "{reason}");
}

#[test]
fn a_message_about_foreign_text_cannot_paint_on_the_terminal() {
    let (_, reason, _) = record_error("{\"\\u001b[31mred\":{}}\n");
    assert!(!reason.contains('\u{1b}') && reason.contains("\\u{1b}[31mred"), "{reason}");
    let (_, reason, _) = record_error(&format!("{{\"{}\":{{}}}}\n", "x".repeat(100_000)));
    assert!(reason.len() < 500);
}

#[test]
fn no_path_leads_out_of_the_folder() {
    for path in [
        "../x/0001.jsonl.zst",
        "/etc/passwd",
        "records/../../0001.jsonl.zst",
        "records/a/b/../../c/0001.jsonl.zst",
    ] {
        let (_place, folder) = place();
        Forged::of_text(b"").write_with(&folder, |manifest| manifest["files"][0]["path"] = path.into());
        let error = EvidenceReader::open(&folder).unwrap_err();
        assert!(matches!(error, EvidenceError::Manifest { .. }), "{error}");
        assert!(error.to_string().contains(path), "{error}");
    }
}

#[test]
fn a_bomb_is_not_unpacked() {
    let (_place, folder) = place();
    let mut bomb = zstd::Encoder::new(Vec::new(), 1).unwrap();
    for _ in 0..48 {
        bomb.write_all(&vec![b' '; 1 << 20]).unwrap();
    }
    let forged = Forged { compressed: bomb.finish().unwrap(), uncompressed_bytes: 1_000, records: 1 };
    forged.write(&folder);
    let error = read(&folder).unwrap_err();
    assert!(matches!(error, EvidenceError::Inconsistent { .. }), "{error}");
    assert!(error.to_string().contains("more than the 1000 bytes"), "{error}");

    let (_place, folder) = place_for(&Forged { uncompressed_bytes: 200 << 20, ..forged });
    assert!(
        matches!(EvidenceReader::open(&folder), Err(EvidenceError::Manifest { .. })),
        "200 MB in one file are not evidence"
    );
}

fn place_for(forged: &Forged) -> (tempfile::TempDir, PathBuf) {
    let (place, folder) = place();
    forged.write(&folder);
    (place, folder)
}

#[test]
fn a_line_without_end_is_given_up() {
    let line = [&b"{\"asset\":\""[..], &vec![b'x'; 40 << 20], b"\"}\n"].concat();
    let (_place, folder) = place_for(&Forged::of_text(&line));
    let error = read(&folder).unwrap_err();
    assert!(matches!(error, EvidenceError::LineTooLong { line: 1, .. }), "{error}");
}

#[test]
fn a_window_that_would_take_much_memory_is_refused() {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(27).unwrap();
    encoder.write_all(format!("{GOOD}\n").as_bytes()).unwrap();
    let forged = Forged {
        compressed: encoder.finish().unwrap(),
        uncompressed_bytes: GOOD.len() as u64 + 1,
        records: 1,
    };
    let (_place, folder) = place_for(&forged);
    let error = read(&folder).unwrap_err();
    assert!(error.to_string().contains("does not decompress"), "{error}");
}

#[test]
fn a_file_with_more_or_less_than_the_manifest_says_is_refused() {
    let good = || Forged::of_text(format!("{GOOD}\n{GOOD}\n").as_bytes());
    let length = good().uncompressed_bytes;
    for forged in [
        Forged { records: 1, ..good() },
        Forged { records: 3, ..good() },
        Forged { uncompressed_bytes: length - 1, ..good() },
        Forged { uncompressed_bytes: length + 1, ..good() },
        Forged::of_text(GOOD.as_bytes()),
        Forged { compressed: b"no zstd at all".to_vec(), ..good() },
        Forged { compressed: good().compressed[..20].to_vec(), ..good() },
    ] {
        let (_place, folder) = place_for(&forged);
        let error = read(&folder).unwrap_err();
        assert!(matches!(error, EvidenceError::Inconsistent { .. }), "{error}");
    }
}

fn open_with(tamper: impl FnOnce(&mut Value)) -> EvidenceError {
    let (_place, folder) = place();
    Forged::of_text(b"").write_with(&folder, tamper);
    EvidenceReader::open(&folder).unwrap_err()
}

#[test]
fn a_manifest_that_makes_no_sense_is_refused() {
    let error = open_with(|manifest| manifest["format"] = "partywall-evidence/2".into());
    assert!(matches!(error, EvidenceError::UnknownFormat { .. }), "{error}");
    let error = open_with(|manifest| manifest["owner"] = "x".into());
    assert!(matches!(error, EvidenceError::Manifest { from_newer: true, .. }), "{error}");
    let error = open_with(|manifest| manifest["provider"] = "oracle".into());
    assert!(matches!(error, EvidenceError::Manifest { from_newer: true, .. }), "{error}");
    let error = open_with(|manifest| {
        manifest.as_object_mut().unwrap().remove("complete");
    });
    assert!(error.to_string().contains("missing field `complete`"), "{error}");
    let error = open_with(|manifest| {
        let file = manifest["files"][0].clone();
        manifest["files"] = json!([file, file]);
    });
    assert!(error.to_string().contains("listed twice"), "{error}");
}

#[test]
fn a_folder_without_evidence_says_what_is_expected() {
    let (_place, folder) = place();
    let error = EvidenceReader::open(&folder).unwrap_err();
    assert!(matches!(error, EvidenceError::NotEvidence { .. }), "{error}");
    Forged::of_text(b"").write(&folder);
    fs::remove_file(folder.join("manifest.sha256")).unwrap();
    let error = EvidenceReader::open(&folder).unwrap_err();
    assert!(matches!(error, EvidenceError::NotEvidence { missing: "manifest.sha256", .. }), "{error}");
    fs::remove_file(folder.join("manifest.json")).unwrap();
    fs::create_dir(folder.join("manifest.json")).unwrap();
    let error = EvidenceReader::open(&folder).unwrap_err();
    assert!(matches!(error, EvidenceError::NotPlain { .. }), "{error}");
}

#[test]
fn a_manifest_without_end_is_given_up() {
    let (_place, folder) = place();
    fs::create_dir(&folder).unwrap();
    File::create(folder.join("manifest.json")).unwrap().set_len(1 << 40).unwrap();
    assert!(matches!(EvidenceReader::open(&folder), Err(EvidenceError::TooLarge { .. })));
}

/// Reads all there is; what comes is a result, whatever the folder holds.
fn survives(folder: &Path) -> bool {
    read_all(folder).is_ok()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_bytes_as_a_manifest_are_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let (_place, folder) = place();
        fs::create_dir(&folder).unwrap();
        write_manifest(&folder, &bytes);
        prop_assert!(!survives(&folder));
    }

    #[test]
    fn any_bytes_as_records_are_an_error_or_records(bytes in proptest::collection::vec(any::<u8>(), 1..300), packed in any::<bool>()) {
        let forged = if packed {
            Forged::of_text(&bytes)
        } else {
            Forged { compressed: bytes, uncompressed_bytes: 100, records: 1 }
        };
        let (_place, folder) = place_for(&forged);
        prop_assert!(!survives(&folder));
    }

    #[test]
    fn a_damaged_line_is_an_error_or_another_record(at in any::<proptest::sample::Index>(), with in any::<u8>()) {
        // The digest is right, so only the decoder stands between the damage and the estate.
        let (_place, folder) = place();
        save(&folder, &records()).unwrap();
        let path = files(&folder).into_iter().find(|path| path.to_string_lossy().contains("eu-west-1")).unwrap();
        let mut text = zstd::decode_all(File::open(path).unwrap()).unwrap();
        let at = at.index(text.len());
        text[at] = with;
        let (_place, folder) = place_for(&Forged::of_text(&text));
        if let Ok(read) = read(&folder) {
            prop_assert_eq!(read.len(), text.iter().filter(|byte| **byte == b'\n').count());
        }
    }

    #[test]
    fn a_damaged_manifest_is_an_error_or_says_the_same_of_its_files(at in any::<proptest::sample::Index>(), with in any::<u8>()) {
        let (_place, folder) = place();
        save(&folder, &records()).unwrap();
        let mut text = fs::read(folder.join("manifest.json")).unwrap();
        let at = at.index(text.len());
        text[at] = with;
        write_manifest(&folder, &text);
        if let Ok((manifest, read, _)) = read_all(&folder) {
            prop_assert_eq!(read.len() as u64, manifest.records());
            prop_assert_eq!(manifest.format, "partywall-evidence/1".into());
        }
    }
}
