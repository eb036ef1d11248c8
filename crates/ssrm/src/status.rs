//! Joins lines, findings and settings into the score's input, and keeps the way back from every figure to
//! the assets and checks behind it.
//!
//! - *Scope.* A control is measured on the assets of its kinds (those that `controls.yaml` names, and those
//!   that its checks judge) whose line leaves the customer a part. Where the holder is unknown the asset is
//!   in scope as *perhaps*: its failures count and its passes do not.
//! - *Provider-held lines* are never scored. They are listed as inherited: assured by a document until a
//!   day, or unproven.
//! - *Everything else*, assets of kinds on which the control is not measured, shows its holder and inherits
//!   the verdict of what contains it. The container is the nearest asset in scope on the way along the
//!   asset's own references (a listener's load balancer, an interface's VPC), at most three steps away.
//!   References say what an asset names, not always what it lies in, so this is shown and never scored.

mod standing;
mod waivers;
mod weigh;

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use jiff::civil::Date;
use partywall_content::{Content, Control, Sensor, Settings};
use partywall_model::{
    Asset, AssetId, CheckId, ControlId, Estate, Finding, Fingerprint, Holder, Kind, Problem, Provider,
};

use crate::line::LineSet;
use crate::resolve::{Resolver, date_of, is_about};
use crate::score::{
    AssetInput, ControlInput, ControlScore, Exposure, Facts, OldestFix, Presence, Score, score,
};
pub use standing::Standing;
use waivers::Waivers;
pub use waivers::{WaiverState, WaiverUse};
use weigh::{Weighed, Weigher};

/// What an assessment is made of.
#[derive(Clone, Copy)]
pub struct Assessment<'a> {
    /// Controls, lines and checks.
    pub content: &'a Content,
    /// The user's own settings.
    pub settings: &'a Settings,
    /// Everything that was read.
    pub estate: &'a Estate,
    /// What the checks say of it, unknowns included.
    pub findings: &'a [Finding],
    /// Which assets the internet reaches, as far as that was seen.
    pub exposure: &'a dyn Fn(&Asset) -> Exposure,
    /// What earlier runs know.
    pub history: &'a dyn History,
    /// Documents by which providers prove their side.
    pub assurances: &'a [Assurance],
    /// The time of judgement.
    pub now: Timestamp,
}

/// What earlier runs know.
pub trait History {
    /// Since when a finding has failed without being seen to pass; a run in which it was not seen does not
    /// end it. None where no run knows it as failed: it counts from this run.
    fn open_since(&self, finding: &Fingerprint) -> Option<Timestamp>;

    /// For how many days a control has stood at level 3 or above without a break.
    fn days_at_level_3(&self, control: &ControlId) -> u32;

    /// The age of the oldest published fix that is not applied, where vulnerabilities are known.
    fn oldest_fix(&self, _control: &ControlId) -> OldestFix {
        OldestFix::None
    }
}

/// No earlier run.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoHistory;

impl History for NoHistory {
    fn open_since(&self, _: &Fingerprint) -> Option<Timestamp> {
        None
    }

    fn days_at_level_3(&self, _: &ControlId) -> u32 {
        0
    }
}

/// A document by which a provider proves its side: a report of an auditor, for a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assurance {
    /// Whose side.
    pub provider: Provider,
    /// The document.
    pub document: Box<str>,
    /// The last day on which it may be relied on.
    pub until: Date,
    /// Only for these controls; for all where none.
    pub controls: Option<Vec<ControlId>>,
}

impl Assurance {
    /// The documents that the settings name.
    pub fn all(content: &Content, settings: &Settings) -> Vec<Self> {
        let about = |said: &partywall_content::Assurance| {
            let ids = content.controls.iter().map(|control| &control.id);
            (!said.controls.is_empty()).then(|| ids.filter(|id| said.is_about(id)).cloned().collect())
        };
        let one = |said: &partywall_content::Assurance| {
            let period = format!("{} to {}", said.period.from, said.period.to);
            let kept = said.document.as_deref().map(|place| format!(", {place}")).unwrap_or_default();
            Self {
                provider: said.provider,
                document: format!("{} ({period}{kept})", said.report).into(),
                until: said.expires,
                controls: about(said),
            }
        };
        settings.assurances.iter().map(|said| one(&said.value)).collect()
    }

    fn is_about(&self, control: &ControlId, provider: Provider) -> bool {
        self.provider == provider && self.controls.as_ref().is_none_or(|only| only.contains(control))
    }
}

/// The result: every asset's lines, every control's status, and the score.
#[derive(Debug)]
pub struct Status {
    /// One for each asset of the estate, in its order.
    pub lines: Vec<LineSet>,
    /// One for each control of the content, in its order.
    pub controls: Vec<ControlStatus>,
    /// Layers and the whole; its controls are those of `controls`.
    pub score: Score,
    /// Every waiver of the settings, and whether it is of use.
    pub waivers: Vec<WaiverUse>,
    /// Delegations that have lapsed or hand over nothing, rules that cannot be evaluated, findings out of
    /// place.
    pub problems: Vec<Problem>,
    containers: standing::Containers,
}

/// One control: what it was scored from.
#[derive(Clone, Debug)]
pub struct ControlStatus {
    /// The control.
    pub control: ControlId,
    /// The assets in scope, as positions in the estate; caps name positions in this list.
    pub scope: Vec<usize>,
    /// What was scored, in the order of `scope`.
    pub input: ControlInput,
    /// For each asset in scope the positions of its findings under this control.
    pub findings: Vec<Vec<usize>>,
    /// Whose the control is, over all assets of the estate.
    pub holders: HolderCounts,
    /// The provider's side.
    pub inherited: Vec<Inherited>,
    /// Findings on assets where the customer has no part; they are not scored.
    pub out_of_scope: usize,
    /// The checks of this control.
    pub checks: Vec<CheckId>,
    /// What can measure it; where `score` says *not measured*, this is what would.
    pub sensors: Vec<Sensor>,
    /// How sensitive assets are was assumed for so many of those in scope.
    pub sensitivity_assumed: usize,
}

/// How many assets' lines have each holder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HolderCounts {
    /// The provider's alone.
    pub provider: usize,
    /// The customer's alone.
    pub customer: usize,
    /// Both, each with a part of their own.
    pub shared_independent: usize,
    /// Both, under a switch.
    pub shared_dependent: usize,
    /// Delegated.
    pub third_party: usize,
    /// Without meaning.
    pub not_applicable: usize,
    /// Not decided.
    pub unknown: usize,
}

/// The provider's side of a control, as far as it is proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inherited {
    /// The provider.
    pub provider: Provider,
    /// On how many assets the control is the provider's.
    pub assets: usize,
    /// The document that proves it and its last day; none where it is unproven.
    pub assured: Option<(Box<str>, Date)>,
    /// Where it is unproven, the document that proved it last and the day on which that expired.
    pub expired: Option<(Box<str>, Date)>,
}

impl Status {
    /// Joins and scores.
    pub fn of(assessment: &Assessment<'_>) -> Self {
        let mut resolver = Resolver::new(assessment.content, assessment.settings);
        let assets = assessment.estate.assets();
        let lines: Vec<LineSet> = assets.iter().map(|asset| resolver.lines(asset, assessment.now)).collect();
        let mut problems = resolver.problems().to_vec();
        problems.extend(idle_overlays(assessment, &lines));

        let mut waivers = Waivers::new(assessment);
        let sorted = SortedFindings::of(assessment, &mut problems);
        let weigher = Weigher::new(assessment);
        let controls: Vec<ControlStatus> = assessment
            .content
            .controls
            .iter()
            .enumerate()
            .map(|(at, control)| {
                Join { assessment, lines: &lines, at, control, sorted: &sorted }
                    .status(&weigher, &mut waivers)
            })
            .collect();
        let score = score(controls.iter().map(|control| &control.input));
        let containers = standing::Containers::of(assessment.estate);
        Self { lines, controls, score, waivers: waivers.report(), problems, containers }
    }

    /// The status and score of a control.
    pub fn control(&self, id: &ControlId) -> Option<(&ControlStatus, &ControlScore)> {
        self.controls.iter().zip(&self.score.controls).find(|(status, _)| status.control == *id)
    }

    /// How an asset stands under a control, both by position.
    pub fn standing(&self, estate: &Estate, asset: usize, control: usize) -> Standing<'_> {
        standing::standing(self, estate, asset, control)
    }
}

/// For each control the (asset, finding) pairs, by position, in that order.
struct SortedFindings(Vec<Vec<(usize, usize)>>);

impl SortedFindings {
    fn of(assessment: &Assessment<'_>, problems: &mut Vec<Problem>) -> Self {
        let controls: HashMap<&ControlId, usize> =
            assessment.content.controls.iter().enumerate().map(|(at, control)| (&control.id, at)).collect();
        let mut sorted = vec![Vec::new(); assessment.content.controls.len()];
        for (at, finding) in assessment.findings.iter().enumerate() {
            let of_control = controls.get(&finding.control).and_then(|control| sorted.get_mut(*control));
            match (of_control, assessment.estate.position(finding.asset.as_str())) {
                (Some(of_control), Some(asset)) => of_control.push((asset, at)),
                _ => problems.push(out_of_place(finding)),
            }
        }
        sorted.iter_mut().for_each(|of_control| of_control.sort_unstable());
        Self(sorted)
    }

    /// The findings of a control on an asset.
    fn on(&self, control: usize, asset: usize) -> &[(usize, usize)] {
        let all = self.0.get(control).map_or(&[][..], Vec::as_slice);
        let from = all.partition_point(|(at, _)| *at < asset);
        let rest = all.get(from..).unwrap_or_default();
        let count = rest.iter().take_while(|(at, _)| *at == asset).count();
        rest.get(..count).unwrap_or_default()
    }
}

fn out_of_place(finding: &Finding) -> Problem {
    let message = format!(
        "a finding of `{}` names an asset or the control `{}` that is not there; it is shown and not scored",
        finding.check, finding.control
    );
    Problem::new(finding.asset.as_str(), message)
}

/// One control over the whole estate.
struct Join<'a> {
    assessment: &'a Assessment<'a>,
    lines: &'a [LineSet],
    at: usize,
    control: &'a Control,
    sorted: &'a SortedFindings,
}

impl Join<'_> {
    fn status(&self, weigher: &Weigher<'_>, waivers: &mut Waivers<'_>) -> ControlStatus {
        let Assessment { content, estate, findings, .. } = *self.assessment;
        let checks: Vec<_> = content.checks.iter().filter(|check| check.control == self.control.id).collect();
        let kinds: BTreeSet<&Kind> =
            self.control.measured_on.iter().chain(checks.iter().flat_map(|check| &check.kinds)).collect();
        let mut status = ControlStatus {
            control: self.control.id.clone(),
            scope: Vec::new(),
            input: self.input(!checks.is_empty()),
            findings: Vec::new(),
            holders: HolderCounts::default(),
            inherited: Vec::new(),
            out_of_scope: 0,
            checks: checks.iter().map(|check| check.id.clone()).collect(),
            sensors: self.control.sensors.clone(),
            sensitivity_assumed: 0,
        };
        for (at, (asset, lines)) in estate.assets().iter().zip(self.lines).enumerate() {
            let Some(line) = lines.at(self.at) else { continue };
            let found = self.sorted.on(self.at, at);
            status.holders.count(&line.holder);
            if line.holder == Holder::Provider {
                self.inherit(&mut status.inherited, asset.provider);
            }
            // A sensor that is no check brings its own kinds with its findings.
            if !line.holder.is_in_scope() {
                status.out_of_scope += found.len();
            } else if kinds.contains(&asset.kind) || !found.is_empty() {
                let Some(weighed) = weigher.weigh(at, &line.holder) else { continue };
                status.sensitivity_assumed += usize::from(weighed.assumed);
                let Weighed { stake, group, .. } = weighed;
                let population = weigher.population(asset);
                let measure =
                    |(_, at): &(usize, usize)| Some(weigher.measure(asset, findings.get(*at)?, waivers));
                let measures = if asset.population.is_seen() {
                    found.iter().filter_map(measure).collect()
                } else {
                    Vec::new()
                };
                status.scope.push(at);
                status.findings.push(found.iter().map(|(_, at)| *at).collect());
                status.input.assets.push(AssetInput { group, stake, population, measures });
                if !found.is_empty() {
                    status.input.sensor = Presence::Present;
                }
            }
        }
        status
    }

    fn input(&self, has_checks: bool) -> ControlInput {
        let Assessment { settings, history, now, .. } = *self.assessment;
        let id = &self.control.id;
        let exercised = settings.exercises.get(id).map(|day| days_between(*day, date_of(now)));
        ControlInput {
            id: id.clone(),
            layer: self.control.layer,
            weight: self.control.weight,
            essential: self.control.essential,
            sensor: Presence::of(has_checks),
            assets: Vec::new(),
            facts: Facts {
                owner: Presence::of(settings.owner(id).is_some()),
                watch: Presence::of(settings.continuous),
                days_at_level_3: history.days_at_level_3(id),
                // A day to come is a plan, not an exercise.
                days_since_exercise: exercised.and_then(|days| u32::try_from(days).ok()),
                oldest_fix: if rests_on_fixes(id) { history.oldest_fix(id) } else { OldestFix::None },
            },
        }
    }

    fn inherit(&self, inherited: &mut Vec<Inherited>, provider: Provider) {
        if let Some(known) = inherited.iter_mut().find(|known| known.provider == provider) {
            known.assets += 1;
            return;
        }
        let today = date_of(self.assessment.now);
        let about = |document: &&Assurance| document.is_about(&self.control.id, provider);
        let documents = self.assessment.assurances.iter().filter(about);
        let last = documents.max_by_key(|document| document.until);
        let told = last.map(|document| (document.document.clone(), document.until));
        let (assured, expired) = match told {
            Some((_, until)) if until >= today => (told, None),
            told => (None, told),
        };
        inherited.push(Inherited { provider, assets: 1, assured, expired });
    }
}

/// Whether old fixes say something about a control.
fn rests_on_fixes(control: &ControlId) -> bool {
    let word = control.as_str().split_once('.').map_or("", |(_, word)| word);
    matches!(word, "patch-management" | "vulnerability-scanning")
}

fn days_between(from: Date, to: Date) -> i64 {
    to.duration_since(from).as_hours() / 24
}

/// Delegations that have lapsed, or that hand over nothing.
fn idle_overlays(assessment: &Assessment<'_>, lines: &[LineSet]) -> Vec<Problem> {
    let Assessment { content, settings, estate, now, .. } = *assessment;
    let today = date_of(now);
    let mut problems = Vec::new();
    for overlay in &settings.overlays {
        let delegation = &overlay.value;
        let rule = format!("partywall.yaml:{}", overlay.line);
        let control = content.controls.iter().position(|control| control.id == delegation.control);
        let about = estate.assets().iter().zip(lines).filter(|(asset, _)| is_about(delegation, asset, today));
        let hands_over =
            |set: &LineSet| control.and_then(|at| set.at(at)).is_some_and(|line| *line.rule == *rule);
        let message = if delegation.until < today {
            format!(
                "the delegation of `{}` to {} ended on {}",
                delegation.control, delegation.to, delegation.until
            )
        } else if !about.clone().any(|(_, set)| hands_over(set)) {
            format!("the delegation of `{}` to {} hands over nothing", delegation.control, delegation.to)
        } else {
            continue;
        };
        problems.push(Problem::new(rule, message));
    }
    problems
}

impl HolderCounts {
    fn count(&mut self, holder: &Holder) {
        *match holder {
            Holder::Provider => &mut self.provider,
            Holder::Customer => &mut self.customer,
            Holder::SharedIndependent => &mut self.shared_independent,
            Holder::SharedDependent => &mut self.shared_dependent,
            Holder::ThirdParty(_) => &mut self.third_party,
            Holder::NotApplicable => &mut self.not_applicable,
            Holder::Unknown => &mut self.unknown,
        } += 1;
    }
}

impl ControlStatus {
    /// The ids of the assets that a cap names.
    pub fn assets_of<'a>(
        &'a self,
        estate: &'a Estate,
        cap: &'a crate::score::Cap,
    ) -> impl Iterator<Item = &'a AssetId> {
        cap.assets
            .iter()
            .filter_map(|at| self.scope.get(*at))
            .filter_map(|at| estate.assets().get(*at))
            .map(|asset| &asset.id)
    }
}
