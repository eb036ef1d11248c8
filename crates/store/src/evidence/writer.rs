//! Writes an evidence folder: memory stays flat, and the folder appears only when it is whole.
//!
//! Records wait in memory until a population (an account and a region) has enough of them for a frame of
//! its own, or until all that wait is too much together. So no file stays open, however many accounts and
//! regions a collection spans.

mod batch;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use partywall_model::{AccountId, EvidenceRecord, Region};
use tempfile::TempDir;

use self::batch::{Batch, LineKey};
use super::files::segment;
use super::manifest::{EvidenceId, FileEntry, Footer, Header, Manifest};
use super::reader::{EvidenceReader, digest_line};
use super::{
    EvidenceError, LINE_LIMIT, MANIFEST, MANIFEST_DIGEST, MANIFEST_LIMIT, OPERATIONS, RECORDS, WINDOW_LOG,
    wire,
};

/// One population's records are compressed together when there are this many bytes of them.
const BATCH_TARGET: usize = 4 << 20;
/// All records that wait may take this many bytes.
const WAITING_LIMIT: usize = 24 << 20;
/// zstd's own default; its window stays below [`WINDOW_LOG`](super::WINDOW_LOG).
const LEVEL: i32 = 3;

/// What to do where the target exists. An empty folder is always taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// Leave it and say so.
    Refuse,
    /// Replace it when the new evidence is whole, if it is evidence; anything else is left.
    Replace,
}

/// Takes records as they are collected.
///
/// What is dropped before [`finish`](Self::finish) leaves nothing behind.
pub struct EvidenceWriter {
    header: Header,
    /// Where the folder appears; none where it is to vanish after use.
    target: Option<(PathBuf, Existing)>,
    partial: TempDir,
    populations: BTreeMap<(Option<AccountId>, Option<Region>), Batch>,
    waiting: usize,
    compressor: zstd::bulk::Compressor<'static>,
    line: Vec<u8>,
}

/// Evidence that is whole.
#[derive(Debug)]
pub struct SavedEvidence {
    manifest: Manifest,
    id: EvidenceId,
    folder: PathBuf,
    /// Removes the folder when this is dropped.
    temporary: Option<TempDir>,
}

impl EvidenceWriter {
    /// Begins evidence that will stand at `target`. Until it is whole it lies in a hidden folder beside it.
    pub fn create(target: &Path, existing: Existing, header: Header) -> Result<Self, EvidenceError> {
        // `dir/` and `dir` are one place, and so is `dir/.`.
        let target: PathBuf = target.components().collect();
        check_target(&target, existing)?;
        let (Some(parent), Some(name)) = (target.parent(), target.file_name()) else {
            return Err(EvidenceError::Exists { path: target });
        };
        let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
        fs::create_dir_all(parent).map_err(EvidenceError::io("create the folder", parent))?;
        let prefix = format!(".{}.", name.to_string_lossy());
        let partial = private_folders().prefix(&prefix).suffix(".partial").tempdir_in(parent);
        let partial = partial.map_err(EvidenceError::io("write into", parent))?;
        Self::begin(Some((target, existing)), partial, header)
    }

    /// Begins evidence that nobody wants to keep: its folder vanishes with the [`SavedEvidence`].
    pub fn temporary(header: Header) -> Result<Self, EvidenceError> {
        let place = std::env::temp_dir();
        let partial = private_folders().prefix("partywall-evidence.").tempdir_in(&place);
        let partial = partial.map_err(EvidenceError::io("write into", &place))?;
        Self::begin(None, partial, header)
    }

    fn begin(
        target: Option<(PathBuf, Existing)>,
        partial: TempDir,
        header: Header,
    ) -> Result<Self, EvidenceError> {
        let compressor = compressor().map_err(EvidenceError::io("compress", partial.path()))?;
        let (populations, line) = (BTreeMap::new(), Vec::new());
        Ok(Self { header, target, partial, populations, waiting: 0, compressor, line })
    }

    /// Takes a record. Of an [`Unencodable`](EvidenceError::Unencodable) one nothing is kept, and the next
    /// may be added.
    pub fn add(&mut self, record: &EvidenceRecord) -> Result<(), EvidenceError> {
        self.line.clear();
        let encoded = wire::encode_record(record, &mut self.line);
        self.end_line(encoded.map_err(|error| error.to_string()), || described(record))?;
        let population = match record {
            EvidenceRecord::Asset(asset) => (asset.account.clone(), asset.region.clone()),
            EvidenceRecord::Listing(listing) => (Some(listing.account.clone()), Some(listing.region.clone())),
        };
        let batch = match self.populations.get_mut(&population) {
            Some(batch) => batch,
            None => {
                let account = segment(population.0.as_ref().map(AccountId::as_str));
                let region = segment(population.1.as_ref().map(Region::as_str));
                let batch = Batch::new(format!("{RECORDS}/{account}/{region}"));
                self.populations.entry(population).or_insert(batch)
            }
        };
        batch.push(LineKey::of(record), &self.line);
        self.waiting += self.line.len();
        if batch.waiting() >= BATCH_TARGET {
            self.waiting -= batch.waiting();
            return batch.flush(self.partial.path(), &mut self.compressor);
        }
        self.relieve()
    }

    /// Writes the longest batches out until what waits is little enough.
    fn relieve(&mut self) -> Result<(), EvidenceError> {
        while self.waiting > WAITING_LIMIT {
            let Some(longest) = self.populations.values_mut().max_by_key(|batch| batch.waiting()) else {
                break;
            };
            self.waiting -= longest.waiting();
            longest.flush(self.partial.path(), &mut self.compressor)?;
        }
        Ok(())
    }

    fn end_line(
        &mut self,
        encoded: Result<(), String>,
        described: impl FnOnce() -> String,
    ) -> Result<(), EvidenceError> {
        let length = self.line.len() as u64 + 1;
        let encoded = encoded.and_then(|()| match length {
            0..=LINE_LIMIT => Ok(()),
            _ => Err(format!("it takes {length} bytes, and a line holds {LINE_LIMIT}")),
        });
        self.line.push(b'\n');
        encoded.map_err(|reason| {
            self.line = Vec::new();
            EvidenceError::Unencodable { record: described().into(), reason: reason.into() }
        })
    }

    /// Writes what waits, the tallies and the manifest, and moves the folder to its place.
    pub fn finish(mut self, mut footer: Footer) -> Result<SavedEvidence, EvidenceError> {
        let mut files: Vec<FileEntry> = Vec::new();
        for mut batch in std::mem::take(&mut self.populations).into_values() {
            batch.flush(self.partial.path(), &mut self.compressor)?;
            files.extend(batch.into_files());
        }
        footer.tallies.sort_by(|a, b| {
            (&a.operation, &a.account, &a.region).cmp(&(&b.operation, &b.account, &b.region))
        });
        files.extend(self.write_tallies(&footer)?);
        let manifest = Manifest::new(self.header.clone(), footer, files);
        let id = self.write_manifest(&manifest)?;
        self.settle(manifest, id)
    }

    fn write_tallies(&mut self, footer: &Footer) -> Result<Vec<FileEntry>, EvidenceError> {
        let mut batch = Batch::new(OPERATIONS.to_owned());
        for tally in &footer.tallies {
            self.line.clear();
            let encoded = wire::encode_tally(tally, &mut self.line);
            self.end_line(encoded.map_err(|error| error.to_string()), || {
                format!("the tally of `{}`", tally.operation)
            })?;
            batch.push(LineKey::Tally, &self.line);
            if batch.waiting() >= BATCH_TARGET {
                batch.flush(self.partial.path(), &mut self.compressor)?;
            }
        }
        batch.flush(self.partial.path(), &mut self.compressor)?;
        Ok(batch.into_files())
    }

    fn write_manifest(&self, manifest: &Manifest) -> Result<EvidenceId, EvidenceError> {
        let path = self.partial.path().join(MANIFEST);
        let unusable = |reason: &str| EvidenceError::manifest(&path, reason);
        let mut text = serde_json::to_vec_pretty(manifest).map_err(|error| unusable(&error.to_string()))?;
        text.push(b'\n');
        if text.len() as u64 > MANIFEST_LIMIT {
            return Err(EvidenceError::TooLarge { path, limit: MANIFEST_LIMIT });
        }
        let id = EvidenceId::of(&text);
        write_new(&self.partial.path().join(MANIFEST_DIGEST), digest_line(&id).as_bytes())?;
        write_new(&path, &text)?;
        Ok(id)
    }

    fn settle(self, manifest: Manifest, id: EvidenceId) -> Result<SavedEvidence, EvidenceError> {
        let Some((target, existing)) = self.target else {
            let folder = self.partial.path().to_path_buf();
            return Ok(SavedEvidence { manifest, id, folder, temporary: Some(self.partial) });
        };
        let kept = self.partial.keep();
        match move_into_place(&kept, &target, existing) {
            Ok(()) => Ok(SavedEvidence { manifest, id, folder: target, temporary: None }),
            Err(source) => Err(EvidenceError::Kept { target, kept, source }),
        }
    }
}

impl SavedEvidence {
    /// What was saved.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Its identity.
    pub fn id(&self) -> &EvidenceId {
        &self.id
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether it vanishes with this value.
    pub fn is_temporary(&self) -> bool {
        self.temporary.is_some()
    }

    /// Opens it as anybody would.
    pub fn reader(&self) -> Result<EvidenceReader, EvidenceError> {
        EvidenceReader::open(&self.folder)
    }
}

/// Folders that only their owner may enter: evidence shows where an estate is weak.
fn private_folders<'a>() -> tempfile::Builder<'a, 'a> {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "permissions are the Unix kind"))]
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder
}

fn compressor() -> io::Result<zstd::bulk::Compressor<'static>> {
    let mut compressor = zstd::bulk::Compressor::new(LEVEL)?;
    compressor.set_parameter(zstd::zstd_safe::CParameter::WindowLog(WINDOW_LOG.min(21)))?;
    Ok(compressor)
}

fn described(record: &EvidenceRecord) -> String {
    match record {
        EvidenceRecord::Asset(asset) => format!("the {} `{}`", asset.kind, asset.id),
        EvidenceRecord::Listing(listing) => {
            format!("the list of {} in {} of {}", listing.kind, listing.region, listing.account)
        }
    }
}

/// Nothing is forced to the disk: a folder that a power cut left half written does not match its digests.
fn write_new(path: &Path, text: &[u8]) -> Result<(), EvidenceError> {
    let write = || File::create_new(path)?.write_all(text);
    write().map_err(EvidenceError::io("write", path))
}

/// What stands at a target.
enum Standing {
    Nothing,
    EmptyFolder,
    Evidence,
    Other,
}

fn standing(target: &Path) -> io::Result<Standing> {
    match fs::symlink_metadata(target) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Standing::Nothing),
        Err(error) => return Err(error),
        Ok(metadata) if !metadata.is_dir() => return Ok(Standing::Other),
        Ok(_) => {}
    }
    if fs::read_dir(target)?.next().is_none() {
        return Ok(Standing::EmptyFolder);
    }
    let is_evidence = target.join(MANIFEST).is_file() && target.join(MANIFEST_DIGEST).is_file();
    Ok(if is_evidence { Standing::Evidence } else { Standing::Other })
}

fn check_target(target: &Path, existing: Existing) -> Result<(), EvidenceError> {
    let path = target.to_path_buf();
    match (standing(target).map_err(EvidenceError::io("look at", target))?, existing) {
        (Standing::Nothing | Standing::EmptyFolder, _) | (Standing::Evidence, Existing::Replace) => Ok(()),
        (Standing::Other, Existing::Replace) => Err(EvidenceError::NotReplaceable { path }),
        (Standing::Evidence | Standing::Other, Existing::Refuse) => Err(EvidenceError::Exists { path }),
    }
}

/// Moves a whole folder to its target. The target may have changed since [`check_target`], so it is looked
/// at again; old evidence goes only after the new stands.
fn move_into_place(whole: &Path, target: &Path, existing: Existing) -> io::Result<()> {
    match (standing(target)?, existing) {
        (Standing::Nothing, _) => fs::rename(whole, target),
        (Standing::EmptyFolder, _) => {
            fs::remove_dir(target)?;
            fs::rename(whole, target)
        }
        (Standing::Evidence, Existing::Replace) => {
            let parent = whole.parent().unwrap_or_else(|| Path::new("."));
            let aside = tempfile::Builder::new().prefix(".replaced.").tempdir_in(parent)?;
            let old = aside.path().join("old");
            fs::rename(target, &old)?;
            if let Err(error) = fs::rename(whole, target) {
                fs::rename(&old, target)?;
                return Err(error);
            }
            aside.close()
        }
        _ => Err(io::Error::new(io::ErrorKind::AlreadyExists, "something else appeared there meanwhile")),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use partywall_model::{Asset, Provider};

    use super::*;
    use crate::evidence::Tool;

    #[test]
    fn what_waits_stays_bounded_however_many_regions_there_are() {
        let tool = Tool { name: "test".into(), version: "0".into() };
        let header = Header { tool, provider: Provider::Aws, started_at: Timestamp::UNIX_EPOCH };
        let mut writer = EvidenceWriter::temporary(header).unwrap();
        let mut asset = Asset::new(Provider::Aws, "AWS::S3::Bucket", "b");
        asset.properties.insert_at("Text", "x".repeat(60_000).into());
        let mut most = 0;
        for number in 0..600 {
            asset.region = Some(format!("region-{number}").into());
            writer.add(&EvidenceRecord::Asset(Box::new(asset.clone()))).unwrap();
            let waiting: usize = writer.populations.values().map(Batch::waiting).sum();
            assert_eq!(waiting, writer.waiting, "the sum is kept right");
            most = most.max(waiting);
        }
        assert!(most <= WAITING_LIMIT && most > WAITING_LIMIT - 200_000, "{most}");
        assert_eq!(writer.populations.len(), 600);
    }
}
