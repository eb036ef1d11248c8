//! Evidence that was damaged, or that somebody made to do harm: a clear error or an escaped cell, and nothing lost.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use jiff::Timestamp;
use partywall_model::{Asset, EvidenceRecord, Listing, ListingOutcome, Node, Provider};
use partywall_store::evidence::{EvidenceWriter, Existing, Footer, Header, ScannedAccount, Tool};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::emulator::repository;
use crate::program::{Partywall, Ran};

const ACCOUNT: &str = "111122223333";

fn assess(folder: &Path, more: &[&str]) -> Ran {
    Partywall::new(&[&["assess", folder.to_str().unwrap(), "--no-store"], more].concat()).run()
}

/// Ends with 2, without a report, and says every one of the words.
fn is_refused(folder: &Path, words: &[&str]) {
    let place = tempfile::tempdir().unwrap();
    let page = place.path().join("page.html");
    let ran = assess(folder, &["--html", page.to_str().unwrap()]);
    assert_eq!(ran.code, 2, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(ran.stdout, "");
    assert!(!page.exists());
    for word in words {
        assert!(ran.stderr.contains(word), "no `{word}` in {}", ran.stderr);
    }
    assert!(!ran.stderr.chars().any(|c| c.is_control() && c != '\n'), "{:?}", ran.stderr);
}

/// A copy of evidence that is whole.
fn copy(place: &Path) -> PathBuf {
    fn copy_all(from: &Path, to: &Path) {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            let (target, entry) = (to.join(entry.file_name()), entry.path());
            if entry.is_dir() {
                copy_all(&entry, &target)
            } else {
                assert!(fs::copy(&entry, &target).unwrap() > 0)
            }
        }
    }
    let folder = place.join("evidence");
    copy_all(&repository().join("examples/bank/shared"), &folder);
    folder
}

/// The largest file of records.
fn records_of(folder: &Path) -> PathBuf {
    let manifest: Value = serde_json::from_slice(&fs::read(folder.join("manifest.json")).unwrap()).unwrap();
    let files = manifest["files"].as_array().unwrap().iter();
    let largest = files
        .filter(|file| file["path"].as_str().unwrap().starts_with("records/"))
        .max_by_key(|file| file["records"].as_u64())
        .unwrap();
    folder.join(largest["path"].as_str().unwrap())
}

/// Writes a manifest and its digest.
fn sign(folder: &Path, manifest: &Value) {
    let text = manifest.to_string();
    let digest: String = Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    fs::write(folder.join("manifest.json"), text).unwrap();
    fs::write(folder.join("manifest.sha256"), format!("{digest}  manifest.json\n")).unwrap();
}

/// Evidence of assets that somebody made up.
fn evidence(place: &Path, assets: Vec<Asset>) -> PathBuf {
    let folder = place.join("made-up");
    let header = Header {
        tool: Tool { name: "partywall".into(), version: "0.1.0".into() },
        provider: Provider::Aws,
        started_at: Timestamp::UNIX_EPOCH,
    };
    let mut writer = EvidenceWriter::create(&folder, Existing::Refuse, header).unwrap();
    for asset in assets {
        let listing = Listing {
            provider: Provider::Aws,
            account: ACCOUNT.into(),
            region: "eu-west-1".into(),
            kind: asset.kind.clone(),
            operation: "made:Up".into(),
            at: Timestamp::UNIX_EPOCH,
            seen: 1,
            outcome: ListingOutcome::Complete,
        };
        writer.add(&EvidenceRecord::Asset(Box::new(asset))).unwrap();
        writer.add(&EvidenceRecord::Listing(listing)).unwrap();
    }
    let footer = Footer {
        finished_at: Timestamp::UNIX_EPOCH,
        complete: true,
        accounts: vec![ScannedAccount { id: ACCOUNT.into(), alias: None }],
        regions: vec!["eu-west-1".into()],
        regions_not_scanned: Vec::new(),
        tallies: Vec::new(),
        problems: Vec::new(),
    };
    writer.finish(footer).unwrap();
    folder
}

fn asset(kind: &str, id: &str) -> Asset {
    let mut asset = Asset::new(Provider::Aws, kind, id);
    asset.account = Some(ACCOUNT.into());
    asset.region = Some("eu-west-1".into());
    asset.properties = Node::map();
    asset
}

#[test]
fn a_file_that_was_cut_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let folder = copy(place.path());
    let file = records_of(&folder);
    let bytes = fs::read(&file).unwrap();
    fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
    is_refused(&folder, &["altered or cut", ".jsonl.zst", "collect anew"]);
}

#[test]
fn a_file_with_one_other_byte_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let folder = copy(place.path());
    let file = records_of(&folder);
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&file, bytes).unwrap();
    is_refused(&folder, &["altered or cut", "SHA-256"]);
}

#[test]
fn a_file_that_is_missing_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let folder = copy(place.path());
    fs::remove_file(records_of(&folder)).unwrap();
    is_refused(&folder, &["missing", "not whole"]);
}

#[test]
fn a_manifest_that_was_altered_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let folder = copy(place.path());
    let manifest = folder.join("manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replacen("eu-west-1", "eu-west-2", 1)).unwrap();
    is_refused(&folder, &["manifest.json", "altered"]);
}

#[test]
fn a_folder_of_several_in_which_one_is_damaged_is_refused_as_a_whole() {
    let place = tempfile::tempdir().unwrap();
    let damaged = copy(place.path());
    let good = place.path().join("another");
    fs::create_dir(&good).unwrap();
    let good = copy(&good);
    fs::rename(good, place.path().join("good")).unwrap();
    fs::remove_file(records_of(&damaged)).unwrap();
    is_refused(place.path(), &["missing"]);
}

#[test]
fn kinds_that_nobody_knows_are_shown_with_unknown_holders() {
    let place = tempfile::tempdir().unwrap();
    let kinds = ["AWS::Quantum::Annealer", "Some::Thing::Else", "x"];
    let folder =
        evidence(place.path(), kinds.iter().map(|kind| asset(kind, &format!("arn:{kind}"))).collect());
    let ran = assess(&folder, &["--format", "json"]);
    assert_eq!(ran.code, 3, "what nobody knows is not fine: {}", ran.stderr);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let reasons = report["incomplete"]["reasons"].to_string();
    assert!(kinds.iter().all(|kind| reasons.contains(kind)), "{reasons}");
    let assets = report["assets"].as_array().unwrap();
    for kind in kinds {
        let at =
            assets.iter().position(|asset| asset["kind"] == kind).unwrap_or_else(|| panic!("{kind} is lost"));
        let lines: Vec<&Value> = report["lines"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|line| line["assets"].as_array().unwrap().contains(&json!(at)))
            .collect();
        assert_eq!(lines.len(), 45, "{kind}");
        for line in lines {
            // What the organisation does for itself is nobody else's, whatever the kind.
            let organisation = line["control"].as_str().unwrap().starts_with("org.");
            assert!(line["holder"] == "unknown" || organisation, "{kind}: {line}");
        }
        let who = Partywall::new(&["who", &format!("arn:{kind}"), "--in", folder.to_str().unwrap()]).run();
        assert_eq!(who.code, 0, "{}", who.stderr);
        assert!(who.stdout.contains(kind) && who.stdout.contains("unknown"), "{}", who.stdout);
    }
    assert!(report["summary"]["lines"]["unknown"].as_u64().unwrap() >= 39 * 3);
    let text = assess(&folder, &["--no-html"]).stdout;
    assert!(text.contains("unknown"), "{text}");
}

#[test]
fn a_line_of_200_megabytes_is_refused_in_little_memory() {
    let place = tempfile::tempdir().unwrap();
    let folder = copy(place.path());
    let file = records_of(&folder);
    let mut encoder = zstd::Encoder::new(File::create(&file).unwrap(), 1).unwrap();
    encoder.write_all(br#"{"asset":{"kind":"K","id":"i","provider":"aws","properties":{"a":""#).unwrap();
    for _ in 0..200 {
        encoder.write_all(&[b'x'; 1 << 20]).unwrap();
    }
    encoder.write_all(b"\"}}}\n").unwrap();
    encoder.finish().unwrap();
    let bytes = fs::read(&file).unwrap();
    assert!(bytes.len() < 1 << 20, "{} bytes", bytes.len());
    let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    let mut manifest: Value =
        serde_json::from_slice(&fs::read(folder.join("manifest.json")).unwrap()).unwrap();
    for (claimed, words) in [
        // The truth about its length is too much for a file, a smaller claim is found out, and one that a file
        // may have does not help against the limit of a line.
        (200 << 20, "larger than any evidence file"),
        (1 << 20, "more than the 1048576 bytes"),
        (60 << 20, "longer than"),
    ] {
        let entries = manifest["files"].as_array_mut().unwrap();
        let entry = entries.iter_mut().find(|entry| file.ends_with(entry["path"].as_str().unwrap())).unwrap();
        entry["bytes"] = bytes.len().into();
        entry["sha256"] = digest.clone().into();
        entry["records"] = 1.into();
        entry["uncompressed_bytes"] = claimed.into();
        sign(&folder, &manifest);
        // The whole address space, the program itself included, in kilobytes.
        let limited = Command::new("sh")
            .args(["-c", "ulimit -v 400000; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_partywall"), "assess"])
            .arg(&folder)
            .args(["--no-store", "--no-html"])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&limited.stderr);
        assert_eq!(limited.status.code(), Some(2), "{claimed}: {said}");
        assert!(said.contains(words) && said.contains("0001.jsonl.zst"), "{claimed}: {said}");
    }
}

/// Names that try to do something to whoever looks at them.
fn harmful_names() -> Vec<String> {
    vec![
        "\u{1b}[2J\u{1b}[31mred\u{7}".to_owned(),
        "</td></script><script>alert(1)</script><img src=x onerror=alert(2)>".to_owned(),
        "\" onmouseover=\"alert(3)\" '\u{0}".to_owned(),
        "invoice\u{202e}gpj.exe\u{2066}\u{200f}".to_owned(),
        "line\nbreak\r\n\tand\u{85}\u{2028}more".to_owned(),
        "\u{9b}31mc1\u{e0041}\u{feff}".to_owned(),
        "{{ 7*7 }} ${7*7} =cmd|' /C calc'!A0".to_owned(),
        "x".repeat(200_000),
        "\u{1f468}\u{200d}\u{1f469}".repeat(3_000),
    ]
}

/// Instances without any setting, so that many checks speak of each by its name.
pub(crate) fn harmful_evidence(place: &Path) -> PathBuf {
    let named = harmful_names().into_iter().map(|name| {
        let mut asset =
            asset("AWS::EC2::Instance", &format!("arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/{name}"));
        asset.name = Some(name.as_str().into());
        asset.identifier = Some(name.as_str().into());
        asset.tags.insert(name.as_str().into(), name.as_str().into());
        asset.properties.insert_at("MetadataOptions.HttpTokens", Node::text("optional"));
        asset.properties.insert_at("MetadataOptions.HttpEndpoint", Node::text("enabled"));
        asset.properties.insert_at("KeyName", Node::text(name.as_str()));
        asset
    });
    evidence(place, named.collect())
}

/// Characters that steer a terminal or turn the direction of what follows.
fn steers(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

#[test]
fn harmful_names_steer_no_terminal() {
    let place = tempfile::tempdir().unwrap();
    let folder = harmful_evidence(place.path());
    let text = assess(&folder, &["--no-html"]);
    assert_eq!(text.code, 1, "{}", text.stderr);
    assert_eq!(text.stdout.chars().find(|c| steers(*c)), None);
    assert_eq!(text.stderr.chars().find(|c| steers(*c)), None);
    assert!(text.stdout.len() < 200_000, "{} bytes: a long name is cut", text.stdout.len());
    let json = assess(&folder, &["--format", "json"]);
    assert_eq!(json.stdout.chars().find(|c| steers(*c)), None);
    for name in harmful_names() {
        let id = format!("arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/{name}");
        // What cannot be typed at all, cannot be asked for.
        if name.contains('\u{0}') || name.len() > 100_000 {
            continue;
        }
        let who = Partywall::new(&["who", &id, "--in", folder.to_str().unwrap()]).run();
        assert_eq!(who.code, 0, "{}", who.stderr);
        assert_eq!(who.stdout.chars().find(|c| steers(*c)), None);
    }
    let unknown = Partywall::new(&["who", "\u{1b}[31m\u{202e}", "--in", folder.to_str().unwrap()]).run();
    assert_eq!(unknown.code, 2);
    assert_eq!(unknown.stderr.chars().find(|c| steers(*c)), None, "{:?}", unknown.stderr);
}

#[test]
fn harmful_names_are_whole_in_the_json() {
    let place = tempfile::tempdir().unwrap();
    let folder = harmful_evidence(place.path());
    let report: Value = serde_json::from_str(&assess(&folder, &["--format", "json"]).stdout).unwrap();
    let names: Vec<&str> =
        report["assets"].as_array().unwrap().iter().filter_map(|asset| asset["name"].as_str()).collect();
    for name in harmful_names() {
        assert!(names.contains(&&*name), "{:?} is lost", name.chars().take(40).collect::<String>());
    }
}

#[test]
fn harmful_names_are_text_in_the_page() {
    let place = tempfile::tempdir().unwrap();
    let folder = harmful_evidence(place.path());
    let page = assess(&folder, &["--format", "html"]).stdout;
    for raw in ["<script>alert", "<img src=x", "</td></script>", "\" onmouseover=\"alert(3)\""] {
        assert!(!page.contains(raw), "`{raw}` in the page");
    }
    assert_eq!(page.chars().find(|c| steers(*c) && *c != '\t'), None);
    assert!(page.contains("alert(1)"), "the name is shown, as text");
    assert!(page.len() < 20 << 20, "{} bytes", page.len());
}
