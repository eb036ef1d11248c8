//! Failures by cause: one check, on all assets on which it fails.

use std::collections::BTreeMap;

use partywall_content::Check;
use partywall_model::{Asset, CheckId, ControlId, Finding, Sensitivity, Severity};
use partywall_ssrm::score::Exposure;

use crate::document::{AssetFacts, Document};
use crate::rows::{Outcome, repeats};

/// A check that fails somewhere, or could not be seen everywhere.
#[derive(Debug)]
pub(crate) struct Cause<'a, 'd> {
    pub(crate) check: &'a CheckId,
    /// None where a check is no longer known.
    pub(crate) content: Option<&'a Check>,
    /// The bad thing in a few words.
    pub(crate) title: &'a str,
    pub(crate) control: &'a ControlId,
    pub(crate) severity: Severity,
    /// Open failures, worst asset first.
    pub(crate) failing: Vec<Failure<'a, 'd>>,
    /// Failures that are accepted for a time.
    pub(crate) exempt: usize,
    /// Verdicts that hang on something not seen.
    pub(crate) unknown: usize,
    pub(crate) passing: usize,
    /// Failing assets that the internet reaches or that are of the highest sensitivity.
    pub(crate) prized: usize,
}

/// One failure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failure<'a, 'd> {
    /// Its position among the verdicts.
    pub(crate) at: usize,
    pub(crate) finding: &'a Finding,
    pub(crate) asset: Option<&'a Asset>,
    /// The check's title.
    pub(crate) title: &'a str,
    pub(crate) facts: Option<&'d AssetFacts>,
}

impl<'a, 'd> Failure<'a, 'd> {
    pub(crate) fn of(document: &'d Document<'a>, at: usize, finding: &'a Finding) -> Self {
        let assessment = &document.assessment;
        let position = assessment.estate().position(finding.asset.as_str());
        Self {
            at,
            finding,
            asset: position.and_then(|at| assessment.estate().assets().get(at)),
            title: assessment.title(finding),
            facts: position.and_then(|at| document.facts.get(at)),
        }
    }

    /// What to call the asset.
    pub(crate) fn label(&self) -> &'a str {
        self.asset.map_or(self.finding.asset.as_str(), Asset::label)
    }

    /// What was found on the asset, without its name and the check's title, which stand beside it; where the
    /// summary says no more than these, the evidence.
    pub(crate) fn what(&self) -> String {
        /// Pieces of evidence that stand for a summary.
        const PIECES: usize = 2;
        let summary = &*self.finding.summary;
        let rest = summary.strip_prefix(self.label()).and_then(|rest| rest.strip_prefix(": "));
        match rest {
            Some(rest) if self.title == rest => {
                let pieces: Vec<&str> =
                    self.finding.evidence.iter().take(PIECES).map(|piece| &**piece).collect();
                pieces.join("; ")
            }
            Some(rest) => rest.to_owned(),
            None => summary.to_owned(),
        }
    }

    pub(crate) fn is_exposed(&self) -> bool {
        self.facts.is_some_and(|facts| facts.exposure == Exposure::Internet)
    }

    pub(crate) fn is_sensitive(&self) -> bool {
        self.facts.is_some_and(|facts| facts.sensitivity == Sensitivity::High)
    }

    /// Greater is worse.
    fn stake(&self) -> (bool, bool, Option<Sensitivity>) {
        let (exposed, sensitive) = (self.is_exposed(), self.is_sensitive());
        (exposed && sensitive, exposed || sensitive, self.facts.map(|facts| facts.sensitivity))
    }
}

/// All causes with an open failure, worst first: severity, then how many failing assets are exposed or of the
/// highest sensitivity, then how many fail.
pub(crate) fn causes<'a, 'd>(document: &'d Document<'a>) -> Vec<Cause<'a, 'd>> {
    let assessment = &document.assessment;
    let mut causes: BTreeMap<&'a str, Cause<'a, 'd>> = BTreeMap::new();
    let all = assessment.findings().iter().enumerate();
    for (at, finding) in all.filter(|(_, finding)| repeats(finding).is_none()) {
        let cause = causes.entry(finding.check.as_str()).or_insert_with(|| Cause {
            check: &finding.check,
            content: assessment.check(finding.check.as_str()),
            title: assessment.title(finding),
            control: &finding.control,
            severity: finding.severity,
            failing: Vec::new(),
            exempt: 0,
            unknown: 0,
            passing: 0,
            prized: 0,
        });
        match Outcome::of(&finding.verdict, &document.marks.at(at)) {
            Outcome::Exempt => cause.exempt += 1,
            Outcome::Fail => {
                let failure = Failure::of(document, at, finding);
                cause.prized += usize::from(failure.is_exposed() || failure.is_sensitive());
                cause.severity = cause.severity.max(finding.severity);
                cause.failing.push(failure);
            }
            Outcome::Unknown | Outcome::Manual => cause.unknown += 1,
            Outcome::Pass => cause.passing += 1,
            Outcome::NotApplicable => {}
        }
    }
    let mut causes: Vec<Cause<'a, 'd>> =
        causes.into_values().filter(|cause| !cause.failing.is_empty()).collect();
    for cause in &mut causes {
        // Stable: assets that are equally bad stay in the order of the estate.
        cause.failing.sort_by_key(|failure| std::cmp::Reverse((failure.finding.severity, failure.stake())));
    }
    causes.sort_by_key(|cause| std::cmp::Reverse((cause.severity, cause.prized, cause.failing.len())));
    causes
}
