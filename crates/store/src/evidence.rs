//! The evidence folder, format `partywall-evidence/1`; the user's page of it is `docs/reference/evidence.md`.
//!
//! [`EvidenceWriter`] takes records as they come, in memory that does not grow with the estate, and makes
//! the folder appear only when it is whole. [`EvidenceReader`] trusts nothing in a folder: every byte is
//! under a digest, and no record of an altered file is handed out.

mod error;
mod files;
mod interner;
mod lines;
mod manifest;
mod reader;
mod wire;
mod writer;

pub use error::EvidenceError;
pub use manifest::{
    EvidenceId, FileEntry, Footer, Header, Manifest, OperationCounts, RegionNotScanned, ScannedAccount, Tool,
};
pub use reader::{EvidenceReader, Records};
pub use writer::{EvidenceWriter, Existing, SavedEvidence};

/// The name and version of the format that this program writes.
pub const FORMAT: &str = "partywall-evidence/1";

/// The file that says what the folder holds.
pub const MANIFEST: &str = "manifest.json";
/// The digest of the manifest, as `sha256sum` writes it.
const MANIFEST_DIGEST: &str = "manifest.sha256";
/// The folder of the records.
const RECORDS: &str = "records";
/// The folder of the tallies of operations.
const OPERATIONS: &str = "operations";

/// A manifest of more bytes is refused.
const MANIFEST_LIMIT: u64 = 64 << 20;
/// A file is closed before it grows past this, uncompressed; one long line can exceed it.
const FILE_TARGET: u64 = 16 << 20;
/// A file that says it is longer than this, uncompressed, is refused.
const FILE_LIMIT: u64 = 64 << 20;
/// A line of more bytes is neither written nor read.
const LINE_LIMIT: u64 = 16 << 20;
/// The largest window of a compressed file, as a power of two: 8 MiB. The writer stays below it.
const WINDOW_LOG: u32 = 23;
