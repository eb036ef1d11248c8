//! Reads an evidence folder that may come from anybody.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::slice;

use partywall_model::{EvidenceRecord, OperationTally};

use super::error::printable;
use super::files::{EntryPath, Plain, expect_plain};
use super::interner::Interner;
use super::lines::Lines;
use super::manifest::{EvidenceId, FileEntry, Manifest, ManifestFault};
use super::{EvidenceError, MANIFEST, MANIFEST_DIGEST, MANIFEST_LIMIT, wire};

/// An evidence folder whose manifest was read and found whole.
#[derive(Debug)]
pub struct EvidenceReader {
    folder: PathBuf,
    manifest: Manifest,
    id: EvidenceId,
}

impl EvidenceReader {
    /// Reads the manifest of a folder. The files with records are compared with it when they are read.
    pub fn open(folder: &Path) -> Result<Self, EvidenceError> {
        let text = read_small(folder, MANIFEST)?;
        let expected = read_small(folder, MANIFEST_DIGEST)?;
        let path = folder.join(MANIFEST);
        let manifest = Manifest::parse(&text).map_err(|fault| match fault {
            ManifestFault::UnknownFormat(found) => {
                EvidenceError::UnknownFormat { path: path.clone(), found: printable(&found) }
            }
            ManifestFault::Unusable(reason) => EvidenceError::manifest(&path, &reason),
        });
        // An unknown version is said before an altered digest: it may digest in another way.
        if let Err(unknown @ EvidenceError::UnknownFormat { .. }) = manifest {
            return Err(unknown);
        }
        let id = EvidenceId::of(&text);
        if expected != digest_line(&id).into_bytes() {
            let reason = format!("its SHA-256 is {id}, and `{MANIFEST_DIGEST}` says something else");
            return Err(EvidenceError::altered(&path, reason));
        }
        Ok(Self { folder: folder.to_path_buf(), manifest: manifest?, id })
    }

    /// What the folder holds.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The identity of the evidence.
    pub fn id(&self) -> &EvidenceId {
        &self.id
    }

    /// All records, file by file; after the first error there are no more. Each file's digest is compared
    /// before its first record is given, so whoever stops at an error has used nothing that was altered.
    pub fn records(&self) -> Records<'_> {
        Records {
            reader: self,
            files: self.manifest.files.iter(),
            lines: None,
            interner: Interner::default(),
            failed: false,
        }
    }

    /// How often each operation was asked, in the order of operation, account and region.
    pub fn tallies(&self) -> Result<Vec<OperationTally>, EvidenceError> {
        let mut tallies = Vec::new();
        for file in self.manifest.files.iter().filter(|file| !EntryPath::holds_records(&file.path)) {
            let mut lines = Lines::open(&self.folder, file)?;
            while let Some(line) = lines.next()? {
                let tally = wire::decode_tally(line);
                tallies.push(
                    tally.map_err(|error| EvidenceError::record(lines.path(), lines.number(), &error))?,
                );
            }
        }
        Ok(tallies)
    }

    /// Reads everything once and says the first thing that is wrong.
    pub fn verify(&self) -> Result<(), EvidenceError> {
        self.records().try_for_each(|record| record.map(drop))?;
        self.tallies().map(drop)
    }
}

/// The content of [`MANIFEST_DIGEST`], as `sha256sum` writes and reads it.
pub(super) fn digest_line(id: &EvidenceId) -> String {
    format!("{id}  {MANIFEST}\n")
}

fn read_small(folder: &Path, name: &'static str) -> Result<Vec<u8>, EvidenceError> {
    let path = folder.join(name);
    if !expect_plain(&path, Plain::File)? {
        return Err(EvidenceError::NotEvidence { path: folder.to_path_buf(), missing: name });
    }
    let file = File::open(&path).map_err(EvidenceError::io("open", &path))?;
    let mut text = Vec::new();
    file.take(MANIFEST_LIMIT + 1).read_to_end(&mut text).map_err(EvidenceError::io("read", &path))?;
    if text.len() as u64 > MANIFEST_LIMIT {
        return Err(EvidenceError::TooLarge { path, limit: MANIFEST_LIMIT });
    }
    Ok(text)
}

/// The records of an evidence folder.
pub struct Records<'a> {
    reader: &'a EvidenceReader,
    files: slice::Iter<'a, FileEntry>,
    lines: Option<Lines>,
    interner: Interner,
    failed: bool,
}

impl Records<'_> {
    fn advance(&mut self) -> Result<Option<EvidenceRecord>, EvidenceError> {
        loop {
            if let Some(lines) = &mut self.lines {
                if let Some(line) = lines.next()? {
                    return wire::decode_record(line, &mut self.interner)
                        .map(Some)
                        .map_err(|error| EvidenceError::record(lines.path(), lines.number(), &error));
                }
                self.lines = None;
            }
            let Some(file) = self.files.find(|file| EntryPath::holds_records(&file.path)) else {
                return Ok(None);
            };
            self.lines = Some(Lines::open(&self.reader.folder, file)?);
        }
    }
}

impl Iterator for Records<'_> {
    type Item = Result<EvidenceRecord, EvidenceError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let record = self.advance().transpose();
        self.failed = !matches!(record, Some(Ok(_)));
        record
    }
}
