//! Assets and findings, written one by one.

use partywall_model::{
    Asset, AssetId, Confidence, Finding, KillChainStage, Population, Severity, Source, Verdict,
};
use partywall_ssrm::score::Exposure;
use serde::{Serialize, Serializer};

use super::Document;
use super::evidence::WhyEntry;
use super::marks::{AssetFacts, ExemptEntry, Mark};
use crate::rows::repeats;

/// A list that is written from an iterator; nothing of it is kept.
pub(crate) struct Each<F>(pub(crate) F);

impl<F, I> Serialize for Each<F>
where
    F: Fn() -> I,
    I: Iterator,
    I::Item: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

/// One asset. Its properties stay in the evidence.
#[derive(Debug, Serialize)]
pub(super) struct AssetEntry<'a> {
    id: &'a str,
    provider: String,
    account: Option<&'a str>,
    region: Option<&'a str>,
    kind: &'a str,
    name: Option<&'a str>,
    environment: String,
    sensitivity: partywall_model::Sensitivity,
    sensitivity_assumed: bool,
    /// None where it was not established.
    exposed: Option<bool>,
    /// It stands for all assets of its kind that could not be listed.
    placeholder: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<WhyEntry<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_known: Option<u64>,
}

impl<'a> AssetEntry<'a> {
    pub(super) fn of(asset: &'a Asset, facts: &AssetFacts) -> Self {
        let (why, last_known) = match &asset.population {
            Population::Seen => (None, None),
            Population::Refused { why, last_known } => (Some(WhyEntry::of(why)), *last_known),
        };
        Self {
            id: asset.id.as_str(),
            provider: asset.provider.to_string(),
            account: asset.account.as_ref().map(|account| account.as_str()),
            region: asset.region.as_ref().map(|region| region.as_str()),
            kind: asset.kind.as_str(),
            name: asset.name.as_deref(),
            environment: facts.environment.to_string(),
            sensitivity: facts.sensitivity,
            sensitivity_assumed: facts.assumed,
            exposed: match facts.exposure {
                Exposure::Internal => Some(false),
                Exposure::Internet => Some(true),
                Exposure::Unseen => None,
            },
            placeholder: why.is_some(),
            why,
            last_known,
        }
    }
}

/// One verdict. A pass that counts, and what does not apply, carry no evidence.
#[derive(Debug, Serialize)]
pub(crate) struct FindingEntry<'a> {
    pub(crate) check: &'a str,
    pub(crate) control: &'a str,
    pub(crate) asset: &'a str,
    pub(crate) verdict: &'static str,
    pub(crate) severity: Severity,
    fingerprint: String,
    /// The tool that said so, where it was not this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'a str>,
    /// The check of ours that speaks of the same gap on the same asset.
    #[serde(skip_serializing_if = "Option::is_none")]
    repeats: Option<&'a str>,
    /// Whose line it is: a position among the document's lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) line: Option<usize>,
    #[serde(flatten)]
    detail: Option<Detail<'a>>,
}

#[derive(Debug, Serialize)]
struct Detail<'a> {
    confidence: Confidence,
    stage: KillChainStage,
    summary: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    why: Vec<WhyEntry<'a>>,
    evidence: &'a [Box<str>],
    affected: &'a [AssetId],
    location: Vec<LocationEntry<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exempt: Option<ExemptEntry<'a>>,
    /// Too old to count.
    stale: bool,
    /// Open for longer than its service level allows.
    overdue: bool,
}

/// A property and where its value was seen.
#[derive(Debug, Serialize)]
struct LocationEntry<'a> {
    path: &'a str,
    #[serde(flatten)]
    source: Option<SourceEntry<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum SourceEntry<'a> {
    Call { operation: &'a str, at: jiff::Timestamp },
    Code { file: &'a str, start: u32, end: u32 },
}

impl<'a> FindingEntry<'a> {
    /// The entry of the verdict at a position.
    pub(crate) fn of(document: &Document<'a>, at: usize) -> Option<Self> {
        let assessment = &document.assessment;
        let finding = assessment.findings().get(at)?;
        let position = assessment.estate().position(finding.asset.as_str());
        let line = |at| document.lines.position(assessment, at, finding.control.as_str());
        let mark = document.marks.at(at);
        let told =
            mark.stale || matches!(finding.verdict, Verdict::Fail | Verdict::Unknown(_) | Verdict::Manual);
        Some(Self {
            check: finding.check.as_str(),
            control: finding.control.as_str(),
            asset: finding.asset.as_str(),
            verdict: finding.verdict.word(),
            severity: finding.severity,
            fingerprint: finding.fingerprint.to_string(),
            source: finding.third_party.as_ref().map(|said| &*said.tool),
            repeats: repeats(finding),
            line: position.and_then(line),
            detail: told.then(|| Detail::of(finding, mark)),
        })
    }
}

impl<'a> Detail<'a> {
    fn of(finding: &'a Finding, mark: Mark<'a>) -> Self {
        let why = match &finding.verdict {
            Verdict::Unknown(reasons) => reasons.iter().map(|why| WhyEntry::of(why)).collect(),
            _ => Vec::new(),
        };
        let location = finding.location.iter().map(|location| LocationEntry {
            path: &location.path,
            source: location.source.as_ref().map(|source| match source {
                Source::Call { operation, at } => {
                    SourceEntry::Call { operation: operation.as_str(), at: *at }
                }
                Source::Code { file, span } => SourceEntry::Code { file, start: span.start, end: span.end },
            }),
        });
        Self {
            confidence: finding.confidence,
            stage: finding.stage,
            summary: &finding.summary,
            why,
            evidence: &finding.evidence,
            affected: &finding.affected,
            location: location.collect(),
            exempt: mark.exempt,
            stale: mark.stale,
            overdue: mark.overdue,
        }
    }
}
