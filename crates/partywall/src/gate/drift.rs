//! Code against the recorded cloud that it stands for.
//!
//! Both sides are judged by the same checks at the same moment, and verdicts are compared resource by resource. What one
//! side does not know agrees with nothing: it is told as unknown.

mod joining;
mod properties;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::PathBuf;

use jiff::Timestamp;
use partywall_checks::{Context, fingerprint, judge_asset};
use partywall_content::{Check, Content, Settings};
use partywall_iac::{Declaration, Mapped};
use partywall_model::{AccountId, Asset, CheckId, Estate, Finding, Kind, Problem, Scope, Severity, Verdict};
use partywall_report::RunEnd;
use partywall_report::gate::{
    DriftAsset, DriftCloud, DriftCounts, DriftDeclaration, DriftKind, DriftOrphan, DriftProperty,
    DriftResource, DriftState, DriftStray, DriftVerdict, GateDrift, GateFinding, GatePlace, GateState,
};
use partywall_secrets::Scanner;

use super::judging::Judging;
use super::telling::said;
use crate::exit::Failure;
use crate::gather::{self, Gathered};

use joining::Joining;
use properties::Properties;

/// What was recorded of a cloud.
pub(super) struct Cloud {
    estate: Estate,
    about: DriftCloud,
    /// What went wrong while it was collected.
    problems: Vec<Problem>,
}

impl Cloud {
    pub(super) fn read(folders: &[PathBuf]) -> Result<Self, Failure> {
        let Gathered { builder, header, problems, .. } = gather::read(folders)?;
        let about = DriftCloud {
            collected_from: header.collected_from,
            collected_to: header.collected_to,
            accounts: header.accounts.iter().map(|account| account.id.as_str().into()).collect(),
            complete: matches!(header.end, RunEnd::Complete),
        };
        Ok(Self { estate: builder.finish(|_| None), about, problems })
    }
}

/// By what both sides are judged and told.
#[derive(Clone, Copy)]
pub(super) struct Basis<'a> {
    pub(super) content: &'a Content,
    pub(super) settings: &'a Settings,
    pub(super) judging: &'a Judging<'a>,
    pub(super) mapped: &'a Mapped<'a>,
    pub(super) scanner: &'a Scanner,
    /// Verdicts of a lower severity are left out.
    pub(super) listed_from: Severity,
    pub(super) now: Timestamp,
}

/// Compares configuration after configuration.
pub(super) struct Comparing<'a> {
    basis: Basis<'a>,
    cloud: &'a Cloud,
    estate: &'a Estate,
    context: Context<'a>,
    joining: Joining<'a>,
    properties: Properties<'a>,
    /// The verdicts on the cloud that have been asked for already, by place in the estate.
    judged: HashMap<(usize, &'a CheckId), Side>,
    /// Of the configuration at hand: the resource of each declaration.
    joined: Vec<Option<usize>>,
    /// By place in the estate.
    resources: BTreeMap<usize, DriftResource>,
    verdicts: Vec<DriftVerdict<'a>>,
    orphans: Vec<DriftOrphan>,
    differing: Vec<DriftProperty>,
    managed: BTreeSet<Kind>,
    counts: DriftCounts,
    problems: Vec<Problem>,
}

/// A verdict on one side.
#[derive(Clone)]
struct Side {
    outcome: Outcome,
    because: Vec<Box<str>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Pass,
    Fail,
    Unknown,
    NotMeant,
}

impl Side {
    fn of(verdict: &Verdict) -> Self {
        let (outcome, because) = match verdict {
            Verdict::Pass => (Outcome::Pass, Vec::new()),
            Verdict::Fail => (Outcome::Fail, Vec::new()),
            Verdict::Unknown(reasons) => {
                (Outcome::Unknown, reasons.iter().map(|why| said(why).into()).collect())
            }
            Verdict::NotApplicable | Verdict::Manual => (Outcome::NotMeant, Vec::new()),
        };
        Self { outcome, because }
    }

    fn word(&self) -> &'static str {
        match self.outcome {
            Outcome::Pass => "pass",
            Outcome::Fail => "fail",
            Outcome::Unknown => "unknown",
            Outcome::NotMeant => "not-applicable",
        }
    }

    /// Why it says nothing.
    fn silence(&self, side: &str) -> Vec<Box<str>> {
        match self.outcome {
            Outcome::NotMeant => vec![format!("the check does not apply to {side}").into()],
            _ => self.because.iter().map(|why| format!("not known of {side}: {why}").into()).collect(),
        }
    }
}

impl<'a> Comparing<'a> {
    pub(super) fn new(basis: Basis<'a>, cloud: &'a Cloud) -> Self {
        let estate = &cloud.estate;
        Self {
            basis,
            cloud,
            estate,
            context: Context::new(estate, basis.settings, &basis.content.lifecycle, basis.now),
            joining: Joining::new(estate),
            properties: Properties::new(basis.mapped, basis.judging),
            judged: HashMap::new(),
            joined: Vec::new(),
            resources: BTreeMap::new(),
            verdicts: Vec::new(),
            orphans: Vec::new(),
            differing: Vec::new(),
            managed: BTreeSet::new(),
            counts: DriftCounts::default(),
            problems: Vec::new(),
        }
    }

    /// Finds the resources of a configuration. Its verdicts are to be seen next.
    pub(super) fn configuration(
        &mut self,
        declared: &[Declaration],
        place: &mut dyn FnMut(&Declaration) -> GatePlace,
    ) {
        let planned: HashSet<&str> = declared.iter().map(|declaration| &*declaration.address).collect();
        self.joined.clear();
        for declaration in declared {
            let joined = self.declaration(declaration, &planned, place);
            self.joined.push(joined);
        }
    }

    fn declaration(
        &mut self,
        declaration: &Declaration,
        planned: &HashSet<&str>,
        place: &mut dyn FnMut(&Declaration) -> GatePlace,
    ) -> Option<usize> {
        let asset = &declaration.asset;
        if !self.properties.is_collected(&asset.kind) || declaration.place.line == 0 {
            return None;
        }
        self.managed.insert(asset.kind.clone());
        match self.joining.find(declaration) {
            Ok((at, joined_by)) => {
                let running = self.estate.assets().get(at)?;
                let address: Box<str> = (&*declaration.address).into();
                let resource = self
                    .resources
                    .entry(at)
                    .or_insert_with(|| DriftResource { asset: named(running), declarations: Vec::new() });
                let place = place(declaration);
                resource.declarations.push(DriftDeclaration { address: address.clone(), place, joined_by });
                for (path, code, cloud) in self.properties.differing(asset, running, planned) {
                    self.differing.push(DriftProperty {
                        asset: running.id.as_str().into(),
                        address: address.clone(),
                        code: self.shown(&path, code),
                        cloud: self.shown(&path, cloud),
                        path,
                    });
                }
                Some(at)
            }
            // What comes with a resource is told with it.
            Err(_) if is_companion(asset) => None,
            Err((reason, because)) => {
                self.orphans.push(DriftOrphan {
                    address: (&*declaration.address).into(),
                    kind: asset.kind.as_str().into(),
                    place: place(declaration),
                    reason,
                    because: because.into(),
                });
                None
            }
        }
    }

    /// A verdict on the declaration at a place of the configuration at hand.
    pub(super) fn see(
        &mut self,
        at: usize,
        finding: &Finding,
        declaration: &Declaration,
        check: &'a Check,
        place: &mut dyn FnMut(&Declaration) -> GatePlace,
    ) {
        if finding.severity < self.basis.listed_from {
            return;
        }
        let Some(running_at) = self.joined.get(at).copied().flatten() else { return };
        let Some(running) = self.estate.assets().get(running_at) else { return };
        let Some(cloud) = self.running(running_at, running, check) else { return };
        let code = Side::of(&finding.verdict);
        let (state, because) = match (code.outcome, cloud.outcome) {
            (Outcome::Fail, Outcome::Pass) => (DriftState::Reverted, Vec::new()),
            (Outcome::Pass, Outcome::Fail) => (DriftState::Pending, Vec::new()),
            (Outcome::Fail, Outcome::Fail) => (DriftState::Both, Vec::new()),
            (Outcome::Fail, _) => (DriftState::Unknown, cloud.silence("the cloud")),
            (_, Outcome::Fail) => (DriftState::Unknown, code.silence("the code")),
            (Outcome::Pass, Outcome::Pass) => return self.counts.pass += 1,
            (Outcome::Unknown, _) | (_, Outcome::Unknown) => return self.counts.unknown += 1,
            (Outcome::NotMeant, _) | (_, Outcome::NotMeant) => return,
        };
        let is_open =
            matches!(Outcome::Unknown, outcome if outcome == code.outcome || outcome == cloud.outcome);
        self.counts.unknown += usize::from(is_open);
        self.verdicts.push(DriftVerdict {
            state,
            check: check.id.as_str(),
            title: &check.title,
            severity: finding.severity,
            control: check.control.as_str(),
            stage: finding.stage,
            decides: false,
            asset: running.id.as_str().into(),
            address: (&*declaration.address).into(),
            place: place(declaration),
            code: code.word(),
            cloud: cloud.word(),
            because,
            code_fingerprint: finding.fingerprint.to_string().into(),
            cloud_fingerprint: fingerprint(&check.id, running).to_string().into(),
            accepted: false,
        });
    }

    /// The verdict on a resource as it runs; none where the check itself fails.
    fn running(&mut self, at: usize, running: &Asset, check: &'a Check) -> Option<Side> {
        let key = (at, &check.id);
        if let Some(side) = self.judged.get(&key) {
            return Some(side.clone());
        }
        match judge_asset(&self.context, running, check) {
            Ok(finding) => {
                let side = Side::of(&finding.verdict);
                self.judged.insert(key, side.clone());
                Some(side)
            }
            Err(problem) => {
                self.problems.push(problem);
                None
            }
        }
    }

    /// A value, unless it may be a secret.
    fn shown(&self, path: &str, value: String) -> Option<Box<str>> {
        const NEVER: [&str; 3] = ["Environment", "Password", "UserData"];
        let is_hidden = NEVER.iter().any(|word| path.contains(word))
            || !self.basis.scanner.scan(path, value.as_bytes()).found.is_empty();
        (!is_hidden).then(|| value.into())
    }

    /// What was found; `findings` say which failures of the code somebody has accepted.
    pub(super) fn finish(mut self, findings: &[GateFinding<'_>]) -> (GateDrift<'a>, Vec<Problem>) {
        let waived = findings.iter().filter(|finding| finding.state == GateState::Waived);
        let accepted: HashSet<(&str, &str)> =
            waived.map(|finding| (&*finding.fingerprint, &*finding.asset.address)).collect();
        for verdict in &mut self.verdicts {
            verdict.accepted = accepted.contains(&(&*verdict.code_fingerprint, &*verdict.address));
        }
        self.verdicts.sort_by(|a, b| {
            let key = |verdict: &DriftVerdict<'_>| (verdict.state, std::cmp::Reverse(verdict.severity));
            (key(a), &a.place, a.check, &a.address).cmp(&(key(b), &b.place, b.check, &b.address))
        });
        let not_in_code = self.not_in_code();
        let count = |state| self.verdicts.iter().filter(|verdict| verdict.state == state).count();
        let counts = DriftCounts {
            joined: self.resources.len(),
            reverted: count(DriftState::Reverted),
            pending: count(DriftState::Pending),
            both: count(DriftState::Both),
            not_joined: self.orphans.len(),
            not_in_code: not_in_code.iter().map(|kind| kind.count).sum(),
            ..self.counts
        };
        let mut resources: Vec<DriftResource> = self.resources.into_values().collect();
        resources.sort_by(|a, b| (&a.asset.kind, &a.asset.id).cmp(&(&b.asset.kind, &b.asset.id)));
        self.orphans.sort_by(|a, b| (a.reason, &a.place, &a.address).cmp(&(b.reason, &b.place, &b.address)));
        self.differing.sort_by(|a, b| (&a.asset, &a.address, &a.path).cmp(&(&b.asset, &b.address, &b.path)));
        let drift = GateDrift {
            cloud: self.cloud.about.clone(),
            counts,
            resources,
            verdicts: self.verdicts,
            not_joined: self.orphans,
            not_in_code,
            properties: self.differing,
        };
        self.problems.extend(self.cloud.problems.iter().cloned());
        (drift, self.problems)
    }

    /// Resources of the code's kinds without a declaration, in the accounts that the code is known to reach: in all
    /// where nothing could be joined.
    fn not_in_code(&mut self) -> Vec<DriftKind> {
        let estate = self.estate;
        let assets = estate.assets();
        let reached: HashSet<&AccountId> =
            self.resources.keys().filter_map(|at| assets.get(*at)?.account.as_ref()).collect();
        let mut kinds = Vec::new();
        for kind in &self.managed {
            let of_kind = estate.of_kind(kind.as_str(), Scope::Everywhere);
            let strays = of_kind.filter(|asset| {
                let is_joined =
                    estate.position(asset.id.as_str()).is_some_and(|at| self.resources.contains_key(&at));
                let is_reached = asset.account.as_ref().is_none_or(|account| reached.contains(account));
                !is_joined && !is_of_the_provider(asset) && (reached.is_empty() || is_reached)
            });
            let mut resources: Vec<DriftStray> = Vec::new();
            for asset in strays {
                resources.push(stray(&self.basis, &self.context, asset, &mut self.problems));
            }
            if resources.is_empty() {
                continue;
            }
            resources.sort_by(|a, b| {
                (std::cmp::Reverse(a.worst), &a.asset.id).cmp(&(std::cmp::Reverse(b.worst), &b.asset.id))
            });
            kinds.push(DriftKind {
                kind: kind.as_str().into(),
                count: resources.len(),
                failing: resources.iter().filter(|stray| stray.worst.is_some()).count(),
                not_joined: self.orphans.iter().filter(|orphan| *orphan.kind == *kind.as_str()).count(),
                resources,
            });
        }
        kinds.sort_by_key(|kind| std::cmp::Reverse(kind.resources.first().and_then(|first| first.worst)));
        kinds
    }
}

fn stray(basis: &Basis<'_>, context: &Context<'_>, asset: &Asset, problems: &mut Vec<Problem>) -> DriftStray {
    let mut fails: Vec<(Severity, Box<str>)> = Vec::new();
    for check in basis.judging.checks(&asset.kind) {
        match judge_asset(context, asset, check) {
            Ok(finding) if finding.verdict == Verdict::Fail && finding.severity >= basis.listed_from => {
                fails.push((finding.severity, check.id.as_str().into()));
            }
            Ok(_) => {}
            Err(problem) => problems.push(problem),
        }
    }
    fails.sort_by(|a, b| (std::cmp::Reverse(a.0), &a.1).cmp(&(std::cmp::Reverse(b.0), &b.1)));
    DriftStray {
        asset: named(asset),
        worst: fails.first().map(|(severity, _)| *severity),
        fails: fails.into_iter().map(|(_, check)| check).collect(),
    }
}

fn named(asset: &Asset) -> DriftAsset {
    DriftAsset {
        kind: asset.kind.as_str().into(),
        id: asset.id.as_str().into(),
        name: asset.label().into(),
        account: asset.account.as_ref().map(|account| account.as_str().into()),
        region: asset.region.as_ref().map(|region| region.as_str().into()),
    }
}

/// What the mapping makes beside a resource: a main route table, say.
fn is_companion(asset: &Asset) -> bool {
    let id = asset.id.as_str();
    id.strip_suffix(asset.kind.as_str()).is_some_and(|rest| rest.ends_with('/'))
}

/// `arn:aws:iam::aws:policy/…` belongs to everyone.
fn is_of_the_provider(asset: &Asset) -> bool {
    asset.id.as_str().split(':').nth(4) == Some("aws")
}
