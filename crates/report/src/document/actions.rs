//! What to do: switches that are off, and the first fixes.

use std::collections::{BTreeMap, BTreeSet};

use partywall_content::Way;
use partywall_model::{AssetId, Effort, Layer, Severity};
use partywall_ssrm::fixes::{FirstFix, Lift};
use serde::Serialize;

use super::lines::{SourceEntry, SwitchEntry, holder_word};
use super::marks::Marks;
use crate::assessment::Assessment;
use crate::rows::{Outcome, repeats};
use crate::words;

/// One switch that is off, on all assets on which it is off in the same way.
#[derive(Debug, Serialize)]
pub(crate) struct SwitchGapEntry<'a> {
    pub(crate) controls: Vec<&'a str>,
    pub(crate) kinds: Vec<&'a str>,
    pub(crate) switch: Option<SwitchEntry<'a>>,
    /// What to set, as people read it.
    pub(crate) fix: String,
    pub(crate) provider_does: &'a str,
    pub(crate) customer_does: &'a str,
    pub(crate) source: SourceEntry<'a>,
    pub(crate) rule: &'a str,
    pub(crate) assets: Vec<&'a str>,
}

pub(super) fn switch_gaps<'a>(assessment: &Assessment<'a>) -> Vec<SwitchGapEntry<'a>> {
    let kinds = |ids: &[AssetId]| -> Vec<&'a str> {
        let assets = ids.iter().filter_map(|id| assessment.estate().asset(id.as_str()));
        let kinds: BTreeSet<&str> = assets.map(|asset| asset.kind.as_str()).collect();
        kinds.into_iter().collect()
    };
    assessment
        .switches
        .gaps
        .iter()
        .map(|gap| SwitchGapEntry {
            controls: gap.controls.iter().map(|control| control.as_str()).collect(),
            kinds: kinds(&gap.assets),
            switch: gap.line.switch.as_ref().map(SwitchEntry::of),
            fix: gap.line.switch.as_ref().map_or_else(String::new, |switch| {
                words::wanted(&switch.property, &switch.values, &switch.note)
            }),
            provider_does: &gap.line.provider_does,
            customer_does: &gap.line.customer_does,
            source: SourceEntry::of(&gap.line.source),
            rule: &gap.line.rule,
            assets: gap.assets.iter().map(|asset| asset.as_str()).collect(),
        })
        .collect()
}

/// One thing to mend.
#[derive(Debug, Serialize)]
pub(crate) struct FixEntry<'a> {
    /// From 1.
    pub(crate) rank: usize,
    pub(crate) summary: &'a str,
    pub(crate) check: &'a str,
    pub(crate) title: &'a str,
    pub(crate) severity: Severity,
    pub(crate) control: &'a str,
    pub(crate) layer: Layer,
    pub(crate) effort: Option<Effort>,
    pub(crate) effort_days: Option<f64>,
    /// The cap that goes with it.
    pub(crate) lifts: Option<LiftEntry<'a>>,
    /// Whose line it is: the holders of the failing assets.
    pub(crate) holders: Vec<&'static str>,
    /// Failing assets that the internet reaches.
    pub(crate) exposed: usize,
    /// Failures that have outlived their service level.
    pub(crate) overdue: usize,
    pub(crate) assets: Vec<&'a str>,
    pub(crate) aws_cli: &'a str,
    pub(crate) azure_cli: &'a str,
    pub(crate) gcloud_cli: &'a str,
    pub(crate) terraform: &'a str,
    pub(crate) verified_by: &'a str,
    #[serde(skip)]
    pub(crate) ways: Vec<Way<'a>>,
    #[serde(skip)]
    pub(crate) first_command: Option<(&'a str, bool)>,
}

/// A cap that mending a cause lifts.
#[derive(Debug, Serialize)]
pub(crate) struct LiftEntry<'a> {
    pub(crate) level: u8,
    pub(crate) because: &'static str,
    pub(crate) text: String,
    /// It caps the layer as well.
    pub(crate) layer: bool,
    /// Other checks that hold the same cap.
    pub(crate) together_with: Vec<&'a str>,
    /// Other caps that stay.
    pub(crate) remaining: Vec<&'static str>,
}

impl<'a> LiftEntry<'a> {
    fn of(lift: &'a Lift) -> Self {
        Self {
            level: lift.level,
            because: words::because_word(lift.cap),
            text: words::because(lift.cap),
            layer: lift.layer,
            together_with: lift.together_with.iter().map(|check| check.as_str()).collect(),
            remaining: lift.remaining.iter().map(|cap| words::because_word(*cap)).collect(),
        }
    }
}

pub(super) fn fixes<'a>(assessment: &Assessment<'a>) -> Vec<FixEntry<'a>> {
    let titles: BTreeMap<&str, &str> =
        assessment.findings().iter().map(|found| (found.check.as_str(), assessment.title(found))).collect();
    let entry = |(at, first): (usize, &'a FirstFix<'a>)| {
        let fix = first.fix;
        let mut holders: Vec<&'static str> =
            first.lines.iter().map(|line| holder_word(&line.holder)).collect();
        holders.sort_unstable();
        holders.dedup();
        FixEntry {
            rank: at + 1,
            summary: fix.map_or("", |fix| &fix.summary),
            check: first.check.as_str(),
            title: titles.get(first.check.as_str()).copied().unwrap_or(first.check.as_str()),
            severity: first.severity,
            control: first.control.as_str(),
            layer: first.layer,
            effort: fix.map(|fix| fix.effort),
            effort_days: fix.map(|fix| fix.effort.days()),
            lifts: first.lifts.as_ref().map(LiftEntry::of),
            holders,
            exposed: first.exposed,
            overdue: first.overdue,
            assets: first.assets.iter().map(|asset| asset.as_str()).collect(),
            aws_cli: fix.map_or("", |fix| fix.aws_cli.trim()),
            azure_cli: fix.map_or("", |fix| fix.azure_cli.trim()),
            gcloud_cli: fix.map_or("", |fix| fix.gcloud_cli.trim()),
            terraform: fix.map_or("", |fix| fix.terraform.trim()),
            verified_by: first.check.as_str(),
            ways: fix.map_or_else(Vec::new, |fix| fix.ways().collect()),
            first_command: fix.and_then(|fix| fix.first_command()),
        }
    };
    assessment.fixes.iter().enumerate().map(entry).collect()
}

/// How many verdicts there are of each kind. What repeats another is counted once; a pass on evidence that is too
/// old to count is unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct VerdictCounts {
    pub(crate) fail: usize,
    pub(crate) exempt: usize,
    pub(crate) unknown: usize,
    pub(crate) manual: usize,
    pub(crate) pass: usize,
    pub(crate) not_applicable: usize,
}

impl VerdictCounts {
    /// All of them.
    pub(crate) fn all(&self) -> usize {
        self.fail + self.exempt + self.unknown + self.manual + self.pass + self.not_applicable
    }
}

/// How many failures there are of each severity; exempt ones are left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct SeverityCounts {
    pub(crate) critical: usize,
    pub(crate) high: usize,
    pub(crate) medium: usize,
    pub(crate) low: usize,
    pub(crate) info: usize,
}

/// Counts the verdicts, and the failures by severity.
pub(super) fn count(assessment: &Assessment<'_>, marks: &Marks<'_>) -> (VerdictCounts, SeverityCounts) {
    let mut verdicts = VerdictCounts::default();
    let mut failures = SeverityCounts::default();
    let all = assessment.findings().iter().enumerate();
    for (at, finding) in all.filter(|(_, finding)| repeats(finding).is_none()) {
        *match Outcome::of(&finding.verdict, &marks.at(at)) {
            Outcome::Exempt => &mut verdicts.exempt,
            Outcome::Fail => {
                *match finding.severity {
                    Severity::Critical => &mut failures.critical,
                    Severity::High => &mut failures.high,
                    Severity::Medium => &mut failures.medium,
                    Severity::Low => &mut failures.low,
                    Severity::Info => &mut failures.info,
                } += 1;
                &mut verdicts.fail
            }
            Outcome::Unknown => &mut verdicts.unknown,
            Outcome::Manual => &mut verdicts.manual,
            Outcome::Pass => &mut verdicts.pass,
            Outcome::NotApplicable => &mut verdicts.not_applicable,
        } += 1;
    }
    (verdicts, failures)
}
