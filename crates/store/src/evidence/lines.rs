//! The lines of one compressed file, never more than one of them in memory.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use zstd::stream::read::Decoder;

use super::files::open_verified;
use super::{EvidenceError, FileEntry, LINE_LIMIT, WINDOW_LOG};

/// A file whose digest was right, line by line.
pub(super) struct Lines {
    path: PathBuf,
    entry: FileEntry,
    /// Gives at most one byte more than the manifest promises, so a bomb shows without being unpacked.
    text: BufReader<std::io::Take<Decoder<'static, BufReader<File>>>>,
    line: Vec<u8>,
    number: u64,
    bytes: u64,
}

impl Lines {
    /// Opens a file of the manifest; its size and digest are compared before anything is unpacked.
    pub(super) fn open(folder: &Path, entry: &FileEntry) -> Result<Self, EvidenceError> {
        let (file, path) = open_verified(folder, entry)?;
        let mut decoder = Decoder::new(file).map_err(EvidenceError::io("decompress", &path))?;
        decoder.window_log_max(WINDOW_LOG).map_err(EvidenceError::io("decompress", &path))?;
        let text =
            BufReader::with_capacity(1 << 17, decoder.take(entry.uncompressed_bytes.saturating_add(1)));
        Ok(Self { path, entry: entry.clone(), text, line: Vec::new(), number: 0, bytes: 0 })
    }

    /// The file, for messages.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The number of the line that was given last, from 1.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// The next line without its end; none after the last, when all that the manifest says has been compared.
    pub(super) fn next(&mut self) -> Result<Option<&[u8]>, EvidenceError> {
        self.line.clear();
        let read = (&mut self.text).take(LINE_LIMIT + 1).read_until(b'\n', &mut self.line);
        let read = read.map_err(|error| {
            EvidenceError::inconsistent(&self.path, format!("it does not decompress: {error}"))
        })?;
        self.bytes = self.bytes.saturating_add(read as u64);
        if self.bytes > self.entry.uncompressed_bytes {
            let promised = self.entry.uncompressed_bytes;
            return Err(self.differs(format!("it unpacks to more than the {promised} bytes that are listed")));
        }
        if read == 0 {
            return self.end().map(|()| None);
        }
        self.number += 1;
        if self.line.pop_if(|last| *last == b'\n').is_none() {
            if read as u64 > LINE_LIMIT {
                let (path, line) = (self.path.clone(), self.number);
                return Err(EvidenceError::LineTooLong { path, line, limit: LINE_LIMIT });
            }
            return Err(self.differs(format!("line {} has no end", self.number)));
        }
        if self.number > self.entry.records {
            return Err(
                self.differs(format!("it holds more than the {} lines that are listed", self.entry.records))
            );
        }
        Ok(Some(&self.line))
    }

    fn end(&self) -> Result<(), EvidenceError> {
        if self.bytes != self.entry.uncompressed_bytes {
            let (found, promised) = (self.bytes, self.entry.uncompressed_bytes);
            return Err(self.differs(format!("it unpacks to {found} bytes, and {promised} are listed")));
        }
        if self.number != self.entry.records {
            return Err(self
                .differs(format!("it holds {} lines, and {} are listed", self.number, self.entry.records)));
        }
        Ok(())
    }

    fn differs(&self, reason: String) -> EvidenceError {
        EvidenceError::inconsistent(&self.path, reason)
    }
}
