//! What is recorded of a run, and what is known of it later.

use std::fmt;

use jiff::Timestamp;
use partywall_model::{
    AccountId, AssetId, CheckId, ControlId, Finding, Fingerprint, Kind, Listing, ListingOutcome, Region,
    Severity, Verdict,
};

use crate::evidence::EvidenceId;

/// The identity of a run: that of its evidence, so that judging one folder twice is one run.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunId(Box<str>);

impl RunId {
    /// Takes the text as it is.
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// The text of the identifier.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&EvidenceId> for RunId {
    fn from(id: &EvidenceId) -> Self {
        Self::new(id.as_str())
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A run, without its findings.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRecord {
    /// Its identity.
    pub id: RunId,
    /// The time as of which its evidence was judged.
    pub taken_at: Timestamp,
    /// The version that judged it.
    pub tool_version: Box<str>,
    /// Whether its evidence was collected to the end.
    pub complete: bool,
    /// The accounts that it looked at, in any order.
    pub accounts: Vec<AccountId>,
    /// How each control stood.
    pub controls: Vec<ControlRow>,
    /// The populations that were listed to their end.
    pub populations: Vec<PopulationRow>,
}

/// How a control stood in a run.
#[derive(Clone, Debug, PartialEq)]
pub struct ControlRow {
    /// The control.
    pub control: ControlId,
    /// Its level, 0 to 4; none where it was not applicable or not measured.
    pub level: Option<u8>,
    /// The range, 0 to 1, lower end first; none as above.
    pub range: Option<(f64, f64)>,
    /// What was seen of all, 0 to 1.
    pub coverage: f64,
    /// The rest of the score in the reporter's own versioned form; kept as it is and never asked into.
    pub detail: serde_json::Value,
}

/// The size of a population that was listed to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PopulationRow {
    /// Its account.
    pub account: AccountId,
    /// Its region.
    pub region: Region,
    /// Its kind.
    pub kind: Kind,
    /// How many assets there were.
    pub count: u64,
}

impl PopulationRow {
    /// The population of a list; none if it broke off, because then nobody knows its size.
    pub fn of(listing: &Listing) -> Option<Self> {
        match listing.outcome {
            ListingOutcome::Incomplete(_) => None,
            ListingOutcome::Complete => Some(Self {
                account: listing.account.clone(),
                region: listing.region.clone(),
                kind: listing.kind.clone(),
                count: listing.seen,
            }),
        }
    }
}

/// The outcome of a finding, worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// The check has nothing to say.
    NotApplicable,
    /// Good.
    Pass,
    /// Only a person can say.
    Manual,
    /// Not seen.
    Unknown,
    /// Not good.
    Fail,
}

impl From<&Verdict> for Outcome {
    fn from(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Pass => Self::Pass,
            Verdict::Fail => Self::Fail,
            Verdict::Unknown(_) => Self::Unknown,
            Verdict::NotApplicable => Self::NotApplicable,
            Verdict::Manual => Self::Manual,
        }
    }
}

/// A finding as the history keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingRow {
    /// Its identity across runs.
    pub fingerprint: Fingerprint,
    /// The check.
    pub check: CheckId,
    /// The control that it serves.
    pub control: ControlId,
    /// The asset that carries the cause.
    pub asset: AssetId,
    /// The outcome.
    pub outcome: Outcome,
    /// How bad a failure would be.
    pub severity: Severity,
}

impl From<&Finding> for FindingRow {
    fn from(finding: &Finding) -> Self {
        Self {
            fingerprint: finding.fingerprint,
            check: finding.check.clone(),
            control: finding.control.clone(),
            asset: finding.asset.clone(),
            outcome: (&finding.verdict).into(),
            severity: finding.severity,
        }
    }
}

/// Whether a run was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It was.
    New,
    /// It was there already, and nothing changed.
    Already,
}

/// What is known of a finding over all runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingLife {
    /// As it was observed last.
    pub last: FindingRow,
    /// When it was first observed, whatever the outcome.
    pub first_observed_at: Timestamp,
    /// When it was last observed.
    pub last_observed_at: Timestamp,
    /// Since when it has been failing without a pass in between; none where it is not failing.
    pub failing_since: Option<Timestamp>,
    /// When a failure last turned into a pass.
    pub fixed_at: Option<Timestamp>,
    /// How often it failed again after that.
    pub reopened: u64,
}

/// A run as the history knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunSummary {
    /// Its identity.
    pub id: RunId,
    /// The time as of which its evidence was judged.
    pub taken_at: Timestamp,
    /// The version that judged it.
    pub tool_version: Box<str>,
    /// Whether its evidence was collected to the end.
    pub complete: bool,
    /// The accounts that it looked at, in order.
    pub accounts: Vec<AccountId>,
    /// How many findings it had, whatever the outcome.
    pub findings: u64,
    /// How many of them were failures.
    pub failing: u64,
}
