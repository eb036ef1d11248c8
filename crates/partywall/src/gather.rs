//! Sources become evidence folders. Live accounts are read into a temporary folder, or into the one that the
//! user wants to keep, and from then on they are recorded evidence like any other.

use std::io;
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
    let mut readers = open(&folders(&args.sources), quiet)?;
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
    join(&open(folders, true)?, true)
}

/// Opens evidence folders. A folder that is none itself stands for the evidence folders in it: those of
/// several accounts, say.
fn open(folders: &[PathBuf], quiet: bool) -> Result<Vec<EvidenceReader>, Failure> {
    let mut readers = Vec::new();
    for folder in folders {
        let Inner { evidence: inner, others } = evidence_in(folder)?;
        if !inner.is_empty() && !quiet {
            for other in others {
                eprintln!("`{}` holds no evidence and is left out", other.display());
            }
        }
        let whole = if inner.is_empty() { std::slice::from_ref(folder) } else { &inner };
        for folder in whole {
            readers.push(EvidenceReader::open(folder)?);
        }
    }
    Ok(readers)
}

/// The folders in a folder that is no evidence itself, in the order of their names.
#[derive(Default)]
struct Inner {
    evidence: Vec<PathBuf>,
    others: Vec<PathBuf>,
}

/// A folder that cannot be entered is an error: an account might lie in it.
fn evidence_in(folder: &Path) -> Result<Inner, Failure> {
    let unreadable =
        |path: &Path, cause: &io::Error| Failure::Usage(format!("cannot read `{}`: {cause}", path.display()));
    let is_evidence = |folder: &Path| {
        let manifest = folder.join(evidence::MANIFEST);
        manifest.try_exists().map_err(|cause| unreadable(&manifest, &cause))
    };
    let mut inner = Inner::default();
    // What is no folder at all is refused where it is opened.
    if !folder.is_dir() || is_evidence(folder)? {
        return Ok(inner);
    }
    for entry in std::fs::read_dir(folder).map_err(|cause| unreadable(folder, &cause))? {
        let path = entry.map_err(|cause| unreadable(folder, &cause))?.path();
        match path.metadata() {
            Ok(about) if !about.is_dir() => {}
            Ok(_) if is_evidence(&path)? => inner.evidence.push(path),
            Ok(_) => inner.others.push(path),
            // A link that leads nowhere.
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => {}
            Err(cause) => return Err(unreadable(&path, &cause)),
        }
    }
    inner.evidence.sort();
    inner.others.sort();
    Ok(inner)
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
    // Of one account in several folders a name goes before none.
    accounts.sort_by(|a, b| (&a.id, a.name.is_none(), &a.name).cmp(&(&b.id, b.name.is_none(), &b.name)));
    accounts.dedup_by(|a, b| a.id == b.id);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_that_hold_no_evidence_are_told_from_those_that_do() {
        let place = tempfile::tempdir().unwrap();
        for folder in ["b", "a", "notes"] {
            std::fs::create_dir(place.path().join(folder)).unwrap();
        }
        for folder in ["b", "a"] {
            std::fs::write(place.path().join(folder).join(evidence::MANIFEST), "{}").unwrap();
        }
        std::fs::write(place.path().join("readme.txt"), "hello").unwrap();
        let inner = evidence_in(place.path()).unwrap();
        assert_eq!(inner.evidence, ["a", "b"].map(|name| place.path().join(name)));
        assert_eq!(inner.others, [place.path().join("notes")]);
        assert!(evidence_in(&place.path().join("a")).unwrap().evidence.is_empty(), "it is evidence itself");
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_whose_entry_cannot_be_looked_at_is_an_error() {
        let place = tempfile::tempdir().unwrap();
        // A link to itself can be looked at by nobody, whoever asks.
        std::os::unix::fs::symlink("loop", place.path().join("loop")).unwrap();
        let error = evidence_in(place.path()).err().unwrap();
        assert!(error.to_string().contains("loop"), "{error}");
    }
}
