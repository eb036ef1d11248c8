//! Sources become evidence folders. A live account is read into a temporary folder, or into the one that the
//! user wants to keep, and from then on it is recorded evidence like any other.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use partywall_aws::collector::{Collected, Selection, collect};
use partywall_aws::{Client, Options, Role};
use partywall_content::Content;
use partywall_model::{EstateBuilder, Provider, Region, WhyKind};
use partywall_report::{Account, Header, RunEnd, SourceKind};
use partywall_store::evidence::{
    self, EvidenceReader, EvidenceWriter, Existing, Footer, SavedEvidence, ScannedAccount, Tool,
};

use crate::args::{AssessArgs, AwsSource};
use crate::exit::Failure;
use crate::progress::ProgressLine;

/// The word that stands for the live account.
const AWS: &str = "aws";

/// What was gathered from all sources.
pub struct Gathered {
    /// Every record of every source.
    pub(crate) builder: EstateBuilder,
    /// When and where it was collected.
    pub(crate) header: Header,
    /// The identity of the evidence: that of its only folder, or of all of them together.
    pub(crate) identity: String,
    /// What went wrong while it was collected.
    pub(crate) problems: Vec<partywall_model::Problem>,
}

impl Gathered {
    /// Everything that evidence folders hold.
    ///
    /// # Errors
    /// A folder that is not what its manifest says.
    pub fn from_evidence(readers: &[EvidenceReader]) -> Result<Self, Failure> {
        join(readers, true)
    }
}

/// The folders among the sources.
pub(crate) fn folders(sources: &[String]) -> Vec<PathBuf> {
    sources.iter().filter(|source| *source != AWS).map(PathBuf::from).collect()
}

/// Gathers all sources of an assessment.
pub(crate) fn gather(args: &AssessArgs, content: &Content, quiet: bool) -> Result<Gathered, Failure> {
    let live = args.sources.iter().filter(|source| *source == AWS).count();
    if args.save.is_some() && live == 0 {
        return Err(Failure::Usage(
            "`--save` keeps what is read from a live account; name the source `aws`".into(),
        ));
    }
    if live > 1 {
        return Err(Failure::Usage("`aws` is named twice; one account is read at a time".into()));
    }
    // What is recorded is opened first: a mistake there must not cost a live run.
    let mut readers = open(&folders(&args.sources))?;
    let mut kept = None;
    if live == 1 {
        let saved = read_account(&args.aws, content, args.save.as_deref(), quiet)?;
        readers.push(saved.reader()?);
        kept = Some(saved);
    }
    let gathered = join(&readers, quiet);
    drop(kept);
    gathered
}

/// Reads folders alone, for questions about recorded assets.
pub(crate) fn read(folders: &[PathBuf]) -> Result<Gathered, Failure> {
    join(&open(folders)?, true)
}

/// Opens evidence folders. A folder that is none itself stands for the evidence folders in it: those of
/// several accounts, say.
fn open(folders: &[PathBuf]) -> Result<Vec<EvidenceReader>, Failure> {
    let mut readers = Vec::new();
    for folder in folders {
        let inner = evidence_in(folder);
        let whole = if inner.is_empty() { std::slice::from_ref(folder) } else { &inner };
        for folder in whole {
            readers.push(EvidenceReader::open(folder)?);
        }
    }
    Ok(readers)
}

/// The evidence folders in a folder that is none itself, in the order of their names.
fn evidence_in(folder: &Path) -> Vec<PathBuf> {
    let is_evidence = |folder: &Path| folder.join(evidence::MANIFEST).is_file();
    if is_evidence(folder) {
        return Vec::new();
    }
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut inner: Vec<PathBuf> =
        entries.map(|entry| entry.path()).filter(|path| is_evidence(path)).collect();
    inner.sort();
    inner
}

fn join(readers: &[EvidenceReader], quiet: bool) -> Result<Gathered, Failure> {
    let mut builder = EstateBuilder::default();
    let mut tallies = Vec::new();
    let mut problems = Vec::new();
    let progress = ProgressLine::new("reading", quiet);
    let expected: u64 = readers.iter().map(|reader| reader.manifest().records()).sum();
    progress.expect(usize::try_from(expected).unwrap_or(usize::MAX));
    let mut read = 0;
    for reader in readers {
        for record in reader.records() {
            builder.add(record?);
            read += 1;
            progress.done(read);
        }
        tallies.extend(reader.tallies()?);
        problems.extend(reader.manifest().problems.iter().cloned());
    }
    drop(progress);
    let mut identities: Vec<&str> = readers.iter().map(|reader| reader.id().as_str()).collect();
    identities.sort_unstable();
    Ok(Gathered { builder, header: header(readers, tallies), identity: identities.join("+"), problems })
}

fn header(readers: &[EvidenceReader], tallies: Vec<partywall_model::OperationTally>) -> Header {
    let manifests = || readers.iter().map(EvidenceReader::manifest);
    let mut accounts: Vec<Account> = manifests()
        .flat_map(|manifest| &manifest.accounts)
        .map(|account| Account {
            id: account.id.clone(),
            name: account.alias.clone(),
            environment: partywall_model::Environment::Unlabelled,
        })
        .collect();
    accounts.sort_by(|a, b| a.id.cmp(&b.id));
    accounts.dedup();
    let mut regions: Vec<partywall_model::Region> =
        manifests().flat_map(|manifest| manifest.regions.iter().cloned()).collect();
    regions.sort();
    regions.dedup();
    Header {
        tool_version: env!("CARGO_PKG_VERSION").into(),
        collected_from: manifests().map(|manifest| manifest.started_at).min().unwrap_or_default(),
        collected_to: manifests().map(|manifest| manifest.finished_at).max().unwrap_or_default(),
        sources: vec![SourceKind::CloudApi],
        accounts,
        regions,
        regions_not_scanned: manifests()
            .flat_map(|manifest| &manifest.regions_not_scanned)
            .map(|region| partywall_report::RegionNotScanned {
                account: region.account.clone(),
                region: region.region.clone(),
                why: region.why.clone(),
            })
            .collect(),
        tallies,
        end: if manifests().all(|manifest| manifest.complete) {
            RunEnd::Complete
        } else {
            RunEnd::Interrupted
        },
    }
}

/// Reads the account that the command line names.
fn read_account(
    source: &AwsSource,
    content: &Content,
    save: Option<&Path>,
    quiet: bool,
) -> Result<SavedEvidence, Failure> {
    let options = Options {
        profile: source.profile.clone(),
        region: source.regions.first().cloned(),
        role: source.role_arn.clone().map(|arn| Role { arn, external_id: source.external_id.clone() }),
        ..Options::default()
    };
    let regions: Vec<Region> = source.regions.iter().map(|region| region.as_str().into()).collect();
    collect_evidence(options, regions, content, save, quiet)
}

/// Reads a live account into an evidence folder: a new one at `save`, else one that goes with the value.
/// No `regions` stands for all that are enabled.
///
/// # Errors
/// A folder that cannot be made, an account that cannot be reached. What AWS refuses is part of the evidence.
pub fn collect_evidence(
    options: Options,
    regions: Vec<Region>,
    content: &Content,
    save: Option<&Path>,
    quiet: bool,
) -> Result<SavedEvidence, Failure> {
    let header = evidence::Header {
        tool: Tool { name: "partywall".into(), version: env!("CARGO_PKG_VERSION").into() },
        provider: Provider::Aws,
        started_at: Timestamp::now(),
    };
    // The folder is made before anything is asked: a place that cannot be written must not cost a run.
    let mut writer = match save {
        Some(target) => EvidenceWriter::create(target, Existing::Refuse, header)?,
        None => EvidenceWriter::temporary(header)?,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let collected = runtime.block_on(async {
        let client = Client::connect(options).await?;
        let selection = Selection { regions, services: Vec::new() };
        let progress = ProgressLine::new("asking AWS:", quiet);
        let mut sink = |record| writer.add(&record).map_err(std::io::Error::other);
        let collected = collect(&client, &content.collectors, &selection, &mut sink, &progress);
        // What is dropped before it is finished leaves nothing behind, so Ctrl-C keeps no half folder.
        tokio::select! {
            collected = collected => Ok::<Collected, Failure>(collected?),
            _ = tokio::signal::ctrl_c() => Err(Failure::Interrupted),
        }
    })?;
    Ok(writer.finish(footer(collected))?)
}

fn footer(collected: Collected) -> Footer {
    let not_listed = collected.regions_unlisted.map(|why| evidence::RegionNotScanned {
        account: Some(collected.identity.account.as_str().into()),
        region: "all others".into(),
        why: partywall_model::Why { kind: WhyKind::NotRead, ..why },
    });
    Footer {
        finished_at: Timestamp::now(),
        complete: true,
        accounts: vec![ScannedAccount { id: collected.identity.account.as_str().into(), alias: None }],
        regions: collected.regions,
        regions_not_scanned: not_listed.into_iter().collect(),
        tallies: collected.tallies,
        problems: collected.problems,
    }
}
