//! Evidence that was changed after it was written: nothing of it is used silently.

use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use partywall_store::evidence::{EvidenceError, EvidenceReader};

use crate::estate::{files, read_all, records, save};

fn whole(place: &Path) -> std::path::PathBuf {
    let folder = place.join("e");
    save(&folder, &records()).unwrap();
    folder
}

#[test]
fn any_flipped_bit_anywhere_is_noticed() {
    let place = tempfile::tempdir().unwrap();
    let folder = whole(place.path());
    let mut flips = 0;
    for path in files(&folder) {
        let good = fs::read(&path).unwrap();
        let mut file = File::options().write(true).open(&path).unwrap();
        let mut write = |at: usize, byte: u8| {
            file.seek(SeekFrom::Start(at as u64)).unwrap();
            file.write_all(&[byte]).unwrap();
        };
        for (at, byte) in good.iter().enumerate() {
            write(at, byte ^ (1 << (at % 8)));
            assert!(read_all(&folder).is_err(), "byte {at} of {}", path.display());
            write(at, *byte);
            flips += 1;
        }
    }
    assert!(flips > 3_000, "{flips} bytes are too few to say anything");
    assert!(read_all(&folder).is_ok(), "all is as it was");
}

#[test]
fn any_file_that_is_cut_or_longer_or_missing_is_named() {
    let place = tempfile::tempdir().unwrap();
    let folder = whole(place.path());
    for path in files(&folder) {
        let good = fs::read(&path).unwrap();
        let mut cases = vec![vec![], good[..good.len() - 1].to_vec(), good[..good.len() / 2].to_vec()];
        cases.push([&good[..], b"\n"].concat());
        for bad in cases {
            fs::write(&path, bad).unwrap();
            let error = read_all(&folder).unwrap_err();
            let of_manifest = path.file_stem().is_some_and(|stem| stem == "manifest");
            let named = if of_manifest { folder.join("manifest.json") } else { path.clone() };
            assert!(
                error.to_string().contains(&*named.to_string_lossy()),
                "{error} does not name {}",
                named.display()
            );
        }
        fs::remove_file(&path).unwrap();
        let error = read_all(&folder).unwrap_err();
        assert!(
            matches!(error, EvidenceError::Missing { .. } | EvidenceError::NotEvidence { .. }),
            "{error}"
        );
        assert!(error.to_string().contains(&*path.file_name().unwrap().to_string_lossy()), "{error}");
        fs::write(&path, good).unwrap();
    }
}

#[test]
fn no_record_of_an_altered_file_is_handed_out() {
    let place = tempfile::tempdir().unwrap();
    let folder = whole(place.path());
    let altered = folder.join("records/111122223333/us-east-1/0001.jsonl.zst");
    let mut bytes = fs::read(&altered).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&altered, bytes).unwrap();
    let reader = EvidenceReader::open(&folder).unwrap();
    let (good, bad): (Vec<_>, Vec<_>) = reader.records().partition(Result::is_ok);
    assert_eq!((good.len(), bad.len()), (7, 1), "the error comes once, and nothing after it");
    let Some(Err(EvidenceError::Altered { path, .. })) = bad.into_iter().next() else { panic!() };
    assert_eq!(path, altered);
    assert!(reader.verify().is_err());
}

#[test]
fn two_files_that_changed_places_are_noticed() {
    let place = tempfile::tempdir().unwrap();
    let folder = whole(place.path());
    let one = folder.join("records/111122223333/us-east-1/0001.jsonl.zst");
    let other = folder.join("records/111122223333/eu-west-1/0001.jsonl.zst");
    let (a, b) = (fs::read(&one).unwrap(), fs::read(&other).unwrap());
    fs::write(&one, b).unwrap();
    fs::write(&other, a).unwrap();
    assert!(matches!(read_all(&folder), Err(EvidenceError::Altered { .. })));
}

#[cfg(unix)]
#[test]
fn nothing_is_read_through_a_symbolic_link() {
    use std::os::unix::fs::symlink;
    for linked in [
        "manifest.json",
        "manifest.sha256",
        "records",
        "records/111122223333/us-east-1",
        "operations/0001.jsonl.zst",
    ] {
        let place = tempfile::tempdir().unwrap();
        let folder = whole(place.path());
        let moved = place.path().join("moved");
        fs::rename(folder.join(linked), &moved).unwrap();
        symlink(&moved, folder.join(linked)).unwrap();
        let error = read_all(&folder).unwrap_err();
        assert!(
            matches!(error, EvidenceError::NotPlain { what: "a symbolic link", .. }),
            "{linked}: {error}"
        );
    }
}

#[test]
fn the_folder_can_be_checked_with_sha256sum() {
    let place = tempfile::tempdir().unwrap();
    let folder = whole(place.path());
    let done = std::process::Command::new("sha256sum")
        .args(["--check", "--quiet", "manifest.sha256"])
        .current_dir(&folder)
        .status();
    // The tool is no part of Partywall; where it is missing, the line itself is compared.
    match done {
        Ok(status) => assert!(status.success()),
        Err(_) => {
            let line = fs::read_to_string(folder.join("manifest.sha256")).unwrap();
            let digest = crate::estate::sha256(&fs::read(folder.join("manifest.json")).unwrap());
            assert_eq!(line, format!("{digest}  manifest.json\n"));
        }
    }
}
