//! Which failures stop a delivery: by severity, and where the settings say so by control and stage.

use partywall_content::{FailFrom, GateSettings};
use partywall_model::{KillChainStage, Severity};
use partywall_report::gate::{DriftState, GateDrift, GateFinding, GateState};

use crate::args::{FailOn, GateArgs};

/// What stops a delivery. The command line counts before the settings; their rules count before both.
#[derive(Debug)]
pub(super) struct Threshold<'a> {
    otherwise: FailFrom,
    settings: &'a GateSettings,
    max_unknown: Option<usize>,
}

impl<'a> Threshold<'a> {
    pub(super) fn of(args: &GateArgs, settings: &'a GateSettings) -> Self {
        let otherwise = args.fail_on.map(FailFrom::from).or(settings.fail_on).unwrap_or(FailFrom::High);
        let max_unknown = args.max_unknown.or(settings.max_unknown);
        Self { otherwise, settings, max_unknown }
    }

    /// Marks the failures that stop it.
    pub(super) fn mark(&self, findings: &mut [GateFinding<'_>], drift: Option<&mut GateDrift<'_>>) {
        for finding in findings.iter_mut().filter(|finding| finding.state == GateState::Fail) {
            finding.decides = self.covers(finding.control, finding.stage, finding.severity);
        }
        for verdict in drift.into_iter().flat_map(|drift| &mut drift.verdicts) {
            verdict.decides = verdict.state == DriftState::Reverted
                && !verdict.accepted
                && self.covers(verdict.control, verdict.stage, verdict.severity);
        }
    }

    fn covers(&self, control: &str, stage: KillChainStage, severity: Severity) -> bool {
        self.settings.rule(&control.into(), stage).unwrap_or(self.otherwise).covers(severity)
    }

    /// Whether more is undecided than may be.
    pub(super) fn is_past(&self, unknown: usize) -> bool {
        self.max_unknown.is_some_and(|most| unknown > most)
    }
}

impl From<FailOn> for FailFrom {
    fn from(word: FailOn) -> Self {
        match word {
            FailOn::Critical => Self::Critical,
            FailOn::High => Self::High,
            FailOn::Medium => Self::Medium,
            FailOn::Low => Self::Low,
            FailOn::Info => Self::Info,
        }
    }
}
