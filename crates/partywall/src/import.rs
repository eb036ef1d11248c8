//! `--import`: findings of another scanner as third-party evidence.
//!
//! A team that scans already gets its map of responsibility from what it has. Such findings say what somebody else
//! concluded, and nothing of what was read, so three rules hold. Assets that only they know have no properties, and no
//! check of ours judges them. A finding on a gap that we judged ourselves on the same asset is shown beside ours and
//! not counted again; only where theirs fails and ours does not do both count. And a pass of theirs is believed with
//! medium confidence and lifts no verdict of ours.

pub mod prowler;

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use partywall_checks::fingerprint;
use partywall_content::{Content, ImportMap};
use partywall_model::{
    AccountId, Asset, AssetId, CheckId, Confidence, ControlId, Estate, EstateBuilder, Finding,
    KillChainStage, Node, Problem, Provider, Severity, Source, ThirdParty, Verdict, Why, WhyKind,
};
use partywall_report::{Account, Header};
use sha2::{Digest, Sha256};

use crate::exit::Failure;

/// What could not be mapped is named so often; the rest is counted.
const NAMED: usize = 5;
/// A finding may be dated so far ahead: clocks without an offset are read as UTC.
const AHEAD: SignedDuration = SignedDuration::from_hours(24);

/// One finding as its scanner gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreign {
    /// The scanner's version.
    pub version: Box<str>,
    /// Its check.
    pub check: Box<str>,
    /// What the check is called.
    pub title: Box<str>,
    /// What came out.
    pub outcome: Outcome,
    /// Hidden by somebody there.
    pub muted: bool,
    /// How bad it is.
    pub severity: Severity,
    /// The account; empty where none is named.
    pub account: Box<str>,
    /// The region; empty where none is named.
    pub region: Box<str>,
    /// The resource's id, an ARN where it has one.
    pub resource: Box<str>,
    /// The resource's name.
    pub name: Box<str>,
    /// One sentence about it.
    pub told: Box<str>,
    /// When it was found.
    pub at: Option<Timestamp>,
}

/// What came out of a foreign check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Good.
    Pass,
    /// Not good.
    Fail,
    /// Only a person can say.
    Manual,
}

/// Everything that was imported.
#[derive(Debug, Default)]
pub struct Imported {
    findings: Vec<Placed>,
    /// What could not be mapped.
    pub(crate) problems: Vec<Problem>,
}

/// A finding under its control, on its asset.
#[derive(Debug)]
struct Placed {
    foreign: Foreign,
    asset: Asset,
    control: ControlId,
    same: Option<CheckId>,
    /// The check of ours judges no asset of this kind: what it says stands elsewhere in the account.
    is_elsewhere: bool,
    stage: KillChainStage,
}

impl Imported {
    /// Reads files, and puts what they speak of into the estate and the header.
    ///
    /// # Errors
    /// A file that cannot be read or is of no form that is known, and a finding that is still to come.
    pub fn read(
        files: &[PathBuf],
        content: &Content,
        builder: &mut EstateBuilder,
        header: &mut Header,
    ) -> Result<Self, Failure> {
        let mut imported = Self::default();
        let present = Timestamp::now();
        let latest = present.saturating_add(AHEAD).unwrap_or(Timestamp::MAX);
        let map = content.imports.iter().find(|map| &*map.id == prowler::ID);
        for file in files {
            let Some(map) = map else {
                return Err(Failure::Usage(format!("the content has no `imports/{}.yaml`", prowler::ID)));
            };
            let mut unmapped = Unmapped::default();
            let mut take = |foreign: Foreign| imported.take(foreign, map, content, &mut unmapped);
            prowler::read(file, latest, &mut take).map_err(|error| Failure::Usage(error.to_string()))?;
            imported.problems.extend(unmapped.problem(file));
        }
        // What only another scanner knows was read by nobody here; a clean file must not look like a clean account.
        let unread = imported
            .findings
            .iter()
            .filter(|placed| builder.add_seen_by_others(placed.asset.clone()))
            .count();
        if unread > 0 {
            let message =
                format!("{unread} assets are known from imported findings alone: no check looked at them");
            imported.problems.push(Problem::new("import", message));
        }
        imported.tell(header, present);
        Ok(imported)
    }

    fn take(&mut self, foreign: Foreign, map: &ImportMap, content: &Content, unmapped: &mut Unmapped) {
        unmapped.read += 1;
        let Some(control) = map.control(content, &foreign.check) else {
            *unmapped.checks.entry(foreign.check).or_default() += 1;
            return;
        };
        let Some(asset) = asset(&foreign, map) else {
            *unmapped.resources.entry(foreign.resource).or_default() += 1;
            return;
        };
        let same = map.same.get(&foreign.check).and_then(|id| content.check(id.as_str()));
        let cell = content.control(control.as_str()).and_then(|control| control.killchain.first());
        let stage = same.map(|check| check.stage).or(cell.map(|cell| cell.stage));
        self.findings.push(Placed {
            is_elsewhere: same.is_some_and(|check| !check.kinds.contains(&asset.kind)),
            asset,
            control: control.clone(),
            same: same.map(|check| check.id.clone()),
            stage: stage.unwrap_or(KillChainStage::InitialAttack),
            foreign,
        });
    }

    /// Accounts and regions that only the files know; and their times, where nothing of ours has one.
    fn tell(&self, header: &mut Header, present: Timestamp) {
        if header.collected_to == Timestamp::UNIX_EPOCH && !self.is_empty() {
            let times = || self.findings.iter().filter_map(|placed| placed.foreign.at);
            header.collected_from = times().min().unwrap_or(present).min(present);
            header.collected_to = times().max().unwrap_or(present).min(present);
        }
        for Placed { asset, .. } in &self.findings {
            if let Some(id) = asset.account.clone().filter(|id| !header.accounts.iter().any(|a| a.id == *id))
            {
                let environment = partywall_model::Environment::Unlabelled;
                header.accounts.push(Account { id, name: None, environment });
            }
            if let Some(region) =
                asset.region.clone().filter(|r| *r != "global" && !header.regions.contains(r))
            {
                header.regions.push(region);
            }
        }
    }

    /// Whether there is nothing of it.
    pub(crate) fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    /// Tells this import from others in the history, by what was found and in no order.
    pub(crate) fn identity(&self) -> String {
        let foreign = self.findings.iter().map(|placed| &placed.foreign);
        let mut all: Vec<_> = foreign
            .map(|Foreign { check, account, region, resource, outcome, muted, at, .. }| {
                (check, account, region, resource, outcome, muted, at)
            })
            .collect();
        all.sort_unstable();
        let mut hash = Sha256::new();
        all.iter().for_each(|one| hash.update(format!("{one:?}")));
        let digits: String = hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        format!("import:{digits}")
    }

    /// The findings, given what our own checks said. Of resources that stand for one asset each check speaks once.
    pub(crate) fn findings(self, own: &[Finding], estate: &Estate) -> Vec<Finding> {
        let ours = Ours::of(own, estate, &self.findings);
        let mut places = HashMap::new();
        let mut kept: Vec<(Finding, Box<str>)> = Vec::with_capacity(self.findings.len());
        let mut more: HashMap<usize, HashSet<Box<str>>> = HashMap::new();
        for placed in self.findings {
            let (finding, resource) = placed.finding(&ours);
            let at =
                match places.entry((finding.check.clone(), finding.asset.clone(), finding.verdict.word())) {
                    Entry::Vacant(place) => {
                        place.insert(kept.len());
                        kept.push((finding, resource));
                        continue;
                    }
                    Entry::Occupied(place) => *place.get(),
                };
            let Some((known, first)) = kept.get_mut(at) else { continue };
            if resource != *first {
                more.entry(at).or_default().insert(resource);
            }
            if rank(&finding) > rank(known) {
                *known = finding;
            }
        }
        for (at, resources) in more {
            let Some((known, _)) = kept.get_mut(at) else { continue };
            let more = resources.len();
            let noun = if more == 1 { "resource" } else { "resources" };
            known.summary = format!("{} … and {more} more {noun}", known.summary).into();
        }
        kept.into_iter().map(|(finding, _)| finding).collect()
    }
}

/// Which of several findings stands for all: one that counts, that nobody hid, the worst, the newest.
fn rank(finding: &Finding) -> Option<(bool, bool, Severity, Option<Timestamp>)> {
    let said = finding.third_party.as_ref()?;
    Some((said.repeats.is_none(), !said.muted, finding.severity, said.at))
}

/// What our own checks said, as far as others may repeat it.
#[derive(Debug, Default)]
struct Ours<'f> {
    on: HashMap<(&'f CheckId, &'f AssetId), &'f Verdict>,
    /// Whether a check failed anywhere in an account, and in each region of it.
    around: HashMap<(&'f CheckId, &'f AccountId, Option<&'f str>), bool>,
}

impl<'f> Ours<'f> {
    fn of(own: &'f [Finding], estate: &'f Estate, placed: &[Placed]) -> Self {
        let mut ours = Self::default();
        let repeated: HashMap<&CheckId, bool> = placed.iter().fold(HashMap::new(), |mut all, placed| {
            if let Some(check) = &placed.same {
                *all.entry(check).or_default() |= placed.is_elsewhere;
            }
            all
        });
        for finding in own {
            let Some(is_elsewhere) = repeated.get(&finding.check) else { continue };
            ours.on.insert((&finding.check, &finding.asset), &finding.verdict);
            let asset = estate.asset(finding.asset.as_str()).filter(|_| *is_elsewhere);
            let Some((asset, account)) = asset.and_then(|asset| Some((asset, asset.account.as_ref()?)))
            else {
                continue;
            };
            let region = asset.region.as_ref().map(|region| Some(region.as_str()));
            for region in region.into_iter().chain([None]) {
                *ours.around.entry((&finding.check, account, region)).or_default() |=
                    finding.verdict == Verdict::Fail;
            }
        }
        ours
    }

    /// Whether we judged the gap that a finding speaks of, and then whether we found it.
    fn found(&self, placed: &Placed) -> Option<bool> {
        let check = placed.same.as_ref()?;
        if !placed.is_elsewhere {
            return self.on.get(&(check, &placed.asset.id)).map(|verdict| **verdict == Verdict::Fail);
        }
        let account = placed.asset.account.as_ref()?;
        let near = self.around.get(&(check, account, Some(&*placed.foreign.region)));
        near.or_else(|| self.around.get(&(check, account, None))).copied()
    }
}

impl Placed {
    /// The finding, and the resource that it is about.
    fn finding(self, ours: &Ours<'_>) -> (Finding, Box<str>) {
        let found = ours.found(&self);
        let Self { foreign, asset, control, same, stage, .. } = self;
        let check = CheckId::from(format!("{}/{}", prowler::ID, foreign.check));
        let adds = found.is_none_or(|found| foreign.outcome == Outcome::Fail && !found);
        let summary =
            if foreign.muted { format!("{} (muted there)", foreign.told) } else { foreign.told.into() };
        let finding = Finding {
            verdict: match foreign.outcome {
                Outcome::Pass => Verdict::Pass,
                Outcome::Fail => Verdict::Fail,
                Outcome::Manual => Verdict::Manual,
            },
            fingerprint: fingerprint(&check, &asset),
            check,
            control,
            asset: asset.id,
            severity: foreign.severity,
            confidence: Confidence::Medium,
            stage,
            summary: summary.into(),
            evidence: Vec::new(),
            affected: Vec::new(),
            location: Vec::new(),
            third_party: Some(Box::new(ThirdParty {
                tool: format!("{} {}", prowler::ID, foreign.version).trim_end().into(),
                title: foreign.title,
                repeats: if adds { None } else { same },
                muted: foreign.muted,
                at: foreign.at,
            })),
        };
        (finding, foreign.resource)
    }
}

/// The asset that a finding speaks of: what its ARN names, else the account.
fn asset(foreign: &Foreign, map: &ImportMap) -> Option<Asset> {
    let account = Some(&*foreign.account).filter(|account| !account.is_empty());
    let mut asset = match map.kind(&foreign.resource) {
        Some(kind) => {
            let mut asset = Asset::new(Provider::Aws, kind.clone(), &*foreign.resource);
            asset.name = Some(foreign.name.clone()).filter(|name| !name.is_empty());
            asset.region = Some(&*foreign.region).filter(|region| !region.is_empty()).map(Into::into);
            asset
        }
        None => {
            let account = account?;
            let id = format!("arn:{}:iam::{account}:root", partition(&foreign.resource));
            let mut asset = Asset::new(Provider::Aws, "AWS::::Account", id);
            asset.identifier = Some(account.into());
            asset.region = Some("global".into());
            asset
        }
    };
    asset.account = account.map(Into::into);
    asset.properties = Node::unknown(not_read());
    if let Some(at) = foreign.at {
        asset.provenance.add("", Source::Call { operation: format!("{}:import", prowler::ID).into(), at });
    }
    Some(asset)
}

/// Why nothing is known of what only others saw.
pub(crate) fn not_read() -> Why {
    Why::new(WhyKind::NotRead, "import").with_message("imported: not read by us")
}

fn partition(arn: &str) -> &str {
    let mut parts = arn.split(':');
    match (parts.next(), parts.next()) {
        (Some("arn"), Some(partition)) if !partition.is_empty() => partition,
        _ => "aws",
    }
}

/// What a file says that could not be mapped.
#[derive(Debug, Default)]
struct Unmapped {
    read: usize,
    checks: BTreeMap<Box<str>, usize>,
    resources: BTreeMap<Box<str>, usize>,
}

impl Unmapped {
    fn problem(&self, file: &Path) -> Option<Problem> {
        let count = |of: &BTreeMap<Box<str>, usize>| of.values().sum::<usize>();
        let (checks, resources) = (count(&self.checks), count(&self.resources));
        if checks + resources == 0 {
            return None;
        }
        let mut names: Vec<&str> =
            self.checks.keys().chain(self.resources.keys()).take(NAMED).map(|name| &**name).collect();
        let more = (self.checks.len() + self.resources.len()).saturating_sub(names.len());
        let rest = format!("{more} more");
        if more > 0 {
            names.push(&rest);
        }
        let message = format!(
            "{} of {} findings were left out: {checks} of checks without a control, {resources} without a resource \
             or account ({})",
            checks + resources,
            self.read,
            names.join(", ")
        );
        Some(Problem::new(format!("import {}", file.display()), message))
    }
}

#[cfg(test)]
mod tests;
