//! The counts that say how big everything is.

use std::collections::BTreeSet;

use partywall_model::Verdict;
use serde::Serialize;

use super::actions::{SeverityCounts, VerdictCounts, count};
use super::lines::{HolderCounts, Lines};
use super::marks::{AssetFacts, Marks};
use super::scores::{ControlEntry, ControlState};
use super::unseen::UnknownRead;
use crate::assessment::Assessment;
use crate::filtered::Filtered;
use crate::rows::repeats;

/// Counts over the whole document.
#[derive(Debug, Serialize)]
pub(crate) struct Summary {
    /// Assets that were listed, the organisation among them.
    pub(crate) assets: usize,
    /// Lists of assets that could not be read; each left a placeholder.
    pub(crate) placeholders: usize,
    pub(crate) kinds: usize,
    pub(crate) accounts: usize,
    /// Assets whose sensitivity nobody said.
    pub(crate) sensitivity_assumed: usize,
    pub(crate) findings: VerdictCounts,
    pub(crate) failures: SeverityCounts,
    /// Different checks that fail somewhere.
    pub(crate) causes: usize,
    pub(crate) controls: ControlCounts,
    pub(crate) lines: HolderCounts,
    /// Lines whose source nobody could read.
    pub(crate) lines_unverified: usize,
    pub(crate) switches: SwitchCounts,
    pub(crate) unknown_reads: usize,
    pub(crate) problems: usize,
    /// What the user left out; nothing stands here where nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) filtered: Option<Filtered>,
}

/// Controls by their state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct ControlCounts {
    pub(crate) all: usize,
    pub(crate) measured: usize,
    pub(crate) not_measured: usize,
    pub(crate) inherited: usize,
    pub(crate) not_applicable: usize,
}

/// Lines with a switch, by how it stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct SwitchCounts {
    pub(crate) on: usize,
    pub(crate) off: usize,
    pub(crate) unseen: usize,
    pub(crate) elsewhere: usize,
}

/// What else the counts are taken from.
pub(super) struct Parts<'p> {
    pub(super) lines: &'p Lines<'p>,
    pub(super) controls: &'p [ControlEntry<'p>],
    pub(super) unknown_reads: &'p [UnknownRead<'p>],
    pub(super) facts: &'p [AssetFacts],
    pub(super) marks: &'p Marks<'p>,
    pub(super) filtered: Option<&'p Filtered>,
}

impl Summary {
    pub(super) fn of(assessment: &Assessment<'_>, parts: &Parts<'_>) -> Self {
        let assets = assessment.estate().assets();
        let placeholders = assets.iter().filter(|asset| !asset.population.is_seen()).count();
        let kinds: BTreeSet<&str> = assets.iter().map(|asset| asset.kind.as_str()).collect();
        let failing = assessment
            .findings()
            .iter()
            .filter(|finding| finding.verdict == Verdict::Fail && repeats(finding).is_none());
        let causes: BTreeSet<&str> = failing.map(|finding| finding.check.as_str()).collect();
        let (findings, failures) = count(assessment, parts.marks);
        Self {
            assets: assets.len() - placeholders,
            placeholders,
            kinds: kinds.len(),
            accounts: assessment.header.accounts.len(),
            sensitivity_assumed: parts.facts.iter().filter(|facts| facts.assumed).count(),
            findings,
            failures,
            causes: causes.len(),
            controls: ControlCounts::of(parts.controls),
            lines: parts.lines.all,
            lines_unverified: parts.lines.unverified,
            switches: SwitchCounts {
                on: assessment.switches.on,
                off: assessment.switches.gaps.iter().map(|gap| gap.assets.len() * gap.controls.len()).sum(),
                unseen: assessment.switches.unseen.len(),
                elsewhere: assessment.switches.elsewhere,
            },
            unknown_reads: parts.unknown_reads.len(),
            problems: assessment.problems().count(),
            filtered: parts.filtered.cloned(),
        }
    }
}

impl ControlCounts {
    fn of(controls: &[ControlEntry<'_>]) -> Self {
        let mut counts = Self { all: controls.len(), ..Self::default() };
        for control in controls {
            *match control.state {
                ControlState::Measured => &mut counts.measured,
                ControlState::NotMeasured => &mut counts.not_measured,
                ControlState::Inherited => &mut counts.inherited,
                ControlState::NotApplicable => &mut counts.not_applicable,
            } += 1;
        }
        counts
    }
}
