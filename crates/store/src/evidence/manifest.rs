//! The manifest: what a folder holds, and how the collection went.

use std::collections::HashSet;
use std::fmt;

use jiff::Timestamp;
use partywall_model::{AccountId, OperationTally, Problem, Provider, Region, Why, WhyKind};
use serde::{Deserialize, Serialize};

use super::files::EntryPath;
use super::{FILE_LIMIT, FORMAT, wire};

/// What is known when a collection begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The program that collects.
    pub tool: Tool,
    /// Whose cloud is read.
    pub provider: Provider,
    /// When the collection began.
    pub started_at: Timestamp,
}

/// What is known when a collection ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Footer {
    /// When the last answer came; evidence is judged as of this time.
    pub finished_at: Timestamp,
    /// Whether the collection ran to its end. Refused reads do not make it incomplete, an interruption does.
    pub complete: bool,
    /// The accounts that were read.
    pub accounts: Vec<ScannedAccount>,
    /// The regions that were read.
    pub regions: Vec<Region>,
    /// The regions that were not, and why.
    pub regions_not_scanned: Vec<RegionNotScanned>,
    /// How often each operation was asked and what came back.
    pub tallies: Vec<OperationTally>,
    /// What went wrong on our side.
    pub problems: Vec<Problem>,
}

/// What an evidence folder holds, as `manifest.json` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: Box<str>,
    /// The program that collected.
    pub tool: Tool,
    /// When the collection began.
    pub started_at: Timestamp,
    /// When the last answer came; evidence is judged as of this time.
    pub finished_at: Timestamp,
    /// Whether the collection ran to its end.
    pub complete: bool,
    /// Whose cloud was read.
    #[serde(with = "wire::ProviderWord")]
    pub provider: Provider,
    /// The accounts that were read.
    pub accounts: Vec<ScannedAccount>,
    /// The regions that were read.
    pub regions: Vec<Region>,
    /// The regions that were not, and why.
    pub regions_not_scanned: Vec<RegionNotScanned>,
    /// All operations together; the tallies of each stand in `operations/`.
    pub operations: OperationCounts,
    /// The files with records and tallies, with their digests.
    pub files: Vec<FileEntry>,
    /// What went wrong on the collector's side.
    #[serde(with = "wire::problems")]
    pub problems: Vec<Problem>,
}

/// A program and its version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// Its name.
    pub name: Box<str>,
    /// Its version.
    pub version: Box<str>,
}

/// An account that was read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScannedAccount {
    /// The provider's id of it.
    pub id: AccountId,
    /// The name that people gave it, where that could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<Box<str>>,
}

/// A region that was not read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegionNotScanned {
    /// In which account; none where it holds for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// The region.
    pub region: Region,
    /// Why not.
    #[serde(with = "wire::why")]
    pub why: Why,
}

/// How many calls were made in all, and what came back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperationCounts {
    /// Calls in all.
    pub asked: u64,
    /// Calls that were answered.
    pub answered: u64,
    /// Calls answered with an error that means *absent*.
    pub absent: u64,
    /// Calls that the provider denied.
    pub refused: u64,
    /// Calls that failed for good for another reason.
    pub failed: u64,
}

/// A file with records or tallies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Where it is, from the folder on, with `/` between the parts.
    pub path: Box<str>,
    /// SHA-256 of the file as it lies there, in hexadecimal digits.
    pub sha256: Box<str>,
    /// Bytes of the file as it lies there.
    pub bytes: u64,
    /// Bytes of what it holds, decompressed.
    pub uncompressed_bytes: u64,
    /// How many lines it holds.
    pub records: u64,
}

/// The identity of saved evidence: the SHA-256 of its manifest, and so of all that it holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EvidenceId(Box<str>);

impl EvidenceId {
    pub(super) fn of(manifest: &[u8]) -> Self {
        Self(super::files::sha256(manifest))
    }

    /// The digest, in hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EvidenceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl OperationCounts {
    /// The sums of the tallies.
    pub fn of(tallies: &[OperationTally]) -> Self {
        let mut counts = Self::default();
        for tally in tallies {
            counts.answered = counts.answered.saturating_add(tally.answered);
            counts.absent = counts.absent.saturating_add(tally.absent);
            for (why, calls) in &tally.failed {
                match why.kind {
                    WhyKind::Refused => counts.refused = counts.refused.saturating_add(*calls),
                    _ => counts.failed = counts.failed.saturating_add(*calls),
                }
            }
        }
        let all = [counts.answered, counts.absent, counts.refused, counts.failed];
        counts.asked = all.into_iter().fold(0, u64::saturating_add);
        counts
    }
}

impl Manifest {
    pub(super) fn new(header: Header, footer: Footer, files: Vec<FileEntry>) -> Self {
        let mut manifest = Self {
            format: FORMAT.into(),
            tool: header.tool,
            started_at: header.started_at,
            finished_at: footer.finished_at,
            complete: footer.complete,
            provider: header.provider,
            accounts: footer.accounts,
            regions: footer.regions,
            regions_not_scanned: footer.regions_not_scanned,
            operations: OperationCounts::of(&footer.tallies),
            files,
            problems: footer.problems,
        };
        manifest.accounts.sort();
        manifest.accounts.dedup();
        manifest.regions.sort();
        manifest.regions.dedup();
        manifest.regions_not_scanned.sort();
        manifest.problems.sort();
        manifest
    }

    /// Takes a manifest apart; the message says what is wrong with it.
    pub(super) fn parse(text: &[u8]) -> Result<Self, ManifestFault> {
        #[derive(Deserialize)]
        struct Version {
            format: Box<str>,
        }
        let version: Version = serde_json::from_slice(text)?;
        if &*version.format != FORMAT {
            return Err(ManifestFault::UnknownFormat(version.format));
        }
        let manifest: Self = serde_json::from_slice(text)?;
        let mut seen = HashSet::new();
        for file in &manifest.files {
            let fault =
                |what: &str| ManifestFault::Unusable(format!("the file `{}` {what}", file.path).into());
            EntryPath::parse(&file.path).map_err(fault)?;
            if !seen.insert(&*file.path) {
                return Err(fault("is listed twice"));
            }
            if file.uncompressed_bytes > FILE_LIMIT || file.bytes > FILE_LIMIT {
                return Err(fault("is said to be larger than any evidence file"));
            }
        }
        Ok(manifest)
    }

    /// How many records the folder holds.
    pub fn records(&self) -> u64 {
        self.files
            .iter()
            .filter(|file| EntryPath::holds_records(&file.path))
            .fold(0, |sum: u64, file| sum.saturating_add(file.records))
    }

    /// What a reader of any result from this evidence has to be told: that it was cut short, and which
    /// regions nobody looked at.
    pub fn caveats(&self) -> Vec<Problem> {
        let mut caveats = Vec::new();
        if !self.complete {
            let message =
                "the collection was cut short, so what is missing here may exist; collect again to be sure";
            caveats.push(Problem::new("evidence", message));
        }
        for missed in &self.regions_not_scanned {
            let account = missed.account.as_ref().map_or("all accounts", AccountId::as_str);
            let subject = format!("region {} of {account}", missed.region);
            caveats.push(Problem::new(subject, format!("not scanned: {}", missed.why)));
        }
        caveats
    }
}

/// Why a manifest is of no use.
#[derive(Debug)]
pub(super) enum ManifestFault {
    UnknownFormat(Box<str>),
    Unusable(Box<str>),
}

impl From<serde_json::Error> for ManifestFault {
    fn from(error: serde_json::Error) -> Self {
        Self::Unusable(error.to_string().into())
    }
}
