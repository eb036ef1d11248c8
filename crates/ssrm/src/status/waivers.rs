//! Waivers: failures that somebody has accepted for a time. A waiver that has lapsed, or that covers
//! nothing, is itself reported.

use partywall_content::{Settings, Waiver};
use partywall_model::{Asset, CheckId, Finding, Problem, Verdict};

use super::Assessment;
use crate::resolve::date_of;
use crate::score::Presence;

/// A waiver of the settings and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaiverUse {
    /// Its line in the settings.
    pub line: u32,
    /// The waiver.
    pub waiver: Waiver,
    /// What became of it.
    pub state: WaiverState,
}

impl WaiverUse {
    /// What a person should do about it; none where it is in force.
    pub fn problem(&self) -> Option<Problem> {
        let Waiver { check, fingerprint, asset, owner, until, .. } = &self.waiver;
        let which = match (asset, fingerprint) {
            (Some(asset), _) => format!("`{check}` on `{asset}`"),
            (None, Some(fingerprint)) => format!("`{check}` for the finding {fingerprint}"),
            (None, None) => format!("`{check}`"),
        };
        let message = match self.state {
            WaiverState::InForce(_) => return None,
            WaiverState::Lapsed(count) => {
                let failures = if count == 1 { "1 failure".to_owned() } else { format!("{count} failures") };
                format!("the waiver of {which} ended on {until} and {failures} count again; ask {owner}")
            }
            WaiverState::Unused => {
                format!("the waiver of {which} covers no failure; take it out, or correct what it names")
            }
        };
        Some(Problem::new(format!("partywall.yaml:{}", self.line), message))
    }
}

/// What became of a waiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaiverState {
    /// It covers so many failures.
    InForce(usize),
    /// Its last day has passed, and it would still cover so many failures.
    Lapsed(usize),
    /// It covers no failure.
    Unused,
}

/// The waivers of one assessment, counting what they cover.
pub(super) struct Waivers<'a> {
    settings: &'a Settings,
    /// For each the check that it means, by today's id, and whether its last day has passed.
    known: Vec<(CheckId, bool)>,
    covered: Vec<usize>,
}

impl<'a> Waivers<'a> {
    pub(super) fn new(assessment: &Assessment<'a>) -> Self {
        let today = date_of(assessment.now);
        let known: Vec<(CheckId, bool)> = assessment
            .settings
            .waivers
            .iter()
            .map(|waiver| {
                let check = assessment.content.check(waiver.value.check.as_str());
                let id = check.map_or_else(|| waiver.value.check.clone(), |check| check.id.clone());
                (id, waiver.value.until < today)
            })
            .collect();
        Self { settings: assessment.settings, covered: vec![0; known.len()], known }
    }

    /// Whether a waiver in force stands for a finding. Failures are counted for each waiver that names them.
    pub(super) fn cover(&mut self, asset: &Asset, finding: &Finding) -> Presence {
        let mut covered = false;
        for ((waiver, (check, lapsed)), count) in
            self.settings.waivers.iter().zip(&self.known).zip(&mut self.covered)
        {
            if *check == finding.check && names(&waiver.value, asset, finding) {
                *count += usize::from(finding.verdict == Verdict::Fail);
                covered |= !lapsed;
            }
        }
        Presence::of(covered)
    }

    pub(super) fn report(self) -> Vec<WaiverUse> {
        self.settings
            .waivers
            .iter()
            .zip(self.known)
            .zip(self.covered)
            .map(|((waiver, (_, lapsed)), covered)| WaiverUse {
                line: waiver.line,
                waiver: waiver.value.clone(),
                state: match (covered, lapsed) {
                    (0, _) => WaiverState::Unused,
                    (count, true) => WaiverState::Lapsed(count),
                    (count, false) => WaiverState::InForce(count),
                },
            })
            .collect()
    }
}

/// Everything that a waiver names must agree.
fn names(waiver: &Waiver, asset: &Asset, finding: &Finding) -> bool {
    let is_asset =
        |wanted: &String| asset.id == *wanted.as_str() || asset.name.as_deref() == Some(wanted.as_str());
    let fingerprint = waiver.fingerprint.is_none_or(|wanted| wanted == finding.fingerprint);
    let by_asset = waiver.asset.as_ref().is_none_or(is_asset);
    (waiver.fingerprint.is_some() || waiver.asset.is_some()) && fingerprint && by_asset
}
