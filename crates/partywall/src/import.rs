//! `--import`: findings of another scanner as third-party evidence.
//!
//! A team that scans already gets its map of responsibility from what it has. Such findings say what somebody else
//! concluded, and nothing of what was read, so three rules hold. Assets that only they know have no properties, and no
//! check of ours judges them. A finding on a gap that we judged ourselves on the same asset is shown beside ours and
//! not counted again; only where theirs fails and ours does not do both count. And a pass of theirs is believed with
//! medium confidence and lifts no verdict of ours.

pub mod prowler;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use partywall_checks::fingerprint;
use partywall_content::{Content, ImportMap};
use partywall_model::{
    Asset, AssetId, CheckId, Confidence, ControlId, EstateBuilder, Finding, KillChainStage, Node, Problem,
    Provider, Severity, Source, ThirdParty, Verdict, Why, WhyKind,
};
use partywall_report::{Account, Header};

use crate::exit::Failure;

/// What could not be mapped is named so often; the rest is counted.
const NAMED: usize = 5;

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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// Assets that nobody but the scanner saw.
    foreign_only: HashSet<AssetId>,
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
    stage: KillChainStage,
}

impl Imported {
    /// Reads files, and puts what they speak of into the estate and the header.
    ///
    /// # Errors
    /// A file that cannot be read or is of no form that is known.
    pub fn read(
        files: &[PathBuf],
        content: &Content,
        builder: &mut EstateBuilder,
        header: &mut Header,
    ) -> Result<Self, Failure> {
        let mut imported = Self::default();
        let map = content.imports.iter().find(|map| &*map.id == prowler::ID);
        for file in files {
            let Some(map) = map else {
                return Err(Failure::Usage(format!("the content has no `imports/{}.yaml`", prowler::ID)));
            };
            let mut unmapped = Unmapped::default();
            let mut take = |foreign: Foreign| imported.take(foreign, map, content, &mut unmapped);
            prowler::read(file, &mut take).map_err(|error| Failure::Usage(error.to_string()))?;
            imported.problems.extend(unmapped.problem(file));
        }
        for placed in &imported.findings {
            if builder.add_seen_by_others(placed.asset.clone()) {
                imported.foreign_only.insert(placed.asset.id.clone());
            }
        }
        // What only another scanner knows was read by nobody here; a clean file must not look like a clean account.
        let unread = imported.foreign_only.len();
        if unread > 0 {
            let message =
                format!("{unread} assets are known from imported findings alone: no check looked at them");
            imported.problems.push(Problem::new("import", message));
        }
        imported.tell(header);
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
            asset,
            control: control.clone(),
            same: same.map(|check| check.id.clone()),
            stage: stage.unwrap_or(KillChainStage::InitialAttack),
            foreign,
        });
    }

    /// Accounts, regions and times that only the files know.
    fn tell(&self, header: &mut Header) {
        for Placed { asset, foreign, .. } in &self.findings {
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
            let Some(at) = foreign.at else { continue };
            let is_first = header.collected_to == Timestamp::UNIX_EPOCH;
            header.collected_from = if is_first { at } else { header.collected_from.min(at) };
            header.collected_to = header.collected_to.max(at);
        }
    }

    /// Whether there is nothing of it.
    pub(crate) fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    /// Tells this import from others in the history.
    pub(crate) fn identity(&self) -> String {
        let last = self.findings.iter().filter_map(|placed| placed.foreign.at).max().unwrap_or_default();
        format!("import:{}:{last}", self.findings.len())
    }

    /// Whether nobody but the scanner saw an asset.
    pub(crate) fn is_foreign_only(&self, asset: &AssetId) -> bool {
        self.foreign_only.contains(asset)
    }

    /// The findings, given what our own checks said. `own` holds no verdicts on assets that only the scanner saw.
    pub(crate) fn findings(self, own: &[Finding]) -> Vec<Finding> {
        let own: HashMap<(&CheckId, &AssetId), &Verdict> =
            own.iter().map(|finding| ((&finding.check, &finding.asset), &finding.verdict)).collect();
        let mut said = HashSet::new();
        let mut findings = Vec::with_capacity(self.findings.len());
        for placed in self.findings {
            let finding = placed.finding(&own);
            if said.insert((finding.check.clone(), finding.asset.clone(), finding.verdict.word())) {
                findings.push(finding);
            }
        }
        findings
    }
}

impl Placed {
    fn finding(self, own: &HashMap<(&CheckId, &AssetId), &Verdict>) -> Finding {
        let Self { foreign, asset, control, same, stage } = self;
        let check = CheckId::from(format!("{}/{}", prowler::ID, foreign.check));
        let ours = same.as_ref().and_then(|id| own.get(&(id, &asset.id)));
        let adds = ours.is_none_or(|ours| foreign.outcome == Outcome::Fail && **ours != Verdict::Fail);
        let summary =
            if foreign.muted { format!("{} (muted there)", foreign.told) } else { foreign.told.into() };
        Finding {
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
        }
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
    let why = Why::new(WhyKind::NotRead, "import").with_message("imported: not read by us");
    asset.properties = Node::unknown(why);
    if let Some(at) = foreign.at {
        asset.provenance.add("", Source::Call { operation: "prowler:import".into(), at });
    }
    Some(asset)
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
