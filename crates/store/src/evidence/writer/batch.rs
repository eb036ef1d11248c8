//! The records of one population on their way into files.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::ops::Range;
use std::path::Path;

use partywall_model::{AssetId, EvidenceRecord, Kind, OperationName};
use sha2::{Digest, Sha256};
use zstd::bulk::Compressor;

use crate::evidence::files::{SUFFIX, hexadecimal};
use crate::evidence::{EvidenceError, FILE_TARGET, FileEntry};

/// By what the records of a batch are ordered. Collection is concurrent and order means nothing, but like
/// beside like compresses better, and what fits into one batch gives the same bytes whatever the order of
/// arrival. Records with one key keep theirs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LineKey {
    Asset(Kind, AssetId),
    Listing(Kind, OperationName),
    /// Tallies come in order.
    Tally,
}

impl LineKey {
    pub(super) fn of(record: &EvidenceRecord) -> Self {
        match record {
            EvidenceRecord::Asset(asset) => Self::Asset(asset.kind.clone(), asset.id.clone()),
            EvidenceRecord::Listing(listing) => {
                Self::Listing(listing.kind.clone(), listing.operation.clone())
            }
        }
    }
}

/// Lines that wait, and the files that took those before them.
pub(super) struct Batch {
    /// From the evidence folder on.
    folder: String,
    text: Vec<u8>,
    lines: Vec<(LineKey, Range<usize>)>,
    files: Vec<FileEntry>,
    /// Of the last of `files`, over the bytes written so far.
    digest: Sha256,
}

impl Batch {
    pub(super) fn new(folder: String) -> Self {
        Self { folder, text: Vec::new(), lines: Vec::new(), files: Vec::new(), digest: Sha256::new() }
    }

    /// Takes a line with its end.
    pub(super) fn push(&mut self, key: LineKey, line: &[u8]) {
        let start = self.text.len();
        self.text.extend_from_slice(line);
        self.lines.push((key, start..self.text.len()));
    }

    /// How many bytes wait.
    pub(super) fn waiting(&self) -> usize {
        self.text.len()
    }

    /// The files, when all is written.
    pub(super) fn into_files(mut self) -> Vec<FileEntry> {
        self.seal();
        self.files
    }

    /// Compresses what waits into a frame at the end of the last file, or of a new one if it is full.
    pub(super) fn flush(
        &mut self,
        root: &Path,
        compressor: &mut Compressor<'_>,
    ) -> Result<(), EvidenceError> {
        if self.lines.is_empty() {
            return Ok(());
        }
        self.lines.sort_by(|(a, _), (b, _)| a.cmp(b));
        let mut sorted = Vec::with_capacity(self.text.len());
        for (_, range) in &self.lines {
            sorted.extend_from_slice(self.text.get(range.clone()).unwrap_or_default());
        }
        let (lines, length) = (self.lines.len() as u64, sorted.len() as u64);
        self.text = Vec::new();
        self.lines = Vec::new();

        let folder = root.join(&self.folder);
        let frame =
            compressor.compress(&sorted).map_err(EvidenceError::io("compress records for", &folder))?;
        let full = |file: &FileEntry| file.uncompressed_bytes + length > FILE_TARGET;
        if self.files.last().is_none_or(full) {
            fs::create_dir_all(&folder).map_err(EvidenceError::io("create the folder", &folder))?;
            self.begin_file();
        }
        let Some(file) = self.files.last_mut() else { return Ok(()) };
        let path = root.join(&*file.path);
        let append = || OpenOptions::new().append(true).create(true).open(&path)?.write_all(&frame);
        append().map_err(EvidenceError::io("write", &path))?;
        self.digest.update(&frame);
        file.bytes += frame.len() as u64;
        file.uncompressed_bytes += length;
        file.records += lines;
        Ok(())
    }

    fn begin_file(&mut self) {
        self.seal();
        let path = format!("{}/{:04}{SUFFIX}", self.folder, self.files.len() + 1);
        let (sha256, bytes, uncompressed_bytes, records) = ("".into(), 0, 0, 0);
        self.files.push(FileEntry { path: path.into(), sha256, bytes, uncompressed_bytes, records });
    }

    /// Gives the last file its digest.
    fn seal(&mut self) {
        let digest = std::mem::take(&mut self.digest);
        if let Some(file) = self.files.last_mut().filter(|file| file.sha256.is_empty()) {
            file.sha256 = hexadecimal(&digest.finalize());
        }
    }
}
