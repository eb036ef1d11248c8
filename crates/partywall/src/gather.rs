//! Sources become evidence folders. Live accounts are read into a temporary folder, or into the one that the
//! user wants to keep, and from then on they are recorded evidence like any other.

use std::path::{Path, PathBuf};

use partywall_model::EstateBuilder;
use partywall_report::{Account, Header, RunEnd, SourceKind};
use partywall_store::evidence::{self, EvidenceReader};

use crate::args::AssessArgs;
use crate::exit::Failure;
use crate::import::Imported;
use crate::live::Live;
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
    /// What others found.
    pub(crate) imported: Imported,
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
pub(crate) fn gather(args: &AssessArgs, live: &Live<'_>) -> Result<Gathered, Failure> {
    let quiet = live.quiet;
    let is_live = names_live(args)?;
    // What is recorded is opened first: a mistake there must not cost a live run.
    let mut readers = open(&folders(&args.sources))?;
    let mut kept = None;
    if is_live {
        let saved = live.gather(args)?;
        readers.push(saved.reader()?);
        kept = Some(saved);
    }
    let mut gathered = join(&readers, quiet)?;
    drop(kept);
    let Gathered { builder, header, identity, problems, .. } = &mut gathered;
    let mut imported = Imported::read(&args.import, live.content, builder, header)?;
    problems.append(&mut imported.problems);
    if !imported.is_empty() {
        let of_import = imported.identity();
        let parts = [identity.as_str(), &of_import].into_iter().filter(|part| !part.is_empty());
        *identity = parts.collect::<Vec<&str>>().join("+");
    }
    gathered.imported = imported;
    Ok(gathered)
}

/// Whether a live account is among the sources.
pub(crate) fn names_live(args: &AssessArgs) -> Result<bool, Failure> {
    let live = args.sources.iter().filter(|source| *source == AWS).count();
    let needs_one = [
        ("--save", "keeps what is read from a live account", args.save.is_some()),
        ("--resume", "goes on with reading a live account", args.aws.resume.is_some()),
        ("--estimate", "is about reading a live account", args.aws.estimate),
        ("--organization", "is about live accounts", args.aws.organization),
    ];
    if let Some((option, what, _)) = needs_one.iter().find(|(_, _, given)| *given && live == 0) {
        return Err(Failure::Usage(format!("`{option}` {what}; name the source `aws`")));
    }
    if live > 1 {
        return Err(Failure::Usage(
            "`aws` is named twice; several accounts are read by --organization, or by --role-arn for each"
                .into(),
        ));
    }
    Ok(live == 1)
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
    Ok(Gathered {
        builder,
        header: header(readers, tallies),
        identity: identities.join("+"),
        problems,
        imported: Imported::default(),
    })
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
