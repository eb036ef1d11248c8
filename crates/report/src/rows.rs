//! The verdicts one by one, each with everything that a form for other tools says of it.
//!
//! Such forms know fewer words than we do. [`Outcome`] is what they are told, and its one rule is that only what
//! was looked at and found good is a pass: a pass that rests on evidence too old to count is none.

use jiff::Timestamp;
use partywall_content::{Check, Control};
use partywall_model::{Asset, Finding, Verdict};

use crate::document::{AssetFacts, Document, ExemptEntry, LineEntry, Mark, WhyEntry};
use crate::words;

/// A verdict and what belongs to it.
pub(crate) struct Row<'a, 'd> {
    pub(crate) finding: &'a Finding,
    /// None where the asset is not part of the estate.
    pub(crate) asset: Option<&'a Asset>,
    pub(crate) facts: Option<&'d AssetFacts>,
    /// None where a check is no longer known.
    pub(crate) check: Option<&'a Check>,
    /// The bad thing in a few words.
    pub(crate) title: &'a str,
    pub(crate) control: Option<&'a Control>,
    pub(crate) mark: Mark<'a>,
    /// Whose line it is on.
    pub(crate) line: Option<&'d LineEntry<'a>>,
    pub(crate) outcome: Outcome,
}

/// What other tools are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Looked at, and good.
    Pass,
    /// Looked at, and not good.
    Fail,
    /// The same, accepted for a time.
    Exempt,
    /// Not seen, or on evidence that is too old to count.
    Unknown,
    /// Only a person can say.
    Manual,
    /// The check has nothing to say here.
    NotApplicable,
}

/// All verdicts in the order of the document.
pub(crate) fn rows<'a, 'd>(document: &'d Document<'a>) -> impl Iterator<Item = Row<'a, 'd>> + Clone {
    let findings: &'a [Finding] = document.assessment.findings();
    findings.iter().enumerate().map(move |(at, finding)| Row::of(document, at, finding))
}

impl<'a, 'd> Row<'a, 'd> {
    fn of(document: &'d Document<'a>, at: usize, finding: &'a Finding) -> Self {
        let assessment = &document.assessment;
        let position = assessment.estate().position(finding.asset.as_str());
        let control = finding.control.as_str();
        let line = position.and_then(|asset| document.lines.position(assessment, asset, control));
        let mark = document.marks.at(at);
        Self {
            finding,
            asset: position.and_then(|at| assessment.estate().assets().get(at)),
            facts: position.and_then(|at| document.facts.get(at)),
            check: assessment.check(finding.check.as_str()),
            title: assessment.title(finding),
            control: document.lines.control(control).and_then(|at| assessment.controls().get(at)),
            mark,
            line: line.and_then(|at| document.lines.entries.get(at)),
            outcome: Outcome::of(&finding.verdict, &mark),
        }
    }

    /// The tool that said so, where it was not this one.
    pub(crate) fn source(&self) -> Option<&'a str> {
        self.finding.third_party.as_ref().map(|said| &*said.tool)
    }

    /// The check of ours that speaks of the same gap on the same asset.
    pub(crate) fn repeats(&self) -> Option<&'a str> {
        repeats(self.finding)
    }

    /// What to call the asset.
    pub(crate) fn label(&self) -> &'a str {
        self.asset.map_or(self.finding.asset.as_str(), Asset::label)
    }

    pub(crate) fn kind(&self) -> &'a str {
        self.asset.map_or("", |asset| asset.kind.as_str())
    }

    pub(crate) fn account(&self) -> Option<&'a str> {
        self.asset.and_then(|asset| asset.account.as_ref()).map(|account| account.as_str())
    }

    pub(crate) fn region(&self) -> Option<&'a str> {
        self.asset.and_then(|asset| asset.region.as_ref()).map(|region| region.as_str())
    }

    /// Whose line it is on, in the word of the wire form.
    pub(crate) fn holder(&self) -> &'static str {
        self.line.map_or("unknown", |line| line.holder)
    }

    /// One sentence about this asset, whatever the outcome.
    pub(crate) fn sentence(&self) -> String {
        if !self.finding.summary.is_empty() && self.outcome != Outcome::Pass {
            return self.finding.summary.to_string();
        }
        let told = match self.outcome {
            Outcome::Pass => "does not hold",
            Outcome::Fail | Outcome::Exempt => "holds",
            Outcome::Unknown | Outcome::Manual => "was not seen",
            Outcome::NotApplicable => "does not apply",
        };
        format!("{}: {told}: {}", self.label(), self.title)
    }

    /// Why it is not known, one line for each reason.
    pub(crate) fn reasons(&self) -> Vec<String> {
        self.outcome.reasons(&self.finding.verdict)
    }

    /// Since when it has failed without being seen to pass, as far as earlier runs know.
    pub(crate) fn first_seen(&self, document: &Document<'_>) -> Timestamp {
        let judged = &document.assessment.judged;
        judged.history.open_since(&self.finding.fingerprint).unwrap_or(judged.now)
    }

    /// Framework and requirement ids, of the check and then of the control.
    pub(crate) fn requirements(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let of_check = self.check.map(|check| &check.related);
        let of_control = self.control.map(|control| &control.related);
        let all = of_check.into_iter().chain(of_control).flatten();
        all.flat_map(|(framework, ids)| ids.iter().map(move |id| (&**framework, &**id)))
    }
}

impl Outcome {
    pub(crate) fn of(verdict: &Verdict, mark: &Mark<'_>) -> Self {
        match verdict {
            Verdict::Fail if mark.exempt.is_some() => Self::Exempt,
            Verdict::Fail => Self::Fail,
            Verdict::Unknown(_) => Self::Unknown,
            Verdict::Manual => Self::Manual,
            Verdict::NotApplicable => Self::NotApplicable,
            Verdict::Pass if mark.stale => Self::Unknown,
            Verdict::Pass => Self::Pass,
        }
    }

    /// Why a verdict that is told so is not known, one line for each reason.
    pub(crate) fn reasons(self, verdict: &Verdict) -> Vec<String> {
        match (verdict, self) {
            (Verdict::Unknown(reasons), _) if !reasons.is_empty() => {
                reasons.iter().map(|why| words::why(&WhyEntry::of(why))).collect()
            }
            (Verdict::Unknown(_), _) => vec!["not seen".to_owned()],
            (_, Self::Unknown) => vec![TOO_OLD.to_owned()],
            (_, Self::Manual) => vec!["only a person can say".to_owned()],
            _ => Vec::new(),
        }
    }

    /// Its word, as other tools are told it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Exempt => "exempt",
            Self::Unknown => "unknown",
            Self::Manual => "manual",
            Self::NotApplicable => "not-applicable",
        }
    }
}

/// Why a verdict that was reached counts as not seen.
pub(crate) const TOO_OLD: &str = "the evidence is too old to count";

/// The check of ours that speaks of the same gap on the same asset. Such a verdict is counted once, as ours.
pub(crate) fn repeats(finding: &Finding) -> Option<&str> {
    finding.third_party.as_ref().and_then(|said| said.repeats.as_ref()).map(|check| check.as_str())
}

/// Why a failure is accepted, in one sentence.
pub(crate) fn acceptance(exempt: &ExemptEntry<'_>) -> String {
    format!("{} (accepted by {} until {})", exempt.reason.trim(), exempt.owner, exempt.until)
}

/// The beginning of a text that may have at most so many characters; that it was cut is seen.
pub(crate) fn at_most(limit: usize, text: &str) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    text.chars().take(limit.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_on_evidence_that_is_too_old_is_none() {
        let stale = Mark { stale: true, ..Mark::default() };
        assert_eq!(Outcome::of(&Verdict::Pass, &stale), Outcome::Unknown);
        assert_eq!(Outcome::of(&Verdict::Pass, &Mark::default()), Outcome::Pass);
        assert_eq!(Outcome::of(&Verdict::Fail, &stale), Outcome::Fail);
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(at_most(4, "Größe"), "Grö…");
        assert_eq!(at_most(5, "Größe"), "Größe");
    }
}
