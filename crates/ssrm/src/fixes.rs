//! First fixes: what to mend first, until a plan orders repairs by attack paths.
//!
//! A cause is a check: mending it on all its assets is one piece of work. Causes that hold a control under a
//! cap come first (those that lift it alone before those that do so only together), then severity × what the
//! heaviest asset weighs (sensitivity × exposure), then the least effort.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use partywall_content::Fix;
use partywall_model::{AssetId, CheckId, ControlId, Effort, Finding, Layer, Severity};

use crate::line::Line;
use crate::score::{AssetInput, Because, Cap, ControlScore, Exposure, Likely, Measure, State};
use crate::status::{Assessment, ControlStatus, Status};

/// One cause and what mending it brings.
#[derive(Clone, Debug, PartialEq)]
pub struct FirstFix<'a> {
    /// The check that fails; it is also what will verify the repair.
    pub check: CheckId,
    /// The control that it serves.
    pub control: ControlId,
    /// The control's layer.
    pub layer: Layer,
    /// How bad a failure is.
    pub severity: Severity,
    /// What to do; none where the finding's check is not part of the content.
    pub fix: Option<&'a Fix>,
    /// The assets on which it fails, the heaviest first.
    pub assets: Vec<AssetId>,
    /// How many of them the internet reaches.
    pub exposed: usize,
    /// What the heaviest of them may weigh, 1 to 8.
    pub weight: u64,
    /// On how many of them the failure has outlived its service level.
    pub overdue: usize,
    /// Whose line it is: the different lines of those assets.
    pub lines: Vec<Arc<Line>>,
    /// The cap that it lifts; none where it holds nothing under one.
    pub lifts: Option<Lift>,
}

/// A cap that mending a cause lifts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lift {
    /// The cap of the control.
    pub cap: Because,
    /// The highest level under it.
    pub level: u8,
    /// Whether it caps the layer as well.
    pub layer: bool,
    /// Other causes that hold the same cap; it goes only when all are mended.
    pub together_with: Vec<CheckId>,
    /// Other caps of the control, at the same level or below, that stay.
    pub remaining: Vec<Because>,
}

impl FirstFix<'_> {
    /// Severity × weight of the heaviest asset: what the order goes by where no cap decides.
    pub fn urgency(&self) -> f64 {
        f64::from(u32::try_from(self.weight).unwrap_or(u32::MAX)) * self.severity.weight()
    }

    /// 0 for what lifts a cap alone, 1 for what does so together with others, 2 for all else.
    fn rank(&self) -> u8 {
        match &self.lifts {
            Some(lift) if lift.together_with.is_empty() => 0,
            Some(_) => 1,
            None => 2,
        }
    }

    fn effort(&self) -> Effort {
        self.fix.map_or(Effort::L, |fix| fix.effort)
    }
}

/// All causes of open failures in scope, in the order in which to mend them.
pub fn first_fixes<'a>(assessment: &Assessment<'a>, status: &Status) -> Vec<FirstFix<'a>> {
    let mut fixes: Vec<FirstFix<'a>> = Vec::new();
    for (at, (control, score)) in status.controls.iter().zip(&status.score.controls).enumerate() {
        let causes = Causes { assessment, status, control, at };
        fixes.extend(
            causes.by_check().into_iter().filter_map(|(check, failures)| causes.fix(check, &failures, score)),
        );
    }
    fixes.sort_by(|a, b| {
        (a.rank().cmp(&b.rank()))
            .then(b.urgency().total_cmp(&a.urgency()))
            .then(a.effort().cmp(&b.effort()))
            .then(b.assets.len().cmp(&a.assets.len()))
            .then_with(|| a.check.cmp(&b.check))
    });
    fixes
}

/// One open failure: the asset's position in the control's scope, what was scored, and what was found.
#[derive(Clone, Copy)]
struct Failure<'s> {
    at: usize,
    asset: &'s AssetInput,
    measure: Measure,
    finding: &'s Finding,
}

/// The open failures of one control.
struct Causes<'s, 'a> {
    assessment: &'s Assessment<'a>,
    status: &'s Status,
    control: &'s ControlStatus,
    at: usize,
}

impl<'s, 'a> Causes<'s, 'a> {
    fn open(&self) -> impl Iterator<Item = Failure<'s>> {
        let findings = self.assessment.findings;
        let assets = self.control.input.assets.iter().zip(&self.control.findings).enumerate();
        assets
            .flat_map(move |(at, (asset, found))| {
                asset.measures.iter().zip(found).filter_map(move |(measure, finding)| {
                    Some(Failure { at, asset, measure: *measure, finding: findings.get(*finding)? })
                })
            })
            .filter(|failure| failure.measure.state == State::Fail && !failure.measure.waiver.is_present())
    }

    fn by_check(&self) -> BTreeMap<&'s CheckId, Vec<Failure<'s>>> {
        let mut by_check: BTreeMap<&CheckId, Vec<Failure<'s>>> = BTreeMap::new();
        for failure in self.open() {
            by_check.entry(&failure.finding.check).or_default().push(failure);
        }
        by_check
    }

    fn fix(&self, check: &CheckId, failures: &[Failure<'s>], score: &ControlScore) -> Option<FirstFix<'a>> {
        let mut heaviest_first = failures.to_vec();
        heaviest_first.sort_by_key(|failure| std::cmp::Reverse(failure.asset.stake.most()));
        let worst = heaviest_first.first()?;
        let exposed = failures.iter().filter(|failure| failure.asset.stake.exposure == Exposure::Internet);
        let overdue = failures.iter().filter(|failure| failure.measure.overdue.is_present());
        let content = self.assessment.content;
        Some(FirstFix {
            check: check.clone(),
            control: self.control.control.clone(),
            layer: self.control.input.layer,
            severity: failures.iter().map(|failure| failure.measure.severity).max()?,
            fix: content.check(check.as_str()).map(|check| &check.fix),
            assets: heaviest_first.iter().map(|failure| failure.finding.asset.clone()).collect(),
            exposed: exposed.count(),
            weight: worst.asset.stake.most(),
            overdue: overdue.count(),
            lines: self.lines(&heaviest_first),
            lifts: score.caps.iter().find_map(|cap| self.lift(check, cap, score)),
        })
    }

    fn lines(&self, failures: &[Failure<'_>]) -> Vec<Arc<Line>> {
        let mut lines: Vec<Arc<Line>> = Vec::new();
        for failure in failures {
            let line = self
                .control
                .scope
                .get(failure.at)
                .and_then(|asset| self.status.lines.get(*asset))
                .and_then(|set| set.at(self.at));
            if let Some(line) = line.filter(|line| !lines.iter().any(|known| Arc::ptr_eq(known, line))) {
                lines.push(Arc::clone(line));
            }
        }
        lines
    }

    /// What mending a check does to a cap; nothing where other things hold it.
    fn lift(&self, check: &CheckId, cap: &Cap, score: &ControlScore) -> Option<Lift> {
        let holds = |failure: &Failure<'_>| match cap.because {
            Because::CriticalOpen => failure.asset.stake.is_prized() == Likely::Yes,
            Because::Overdue => failure.measure.overdue.is_present(),
            _ => false,
        };
        let holders: BTreeSet<&CheckId> = self
            .open()
            .filter(|failure| failure.measure.severity == Severity::Critical && holds(failure))
            .map(|failure| &failure.finding.check)
            .collect();
        if !holders.contains(check) {
            return None;
        }
        let others =
            score.caps.iter().filter(|other| other.because != cap.because && other.level <= cap.level);
        Some(Lift {
            cap: cap.because,
            level: cap.level,
            layer: cap.because == Because::CriticalOpen,
            together_with: holders.into_iter().filter(|other| *other != check).cloned().collect(),
            remaining: others.map(|other| other.because).collect(),
        })
    }
}
