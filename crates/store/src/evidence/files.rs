//! Places inside an evidence folder, and digests.
//!
//! A manifest may come from anybody, so the paths in it are held to the narrow form that the writer makes:
//! nothing that a path of this form names can lie outside the folder.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::{EvidenceError, FileEntry, OPERATIONS, RECORDS};

/// How every file with records or tallies ends.
pub(super) const SUFFIX: &str = ".jsonl.zst";
/// A longer part of a path is replaced by its digest.
const SEGMENT_LIMIT: usize = 96;

/// A path in a manifest that is safe to follow.
pub(super) struct EntryPath<'a>(&'a str);

impl<'a> EntryPath<'a> {
    /// Takes `records/<account>/<region>/<number>.jsonl.zst` and `operations/<number>.jsonl.zst`.
    pub(super) fn parse(path: &'a str) -> Result<Self, &'static str> {
        let parts: Vec<&str> = path.split('/').collect();
        let file = match parts.as_slice() {
            [RECORDS, account, region, file] if is_segment(account) && is_segment(region) => file,
            [OPERATIONS, file] => file,
            _ => return Err("does not lie in `records/<account>/<region>/` or `operations/`"),
        };
        match file.strip_suffix(SUFFIX) {
            Some(number) if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => {
                Ok(Self(path))
            }
            _ => Err("is not named `<number>.jsonl.zst`"),
        }
    }

    /// Whether a file of this path holds records, and not tallies.
    pub(super) fn holds_records(path: &str) -> bool {
        path.split('/').next() == Some(RECORDS)
    }

    /// Opens the file under `folder`; no part below the folder may be a symbolic link.
    fn open(&self, folder: &Path) -> Result<(File, PathBuf), EvidenceError> {
        let mut path = folder.to_path_buf();
        let mut parts = self.0.split('/').peekable();
        while let Some(part) = parts.next() {
            path.push(part);
            let expected = if parts.peek().is_some() { Plain::Folder } else { Plain::File };
            if !expect_plain(&path, expected)? {
                return Err(EvidenceError::Missing { path });
            }
        }
        let file = File::open(&path).map_err(EvidenceError::io("open", &path))?;
        Ok((file, path))
    }
}

/// What must stand at a place.
#[derive(Clone, Copy)]
pub(super) enum Plain {
    File,
    Folder,
}

/// Whether something stands at `path`; an error if it is not what is expected there.
pub(super) fn expect_plain(path: &Path, expected: Plain) -> Result<bool, EvidenceError> {
    let kind = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata.file_type(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(EvidenceError::io("look at", path)(error)),
    };
    let what = match expected {
        _ if kind.is_symlink() => "a symbolic link",
        Plain::File if !kind.is_file() => "not a plain file",
        Plain::Folder if !kind.is_dir() => "not a folder",
        Plain::File | Plain::Folder => return Ok(true),
    };
    Err(EvidenceError::NotPlain { path: path.to_path_buf(), what })
}

/// Opens a file of a manifest and compares its size and digest. The handle is that of the file that was
/// compared, even if another was put in its place meanwhile.
pub(super) fn open_verified(folder: &Path, entry: &FileEntry) -> Result<(File, PathBuf), EvidenceError> {
    let unsafe_path = |what| EvidenceError::manifest(folder, &format!("the file `{}` {what}", entry.path));
    let (mut file, path) = EntryPath::parse(&entry.path).map_err(unsafe_path)?.open(folder)?;
    let bytes = file.metadata().map_err(EvidenceError::io("look at", &path))?.len();
    if bytes != entry.bytes {
        return Err(EvidenceError::altered(&path, format!("it has {bytes} bytes, not {}", entry.bytes)));
    }
    let found = sha256_of(&mut file).map_err(EvidenceError::io("read", &path))?;
    if found != entry.sha256 {
        return Err(EvidenceError::altered(&path, format!("its SHA-256 is {found}, not {}", entry.sha256)));
    }
    file.rewind().map_err(EvidenceError::io("read", &path))?;
    Ok((file, path))
}

fn sha256_of(file: &mut File) -> io::Result<Box<str>> {
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(hexadecimal(&digest.finalize())),
            Ok(length) => digest.update(buffer.get(..length).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// The SHA-256 of a text, in hexadecimal digits.
pub(super) fn sha256(text: &[u8]) -> Box<str> {
    hexadecimal(&Sha256::digest(text))
}

/// Bytes as hexadecimal digits.
pub(super) fn hexadecimal(bytes: &[u8]) -> Box<str> {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _infallible = write!(text, "{byte:02x}");
    }
    text.into()
}

/// An account or region as one part of a path. Every byte outside `a-z 0-9 - .` is written as `%` and two
/// digits, so that no two names meet on a file system that does not tell upper from lower case.
pub(super) fn segment(name: Option<&str>) -> String {
    let Some(name) = name else { return "_".to_owned() };
    let mut segment = String::with_capacity(name.len());
    for (at, byte) in name.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' => segment.push(char::from(byte)),
            b'.' if at > 0 => segment.push('.'),
            _ => {
                let _infallible = write!(segment, "%{byte:02x}");
            }
        }
    }
    if segment.is_empty() {
        return "%".to_owned();
    }
    if segment.len() > SEGMENT_LIMIT {
        return format!("%{}", sha256(name.as_bytes()));
    }
    segment
}

fn is_segment(text: &str) -> bool {
    text.len() <= SEGMENT_LIMIT
        && !text.starts_with('.')
        && !text.is_empty()
        && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'%' | b'_'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_paths_of_the_writers_form_are_followed() {
        for good in [
            "records/111122223333/eu-west-1/0001.jsonl.zst",
            "records/_/_/12345.jsonl.zst",
            "operations/0001.jsonl.zst",
        ] {
            assert!(EntryPath::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "/etc/passwd",
            "records/../../0001.jsonl.zst",
            "records/a/../0001.jsonl.zst",
            "records/a/./0001.jsonl.zst",
            "records//b/0001.jsonl.zst",
            "records/a/b/c/0001.jsonl.zst",
            "records/a/b/.jsonl.zst",
            "records/a/b/x.jsonl.zst",
            "records/a\\b/c/0001.jsonl.zst",
            "records/C:/b/0001.jsonl.zst",
            "operations/../0001.jsonl.zst",
            "manifest.json",
        ] {
            assert!(EntryPath::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn names_that_differ_only_in_case_do_not_meet() {
        assert_eq!(segment(Some("eu-west-1")), "eu-west-1");
        assert_eq!(segment(Some("EastUS")), "%45ast%55%53");
        assert_eq!(segment(Some("..")), "%2e.");
        assert_eq!(segment(None), "_");
        assert_eq!(segment(Some("_")), "%5f");
    }

    proptest! {
        #[test]
        fn every_name_becomes_a_path_that_may_be_followed(account in ".*", region in ".{0,200}") {
            let path = format!("records/{}/{}/0001.jsonl.zst", segment(Some(&account)), segment(Some(&region)));
            prop_assert!(EntryPath::parse(&path).is_ok(), "{}", path);
        }

        #[test]
        fn different_names_become_different_paths(one in ".{0,40}", other in ".{0,40}") {
            prop_assert_eq!(one == other, segment(Some(&one)) == segment(Some(&other)));
        }
    }
}
