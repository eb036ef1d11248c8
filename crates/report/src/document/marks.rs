//! What is known of assets and verdicts beside what the model says of them: labels, waivers, age.

use std::collections::HashMap;

use jiff::civil::Date;
use partywall_content::Waiver;
use partywall_model::{Asset, Environment, Finding, Sensitivity, Verdict};
use partywall_ssrm::score::{Exposure, State};
use partywall_ssrm::status::WaiverState;
use serde::Serialize;

use crate::assessment::Assessment;

/// What is known of an asset beside its properties.
#[derive(Clone, Debug)]
pub(crate) struct AssetFacts {
    pub(crate) environment: Environment,
    pub(crate) sensitivity: Sensitivity,
    /// Nobody said so: the sensitivity is the default.
    pub(crate) assumed: bool,
    pub(crate) exposure: Exposure,
}

impl AssetFacts {
    pub(super) fn of(assessment: &Assessment<'_>, asset: &Asset) -> Self {
        let judged = &assessment.judged;
        let (sensitivity, said) = judged.settings.sensitivity(asset);
        Self {
            environment: judged.settings.environment(asset.account.as_ref()),
            sensitivity,
            assumed: !said,
            exposure: (judged.exposure)(asset),
        }
    }
}

/// What is noted beside a verdict.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mark<'a> {
    /// A waiver stands for the failure.
    pub(crate) exempt: Option<ExemptEntry<'a>>,
    /// It rests on evidence that is too old to count.
    pub(crate) stale: bool,
    /// The failure has outlived its service level.
    pub(crate) overdue: bool,
}

/// A failure that is accepted for a time.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct ExemptEntry<'a> {
    pub(crate) reason: &'a str,
    pub(crate) owner: &'a str,
    pub(crate) until: Date,
}

/// The marks of all verdicts that have one, by position.
#[derive(Debug, Default)]
pub(crate) struct Marks<'a>(HashMap<usize, Mark<'a>>);

impl<'a> Marks<'a> {
    pub(super) fn of(assessment: &Assessment<'a>) -> Self {
        let mut marks = HashMap::new();
        for control in &assessment.status.controls {
            for (asset, positions) in control.input.assets.iter().zip(&control.findings) {
                for (measure, position) in asset.measures.iter().zip(positions) {
                    let Some(finding) = assessment.findings().get(*position) else { continue };
                    let is_fail = finding.verdict == Verdict::Fail;
                    let waived = is_fail && measure.waiver.is_present();
                    let mark = Mark {
                        exempt: waived.then(|| exemption(assessment, finding)).flatten(),
                        stale: measure.state == State::Stale,
                        overdue: is_fail && measure.overdue.is_present(),
                    };
                    if mark.exempt.is_some() || mark.stale || mark.overdue {
                        marks.insert(*position, mark);
                    }
                }
            }
        }
        Self(marks)
    }

    /// The mark of the verdict at a position.
    pub(crate) fn at(&self, position: usize) -> Mark<'a> {
        self.0.get(&position).copied().unwrap_or_default()
    }

    /// Whether a waiver stands for the verdict at a position.
    pub(crate) fn is_exempt(&self, position: usize) -> bool {
        self.at(position).exempt.is_some()
    }
}

/// The waiver that stands for a failure.
fn exemption<'a>(assessment: &Assessment<'a>, finding: &Finding) -> Option<ExemptEntry<'a>> {
    let names = |waiver: &Waiver| {
        let check = assessment.check(waiver.check.as_str()).map_or(&waiver.check, |check| &check.id);
        let asset = assessment.estate().asset(finding.asset.as_str());
        let named = |wanted: &String| {
            finding.asset == *wanted.as_str()
                || asset.and_then(|a| a.name.as_deref()) == Some(wanted.as_str())
        };
        *check == finding.check
            && waiver.fingerprint.is_none_or(|wanted| wanted == finding.fingerprint)
            && waiver.asset.as_ref().is_none_or(named)
    };
    let waiver = assessment
        .status
        .waivers
        .iter()
        .filter(|used| matches!(used.state, WaiverState::InForce(_)))
        .map(|used| &used.waiver)
        .find(|waiver| names(waiver))?;
    Some(ExemptEntry { reason: &waiver.reason, owner: &waiver.owner, until: waiver.until })
}
