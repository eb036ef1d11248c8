//! What the assessment was made from.

use std::collections::BTreeMap;

use jiff::Timestamp;
use partywall_model::{Why, WhyKind};
use serde::Serialize;

use crate::assessment::{Assessment, RunEnd, SourceKind};

/// When, where and how the evidence was read.
#[derive(Debug, Serialize)]
pub(crate) struct EvidenceFacts<'a> {
    pub(crate) collected_from: Timestamp,
    pub(crate) collected_to: Timestamp,
    /// From the end of the collection to the time of judgement.
    pub(crate) age_seconds: i64,
    pub(crate) complete: bool,
    pub(crate) sources: Vec<&'static str>,
    pub(crate) provider: Option<String>,
    pub(crate) accounts: Vec<AccountEntry<'a>>,
    pub(crate) regions: Vec<&'a str>,
    pub(crate) regions_not_scanned: Vec<RegionEntry<'a>>,
    pub(crate) operations: Operations<'a>,
}

#[derive(Debug, Serialize)]
pub(crate) struct AccountEntry<'a> {
    pub(crate) id: &'a str,
    pub(crate) name: Option<&'a str>,
    pub(crate) environment: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct RegionEntry<'a> {
    pub(crate) account: Option<&'a str>,
    pub(crate) region: &'a str,
    pub(crate) why: WhyEntry<'a>,
}

/// Why something was not seen.
#[derive(Debug, Serialize)]
pub(crate) struct WhyEntry<'a> {
    pub(crate) kind: WhyKind,
    pub(crate) operation: &'a str,
    pub(crate) code: &'a str,
    pub(crate) message: &'a str,
}

impl<'a> WhyEntry<'a> {
    pub(crate) fn of(why: &'a Why) -> Self {
        Self { kind: why.kind, operation: &why.operation, code: &why.code, message: &why.message }
    }
}

/// Calls by what came back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Calls {
    pub(crate) asked: u64,
    pub(crate) answered: u64,
    /// Answered with an error that means that there is nothing.
    pub(crate) absent: u64,
    pub(crate) refused: u64,
    pub(crate) failed: u64,
}

#[derive(Debug, Default, Serialize)]
pub(crate) struct Operations<'a> {
    #[serde(flatten)]
    pub(crate) all: Calls,
    pub(crate) by_operation: Vec<OperationEntry<'a>>,
}

/// One operation in all accounts and regions.
#[derive(Debug, Serialize)]
pub(crate) struct OperationEntry<'a> {
    pub(crate) operation: &'a str,
    #[serde(flatten)]
    pub(crate) calls: Calls,
}

impl<'a> EvidenceFacts<'a> {
    pub(super) fn of(assessment: &Assessment<'a>) -> Self {
        let header = assessment.header;
        Self {
            collected_from: header.collected_from,
            collected_to: header.collected_to,
            age_seconds: assessment.judged.now.as_second() - header.collected_to.as_second(),
            complete: header.end == RunEnd::Complete,
            sources: header.sources.iter().map(|source| source.word()).collect(),
            provider: assessment.estate().provider().map(|provider| provider.to_string()),
            accounts: header
                .accounts
                .iter()
                .map(|account| AccountEntry {
                    id: account.id.as_str(),
                    name: account.name.as_deref(),
                    environment: account.environment.to_string(),
                })
                .collect(),
            regions: header.regions.iter().map(|region| region.as_str()).collect(),
            regions_not_scanned: header
                .regions_not_scanned
                .iter()
                .map(|skipped| RegionEntry {
                    account: skipped.account.as_ref().map(|account| account.as_str()),
                    region: skipped.region.as_str(),
                    why: WhyEntry::of(&skipped.why),
                })
                .collect(),
            operations: Operations::of(assessment),
        }
    }
}

impl<'a> Operations<'a> {
    fn of(assessment: &Assessment<'a>) -> Self {
        let mut by_operation: BTreeMap<&str, Calls> = BTreeMap::new();
        let mut all = Calls::default();
        for tally in &assessment.header.tallies {
            let mut calls = Calls { answered: tally.answered, absent: tally.absent, ..Calls::default() };
            for (why, count) in &tally.failed {
                let refused = why.kind == WhyKind::Refused;
                let counter = if refused { &mut calls.refused } else { &mut calls.failed };
                *counter = counter.saturating_add(*count);
            }
            calls.asked = [calls.answered, calls.absent, calls.refused, calls.failed]
                .into_iter()
                .fold(0, u64::saturating_add);
            all.add(calls);
            by_operation.entry(tally.operation.as_str()).or_default().add(calls);
        }
        let entry = |(operation, calls)| OperationEntry { operation, calls };
        Self { all, by_operation: by_operation.into_iter().map(entry).collect() }
    }
}

impl Calls {
    fn add(&mut self, other: Self) {
        self.asked = self.asked.saturating_add(other.asked);
        self.answered = self.answered.saturating_add(other.answered);
        self.absent = self.absent.saturating_add(other.absent);
        self.refused = self.refused.saturating_add(other.refused);
        self.failed = self.failed.saturating_add(other.failed);
    }
}

impl SourceKind {
    fn word(self) -> &'static str {
        match self {
            Self::CloudApi => "cloud-api",
            Self::Code => "code",
            Self::Host => "host",
            Self::Logs => "logs",
            Self::Probe => "probe",
            Self::People => "people",
        }
    }
}
