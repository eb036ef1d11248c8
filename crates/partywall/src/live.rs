//! Live accounts are read into an evidence folder: a temporary one, or the one that the user wants to keep.
//!
//! Ctrl-C ends the asking, not the run: what was read becomes evidence that says of itself that it was cut
//! short, and is assessed. A second Ctrl-C ends everything at once and leaves nothing behind.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use partywall_aws::collector::{
    Accounts, CollectError, Collected, Control, Selection, Stop, Survey, Targets, survey,
};
use partywall_aws::{Client, Options, Role};
use partywall_content::Content;
use partywall_model::{AccountId, EvidenceRecord, Provider, Region, Why, WhyKind};
use partywall_store::evidence::{
    self, EvidenceWriter, Existing, Footer, RegionNotScanned, SavedEvidence, ScannedAccount, Tool,
};
use partywall_store::history::SqliteStore;

use crate::args::{AssessArgs, AwsSource};
use crate::estimate::{self, Expected};
use crate::exit::{Exit, Failure};
use crate::progress::ProgressLine;
use crate::resume::{Anew, Earlier, forget_cured, merged};

/// Stands for every region of an account.
const ALL_REGIONS: &str = "all";
/// Stands for the enabled regions that nobody could list.
const ALL_OTHERS: &str = "all others";

/// How live accounts are read.
pub(crate) struct Live<'l> {
    pub(crate) content: &'l Content,
    /// Knows how many assets there were last.
    pub(crate) store: Option<&'l SqliteStore>,
    pub(crate) quiet: bool,
}

/// What is read, and into what.
struct Task<'t> {
    options: Options,
    accounts: Accounts,
    regions: Vec<Region>,
    aggregator: Option<&'t str>,
    save: Option<&'t Path>,
    resume: Option<&'t Path>,
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
    let accounts = Accounts::Own;
    let task = Task { options, accounts, regions, aggregator: None, save, resume: None };
    Live { content, store: None, quiet }.read(task)
}

/// What the command line asks for.
fn task(args: &AssessArgs) -> Result<Task<'_>, Failure> {
    let AwsSource { profile, regions, role_arn, external_id, organization, role_name, resume, .. } =
        &args.aws;
    if external_id.is_some() && role_arn.is_empty() && !organization {
        let message = "`--external-id` goes with a role: name it by --role-arn, or read an --organization";
        return Err(Failure::Usage(message.into()));
    }
    let role = |arn: &String| Role { arn: arn.clone(), external_id: external_id.clone() };
    let (role, accounts) = match (role_arn.as_slice(), organization) {
        ([], false) => (None, Accounts::Own),
        ([one], false) => (Some(role(one)), Accounts::Own),
        (several, false) => (None, Accounts::Roles(several.iter().map(role).collect())),
        (roles @ ([] | [_]), true) => {
            // The role that was named opens the door to the organisation, and needs no external id for it.
            let first = roles.first().map(|arn| Role { arn: arn.clone(), external_id: None });
            let member = Accounts::Organization { role: role_name.clone(), external_id: external_id.clone() };
            (first, member)
        }
        (_, true) => {
            let message =
                "with `--organization` one --role-arn can be named: that in which the accounts are listed";
            return Err(Failure::Usage(message.into()));
        }
    };
    let options =
        Options { profile: profile.clone(), region: regions.first().cloned(), role, ..Options::default() };
    Ok(Task {
        options,
        accounts,
        regions: regions.iter().map(|region| region.as_str().into()).collect(),
        aggregator: args.aws.config_aggregator.as_deref(),
        save: args.save.as_deref(),
        resume: resume.as_deref(),
    })
}

impl Live<'_> {
    /// Reads what the command line names.
    pub(crate) fn gather(&self, args: &AssessArgs) -> Result<SavedEvidence, Failure> {
        let saved = self.read(task(args)?)?;
        end_at_interrupt(saved.is_temporary().then(|| saved.folder().to_path_buf()))?;
        Ok(saved)
    }

    /// `--estimate`: what that would take.
    pub(crate) fn estimate(&self, args: &AssessArgs) -> Result<(), Failure> {
        let Task { options, accounts, regions, aggregator, resume, .. } = task(args)?;
        let known = resume.map(|folder| Earlier::open(folder)?.known()).transpose()?.unwrap_or_default();
        let control = Control { known, ..Control::default() };
        let selection = Selection { regions, services: Vec::new() };
        let expected = drive(&control.stop, async {
            let client = connect(options, &control.stop).await?;
            let targets = Targets::find(&client, &accounts, &control.stop).await?;
            let expected = self.expected(&client, &selection, &targets, &control, aggregator).await?;
            if control.stop.is_stopped() { Err(Failure::Interrupted) } else { Ok(expected) }
        })?;
        estimate::print(&expected)
    }

    async fn expected(
        &self,
        client: &Client,
        selection: &Selection,
        targets: &Targets,
        control: &Control,
        aggregator: Option<&str>,
    ) -> Result<Expected, CollectError> {
        Expected::of(client, self.content, selection, targets, control, self.store, aggregator).await
    }

    fn read(&self, task: Task<'_>) -> Result<SavedEvidence, Failure> {
        let Task { options, accounts, regions, aggregator, save, resume } = task;
        let earlier = resume.map(Earlier::open).transpose()?;
        let started_at =
            earlier.as_ref().map_or_else(Timestamp::now, |earlier| earlier.manifest().started_at);
        let tool = Tool { name: "partywall".into(), version: env!("CARGO_PKG_VERSION").into() };
        let header = evidence::Header { tool, provider: Provider::Aws, started_at };
        // The folder is made before anything is asked: a place that cannot be written must not cost a run.
        let mut writer = match (save, resume) {
            (Some(target), _) => EvidenceWriter::create(target, Existing::Refuse, header)?,
            (None, Some(target)) => EvidenceWriter::create(target, Existing::Replace, header)?,
            (None, None) => EvidenceWriter::temporary(header)?,
        };
        let known = earlier.as_ref().map(Earlier::known).transpose()?.unwrap_or_default();
        let control = Control { known, ..Control::default() };
        let selection = Selection { regions, services: Vec::new() };
        let mut anew = earlier.is_some().then(|| Anew::of(self.content));
        let surveyed = drive(&control.stop, async {
            let client = connect(options, &control.stop).await?;
            let targets = Targets::find(&client, &accounts, &control.stop).await?;
            if !self.quiet && !control.stop.is_stopped() {
                let expected = self.expected(&client, &selection, &targets, &control, aggregator).await?;
                expected.announcement().into_iter().for_each(|sentence| eprintln!("{sentence}"));
            }
            let progress = ProgressLine::new("asking AWS:", self.quiet);
            let mut sink = |record: EvidenceRecord| {
                anew.iter_mut().for_each(|anew| anew.note(&record));
                writer.add(&record).map_err(std::io::Error::other)
            };
            let content = &self.content.collectors;
            Ok(survey(&client, content, &selection, targets, &control, &mut sink, &progress).await?)
        })?;
        anew.iter_mut().for_each(|anew| anew.asked_of(&surveyed));
        let mut footer = footer(surveyed);
        if let (Some(earlier), Some(anew)) = (&earlier, &anew) {
            let interrupted = earlier.carry_over(anew, &mut writer)?;
            footer.complete &= !interrupted;
            join(&mut footer, earlier, anew)?;
        }
        fold(&mut footer);
        let complete = footer.complete;
        let saved = writer.finish(footer)?;
        if !complete && !self.quiet {
            say_how_to_go_on(&saved, save.is_some());
        }
        Ok(saved)
    }
}

fn say_how_to_go_on(saved: &SavedEvidence, is_new: bool) {
    let folder = saved.folder().display();
    match (saved.is_temporary(), is_new) {
        (true, _) => eprintln!(
            "interrupted: what follows is about what was read until then; with --save it could be gone on with"
        ),
        (false, true) => eprintln!(
            "interrupted: what was read is in `{folder}`; go on with the same command, with `--resume '{folder}'` in place of --save"
        ),
        (false, false) => {
            eprintln!("interrupted: what was read is in `{folder}`; go on with the same command");
        }
    }
}

/// Does work until it is done; the first Ctrl-C stops the asking, the second drops the work.
fn drive<T>(stop: &Stop, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        tokio::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                Ok(()) = tokio::signal::ctrl_c() => {
                    if stop.is_stopped() {
                        // What is dropped before it is finished leaves nothing behind.
                        return Err(Failure::Interrupted);
                    }
                    eprintln!("interrupted: asking no more (once more ends at once)");
                    stop.stop();
                }
            }
        }
    })
}

/// From here on Ctrl-C ends the program, as it did before the runtime of the collection took it over.
/// Evidence that nobody wants to keep is removed first.
fn end_at_interrupt(temporary: Option<PathBuf>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::spawn(move || {
        if runtime.block_on(tokio::signal::ctrl_c()).is_ok() {
            // What cannot be removed lies where temporary things are removed.
            let _removed = temporary.map(std::fs::remove_dir_all);
            eprintln!("{}", Failure::Interrupted);
            std::process::exit(i32::from(Exit::Unusable.code()));
        }
    });
    Ok(())
}

/// A client, unless it is stopped before there is one.
async fn connect(options: Options, stop: &Stop) -> Result<Client, Failure> {
    tokio::select! {
        client = Client::connect(options) => Ok(client?),
        () = stop.stopped() => Err(Failure::Interrupted),
    }
}

fn footer(surveyed: Survey) -> Footer {
    let Survey { accounts, left_out, names, mut tallies, interrupted } = surveyed;
    let name_of =
        |account: &AccountId| names.iter().find(|(named, _)| named == account).map(|(_, name)| name.clone());
    let mut footer = Footer {
        finished_at: Timestamp::now(),
        complete: !interrupted,
        accounts: Vec::new(),
        regions: Vec::new(),
        regions_not_scanned: regions_left_out(&accounts),
        tallies: Vec::new(),
        problems: Vec::new(),
    };
    for Collected { identity, regions, regions_unlisted, tallies: asked, problems, .. } in accounts {
        let id = AccountId::from(identity.account.as_str());
        if let Some(why) = regions_unlisted {
            footer.regions_not_scanned.push(not_scanned(Some(&id), ALL_OTHERS, why));
        }
        footer.accounts.push(ScannedAccount { alias: name_of(&id), id });
        footer.regions.extend(regions);
        footer.problems.extend(problems);
        tallies.extend(asked);
    }
    for left_out in left_out {
        footer.regions_not_scanned.push(not_scanned(Some(&left_out.account), ALL_REGIONS, left_out.why));
    }
    footer.problems.sort();
    footer.problems.dedup();
    footer.tallies = merged(tallies);
    footer
}

fn not_scanned(account: Option<&AccountId>, region: &str, why: Why) -> RegionNotScanned {
    let why = Why { kind: WhyKind::NotRead, ..why };
    RegionNotScanned { account: account.cloned(), region: region.into(), why }
}

/// The enabled regions that were not named.
fn regions_left_out(accounts: &[Collected]) -> Vec<RegionNotScanned> {
    let mut left_out = Vec::new();
    for Collected { identity, regions_left_out, .. } in accounts {
        let account = AccountId::from(identity.account.as_str());
        for region in regions_left_out {
            let message = "it is enabled, but not among the regions that were named";
            let why = Why::new(WhyKind::NotRead, "ec2:DescribeRegions").with_message(message);
            left_out.push(not_scanned(Some(&account), region.as_str(), why));
        }
    }
    left_out
}

/// A region that was left out in every account is named once for all of them.
fn fold(footer: &mut Footer) {
    let mut by_region: BTreeMap<(Region, Why), BTreeSet<AccountId>> = BTreeMap::new();
    let mut folded = Vec::new();
    for left_out in std::mem::take(&mut footer.regions_not_scanned) {
        match left_out.account {
            Some(account) if ![ALL_REGIONS, ALL_OTHERS].contains(&left_out.region.as_str()) => {
                by_region.entry((left_out.region, left_out.why)).or_default().insert(account);
            }
            _ => folded.push(left_out),
        }
    }
    for ((region, why), without) in by_region {
        if footer.accounts.iter().all(|account| without.contains(&account.id)) {
            folded.push(not_scanned(None, region.as_str(), why));
        } else {
            folded.extend(
                without.iter().map(|account| not_scanned(Some(account), region.as_str(), why.clone())),
            );
        }
    }
    footer.regions_not_scanned = folded;
}

/// What the earlier collection knew and the one that went on with it did not ask again.
fn join(footer: &mut Footer, earlier: &Earlier, anew: &Anew) -> Result<(), Failure> {
    let manifest = earlier.manifest();
    for account in &manifest.accounts {
        if !footer.accounts.iter().any(|read| read.id == account.id) {
            footer.accounts.push(account.clone());
        }
    }
    footer.regions.extend(manifest.regions.iter().cloned());
    // A region that was not named this time may have been read the time before.
    let was_read = |RegionNotScanned { account, region, .. }: &RegionNotScanned| {
        let left_out = manifest.regions_not_scanned.iter().any(|earlier| {
            earlier.region == *region && (earlier.account.is_none() || earlier.account == *account)
        });
        let was_entered = manifest.accounts.iter().any(|entered| Some(&entered.id) == account.as_ref());
        !left_out && was_entered && manifest.regions.contains(region)
    };
    footer.regions_not_scanned.retain(|left_out| !was_read(left_out));
    for left_out in &manifest.regions_not_scanned {
        // What was said of all accounts was said of each.
        let of: Vec<&AccountId> = match &left_out.account {
            Some(account) => vec![account],
            None => manifest.accounts.iter().map(|account| &account.id).collect(),
        };
        for account in of.into_iter().filter(|account| !anew.has_account(account)) {
            footer
                .regions_not_scanned
                .push(RegionNotScanned { account: Some(account.clone()), ..left_out.clone() });
        }
    }
    footer.problems.extend(manifest.problems.iter().cloned());
    footer.problems.sort();
    footer.problems.dedup();
    let mut tallies = earlier.tallies()?;
    forget_cured(&mut tallies, &footer.tallies);
    tallies.append(&mut footer.tallies);
    footer.tallies = merged(tallies);
    Ok(())
}
